"""DNS over UDP and TCP: real layouts, hostile pointers, every cut and damage."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.dns import reader as dns
from netaudit.protocols.reader import OPENING, Opening, Verdict
from tests.reference.messages import down, essence, read, up


def name(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.split(".")) + b"\0"


def query(text="oss.example.com", kind=1, ident=7):
    return struct.pack(">6H", ident, 0x0100, 1, 0, 0, 0) + name(text) + struct.pack(">HH", kind, 1)


def record(kind, value, ttl=60, owner=b"\xc0\x0c"):
    return owner + struct.pack(">HHIH", kind, 1, ttl, len(value)) + value


def answer(*records, text="oss.example.com", kind=1, ident=7, flags=0x8180):
    return (
        struct.pack(">6H", ident, flags, 1, len(records), 0, 0)
        + name(text)
        + struct.pack(">HH", kind, 1)
        + b"".join(records)
    )


A = record(1, bytes([203, 0, 113, 5]))
AAAA = record(28, bytes(15) + b"\1")
CNAME = record(5, b"\x03cdn\xc0\x10")
TXT = record(16, b"\x03a=b\x02cd")
SRV = record(33, struct.pack(">HHH", 0, 0, 8080) + name("cam.local"))


def test_exchange():
    messages, summary = read([up(query()), down(answer(CNAME, A, AAAA, TXT, SRV))], proto=17, server_port=53)
    asked, answered = messages
    assert (asked.protocol, asked.method, asked.host, asked.status) == ("dns", "A", "oss.example.com", 0)
    assert answered.request is asked
    assert answered.details.answers == [
        ("oss.example.com", "CNAME", "cdn.example.com", 60),
        ("oss.example.com", "A", "203.0.113.5", 60),
        ("oss.example.com", "AAAA", "::1", 60),
        ("oss.example.com", "TXT", ["a=b", "cd"], 60),
        ("oss.example.com", "SRV", "cam.local:8080", 60),
    ]
    assert summary.protocol == "dns"
    assert summary.read == (len(query()), len(answer(CNAME, A, AAAA, TXT, SRV)))
    refused, _ = read([down(answer(flags=0x8183))], proto=17, server_port=53)
    assert refused[0].status == 3


def test_mdns_and_swapped():
    messages, summary = read([up(answer(SRV, flags=0x8400))], proto=17, client_port=5353, server_port=5353, handshake=0)
    assert messages[0].protocol == summary.protocol == "mdns"
    _, summary = read([up(answer(A)), down(query())], proto=17, client_port=53, server_port=40000, handshake=0)
    assert summary.swapped


def test_a_first_datagram_longer_than_an_opening_is_read_whole():
    """Recognition sees its beginning only; what it has read of it must not stand for all."""
    many = [record(1, bytes((10, 0, i >> 8, i & 255))) for i in range(300)]
    data = answer(*many)
    assert len(data) > OPENING
    (message,), _ = read([down(data)], segment=1 << 16, proto=17, server_port=53)
    assert len(message.details.answers) == 300
    assert (message.complete, message.body_size) == (True, len(data))


def test_tcp():
    framed = [len(m).to_bytes(2, "big") + m for m in (query(), query("b.example"), answer(A))]
    events = [up(framed[0] + framed[1]), down(framed[2])]
    messages, summary = read(events, server_port=53)
    assert [m.host for m in messages] == ["oss.example.com", "b.example", "oss.example.com"]
    assert messages[2].request is messages[0]
    assert messages[1].end == len(framed[0] + framed[1])
    cut, cut_summary = read(events, server_port=53, cuts=range(300), batch=1)
    assert essence(cut) == essence(messages)
    assert cut_summary == summary
    lost, _ = read([up(framed[0]), up(5), up(framed[1])], server_port=53)
    assert len(lost) == 1


@pytest.mark.parametrize("tail", [b"\xc0\x0c", b"\xc0\x0e\xc0\x0c", b"\x3fab", b"\x80", b"\xc0"])
def test_hostile_names(tail):
    with pytest.raises(dns.MalformedError):
        dns.name_at(bytes(12) + tail, 12)


def test_long_chains_of_pointers_end():
    data = b"\0" + b"".join(struct.pack(">H", 0xC000 | max(2 * i - 1, 0)) for i in range(200))
    with pytest.raises(dns.MalformedError):
        dns.name_at(data, 399)
    assert dns.name_at(data, 1 + 2 * 20) == ("", 43)


def test_truncated_answer_is_told():
    message = dns.parse(answer(A, A)[:-6])
    assert not message.complete
    assert len(message.details.answers) == 1


@pytest.mark.parametrize("data", [b"", b"\0" * 12, b"\xff" * 40, b"GET / HTTP/1.1\r\n\r\n", query()[:-3]])
def test_not_dns(data):
    assert dns.recognise_udp(Opening(data, b"", 1, 53, midstream=False)) is Verdict.NO


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damage_is_survived(data):
    good = bytearray(answer(CNAME, A, TXT, SRV))
    for _ in range(data.draw(st.integers(1, 5))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    read(
        [up(query()), down(bytes(good)), up(bytes(good[: data.draw(st.integers(0, len(good)))]))],
        proto=17,
        server_port=53,
    )


def test_types_without_a_name_are_asked_for_at_the_port_of_dns():
    """Tunnels through DNS ask for such types; elsewhere they make a message look less like one."""
    at = lambda port: Opening(query(kind=10), b"", 40000, port, midstream=False)  # noqa: E731
    assert dns.recognise_udp(at(53)) is Verdict.YES
    assert dns.recognise_udp(at(9999)) is Verdict.NO


def test_what_asks_nothing_is_none():
    """Announcements of a gateway (RFC 6887: PCP) look like a header without a question and a record of zeros."""
    announced = bytes.fromhex("0280000000000000000000210000000000000000000000000000000000000000")
    assert dns.recognise_udp(Opening(announced, b"", 5351, 5350, midstream=False)) is Verdict.NO
    answered = struct.pack(">6H", 0x7A01, 0x8000, 0, 1, 0, 0) + record(390, b"", owner=b"\0")  # so begin replies of RPC
    assert dns.recognise_udp(Opening(b"", answered, 47693, 20048, midstream=False)) is Verdict.NO
    known = struct.pack(">6H", 0, 0, 0, 1, 0, 0) + record(12, name("a.local"), owner=name("_x._tcp.local"))
    assert dns.recognise_udp(Opening(known, b"", 5353, 5353, midstream=False)) is Verdict.YES
