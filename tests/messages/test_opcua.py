"""OPC UA: messages of several chunks, services that failed, losses, any cut, noise."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.contracts.answers import IN_FIELD
from netaudit.messages.opcua import OpcUaReader, recognise
from netaudit.messages.reader import Opening, Verdict
from tests.messages.carrier import check_noise
from tests.reference.messages import down, read, up
from tests.unwrapping.samples import picture

PICTURE = picture(seed=19)
ROW = {"proto": 6, "client_port": 41000, "server_port": 4840}
URL = b"opc.tcp://up.example.cn:4840"


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", 8 + len(body)) + body


HELLO = chunk(b"HELF", struct.pack("<IIIII", 0, 65536, 65536, 0, 0) + struct.pack("<i", len(URL)) + URL)
ACK = chunk(b"ACKF", struct.pack("<IIIII", 0, 65536, 65536, 0, 0))


def service(number: int, rest: bytes, request: int = 7, size: int = 500, last: bytes = b"F") -> bytes:
    body = b"\1\0" + struct.pack("<H", number) + rest
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(
        chunk(b"MSG" + (last if n == len(pieces) - 1 else b"C"), struct.pack("<IIII", 1, 1, n, request) + piece)
        for n, piece in enumerate(pieces)
    )


def write(picture: bytes = PICTURE, **more) -> bytes:
    return service(673, bytes(40) + struct.pack("<i", len(picture)) + picture, **more)


def answered(result: int = 0, codes: tuple[int, ...] = (0,), number: int = 676) -> bytes:
    head = bytes(8) + struct.pack("<II", 1, result) + b"\0\xff\xff\xff\xff\0\0\0"
    return service(number, head + struct.pack("<i", len(codes)) + b"".join(struct.pack("<I", one) for one in codes))


def test_a_message_of_several_chunks_is_one() -> None:
    messages, summary = read([up(HELLO), down(ACK), up(write()), down(answered())], **ROW)
    assert summary.protocol == "opcua"
    sent, told = messages[-2:]
    assert (sent.method, sent.path, PICTURE in sent.body, sent.complete) == ("write", URL.decode(), True, True)
    assert told.request.message_id == sent.message_id


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (answered(), False),
        (answered(0x80340000), True),
        (answered(codes=(0, 0x803B0000)), False),  # what was taken may be the picture
        (answered(codes=(0x803B0000, 0x803B0000)), True),
        (answered(codes=(0, 0x00BA0000)), False),  # uncertain, and taken
        (answered(0x801F0000, (), 397), True),
    ],
)
def test_what_was_not_written_is_refused(answer: bytes, refused: bool) -> None:
    messages, _ = read([up(HELLO + write()), down(ACK + answer)], **ROW)
    assert [IN_FIELD in one.notes for one in messages if one.request is not None] == [refused]


def test_what_is_given_up_or_lost_is_not_whole() -> None:
    for events in ([up(HELLO + write(last=b"A"))], [up((HELLO + write())[:900]), (0, 60), up((HELLO + write())[960:])]):
        messages, _ = read(events, **ROW)
        assert messages
        assert not any(one.complete and one.body for one in messages)


def piece(kind: bytes, number: int, body: bytes, request: int = 7) -> bytes:
    return chunk(b"MSG" + kind, struct.pack("<IIII", 1, 1, number, request) + body)


BEGIN = b"\1\0" + struct.pack("<H", 673) + b"a" * 996


def test_no_message_goes_on_behind_a_loss_of_chunks() -> None:
    missed = piece(b"C", 2, b"b" * 1000)
    events = [up(HELLO + piece(b"C", 1, BEGIN)), (0, len(missed)), up(piece(b"F", 3, b"c" * 1000))]
    messages, _ = read(events, **ROW)
    first, second = [one for one in messages if one.body]
    assert (first.body, first.complete, first.unknown_from) == (BEGIN, False, 1000)
    assert (second.complete, second.unknown_from) == (False, 0)  # the end of a message, not one


def test_a_jump_of_the_numbers_ends_a_message() -> None:
    messages, _ = read([up(HELLO + piece(b"C", 1, BEGIN) + piece(b"F", 3, b"c" * 1000))], **ROW)
    assert [(one.complete, one.body_size) for one in messages if one.body] == [(False, 1000), (False, 1000)]


def test_numbers_that_begin_anew_are_no_jump() -> None:
    messages, _ = read([up(HELLO + piece(b"C", 4294966272, BEGIN) + piece(b"F", 1, b"c" * 1000))], **ROW)
    assert [(one.complete, one.body_size) for one in messages if one.body] == [(True, 2000)]


def test_what_begins_as_messages_do_is_whole_behind_a_loss() -> None:
    events = [up(HELLO + piece(b"F", 1, BEGIN)), (0, 700), up(piece(b"F", 3, BEGIN, 9) + piece(b"F", 4, b"x" * 90, 10))]
    messages, _ = read(events, **ROW)
    assert [one.complete for one in messages if one.body] == [True, True, True]


def test_what_a_bound_cut_off_is_told(monkeypatch) -> None:
    monkeypatch.setattr("netaudit.messages.opcua.MOST_BODY", 1500)
    more = b"".join(piece(b"C", n, b"b" * 1000) for n in (2, 3))
    messages, _ = read([up(HELLO + piece(b"C", 1, BEGIN) + more + piece(b"F", 4, b"c" * 400))], **ROW)
    first, *rest = [one for one in messages if one.body]
    assert (first.complete, first.notes, first.body_size) == (False, ["limit: size of a body"], 2000)
    assert not any(one.complete for one in rest)


@pytest.mark.parametrize("cut", [1, 2, 3, 5])
def test_an_answer_that_was_cut_refuses_nothing(cut: int) -> None:
    whole = answered(codes=(0x803B0000, 0x803B0000))
    said = whole[24:-cut]
    messages, _ = read([up(HELLO + write()), down(ACK + piece(b"F", 1, said))], **ROW)
    assert [IN_FIELD in one.notes for one in messages if one.request is not None] == [False]


@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(1, 900), min_size=1, max_size=30))
def test_any_cut_gives_the_same(cuts: list[int]) -> None:
    data, events, at = HELLO + write() + write(b"x" * 30, request=8), [], 0
    for size in [*cuts, len(data)]:
        events += [up(data[at : at + size])] if data[at : at + size] else []
        at += size
    messages, _ = read(events, **ROW)
    assert [PICTURE in one.body for one in messages if one.method == "write"] == [True, False]


@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(1, 9000), max_size=12), first=st.integers(60, 3000), lost=st.integers(1, 2500))
def test_any_cut_around_a_loss_gives_the_same(cuts: list[int], first: int, lost: int) -> None:
    bodies = [BEGIN + bytes([n]) * 2000 for n in range(4)]
    data = b"".join(
        piece(b"FC"[at + 500 < 3000 :][:1], 6 * n + at // 500, body[at : at + 500], n)
        for n, body in enumerate(bodies)
        for at in range(0, 3000, 500)
    )
    data = HELLO + data
    events = [up(data[:first]), (0, lost), up(data[first + lost :])]
    whole, parts = (read(events, cuts=some, **ROW)[0] for some in ([], sorted(set(cuts))))
    kept = [[(one.start, one.method, one.body, one.complete, one.missing) for one in some] for some in (whole, parts)]
    assert kept[0] == kept[1]
    assert all(one.body in bodies for one in whole if one.complete and one.protocol == "opcua" and one.body)


def test_only_a_hello_is_recognised() -> None:
    assert recognise(Opening(HELLO, b"", 1, 2, midstream=False)) is Verdict.YES
    assert recognise(Opening(b"HEL", b"", 1, 2, midstream=False)) is Verdict.MORE
    assert recognise(Opening(b"HELO example.cn\r\n", b"", 1, 2, midstream=False)) is Verdict.NO


@settings(deadline=None, max_examples=30)
@given(chunks=st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=60)), max_size=8))
def test_noise_is_no_error(chunks) -> None:
    check_noise(OpcUaReader, chunks)
