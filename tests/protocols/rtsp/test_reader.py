"""RTSP: the dialogue, media in the same connection and beside it; whole, byte by byte, with gaps, and any bytes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols import expected
from netaudit.protocols.from_streams import Conversations
from tests.protocols.carrier import check_cuts, check_gaps
from tests.protocols.examples import brief
from tests.protocols.rtp.test_reader import encoded, flow, fragments, media, scan_of
from tests.reference.messages import down, essence, read, up

URL = "rtsp://cam:pw@10.0.0.9:554/Streaming/Channels/101"
SDP = b"v=0\r\ns=cam\r\nm=video 0 RTP/AVP 26\r\na=control:trackID=1\r\n"


def ask(method, number, url=URL, *lines, body=b""):
    text = "\r\n".join([f"{method} {url} RTSP/1.0", f"CSeq: {number}", *lines])
    return up(text.encode() + b"\r\n\r\n" + body)


def answer(number, *lines, body=b"", status="200 OK"):
    text = "\r\n".join([f"RTSP/1.0 {status}", f"CSeq: {number}", "Server: Hikvision", *lines])
    return down(text.encode() + b"\r\n\r\n" + body)


def dialogue(asked, agreed):
    return [
        ask("OPTIONS", 1), answer(1, "Public: DESCRIBE, SETUP, PLAY"),
        ask("DESCRIBE", 2), answer(2, "Content-Type: application/sdp", f"Content-Length: {len(SDP)}", body=SDP),
        ask("SETUP", 3, URL + "/trackID=1", f"Transport: {asked}"), answer(3, f"Transport: {agreed}"),
        ask("PLAY", 4), answer(4),
    ]  # fmt: skip


def framed(packets, channel=0):
    return b"".join(b"$" + bytes((channel,)) + len(data).to_bytes(2, "big") + data for data in packets)


PICTURE = encoded(7)
PACKETS = fragments(PICTURE, step=120)
TCP = dialogue("RTP/AVP/TCP;unicast;interleaved=0-1", "RTP/AVP/TCP;unicast;interleaved=0-1")
INTERLEAVED = [
    *TCP,
    down(framed(PACKETS)),
    down(framed(fragments(encoded(8), first=len(PACKETS), stamp=90, step=120))),
    ask("TEARDOWN", 5),
    answer(5),
]


def test_dialogue_and_media():
    messages, summary = check_cuts(INTERLEAVED)
    assert summary.protocol == "rtsp"
    talk = [m for m in messages if m.protocol == "rtsp"]
    assert [(m.method, m.status) for m in talk] == [
        (m, s) for m in ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN") for s in (0, 200)
    ]
    assert talk[3].body == SDP
    assert talk[1].host == "10.0.0.9:554"
    assert talk[1].request.message_id == talk[0].message_id
    first, second = media(m for m in messages if m.protocol == "rtp")
    assert first.complete
    assert second.complete
    assert scan_of(first.body) == scan_of(PICTURE)
    assert (first.direction, first.path) == (1, "/Streaming/Channels/101/trackID=1")


def test_with_gaps():
    bodies = {m.body for m in read(INTERLEAVED)[0]}
    check_gaps(INTERLEAVED, bodies, step=7)
    check_gaps(INTERLEAVED, bodies, length=200, step=61)


def test_the_way_is_found_again():
    events = [
        *TCP,
        down(framed(PACKETS[:2])),
        down(5),
        down(b"rest of it, and" + framed(fragments(encoded(8), stamp=90, step=120))),
    ]
    messages, _ = read(events)
    assert [m.complete for m in media(m for m in messages if m.protocol == "rtp")] == [False, True]


def test_media_beside_the_connection(monkeypatch):
    monkeypatch.setattr(expected, "PATIENCE", 1 << 62)  # the flows of these tests share their times
    conversations = Conversations()
    read(
        dialogue(
            "RTP/AVP;unicast;client_port=40000-40001", "RTP/AVP;unicast;client_port=40000-40001;server_port=80-81"
        ),
        conversations=conversations,
        serial=1,
        client_port=51000,
        server_port=554,
    )
    messages, summary = read([down(data) for data in PACKETS[:3]], proto=17, serial=2, conversations=conversations)
    assert summary.protocol == "rtp"  # too few packets to be believed without the announcement
    (picture,) = media(messages)
    assert not picture.complete
    assert picture.path == "/Streaming/Channels/101/trackID=1"


def test_capture_begins_behind_the_set_up():
    messages, summary = read([ask("GET_PARAMETER", 9), answer(9), down(framed(PACKETS))], handshake=0)
    assert summary.protocol == "rtsp"
    assert [m.complete for m in media(messages)] == [True]


def test_direction_is_told_by_content():
    swapped = [(1 - direction, what) for direction, what in TCP]
    messages, summary = read(swapped, handshake=0)
    assert summary.swapped
    assert brief(messages) == brief(read(TCP)[0])


def test_http_is_not_taken():
    _, summary = read(
        [up(b"OPTIONS /x HTTP/1.1\r\nHost: h\r\n\r\n"), down(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    )
    assert summary.protocol == "http"
    assert flow([b"a"]) == [up(b"a")]


@given(st.binary(max_size=200), st.lists(st.integers(0, 900), max_size=5))
@settings(max_examples=60, deadline=None)
def test_any_bytes_any_split(noise, cuts):
    events = [*TCP[:2], down(noise), *TCP[2:6], up(noise + b"$"), down(framed(PACKETS[:2]) + noise)]
    whole, _ = read(events)
    assert essence(read(events, cuts=cuts, batch=1)[0]) == essence(whole)
