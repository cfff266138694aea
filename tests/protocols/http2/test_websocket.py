"""WebSocket within a stream of HTTP/2: whole, byte by byte, with every byte lost, refused, compressed, any bytes."""

from __future__ import annotations

import zlib

import pytest
from hpack import Encoder
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.http2 import reader as http2
from netaudit.protocols.http2 import websocket as http2_websocket
from netaudit.protocols.http2.frames import PREFACE
from tests.protocols.carrier import check_cuts, check_gaps, check_noise, noise
from tests.protocols.http2.examples import BODY, SETTINGS, frame, response
from tests.protocols.websocket.test_reader import ws
from tests.reference.messages import down, read, up


def asked(encoder, stream, path="/device/events", protocol="websocket"):
    fields = [
        (":method", "CONNECT"),
        (":protocol", protocol),
        (":scheme", "http"),
        (":path", path),
        (":authority", "h"),
    ]
    return frame(1, 4, stream, encoder.encode(fields))


def data(stream, payload, flags=0):
    return frame(0, flags, stream, payload)


def talk(extra=(), status=200, *, packed=False):
    """Two pictures up, one of them in two frames of WebSocket and three of HTTP/2, beside an ordinary exchange."""
    e, d = Encoder(), Encoder()
    first = ws(2, _deflated(BODY), packed=True) if packed else ws(2, BODY)
    second = ws(2, BODY[:100], last=False) + ws(0, BODY[100:])
    tunnel = asked(e, 1)
    plain = frame(1, 4, 3, e.encode([(":method", "POST"), (":scheme", "http"), (":authority", "h"), (":path", "/p")]))
    return [
        up(PREFACE + SETTINGS),
        down(SETTINGS),
        up(tunnel + plain),
        down(response(d, 1, status, extra=extra)),
        up(data(1, first[:200]) + data(3, BODY[:10], 1) + data(1, first[200:])),
        down(data(1, ws(1, b"stored", mask=False)) + response(d, 3, 204, flags=5)),
        up(data(1, second[:50]) + data(1, second[50:150]) + data(1, second[150:], 1)),
        down(data(1, ws(2, BODY[::-1], mask=False), 1)),
    ]


def _deflated(body):
    maker = zlib.compressobj(wbits=-15)
    return (maker.compress(body) + maker.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inside(messages):
    return [m for m in messages if m.protocol == "websocket"]


def test_whole_and_byte_by_byte():
    messages, summary = check_cuts(talk())
    assert summary.protocol == "http2"
    found = inside(messages)
    assert [(m.direction, m.body) for m in found] == [(0, BODY), (1, b"stored"), (0, BODY), (1, BODY[::-1])]
    assert all(m.complete and (m.host, m.path) == ("h", "/device/events") for m in found)
    plain = [m for m in messages if m.path == "/p"]
    assert [(m.method, m.status, m.body) for m in plain] == [("POST", 0, BODY[:10]), ("POST", 204, b"")]
    heads = [m for m in messages if m.method == "CONNECT"]
    assert [(m.status, m.complete, m.body) for m in heads] == [(0, True, b""), (200, True, b"")]


def test_places_are_those_of_the_connection():
    events = talk()
    stream = [b"".join(what for way, what in events if way == side) for side in (0, 1)]
    messages, _ = read(events)
    (last,) = [m for m in inside(messages) if m.body == BODY[::-1]]
    assert stream[1][last.body_start : last.body_start + len(BODY)] == BODY[::-1]
    for message in inside(messages):
        assert 0 <= message.start < message.end <= len(stream[message.direction])
    first, second = [m for m in inside(messages) if not m.direction]
    assert stream[0][first.start : first.start + 2] == ws(2, BODY)[:2]
    assert first.end <= second.start
    assert second.end == len(stream[0])


def test_compressed_as_the_answer_says():
    messages, _ = check_cuts(talk([("sec-websocket-extensions", "permessage-deflate")], packed=True))
    assert [m.body for m in inside(messages) if not m.direction] == [BODY, BODY]


def test_what_is_sent_before_the_answer_waits_for_it():
    events = talk([("sec-websocket-extensions", "permessage-deflate")], packed=True)
    events[3], events[4] = events[4], events[3]
    assert [m.body for m in inside(read(events)[0]) if not m.direction] == [BODY, BODY]


def test_refused():
    messages, _ = check_cuts(talk(status=403)[:4])
    assert [m.status for m in messages if m.path == "/device/events"] == [0, 403]
    assert not inside(messages)


def test_what_waited_for_a_refusal_is_not_counted_any_more():
    events = talk(status=403)
    reader = http2.Http2Reader()
    for way, what in (*events[:3], events[4], events[3]):
        reader.feed(way, 0, what)
    assert not any(exchange.tunnel for exchange in reader.streams.values())
    assert reader.kept == sum(half.kept for exchange in reader.streams.values() for half in exchange.halves if half)


def test_another_protocol_is_a_body():
    e, d = Encoder(), Encoder()
    events = [
        up(PREFACE + SETTINGS + asked(e, 1, protocol="masque")),
        down(SETTINGS + response(d, 1)),
        up(data(1, BODY, 1)),
    ]
    assert not inside(read(events)[0])


@pytest.mark.parametrize("length", [1, 120])
def test_losses_are_never_unnoticed(length):
    raw = (  # where the head of CONNECT is lost, what is in the stream is a body like any other
        ws(2, BODY) + ws(2, BODY[:100], last=False) + ws(0, BODY[100:]),
        ws(1, b"stored", mask=False) + ws(2, BODY[::-1], mask=False),
    )
    bodies = (BODY, b"stored", BODY[::-1], BODY[:10], *raw)
    check_gaps(talk(), bodies, length=length, step=41)


def test_a_gap_inside_a_frame_is_exact():
    events = talk()
    way, what = events[7]
    events[7:] = [(way, what[:100]), (way, 30), (way, what[130:])]
    (last,) = [m for m in inside(read(events)[0]) if m.direction and m.body != b"stored"]
    at = 100 - 9 - 4
    assert (last.missing, last.complete, last.body_size) == ([(at, at + 30)], False, len(BODY))


def test_streams_are_bounded():
    e = Encoder()
    many = [up(PREFACE + SETTINGS)] + [up(asked(e, 2 * i + 1)) for i in range(http2_websocket.MOST + 5)]
    many += [up(data(2 * i + 1, ws(2, BODY)[:-1])) for i in range(http2_websocket.MOST + 5)]
    messages, _ = read(many)
    assert not [m for m in messages if m.complete and m.body]
    assert len([m for m in messages if m.body]) == http2_websocket.MOST + 5


def test_a_connection_that_is_left_leaves_its_tunnels():
    """What refers back inside them would stay for the collector."""
    reader = http2.Http2Reader()
    for way, what in talk()[:5]:
        reader.feed(way, 0, what)
    (tunnel,) = reader._tunnels
    reader.let_go()
    assert not any(vars(side) for side in tunnel.reader.sides)


def test_what_waits_for_the_answer_is_bounded():
    tunnel = http2_websocket.Tunnel()
    tunnel.data(0, b"\x82", 10)
    for _ in range(5000):
        tunnel.lost_way(0)
    assert len(tunnel.waiting) == 2


def test_a_message_of_the_smallest_frames_is_bounded():
    tunnel = http2_websocket.Tunnel()
    tunnel.answered(None)
    at = 0
    for part in [ws(2, b"ab", last=False), *[ws(0, b"cd", last=False)] * 9000, ws(0, b"ef")]:
        tunnel.data(0, part, at := at + 9)
        at += len(part)
    (message,) = tunnel.out
    assert message.body == b"ab" + b"cd" * 9000 + b"ef"
    assert (message.start, message.end, message.body_start) == (9, at, -1)
    assert len(tunnel.places[0]) <= 4096


@settings(max_examples=30, deadline=None)
@given(noise(st.integers(1, 50), st.binary(min_size=1, max_size=60), most=12))
def test_any_bytes(chunks):
    e, d = Encoder(), Encoder()
    begun = [(0, PREFACE + SETTINGS + asked(e, 1)), (1, SETTINGS + response(d, 1))]
    wrapped = [(way, what if isinstance(what, int) else data(1, what)) for way, what in chunks]
    check_noise(http2.Http2Reader, begun + wrapped)
