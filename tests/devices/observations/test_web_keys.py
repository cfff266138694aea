"""Keys of JSON bodies, against the plain expression."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.devices.observations import web

PIECES = ['"', "ab", "abc_d", ": ", ":", '"key"', '"Key-2":1,', '\\"', " ", '"longer_name" :', "{", "é"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=40).map(lambda pieces: "".join(pieces).encode()),
    st.integers(1, 30),
    st.integers(0, 400),
)
def test_keys_are_those_of_the_expression(body: bytes, times: int, end: int) -> None:
    """With few quotation marks and with many."""
    body *= times
    found = [match.span() for match in web._matches(web.JSON_KEY, body, end)]
    assert found == [match.span() for match in web.JSON_KEY.finditer(body, 0, end)]


def test_keys_behind_a_picture_are_found() -> None:
    """Few quotation marks in much text."""
    body = b'{"picture":"' + b"A" * 200_000 + b'","plate_no":"x"}'
    assert web._keys("application/json", body) == (b"picture", b"plate_no")
