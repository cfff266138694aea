"""RTPS: samples in one piece and in fragments in any order, inline parameters, losses, noise."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.messages import rtps
from netaudit.messages.reader import Opening, Verdict
from netaudit.messages.rtps import HEAD, MOST_SAMPLES, SUBHEAD, RtpsReader, recognise
from tests.messages.carrier import check_noise
from tests.reference.messages import read, up
from tests.unwrapping.samples import picture

PICTURE = picture(seed=23)
ROW = {"proto": 17, "client_port": 41000, "server_port": 7411}
CDR = b"\0\1\0\0"
QOS = struct.pack("<HH", 0x71, 4) + b"abcd" + struct.pack("<HH", 1, 0)


def message(*submessages: bytes, prefix: bytes = b"p" * 12) -> bytes:
    return b"RTPS\2\3\1\x0f" + prefix + b"".join(submessages)


def sub(kind: int, flags: int, body: bytes, size: int | None = None) -> bytes:
    order = "<" if flags & 1 else ">"
    return bytes([kind, flags]) + struct.pack(f"{order}H", len(body) if size is None else size) + body


TIME = sub(0x09, 1, bytes(8))


def data(payload: bytes, number: int = 1, flags: int = 5, qos: bytes = b"", size: int | None = None) -> bytes:
    order = "<" if flags & 1 else ">"
    head = struct.pack(f"{order}HH", 0, 16) + b"\0\0\1\7\0\0\1\2" + struct.pack(f"{order}iI", 0, number)
    return sub(0x15, flags, head + qos + payload, size)


def frags(payload: bytes, number: int = 1, size: int = 400, flags: int = 1) -> list[bytes]:
    order = "<" if flags & 1 else ">"
    out = []
    for place in range(0, len(payload), size):
        head = struct.pack(f"{order}HH", 0, 28) + b"\0\0\1\7\0\0\1\2" + struct.pack(f"{order}iI", 0, number)
        head += struct.pack(f"{order}IHHI", place // size + 1, 1, size, len(payload))
        out.append(message(TIME, sub(0x16, flags, head + payload[place : place + size])))
    return out


@pytest.mark.parametrize(
    "sent",
    [
        [message(TIME, data(CDR + PICTURE))],
        [message(data(CDR + PICTURE, size=0))],  # to the end of the datagram
        [message(data(CDR + PICTURE, flags=4))],  # big endian
        [message(data(CDR + PICTURE, flags=7, qos=QOS))],
        frags(CDR + PICTURE),
        frags(CDR + PICTURE, flags=0),
        frags(CDR + PICTURE)[::-1],
        [one for pair in zip(frags(CDR + PICTURE), frags(CDR + b"x" * 900, 2) * 2, strict=False) for one in pair],
        frags(CDR + PICTURE) + frags(CDR + PICTURE)[1:2],  # one comes again
    ],
)
def test_a_sample_is_one_message(sent: list[bytes]) -> None:
    messages, summary = read([up(one) for one in sent], segment=1 << 16, **ROW)
    assert summary.protocol == "rtps"
    whole = [one for one in messages if one.body == PICTURE]
    assert [(one.method, one.path, one.complete) for one in whole] == [("data", "00000102", True)]


@pytest.mark.parametrize("pad", [1, 2, 3])
def test_a_last_fragment_filled_up_to_four_bytes_is_whole(pad: int) -> None:
    sample = CDR + bytes(range(256)) * 4 + bytes(4 - pad)
    sent = frags(sample)
    last = sent[-1][HEAD + len(TIME) + SUBHEAD :] + bytes(pad)
    sent[-1] = message(TIME, sub(0x16, 1, last))
    messages, _ = read([up(one) for one in sent], **ROW)
    assert [(one.body, one.complete) for one in messages] == [(sample[4:], True)]


def test_more_than_filling_behind_a_sample_is_none_of_it() -> None:
    sent = frags(CDR + PICTURE)
    sent[-1] = message(TIME, sub(0x16, 1, sent[-1][HEAD + len(TIME) + SUBHEAD :] + bytes(4)))
    messages, _ = read([up(one) for one in sent], **ROW)
    assert [one.complete for one in messages] == [False]


@pytest.mark.parametrize("sent", [frags(CDR + PICTURE), [message(data(CDR + PICTURE))]])
def test_what_comes_again_is_no_second_sample(sent: list[bytes]) -> None:
    again = [*sent, *sent[:1], *sent]
    messages, _ = read([up(one) for one in again], segment=1 << 16, **ROW)
    assert [(one.body, one.complete) for one in messages] == [(PICTURE, True)]


def test_other_bytes_under_the_same_number_are_told() -> None:
    sent = frags(CDR + PICTURE) + frags(CDR + PICTURE[::-1])
    messages, _ = read([up(one) for one in sent], **ROW)
    assert [(one.body, one.complete) for one in messages] == [(PICTURE, True), (PICTURE[::-1], True)]


def test_what_came_is_remembered_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtps, "MOST_WHOLE", 10)
    monkeypatch.setattr(rtps, "MOST_COME", 20)
    reader, at = RtpsReader(), 0
    for n in range(50):
        one = message(data(CDR + bytes(30), n + 1))
        reader.feed(0, at, one)
        at += len(one)
    assert (len(reader.repeats[0].whole), len(reader.repeats[0].come)) == (10, 20)


def test_a_sample_of_one_number_is_told() -> None:
    messages, _ = read([up(message(data(CDR + b"\x12\0\0\x00110101199003074477")))], **ROW)
    assert [one.body[4:] for one in messages] == [b"110101199003074477"]


def test_a_lost_fragment_is_told() -> None:
    sent = frags(CDR + PICTURE)
    messages, _ = read([up(one) for one in sent[:1] + sent[2:]], **ROW)
    assert [(one.complete, one.missing) for one in messages] == [(False, [(396, 796)])]


def test_samples_under_way_are_bounded() -> None:
    firsts = [frags(CDR + bytes([n]) * 900, n + 1)[0] for n in range(MOST_SAMPLES + 4)]
    reader, at = RtpsReader(), 0
    out = []
    for one in firsts:
        out += reader.feed(0, at, one)
        at += len(one)
    assert len(out) == 4
    assert len(out + reader.finish()) == len(firsts)


def test_behind_what_is_no_rtps_images_are_looked_for() -> None:
    messages, _ = read([up(message(TIME)), up(b"??" + PICTURE + b"??")], **ROW)
    assert any("carved from here on" in note for one in messages for note in one.notes)
    assert any(one.protocol == "carved" and one.body == PICTURE for one in messages)


def test_what_is_recognised() -> None:
    assert recognise(Opening(message(TIME), b"", 1, 2, midstream=False)) is Verdict.YES
    assert recognise(Opening(b"RTPS\1" + bytes(30), b"", 1, 2, midstream=False)) is Verdict.NO
    assert recognise(Opening(b"RTPS\2", b"", 1, 2, midstream=False)) is Verdict.NO


@settings(deadline=None, max_examples=30)
@given(chunks=st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=60).map(lambda one: message(one))), max_size=8))
def test_noise_is_no_error(chunks) -> None:
    check_noise(RtpsReader, chunks)
