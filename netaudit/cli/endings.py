"""How a command ends when something is in its way: one line on standard error and an exit code, never a traceback."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from netaudit.cli.exits import Exit
from netaudit.cli.texts import default_language, say
from netaudit.errors import NetauditError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 4000  # characters of a line
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
PLACES = {errno.EACCES, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG}
"""Errors of places that the user named."""


@contextlib.contextmanager
def endings() -> Iterator[None]:
    """Turn whatever a command raises into its line and code; NETAUDIT_TRACEBACK=1 shows where faults of ours are."""
    try:
        yield
    except UnreadableError as error:
        _fail(str(error), Exit.UNREADABLE)
    except NetauditError as error:
        _fail(str(error), Exit.USAGE)
    except KeyboardInterrupt:
        _fail("interrupted", Exit.INTERRUPTED)
    except SystemExit as ended:
        if _by_key(ended):  # Typer makes a code of Ctrl-C, without a word
            _fail("interrupted", Exit.INTERRUPTED)
        raise
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  (the reader of the pipe has gone; nothing is left to say)
        raise SystemExit(Exit.AUDITED) from None
    except OSError as error:
        _fail_by_system(error)
    except Exception as error:  # noqa: BLE001  (every failure is one line)
        _fail_inside(error)


def printable() -> None:
    """Consoles that cannot print Chinese get replacement characters, never a crash."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _by_key(ended: BaseException) -> bool:
    """Whether Ctrl-C is what an exception comes from."""
    reason = ended.__cause__ or ended.__context__
    return isinstance(reason, KeyboardInterrupt) or (reason is not None and _by_key(reason))


def _fail_by_system(error: OSError) -> NoReturn:
    """What the disk or the rights do not allow; anything else is a fault of ours."""
    if error.errno in NO_ROOM:
        _fail(say("full", default_language(), where=error.filename or "disk"), Exit.INTERNAL)
    if error.errno in PLACES and error.filename:
        _fail(f"{error.filename}: {error.strerror}", Exit.USAGE)
    _fail_inside(error)


def _fail_inside(error: Exception) -> NoReturn:
    if os.environ.get("NETAUDIT_TRACEBACK"):
        raise error
    _fail(f"internal error: {type(error).__name__}: {error} (NETAUDIT_TRACEBACK=1 shows where)", Exit.INTERNAL)


def _fail(text: str, code: Exit) -> NoReturn:
    """Names of files stand in it, and a file from strangers may be called anything."""
    from netaudit.ground.masking import visible

    lines = [visible(line, LONGEST) for line in text.split("\n")]
    print("netaudit: " + "\n".join(lines), file=sys.stderr)
    raise SystemExit(code)
