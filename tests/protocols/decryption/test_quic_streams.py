"""Streams of QUIC put in order: any order of frames gives the same, and what is needed is kept."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.protocols.decryption.quic_streams import Part, Streams
from netaudit.protocols.message import DOWN, UP

BODY = bytes(range(256)) * 8
REQUEST = b"\x01\x05\0\0\xd1\xd7\xc1" + b"\0\x48\0" + BODY  # HEADERS: GET / https; DATA


def part(stream: int, offset: int, size: int, at: int, *, last: bool = False) -> Part:
    return Part(stream, offset, REQUEST[offset : offset + size], ([size], [at], [at + size]), last)


def read(parts: list[Part]) -> Streams:
    streams = Streams(UP)
    streams.begin()
    for one in parts:
        streams.feed(UP, one)
    return streams


def test_a_stream_that_waits_does_not_let_go_what_another_one_needs():
    streams = read([part(0, 0, 100, 1000), part(4, 0, 50, 2000), part(4, 80, 50, 3000)])
    assert streams.needed_from(UP, 4000) == 1000


def test_an_answer_that_waits_for_the_end_of_its_request_keeps_its_place():
    streams = read([part(0, 0, 100, 1000)])
    answer = b"\x01\x03\0\0\xd9" + b"\0\2ok"
    streams.feed(DOWN, Part(0, 0, answer, ([len(answer)], [700], [700 + len(answer)]), last=True))
    assert streams.needed_from(DOWN, 4000) == 700
    streams.feed(UP, part(0, 100, len(REQUEST) - 100, 1100, last=True))
    assert [(message.direction, message.start) for message in streams.flush()] == [(UP, 1000), (DOWN, 700)]
    assert streams.needed_from(DOWN, 4000) == 4000


@given(st.data())
def test_any_order_of_frames_gives_the_body(data):
    cuts = sorted({0, len(REQUEST), *data.draw(st.lists(st.integers(0, len(REQUEST)), max_size=12))})
    pieces = list(itertools.pairwise(cuts))
    drawn = data.draw(st.permutations(pieces)) + data.draw(st.lists(st.sampled_from(pieces), max_size=4))
    streams = read([part(0, a, b - a, 5000 + a, last=b == len(REQUEST)) for a, b in drawn])
    streams.finish()
    (message,) = streams.flush()
    assert message.body == BODY
    assert message.complete
    assert (message.start, message.end) == (5000, 5000 + len(REQUEST))
    assert message.body_start == 5010


@pytest.mark.parametrize("places", [[9000], [9000, 9100]])
def test_an_end_without_bytes_behind_a_hole_lies_where_its_frame_does(places):
    """Or the first of several such frames in a row."""
    spans = [0] * len(places), places, places
    streams = read([part(0, 0, 1000, 5000), Part(0, len(REQUEST), b"", spans, last=True)])
    assert streams.needed_from(UP, 9500) == 5000
    streams.finish()
    (message,) = streams.flush()
    assert (message.start, message.end, message.complete) == (5000, 9000, False)
    assert message.missing == [(990, len(BODY))]


def test_what_lies_behind_the_end_of_a_stream_takes_no_room(monkeypatch):
    monkeypatch.setattr("netaudit.protocols.decryption.quic_streams.HELD", 1000)
    behind = [Part(4 * n, 10, bytes(500), ([500], [10], [510]), last=False) for n in range(1, 4)]
    ends = [Part(4 * n, 0, b"", ([0], [10], [10]), last=True) for n in range(1, 4)]
    own = [part(0, 0, 100, 5000), part(0, 200, 200, 5200), part(0, 100, 100, 5100)]
    streams = read([each for pair in zip(behind, ends, strict=True) for each in pair] + own)
    streams.feed(UP, part(0, 400, len(REQUEST) - 400, 5400, last=True))
    assert [(one.complete, one.body) for one in streams.flush()] == [(True, BODY)]
    assert not streams.holes


@pytest.mark.parametrize("lost", [(20, 500), (1000, 2000)])
def test_a_hole_is_a_hole_of_its_length(lost):
    first, last = lost
    frames = [(0, first), (last, 2040), (2040, len(REQUEST))]
    streams = read([part(0, a, b - a, 5000 + a, last=b == len(REQUEST)) for a, b in frames if b > a])
    streams.finish()
    (message,) = streams.flush()
    assert message.missing == [(first - 10, last - 10)]
    assert not message.complete
    assert streams.holes == 1
