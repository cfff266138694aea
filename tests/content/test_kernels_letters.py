"""Kernels over letters and markup against plain Python that says what they give."""

from __future__ import annotations

import base64
import binascii
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.content.codecs.binary_to_text import is_only_base64
from netaudit.content.kernels_letters import NONE, says_nothing, write_bytes
from netaudit.content.kernels_markup import between_markup
from netaudit.core.text.json_text import unescape
from netaudit.core.text.kernels_escapes import write_unslashed

SPACE = b" \t\r\n\x0b\x0c\\"
LETTERS = st.text("ABab019+/-_", max_size=40).map(str.encode)
AMONG = st.text("AZaz09+/-_=\\ \r\n\t\x00!.", max_size=60).map(str.encode)


def octets(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8)


def decoded(data: bytes) -> bytes | None:
    out = np.empty(len(data) // 4 * 3 + 2, np.uint8)
    size = write_bytes(octets(data), out)
    return None if size == NONE else out[:size].tobytes()


def as_python_does(data: bytes) -> bytes | None:
    """Cleaned, then by the library: letters and nothing else, and no six bits too many."""
    letters = data.translate(bytes.maketrans(b"-_", b"+/"), SPACE).rstrip(b"=\x00")
    if re.fullmatch(rb"[A-Za-z0-9+/]*", letters) is None or len(letters) % 4 == 1:
        return None
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


@given(st.one_of(AMONG, LETTERS, st.binary(max_size=80).map(base64.b64encode)))
def test_bytes_of_letters_are_those_of_the_library(data: bytes) -> None:
    assert decoded(data) == as_python_does(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", b""),
        (b"QUJD", b"ABC"),
        (b"QUI", b"AB"),
        (b"QUI=", b"AB"),
        (b"QQ", b"A"),
        (b"Q", None),
        (b"QUJDQ", None),
        (b"QU\r\nJD", b"ABC"),
        (b"QU\\JD", b"ABC"),
        (b"-_-_", b"\xfb\xff\xbf"),
        (b"QQ==\r\n\x00", b"A"),
        (b"QQ==QUJD", None),
        (b"QUJD!", None),
    ],
)
def test_bytes_of_letters(data: bytes, says: bytes | None) -> None:
    assert decoded(data) == says


@given(st.text("019a \n\x0b", max_size=40).map(str.encode), st.integers(1, 6))
def test_what_letters_say_beside(data: bytes, digits: int) -> None:
    row = re.search(rb"[0-9]{%d}" % digits, data) is not None
    lines = list(map(len, data.split()))
    even = len(lines) < 2 or (len(set(lines[:-1])) == 1 and lines[-1] <= lines[0])
    assert says_nothing(octets(data), digits) == (even and not row)


@pytest.mark.parametrize(
    ("letters", "only"),
    [
        (b"", True),
        (b"  ", True),
        (b"AbCd", True),
        (b"A" + b"1" * 14 + b"B", True),
        (b"A" + b"1" * 15 + b"B", False),
        (b"1" * 15, False),
        (b"AAAA\nBBBB\nCC", True),
        (b"AAAA\nBBBB\nCCCCC", False),
        (b"AAAA\nBBB\nCC", False),
        (b"AA\nBBB", False),
    ],
)
def test_only_base64(letters: bytes, only: bool) -> None:
    assert is_only_base64(letters) == only


@given(st.text("ab<>\"'&", max_size=60).map(str.encode), st.integers(1, 8))
def test_stretches_without_markup(data: bytes, least: int) -> None:
    spans = np.empty((len(data) // least + 1, 2), np.int64)
    found = between_markup(octets(data), least, spans)
    says = [one.span() for one in re.finditer(rb"[^<>\"'&]+", data) if len(one[0]) >= least]
    assert [tuple(one) for one in spans[:found].tolist()] == says


@given(st.text("ab/\\n", max_size=30).map(str.encode))
def test_slashes(data: bytes) -> None:
    out = np.empty(len(data), np.uint8)
    size = write_unslashed(octets(data), out)
    other = b"\\" in data.replace(b"\\/", b"")
    assert size == -1 if other else out[:size].tobytes() == data.replace(b"\\/", b"/")


@pytest.mark.parametrize(
    ("raw", "says"),
    [(rb"a\/b", b"a/b"), (rb"a\\/b", rb"a\/b"), (rb"\u0041\/", b"A/"), (rb"\q\/\"\n", b'\\q/"\n'), (b"", b"")],
)
def test_escapes_of_strings(raw: bytes, says: bytes) -> None:
    assert unescape(raw) == says
