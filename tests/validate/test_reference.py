"""What a release told of the pack is told again by the same code, and another column is noticed."""

from __future__ import annotations

from pathlib import Path

import orjson

from netaudit.tables import BY_NAME, TABLES
from netaudit.validate.reference import ASSERTION, digests, judge_reference


class Told:
    """A case of tables as given."""

    def __init__(self, **tables):
        self.tables = tables

    def table(self, name: str):
        return self.tables.get(name, BY_NAME[name].schema().empty_table())


def test_a_column_that_differs_is_noticed_and_named(tmp_path: Path) -> None:
    import pyarrow as pa

    place = tmp_path / "reference.json"
    case = Told(captures=pa.table({"name": ["a"], "size": [1], "share": [0.1]}))
    assert judge_reference(case, place) == {}
    place.write_bytes(orjson.dumps(digests(case)))
    outcome = judge_reference(case, place)[ASSERTION]
    assert outcome.passed
    assert outcome.asked == len(digests(case)) > len(TABLES)
    again = Told(captures=pa.table({"name": ["a"], "size": [1], "share": [0.1 + 1e-13]}))
    assert judge_reference(again, place)[ASSERTION].passed  # the last bits are the processor's
    other = judge_reference(Told(captures=pa.table({"name": ["a"], "size": [2], "share": [0.1]})), place)[ASSERTION]
    assert (other.failed, other.first) == (1, ["captures.size"])
