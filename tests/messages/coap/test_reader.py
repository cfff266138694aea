"""CoAP: bodies in one datagram and in blocks, answers by token, refusals half-way, copies, losses, noise."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.messages.coap import datagram
from netaudit.messages.coap.reader import MOST_ASKED, MOST_BODIES, CoapReader, recognise
from netaudit.messages.reader import Opening, Verdict
from tests.messages.carrier import check_noise
from tests.reference.messages import down, read, up
from tests.unwrapping.samples import picture

PICTURE = picture(seed=7)
ROW = {"proto": 17, "client_port": 41000, "server_port": 5683}
POST, PUT, GET, SZX = 2, 3, 1, 4  # blocks of 256 bytes


def options(pairs: list[tuple[int, bytes]]) -> bytes:
    out, last = b"", 0
    for number, value in sorted(pairs, key=lambda pair: pair[0]):
        delta, length = number - last, len(value)
        nibbles = [min(one, 13) if one < 269 else 14 for one in (delta, length)]
        out += bytes([nibbles[0] << 4 | nibbles[1]])
        for one, nibble in zip((delta, length), nibbles, strict=True):
            out += {13: bytes([one - 13 & 255]), 14: struct.pack(">H", max(one - 269, 0))}.get(nibble, b"")
        out, last = out + value, number
    return out


def message(code: int, number: int, token: bytes, pairs=(), payload: bytes = b"", kind: int = 0) -> bytes:
    head = bytes([0x40 | kind << 4 | len(token), code]) + struct.pack(">H", number) + token + options(list(pairs))
    return head + (b"\xff" + payload if payload else b"")


def number_bytes(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


WHERE = [(3, b"up.example.cn"), (11, b"v1"), (11, b"face"), (15, b"n=7"), (12, bytes([22]))]


def blocks(body: bytes, code: int = PUT, size: int = 256, first: int = 1, option: int = 27) -> list[bytes]:
    out = []
    for place in range(0, len(body), size):
        more = place + size < len(body)
        value = number_bytes((place // size) << 4 | more << 3 | SZX)
        out.append(
            message(code, first + len(out), b"t%d" % len(out), [*WHERE, (option, value)], body[place : place + size])
        )
    return out


def answer(code: int, number: int, token: bytes, **more) -> bytes:
    return message(code, number, token, kind=2, **more)


def exchange(last: int = 0x44, continued: int = 0x5F) -> list:
    events, sent = [], blocks(PICTURE)
    for number, one in enumerate(sent):
        end = number == len(sent) - 1
        events += [up(one), down(answer(last if end else continued, number + 1, b"t%d" % number))]
    return events


def bodies(messages):
    return [(m.method, m.host, m.path, m.content_type, m.body, m.complete) for m in messages if m.body]


def answers(messages, body):
    return [one.status for one in messages if one.request is not None and one.request.message_id == body.message_id]


WHOLE = ("PUT", "up.example.cn", "/v1/face?n=7", "image/jpeg", PICTURE, True)


def test_one_datagram_and_its_refusal():
    sent = message(PUT, 9, b"ab", WHERE, PICTURE[:900])
    messages, summary = read([up(sent), down(answer(0x83, 9, b"ab"))], **ROW)
    request, refused = messages
    assert bodies([request]) == [(*WHOLE[:4], PICTURE[:900], True)]
    assert (request.body_start, refused.status, refused.request.message_id) == (
        len(sent) - 900,
        403,
        request.message_id,
    )
    assert summary.server_name == "up.example.cn"


@pytest.mark.parametrize("batch", [0, 1])
def test_blocks_are_one_body_and_the_last_answer_is_of_it(batch):
    messages, _ = read(exchange(), batch=batch, **ROW)
    assert bodies(messages) == [WHOLE]
    body = next(one for one in messages if one.body)
    assert answers(messages, body) == [204]
    assert body.end - body.start > len(PICTURE)


@pytest.mark.parametrize("option", [27, 19])
def test_lost_copied_and_turned_blocks(option):
    sent = blocks(PICTURE, option=option)
    turned = [up(one) for one in [sent[0], sent[0], *sent[:0:-1]]]
    assert bodies(read(turned, **ROW)[0]) == [WHOLE]
    lost = [up(one) for one in sent[:2] + sent[3:]]
    [broken] = [one for one in read(lost, **ROW)[0] if one.body]
    assert (broken.complete, broken.missing) == (False, [(512, 768)])


def test_two_bodies_of_one_name_are_two():
    other = picture(seed=8)
    events = [up(one) for one in blocks(PICTURE) + blocks(other, first=100)]
    assert [one[4] for one in bodies(read(events, **ROW)[0])] == [PICTURE, other]
    again = [up(one) for one in [*blocks(PICTURE)[:-1], *blocks(other, first=100)]]  # the first was given up
    assert [(one[4] == other, one[5]) for one in bodies(read(again, **ROW)[0])] == [(False, False), (True, True)]


def test_refused_half_way():
    sent = blocks(PICTURE)
    events = [up(sent[0]), down(answer(0x5F, 1, b"t0")), up(sent[1]), down(answer(0x83, 2, b"t1"))]
    messages, _ = read(events, **ROW)
    body = next(one for one in messages if one.body)
    assert not body.complete
    assert answers(messages, body) == [403]


def test_an_answer_in_blocks_and_the_server_that_asks():
    events = []
    for place in range(0, len(PICTURE), 256):
        number, more = place // 256, place + 256 < len(PICTURE)
        value = number_bytes(number << 4 | more << 3 | SZX)
        ask = message(GET, number, b"g%d" % number, [(11, b"snap"), (23, number_bytes(number << 4 | SZX))])
        piece = PICTURE[place : place + 256]
        reply = message(0x45, number, b"g%d" % number, [(12, bytes([22])), (23, value)], piece, kind=2)
        events += [down(ask), up(reply)]
    messages, _ = read(events, **ROW)
    [body] = [one for one in messages if one.body]
    assert (body.body, body.status, body.complete, body.content_type) == (PICTURE, 205, True, "image/jpeg")
    assert body.request is not None
    assert (body.request.path, body.request.direction) == ("/snap", 1)


def test_what_is_held_is_bounded():
    reader, at = CoapReader(), 0
    for number in range(3 * MOST_ASKED):
        name = [(11, b"%d" % number), (27, bytes([SZX | 8]))]
        data = message(PUT, number, struct.pack(">H", number), name, b"x" * 256)
        reader.feed(0, at, data)
        at += len(data)
    assert len(reader.asked[0]) <= MOST_ASKED
    assert len(reader.bodies[0]) <= MOST_BODIES
    assert len(reader.finish()) <= MOST_BODIES


@pytest.mark.parametrize(
    ("data", "ports", "verdict"),
    [
        (message(PUT, 1, b"a", WHERE, b"x"), (40000, 7000), Verdict.YES),
        (message(GET, 1, b"a"), (40000, 7000), Verdict.NO),  # names nothing
        (message(GET, 1, b"a"), (40000, 5683), Verdict.YES),
        (message(0x45, 1, b"a", payload=b"x"), (5683, 40000), Verdict.SWAPPED),
        (message(0x45, 1, b"a", payload=b"x"), (40000, 7000), Verdict.NO),
        (message(PUT, 1, b"a", [(11, b"x"), (33, b"")]), (40000, 5683), Verdict.NO),  # critical, and unknown
        (message(PUT, 1, b"a", WHERE) + b"\xff", (40000, 5683), Verdict.NO),  # a marker without payload
        (b"\x49\1\0\1" + bytes(9), (40000, 5683), Verdict.NO),  # a token of nine bytes
        (b"@\0\0\1x", (40000, 5683), Verdict.NO),
        (b"Hello, here I am", (40000, 5683), Verdict.NO),
    ],
)
def test_recognised(data, ports, verdict):
    assert recognise(Opening(data, b"", *ports, midstream=False)) is verdict


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=120))
def test_any_bytes(data):
    for head in (b"", b"\x44\2\0\1abcd", b"\x40\2\0\1\xb1a"):
        said = datagram.parse(head + data)
        assert said is None or said.payload_at <= len(head + data)


@settings(max_examples=100, deadline=None)
@given(
    chunks=st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from([*blocks(PICTURE)[:3], answer(0x44, 1, b"t0"), b"@"])), max_size=9
    )
)
def test_noise(chunks):
    check_noise(CoapReader, chunks)


def carved(messages):
    return [one.body for one in messages if one.protocol == "carved"]


def test_what_is_no_coap_is_searched_for_pictures_and_not_counted_as_read():
    first, *rest = blocks(PICTURE)
    messages, summary = read([up(first), up(PICTURE), *[up(b"\xff" + bytes(900))] * 50, *map(up, rest)], **ROW)
    assert carved(messages) == [PICTURE]
    assert any("carved from here on" in note for one in messages for note in one.notes)
    assert summary.read[0] == len(first) + len(PICTURE)
    assert not any(one.complete for one in messages if one.protocol == "coap")


def test_the_same_number_with_other_bytes_is_no_copy():
    events = [up(message(POST, 7, b"%d" % at, WHERE, b"body %d" % at)) for at in (0, 1, 1, 2)]
    assert [one.body for one in read(events, **ROW)[0]] == [b"body 0", b"body 1", b"body 2"]


def replies(body: bytes, places, tag: bytes, first: int):
    for place in places:
        more = place + 256 < len(body)
        value = number_bytes(place // 256 << 4 | more << 3 | SZX)
        number = first + place // 256
        yield up(message(GET, number, b"g%d" % number, [(11, b"snap"), (23, number_bytes(place // 256 << 4 | SZX))]))
        pairs = [(4, tag), (23, value)]
        yield down(message(0x45, number, b"g%d" % number, pairs, body[place : place + 256], kind=2))


def test_no_body_is_made_of_two():
    one, other = picture(seed=7)[:1024], picture(seed=8)[:1024]
    events = [*replies(one, (0, 256), b"E1", 1), *replies(other, (512, 768), b"E2", 9)]
    assert not any(got.complete for got in read(events, **ROW)[0] if got.status)
    over = blocks(one)[:3] + blocks(other, first=100)[2:]  # the third block says otherwise
    got = [got for got in read([up(sent) for sent in over], **ROW)[0] if got.body]
    assert [got.complete for got in got] == [False, False]
    assert got[0].body == one[:768]


def test_bytes_that_are_held_are_bounded():
    reader, at = CoapReader(), 0
    for number in range(40):
        far = [(11, b"%d" % number), (27, number_bytes(0xFFFF << 4 | SZX | 8))]
        data = message(PUT, number, struct.pack(">H", number), far, b"x")
        [alone] = reader.feed(0, at, data)
        assert (alone.body, alone.complete) == (b"x", False)
        at += len(data)
        data = message(POST, 100 + number, struct.pack(">H", 100 + number), WHERE, b"y" * 900)
        reader.feed(0, at, data)
        at += len(data)
    assert not reader.bodies[0]
    assert not any(one.body for one in reader.asked[0].values())
