"""Compression of WebSocket messages (permessage-deflate, RFC 7692), one context per direction."""

from __future__ import annotations

import zlib

from netaudit.protocols.http1.body import LIMIT

RATIO = 200  # inflated bytes per byte, beyond the first MiB
FREE = 1 << 20
_TAIL = b"\x00\x00\xff\xff"  # taken off by the sender (RFC 7692, 7.2.1)
_WINDOW = -15  # raw deflate; the largest window reads what was made with a smaller one
_REACH = 1 << 15  # bytes that later messages may refer to


class Inflate:
    """The compression context of one direction."""

    def __init__(self, parameters: str, side: str) -> None:
        self.keeps = f"{side}_no_context_takeover" not in parameters
        self.broken = False
        self.begin()

    def begin(self) -> None:
        """Forget what was said before."""
        self.decoder = zlib.decompressobj(_WINDOW)
        self.history = b""

    def lost(self) -> None:
        """Bytes are missing: with context takeover later messages refer to them."""
        self.broken = self.keeps
        self.begin()

    def inflate(self, data: bytes) -> tuple[bytes, bool, str]:
        """Bytes of one message, whether they are all, and what was wrong."""
        room = min(LIMIT, max(FREE, RATIO * len(data)))
        out, todo = b"", data + _TAIL
        try:
            out = self.decoder.decompress(todo, room + 1)
        except zlib.error:
            out = self._until_broken(todo, room)
            self.lost()
            return out, False, "broken compression"
        if len(out) > room or self.decoder.unconsumed_tail:
            self.lost()
            return out[:room], False, "limit: expansion"
        if not self.keeps or self.decoder.eof:  # a final block ends the context, too (RFC 7692, 7.2.3.5)
            self.begin()
        elif self.keeps:
            self.history = (self.history + out[-_REACH:])[-_REACH:]
        return out, True, ""

    def _until_broken(self, data: bytes, room: int) -> bytes:
        """What comes before the fault; without the context, which the failed call has spoilt."""
        decoder, out = zlib.decompressobj(_WINDOW), bytearray()
        try:
            for at in range(0, len(data), 256):
                out += decoder.decompress(data[at : at + 256], room - len(out) + 1)
                if len(out) > room:
                    break
        except zlib.error:
            pass
        return bytes(out[:room]) if not self.keeps else b""
