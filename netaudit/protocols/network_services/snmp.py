"""SNMP 1, 2c and 3 over UDP: what an agent says of itself (RFC 1157, 4; RFC 3416, 3; RFC 3412, 6).

Community names are passwords: they are never kept, only that there was one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.contracts.details import SnmpDetails
from netaudit.core.text.charset import decoded
from netaudit.protocols.marks import Mark, literal
from netaudit.protocols.message import Message
from netaudit.protocols.reader import DatagramReader, Opening, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

PORTS = (161, 162)
VERSIONS = {0: "1", 1: "2c", 3: "3"}
INTEGER, OCTETS, OID, SEQUENCE = 0x02, 0x04, 0x06, 0x30
REQUESTS = {0xA0: "get", 0xA1: "get-next", 0xA3: "set", 0xA5: "get-bulk", 0xA6: "inform"}
ANSWERS = {0xA2: "response", 0xA4: "trap", 0xA7: "trap"}
TRAP_1 = 0xA4
MOST_BINDINGS = 64
LONGEST = 512  # characters of a value
SYSTEM = "1.3.6.1.2.1.1."  # SNMPv2-MIB, RFC 3418
ENTITY = "1.3.6.1.2.1.47.1.1.1.1."  # ENTITY-MIB, RFC 6933: entPhysicalTable; the last number is the entity's
SCALARS = {
    f"{SYSTEM}1.0": "description",
    f"{SYSTEM}2.0": "object_id",
    f"{SYSTEM}5.0": "name",
    f"{SYSTEM}6.0": "location",
}
PRINTER = {  # by the beginning; the last numbers are those of the printer
    "1.3.6.1.2.1.43.5.1.1.17.": "serial",  # Printer-MIB, RFC 3805: prtGeneralSerialNumber
    "1.3.6.1.4.1.2699.1.2.1.2.1.1.3.": "device_id",  # PWG 5107.1: ppmPrinterIEEE1284DeviceId
}
COLUMNS = {8: "hardware", 9: "firmware", 10: "software", 11: "serial", 12: "manufacturer", 13: "model"}


class _BadError(Exception):
    """The bytes are no SNMP message."""


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Length of a BER value and where it begins (X.690, 8.1.3; definite forms only)."""
    if at >= len(data):
        raise _BadError
    first = data[at]
    if first < 0x80:
        return first, at + 1
    size = first & 0x7F
    if not 1 <= size <= 4 or at + 1 + size > len(data):
        raise _BadError
    return int.from_bytes(data[at + 1 : at + 1 + size], "big"), at + 1 + size


def _element(data: bytes, at: int, wanted: int | None = None) -> tuple[int, bytes, int]:
    """Tag, content and the offset behind an element."""
    if at >= len(data) or (wanted is not None and data[at] != wanted):
        raise _BadError
    size, start = _length(data, at + 1)
    if start + size > len(data):
        raise _BadError
    return data[at], data[start : start + size], start + size


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    for _ in range(MOST_BINDINGS):
        if at >= len(data):
            return
        tag, content, at = _element(data, at)
        yield tag, content


def oid(raw: bytes) -> str:
    """Dotted text of an object identifier (X.690, 8.19), empty for a broken one."""
    numbers: list[int] = []
    value = 0
    for byte in raw[:128]:
        value = value << 7 | byte & 0x7F
        if value >= 1 << 32:
            return ""
        if not byte & 0x80:
            numbers += [min(value // 40, 2), value - 40 * min(value // 40, 2)] if not numbers else [value]
            value = 0
    return ".".join(map(str, numbers))


MARKS = (Mark(literal(b"\x30"), ports=tuple(PORTS)),)


def recognise(opening: Opening) -> Verdict:
    """A sequence with a known version that fills the datagram, and a known kind of message in it."""
    if opening.server_port not in PORTS and opening.client_port not in PORTS:
        return Verdict.NO
    message = parse(opening.up or opening.down)
    if message is None:
        return Verdict.NO
    agent = opening.client_port == PORTS[0] != opening.server_port
    return Verdict.SWAPPED if agent else Verdict.YES


def parse(data: bytes) -> Message | None:
    """One message, None for other bytes. `fields`: version, answer, said [(what, value)], enterprise, engine."""
    try:
        return _parse(data)
    except _BadError:
        return None


def _parse(data: bytes) -> Message | None:
    if data[:1] != b"\x30":
        return None
    _, inside, end = _element(data, 0, SEQUENCE)
    _, number, at = _element(inside, 0, INTEGER)
    version = VERSIONS.get(int.from_bytes(number[:4], "big"))
    if version is None or end != len(data):
        return None
    message = Message("snmp", 0, 0, len(data), body_size=len(data))
    if version == "3":
        return _version_3(message, inside, at)
    _, _, at = _element(inside, at, OCTETS)  # the community
    tag, body, _ = _element(inside, at)
    if tag not in REQUESTS and tag not in ANSWERS:
        return None
    message.method = (REQUESTS | ANSWERS)[tag]
    pairs: list[tuple[str, str]] = []
    message.details = SnmpDetails(version, tag in ANSWERS, pairs)
    _bindings(body, tag, pairs)
    return message


def _version_3(message: Message, inside: bytes, at: int) -> Message:
    """The engine's id, which names its maker (RFC 3411, 5, SnmpEngineID); the rest is mostly encrypted."""
    _, _, at = _element(inside, at, SEQUENCE)  # global data
    _, security, _ = _element(inside, at, OCTETS)
    _, parameters, _ = _element(security, 0, SEQUENCE)
    _, engine, _ = _element(parameters, 0, OCTETS)
    message.method, message.details = "v3", SnmpDetails("3")
    if len(engine) >= 5:
        maker = int.from_bytes(engine[:4], "big") & 0x7FFFFFFF
        message.details = SnmpDetails("3", engine=engine[:32].hex(":"), enterprise=maker)
    return message


def _bindings(body: bytes, tag: int, pairs: list[tuple[str, str]]) -> None:
    """What the variables of a response or trap say; a message cut off within them keeps what came before."""
    parts = list(_elements(body))
    if tag == TRAP_1 and parts and parts[0][0] == OID:
        pairs.append(("object_id", oid(parts[0][1])))
    if tag not in ANSWERS or not parts or parts[-1][0] != SEQUENCE:
        return
    for kind, binding in _elements(parts[-1][1]):
        if kind != SEQUENCE:
            raise _BadError
        _, name, at = _element(binding, 0, OID)
        value_tag, value, _ = _element(binding, at)
        what = _meaning(oid(name))
        if what and value_tag == OCTETS:
            pairs.append((what, _text(value)))
        elif what == "object_id" and value_tag == OID:
            pairs.append((what, oid(value)))


def _meaning(name: str) -> str:
    if name in SCALARS:
        return SCALARS[name]
    if name.startswith(ENTITY):
        column = name[len(ENTITY) :].partition(".")[0]
        return COLUMNS.get(int(column), "") if column else ""
    return next((what for start, what in PRINTER.items() if name.startswith(start)), "")


def _text(raw: bytes) -> str:
    return decoded(raw.rstrip(b"\0"))[:LONGEST].strip()


class SnmpReader(DatagramReader):
    """Reads one message from each datagram."""

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram."""
        return parse(data)
