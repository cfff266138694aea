"""AMQP 0-9-1: bodies of several frames, confirms of each kind, losses, noise."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.contracts.answers import IN_FIELD
from netaudit.messages.amqp import GREETING, AmqpReader, recognise
from netaudit.messages.reader import Opening, Verdict
from tests.messages.carrier import check_noise
from tests.reference.messages import down, read, up
from tests.unwrapping.samples import picture

PICTURE = picture(seed=11)
ROW = {"proto": 6, "client_port": 41000, "server_port": 5672}


def frame(kind: int, payload: bytes, channel: int = 1) -> bytes:
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


def short(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def method(which: tuple[int, int], rest: bytes = b"", channel: int = 1) -> bytes:
    return frame(1, struct.pack(">HH", *which) + rest, channel)


def content(body: bytes, kind: bytes = b"image/jpeg", most: int = 512) -> list[bytes]:
    head = frame(2, struct.pack(">HHQH", 60, 0, len(body), 0x8000) + short(kind))
    return [head, *(frame(3, body[at : at + most]) for at in range(0, len(body), most))]


def publish(body: bytes, key: bytes = b"face.in") -> bytes:
    return b"".join([method((60, 40), b"\0\0" + short(b"faces") + short(key) + b"\0"), *content(body)])


SELECT = method((85, 10), b"\0")


def told(which: tuple[int, int], number: int, *, several: bool = False) -> bytes:
    return method(which, struct.pack(">Q?", number, several))


def refused(messages) -> list[bytes]:
    return [one.request.message_id for one in messages if IN_FIELD in one.notes]


def test_a_body_of_several_frames_is_one() -> None:
    messages, summary = read([up(GREETING + publish(PICTURE))], **ROW)
    assert summary.protocol == "amqp"
    (one,) = [one for one in messages if one.body]
    assert (one.method, one.path, one.content_type) == ("publish", "faces/face.in", "image/jpeg")
    assert (one.body, one.complete, one.body_start) == (PICTURE, True, -1)


def test_what_is_delivered_has_its_way() -> None:
    said = method((60, 60), short(b"c") + struct.pack(">Q?", 7, False) + short(b"faces") + short(b"out"))
    messages, _ = read([up(GREETING), down(said + b"".join(content(PICTURE, most=1 << 20)))], **ROW)
    (one,) = [one for one in messages if one.body]
    assert (one.method, one.path, one.direction, one.body == PICTURE) == ("deliver", "faces/out", 1, True)
    assert one.body_start > 0


@pytest.mark.parametrize(
    ("select", "answer", "which"),
    [
        (SELECT, told((60, 120), 2), [1]),
        (SELECT, told((60, 120), 2, several=True), [0, 1]),
        (SELECT, told((60, 120), 0, several=True), [0, 1, 2]),
        (SELECT, told((60, 80), 1) + told((60, 120), 3, several=True), [1, 2]),
        (SELECT, told((60, 80), 3, several=True), []),
        (b"", told((60, 120), 2), []),  # no number that it could be
        (SELECT, method((20, 40), b"\x01\x93" + short(b"ACCESS_REFUSED") + struct.pack(">HH", 60, 40)), [0, 1, 2]),
        (b"", method((20, 40), b"\x01\x93" + short(b"ACCESS_REFUSED") + struct.pack(">HH", 60, 40)), [2]),
        (SELECT, method((20, 40), b"\x01\x94" + short(b"NOT_FOUND") + struct.pack(">HH", 60, 20)), []),
        (SELECT, method((60, 50), b"\x01\x38" + short(b"NO_ROUTE") + short(b"faces") + short(b"k1")), [1]),
    ],
)
def test_what_the_broker_says_of_publications(select: bytes, answer: bytes, which: list[int]) -> None:
    sent = [publish(PICTURE + bytes([n]), b"k%d" % n) for n in range(3)]
    messages, _ = read([up(GREETING + select), *map(up, sent), down(answer)], **ROW)
    ids = [one.message_id for one in messages if one.method == "publish"]
    assert refused(messages) == [ids[n] for n in which]


def test_a_loss_within_a_body_is_told() -> None:
    data = GREETING + publish(PICTURE)
    messages, _ = read([up(data[:700]), (0, 100), up(data[800:])], **ROW)
    assert not any(one.complete and one.body == PICTURE for one in messages)
    assert any(one.body and not one.complete for one in messages)


@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(1, 900), min_size=1, max_size=30))
def test_any_cut_gives_the_same(cuts: list[int]) -> None:
    data, events, at = GREETING + publish(PICTURE) + publish(b"x" * 30), [], 0
    for size in [*cuts, len(data)]:
        events += [up(data[at : at + size])] if data[at : at + size] else []
        at += size
    messages, _ = read(events, **ROW)
    assert [one.body for one in messages if one.body] == [PICTURE, b"x" * 30]


def test_only_the_greeting_is_recognised() -> None:
    assert recognise(Opening(GREETING, b"", 1, 2, midstream=False)) is Verdict.YES
    assert recognise(Opening(b"AMQ", b"", 1, 2, midstream=False)) is Verdict.MORE
    assert recognise(Opening(b"AMQP\x03\x01\x00\x00", b"", 1, 2, midstream=False)) is Verdict.NO


@settings(deadline=None, max_examples=30)
@given(chunks=st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=60)), max_size=8))
def test_noise_is_no_error(chunks) -> None:
    check_noise(AmqpReader, chunks)
