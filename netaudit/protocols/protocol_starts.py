"""Find where HTTP or TLS starts among bytes that no reader understands."""

from __future__ import annotations

import re

from netaudit.protocols.http1.head import LOOK_BACK, candidate

LONGEST = 128  # bytes of a match
_MARKS = re.compile(
    rb"HTTP/1\.[01](?: \d{3}(?: [^\x00-\x1f]{0,60})?)?\r?\n[A-Za-z][A-Za-z0-9_-]{0,40}:"  # with a first field
    rb"|\x16\x03[\x00-\x04][\x00-\x48].\x01\x00..\x03[\x00-\x04]",  # the hello of a client (RFC 8446, 5.1)
    re.DOTALL,
)


def find_http_or_tls(data: bytes | bytearray, looked: int, floor: int, upto: int) -> int:
    """Return where the first HTTP head or TLS ClientHello starts, or -1.

    Args:
        data: The bytes.
        looked: Matches must lie in data[looked:upto].
        floor: The head must not start before this place.
        upto: See `looked`.

    """
    for match in _MARKS.finditer(data, looked, upto):
        at = match.start()
        if data[at] != 0x16:
            at = candidate(bytes(data[max(floor, at - LOOK_BACK) : match.end()]), min(at - floor, LOOK_BACK), 0)
            at = at + max(floor, match.start() - LOOK_BACK) if at >= 0 else -1
        if at >= 0:
            return at
    return -1
