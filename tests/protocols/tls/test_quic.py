"""QUIC: hellos out of Initials, whatever a client does with its frames, packets and connection ids."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.tls import quic
from netaudit.protocols.tls.quic_packets import Kind, full_number, initial_keys, opened, packets, varint
from tests.images.pictures import sample
from tests.protocols.tls import initials
from tests.protocols.tls.initials import crypto, initial, other
from tests.protocols.tls.test_tls import client_hello
from tests.reference.messages import down, essence, read, up

HELLO = client_hello("quic.example", ("h3",))[5:]
UDP = {"proto": 17, "handshake": 0, "segment": 65536}


def said(messages):
    return [(m.method, m.host, m.direction, m.details.alpn) for m in messages]


ONE = [("client_hello", "quic.example", 0, ["h3"])]


def test_keys_are_those_of_the_standards():
    """RFC 9001, A.1; RFC 9369, A.1."""
    sample = bytes.fromhex("8394c8f03e515708")
    first = initial_keys(1, sample)
    assert first.key.hex() == "1f369613dd76d5467730efcbe3b1a22d"
    assert first.iv.hex() == "fa044b2f42a3fd3b46fb255c"
    assert first.header.hex() == "9f50449e04a0e810283a1e9933adedd2"
    assert initial_keys(1, sample, "server").key.hex() == "cf3a5331653c364c88f0f379b6067e37"
    second = initial_keys(0x6B3343CF, sample)
    assert second.key.hex() == "8b1a0bc121284290a29e0971b5cd045d"
    assert second.header.hex() == "45b95e15235d6f45a6b19cbcb0294ba9"


@pytest.mark.parametrize("version", initials.SALTS)
def test_versions(version):
    messages, summary = read([up(initial(crypto(0, HELLO), version=version, size=1162))], **UDP)
    assert said(messages) == ONE
    assert messages[0].details.ja4.startswith("q13d")
    assert messages[0].details.quic_version == version
    assert messages[0].details.hello == HELLO
    assert (summary.protocol, summary.server_name) == ("quic", "quic.example")


@settings(deadline=None)
@given(st.lists(st.integers(1, len(HELLO) - 1), max_size=24), st.randoms(use_true_random=False), st.integers(1, 6))
def test_any_split_and_order_of_crypto_frames(cuts, chance, packets_wanted):
    edges = [0, *sorted(set(cuts)), len(HELLO)]
    frames = [crypto(a, HELLO[a:b]) for a, b in itertools.pairwise(edges)]
    frames += chance.sample(frames, len(frames) // 3)  # some come twice
    chance.shuffle(frames)
    share = -(-len(frames) // packets_wanted)
    groups = [frames[i : i + share] for i in range(0, len(frames), share)]
    bodies = [b"\x01".join([b"\0" * chance.randrange(4), *group]) for group in groups]
    events = [up(initial(body, number=i, size=100)) for i, body in enumerate(bodies)]
    messages, _ = read(events, **UDP)
    assert said(messages) == ONE
    assert messages[0].details.hello == HELLO
    assert essence(read(events, batch=1, **UDP)[0]) == essence(messages)


def test_overlapping_frames():
    frames = crypto(100, HELLO[100:200]) + crypto(50, HELLO[50:150]) + crypto(0, HELLO[:60]) + crypto(150, HELLO[150:])
    assert said(read([up(initial(frames))], **UDP)[0]) == ONE


def test_a_missing_frame_gives_nothing():
    messages, summary = read([up(initial(crypto(0, HELLO[:50]) + crypto(51, HELLO[51:])))], **UDP)
    assert messages == []
    assert summary.protocol == "quic"


def test_retry_brings_new_keys():
    half = len(HELLO) // 2
    events = [
        up(initial(crypto(0, HELLO[:half]), size=1162)),
        down(other(initials.RETRY, destination=b"me", source=b"again")),
        up(initial(crypto(half, HELLO[half:]), destination=b"again", token=b"token", number=1)),
        up(initial(crypto(0, HELLO[:half]), destination=b"again", token=b"token", number=2)),
    ]
    assert said(read(events, **UDP)[0]) == ONE


def test_the_servers_id_does_not_change_the_keys():
    events = [
        up(initial(crypto(0, HELLO[:90]))),
        down(initial(b"\x02\0\0\0\0", destination=b"me", source=b"srv", key_id=b"12345678", sender=b"server")),
        up(initial(b"\x02\0\0\0\0" + crypto(90, HELLO[90:]), destination=b"srv", key_id=b"12345678", number=1)),
    ]
    assert said(read(events, **UDP)[0]) == ONE


def test_coalesced_packets():
    early = other(initials.ZERO_RTT)
    events = [
        up(initial(crypto(0, HELLO[:90])) + early),
        up(early),
        up(initial(crypto(90, HELLO[90:]), number=1) + bytes(9)),
    ]
    assert said(read(events, **UDP)[0]) == ONE
    events = [up(early), up(early + initial(crypto(0, HELLO)))]
    assert said(read(events, **UDP)[0]) == ONE


def test_a_second_hello_after_a_retry_request():
    again = client_hello("quic.example", ("h3", "hq"))[5:]
    events = [
        up(initial(crypto(0, HELLO))),
        down(initial(b"\x01", destination=b"me", source=b"srv", key_id=b"12345678", sender=b"server")),
        up(initial(crypto(len(HELLO), again), destination=b"srv", key_id=b"12345678", number=1)),
        up(other(initials.HANDSHAKE, destination=b"srv")),
        up(initials.SHORT),
    ]
    messages, summary = read(events, **UDP)
    assert [m.details.alpn for m in messages] == [["h3"], ["h3", "hq"]]
    assert summary.to_ignore
    assert (messages[0].end, messages[1].start) == (len(events[0][1]), len(events[0][1]))


def test_it_wants_nothing_after_the_handshake():
    events = [up(initial(crypto(0, HELLO))), down(other(initials.HANDSHAKE, destination=b"me")), up(initials.SHORT)]
    assert not read(events[:2], **UDP)[1].to_ignore
    assert read(events, **UDP)[1].to_ignore


def test_what_it_cannot_open_is_searched_for_images():
    """Bytes that only look like QUIC hide nothing."""
    lost = initial(crypto(0, HELLO), key_id=b"another")
    picture = sample(1, 32, 24)
    fake = lost[:100] + picture.ljust(len(lost) - 100, b"\1")
    assert len(fake) == len(lost)
    events = [up(fake), *[up(lost)] * 140, up(fake), up(initials.SHORT + picture)]
    messages, summary = read(events, **UDP)
    assert [m.body for m in messages] == [picture] * 3
    assert (summary.protocol, summary.to_ignore) == ("quic", False)
    assert essence(read(events, batch=7, **UDP)[0]) == essence(messages)


def test_it_gives_up_where_nothing_new_comes():
    opened_once = [up(initial(crypto(0, HELLO[:50]))), *[up(initial(b"\1", number=1))] * 70]
    assert read(opened_once, **UDP)[1].to_ignore


def test_clients_on_one_pair_of_ports_are_told_apart():
    second = client_hello("other.example", ("h3",))[5:]
    events = [
        up(initial(crypto(0, HELLO[:90]))),
        up(initial(crypto(0, second[:90]), destination=b"87654321", source=b"you")),
        up(initial(crypto(90, HELLO[90:]), number=1)),
        up(initial(crypto(90, second[90:]), destination=b"87654321", source=b"you", number=1)),
    ]
    assert [m.host for m in read(events, **UDP)[0]] == ["quic.example", "other.example"]


def test_a_client_on_the_other_side():
    events = [
        up(other(initials.RETRY, source=b"again", destination=b"me")),
        down(initial(crypto(0, HELLO), destination=b"again")),
    ]
    assert said(read(events, **UDP)[0]) == [("client_hello", "quic.example", 1, ["h3"])]


@pytest.mark.parametrize(
    "data",
    [b"", b"\xc0", b"\xc0\0\0\0\1", b"\xc0\0\0\0\1\xff" + bytes(300), b"\xc0\0\0\0\2\0\0\0\x10" + bytes(30), initials.SHORT,
     initial(crypto(0, HELLO))[:-1], bytes(1200), b"\x80" + bytes(1199)],
)  # fmt: skip
def test_not_quic(data):
    verdict = quic.recognise(Opening(data, b"", 50000, 443, midstream=False))
    assert verdict is (Verdict.NO if data else Verdict.MORE)


def test_an_unknown_version_that_asks_for_negotiation():
    greased = b"\xc0\x1a\x2a\x3a\x4a" + bytes(1195)
    messages, summary = read([up(greased), up(initial(crypto(0, HELLO)))], **UDP)
    assert said(messages) == ONE
    assert summary.protocol == "quic"


def test_damaged_datagrams_never_fail():
    whole = initial(crypto(0, HELLO))
    chance = random.Random(1)
    for at in range(len(whole)):
        broken = whole[:at] + bytes([chance.randrange(256)]) + whole[at + 1 :]
        read([up(broken), up(whole[:at] or b"\xc0")], **UDP)


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_hostile_frames_never_fail(frames):
    read([up(initial(frames)), up(initial(b"\x06" + frames, number=1))], **UDP)


@settings(deadline=None)
@given(st.integers(0, (1 << 62) - 1), st.sampled_from([8, 16, 24, 32]), st.integers(-100, 100))
def test_packet_numbers_come_back(number, bits, off):
    """RFC 9000, A.3: numbers near to the expected one are told by their lower bits."""
    largest = number - 1 - off
    if -1 <= largest < 1 << 62:
        assert full_number(number & ((1 << bits) - 1), bits, largest) == number


def test_long_packet_numbers():
    for number in (0, 127, 128, 300, 70000):
        datagram = initial(crypto(0, HELLO), number=number, number_size=4)
        packet = next(packets(datagram))
        found = opened(datagram, packet, initial_keys(1, b"12345678"), number - 1)
        assert packet.kind is Kind.INITIAL
        assert found is not None
        assert found[0] == number


@pytest.mark.parametrize(
    ("data", "value"), [(b"\x25", 37), (b"\x40\x25", 37), (b"\x7b\xbd", 15293), (b"\x9d\x7f\x3e\x7d", 494878333)]
)
def test_varints(data, value):
    """RFC 9000, A.1."""
    assert varint(data, 0) == (value, len(data))
    with pytest.raises(IndexError):
        varint(data[:-1], 0)
