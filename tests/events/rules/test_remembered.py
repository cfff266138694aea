"""What is remembered of a text, or asked before it is searched, is what a search of it would find."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.events.event_values import LONGEST_ADDRESS, MOST_CODES, Values, address_code
from netaudit.events.identity.from_unwrapping import Personal, address_tail
from netaudit.events.identity.value_hash import hash_value
from netaudit.events.rules import addresses, entries
from netaudit.events.rules.addresses import picture_urls

if TYPE_CHECKING:
    from netaudit.core.schema import Row

PIECES = [
    "a",
    "/",
    "\\/",
    "face",
    ".jpg",
    ".JPEG",
    ".",
    "http://",
    "HTTPS:\\/\\/",
    "host.cn",
    " ",
    '"',
    "x" * 9,
    "?a=1",
]
KEY = b"k" * 32


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_texts_that_are_not_searched_name_no_picture(text: str) -> None:
    with mock.patch.object(addresses, "_may_name", return_value=True):
        searched = picture_urls(text.encode())
    assert picture_urls(text.encode()) == searched


def test_what_a_pattern_finds_is_what_re2_finds() -> None:
    for text in ("^(?:11|12)$", "face", r"(\d+)-x"):
        later, compiled = entries.Later(text), entries.pattern(text)
        for value in ("11", "FACE", "a face", "", "77-X", "77-x" * 99, "7" * 500) * 2:
            found, wanted = later.search(value), compiled.search(value)
            assert (found is None) == (wanted is None)
            if found is not None:
                assert (found[0], found.span(), found.re.groups) == (wanted[0], wanted.span(), wanted.re.groups)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), max_size=9))
def test_codes_of_addresses_are_those_of_their_parts(texts: list[str]) -> None:
    kept: list[Row] = []
    values = Values(KEY, kept.append)
    for address in texts * 2:
        code, tail = values.codes(address)
        assert code == values.address(address) == address_code(KEY, address)
        one = Personal("picture", "", "", address, "named")
        assert tail in ("", hash_value(KEY, one))
        assert bool(tail) == bool(address_tail(address))
    assert not kept


def test_codes_are_few_and_of_short_addresses() -> None:
    values = Values(KEY, lambda _: None)
    for number in range(MOST_CODES + 3):
        values.codes(f"/pictures/{number:020}.jpg")
    values.codes("/a" * LONGEST_ADDRESS)
    assert len(values._addresses) == 3
