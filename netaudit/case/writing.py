"""Writes a case folder: Arrow streams while the audit runs, sorted Parquet at its end.

CASE/case.json  run.json  report.html  tables/<table>.parquet  private/key  private/objects/<aa>/<sha256>.<ext>
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import Any

import orjson

from netaudit.errors import UsageError

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
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


class ObjectStore:
    """Content-addressed bytes under private/objects; written once."""

    def __init__(self, folder: Path) -> None:
        self._root = str(folder / "private" / "objects")

    def put(self, sha256: str, kind: str, data: bytes) -> bool:
        """Store `data`; False when these bytes are there already."""
        path = f"{self._root}/{sha256[:2]}/{sha256}.{kind}"
        try:
            descriptor = os.open(path, _NEW, 0o600)
        except FileExistsError:
            return False
        except FileNotFoundError:  # the first of its folder: most cases have few images
            Path(path).parent.mkdir(exist_ok=True)
            return self.put(sha256, kind, data)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)
        return True

    def forget(self, sha256: str, kind: str) -> None:
        """Take bytes away that no object is made of any more."""
        (Path(self._root) / sha256[:2] / f"{sha256}.{kind}").unlink(missing_ok=True)

    def load_part(self, sha256: str) -> bytes | None:
        """Bytes of a stored part of an upload, None when they are gone."""
        path = Path(self._root) / sha256[:2] / f"{sha256}.part"
        return path.read_bytes() if path.is_file() else None
