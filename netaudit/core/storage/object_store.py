"""Bytes of objects in a case, named by their content."""

from __future__ import annotations

import os
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def object_path(objects: Path, sha256: str, kind: str) -> Path:
    """Where the bytes of an object lie below `private/objects`."""
    return objects / sha256[:2] / f"{sha256}.{kind}"


def object_name(root: str, sha256: str, kind: str) -> str:
    """The same as text, of which a tenth of the time is asked; Windows spells long ones with no other sign."""
    return f"{root}{os.sep}{sha256[:2]}{os.sep}{sha256}.{kind}"


class ObjectStore:
    """Content-addressed bytes under private/objects; written once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._root = str(folder / "private" / "objects")

    def put(self, sha256: str, kind: str, data: bytes) -> bool:
        """Store `data`; False when these bytes are there already."""
        path = object_name(self._root, sha256, kind)
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
        object_path(Path(self._root), sha256, kind).unlink(missing_ok=True)

    def load_part(self, sha256: str) -> bytes | None:
        """Bytes of a stored part of an upload, None when they are gone."""
        path = object_path(Path(self._root), sha256, "part")
        return path.read_bytes() if path.is_file() else None
