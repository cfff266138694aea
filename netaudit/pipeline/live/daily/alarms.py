"""Where an appliance says that somebody should look: a file of lines, or the system's log on this machine.

Both stay on this computer. The log is reached by its local socket; what it does with lines is its own setting.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.system.clock import now
from netaudit.core.system.reasons import why
from netaudit.errors import UsageError
from netaudit.pipeline.live.lines import line_of
from netaudit.pipeline.live.wording import note_text

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.pipeline.live.news import Note

SYSLOG = "syslog"
SOCKETS = ("/dev/log", "/var/run/syslog")  # of Linux and the BSDs, of macOS: without one, lines would go nowhere
LARGEST = 1 << 20  # bytes of a file of alarms; the one before it is kept as NAME.1


@dataclass(frozen=True, slots=True)
class Alarms:
    """`where`: SYSLOG, a file, or nothing."""

    where: Path | str | None
    lang: str

    def tell(self, note: Note) -> None:
        """Pass on a note that is more than information. Raises OSError where the file cannot be written."""
        if self.where is None or note.level == "info":
            return
        if self.where == SYSLOG:
            _log(note, self.lang)
            return
        path = _path(self.where)
        if path.exists() and path.stat().st_size > LARGEST:
            path.replace(path.with_name(f"{path.name}.1"))
        line: dict[str, Any] = {"when": now()} | orjson.loads(line_of(note)) | {"text": note_text(note, self.lang)}
        with path.open("ab") as file:
            file.write(orjson.dumps(line) + b"\n")


def checked(where: str | None) -> Path | str | None:
    """What was asked for. Raises UsageError where this system has no such log, or the file cannot be written."""
    if where is None:
        return None
    if where == SYSLOG:
        if sys.platform == "win32" or not any(_path(one).exists() for one in SOCKETS):
            raise UsageError("--alarm syslog: this system has none; say a file")
        return SYSLOG
    path = _path(where)
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        raise UsageError("--alarm {}: {}", path, why(error)) from error
    return path.absolute()


def _path(where: Path | str) -> Path:
    from pathlib import Path

    return Path(where)


def _log(note: Note, lang: str) -> None:
    if sys.platform == "win32":  # refused when it was asked for
        return
    import syslog

    level = syslog.LOG_ERR if note.level == "error" else syslog.LOG_WARNING
    syslog.openlog("netaudit", syslog.LOG_PID, syslog.LOG_DAEMON)
    syslog.syslog(level, note_text(note, lang))
    syslog.closelog()
