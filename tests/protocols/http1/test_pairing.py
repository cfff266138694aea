"""Requests and their answers are paired by an object that knows neither direction, and no direction knows the reader."""

from __future__ import annotations

import gc
import weakref

import pytest

from netaudit.protocols.http1.head import parse_head
from netaudit.protocols.http1.pairing import Pairing
from netaudit.protocols.http1.reader import HttpReader
from netaudit.protocols.message import DOWN, UP, Message


def began(pairing: Pairing, direction: int, head: bytes, *, unasked: bool = False) -> Message:
    parsed = parse_head(head + b"\r\n\r\n")
    assert parsed is not None
    return pairing.began(direction, parsed, 0, len(head), unasked=unasked)[0]


def test_answers_come_in_the_order_of_requests() -> None:
    pairing = Pairing(sure=True)
    first, second = (began(pairing, UP, b"GET /%d HTTP/1.1\r\nHost: h" % n) for n in (1, 2))
    early = began(pairing, DOWN, b"HTTP/1.1 100 Continue")
    answers = [began(pairing, DOWN, b"HTTP/1.1 200 OK\r\nContent-Length: 0") for _ in range(2)]
    assert [early.request, *(one.request for one in answers)] == [first, first, second]
    assert [one.path for one in answers] == ["/1", "/2"]


def test_an_answer_before_its_request_is_held_back() -> None:
    pairing = Pairing(sure=True)
    answer = began(pairing, DOWN, b"HTTP/1.1 200 OK\r\nContent-Length: 0")
    assert pairing.holds(answer)
    assert pairing.held_from(DOWN) == answer.start
    head = parse_head(b"GET / HTTP/1.1\r\n\r\n")
    assert head is not None
    request, _, released = pairing.began(UP, head, 0, 18, unasked=False)
    assert (released, answer.request) == (answer, request)
    assert pairing.held_from(DOWN) is None


def test_behind_a_loss_a_pipelining_client_is_not_paired() -> None:
    pairing = Pairing(sure=True)
    pairing.doubt()
    pairing.forget()
    for n in range(3):
        began(pairing, UP, b"GET /%d HTTP/1.1" % n)
    assert began(pairing, DOWN, b"HTTP/1.1 200 OK\r\nContent-Length: 0").request is None


@pytest.mark.parametrize(
    "data", [b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", b"GET /", b"noise, no head\r\n\r\n" * 9]
)
def test_a_reader_that_nobody_has_is_gone_at_once(data: bytes) -> None:
    gc.collect()
    gc.disable()
    try:
        reader = HttpReader()
        reader.feed(UP, 0, data)
        reader.feed(DOWN, 0, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab")
        gone = [weakref.ref(side) for side in reader.sides]
        del reader
        assert [one() for one in gone] == [None, None]
    finally:
        gc.enable()
