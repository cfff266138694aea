"""Runs the specification on this copy: makes the pack, audits it, judges."""

from __future__ import annotations

import hashlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.validate.judging import judge
from netaudit.validate.observing import observed
from netaudit.validate.pack.cases import pack
from netaudit.validate.reference import KEY, judge_reference

if TYPE_CHECKING:
    from netaudit.case.reading import Case
    from netaudit.validate.judging import Outcome
    from netaudit.validate.pack.answers import Made


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
        """Known answers."""
        return sum(one.asked for one in self.outcomes.values())


def validate() -> Validation:
    """The pack read by this copy, in a folder that is gone afterwards."""
    begun = time.monotonic()
    files = pack()
    with tempfile.TemporaryDirectory(prefix="netaudit-validate-") as scratch:
        folder = Path(scratch)
        write(files, folder / "pack")
        outcomes = read(files, folder)
    return Validation(
        outcomes, len(files), sum(len(one.data) for one in files), digest_of(files), time.monotonic() - begun
    )


def write(files: list[Made], folder: Path) -> None:
    """The captures of the pack into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in files:
        (folder / one.name).write_bytes(one.data)


def read(files: list[Made], folder: Path) -> dict[str, Outcome]:
    """Outcomes of an audit of what was written into `folder`/pack."""
    case = audited(folder)
    return judge([answer for one in files for answer in one.answers], observed(case)) | judge_reference(case)


def audited(folder: Path) -> Case:
    """The case of the captures in `folder`/pack."""
    from netaudit.api.auditing import audit

    key = folder / "key"
    key.write_bytes(KEY)
    key.chmod(0o600)
    return audit([folder / "pack"], folder / "case", faces=False, keep_all=True, project_key=key)


def digest_of(files: list[Made]) -> str:
    """SHA-256 over names and hashes of all captures."""
    lines = (f"{hashlib.sha256(one.data).hexdigest()}  {one.name}\n" for one in sorted(files, key=lambda one: one.name))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
