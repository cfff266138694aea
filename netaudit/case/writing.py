"""Writes a case folder: Arrow streams while the audit runs, sorted Parquet at its end.

CASE/case.json  run.json  report.html  tables/<table>.parquet  private/key  private/objects/<aa>/<sha256>.<ext>
"""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import Any

import orjson

from netaudit.errors import UsageError

DECISIONS = "decisions.jsonl"  # what analysts decided: `decisions.py`
OURS = (
    "case.json",
    "run.json",
    "report.html",
    "custody.jsonl",
    DECISIONS,
    "moments.jsonl",
    "tables",
    "private",
)  # all that --overwrite may touch


def prepare(folder: Path, *, overwrite: bool) -> None:
    """Make the empty folders of a case; refuse to touch anything that is no case."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            if not (folder / "case.json").is_file():
                raise UsageError(f"{folder}: exists and is no case; choose another --case folder")
            if any((folder / "private" / "record").glob("*")):
                raise UsageError(
                    f"{folder}: holds a recording, which is never overwritten; choose another --case folder"
                )
            if not overwrite:
                raise UsageError(f"{folder}: holds a case already; choose another folder or say --overwrite")
            _clear(folder)
        make_folders(folder)
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: cannot write the case: {error.strerror}") from error


def make_folders(folder: Path) -> None:
    """Make what an audit expects to be there; what is there stays. Raises OSError."""
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    private = folder / "private"
    private.mkdir(mode=0o700, exist_ok=True)
    (private / "objects").mkdir(exist_ok=True)
    key = private / "key"
    if not key.exists():
        key.write_bytes(secrets.token_bytes(32))
        key.chmod(0o600)


def _set_aside(path: Path) -> None:
    """Keep what people decided on the case that is replaced; nothing uses it any more."""
    aside = path.with_name(f"{path.stem}.replaced{path.suffix}")
    if not aside.is_symlink():
        with aside.open("ab") as kept:
            kept.write(path.read_bytes())


def _clear(folder: Path) -> None:
    for name in OURS:
        path = folder / name
        if name == DECISIONS and path.is_file() and not path.is_symlink():
            _set_aside(path)
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)


def write_json(path: Path, value: Any) -> None:
    """Write JSON with sorted keys, so that a reader sees the old file or the whole new one."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
    temporary.replace(path)
