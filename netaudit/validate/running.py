"""Runs the specification on this copy: makes the pack, audits it, judges."""

from __future__ import annotations

import gc
import hashlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.pipeline.startup import trim
from netaudit.validate.calls import of_calls
from netaudit.validate.constants import of_constants, without_extras
from netaudit.validate.judging import judge
from netaudit.validate.observing import observed
from netaudit.validate.pack.cases import pack, released
from netaudit.validate.reference import ASSERTION, KEY, PLACE, digests, judge_reference
from netaudit.validate.stages import of_stages

if TYPE_CHECKING:
    from netaudit.api.case import Case
    from netaudit.validate.judging import Outcome
    from netaudit.validate.observing import Record
    from netaudit.validate.pack.answers import Made
    from netaudit.validate.reference import Digests


@dataclass(frozen=True, slots=True)
class Validation:
    """What came out, and of what."""

    outcomes: dict[str, Outcome]
    captures: int
    bytes: int
    digest: str  # of the pack
    seconds: float

    @property
    def asked(self) -> int:
        """Known answers; what the release told is none."""
        return sum(one.asked for name, one in self.outcomes.items() if name != ASSERTION)


def validate() -> Validation:
    """The pack read by this copy, in a folder that is gone afterwards."""
    begun = time.monotonic()
    files = pack()
    if PLACE.is_file():
        files += released(files)
    with tempfile.TemporaryDirectory(prefix="netaudit-validate-") as scratch:
        folder = Path(scratch)
        write(files, folder / "pack")
        size, digest = sum(len(one.data) for one in files), digest_of(files)
        for one in files:  # they lie in the folder: memory is for reading them
            one.data, one.packets = b"", ()
        outcomes = read(files, folder)
    return Validation(outcomes, len(files), size, digest, time.monotonic() - begun)


def write(files: list[Made], folder: Path) -> None:
    """The captures of the pack into a folder, those of each room into one of their own."""
    for one in files:
        (folder / one.room).mkdir(parents=True, exist_ok=True)
        (folder / one.room / one.name).write_bytes(one.data)


def read(files: list[Made], folder: Path) -> dict[str, Outcome]:
    """Outcomes of audits of what was written into `folder`/pack, room by room."""
    records: list[Record] = []
    rooms = sorted({one.room for one in files})
    found: Digests = _of_stages(folder, rooms) if PLACE.is_file() else {}
    for room in rooms:
        case = audited(folder, room)
        if any(one.answers for one in files if one.room == room):
            records += observed(case)
        if PLACE.is_file():
            found |= digests(case, room)
        del case
        _let_go()
    return judge([answer for one in files for answer in one.answers], records) | judge_reference(found)


def _of_stages(folder: Path, rooms: list[str]) -> Digests:
    """Of constants, calls and stages: before the audits, which need more memory and leave some behind."""
    found = of_constants() | of_calls()
    for room in rooms:
        found |= of_stages(folder / "pack" / room, room)
        _let_go()
    return found


def _let_go() -> None:
    """What an audit leaves in cycles would add up."""
    gc.collect()
    trim()


def audited(folder: Path, room: str) -> Case:
    """The case of the captures in a room of `folder`/pack."""
    from netaudit.api.auditing import audit

    key = folder / "key"
    if not key.exists():
        key.write_bytes(KEY)
        key.chmod(0o600)
    with without_extras():
        return audit([folder / "pack" / room], folder / f"case-{room}", faces=False, keep_all=True, project_key=key)


def digest_of(files: list[Made]) -> str:
    """SHA-256 over names and hashes of all captures."""
    lines = (f"{hashlib.sha256(one.data).hexdigest()}  {one.name}\n" for one in sorted(files, key=lambda one: one.name))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
