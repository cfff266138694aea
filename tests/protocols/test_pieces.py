"""Pieces give what was put in, wherever it lay meanwhile, and keep no file longer than needed."""

import random

import pytest

from netaudit.protocols import pieces
from netaudit.protocols.carve import Carver
from netaudit.protocols.pieces import HOLE, Pieces


@pytest.fixture
def spill(monkeypatch, tmp_path):
    """Little memory."""
    made = pieces._Spill()
    made.folder = str(tmp_path)
    monkeypatch.setattr(pieces, "_SPILL", made)
    monkeypatch.setattr(pieces, "MEMORY", 20_000)
    monkeypatch.setattr(pieces, "FILE", 50_000)
    return made


@pytest.mark.parametrize("seed", range(10))
def test_what_was_put_in_comes_out(spill, seed):
    chance = random.Random(seed)
    held: list[tuple[Pieces, bytearray]] = [(Pieces(), bytearray()) for _ in range(12)]
    for _ in range(600):
        one, slow = held[chance.randrange(len(held))]
        if chance.random() < 0.1:
            count = chance.choice([1, 100, 9000])
            one.zeros(count)
            slow += bytes(count)
        elif chance.random() < 0.05:
            assert one.flush() == slow
            slow.clear()
        else:
            data = chance.randbytes(chance.choice([0, 1, 300, 5000]))
            one.append(data)
            slow += data
        assert one.size == len(slow)
        assert spill.held <= pieces.MEMORY + 12 * (pieces.LEAST + 5000)
    for one, slow in held:
        assert one.flush() == slow
    assert (spill.held, spill.current) == (0, None)


def test_a_full_disk_keeps_all_in_memory(spill):
    spill.folder = "/nowhere/at/all"
    one = Pieces()
    for _ in range(30):
        one.append(b"x" * 5000)
    assert one.flush() == b"x" * 150_000


def test_a_hole_is_not_longer_than_what_was_captured_allows():
    one = Pieces()
    one.append(b"x" * 1000)
    one.zeros(HOLE)
    assert not one.full
    one.zeros(3000)
    one.append(b"y")
    assert one.full
    assert one.flush() == b"x" * 1000 + bytes(HOLE)
    one.append(b"z")
    assert one.flush() == b"z"


@pytest.mark.parametrize("seed", range(6))
def test_carving_does_not_depend_on_where_bytes_lie(spill, monkeypatch, seed):
    del spill
    chance = random.Random(seed)
    scan = bytes(chance.choice(range(0xFF)) for _ in range(3000))
    jpeg = b"\xff\xd8\xff\xe0\0\x10" + bytes(14) + b"\xff\xda\0\x08" + bytes(6) + scan + b"\xff\xd9"
    chunk = (
        b"\0\0\0\rIHDR" + bytes(17) + (9000).to_bytes(4, "big") + b"IDAT" + bytes(9004) + bytes(4) + b"IEND" + bytes(4)
    )
    text = b"junk" + jpeg + b"more" + b"\x89PNG\r\n\x1a\n" + chunk + b"tail" + jpeg[:2000]
    lost = (chance.randrange(len(text)), chance.choice([0, 50]))

    def carved():
        carver, out, at = Carver(0), [], 0
        while at < len(text):
            if at >= lost[0] and lost[1] and not out_of.count(at):
                out_of.append(at)
                out += carver.gap(at, lost[1])
                at += lost[1]
                lost_done.append(1)
                continue
            step = 100 if lost_done or not lost[1] else max(1, min(100, lost[0] - at))
            out += carver.feed(at, text[at : at + step])
            at += step
        return [(m.start, m.end, m.body, m.missing, m.unknown_from, m.complete) for m in [*out, *carver.finish()]]

    out_of: list[int] = []
    lost_done: list[int] = []
    plain = carved()
    out_of, lost_done = [], []
    monkeypatch.setattr("netaudit.protocols.carve.PASSED", 200)
    assert carved() == plain
    assert plain
