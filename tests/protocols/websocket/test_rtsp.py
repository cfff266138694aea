"""RTSP within WebSocket: however its bytes are put into messages; byte by byte, with gaps, in HTTP/2 too."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.message import Message
from netaudit.protocols.reader import Opening
from netaudit.protocols.websocket.reader import WebSocketReader
from tests.protocols.carrier import check_cuts, check_gaps, check_noise, noise
from tests.protocols.rtp.test_reader import encoded, media, scan_of
from tests.protocols.rtsp.test_reader import INTERLEAVED, PICTURE, SDP
from tests.protocols.websocket.test_reader import ASK, ws
from tests.reference.messages import down, read, up

AGREED = (
    b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Protocol: rtsp.onvif.org\r\n\r\n"
)


def framed(events=INTERLEAVED, cuts=()):
    """The same dialogue in messages, cut anywhere."""
    out = []
    for way, what in events:
        places = sorted({0, len(what), *(at for at in cuts if at < len(what))})
        for first, last in itertools.pairwise(places):
            out.append((way, ws(2, what[first:last], mask=not way)))
    return out


def talk(cuts=()):
    return [up(ASK), down(AGREED), *framed(cuts=cuts)]


def check_all_there(messages):
    first, second = media(m for m in messages if m.protocol == "rtp")
    assert (scan_of(first.body), scan_of(second.body)) == (scan_of(PICTURE), scan_of(encoded(8)))
    assert first.complete
    assert second.complete
    assert [m.body for m in messages if m.protocol == "rtsp" and m.body] == [SDP]
    assert [m.method for m in messages if m.protocol == "rtsp" and not m.status] == [
        "OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN",
    ]  # fmt: skip
    assert not [m for m in messages if m.protocol == "websocket"]


def test_whole_and_byte_by_byte():
    messages, summary = check_cuts(talk(cuts=(40, 333, 700)))
    assert summary.protocol == "rtsp"
    check_all_there(messages)


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(1, 3000), max_size=12))
def test_messages_may_end_anywhere(cuts):
    check_all_there(read(talk(cuts))[0])


def test_losses():
    bodies = {m.body for m in read(talk())[0]} | {what for _, what in INTERLEAVED}  # where nothing tells what they are
    check_gaps(talk(), bodies, step=97)
    check_gaps(talk(), bodies, length=200, step=301)


def test_what_is_no_rtsp_stays_what_it_is():
    """Whatever was agreed on, pictures that are sent must not be passed over."""
    messages, _ = check_cuts([up(ASK), down(AGREED), up(ws(2, PICTURE)), down(ws(2, PICTURE, mask=False))])
    assert [(m.protocol, m.body) for m in messages if m.body] == [("websocket", PICTURE)] * 2


def begun():
    """A reader of a connection that agreed on RTSP."""
    reader = WebSocketReader()
    answer = Message("http", 1, 0, 0, status=101, headers=[("sec-websocket-protocol", "rtsp.onvif.org")])
    reader.begin(Opening(b"", b"", 0, 0, midstream=False, upgrade="websocket", via=answer))
    return reader


PLAIN = [what for _, what in INTERLEAVED]


@settings(max_examples=60, deadline=None)
@given(
    noise(
        st.integers(1, 90),
        st.binary(max_size=60).map(lambda data: ws(2, data)),
        st.sampled_from(PLAIN).map(lambda data: ws(2, data)),
        st.binary(min_size=1, max_size=20),
        most=12,
    )
)
def test_any_bytes(chunks):
    check_noise(begun, chunks)
