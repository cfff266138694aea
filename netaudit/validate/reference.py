"""What a release told of the pack, digest by digest: an installed copy has to tell the same, on whatever computer.

It is made while a wheel is built (`python -m netaudit.validate.reference`, by packaging/wheel.py) and lies in that
only. It is no truth: it says that nothing changed, also in what no known answer asks. A digest is taken of every column
of every table, of the objects that were recovered, of packets written anew, of what is stated, and of the report in
both languages; of what the reading stages hand to each other (`stages.py`), of what their functions answer one by one
(`calls.py`), and of the tables and bounds by which they decide (`constants.py`). It holds no times of the run, no
paths, nothing of the platform, and keyed hashes are made with one fixed key.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from netaudit.system import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.api.case import Case
    from netaudit.validate.judging import Outcome

PLACE = Path(__file__).parents[1] / "_reference.json"
ASSERTION = "A90"
KEY = bytes(range(32))  # of keyed hashes, so that they are the same in every case of the pack
_UNSAID = re.compile(r"<(style|script)\b.*?</\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_OF_THE_RUN = re.compile(r"[0-9a-f]{64}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
Digests = dict[str, str]  # of a column, by "table.column"


def digests(case: Case, room: str) -> Digests:
    """Of all that is told of a room."""
    kept = case.folder / "private" / "objects"
    names = sorted(path.relative_to(kept).as_posix() for path in kept.rglob("*") if path.is_file())
    statements = case.statements or []
    found = of_tables(case, room)
    found[f"{room}/objects"] = _digest("\n".join(names))  # named by their hashes
    found[f"{room}/packets"] = _packets(case)
    found[f"{room}/statements"] = _digest("\n".join(map(_text, statements)))
    for lang in ("zh", "en"):
        found[f"{room}/verdict.{lang}"] = _digest(case.verdict(lang))
        found[f"{room}/report.{lang}"] = _digest(_report(case, lang))
    return found


def of_tables(case: Case, room: str) -> Digests:
    """Of every column of every table, in the order of its rows."""
    from netaudit.tables import TABLES

    found: Digests = {}
    for table in TABLES:
        read = case.table(table.name)
        for name in read.column_names:
            column = read.column(name)
            values = column.cast("int64") if str(column.type).startswith("timestamp") else column
            found[f"{room}/{table.name}.{name}"] = _digest("\n".join(map(_text, values.to_pylist())))
    return found


def _packets(case: Case) -> str:
    """Of the packets of one conversation, written to a file of their own."""
    flows = sorted(case.table("flows", ["flow_id"]).column("flow_id").to_pylist())
    if not flows:
        return ""
    with tempfile.TemporaryDirectory() as folder:
        case.extract(flows[0], Path(folder) / "packets.pcapng")
        return hashlib.sha256((Path(folder) / "packets.pcapng").read_bytes()).hexdigest()[:16]


def _report(case: Case, lang: str) -> str:
    """The words of the report, without its times of making and the hashes that hang on them."""
    with tempfile.TemporaryDirectory() as folder, _standing_clock():
        page = case.report(Path(folder) / "report.html", lang=lang).read_text("utf-8")
    words = _TAG.sub("\n", _UNSAID.sub("", page)).split("\n")
    return "\n".join("" if _OF_THE_RUN.fullmatch(word.strip()) else word.strip() for word in words)


@contextlib.contextmanager
def _standing_clock() -> Iterator[None]:
    """The time at which a report is made stands in it to the minute."""
    before = os.environ.get(clock.VARIABLE)
    os.environ[clock.VARIABLE] = "1767225600"
    try:
        yield
    finally:
        os.environ.pop(clock.VARIABLE)
        if before is not None:
            os.environ[clock.VARIABLE] = before


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
    from netaudit.validate.calls import of_calls
    from netaudit.validate.constants import of_constants
    from netaudit.validate.pack.cases import pack, released
    from netaudit.validate.running import audited, write
    from netaudit.validate.stages import of_stages

    files = pack()
    files += released(files)
    found = of_constants() | of_calls()
    with tempfile.TemporaryDirectory() as scratch:
        write(files, Path(scratch) / "pack")
        for room in sorted({one.room for one in files}):
            found |= digests(audited(Path(scratch), room), room) | of_stages(Path(scratch) / "pack" / room, room)
    place.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    make()
