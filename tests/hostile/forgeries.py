"""What others write so that an upload of an honest connection is not seen, or is somebody else's."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace

from tests.hostile.attacks import plain
from tests.hostile.talk import BEGIN, conversation
from tests.hostile.whole import Case
from tests.hostile.wire import ACK, MS, OTHER_MAC, ROUTER_MAC, RST, State, Step, frame, ip_packet, packets, total

Log = list[tuple[int, bytes]]
Forgery = Callable[[Case], Log]
BROADCAST = b"\xff" * 6
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"


def _bytes(address: str) -> bytes:
    return bytes(map(int, address.split(".")))


def _request(case: Case, head: str, receiver: str, number: int) -> Log:
    mac = b"\x02\0\0\1" + case.number.to_bytes(2, "big")
    state = State(client=_bytes(case.sender), server=_bytes(receiver), mac=mac)
    text = head.encode()
    return conversation([Step(0, text)], text, (50_000 + number, 80), state, BEGIN)


def browses_like_a_phone(case: Case) -> Log:
    """The device asks for a page as a phone would."""
    return _request(case, f"GET / HTTP/1.1\r\nHost: a.example.cn\r\nUser-Agent: {AGENT}\r\n\r\n", "47.98.1.1", 1)


def forged_lease(case: Case) -> Log:
    """Another host asks for the device's address in the name of a phone."""
    mac = b"\x02\0\0\1" + case.number.to_bytes(2, "big")
    options = (
        b"\x35\x01\x03\x32\x04" + _bytes(case.sender) + b"\x0c\x06iPhone" + b"\x37\x06\x01\x79\x03\x06\x0f\x77\xff"
    )
    body = (
        struct.pack(">BBBBIHH", 1, 1, 6, 0, 77, 0, 0)
        + bytes(16)
        + mac
        + bytes(10 + 192)
        + b"\x63\x82\x53\x63"
        + options
    )
    return [(BEGIN, BROADCAST + mac + b"\x08\x00" + _udp(b"\0\0\0\0", b"\xff" * 4, 68, 67, body))]


def _udp(source: bytes, target: bytes, sport: int, dport: int, body: bytes) -> bytes:
    head = struct.pack(">HHHH", sport, dport, 8 + len(body), 0)
    packet = ip_packet(head + body, source, target, Step(), 9, 0, more=False)
    packet = packet[:9] + b"\x11\0\0" + packet[12:]
    return packet[:10] + struct.pack(">H", total(packet[:20])) + packet[12:]


def cloud_said_to_be_near(case: Case) -> Log:
    """An ARP answer and a few frames put the cloud's address onto the link."""
    near, own = _bytes(case.receiver), _bytes(case.sender)
    answer = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 2) + OTHER_MAC + near + OTHER_MAC + own
    log = [(BEGIN, BROADCAST + OTHER_MAC + b"\x08\x06" + answer)]
    for number in range(5):
        log.append(
            (
                BEGIN + number * MS,
                ROUTER_MAC + OTHER_MAC + b"\x08\x00" + _udp(near, b"\x08\x08\x08\x08", 999, 999, b"x"),
            )
        )
    return log


def cloud_behind_pppoe(case: Case) -> Log:
    """A PPPoE frame and a few packets in it, as on a line outside."""
    packet = b"\x00\x21" + _udp(_bytes(case.sender), b"\x08\x08\x08\x08", 999, 999, b"x")
    session = struct.pack(">BBHH", 0x11, 0, 7, len(packet)) + packet
    return [(BEGIN + number * MS, ROUTER_MAC + OTHER_MAC + b"\x88\x64" + session) for number in range(5)]


def resets_by_others(case: Case) -> Log:
    """Resets in the cloud's name by another host, with numbers that fit nothing."""
    state = State(client=_bytes(case.sender), server=_bytes(case.receiver))
    step = Step(0, b"", RST | ACK, by_server=True, mac=OTHER_MAC, ttl=64)
    begin = BEGIN + case.number * 200 * MS
    return [
        (begin + (3 + number) * MS, frame(packet, step))
        for number in range(4)
        for packet in packets(replace(step, offset=-5000), state, (40_000 + case.number, 80))
    ]


FORGERIES: dict[str, Forgery] = {
    make.__name__.replace("_", " "): make
    for make in (browses_like_a_phone, forged_lease, cloud_said_to_be_near, cloud_behind_pppoe, resets_by_others)
}


FAR = "47.99.1.1"  # the other end of invented tunnels


def invented_in_a_tunnel(case: Case, framed: str, *, answered: bool = False) -> Log:
    """The device sends VXLAN in which another device uploads its picture: only the device has sent anything.

    `answered`: the other end of the tunnel sends what the cloud would say; else the device writes that as well.
    """
    log = conversation_of(case, framed)
    own, far = _bytes(case.sender), _bytes(FAR)
    mac = b"\x02\0\0\1" + case.number.to_bytes(2, "big")
    made = []
    for at, data in log:
        back = answered and data[26:30] == _bytes(case.receiver)
        link, source, target = (mac + ROUTER_MAC, far, own) if back else (ROUTER_MAC + mac, own, far)
        made.append((at, link + b"\x08\x00" + _udp(source, target, 5000, 4789, b"\x08\0\0\0\0\0\x07\0" + data)))
    return made


def conversation_of(case: Case, sender: str, vlan: int = 0, mac: bytes = b"", like: Case | None = None) -> Log:
    """The upload of a case in the name of another sender; with the receiver and ports of another case."""
    text, like = case.text(), like or case
    state = State(
        client=_bytes(sender),
        server=_bytes(like.receiver),
        mac=mac or b"\x02\0\0\x09\0\x01",
        isn=case.chance().randrange(1 << 32),
    )
    log = conversation(list(plain(case.chance(), text)), text, (40_000 + like.number, 80), state, BEGIN)
    if not vlan:
        return log
    tag = struct.pack(">HH", 0x8100, vlan)
    return [(at, data[:12] + tag + data[12:]) for at, data in log]
