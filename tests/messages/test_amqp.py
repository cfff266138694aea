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
HEARTBEAT = frame(8, b"", 0)


def told(which: tuple[int, int], number: int, *, several: bool = False) -> bytes:
    return method(which, struct.pack(">Q?", number, several))


CLOSED = method((20, 40), b"\x01\x94" + short(b"NOT_FOUND") + struct.pack(">HH", 60, 40))
OPEN = method((20, 10), b"\0")


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
        (
            SELECT,
            method((20, 40), b"\x01\x93" + short(b"ACCESS_REFUSED") + struct.pack(">HH", 60, 40)),
            [2],
        ),  # earlier ones may be taken
        (b"", method((20, 40), b"\x01\x93" + short(b"ACCESS_REFUSED") + struct.pack(">HH", 60, 40)), [2]),
        (SELECT, method((20, 40), b"\x01\x94" + short(b"NOT_FOUND") + struct.pack(">HH", 60, 20)), []),
        (SELECT, method((10, 50), b"\x01\x93" + short(b"ACCESS_REFUSED") + struct.pack(">HH", 60, 40), 0), [2]),
        (SELECT, told((60, 80), 3) + CLOSED, []),  # the last one was confirmed: another made the error
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


def head(size: int, key: bytes = b"a") -> bytes:
    """A publication and its head, without its body."""
    return publish(b"", key)[: -len(content(b"")[0])] + frame(2, struct.pack(">HHQH", 60, 0, size, 0))


@pytest.mark.parametrize(
    ("before", "lost"),
    [
        (head(2000) + frame(3, b"A" * 1000), frame(3, b"A" * 1000) + head(2000, b"b") + frame(3, b"B" * 1000)),
        (head(2000) + frame(3, b"A" * 1000) + frame(3, b"A" * 1000)[:200], b"A" * 808 + head(2000, b"b")),
        (head(3000) + frame(3, b"A" * 1000), frame(3, b"A" * 1000)),
        (head(1000)[:-22], head(1000)[-22:]),
    ],
)
def test_no_body_goes_on_behind_a_loss_of_frames(before: bytes, lost: bytes) -> None:
    """What comes behind it may be of the next publication."""
    messages, _ = read([up(GREETING + before), (0, len(lost)), up(frame(3, b"B" * 1000))], **ROW)
    (one,) = [one for one in messages if one.method == "publish"]
    assert not one.complete
    assert b"B" not in one.body
    assert one.unknown_from is not None


def test_a_body_longer_than_its_head_says_is_not_whole() -> None:
    messages, _ = read([up(GREETING + head(1500) + frame(3, b"A" * 1000) * 2)], **ROW)
    (one,) = [one for one in messages if one.method == "publish"]
    assert (one.complete, one.unknown_from) == (False, 1500)


SENT = [publish(PICTURE + bytes([n]), b"k%d" % n) for n in range(3)]


@pytest.mark.parametrize("answer", [told((60, 120), 2), told((60, 120), 2, several=True), CLOSED])
@pytest.mark.parametrize("lost", [0, 1])
def test_behind_a_loss_nobody_knows_which_was_refused(answer: bytes, lost: int) -> None:
    events = [(0, len(one)) if n == lost else up(one) for n, one in enumerate(SENT)]
    for first in (GREETING + SELECT, GREETING + OPEN + SELECT):
        messages, _ = read([up(first), *events, down(answer)], **ROW)
        assert refused(messages) == []
    messages, _ = read([up(GREETING + SELECT), *events, up(OPEN + SELECT), up(SENT[0]), down(answer)], **ROW)
    last = [one.message_id for one in messages if one.method == "publish"][-1]
    assert refused(messages) == ([last] if answer != told((60, 120), 2) else [])  # a channel opened since is known


@pytest.mark.parametrize(("channels", "told_of"), [(64, 1), (65, 0)])
def test_publications_that_wait_are_bounded_in_channels(channels: int, told_of: int) -> None:
    """Of a connection with more of them no refusal is told."""
    sent = b"".join(method((85, 10), b"\0", n) + method((60, 40), b"\0\0\0\0\0", n) for n in range(1, channels + 1))
    messages, _ = read([up(GREETING + sent), down(told((60, 120), 1))], **ROW)
    assert len(refused(messages)) == told_of


def test_a_select_once_more_counts_nothing_anew() -> None:
    messages, _ = read([up(GREETING + SELECT + SENT[0] + SELECT + SENT[1] + SENT[2]), down(told((60, 120), 2))], **ROW)
    assert refused(messages) == [[one.message_id for one in messages if one.method == "publish"][1]]


def test_what_was_confirmed_within_a_loss_is_not_refused() -> None:
    missed = told((60, 80), 1)
    answers = [down(HEARTBEAT), (1, len(missed)), down(told((60, 120), 2, several=True))]
    messages, _ = read([up(GREETING + SELECT), *map(up, SENT), *answers], **ROW)
    assert refused(messages) == []


def test_of_several_of_one_way_none_is_sent_back_for_sure() -> None:
    back = method((60, 50), b"\x01\x38" + short(b"NO_ROUTE") + short(b"faces") + short(b"k1"))
    messages, _ = read([up(GREETING + SELECT), up(SENT[1]), up(SENT[1]), down(back)], **ROW)
    assert refused(messages) == []


def test_an_error_of_the_connection_is_of_one_of_its_channels() -> None:
    other = b"".join([method((60, 40), b"\0\0\0\0\0", 2), frame(2, struct.pack(">HHQH", 60, 0, 0, 0), 2)])
    closed = method((10, 50), b"\x01\x93" + short(b"ACCESS_REFUSED") + struct.pack(">HH", 60, 40), 0)
    messages, _ = read([up(GREETING + SELECT), up(SENT[1]), up(other), down(closed)], **ROW)
    assert refused(messages) == []


@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(1, 900), min_size=1, max_size=30))
def test_any_cut_gives_the_same(cuts: list[int]) -> None:
    data, events, at = GREETING + publish(PICTURE) + publish(b"x" * 30), [], 0
    for size in [*cuts, len(data)]:
        events += [up(data[at : at + size])] if data[at : at + size] else []
        at += size
    messages, _ = read(events, **ROW)
    assert [one.body for one in messages if one.body] == [PICTURE, b"x" * 30]


@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(1, 9000), max_size=12), first=st.integers(9, 3000), lost=st.integers(1, 2500))
def test_any_cut_around_a_loss_gives_the_same(cuts: list[int], first: int, lost: int) -> None:
    data = GREETING + SELECT + b"".join(SENT) + head(2000) + frame(3, b"A" * 1000) * 2 + SENT[0]
    events = [up(data[:first]), (0, lost), up(data[first + lost :]), down(told((60, 120), 4))]
    whole, parts = (read(events, cuts=some, **ROW)[0] for some in ([], sorted(set(cuts))))
    kept = [[(one.start, one.method, one.body, one.complete, one.missing) for one in some] for some in (whole, parts)]
    assert kept[0] == kept[1]
    sent = {PICTURE + bytes([n]) for n in range(3)} | {b"A" * 2000}
    assert all(one.body in sent for one in whole if one.complete and one.method == "publish")
    assert {one.request.path for one in whole if IN_FIELD in one.notes} <= {"faces/a"}  # the fourth


def test_only_the_greeting_is_recognised() -> None:
    assert recognise(Opening(GREETING, b"", 1, 2, midstream=False)) is Verdict.YES
    assert recognise(Opening(b"AMQ", b"", 1, 2, midstream=False)) is Verdict.MORE
    assert recognise(Opening(b"AMQP\x03\x01\x00\x00", b"", 1, 2, midstream=False)) is Verdict.NO


@settings(deadline=None, max_examples=30)
@given(chunks=st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=60)), max_size=8))
def test_noise_is_no_error(chunks) -> None:
    check_noise(AmqpReader, chunks)
