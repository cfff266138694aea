"""Header fields of HTTP/3, by QPACK (RFC 9204). Decoded by `pylsqpack`; without it they are unknown, bodies are not."""

from __future__ import annotations

from typing import Any

from netaudit.messages.http2.headers import UNDECODABLE

TABLE_LIMIT = 1 << 20  # bytes of the dynamic table
BLOCKED_LIMIT = 1 << 10
FIELDS_LIMIT = 64 << 10  # bytes of a field list
MISSING = "header fields not decoded: pylsqpack is not installed (python -m pip install pylsqpack)"

Fields = list[tuple[str, str]]


class FieldDecoder:
    """Decodes what one direction sends. Its table is bounded by what the other direction allows."""

    def __init__(self) -> None:
        self.lost = False  # entries of the table were not captured
        self.note = UNDECODABLE
        self._inserts: list[bytes] = []  # that came before the table was allowed
        self._decoder: Any = None
        self._blocked: set[int] = set()  # streams whose block the decoder holds

    def allow(self, capacity: int) -> None:
        """The other side has said how large the table may grow, once."""
        module = _module()
        if module is None or self._decoder is not None:
            return
        self._decoder = module.Decoder(min(capacity, TABLE_LIMIT), BLOCKED_LIMIT)
        inserts, self._inserts = self._inserts, []
        for data in inserts:
            self.feed_table(data)

    def feed_table(self, data: bytes) -> None:
        """Take bytes of the encoder's stream."""
        if self._decoder is None:
            if sum(map(len, self._inserts)) < TABLE_LIMIT:
                self._inserts.append(data)
            return
        if self.lost or not data:
            return
        try:
            self._decoder.feed_encoder(data)
        except _module().EncoderStreamError:
            self.lost = True

    def may_come(self, block: bytes) -> bool:
        """Whether a block that could not be decoded may be later: its entries are still to come."""
        return _module() is not None and not self.lost and bool(block) and block[0] != 0

    def decode(self, stream: int, block: bytes) -> Fields | None:
        """Fields of a block; None when they cannot be said, or not yet."""
        module = _module()
        if module is None:
            self.note = MISSING
            return None
        if not block:
            return None
        alone = block[0] == 0  # no entry of the dynamic table is needed (RFC 9204, 4.5.1.1)
        decoder = module.Decoder(0, 0) if alone else self._decoder
        if decoder is None or (self.lost and not alone):
            return None
        try:
            if stream in self._blocked and not alone:
                _, raw = decoder.resume_header(stream)
                self._blocked.discard(stream)
            else:
                _, raw = decoder.feed_header(stream, block)
        except module.StreamBlocked:
            self._blocked.add(stream)
            return None
        except (module.DecompressionFailed, ValueError):
            return None
        return _texts(raw)


def _texts(raw: list[tuple[bytes, bytes]]) -> Fields:
    found: Fields = []
    size = 0
    for name, value in raw:
        size += len(name) + len(value) + 32
        if size > FIELDS_LIMIT:
            break
        found.append((name.decode("latin-1").lower(), value.decode("latin-1")))
    return found


def _module() -> Any:
    try:
        import pylsqpack
    except ImportError:
        return None
    return pylsqpack
