"""The case of one day while its recording goes on: files come in and are hashed; audited it is when the day is over."""

from __future__ import annotations

import datetime
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netaudit.core.masking.mask import mask, visible
from netaudit.core.system.reasons import why
from netaudit.errors import NetauditError
from netaudit.evidence.case.custody import RECORD, Custody, entries
from netaudit.evidence.case.seal import SEALED
from netaudit.evidence.case.writing import MANIFEST, place_for
from netaudit.pipeline.live.daily.spool import moved
from netaudit.pipeline.live.sealing import RECORDING_ENDED
from netaudit.pipeline.task import begin_case
from netaudit.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.evidence.case.removal_rule import Rule
    from netaudit.pipeline.live.daily.spool import Whole
    from netaudit.pipeline.options import Options

NAME = re.compile(r"(\d{4}-\d\d-\d\d)(?:-(\d{1,5}))?")  # a day, and which of its cases
MOST_FILES = 50_000  # of one case: fewer than a recording may have


@dataclass(slots=True)
class Day:
    """A case that is being filled. It is locked as long as this lasts."""

    folder: Path
    rule: Rule
    options: Options
    facts: dict[str, Any]  # of the recording, as `begun` has them
    bytes: int = 0
    files: int = 0
    _custody: Custody = field(init=False)

    def __post_init__(self) -> None:
        with place_for(self.folder, "live", overwrite=False):
            (self.folder / RECORD).mkdir(mode=0o700, exist_ok=True)
            begin_case(self.folder, self.options)
        self._custody = Custody(self.folder)
        self._custody.note("begun", version=__version__, removal=self.rule.facts(), **self.facts)

    def append(self, one: Whole) -> None:
        """Move a recorded file into the case, and seal it in the chain. Raises OSError."""
        at = datetime.datetime.fromtimestamp(one.begins, datetime.UTC)
        self.files += 1  # also where it fails: no number is given twice
        name = f"record-0001_{self.files:05d}_{at:%Y%m%d%H%M%S}.pcapng"
        size, digest = moved(one.path, self.folder / RECORD / name)
        self.bytes += size
        renamed = {} if one.path.name == name else {"was": shown_name(one.path)}
        try:
            self._custody.note("recorded", file=name, bytes=size, sha256=digest, begins=at.isoformat(), **renamed)
        except OSError:  # no room for the line: back it goes, and is taken later
            self.bytes -= size
            if not os.path.lexists(one.path):
                (self.folder / RECORD / name).rename(one.path)
            raise

    def close(self, **facts: Any) -> None:
        """No further file comes: let others audit it."""
        self._custody.note(RECORDING_ENDED, **facts)
        self._custody.close()


def shown_name(path: Path) -> str:
    """The name of a file as it may be told: others chose it, and it may name people."""
    return visible(mask(path.name), 200)


def shown_why(error: Exception) -> str:
    """Why something failed, as it may be told: without the path, which may name people."""
    text = error.template.replace("{}", "…") if isinstance(error, NetauditError) else why(error)
    return visible(mask(text), 200)


def day_of(moment: float, zone: datetime.tzinfo | None) -> datetime.date:
    """The day of a time in seconds since 1970; `zone` None is that of this computer."""
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).astimezone(zone).date()


def free_name(root: Path, day: datetime.date) -> Path:
    """A folder for a case of that day that is not there yet."""
    number = 1
    while (folder := root / (f"{day}" if number == 1 else f"{day}-{number}")).exists():
        number += 1
    return folder


def cases(root: Path) -> list[Path]:
    """The cases of an appliance, in the order of their days."""
    found = [(match[1], int(match[2] or 1), path) for path in root.iterdir() if (match := NAME.fullmatch(path.name))]
    return [path for _, _, path in sorted(found) if path.is_dir() and not path.is_symlink()]


def is_sealed(folder: Path) -> bool:
    """Whether a case has come to its end; whether it is as it was sealed is not asked."""
    return (folder / MANIFEST).is_file() and is_closed(entries(folder))


def is_closed(chain: list[dict[str, Any]]) -> bool:
    """Whether the lines of a case say that it was sealed."""
    return any(line["what"] == SEALED for line in chain)
