"""Where HTTP or TLS begins among bytes that nobody understands."""

from __future__ import annotations

import re

from netaudit.protocols.http1.head import KNOWN, LOOK_BACK, candidate

LONGEST = 128  # bytes of a mark
LIKE_HTTP = re.compile(rb"(?:%s) [/h]|HTTP/1" % b"|".join(re.escape(one.encode()) for one in KNOWN))
_MARKS = re.compile(
    rb"HTTP/1\.[01](?: \d{3}(?: [^\x00-\x1f]{0,60})?)?\r?\n[A-Za-z][A-Za-z0-9_-]{0,40}:"  # with a first field
    rb"|\x16\x03[\x00-\x04][\x00-\x48].\x01\x00..\x03[\x00-\x04]",  # the hello of a client (RFC 8446, 5.1)
    re.DOTALL,
)


def begun(data: bytes | bytearray, looked: int, floor: int, upto: int) -> int:
    """Where the first head or hello begins whose mark lies whole in data[looked:upto], not before `floor`; or -1."""
    for match in _MARKS.finditer(data, looked, upto):
        at = match.start()
        if data[at] != 0x16:
            at = candidate(bytes(data[max(floor, at - LOOK_BACK) : match.end()]), min(at - floor, LOOK_BACK), 0)
            at = at + max(floor, match.start() - LOOK_BACK) if at >= 0 else -1
        if at >= 0:
            return at
    return -1
