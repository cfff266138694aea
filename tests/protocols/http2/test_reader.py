"""HTTP/2: conversations fed whole, byte by byte and with every byte lost once; losses, limits and any bytes at all."""

from __future__ import annotations

import tracemalloc

import pytest
from hpack import Encoder
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.core.contracts.answers import BROKEN_OFF
from netaudit.protocols.http2 import reader as http2
from netaudit.protocols.http2.frames import PREFACE
from tests.conftest import BYTES
from tests.protocols.examples import brief, size, with_gap
from tests.protocols.http2.examples import BODY, EXAMPLES, SETTINGS, frame, request, response
from tests.reference.messages import down, essence, read, up

CASES = pytest.mark.parametrize("name", EXAMPLES)


@CASES
def test_whole(name):
    events, expected = EXAMPLES[name]
    messages, summary = read(events)
    assert brief(messages) == expected
    assert summary.protocol == ("http2")
    assert all(m.complete and not m.missing and m.unknown_from is None for m in messages)


@CASES
def test_byte_by_byte(name):
    events, _ = EXAMPLES[name]
    whole, summary = read(events)
    cut, cut_summary = read(events, cuts=range(size(events)), batch=1)
    assert essence(cut) == essence(whole)
    assert cut_summary == summary


@CASES
@pytest.mark.parametrize("length", [1, 7, 40])
def test_losses_are_never_unnoticed(name, length):
    events, expected = EXAMPLES[name]
    bodies = {seen[5] for seen in expected} | {b""}
    for at in range(0, size(events), 1 if length == 1 else 3):
        broken = with_gap(events, at, length)
        messages, _ = read(broken)
        for message in messages:
            if message.complete and message.protocol == "http2":
                assert message.body in bodies, (at, message)
                known = {(e[2], e[3], e[5]) for e in expected}
                if message.body and message.method:
                    assert (message.method, message.path, message.body) in known, (at, message)
        if at % BYTES == 0:
            cut, _ = read(broken, cuts=range(size(events)), batch=1)
            assert essence(cut) == essence(messages), at


def test_trailers_and_fields():
    messages, _ = read(EXAMPLES["interleaved"][0])
    assert messages[4].request.path == "/three"
    assert messages[0].host == "h"


def test_body_start_only_where_the_body_lies_in_one_piece():
    e = Encoder()
    head = PREFACE + SETTINGS + request(e, 1)
    messages, _ = read([up(head + frame(0, 1, 1, b"hello"))])
    assert messages[0].body_start == len(head) + 9
    messages, _ = read([up(head + frame(0, 0, 1, b"hello") + frame(0, 1, 1, b"hello"))])
    assert messages[0].body_start == -1


def test_a_gap_inside_a_frame_is_exact():
    e = Encoder()
    head = PREFACE + SETTINGS + request(e, 1)
    data = frame(0, 1, 1, BODY)
    messages, _ = read([up(head + data[:109]), up(50), up(data[159:])])
    assert messages[0].missing == [(100, 150)]
    assert messages[0].unknown_from is None
    assert messages[0].body == BODY[:100] + bytes(50) + BODY[150:]


def test_lost_frames_are_counted_by_the_declared_length():
    """Three streams: two frames of the second are lost; the others are whole, and it knows what it lacks."""
    e = Encoder()
    head = PREFACE + SETTINGS + b"".join(request(e, s, f"/{s}", length=len(BODY)) for s in (1, 3, 5))
    first = b"".join(frame(0, 0, s, BODY[:200]) for s in (1, 3, 5))
    lost = frame(0, 0, 3, BODY[200:300]) + frame(0, 0, 3, BODY[300:400])
    rest = frame(0, 1, 3, BODY[400:]) + frame(0, 1, 1, BODY[200:]) + frame(0, 1, 5, BODY[200:])
    messages, _ = read([up(head + first), up(len(lost)), up(rest)])
    assert [(m.path, m.complete, m.missing) for m in messages] == [
        ("/3", False, [(200, 400)]),
        ("/1", True, []),
        ("/5", True, []),
    ]
    assert messages[0].body == BODY[:200] + bytes(200) + BODY[400:]


def test_without_declared_length_nothing_is_claimed_behind_a_loss():
    e = Encoder()
    head = PREFACE + SETTINGS + request(e, 1) + frame(0, 0, 1, BODY[:200])
    messages, _ = read([up(head), up(109), up(frame(0, 0, 1, BODY[300:400]) + frame(0, 1, 1, BODY[400:]))])
    assert messages[0].unknown_from == 200
    assert not messages[0].complete


def test_lost_header_blocks_leave_no_wrong_headers():
    """A dynamic table that is only partly known gives those entries that are, and no others."""
    e = Encoder()
    blocks = [request(e, s, f"/path{s}", extra=[("x-face", f"name{s}")]) for s in (1, 3, 5)]
    blocks += [request(e, 7, "/path1", extra=[("x-face", "name5")])]  # one entry from before the loss, one from behind
    bodies = [frame(0, 1, s, b"body%d" % s) for s in (1, 3, 5, 7)]
    start = PREFACE + SETTINGS + blocks[0] + bodies[0]
    messages, _ = read([up(start), up(len(blocks[1])), up(bodies[1] + b"".join(blocks[2:]) + bodies[2] + bodies[3])])
    assert [m.body for m in messages] == [b"body1", b"body3", b"body5", b"body7"]
    assert messages[2].path == "/path5"
    assert messages[2].header("x-face") == ""  # its name stands in an entry from before the loss
    assert messages[2].notes == ["some header fields refer to packets that were not captured"]
    assert messages[3].path in ("", "/path1")
    assert messages[3].host == ""
    assert not messages[1].complete


def test_capture_begins_in_the_middle():
    e, d = Encoder(), Encoder()
    request(e, 1, "/known", extra=[("x-face", "q")])
    events = [
        down(frame(8, 0, 0, b"\0\0\1\0") + frame(6, 0, 0, bytes(8))),
        up(
            frame(6, 1, 0, bytes(8))
            + request(e, 3, "/known", length=5, extra=[("x-new", "w")])
            + frame(0, 1, 3, b"hello")
        ),
        down(response(d, 3) + frame(0, 1, 3, b"ok")),
    ]
    messages, summary = read(events, handshake=0)
    assert summary.protocol == "http2"
    assert [m.body for m in messages] == [b"hello", b"ok"]
    assert messages[0].complete
    assert messages[0].header("x-new") == "w"
    assert messages[1].request is messages[0] or messages[1].request.message_id == messages[0].message_id
    swapped = [(1 - direction, what) for direction, what in events]
    again, summary = read(swapped, handshake=0)
    assert summary.protocol == "http2"
    assert [m.body for m in again] == [b"hello", b"ok"]


def test_client_side_not_captured():
    d = Encoder()
    messages, summary = read([down(SETTINGS + response(d, 1) + frame(0, 1, 1, b"only"))])
    assert summary.protocol == "http2"
    assert messages[0].body == b"only"
    assert messages[0].complete


def test_short_and_long_bodies_are_not_complete():
    e = Encoder()
    head = PREFACE + SETTINGS + request(e, 1, length=9)
    short, _ = read([up(head + frame(0, 1, 1, b"hello"))])
    assert (short[0].unknown_from, short[0].notes) == (5, ["9 bytes declared, 5 sent"])
    e = Encoder()
    long, _ = read([up(PREFACE + SETTINGS + request(e, 1, length=3) + frame(0, 1, 1, b"hello"))])
    assert not long[0].complete
    assert long[0].unknown_from == 3


def test_reset_and_end_of_capture():
    e = Encoder()
    head = PREFACE + SETTINGS + request(e, 1) + request(e, 3) + frame(0, 0, 1, b"hel") + frame(0, 0, 3, b"lo")
    messages, _ = read([up(head + frame(3, 0, 1, bytes(4)))])
    assert [(m.body, m.complete, m.unknown_from) for m in messages] == [(b"hel", False, 3), (b"lo", False, 2)]
    assert "stream reset" in messages[0].notes


def test_an_answer_under_way_when_its_asker_broke_off():
    """What a client does not want any more was asked for all the same, and its server had sent it."""
    e, d = Encoder(), Encoder()
    asked = PREFACE + SETTINGS + request(e, 1, "/a", flags=5)
    answer = response(d, 1) + frame(0, 1, 1, b"picture")
    messages, _ = read([up(asked + frame(3, 0, 1, bytes(4))), down(SETTINGS + answer)])
    assert [(m.status, m.body, m.complete) for m in messages] == [(0, b"", True), (200, b"picture", True)]
    assert messages[1].request is messages[0]


def test_header_bombs_end_in_a_limit():
    bomb = b"\x40\x01a\x7f\x81\x1e" + b"x" * 4000 + b"\xbe" * 200_000
    pieces = [bomb[i : i + 16000] for i in range(0, len(bomb), 16000)]
    data = PREFACE + SETTINGS + frame(1, 1, 1, pieces[0])
    data += b"".join(frame(9, 4 * (i == len(pieces) - 1), 1, piece) for i, piece in enumerate(pieces) if i)
    e = Encoder()
    messages, _ = read([up(data + request(e, 3, "/after", flags=5))])
    assert messages[0].notes == ["limit: header fields", "header fields not captured or not decodable"]
    assert messages[1].path == "/after"
    endless = frame(1, 1, 1, b"a" * 16000) + frame(9, 0, 1, b"a" * 16000) * 40
    messages, _ = read([up(PREFACE + SETTINGS + endless)])
    assert all(not m.headers for m in messages)


def test_streams_and_bytes_under_way_are_bounded(monkeypatch):
    monkeypatch.setattr(http2, "STREAMS", 3)
    e = Encoder()
    messages, _ = read([up(PREFACE + SETTINGS + b"".join(request(e, s) for s in (1, 3, 5, 7)))])
    assert messages[0].notes == ["limit: streams under way in one connection"]
    monkeypatch.setattr(http2, "BUDGET", 100)
    e = Encoder()
    messages, _ = read([up(PREFACE + SETTINGS + request(e, 1) + frame(0, 0, 1, BODY) + frame(0, 1, 1, BODY))])
    assert messages[0].notes == ["limit: bytes under way in one connection"]
    assert not messages[0].complete
    e, whole = Encoder(), frame(0, 1, 1, BODY)
    lost = [up(PREFACE + SETTINGS + request(e, 1) + whole[:20]), (0, len(whole) - 30)]
    messages, _ = read(lost)
    assert messages[0].notes == ["limit: bytes under way in one connection"]
    assert not messages[0].complete


def test_the_smallest_frames_take_little_memory(monkeypatch):
    """A run is as long as a window, and what happens in frames of nine bytes is many times as large."""
    reader, frames = http2.Http2Reader(), frame(0, 0, 1, b"") * 30_000
    monkeypatch.setattr(http2, "AT_ONCE", 1 << 14)
    reader.feed(0, 0, PREFACE + SETTINGS)
    tracemalloc.start()
    try:
        reader.feed(0, len(PREFACE + SETTINGS), frames)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * len(frames)


@given(st.binary(max_size=600), st.integers(0, 3), st.lists(st.integers(0, 700), max_size=6), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_bytes_any_split(noise, where, cuts, middle):
    e, d = Encoder(), Encoder()
    good = [up(PREFACE + SETTINGS + request(e, 1) + frame(0, 0, 1, b"abc")), down(SETTINGS + response(d, 1))]
    good.insert(where % 3, (where & 1, noise or b"-"))
    handshake = 0 if middle else 3
    whole, _ = read(good, handshake=handshake)
    cut, _ = read(good, cuts=cuts, batch=1, handshake=handshake)
    assert essence(cut) == essence(whole)


@pytest.mark.parametrize(("code", "refused"), [(7, True), (11, True), (0, False)])
def test_a_stream_broken_off_before_its_answer_is_the_answer(code, refused):
    e = Encoder()
    asked = up(PREFACE + SETTINGS + request(e, 1, length=512) + frame(0, 1, 1, BODY))
    messages, _ = read([asked, down(SETTINGS + frame(3, 0, 1, code.to_bytes(4, "big")))])
    answers = [one for one in messages if one.request is not None]
    assert [(one.notes, one.request.path) for one in answers] == [([BROKEN_OFF], "/a")] * refused


def test_a_request_broken_off_under_way_is_no_request_that_was_refused():
    e = Encoder()
    asked = up(PREFACE + SETTINGS + request(e, 1, length=512) + frame(0, 0, 1, b"a part"))
    messages, _ = read([asked, down(SETTINGS + frame(3, 0, 1, (7).to_bytes(4, "big")))])
    assert [one for one in messages if one.request is not None] == []
    assert "stream reset" in messages[0].notes


def test_a_stream_that_was_broken_off_may_be_asked_on_again():
    """Against RFC 9113, 5.1, but two who agree can do so."""
    asker, server = Encoder(), Encoder()
    asked = PREFACE + SETTINGS + request(asker, 1, "/a", flags=5)
    again = frame(3, 0, 1, bytes(4)) + request(asker, 1, "/again", flags=4) + frame(0, 1, 1, b"picture")
    messages, _ = read([up(asked + again), down(SETTINGS + response(server, 1) + frame(0, 1, 1, b"ok"))])
    assert [(one.path, one.body) for one in messages if not one.direction] == [("/a", b""), ("/again", b"picture")]
    (answer,) = [one for one in messages if one.direction]
    assert answer.request is not None
    assert answer.request.path == "/again"
