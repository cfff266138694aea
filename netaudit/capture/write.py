"""A small pcapng writer (draft-ietf-opsawg-pcapng): little-endian, nanoseconds, interfaces, comments."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Self

from netaudit.capture.layouts import ENHANCED, INTERFACE_BLOCK, NO_TIME, SECTION, SIMPLE, STATISTICS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

COMMENT, NAME, RESOLUTION, APPLICATION = 1, 2, 9, 4
LONGEST_OPTION = 65_535


class PcapngWriter:
    """Writes a pcapng file; a context manager. `section` and `interface` come before their packets."""

    def __init__(self, path: str | Path, *, application: str = "netaudit", comment: str = "") -> None:
        """Create `path`, overwriting what is there, and begin the first section. OSError as open(2) gives it."""
        self._file = Path(path).open("wb")  # noqa: SIM115 - closed by close()
        self._interfaces = 0
        self.section(application=application, comment=comment)

    def section(self, *, application: str = "netaudit", comment: str = "") -> None:
        """Begin a section; interfaces are declared anew in it."""
        self._interfaces = 0
        options = _options((COMMENT, comment), (APPLICATION, application))
        self._block(SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options)

    def interface(self, linktype: int, *, name: str = "", comment: str = "", snaplen: int = 0) -> int:
        """Declare an interface of this section and return its id. `linktype` is a LINKTYPE_ value."""
        resolution = struct.pack("<HHB3x", RESOLUTION, 1, 9)
        options = resolution + _options((COMMENT, comment), (NAME, name))
        self._block(INTERFACE_BLOCK, struct.pack("<HHI", linktype, 0, snaplen) + options)
        self._interfaces += 1
        return self._interfaces - 1

    def packet(
        self, interface: int, ts: int, data: bytes, *, wirelen: int | None = None, comments: Iterable[str] = ()
    ) -> None:
        """Write a packet: `ts` in UTC nanoseconds; `wirelen` is its length on the wire where that is more than `data`.

        ValueError for an interface that was not declared. A packet without a time (NO_TIME) becomes a Simple Packet
        Block, which has no place for a comment and belongs to interface 0; of another interface it gets the time 0.
        """
        if not 0 <= interface < self._interfaces:
            raise ValueError(f"interface {interface} is not declared in this section")
        wirelen = len(data) if wirelen is None else wirelen
        padded = data + bytes(-len(data) % 4)
        options = _options(*((COMMENT, text) for text in comments))
        if ts == NO_TIME and not options and interface == 0 and wirelen == len(data):
            self._block(SIMPLE, struct.pack("<I", wirelen) + padded)
            return
        ticks = max(ts, 0)  # ticks have no sign
        head = struct.pack("<IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF, len(data), wirelen)
        self._block(ENHANCED, head + padded + options)

    def statistics(self, interface: int, ts: int, *, received: int, lost: int) -> None:
        """Write what was received on an interface and lost by the capturing side so far (draft, 4.6)."""
        options = struct.pack("<HHQHHQI", 4, 8, received, 5, 8, lost, 0)
        self._block(STATISTICS, struct.pack("<III", interface, ts >> 32, ts & 0xFFFFFFFF) + options)

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._file.tell()

    def flush(self) -> None:
        """Have all that was written in the file, for those who read it meanwhile."""
        self._file.flush()

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _block(self, kind: int, body: bytes) -> None:
        total = len(body) + 12
        self._file.write(struct.pack("<II", kind, total) + body + struct.pack("<I", total))


def _options(*pairs: tuple[int, str]) -> bytes:
    """Text options with the end mark; nothing where there is no text."""
    out = b""
    for code, text in pairs:
        if text:
            value = text.encode("utf-8", "replace")[:LONGEST_OPTION]
            out += struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)
    return out and out + bytes(4)
