"""Bytes of what is under way: in memory while all together are few, else in temporary files.

The budget is one of the whole process, so it changes where bytes lie and never a result. The files have no names where
the system allows it; each is given back as soon as nothing in it is needed.
"""

from __future__ import annotations

import io
import tempfile
from typing import IO

MEMORY = 24 << 20  # bytes of all that is under way that are held in memory
LEAST = 1024  # fewer are not written: of tens of thousands under way, each keeps no more in memory
FILE = 64 << 20  # bytes of one file
SMALL = 512  # bytes: pieces that are smaller on the average are joined
FREE = 2 << 20  # once there are more of them than this would make
HOLE = 1 << 20  # zeros beyond twice of what was captured are not made: a few packets would make much memory and work
HOLE_NOTE = "limit: bytes far behind a hole are not kept"
Place = tuple["_File", int, int]  # file, offset, length


class _File:
    """A temporary file, and how many places in it are needed."""

    def __init__(self, folder: str | None) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - lives as long as what is in it
        self.size = self.needed = 0


class _Spill:
    """The files, and what is in memory."""

    def __init__(self) -> None:
        self.held = 0
        self.folder: str | None = None  # None: the system's folder for temporary files
        self.current: _File | None = None
        self.broken = False  # no room on the disk: all stays in memory

    def write(self, data: bytes) -> Place | None:
        """Write bytes; where they are, None where that is not possible."""
        try:
            if self.current is None or self.current.size >= FILE:
                self.current = _File(self.folder)
            current = self.current
            current.file.seek(current.size)
            current.file.write(data)
            current.file.flush()
        except OSError:
            self.broken = True
            return None
        place = (current, current.size, len(data))
        current.size += len(data)
        current.needed += 1
        return place

    def drop(self, place: Place) -> None:
        """Bytes are not needed any more."""
        file = place[0]
        file.needed -= 1
        if not file.needed:
            if file is self.current:
                self.current = None
            file.file.close()


_SPILL = _Spill()


def spill_to(folder: str | None) -> None:
    """Where temporary files of this process go."""
    _SPILL.folder = folder


class Pieces:
    """Bytes that come piece by piece, to be taken whole."""

    __slots__ = ("_held", "_parts", "_zeros", "full", "size")

    def __init__(self) -> None:
        self._parts: list[bytes | int | Place] = []  # bytes, a number of zeros, or a place in a file
        self._held = 0  # bytes in memory
        self._zeros = 0
        self.size = 0
        self.full = False  # a hole was too long: nothing behind it is taken

    def append(self, data: bytes) -> None:
        """Take the next bytes."""
        if self.full:
            return
        self._parts.append(data)
        self._hold(len(data))
        self.size += len(data)
        if len(self._parts) * SMALL > self._held + FREE:
            self._join()
        if _SPILL.held > MEMORY and self._held >= LEAST and not _SPILL.broken:
            self._write()

    def zeros(self, count: int) -> None:
        """Take so many zero bytes for a hole, which take no room yet."""
        self.full = self.full or self.too_long(count)
        if self.full:
            return
        if count < LEAST:  # so that it is joined with its neighbours
            self.append(bytes(count))
        else:
            self._parts.append(count)
            self.size += count
        self._zeros += count

    def too_long(self, count: int, more: int = 0) -> bool:
        """Whether a hole is too long beside what was captured, `more` bytes besides what is here."""
        return self._zeros + count > 2 * (self.size - self._zeros + more) + HOLE

    def _hold(self, more: int) -> None:
        self._held += more
        _SPILL.held += more

    def _write(self) -> None:
        """Move what is in memory to a file."""
        self._join()
        for number, part in enumerate(self._parts):
            if isinstance(part, bytes) and (place := _SPILL.write(part)) is not None:
                self._parts[number] = place
                self._hold(-len(part))

    def _join(self) -> None:
        """Put neighbours in memory together."""
        parts: list[bytes | int | Place] = []
        near: list[bytes] = []
        for part in self._parts:
            if isinstance(part, bytes):
                near.append(part)
                continue
            if near:
                parts.append(b"".join(near))
                near = []
            parts.append(part)
        if near:
            parts.append(b"".join(near))
        self._parts = parts

    def flush(self) -> bytes:
        """All bytes; nothing is left."""
        parts = self._parts
        if len(parts) == 1 and isinstance(parts[0], bytes):
            whole = parts[0]
        elif self._held == self.size:
            whole = b"".join(part for part in parts if isinstance(part, bytes))
        else:
            whole = self._read()
        self.clear()
        return whole

    def _read(self) -> bytes:
        out = io.BytesIO()
        for part in self._parts:
            if isinstance(part, bytes):
                out.write(part)
            elif isinstance(part, int):
                out.write(bytes(part))
            else:
                file, at, length = part
                file.file.seek(at)
                out.write(file.file.read(length))
        return out.getvalue()

    def clear(self) -> None:
        """Let everything go."""
        self._hold(-self._held)
        for part in self._parts:
            if isinstance(part, tuple):
                _SPILL.drop(part)
        self._parts, self._zeros, self.size, self.full = [], 0, 0, False

    def __del__(self) -> None:
        self.clear()
