"""Runs the test specification on this copy: audits the captures of the pack and compares with the known answers."""

from __future__ import annotations

import hashlib
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from netaudit.validate.judging import Answer, judge
from netaudit.validate.observing import observed

if TYPE_CHECKING:
    from netaudit.validate.judging import Outcome
    from netaudit.validate.observing import Record

PACK = Path(__file__).with_name("pack.zip")  # made by pcaps/validation/build.py
KEY = bytes(range(32))  # of keyed hashes: the same cases on every computer


@dataclass(frozen=True, slots=True)
class Validation:
    """Outcomes by assertion, and what they were found on."""

    outcomes: dict[str, Outcome]
    captures: int
    bytes: int
    digest: str  # SHA-256 of the pack
    seconds: float

    @property
    def asked(self) -> int:
        """Number of known answers that were compared."""
        return sum(one.asked for one in self.outcomes.values())


def unpack(folder: Path) -> list[Answer]:
    """Write the captures of the pack and `answers.json` below `folder`; return the known answers."""
    with zipfile.ZipFile(PACK) as pack:
        pack.extractall(folder)
    return [Answer(*row) for row in orjson.loads((folder / "answers.json").read_bytes())]


def validate() -> Validation:
    """Audit the pack in a temporary folder and judge every known answer."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="netaudit-validate-") as scratch:
        folder = Path(scratch)
        answers = unpack(folder / "pack")
        captures = [path for path in folder.glob("pack/*/*") if path.is_file()]
        size = sum(path.stat().st_size for path in captures)
        outcomes = judge(answers, records(folder))
    digest = hashlib.sha256(PACK.read_bytes()).hexdigest()
    return Validation(outcomes, len(captures), size, digest, time.monotonic() - begun)


def records(folder: Path) -> list[Record]:
    """Audit each group of captures in `folder`/pack into a case of its own and list what the cases tell."""
    from netaudit.api.auditing import audit

    key = folder / "key"
    key.write_bytes(KEY)
    key.chmod(0o600)
    found: list[Record] = []
    for group in sorted(path for path in (folder / "pack").iterdir() if path.is_dir()):
        case = audit([group], folder / f"case-{group.name}", faces=False, keep_all=True, project_key=key)
        found += observed(case)
    return found
