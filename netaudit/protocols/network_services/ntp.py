"""NTP (RFC 5905, 7.3): what a time server says the time is, to check the capturing clock by."""

from __future__ import annotations

import datetime

from netaudit.core.contracts.details import NtpDetails
from netaudit.protocols.marks import Mark
from netaudit.protocols.message import Message
from netaudit.protocols.reader import DatagramReader, Opening, Verdict

PORT = 123
HEADER = 48
CHECK = 24  # bytes behind it by which it is authenticated, at most; extensions are nothing that is read here
CLIENT, SERVER = 3, 4
UNIX = 2_208_988_800  # seconds from 1900 to 1970
ERA = 1 << 32  # seconds; era 1 begins in 2036, so a small number means that era (RFC 5905, 6)


MARKS = (Mark(ports=(PORT,), least=HEADER),)


def recognise(opening: Opening) -> Verdict:
    """A client or server packet of version 1 to 4 on the NTP port."""
    data = opening.up or opening.down
    if PORT not in (opening.client_port, opening.server_port) or len(data) < HEADER:
        return Verdict.NO
    version, mode = data[0] >> 3 & 7, data[0] & 7
    return Verdict.YES if 1 <= version <= 4 and mode in (CLIENT, SERVER) else Verdict.NO


def moment(raw: bytes) -> str:
    """ISO 8601 text of a 64-bit NTP timestamp, empty for none."""
    seconds, fraction = int.from_bytes(raw[:4], "big"), int.from_bytes(raw[4:8], "big")
    if not seconds:
        return ""
    seconds += ERA if seconds < ERA // 2 else 0
    micro = fraction * 1_000_000 >> 32
    return datetime.datetime.fromtimestamp(seconds - UNIX, datetime.UTC).replace(microsecond=micro).isoformat()


class NtpReader(DatagramReader):
    """One message from each datagram; a server's carries its transmit time as `date` header."""

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram."""
        if len(data) < HEADER:
            return None
        mode = data[0] & 7
        used = len(data) if len(data) <= HEADER + CHECK else HEADER
        message = Message("ntp", 0, 0, used, method={CLIENT: "client", SERVER: "server"}.get(mode, str(mode)))
        message.details, message.head = NtpDetails(data[1]), data[HEADER:]
        date = moment(data[40:48]) if mode == SERVER and 1 <= data[1] <= 15 else ""  # stratum 0 or 16: not synchronised
        if date:
            message.headers = [("date", date)]
        return message
