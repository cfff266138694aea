"""The folder of a case: where an audit may write, and how it begins.

CASE/case.json  run.json  report.html  report-frames.csv  custody.jsonl  manifest.json  tables/<table>.parquet
CASE/private/key  private/objects/<aa>/<sha256>.<ext>  private/thumbnails/<sha256>.jpg.

Where a case lies when nobody says it.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.core.storage.files import MANIFEST, write_json
from netaudit.core.system.desktop_files import is_left_by_desktop
from netaudit.core.system.reasons import why
from netaudit.core.system.user_folders import make_private
from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.lock import NAME as LOCK
from netaudit.evidence.case.lock import writing
from netaudit.evidence.case.replacement import JOURNAL, coming, taken_up

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MANIFEST", "write_json"]

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
DECISIONS = "decisions.jsonl"  # what analysts decided: `decisions.py`
CUSTODY = "custody.jsonl"  # the chain: `custody.py`
SET_ASIDE = (DECISIONS, CUSTODY)  # of a case that is replaced: kept, and nothing uses it any more
OURS = (
    "case.json",
    "run.json",
    "report.html",
    "report-frames.csv",
    CUSTODY,
    MANIFEST,
    DECISIONS,
    *(f"{name.removesuffix('.jsonl')}.replaced.jsonl" for name in SET_ASIDE),
    "moments.jsonl",
    "signature",
    "tables",
    "private",
)  # all that --overwrite may touch


def _is_nothing(path: Path) -> bool:
    return path.name == LOCK or is_left_by_desktop(path.name)


def check_place(folder: Path, *, overwrite: bool) -> None:
    """Refuse to touch what is no case, what holds a recording, and a case that must not be replaced: UsageError."""
    try:
        if not folder.exists() or (folder.is_dir() and all(map(_is_nothing, folder.iterdir()))):
            return
        if not (folder / "case.json").is_file() and not (folder / JOURNAL).is_file():
            raise UsageError("{}: exists and is no case; choose another --case folder", folder)
        if any((folder / "private" / "record").glob("*")):
            raise UsageError("{}: holds a recording, which is never overwritten; choose another --case folder", folder)
        if not overwrite:
            raise UsageError("{}: holds a case already; choose another folder or say --overwrite", folder)
    except OSError as error:
        raise UsageError("{}: cannot be looked at: {}", error.filename or folder, why(error)) from error


def no_case(folder: Path) -> CaseError:
    """Why there is no case at a path, to be raised."""
    if folder.is_dir():
        return CaseError("{}: is no case (no case.json in it)", folder)
    if folder.is_file():
        return CaseError("{}: is a file, and a case is a folder; a zip of one has to be unpacked first", folder)
    return CaseError("{}: no such folder", folder)


@contextlib.contextmanager
def place_for(folder: Path, what: str, *, overwrite: bool) -> Iterator[Path]:
    """Hold the lock of a case folder and give the place with empty folders where its audit writes.

    That is the folder itself where it is new, and one beside its files where a case is to be replaced: `swap_in` does
    that. `what` is told to whoever comes second. Raises UsageError for what must not be touched or cannot be written.
    """
    check_place(folder, overwrite=overwrite)
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    with writing(folder, what):
        try:
            taken_up(folder)
            check_place(folder, overwrite=overwrite)  # again: another one may have been quicker
            place = folder
            if (folder / "case.json").exists():
                place = coming(folder)
                _set_aside(folder, place)
            make_folders(place)
        except OSError as error:
            raise _unwritable(folder, error) from error
        yield place


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError("{}: cannot write the case: {}", error.filename or folder, why(error))


def make_folders(folder: Path) -> None:
    """Make what an audit expects to be there; what is there stays. Raises OSError.

    On Windows `private/` is for this user alone by its access list, where the disk keeps such lists (exFAT keeps none).
    """
    (folder / "tables").mkdir(mode=0o755, parents=True, exist_ok=True)
    private = folder / "private"
    make_private(private)
    (private / "objects").mkdir(mode=0o700, exist_ok=True)
    key = private / "key"
    if not key.exists():
        file = os.open(key, _NEW, 0o600)
        os.write(file, secrets.token_bytes(32))
        os.close(file)


def _set_aside(folder: Path, place: Path) -> None:
    """Keep what people decided on the case that is replaced, and its chain."""
    for name in SET_ASIDE:
        aside = f"{name.removesuffix('.jsonl')}.replaced.jsonl"
        kept = [path for path in (folder / aside, folder / name) if path.is_file() and not path.is_symlink()]
        if kept:
            (place / aside).write_bytes(b"".join(path.read_bytes() for path in kept))


PACKED = (".pcap", ".pcapng", ".cap", ".ntar", ".dmp", ".gz", ".zst", ".xz", ".lz4", ".bz2")  # taken off names


def beside(captures: list[str], cases: Path | None = None) -> Path:
    """Folder of a case that is named after the first capture: beside it, or in the folder that holds all cases."""
    first = captures[0]
    if first == "-":
        place, name = Path(), f"{datetime.datetime.now().astimezone():%Y%m%d-%H%M%S}"
    else:
        path = Path(os.path.abspath(first))  # noqa: PTH100  (a link to a capture is beside what the user named)
        place, name = path.parent, path.name
        while name.lower().endswith(PACKED):
            name = name.rpartition(".")[0]
        with contextlib.suppress(ValueError):
            place = place.relative_to(Path.cwd())
    return (cases or place) / f"{name or 'capture'}-case"
