"""RTSP tunnelled in HTTP: the answering GET and the asking POST; whole, byte by byte, with gaps, and any bytes."""

from __future__ import annotations

import base64

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.rtsp import http as rtsp_http
from netaudit.protocols.rtsp.reader import RtspReader
from tests.protocols.carrier import check_cuts, check_gaps, check_noise, noise
from tests.protocols.rtp.test_reader import encoded, fragments, media, scan_of
from tests.protocols.rtsp.test_reader import PICTURE, SDP, TCP, ask, framed
from tests.reference.messages import down, read, up

COOKIE = b"x-sessioncookie: 164f060c5f12d36a\r\n"
GET = b"GET /cam/live HTTP/1.0\r\nHost: 10.0.0.9:80\r\n" + COOKIE + b"Accept: application/x-rtsp-tunnelled\r\n\r\n"
AGREED = b"HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\nCache-Control: no-store\r\n\r\n"
POST = (
    b"POST /cam/live HTTP/1.0\r\nHost: 10.0.0.9:80\r\n" + COOKIE + b"Content-Type: application/x-rtsp-tunnelled\r\n"
    b"Content-Length: 32767\r\n\r\n"
)
ANSWERS = [event for event in TCP if event[0]]
PACKETS = [*fragments(PICTURE, step=120), *fragments(encoded(8), first=50, stamp=90, step=120)]
VIEWED = [up(GET), down(AGREED), *ANSWERS, down(framed(PACKETS[:3])), down(framed(PACKETS[3:]))]
ASKED = [what for way, what in [*TCP, ask("TEARDOWN", 5)] if not way]
POSTED = [up(POST), *(up(base64.b64encode(one)) for one in ASKED)]
METHODS = ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]


def test_pictures_come_out_of_the_answer_alone():
    messages, summary = check_cuts(VIEWED)
    assert summary.protocol == "rtsp"
    first, second = media(m for m in messages if m.protocol == "rtp")
    assert first.complete
    assert second.complete
    assert (scan_of(first.body), scan_of(second.body)) == (scan_of(PICTURE), scan_of(encoded(8)))
    assert (first.direction, first.host, first.path) == (1, "10.0.0.9:80", "/cam/live")
    assert [m.body for m in messages if m.body and m.protocol == "rtsp"] == [SDP]


def test_the_track_is_known_by_its_payload_type():
    two = b"v=0\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 OPUS/48000\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 JPEG/90000\r\n"
    told = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n" % len(two) + two
    packets = [data[:1] + bytes((data[1] & 0x80 | 96,)) + data[2:] for data in PACKETS]
    events = [up(GET), down(AGREED + told), *ANSWERS[2:], down(framed(packets))]
    assert len(media(m for m in read(events)[0] if m.protocol == "rtp")) == 2


def test_commands_come_out_of_the_base64():
    messages, summary = check_cuts(POSTED)
    assert summary.protocol == "rtsp"
    said = [m for m in messages if m.protocol == "rtsp"]
    assert [m.method for m in said] == METHODS
    assert said[2].path == "/Streaming/Channels/101/trackID=1"
    stream = b"".join(what for _, what in POSTED)
    for message, plain in zip(said, ASKED, strict=True):
        assert stream[message.start : message.end] == base64.b64encode(plain)


def test_lines_within_the_base64():
    text = b"".join(base64.b64encode(one) for one in ASKED)
    folded = b"\r\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    messages, _ = check_cuts([up(POST + folded)])
    assert [m.method for m in messages if m.protocol == "rtsp"] == METHODS


def test_short_lines_are_fed_together(monkeypatch):
    """What a reader waits for is copied at each feeding: line by line a body of 1 MiB took seven seconds."""
    body = bytes(64 << 10)
    text = base64.b64encode(b"SET_PARAMETER rtsp://h/ RTSP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    lines = b"\n".join(text[at : at + 4] for at in range(0, len(text), 4))
    fed = []
    feed = RtspReader.feed
    monkeypatch.setattr(RtspReader, "feed", lambda self, *what: fed.append(len(what[2])) or feed(self, *what))
    (message,) = rtsp_http.PostReader().feed(0, 0, lines)
    assert (message.complete, message.body, message.start, message.end) == (True, body, 0, len(lines))
    assert len(fed) < 30


def test_losses():
    bodies = {m.body for m in read(VIEWED)[0]}
    check_gaps(VIEWED, bodies, step=67)
    check_gaps(VIEWED, bodies, length=150, step=211)
    check_gaps(POSTED, {b""}, step=43)


def test_the_way_is_found_again_in_the_base64():
    whole = b"".join(base64.b64encode(one) for one in ASKED)
    for lost in range(1, 9):
        events = [up(POST + whole[:30]), (0, lost), up(whole[30 + lost :])]
        found = [m for m in read(events)[0] if m.protocol == "rtsp"]
        assert [m.method for m in found][-4:] == METHODS[1:]
        assert all(m.complete for m in found[-4:])


def test_other_answers_and_posts_are_http():
    refused = AGREED.replace(b"200 OK", b"404 Not Found").replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\nno")
    again = b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"
    messages, summary = check_cuts([up(GET), down(refused), up(GET), down(again)])
    assert summary.protocol == "http"
    assert [m.body for m in messages if m.status] == [b"no", b"ok"]
    plain = POST.replace(COOKIE, b"").replace(b"32767", b"5") + b"hello"
    messages, summary = read([up(plain)])
    assert (summary.protocol, messages[0].body) == ("http", b"hello")


def test_what_only_has_the_type_of_a_tunnel_is_searched_for_pictures():
    """A type is a word, and what passed under it must not be lost."""
    for events in ([up(GET), down(AGREED), down(PICTURE)], [up(POST), up(PICTURE)], [up(POST + PICTURE)]):
        messages, _ = check_cuts(events)
        assert [m.body for m in messages if m.body] == [PICTURE]


@settings(max_examples=60, deadline=None)
@given(
    noise(
        st.integers(1, 50),
        st.binary(min_size=1, max_size=60),
        st.sampled_from([base64.b64encode(one) for one in ASKED]),
        most=12,
    )
)
def test_any_bytes(chunks):
    check_noise(rtsp_http.PostReader, chunks)
