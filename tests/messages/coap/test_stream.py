"""CoAP over TCP: bodies whole and in blocks, answers by token, settings, losses, any cut, noise."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.messages.coap.stream import CoapStreamReader, recognise
from netaudit.messages.reader import Opening, Verdict
from tests.messages.carrier import check_noise
from tests.messages.coap.test_reader import PICTURE, PUT, WHERE, number_bytes, options
from tests.reference.messages import down, essence, read, up
from tests.spoken import number

ROW = {"proto": 6, "client_port": 41000, "server_port": 5683}
CSM, PING, CHANGED, FORBIDDEN, CONTINUE = 0xE1, 0xE2, 0x44, 0x83, 0x5F
TEXT = f'{{"name": "张三", "idcard": "{number(3)}"}} '.encode()
BERT = 7  # size of blocks: as many KiB as the message has


def message(code: int, token: bytes = b"", pairs=(), payload: bytes = b"") -> bytes:
    rest = options(list(pairs)) + (b"\xff" + payload if payload else b"")
    size = len(rest)
    nibble, more = (
        (size, b"") if size < 13 else (13, bytes([size - 13])) if size < 269
        else (14, struct.pack(">H", size - 269)) if size < 65805 else (15, struct.pack(">I", size - 65805))
    )  # fmt: skip
    return bytes([nibble << 4 | len(token)]) + more + bytes([code]) + token + rest


HELLO = message(CSM, pairs=[(2, number_bytes(1 << 20)), (4, b"")])


def blocks(body: bytes, size: int = 2048) -> list[bytes]:
    out = []
    for place in range(0, len(body), size):
        value = number_bytes((place // 1024) << 4 | (place + size < len(body)) << 3 | BERT)
        out.append(message(PUT, b"t%d" % len(out), [*WHERE, (27, value)], body[place : place + size]))
    return out


def bodies(messages):
    return [(m.method, m.host, m.path, m.content_type, m.body, m.complete) for m in messages if m.body]


WHOLE = ("PUT", "up.example.cn", "/v1/face?n=7", "image/jpeg", PICTURE, True)


def talk(data: list[bytes], answers: list[bytes]) -> list:
    events = [up(HELLO), down(HELLO)]
    for asked, told in zip(data, answers, strict=True):
        events += [up(asked), down(told)]
    return events


@pytest.mark.parametrize("status", [CHANGED, FORBIDDEN])
def test_a_body_in_one_message_and_its_answer(status: int) -> None:
    messages, summary = read(talk([message(PUT, b"ab", WHERE, PICTURE)], [message(status, b"ab")]), **ROW)
    assert summary.protocol == "coap"
    assert bodies(messages) == [WHOLE]
    (answer,) = [one for one in messages if one.request is not None]
    assert (answer.status, answer.request.path) == ({CHANGED: 204, FORBIDDEN: 403}[status], "/v1/face?n=7")


def test_a_body_in_blocks_is_one() -> None:
    sent = blocks(PICTURE)
    told = [message(CONTINUE, b"t%d" % n) for n in range(len(sent) - 1)] + [message(CHANGED, b"t%d" % (len(sent) - 1))]
    messages, _ = read(talk(sent, told), **ROW)
    assert bodies(messages) == [WHOLE]


@settings(deadline=None, max_examples=30)
@given(cuts=st.lists(st.integers(1, 400), min_size=1, max_size=40))
def test_any_cut_gives_the_same(cuts: list[int]) -> None:
    data = HELLO + message(PUT, b"ab", WHERE, PICTURE) + message(PING) + message(PUT, b"cd", WHERE, b"x" * 20)
    events, at = [down(HELLO)], 0
    for size in [*cuts, len(data)]:
        events += [up(data[at : at + size])] if data[at : at + size] else []
        at += size
    messages, _ = read(events, **ROW)
    assert bodies(messages)[0] == WHOLE
    assert len(bodies(messages)) == 2


def test_behind_what_is_no_coap_images_are_looked_for() -> None:
    data = HELLO + message(PUT, b"ab", WHERE, b"{}") + b"\x0f\xff\xff" + PICTURE + b"\x0f"
    messages, _ = read([up(data)], **ROW)
    assert any("carved from here on" in note for one in messages for note in one.notes)
    assert any(one.protocol == "carved" and one.body == PICTURE for one in messages)


@pytest.mark.parametrize(
    ("data", "port", "verdict"),
    [
        (HELLO, 5683, Verdict.YES),
        (HELLO, 9999, Verdict.MORE),
        (HELLO + message(PUT, b"ab", WHERE, b"x"), 9999, Verdict.YES),
        (HELLO + b"\x00\x99", 9999, Verdict.YES),
        (HELLO + b"\x00\x20", 9999, Verdict.NO),
        (message(CSM, pairs=[(6, b"")]), 5683, Verdict.NO),  # no setting that there is
        (message(PUT, b"ab", WHERE, b"x"), 5683, Verdict.NO),
        (b"\x16\x03\x01\x00\x2f\x01", 5683, Verdict.NO),
        (b"\x00", 5683, Verdict.MORE),
    ],
)
def test_what_is_recognised(data: bytes, port: int, verdict: Verdict) -> None:
    assert recognise(Opening(data, b"", 41_000, port, midstream=False)) is verdict


@settings(deadline=None, max_examples=30)
@given(chunks=st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=60)), max_size=8))
def test_noise_is_no_error(chunks) -> None:
    check_noise(CoapStreamReader, chunks)


@pytest.mark.parametrize(
    "hidden", [message(PING, pairs=[(9, b"x")], payload=b"\0" + TEXT), message(0, b"ab", payload=TEXT)]
)
def test_between_the_blocks_of_a_body_nothing_hides(hidden: bytes) -> None:
    """Signals, and messages without a code, are no part of it."""
    first, *others = blocks(PICTURE)
    events = [up(HELLO), down(HELLO), up(first), up(hidden), *map(up, others)]
    messages, _ = read(events, **ROW)
    assert WHOLE in bodies(messages)
    assert any(TEXT in one.body for one in messages if one.protocol != "coap")
    cut, _ = read(events, cuts=range(0, 9000, 7), batch=1, **ROW)
    assert essence(cut) == essence(messages)


def test_a_loss_is_told_of_the_same_packet_however_it_was_cut() -> None:
    events = [up(HELLO), down(HELLO), up(message(PUT, b"ab", WHERE, b"x" * 20) + b"{" * 40)]
    assert essence(read(events, cuts=range(200), batch=1, **ROW)[0]) == essence(read(events, **ROW)[0])
