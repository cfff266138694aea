"""CoAP over TCP (RFC 8323): the same requests and responses, each behind the length of what follows its token."""

from __future__ import annotations

from netaudit.messages.coap.datagram import METHODS, NON_CONFIRMABLE, Datagram, options_of
from netaudit.messages.coap.reader import NAME, CoapReader
from netaudit.messages.message import Message, carved_from_here
from netaudit.messages.reader import CARVE, HandOver, Opening, Verdict
from netaudit.messages.strays import LIKE_HTTP

PORT = 5683
LONGEST_TOKEN = 8
SIGNALS = 7  # class of codes
CSM = 0xE1  # capabilities and settings (7.01): what each side says first (5.3)
LONGEST_SETTINGS = 64  # bytes
MOST = 4 << 20  # bytes of a message: devices' Max-Message-Size is 1,152 unless they say so
SIZES = {13: (1, 13), 14: (2, 269), 15: (4, 65805)}  # by nibble: bytes of the length behind it, and what is added
CSM_OPTIONS = frozenset({2, 4})  # Max-Message-Size, Block-Wise-Transfer


def measured(data: bytes | bytearray) -> tuple[int, int, int] | None:
    """Where code and options begin and where the message ends; None while that cannot be said.

    The end is 0 for what is no message.
    """
    if not data:
        return None
    nibble, token = data[0] >> 4, data[0] & 15
    size, more = SIZES.get(nibble, (0, 0))
    if token > LONGEST_TOKEN:
        return 0, 0, 0
    if len(data) < 1 + size:
        return None
    length = more + int.from_bytes(data[1 : 1 + size], "big") if size else nibble
    begin = 2 + size + token
    return 1 + size, begin, begin + length if length <= MOST else 0


def recognise(opening: Opening) -> Verdict:
    """The settings that each side says first, and behind them on other ports the code of another message."""
    data = opening.up or opening.down
    place = measured(data)
    if place is None or len(data) <= place[0]:
        return Verdict.MORE
    at, begin, end = place
    if not end or end > LONGEST_SETTINGS or data[at] != CSM:
        return Verdict.NO
    if len(data) < end:
        return Verdict.MORE
    parsed = options_of(data[begin:end], 0)
    if parsed is None or any(not number & 1 and number not in CSM_OPTIONS for number, _ in parsed[0]):
        return Verdict.NO
    if PORT in (opening.client_port, opening.server_port):
        return Verdict.YES
    follows = measured(data[end:])
    if follows is None or len(data) <= end + follows[0]:
        return Verdict.MORE
    return Verdict.YES if follows[2] and _is_code(data[end + follows[0]]) else Verdict.NO


def _is_code(code: int) -> bool:
    group, detail = code >> 5, code & 31
    return group in {2, 4, 5} or 0xE1 < code <= 0xE5 or (not group and 0 < detail < len(METHODS))


class CoapStreamReader(CoapReader):
    """Reads both directions of one connection; behind a loss, and from other bytes on, it is an unknown one."""

    def __init__(self) -> None:
        super().__init__()
        self.held = (bytearray(), bytearray())

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        held = self.held[direction]
        held += data
        self.at[direction] = offset + len(data)
        out: list[Message] = []
        while (place := measured(held)) is not None:
            at, begin, end = place
            if not end:
                return out + self._lost(direction, "bytes that are no CoAP")
            if len(held) < end:
                break
            start = self.at[direction] - len(held)
            if LIKE_HTTP.match(bytes(held[:end])) is not None:  # whose letters are a length and a code, too
                return out + self._lost(direction, "bytes that are no CoAP")
            datagram = _message(bytes(held[:end]), at, begin)
            if datagram is not None:
                out += self.parse(datagram, direction, start, bytes(held[:end]))
            elif held[at] >> 5 != SIGNALS and held[at]:
                return out + self._lost(direction, "bytes that are no CoAP")
            del held[:end]
        return out

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:  # noqa: ARG002
        """Where the next message begins nobody knows."""
        return self._lost(direction, "a loss")

    def _lost(self, direction: int, why: str) -> list[Message]:
        begins = [at - len(held) for at, held in zip(self.at, self.held, strict=True)]
        self.hand_over = HandOver((begins[0], begins[1]), (bytes(self.held[0]), bytes(self.held[1])), direction, CARVE)
        return [*self.finish(), carved_from_here(NAME, direction, begins[direction], why)]

    def read_upto(self, direction: int) -> int:
        """Beginning of the message under way."""
        return self.at[direction] - len(self.held[direction])

    def needed_from(self, direction: int) -> int:
        """Beginning of the oldest body or message under way."""
        return min(super().needed_from(direction), self.at[direction] - len(self.held[direction]))


def _message(data: bytes, at: int, begin: int) -> Datagram | None:
    """One message as a datagram has it, which has no type and no number here; None for signals and what is none."""
    group, detail = data[at] >> 5, data[at] & 31
    if group not in {0, 2, 4, 5} or not data[at] or (not group and detail >= len(METHODS)):
        return None
    read = options_of(data, begin)
    if read is None:
        return None
    options, payload = read
    method, status = ("", 100 * group + detail) if group else (METHODS[detail], 0)
    return Datagram(NON_CONFIRMABLE, method, status, 0, data[at + 1 : begin], options, payload)
