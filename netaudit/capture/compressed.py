"""Compressed captures as streams, recognised by their first bytes: gzip, zstd, xz, lz4 frames and bzip2.

Memory is bounded whatever expands: each step gives at most a few hundred KiB. A damaged stream gives what came before
the damage.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Protocol

from netaudit.capture.stored import CHUNK, Stored
from netaudit.core.contracts.reasons import reason

if TYPE_CHECKING:
    from collections.abc import Callable

STEP = 1 << 18  # bytes that one step of decompression may give
INPUT = 1 << 14  # and take: what is lost beside a damage in formats that cannot be rewound
XZ_MEMORY = 256 << 20  # xz -9 needs 65 MiB; a header may ask for 4 GiB
ZSTD_WINDOW = 1 << 27  # zstd's own limit without --long=31


class Member(Protocol):
    """One member (frame, stream) of a compressed file; the interface of the standard library's decompressors."""

    @property
    def eof(self) -> bool:
        """Whether the member has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether it gives no more without more data."""

    @property
    def unused_data(self) -> bytes | None:
        """What followed its end."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """At most about `max_length` bytes more."""


class GzipMember:
    """One gzip member (RFC 1952), able to give every byte before a damage."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)
        self.eof = False
        self.needs_input = True
        self.unused_data = b""
        self._damaged: zlib.error | None = None

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """See Member. After a damage the bytes before it come first, then zlib.error."""
        if self._damaged is not None:
            raise self._damaged
        data = self._inner.unconsumed_tail + data
        before = self._inner.copy()
        try:
            out = self._inner.decompress(data, max_length)
        except zlib.error as error:
            self._damaged, self.needs_input = error, False
            return _rescue(before, data)
        self.eof = self._inner.eof
        self.unused_data = self._inner.unused_data
        self.needs_input = not self._inner.unconsumed_tail and len(out) < max_length
        return out


def _rescue(inner: Any, data: bytes) -> bytes:
    """What `inner` gives for `data` before it fails."""
    out = bytearray()
    try:
        for i in range(0, len(data), 8):
            out += inner.decompress(data[i : i + 8])
    except zlib.error:
        pass
    return bytes(out)


class ZstdMember:
    """One zstd frame (RFC 8878, 3.1.1), fed block by block: the library has no limit on what a call may give."""

    def __init__(self) -> None:
        import zstandard

        self._inner = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()
        self._bytes = b""
        self._wanted = 0  # bytes of the next piece; 0 not known
        self._state = "start"
        self._checksum = False
        self.eof = False
        self.needs_input = True

    @property
    def unused_data(self) -> bytes:
        """See Member. A frame that has no sum ends with the block whose bytes are given last."""
        return self._bytes if self.eof else b""

    def decompress(self, data: bytes, max_length: int) -> bytes:  # noqa: ARG002 - a block is the step
        """See Member; gives at most ZSTD_BLOCK bytes."""
        self._bytes += data
        while not self.eof:
            if self._state == "skip":  # may be announced as 4 GiB: nothing of it is kept
                skipped = min(self._wanted, len(self._bytes))
                self._bytes, self._wanted = self._bytes[skipped:], self._wanted - skipped
                self.eof, self.needs_input = not self._wanted, True
                if self._wanted:
                    return b""
                continue
            self._wanted = self._piece_length()
            if self._state == "skip":
                continue
            if not self._wanted or len(self._bytes) < self._wanted:
                self.needs_input = True
                return b""
            piece, self._bytes = self._bytes[: self._wanted], self._bytes[self._wanted :]
            out: bytes = self._inner.decompress(piece)
            self._advance(piece)
            if out:
                self.needs_input = False
                return out
        return b""

    def _piece_length(self) -> int:
        """Length of the frame header, block or checksum at hand, 0 while too few bytes are there to tell."""
        b = self._bytes
        if self._state == "start":
            if len(b) < 8:
                return 0
            if b[1:4] == b"\x2a\x4d\x18":  # skippable frame, 3.1.2
                self._state = "skip"
                return 8 + int.from_bytes(b[4:8], "little")
            descriptor = b[4]
            single = descriptor >> 5 & 1
            self._checksum = bool(descriptor >> 2 & 1)
            return 5 + (1 - single) + (0, 1, 2, 4)[descriptor & 3] + (single, 2, 4, 8)[descriptor >> 6]
        if self._state == "checksum":
            return 4
        if len(b) < 3:
            return 0
        header = int.from_bytes(b[:3], "little")
        return 3 + (1 if header >> 1 & 3 == 1 else header >> 3)

    def _advance(self, piece: bytes) -> None:
        if self._state == "blocks" and piece[0] & 1:
            self._state = "checksum"
            self.eof = not self._checksum
        elif self._state == "checksum":
            self.eof = True
        elif self._state == "start":
            self._state = "blocks"


def _lz4() -> Member:
    import lz4.frame

    member: Member = lz4.frame.LZ4FrameDecompressor()
    return member


def _xz() -> Member:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


def _bzip2() -> Member:
    import bz2

    return bz2.BZ2Decompressor()


def _is_zstd(head: bytes) -> bool:
    return head[:4] == b"\x28\xb5\x2f\xfd" or (
        len(head) >= 4 and head[0] & 0xF0 == 0x50 and head[1:4] == b"\x2a\x4d\x18"
    )


COMPRESSIONS: tuple[tuple[str, Callable[[bytes], bool], Callable[[], Member]], ...] = (
    ("gzip", lambda head: head[:3] == b"\x1f\x8b\x08", GzipMember),
    ("zstd", _is_zstd, ZstdMember),
    ("xz", lambda head: head[:6] == b"\xfd7zXZ\0", _xz),
    ("lz4", lambda head: head[:4] == b"\x04\x22\x4d\x18", _lz4),
    ("bzip2", lambda head: head[:3] == b"BZh" and head[4:10] == b"1AY&SY", _bzip2),
)


def compression_of(head: bytes) -> str:
    """Name of the compression that the first bytes show, or "none"."""
    return next((name for name, is_it, _ in COMPRESSIONS if is_it(head)), "none")


class Expanded:
    """The decompressed bytes of a stored input, with the reading interface of `Stored`."""

    def __init__(self, stored: Stored, compression: str) -> None:
        self._stored = stored
        self._name = compression
        self._is_member, self._open = next((is_it, new) for name, is_it, new in COMPRESSIONS if name == compression)
        self._member: Member = self._open()
        self._input = b""  # stored bytes that no member has taken yet
        self._output = memoryview(b"")
        self._fed = 0  # stored bytes handed to members
        self.problem = ""

    def readinto(self, view: memoryview) -> int:
        """Fill some of `view` and return how much; 0 at the end or at a damage, which `problem` then tells."""
        while not len(self._output):
            if self.problem or not self._step():
                return 0
        taken = min(len(view), len(self._output))
        view[:taken] = self._output[:taken]
        self._output = self._output[taken:]
        return taken

    def _step(self) -> bool:
        """Take one step; False at the end."""
        if self._member.eof and not self._next_member():
            return False
        data = b""
        if self._member.needs_input:
            data = self._read_out(INPUT)
            if not data:
                self.problem = self._stored.problem or reason("packed_early", packing=self._name, n=self._fed)
                return False
        try:
            self._output = memoryview(self._member.decompress(data, STEP))
        except Exception as error:  # noqa: BLE001 - each library has its own, some plain RuntimeError
            self.problem = reason("packed_corrupt", packing=self._name, n=self._fed, said=_one_line(error))
            return False
        return True

    def _next_member(self) -> bool:
        """Begin the member behind the one that ended; False when the file ends there."""
        rest = self._member.unused_data or b""  # lz4 says None for nothing
        self._input = rest + self._input
        self._fed -= len(rest)
        while True:
            if len(self._input) < 16:
                self._input += self._stored.read(CHUNK)
            padding = len(self._input) - len(self._input.lstrip(b"\0"))
            if not padding:
                break
            self._input = self._input[padding:]
            self._fed += padding
        if not self._input:
            self.problem = self._stored.problem
            return False
        if not self._is_member(self._input[:16]):
            self.problem = reason("packed_follows", packing=self._name, n=self._fed)
            return False
        self._member = self._open()
        return True

    def _read_out(self, length: int) -> bytes:
        if not self._input:
            self._input = self._stored.read(CHUNK)
        data, self._input = self._input[:length], self._input[length:]
        self._fed += len(data)
        return data


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
