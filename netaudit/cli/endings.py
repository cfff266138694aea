"""How a command ends when something is in its way: one line on standard error and an exit code, never a traceback."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from netaudit.cli.chinese import error_text, message, worded
from netaudit.cli.exits import Exit
from netaudit.cli.helping import PressedError, describe
from netaudit.cli.texts import default_language, say
from netaudit.core.system.reasons import why
from netaudit.errors import NetauditError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

CommandLineError: type[Exception] = typer.BadParameter.__mro__[2]  # of all that Typer says of a command line
LONGEST = 4000  # characters of a line
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
PLACES = {errno.EACCES, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG}
"""Errors of places that the user named."""


@contextlib.contextmanager
def endings() -> Iterator[None]:
    """Turn whatever a command raises into its line and code; NETAUDIT_TRACEBACK=1 shows where faults of ours are."""
    try:
        yield
    except CommandLineError as error:
        _fail_to_understand(error)
    except UnreadableError as error:
        _fail(error_text(error, default_language()), Exit.UNREADABLE)
    except NetauditError as error:
        _fail(error_text(error, default_language()), Exit.USAGE)
    except (KeyboardInterrupt, PressedError, typer.Abort):
        _fail("interrupted", Exit.INTERRUPTED)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  (the reader of the pipe has gone; nothing is left to say)
        raise SystemExit(Exit.AUDITED) from None
    except OSError as error:
        _fail_by_system(error)
    except Exception as error:  # noqa: BLE001  (every failure is one line)
        _fail_inside(error)


def printable() -> None:
    """Consoles that cannot print Chinese get replacement characters, never a crash.

    What goes into a file or another program on Windows is UTF-8: in the code page of the system names would be lost.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            other = into_file(stream) and not os.environ.get("PYTHONIOENCODING")
            stream.reconfigure(errors="replace", **({"encoding": "utf-8"} if other else {}))


def into_file(stream: Any) -> bool:
    """Whether something is written on Windows that no console shows."""
    return sys.platform == "win32" and not stream.isatty()


def _fail_to_understand(error: Any) -> NoReturn:
    """How to use the command, where help is, and what is wrong; a command without words shows its help."""
    lang = default_language()
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message(), file=sys.stderr)
        raise SystemExit(Exit.USAGE)
    if (context := getattr(error, "ctx", None)) is not None:
        described = describe(context.command, context, lang)
        print(f"{worded('Usage', lang)}: {described.usage}", file=sys.stderr)
        print(message(f"Try '{described.path} -h' for help.", lang), end="\n\n", file=sys.stderr)
    _fail(error.format_message(), Exit.USAGE)


def _fail_by_system(error: OSError) -> NoReturn:
    """What the disk or the rights do not allow; anything else is a fault of ours."""
    if error.errno in NO_ROOM:
        _fail(say("full", default_language(), where=error.filename or "disk"), Exit.INTERNAL)
    if error.errno in PLACES and error.filename:
        _fail(f"{error.filename}: {why(error)}", Exit.USAGE)
    _fail_inside(error)


def _fail_inside(error: Exception) -> NoReturn:
    if os.environ.get("NETAUDIT_TRACEBACK"):
        raise error
    _fail(f"internal error: {type(error).__name__}: {error} (NETAUDIT_TRACEBACK=1 shows where)", Exit.INTERNAL)


def _fail(text: str, code: Exit) -> NoReturn:
    """Names of files stand in it, and a file from strangers may be called anything."""
    from netaudit.core.masking.mask import visible
    from netaudit.core.system.programs import with_interpreter

    shown = with_interpreter(message(text, default_language()))
    lines = [visible(line, LONGEST) for line in shown.split("\n")]
    print("netaudit: " + "\n".join(lines), file=sys.stderr)
    raise SystemExit(code)
