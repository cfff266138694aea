"""Bodies under way: whatever they come in, they cost little more than their bytes."""

from __future__ import annotations

import pytest

from netaudit.protocols.http1.body import Whole
from netaudit.protocols.http2.exchange import Half
from netaudit.protocols.message import Message
from netaudit.protocols.pieces import FREE, SMALL

BODY = bytes(range(1, 251)) * 160


@pytest.mark.parametrize("step", [2, 3, 1000])
def test_small_chunks_are_joined_now_and_then(step: int) -> None:
    out: list[Message] = []
    whole, half = (
        Whole(Message("http", 0, 0, 0), out.append, in_place=True),
        Half(Message("http2", 0, 0, 0), headed=True),
    )
    most = 0
    for at in range(0, len(BODY), step):
        whole.add(BODY[at : at + step], at)
        half.add(BODY[at : at + step], at, at)
        most = max(most, len(whole.pieces._parts), len(half.pieces._parts))
    whole.close(len(BODY), known=True)
    assert out[0].body == half.close(len(BODY), known=True).body == BODY
    assert most <= (FREE + len(BODY)) // SMALL + 1
    assert half.kept == len(BODY)


def test_holes_stay_in_their_places() -> None:
    out: list[Message] = []
    whole = Whole(Message("http", 0, 0, 0), out.append, in_place=True)
    for at in range(0, 30_000, 3):
        whole.add(b"ab", at)
        whole.lose(1, at + 2)
    whole.close(30_000, known=True)
    assert out[0].body.startswith(b"ab\0ab\0")
    assert (len(out[0].missing), len(out[0].body.rstrip(b"\0"))) == (10_000, 29_999)
