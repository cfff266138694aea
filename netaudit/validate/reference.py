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


def digests(case: Case, room: str) -> Digests:
    """Of every column of every table, in the order of its rows, of what was kept, and of what is said of it all."""
    from netaudit.findings.statement_text import verdict_text
    from netaudit.tables import TABLES

    found: Digests = {}
    for table in TABLES:
        read = case.table(table.name)
        for name in read.column_names:
            column = read.column(name)
            values = column.cast("int64") if str(column.type).startswith("timestamp") else column
            found[f"{room}/{table.name}.{name}"] = _digest("\n".join(map(_text, values.to_pylist())))
    kept = case.folder / "private" / "objects"
    names = sorted(path.relative_to(kept).as_posix() for path in kept.rglob("*") if path.is_file())
    said = case.statements or []
    found[f"{room}/objects"] = _digest("\n".join(names))  # named by their hashes
    found[f"{room}/statements"] = _digest("\n".join(map(_text, said)))
    for lang in ("zh", "en"):
        found[f"{room}/verdict.{lang}"] = _digest(verdict_text(said, lang))
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _text(value: object) -> str:
    """The same on every platform: fractions to nine digits, keys in order."""
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_text(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_text, value)) + "]"
    return repr(value)


def judge_reference(found: Digests, place: Path = PLACE) -> dict[str, Outcome]:
    """The outcome of its assertion: a digest is an answer; nothing where this is no release."""
    from netaudit.validate.judging import SHOWN, Outcome

    if not place.is_file():
        return {}
    wanted: Digests = orjson.loads(place.read_bytes())
    wrong = [name for name in sorted({*wanted, *found}) if wanted.get(name) != found.get(name)]
    return {ASSERTION: Outcome(len(wanted), len(wrong), wrong[:SHOWN])}


def make(place: Path = PLACE) -> None:
    """Write the reference of this copy."""
    import tempfile

    from netaudit.validate.pack.cases import pack, released
    from netaudit.validate.running import audited, write

    files = pack()
    files += released(files)
    found: Digests = {}
    with tempfile.TemporaryDirectory() as scratch:
        write(files, Path(scratch) / "pack")
        for room in sorted({one.room for one in files}):
            found |= digests(audited(Path(scratch), room), room)
    place.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    make()
