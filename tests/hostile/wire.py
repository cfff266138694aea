"""A client that can write any packet: steps relative to its own stream, made into IP packets and Ethernet frames.

Nothing here imports netaudit.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
CLIENT, SERVER = bytes([192, 168, 1, 20]), bytes([47, 96, 10, 20])
CLIENT_MAC, ROUTER_MAC, OTHER_MAC = (bytes.fromhex(text) for text in ("020000000020", "020000000001", "0200000000ee"))
CLIENT_ISN, MS = 0x10203040, 1_000_000


@dataclass(frozen=True)
class Step:
    """One packet of the client: where its bytes stand in its stream, and what is wrong with it."""

    offset: int = 0
    data: bytes = b""
    flags: int = PSH | ACK
    ttl: int = 64
    bad_checksum: bool = False
    bad_ip_checksum: bool = False
    stamp: int = 0  # added to the clock of timestamps
    stamped: bool = True
    ack: int = 0  # added to what is acknowledged
    urgent: int = 0
    ip_length: int | None = None
    mac: bytes = CLIENT_MAC
    to_mac: bytes = ROUTER_MAC
    vlan: int = 0
    by_server: bool = False  # forged in the name of the server; `offset` is where it acknowledges up to then
    pause: int = 1  # ms before it
    scale: int = 7  # of a SYN
    fragments: int = 0  # bytes of each; 0 in one piece
    settle: bool = False  # wait for what the receiver says first


@dataclass
class State:
    """What both ends' numbers are while steps become packets."""

    server_isn: int = 0x50607080
    received: int = 0  # bytes of the server that the client has seen
    clock: int = 5000  # of timestamps, ms
    identity: int = 1
    echo: int = 0  # latest timestamp of the server
    isn: int = CLIENT_ISN
    client: bytes = CLIENT
    server: bytes = SERVER
    mac: bytes = CLIENT_MAC
    log: list[tuple[int, bytes]] = field(default_factory=list)


def total(data: bytes) -> int:
    """Internet checksum (RFC 1071)."""
    data += bytes(len(data) % 2)
    value = sum(struct.unpack(f">{len(data) // 2}H", data))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return ~value & 0xFFFF


def segment(step: Step, state: State, ports: tuple[int, int]) -> bytes:
    """TCP segment of a step."""
    options = b""
    if step.stamped:
        options = b"\x01\x01\x08\x0a" + struct.pack(">II", (state.clock + step.stamp) & 0xFFFFFFFF, state.echo)
    if step.by_server:
        source, target, ports = state.server, state.client, ports[::-1]
        seq, ack = state.server_isn + 1 + state.received, state.isn + 1 + step.offset
        options = b""
    else:
        source, target = state.client, state.server
        seq, ack = state.isn + 1 + step.offset, state.server_isn + 1 + state.received + step.ack
    if step.flags & SYN:
        options = b"\x02\x04\x05\xb4\x04\x02" + b"\x08\x0a" + struct.pack(">II", state.clock + step.stamp, 0)
        options += b"\x01\x03\x03" + bytes([step.scale])
        seq -= 1
    if not step.flags & ACK:
        ack = 0
    head = struct.pack(
        ">HHIIBBHHH", *ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, (20 + len(options)) // 4 << 4, step.flags, 64240, 0,
        step.urgent,
    ) + options  # fmt: skip
    body = head + step.data
    check = total(source + target + struct.pack(">HH", 6, len(body)) + body)
    if step.bad_checksum:
        check ^= 0x5555
    return body[:16] + struct.pack(">H", check) + body[18:]


def packets(step: Step, state: State, ports: tuple[int, int]) -> list[bytes]:
    """IP packets of a step."""
    body = segment(step, state, ports)
    source, target = (state.server, state.client) if step.by_server else (state.client, state.server)
    state.identity += 1
    size = step.fragments or len(body)
    out = []
    for at in range(0, len(body), size):
        piece, more = body[at : at + size], at + size < len(body)
        out.append(ip_packet(piece, source, target, step, state.identity, at, more=more))
    return out


def ip_packet(body: bytes, source: bytes, target: bytes, step: Step, identity: int, at: int, *, more: bool) -> bytes:
    """IPv4 header and body."""
    length = 20 + len(body) if step.ip_length is None else step.ip_length
    place = at // 8 | (0x2000 if more else 0)
    head = struct.pack(">BBHHHBBH", 0x45, 0, length, identity & 0xFFFF, place, step.ttl, 6, 0) + source + target
    check = total(head) ^ (0x1234 if step.bad_ip_checksum else 0)
    return head[:10] + struct.pack(">H", check) + head[12:] + body


def frame(packet: bytes, step: Step, mac: bytes = CLIENT_MAC) -> bytes:
    """Ethernet frame of a packet; `mac` is the client's."""
    tag = struct.pack(">HH", 0x8100, step.vlan) if step.vlan else b""
    own = mac if step.mac == CLIENT_MAC else step.mac
    addresses = step.to_mac + own if not step.by_server else mac + own
    return addresses + tag + b"\x08\x00" + packet


def server_frame(state: State, ports: tuple[int, int], acknowledged: int, flags: int = ACK, data: bytes = b"") -> bytes:
    """What an honest server says, through the router."""
    seq = state.server_isn + 1 + state.received
    options = b"\x01\x01\x08\x0a" + struct.pack(">II", 900_000 + state.clock, state.clock)
    window = 509
    if flags & SYN:
        seq, window = state.server_isn, 65160
        options = b"\x02\x04\x05\xb4\x04\x02\x08\x0a" + struct.pack(">II", 900_000, state.clock) + b"\x01\x03\x03\x07"
    head = struct.pack(
        ">HHIIBBHHH", ports[1], ports[0], seq & 0xFFFFFFFF, (state.isn + 1 + acknowledged) & 0xFFFFFFFF,
        (20 + len(options)) // 4 << 4, flags, window, 0, 0,
    ) + options  # fmt: skip
    body = head + data
    check = total(state.server + state.client + struct.pack(">HH", 6, len(body)) + body)
    body = body[:16] + struct.pack(">H", check) + body[18:]
    step = replace(Step(), ttl=49)
    return state.mac + ROUTER_MAC + b"\x08\x00" + ip_packet(body, state.server, state.client, step, 7, 0, more=False)


def pcap(log: list[tuple[int, bytes]], linktype: int = 1) -> bytes:
    """Classic pcap of (time in ns, frame)."""
    out = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, linktype)]
    for ts, data in log:
        out += [struct.pack("<IIII", ts // 10**9, ts % 10**9, len(data), len(data)), data]
    return b"".join(out)
