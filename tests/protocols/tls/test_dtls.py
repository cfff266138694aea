"""DTLS: hellos and certificates out of fragments, whatever else runs over the same ports."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.tls import dtls
from tests.protocols.tls.test_fingerprints import alpn, hello, name
from tests.protocols.tls.test_tls import certificate
from tests.reference.messages import down, essence, read, up

UDP = {"proto": 17, "handshake": 0, "server_port": 5246, "segment": 65536}
HELLO = hello(legacy=0xFEFD, cookie=b"", extensions=(name(b"meet.example"), alpn(b"webrtc"), (21, bytes(300))))
COOKIE = hello(legacy=0xFEFD, cookie=b"c" * 20, extensions=(name(b"meet.example"), alpn(b"webrtc"), (21, bytes(300))))
ANSWER = b"\x02\0\0\x26\xfe\xfd" + bytes(33) + b"\xc0\x2b\0"
CERTIFICATE = certificate()[5:]
SHORTEST = bytes(8)


def record(data, *, kind=22, epoch=0, version=b"\xfe\xfd"):
    return bytes([kind]) + version + epoch.to_bytes(2, "big") + bytes(6) + len(data).to_bytes(2, "big") + data


def fragment(message, number, first=0, last=None):
    """Bytes [first, last) of a handshake message's body as a fragment."""
    body = message[4:]
    part = body[first:last]
    return message[:4] + number.to_bytes(2, "big") + first.to_bytes(3, "big") + len(part).to_bytes(3, "big") + part


def whole(message, number, **more):
    return record(fragment(message, number), **more)


ENCRYPTED = record(bytes(40), epoch=1)


def test_a_handshake():
    events = [
        up(whole(HELLO, 0, version=b"\xfe\xff")),
        down(whole(b"\x03\0\0\x17\xfe\xff\x14" + bytes(20), 0)),
        up(whole(COOKIE, 1)),
        down(whole(ANSWER, 1) + record(fragment(CERTIFICATE, 2, 0, 200))),
        down(record(fragment(CERTIFICATE, 2, 200)) + whole(b"\x0e\0\0\0", 3)),
        up(whole(b"\x10\0\0\1a", 2) + record(b"\1", kind=20) + ENCRYPTED),
        down(ENCRYPTED),
    ]
    messages, summary = read(events, **UDP)
    assert [m.method for m in messages] == ["client_hello", "client_hello", "server_hello", "certificate"]
    assert messages[0].host == "meet.example"
    assert messages[0].details.ja4 == messages[1].details.ja4
    assert messages[0].details.ja4.startswith("dd2d0103wc_")
    assert messages[2].details.version == 0xFEFD
    assert messages[3].details.names == ["camera.example", "alt.example"]
    assert messages[3].request is messages[1]
    assert (summary.protocol, summary.server_name, summary.to_ignore) == ("dtls", "meet.example", True)
    assert essence(read(events, batch=1, **UDP)[0]) == essence(messages)


@settings(deadline=None)
@given(st.lists(st.integers(1, len(HELLO) - 5), max_size=12), st.randoms(use_true_random=False))
def test_any_split_and_order_of_fragments(cuts, chance):
    edges = [0, *sorted(set(cuts)), len(HELLO) - 4]
    parts = [record(fragment(HELLO, 0, a, b)) for a, b in itertools.pairwise(edges)]
    parts += chance.sample(parts, len(parts) // 3)
    chance.shuffle(parts)
    messages, _ = read([up(part) for part in parts], **UDP)
    assert [m.host for m in messages] == ["meet.example"]


def test_hellos_sent_again_count_once():
    assert len(read([up(whole(HELLO, 0))] * 3, **UDP)[0]) == 1
    assert len(read([up(whole(HELLO, 0)), up(whole(COOKIE, 1)), up(whole(COOKIE, 1))], **UDP)[0]) == 2


def test_a_new_connection_with_the_same_numbers():
    first = up(record(fragment(HELLO, 0, 0, 100)))
    messages, _ = read([first, up(whole(COOKIE, 0))], **UDP)
    assert [m.details.hello for m in messages] == [COOKIE]


def test_behind_stun_and_between_media():
    binding = b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12)
    media = b"\x80\x60" + bytes(40)
    half = len(HELLO) // 2
    events = [
        up(binding), down(binding), up(record(fragment(HELLO, 0, 0, half))), down(binding), up(media),
        up(record(fragment(HELLO, 0, half))),
    ]  # fmt: skip
    messages, summary = read(events, **UDP)
    assert [m.host for m in messages] == ["meet.example"]
    assert summary.protocol == "dtls"


def test_behind_the_preamble_of_access_points():
    assert [m.host for m in read([up(b"\1\0\0\0" + whole(HELLO, 0))], **UDP)[0]] == ["meet.example"]


def test_the_client_on_the_other_side():
    messages, summary = read([down(whole(HELLO, 0)), up(whole(ANSWER, 0))], **UDP)
    assert summary.swapped
    assert [(m.method, m.direction) for m in messages] == [("client_hello", 0), ("server_hello", 1)]
    messages, summary = read([up(whole(ANSWER, 0))], **UDP)
    assert (summary.swapped, messages[0].method) == (True, "server_hello")


def test_it_gives_up():
    events = [up(whole(HELLO, 0)), *[up(b"\x80\x60" + bytes(40))] * 70]
    assert read(events, **UDP)[1].to_ignore


@pytest.mark.parametrize(
    "data",
    [b"\x16", b"\x16\xfe\xfd", record(HELLO)[:-1], b"\x16\x03\x03" + bytes(30), b"\x1b" + record(HELLO)[1:], bytes(60)],
)
def test_not_dtls(data):
    assert dtls.recognise(Opening(data, b"", 1, 2, midstream=False)) is Verdict.NO


def test_hostile_fragments_never_fail():
    chance = random.Random(2)
    good = whole(HELLO, 0)
    for _ in range(3000):
        bad = bytearray(good[:60])
        bad[chance.randrange(13, 30)] = chance.choice((0, 1, 0x7F, 0xFF))
        read([up(record(bytes(bad[13:]))), up(bytes(bad))], **UDP)
    flood = [up(record(fragment(HELLO, number, 0, 50))) for number in range(100)]
    messages, summary = read([*flood, up(whole(HELLO, 200))], **UDP)
    assert messages == []
    assert summary.to_ignore
