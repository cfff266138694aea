"""Files in pieces at offsets: whole in any order, never without a byte, holes exact, contents told apart, bounded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.tables.finalizing.stored import StoredPart
from netaudit.tables.pieces import END, PIECE, RANGE, SENT
from tests.content.samples import JPEG
from tests.tables.finalizing.joining import joined, stored

SIZE = len(JPEG)
OTHER = JPEG[:700] + JPEG[700:720][::-1] + JPEG[720:]


def piece(first: int, last: int, ts: int, data: bytes = JPEG, role: str = RANGE) -> StoredPart:
    body = data[first:last]
    return StoredPart("u", 0, "a.jpg", f"m{ts}", f"o{ts}", stored(body), len(body), True, ts, role, first)


def end(size: int, ts: int = 99) -> StoredPart:
    return StoredPart("u", 0, "", f"m{ts}", "", "", size, False, ts, END)


@pytest.mark.parametrize("role", [RANGE, SENT, PIECE])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_whole_in_any_order(role: str, order: tuple[int, ...]) -> None:
    cuts = ((0, 700), (700, 1400), (1400, SIZE))
    rows = [piece(*cuts[i], ts, role=role) for ts, i in enumerate(order)]
    (one,) = joined([*rows, end(SIZE)])
    assert (one.leaf.part.data, one.leaf.part.complete, one.leaf.part.name) == (JPEG, True, "a.jpg")
    assert one.shreds == ["m0", "m1", "m2"]
    assert one.part_ids == ["o0", "o1", "o2"]


def test_holes_are_exact() -> None:
    (one,) = joined([piece(0, 700, 1), piece(1400, SIZE - 5, 2), end(SIZE)])
    assert one.leaf.part.missing == [(700, 1400), (SIZE - 5, SIZE)]
    assert (one.leaf.part.unknown_from, len(one.leaf.part.data)) == (None, SIZE)


def test_nothing_is_whole_without_its_size() -> None:
    for rows in ([], [end(-1)], [end(SIZE - 1)], [end(SIZE + 1)]):
        (one,) = joined([piece(0, 700, 1), piece(700, SIZE, 2), *rows])
        assert not one.leaf.part.complete
        assert one.leaf.part.data[:SIZE] == JPEG


def test_one_message_alone_is_no_news() -> None:
    assert not joined([piece(0, 700, 1), piece(900, SIZE, 1), end(SIZE)])


def test_overlaps_that_agree() -> None:
    (one,) = joined([piece(0, 900, 1), piece(500, 1400, 2), piece(0, SIZE, 3), end(SIZE)])
    assert one.leaf.part.complete


def test_ranges_that_contradict_are_of_another_content() -> None:
    rows = [piece(0, 800, 1), piece(800, SIZE, 2), piece(0, 800, 3, OTHER), piece(800, SIZE, 4, OTHER)]
    both = joined([*rows, end(SIZE)])
    assert [one.leaf.part.data for one in both] == [JPEG, OTHER]
    assert all(one.leaf.part.complete for one in both)
    assert len({one.object_id for one in both}) == 2


@pytest.mark.parametrize("role", [RANGE, SENT])
def test_two_that_take_turns_are_not_mixed(role: str) -> None:
    halves = [(0, 800, JPEG), (0, 800, OTHER), (800, SIZE, JPEG[:-3] + b"x" + JPEG[-2:]), (800, SIZE, OTHER)]
    rows = [piece(first, last, ts, data, role) for ts, (first, last, data) in enumerate(halves)]
    assert not joined([*rows, end(SIZE)])
    late = [replace(row, ts=row.ts + (70 * 10**9 if row.ts else 0)) for row in (rows[0], rows[1], rows[3])]
    assert len(joined([*late, end(SIZE, 10**12)])) == (1 if role == SENT else 0)  # nobody sends the rest so late


def test_writes_that_contradict_are_left_in_pieces() -> None:
    rows = [piece(0, 800, 1, role=PIECE), piece(690, SIZE, 2, OTHER, PIECE)]
    assert not joined([*rows, end(SIZE)])


def test_a_piece_far_away_costs_no_memory() -> None:
    far = StoredPart("u", 0, "", "m9", "o9", piece(0, 10, 0).sha256, 10, True, 9, RANGE, 200 << 20)
    (one,) = joined([piece(0, 700, 1), piece(700, 800, 2), far, end((200 << 20) + 10)])
    assert len(one.leaf.part.data) == 800
    assert one.leaf.part.unknown_from == 800


def test_ranges_sent_much_later_are_of_another_content() -> None:
    rows = [piece(0, 700, 1, role=SENT), piece(700, SIZE, 70 * 10**9, role=SENT), end(SIZE)]
    assert not joined(rows)
    (one,) = joined([replace(row, role=RANGE) if row.role == SENT else row for row in rows])
    assert one.leaf.part.complete


def test_what_is_joined_is_called_the_same_in_every_audit() -> None:
    rows = [piece(0, 700, 1), piece(700, SIZE, 2), end(SIZE)]
    (one,), (two,) = joined(rows), joined([replace(row, upload="v") for row in rows])
    assert one.object_id == two.object_id


def test_pieces_that_are_gone_are_missing() -> None:
    gone = StoredPart("u", 0, "", "m5", "o5", "0" * 64, 100, True, 5, RANGE, 700)
    (one,) = joined([piece(0, 700, 1), gone, piece(800, SIZE, 6), end(SIZE)])
    assert one.leaf.part.missing == [(700, 800)]


def test_contents_are_bounded() -> None:
    rows = [piece(0, 50, ts, bytes([ts % 256, ts // 256]) * 40) for ts in range(400)]
    assert len(joined([*rows, end(80, 999)])) <= 64


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 120), st.integers(1, 60), st.integers(0, 5), st.booleans()), max_size=14),
    st.integers(-1, 140),
    st.sampled_from([RANGE, PIECE]),
)
def test_what_is_called_whole_is_whole(spans: list[tuple[int, int, int, bool]], size: int, role: str) -> None:
    """Against bytes that are put down one by one."""
    text = bytes(range(1, 181))
    wrong = bytes(180)
    rows = [
        piece(first, first + count, ts, wrong if bad and role == PIECE else text, role)
        for first, count, ts, bad in spans
    ]
    for one in joined([*rows, end(size)]):
        part = one.leaf.part
        holes = {at for a, b in part.missing for at in range(a, b)}
        known = part.unknown_from if part.unknown_from is not None else len(part.data)
        there = {at for row in rows for at in range(row.offset, row.offset + row.size)}
        assert {at for at in range(known) if at in there} == {at for at in range(known) if at not in holes}
        if part.complete:
            assert len(part.data) == size
            assert part.data == text[:size] or role == PIECE
