"""One datagram of CoAP (RFC 7252, 3): head, token, options, payload."""

from __future__ import annotations

from typing import NamedTuple

from netaudit.text.charset import decoded

CONFIRMABLE, NON_CONFIRMABLE, RESET = 0, 1, 3  # types; 2 is an acknowledgement
URI_HOST, ETAG, URI_PATH, FORMAT, URI_QUERY, PROXY_URI = 3, 4, 11, 12, 15, 35
BLOCK2, BLOCK1, Q_BLOCK1, Q_BLOCK2, SIZE2, SIZE1, TAG = 23, 27, 19, 31, 28, 60, 292
# critical options, which have odd numbers: a receiver refuses what it does not know (5.4.1; registry of IANA)
CRITICAL = frozenset({1, 3, 5, 7, 9, 11, 15, 17, 19, 21, 23, 27, 31, 35, 39, 2049, 2053})
PRIVATE = 65000  # numbers from here on are for experiments
LONGEST = 1034  # bytes of an option (Proxy-Uri)
LEAST = 4  # bytes of a head
MOST = 256  # options of one datagram
METHODS = ("", "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH")
MARKER = 0xFF


class Datagram(NamedTuple):
    """What a datagram says."""

    kind: int  # type
    method: str  # of a request, else empty
    status: int  # of a response, as HTTP writes it: 4.03 is 403; 0 for a request and an empty one
    number: int  # of the message, by which a copy is known
    token: bytes
    options: list[tuple[int, bytes]]
    payload_at: int

    def first(self, number: int) -> bytes | None:
        """First value of an option; None where it is not there."""
        return next((value for option, value in self.options if option == number), None)

    def number_of(self, number: int) -> int:
        """First value of an option that is a number; 0 where it is not there."""
        return int.from_bytes((self.first(number) or b"")[:8], "big")

    @property
    def path(self) -> str:
        """Path and query, or the address that a proxy is asked for."""
        asked = self.first(PROXY_URI)
        if asked is not None:
            return decoded(asked)
        path = "/" + "/".join(decoded(value) for option, value in self.options if option == URI_PATH)
        query = "&".join(decoded(value) for option, value in self.options if option == URI_QUERY)
        return f"{path}?{query}" if query else path

    @property
    def block(self) -> tuple[int, bool] | None:
        """Where the payload lies in the body and whether more follows (RFC 7959, 2.2; RFC 9177); None: it is all."""
        own = (BLOCK1, Q_BLOCK1) if self.method else (BLOCK2, Q_BLOCK2)
        value = next((value for option, value in self.options if option in own), None)
        if value is None or len(value) > 3:
            return None
        packed = int.from_bytes(value, "big")
        return packed >> 4 << min((packed & 7) + 4, 10), bool(packed & 8)


def parse(data: bytes) -> Datagram | None:
    """Read a datagram; None for bytes that are none."""
    if len(data) < LEAST or data[0] >> 6 != 1 or data[0] & 15 > 8:
        return None
    kind, length, code = data[0] >> 4 & 3, data[0] & 15, data[1]
    group, detail = code >> 5, code & 31
    if not code:
        return Datagram(kind, "", 0, int.from_bytes(data[2:4], "big"), b"", [], 4) if len(data) == 4 else None
    if group not in {0, 2, 4, 5} or (not group and (detail >= len(METHODS) or kind > NON_CONFIRMABLE)):
        return None
    if kind == RESET or len(data) < 4 + length:
        return None
    read = options_of(data, 4 + length)
    if read is None:
        return None
    options, at = read
    method, status = ("", 100 * group + detail) if group else (METHODS[detail], 0)
    return Datagram(kind, method, status, int.from_bytes(data[2:4], "big"), data[4 : 4 + length], options, at)


def options_of(data: bytes, at: int) -> tuple[list[tuple[int, bytes]], int] | None:
    """Options and where the payload begins; None where they do not go up to it."""
    options: list[tuple[int, bytes]] = []
    number = 0
    while at < len(data):
        head = data[at]
        at += 1
        if head == MARKER:  # an empty payload behind it is an error of form (3)
            return (options, at) if at < len(data) else None
        delta, at = _extended(data, head >> 4, at)
        length, at = _extended(data, head & 15, at)
        number += delta
        if min(delta, length) < 0 or length > LONGEST or at + length > len(data) or len(options) == MOST:
            return None
        if not number or (number & 1 and number not in CRITICAL and number < PRIVATE):
            return None
        options.append((number, data[at : at + length]))
        at += length
    return options, at


def _extended(data: bytes, nibble: int, at: int) -> tuple[int, int]:
    """A number of an option's head and where the next begins; below zero for the reserved one, or at the end."""
    if nibble < 13:
        return nibble, at
    size = {13: 1, 14: 2}.get(nibble, 0)
    if not size or at + size > len(data):
        return -1, at
    return int.from_bytes(data[at : at + size], "big") + (13 if size == 1 else 269), at + size
