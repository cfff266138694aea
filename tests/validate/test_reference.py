"""What a release told of the pack is told again by the same code, and whatever differs is noticed and named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from netaudit.tables import BY_NAME, TABLES
from netaudit.validate.pack.cases import pack
from netaudit.validate.reference import ASSERTION, digests, judge_reference, of_tables
from netaudit.validate.running import audited, write


class Told:
    """A case of tables as given."""

    def __init__(self, **tables):
        self.tables = tables

    def table(self, name: str):
        return self.tables.get(name, BY_NAME[name].schema().empty_table())


def test_a_column_that_differs_is_noticed_and_named(tmp_path: Path) -> None:
    import pyarrow as pa

    def told(**columns) -> dict[str, str]:
        return of_tables(Told(captures=pa.table(columns)), "room")

    place = tmp_path / "reference.json"
    first = told(name=["a"], size=[1], share=[0.1])
    assert judge_reference(first, place) == {}
    place.write_bytes(orjson.dumps(first))
    outcome = judge_reference(first, place)[ASSERTION]
    assert outcome.passed
    assert outcome.asked == len(first) > len(TABLES)
    again = told(name=["a"], size=[1], share=[0.1 + 1e-13])
    assert judge_reference(again, place)[ASSERTION].passed  # the last bits are the processor's
    other = judge_reference(told(name=["a"], size=[2], share=[0.1]), place)[ASSERTION]
    assert (other.failed, other.first) == (1, ["room/captures.size"])
    assert judge_reference({}, place)[ASSERTION].failed == len(first)


@pytest.fixture(scope="module")
def damaged():
    return [one for one in pack() if one.room == "damaged"]


def told(files, folder: Path) -> dict[str, str]:
    write(files, folder / "pack")
    return digests(audited(folder, "damaged"), "damaged")


def test_nothing_of_the_run_is_in_it(damaged, tmp_path: Path) -> None:
    """Another folder, another time: the same of tables, objects, statements and reports."""
    first, second = told(damaged, tmp_path / "one"), told(damaged, tmp_path / "deeper" / "two")
    assert first == second
    assert {f"damaged/{name}" for name in ("objects", "statements", "verdict.zh", "report.en", "report.zh")} <= set(
        first
    )


def test_one_byte_of_a_capture_shows_in_tables_and_objects_and_a_lost_end_in_words(damaged, tmp_path: Path) -> None:
    first = told(damaged, tmp_path / "one")
    changed = bytearray(damaged[0].data)
    changed[changed.index(b"\xff\xd8\xff") + 200] ^= 1  # within a picture
    data, damaged[0].data = damaged[0].data, bytes(changed)
    second = told(damaged, tmp_path / "two")
    assert {"damaged/objects", "damaged/objects.sha256"} <= {name for name in first if first[name] != second[name]}
    damaged[0].data = data + bytes(7)  # as it was before it was cut off
    third = told(damaged, tmp_path / "three")
    words = {f"damaged/{name}" for name in ("statements", "verdict.zh", "verdict.en", "report.zh", "report.en")}
    assert words <= {name for name in first if first[name] != third[name]}


LEAN = """
import sys
from pathlib import Path
from netaudit.pipeline.startup import load_lean, own_process

own_process()
load_lean()
from netaudit.validate.pack.cases import pack
from netaudit.validate.reference import digests
from netaudit.validate.running import audited, write

files = [one for one in pack() if one.name == "little-nano.pcap" or one.name == "halves.pcapng"]
write(files, Path(sys.argv[1]) / "pack")
print(len(digests(audited(Path(sys.argv[1]), "containers"), "containers")))
"""


def test_times_between_microseconds_are_taken_as_validate_takes_them(tmp_path: Path) -> None:
    """It starts without pandas, and Python's own times end at the microsecond: packets were not written anew there."""
    words = [sys.executable, "-c", LEAN, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 400
