"""Initials that somebody else writes: their keys are known to all who saw the first one, so nothing may rest on them."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import pytest

from netaudit.capture.from_files import open_captures
from netaudit.protocols.decryption.carried import FlowKeys, Sessions
from netaudit.protocols.decryption.keylog import KeyRing
from netaudit.protocols.decryption.quic_handshake import MOST_REFUSED, Handshaking
from netaudit.protocols.decryption.scope import wanted
from netaudit.protocols.tls.quic_packets import Kind, packets
from tests.hostile.wire import pcap, total
from tests.opened_streams import keys_of, read
from tests.protocols.tls.initials import V2, crypto, initial, other

FOLDER = Path(__file__).parents[3] / "pcaps" / "opened"
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))
NAMES = ("quic_v1_chacha20", "quic_v1_key_update", "quic_v1_early_data", "quic_v1_retry", "http3_curl")
UDP = 42  # bytes of Ethernet, IPv4 and UDP before a datagram


def frames_of(name):
    """Times and frames of a capture, of the link type of its first record."""
    found = []
    for window in open_captures([FOLDER / f"{name}.pcapng"]).windows():
        for row in window.records:
            data = window.buffer[int(row["offset"]) : int(row["offset"]) + int(row["caplen"])].tobytes()
            found.append((int(row["ts"]), data))
    return found


def with_datagram(frame, datagram, *, back):
    """A frame like another one, or the other way, with another datagram."""
    ip, udp = bytearray(frame[14:34]), bytearray(frame[34:42])
    if back:
        ip[12:16], ip[16:20], udp[:2], udp[2:4] = ip[16:20], ip[12:16], udp[2:4], udp[:2]
    ip[2:4], ip[10:12] = struct.pack(">H", 28 + len(datagram)), b"\0\0"
    ip[10:12] = struct.pack(">H", total(bytes(ip)))
    udp[4:8] = struct.pack(">HH", 8 + len(datagram), 0)
    return frame[:14] + bytes(ip + udp) + datagram


def server_hello(suite):
    body = b"\x03\x03" + b"\x77" * 32 + b"\0" + struct.pack(">H", suite) + b"\0" + b"\0\x06\0\x2b\0\x02\x03\x04"
    return b"\x02" + len(body).to_bytes(3, "big") + body


def client_hello(name=b"other.example.cn"):
    sni = struct.pack(">HBH", len(name) + 3, 0, len(name)) + name
    extensions = struct.pack(">HH", 0, len(sni)) + sni
    body = b"\x03\x03" + b"\x55" * 32 + b"\0\0\2\x13\1\1\0" + struct.pack(">H", len(extensions)) + extensions
    return b"\x01" + len(body).to_bytes(3, "big") + body


def forged(kind, packet):
    """A datagram in the server's name (`back`), or in the client's, which whoever saw `packet` can write."""
    by_server = {"destination": packet.source, "source": b"servant", "key_id": packet.destination, "sender": b"server"}
    by_client = {"destination": packet.destination, "source": packet.source}
    return {
        "another suite": lambda: (initial(crypto(0, server_hello(0x1302)), number=9, **by_server), True),
        "a suite that nobody knows": lambda: (initial(crypto(0, server_hello(0x7777)), number=9, **by_server), True),
        "a hello without end": lambda: (initial(crypto(0, b"\x02\x03\xff\xff" + bytes(40)), **by_server), True),
        "a hello behind the hello": lambda: (initial(crypto(90, server_hello(0x1302)), **by_server), True),
        "a high number": lambda: (initial(b"\1", number=1 << 30, number_size=4, **by_server), True),
        "another version": lambda: (initial(b"\1", version=V2, **by_server), True),
        "another client": lambda: (initial(crypto(0, client_hello()), size=1100, number=9, **by_client), False),
        "half a client": lambda: (initial(crypto(0, client_hello()[:44]), size=1100, number=9, **by_client), False),
        "a retry": lambda: (other(3, destination=packet.source, source=b"elsewhere"), True),
        "nine others": lambda: (
            b"".join(initial(b"\1", destination=b"another%d" % n, source=b"x%d" % n, size=40) for n in range(9)), False,
        ),
    }[kind]()  # fmt: skip


FORGERIES = (
    "another suite", "a suite that nobody knows", "a hello without end", "a hello behind the hello", "a high number",
    "another version", "another client", "half a client", "a retry", "nine others",
)  # fmt: skip


@pytest.mark.parametrize("early", [True, False], ids=["before the client", "behind the client"])
@pytest.mark.parametrize("kind", FORGERIES)
@pytest.mark.parametrize("name", NAMES)
def test_what_was_sent_is_opened_all_the_same(name, kind, early, tmp_path):
    log, path = [], tmp_path / "forged.pcap"
    seen = 0
    for ts, frame in frames_of(name):
        first = next(packets(frame[UDP:]), None) if frame[12:14] == b"\x08\0" and frame[23] == 17 else None
        client = first is not None and first.kind is Kind.INITIAL and not seen
        if client:
            datagram, back = forged(kind, first)
            more = (ts, with_datagram(frame, datagram, back=back))
            seen += 1
        log += [more, (ts, frame)] if client and early else [(ts, frame), more] if client else [(ts, frame)]
    assert seen
    path.write_bytes(pcap(log))
    messages, _ = read(path, keys_of(FOLDER / EXPECTED[name].get("key", f"{name}.keylog")))
    bodies = {hashlib.sha256(one.body).hexdigest() for one in messages if one.body and not one.status}
    assert set(EXPECTED[name]["sha256"]) <= bodies


def test_hellos_that_are_not_asked_for_are_not_remembered_without_end():
    """Nor is any other believed once there are too many: whose randoms were refused is not known any more."""
    keys = FlowKeys(KeyRing(()), wanted(("asked.example.cn",)), ("192.0.2.1", "192.0.2.2"), Sessions(), {})
    said = Handshaking(keys, 0, 1)
    for number in range(MOST_REFUSED + 9):
        said._client_hello(client_hello().replace(b"\x55" * 32, number.to_bytes(32, "big")))
    said._client_hello(client_hello(b"asked.example.cn"))
    assert len(said.refused) == MOST_REFUSED
    assert not said.hellos
    other = Handshaking(keys, 0, 1)
    other._client_hello(client_hello(b"asked.example.cn"))
    assert len(other.hellos) == 1
