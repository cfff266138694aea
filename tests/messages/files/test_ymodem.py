"""YMODEM and XMODEM over TCP: files with and without a name, blocks that come again, losses, noise."""

from __future__ import annotations

import binascii

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.messages.files import ymodem
from netaudit.messages.files.filebytes import LIMIT_NOTE
from netaudit.messages.files.ymodem import YmodemReader, recognise
from netaudit.messages.reader import Opening, Verdict
from tests.messages.carrier import check_noise
from tests.reference.messages import down, read, up
from tests.unwrapping.samples import picture

PICTURE = picture(seed=29, size=(96, 96))
ROW = {"proto": 6, "client_port": 41000, "server_port": 4001}


def block(number: int, data: bytes, fill: bytes = b"\x1a") -> bytes:
    size = 128 if len(data) <= 128 else 1024
    data = data.ljust(size, fill)
    return (
        bytes([1 if size == 128 else 2, number & 255, ~number & 255])
        + data
        + binascii.crc_hqx(data, 0).to_bytes(2, "big")
    )


def named(size: bytes = b"") -> bytes:
    return block(0, b"a.jpg\0" + size, b"\0")


def blocks(data: bytes) -> list[bytes]:
    return [block(n + 1, data[at : at + 1024]) for n, at in enumerate(range(0, len(data), 1024))]


LENGTH = str(len(PICTURE)).encode()


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ([named(LENGTH + b" 0 0"), *blocks(PICTURE)], "a.jpg"),
        ([named(), *blocks(PICTURE)], "a.jpg"),
        (blocks(PICTURE), ""),
        ([named(LENGTH), blocks(PICTURE)[0], *blocks(PICTURE)], "a.jpg"),  # one comes again
    ],
)
def test_a_file_is_one_message(sent: list[bytes], name: str) -> None:
    events = [down(b"C")]
    for one in sent:
        events += [up(one), down(b"\x06")]
    messages, summary = read([*events, up(b"\x04"), down(b"\x06")], **ROW)
    assert summary.protocol == "ymodem"
    (one,) = [one for one in messages if one.body]
    assert (one.file_name, one.body, one.complete) == (name, PICTURE, True)


def test_two_files_are_two() -> None:
    sent = b"".join(
        [named(LENGTH), *blocks(PICTURE), b"\x04", named(b"30"), block(1, b"x" * 30), b"\x04", block(0, b"", b"\0")]
    )
    messages, _ = read([up(sent)], **ROW)
    assert [one.body for one in messages if one.body] == [PICTURE, b"x" * 30]


def _sent(sent: bytes, step: int) -> list[tuple[bytes, bool]]:
    messages, _ = read([up(sent[at : at + step]) for at in range(0, len(sent), step)], segment=1 << 16, **ROW)
    return [(one.body, one.complete) for one in messages if one.body]


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize("between", [b"\x04", b"\x18\x18\x18\x04", b"\x04\x04", b"\x04\x18\x18"])
def test_a_file_ends_at_its_mark_however_the_bytes_come(between: bytes, step: int) -> None:
    sent = block(1, b"a" * 1000) + between + block(1, b"b" * 1000) + b"\x04"
    assert _sent(sent, step) == [(b"a" * 1000, True), (b"b" * 1000, True)]


@pytest.mark.parametrize("step", [1, 1 << 20])
def test_a_mark_behind_bytes_that_are_no_block_ends_nothing_whole(step: int) -> None:
    assert _sent(block(1, b"a" * 1000) + b"?" * 60 + b"\x04", step) == [(b"a" * 1000, False)]
    again = block(1, b"a" * 1024) + b"?" * 60 + block(2, b"b" * 1000) + b"\x04"
    assert _sent(again, step) == [(b"a" * 1024 + b"b" * 1000, True)]


@pytest.mark.parametrize("step", [1, 1 << 20])
def test_a_block_that_comes_again_sound_replaces_the_damaged_one(step: int) -> None:
    sound = block(1, b"a" * 1024)
    damaged = sound[:500] + b"?" + sound[501:]
    assert _sent(named() + damaged + sound + block(2, b"b") + b"\x04", step) == [(b"a" * 1024 + b"b", True)]
    assert _sent(named() + damaged + block(2, b"b") + b"\x04", step)[0][1] is False


def test_other_bytes_under_the_same_number_are_kept() -> None:
    assert _sent(block(1, b"a" * 1024) + block(1, b"b" * 1024) + b"\x04", 1 << 20) == [
        (b"a" * 1024 + b"b" * 1024, False)
    ]


def test_pictures_in_blocks_that_should_name_a_file_are_found() -> None:
    small = picture(seed=29, size=(16, 16))
    sent = b"".join(block(0, small[at : at + 1024]) for at in range(0, len(small), 1024))
    messages, _ = read([up(sent + b"\x04")], **ROW)
    assert [one.body for one in messages if one.protocol == "carved"] == [small]


def test_a_file_over_the_bound_is_not_called_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ymodem, "MOST", 1024)
    sent = b"".join([block(n, b"a" * 1024) for n in (1, 2)]) + b"\x04"
    messages, _ = read([up(sent)], **ROW)
    (one,) = [one for one in messages if one.body]
    assert (one.body, one.complete, one.notes) == (b"a" * 1024, False, [LIMIT_NOTE])


@pytest.mark.parametrize("missing", [1, 2])
def test_a_lost_block_is_told(missing: int) -> None:
    sent = [named(LENGTH), *blocks(PICTURE)]
    del sent[missing]
    messages, _ = read([up(b"".join(sent) + b"\x04")], **ROW)
    assert [one.complete for one in messages if one.body] == [False]


def test_a_file_that_breaks_off_is_told() -> None:
    messages, _ = read([up(b"".join([named(LENGTH), *blocks(PICTURE)[:1]]))], **ROW)
    assert [one.complete for one in messages if one.body] == [False]


def test_only_a_sound_block_is_recognised() -> None:
    first = named(LENGTH)
    assert recognise(Opening(first, b"C", 1, 2, midstream=False)) is Verdict.YES
    assert recognise(Opening(b"C", first, 1, 2, midstream=False)) is Verdict.SWAPPED
    assert recognise(Opening(first[:60], b"", 1, 2, midstream=False)) is Verdict.MORE
    assert recognise(Opening(first[:-1] + b"\0\0", b"", 1, 2, midstream=False)) is Verdict.NO
    assert recognise(Opening(b"GET / HTTP/1.1", b"", 1, 2, midstream=False)) is Verdict.NO


@settings(deadline=None, max_examples=30)
@given(chunks=st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=60)), max_size=8))
def test_noise_is_no_error(chunks) -> None:
    check_noise(YmodemReader, chunks)
