"""What a release told of the pack, column by column: an installed copy has to tell the same, on whatever computer.

It is made while a wheel is built (`python -m netaudit.validate.reference`, by packaging/wheel.py) and lies in that
only. It is no truth: it shows that this copy is as the published one, also in what the known answers do not ask.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from netaudit.case.reading import Case
    from netaudit.validate.judging import Outcome

PLACE = Path(__file__).parents[1] / "_reference.json"
ASSERTION = "A90"
KEY = bytes(range(32))  # of keyed hashes, so that they are the same in every case of the pack
Digests = dict[str, str]  # of a column, by "table.column"


def digests(case: Case) -> Digests:
    """Of every column of every table, in the order of its rows; numbers with a fraction to nine digits."""
    from netaudit.tables import TABLES

    found: Digests = {}
    for table in TABLES:
        read = case.table(table.name)
        for name in read.column_names:
            column = read.column(name)
            kind = str(column.type)
            values = column.cast("int64") if kind.startswith("timestamp") else column
            text = "\n".join(map(_text, values.to_pylist()))
            found[f"{table.name}.{name}"] = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return found


def _text(value: object) -> str:
    return f"{value:.9g}" if isinstance(value, float) else repr(value)


def judge_reference(case: Case, place: Path = PLACE) -> dict[str, Outcome]:
    """The outcome of its assertion: a column is an answer; nothing where this is no release."""
    from netaudit.validate.judging import SHOWN, Outcome

    if not place.is_file():
        return {}
    wanted: Digests = orjson.loads(place.read_bytes())
    found = digests(case)
    wrong = [name for name in sorted({*wanted, *found}) if wanted.get(name) != found.get(name)]
    return {ASSERTION: Outcome(len(wanted), len(wrong), wrong[:SHOWN])}


def make(place: Path = PLACE) -> None:
    """Write the reference of this copy."""
    import tempfile

    from netaudit.validate.pack.cases import pack
    from netaudit.validate.running import audited, write

    with tempfile.TemporaryDirectory() as scratch:
        write(pack(), Path(scratch) / "pack")
        place.write_bytes(orjson.dumps(digests(audited(Path(scratch))), option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    make()
