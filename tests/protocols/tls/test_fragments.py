"""Pieces in any order make the same bytes as a plain array would."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.tls.fragments import MOST_PIECES, Fragments

LIMIT = 60


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 70), st.integers(0, 30)), max_size=30), st.randoms(use_true_random=False))
def test_pieces_of_one_text_give_its_beginning(places, chance):
    text = bytes(range(200, 200 + 56)) + bytes(100)
    fragments, known = Fragments(LIMIT), set()
    taken = b""
    for offset, size in places:
        new = set(range(offset, min(offset + size, LIMIT))) - known
        fragments.add(offset, text[offset : offset + size])
        known |= new
        if chance.random() < 0.3:
            taken += fragments.read(chance.randrange(20))
    whole = next((i for i in range(LIMIT + 1) if i not in known), LIMIT)
    assert taken + fragments.read(LIMIT) == text[:whole]


def test_what_came_first_stays():
    fragments = Fragments(100)
    assert fragments.add(2, b"CD")
    assert not fragments.add(2, b"xx")
    assert fragments.add(0, b"ABxxEF")
    assert bytes(fragments.ready) == b"ABxxEF"  # what is in order first is kept, whatever waited behind it
    assert not fragments.waiting
    assert not fragments.add(0, b"zzzz")
    assert fragments.read(3) == b"ABx"
    assert not fragments.add(1, b"y")


def test_limits():
    fragments = Fragments(1 << 20)
    for i in range(MOST_PIECES + 10):
        fragments.add(2 * i + 2, b"x")
    assert len(fragments.waiting) == MOST_PIECES
    assert not fragments.add(1 << 20, b"x")
    assert not fragments.empty
    assert Fragments(5).empty
