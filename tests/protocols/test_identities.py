"""Identity numbers in bytes nobody understands: found however they are cut, given with what stands around them."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.protocols import kernels_numbers
from netaudit.protocols.carve import CarveReader
from netaudit.protocols.identities import AROUND, Surroundings
from netaudit.protocols.kernels_numbers import LENGTH, WIDE, next_number
from tests.processor_time import within
from tests.reference import messages as twin

if TYPE_CHECKING:
    from netaudit.protocols.message import Message

NUMBER = b"11010519491231002X"
LINE = '{"vName": "张三", "vCardNo": "11010519491231002X"}'.encode()
WIDE_NUMBER = NUMBER.decode().encode("utf-16-le")
BIG_NUMBER = NUMBER.decode().encode("utf-16-be")


def heard(pieces: list[bytes], *, ended: bool = True) -> list[tuple[int, bytes, bool]]:
    side, at = Surroundings(0), 0
    out: list[Message] = []
    for piece in pieces:
        out += side.feed(at, piece)
        at += len(piece)
        assert side.needed_from(at) <= at
    out += side.finish(ended=ended)
    return [(one.start, one.body, one.complete) for one in out]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (NUMBER, (0, LENGTH)),
        (NUMBER.lower(), (0, LENGTH)),
        (b"abc" + NUMBER + b"d", (3, LENGTH)),
        (b"1" + NUMBER, (-1, 0)),
        (NUMBER + b"1", (-1, 0)),
        (b"110105194912310021", (-1, 0)),  # its check digit is wrong
        (b"110105194913310027", (-1, 0)),  # no such month
        (b"\x12\x00" + WIDE_NUMBER, (2, WIDE)),
        (b"\x12" + NUMBER + b"0", (1, LENGTH)),  # its length says where it ends
        (b"\x13" + NUMBER + b"0", (-1, 0)),
        (WIDE_NUMBER + b"1\x00", (-1, 0)),
        ("客户7".encode("utf-16-be") + BIG_NUMBER + "已".encode("utf-16-be"), (-1, 0)),
        (
            "客户".encode("utf-16-be") + BIG_NUMBER + "户".encode("utf-16-be"),
            (5, WIDE),
        ),  # bytes of a sign look like digits
        (b"\x01" + "户".encode("utf-16-be") + BIG_NUMBER, (4, WIDE)),
    ],
)
def test_what_a_number_is(data: bytes, expected: tuple[int, int]) -> None:
    assert next_number(np.frombuffer(data, np.uint8), 0) == expected == twin.next_number(data, 0)


@pytest.mark.parametrize("digits", [b"1", b"1\x00"])
def test_a_run_of_digits_is_looked_at_once(digits: bytes) -> None:
    next_number(np.frombuffer(digits, np.uint8), 0)  # compiled before it is timed
    data = digits * (1 << 19)
    with within(1):  # back to the beginning of the run each time, it were four and more
        assert next_number(np.frombuffer(data, np.uint8), 0) == (-1, 0)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 2**32))
def test_the_kernel_and_its_twin_agree(before: int, behind: int, seed: int) -> None:
    rng = random.Random(seed)
    noise = [bytes(rng.choice(b"0123456789\x00\x12X") for _ in range(count)) for count in (before, behind)]
    for number in (NUMBER, WIDE_NUMBER):
        data = noise[0] + number + noise[1]
        assert next_number(np.frombuffer(data, np.uint8), 0) == twin.next_number(data, 0)


class Counted:
    """Bytes that count how often one of them is looked at."""

    def __init__(self, data: bytes) -> None:
        self.data, self.size, self.looks = np.frombuffer(data, np.uint8), len(data), 0

    def __getitem__(self, at: int) -> np.uint8:
        self.looks += 1
        return np.uint8(self.data[at])


@pytest.mark.parametrize("digit", [b"7", b"7\0"])
def test_a_long_run_of_digits_is_walked_once(digit: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels_numbers, "is_number", lambda data, at, step: False)
    walk, looks = getattr(next_number, "py_func", next_number), []
    for count in (2_000, 20_000):
        counted = Counted(digit * count)
        with np.errstate(over="ignore"):
            assert walk(counted, 0) == (-1, 0)
        looks.append(counted.looks)
    assert looks[1] < 11 * looks[0]


def test_a_text_between_marks_is_whole() -> None:
    data = b"\x00\x01\x02\x03" + LINE + b"\x00\x00"
    assert heard([data]) == [(4, LINE, True)]


def test_a_text_that_goes_on_is_not_whole() -> None:
    long = LINE + b" " * 3 * AROUND
    [(start, body, whole)] = heard([long])
    assert (start, whole) == (0, False)
    assert body.startswith(LINE)
    assert heard([LINE], ended=False) == [(0, LINE, False)]


def test_bytes_without_a_number_say_nothing() -> None:
    assert not heard([random.Random(1).randbytes(50_000), b"order 202603141530225817 ok"])


@given(
    st.lists(st.sampled_from([LINE, NUMBER, b"\n", b"\x00" * 7, b"x" * 700, b"7" * 40, WIDE_NUMBER]), max_size=12),
    st.integers(),
)
def test_any_cut_gives_the_same(parts: list[bytes], seed: int) -> None:
    data, rng = b"".join(parts), random.Random(seed)
    cuts = sorted({0, len(data), *(rng.randrange(len(data) + 1) for _ in range(6))})
    pieces = [data[a:b] for a, b in itertools.pairwise(cuts)]
    assert heard(pieces) == heard([data])


def test_a_gap_ends_what_is_around() -> None:
    reader = CarveReader()
    out = reader.feed(0, 0, LINE[:20]) + reader.gap(0, 20, 5) + reader.feed(0, 25, LINE) + reader.finish()
    assert [(one.start, one.body) for one in out] == [(25, LINE)]
