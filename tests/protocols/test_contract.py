"""What every reader of the list promises, whatever comes: no error, no matter how bytes are cut or lost."""

from __future__ import annotations

import gc
import random
import sys
import types

import pytest

from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.readers import BY_TRANSPORT, EXPECTED, FALLBACK, READERS, Entry, choose
from tests.protocols import examples
from tests.protocols.datagrams import SEEDS as DATAGRAMS
from tests.protocols.test_unattributed import PRELUDES

ENTRIES = [*READERS, *EXPECTED.values(), *FALLBACK.values()]
SEEDS = [
    b"", b"\x00" * 64, b"\xff" * 64, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"220 ready\r\n", b'{"a":1}', b"<a/>",
    bytes(range(256)), b"\x16\x03\x01\x00\x2f\x01" + bytes(80), b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00",
    b"DHIP", b"\x20\x00\x00\x00DHIP" + bytes(24) + b"{}", b"\xffSMB" + bytes(32), b"\x80\x60" + bytes(40),
    b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", b"REGISTER sip:a SIP/2.0\r\n\r\n", b"\x05\x01\x00",
]  # fmt: skip


def named(entry: Entry) -> str:
    return f"{entry.name}-{entry.transport}"


def words(entry: Entry) -> bytes:
    """Something that an entry takes as its own; empty for one that takes whatever is left."""
    if entry.transport == "tcp":
        return PRELUDES.get(entry.name, b"")
    asked = ((data, port) for data, ports in DATAGRAMS for port in ports or (80,))
    openings = ((data, Opening(data, b"", 40_000, port, midstream=False)) for data, port in asked)
    return next((data for data, opening in openings if entry.recognise(opening) is Verdict.YES), b"")


def noise(seed: int, own: bytes) -> list[tuple[int, bytes]]:
    """A conversation of sound beginnings, half of them words of one's own, random bytes and repetitions."""
    chance = random.Random(seed)
    turns = []
    for _ in range(chance.randint(1, 6)):
        begin = own if own and chance.random() < 0.5 else chance.choice(SEEDS)
        data = begin + chance.randbytes(chance.choice((0, 3, 40, 400)))
        turns.append((chance.randint(0, 1), data * chance.choice((1, 1, 2))))
    return turns


def feed(entry: Entry, turns: list[tuple[int, bytes]], chance: random.Random | None) -> list[tuple]:
    """Messages of a reader fed with turns: whole where `chance` is None, else cut and with holes between cuts."""
    reader = entry.make()
    reader.begin(Opening(b"", b"", 40_000, 80, midstream=False))
    at, out = [0, 0], []
    for direction, data in turns:
        pieces = [data]
        if chance is not None and entry.transport == "tcp" and len(data) > 1:
            middle = chance.randrange(1, len(data))
            pieces = [data[:middle], data[middle:]]
        for piece in pieces:
            if not piece or reader.hand_over is not None or not reader.wants_bytes:
                continue
            if chance is not None and chance.random() < 0.1:
                out += reader.gap(direction, at[direction], 17)
                at[direction] += 17
                if reader.hand_over is not None or not reader.wants_bytes:
                    continue
            out += reader.feed(direction, at[direction], piece)
            at[direction] += len(piece)
            assert reader.needed_from(direction) >= 0
    if reader.hand_over is None and reader.wants_bytes:
        out += reader.finish()
    reader.let_go()
    return out


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_any_bytes_any_cut_any_hole(entry: Entry) -> None:
    own = words(entry)
    for seed in range(40):
        chance = random.Random(seed)
        for message in feed(entry, noise(seed, own), chance):
            assert 0 <= message.start <= message.end
            assert message.direction in (0, 1)
            assert message.protocol
            assert all(0 <= start < end for start, end in message.missing)
            if message.missing or message.unknown_from is not None:
                assert not message.complete


@pytest.mark.parametrize("entry", READERS, ids=named)
def test_recognisers_answer_any_opening_and_keep_to_it(entry: Entry) -> None:
    for seed in range(60):
        chance = random.Random(seed)
        data = chance.choice(SEEDS) + chance.randbytes(chance.choice((0, 5, 100)))
        said = Verdict.MORE
        for end in range(1, len(data) + 1) if entry.transport == "tcp" else [len(data)]:
            verdict = entry.recognise(Opening(data[:end], b"", 40_000, 80, midstream=False))
            assert isinstance(verdict, Verdict)
            assert said in (Verdict.MORE, verdict), f"{entry.name} said {said}, then {verdict} of {data[:end]!r}"
            said = verdict


@pytest.mark.parametrize("ports", [(40_000, 80), (21, 40_000), (40_000, 25), (1883, 445), (37777, 554), (0, 0)])
def test_what_a_beginning_rules_out_is_ruled_out_by_all_recognisers(ports: tuple[int, int]) -> None:
    """Whatever stands behind the beginning, and in the other direction, and whatever was asked before."""
    chance = random.Random(f"{ports}")
    chosen = set()
    for _ in range(1500):
        up, down = (
            chance.choice(SEEDS)[: chance.choice((3, 8, 99))] + chance.randbytes(chance.choice((0, 0, 1, 9, 100)))
            for _ in range(2)
        )
        opening = Opening(up, chance.choice((b"", down)), *ports, midstream=chance.random() < 0.2)
        for final in (False, True):
            asked = [(entry, entry.recognise(opening)) for entry in BY_TRANSPORT["tcp"]]
            said = [one for one in asked if one[1] is not Verdict.NO and not (final and one[1] is Verdict.MORE)]
            entry, verdict = said[0] if said else (FALLBACK["tcp"], Verdict.YES)
            expected = (None, False) if verdict is Verdict.MORE else (entry, verdict is Verdict.SWAPPED)
            assert choose(opening, "tcp", final=final) == expected, opening
            chosen.add(entry.name)
    assert len(chosen) > 8


def held(reader: object) -> int:
    """Bytes of all that a reader holds by itself."""
    seen, size, todo = set[int](), 0, [reader]
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, SHARED):
            continue
        seen.add(id(one))
        size += sys.getsizeof(one)
        todo += gc.get_referents(one)
    return size


SHARED = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.CodeType)
OFTEN, MORE_HELD = 6000, 64 << 10  # times that the same is said; bytes


@pytest.mark.long
@pytest.mark.parametrize("entry", [one for one in READERS if words(one)], ids=named)
def test_whatever_is_said_over_and_over_is_held_up_to_a_bound(entry: Entry) -> None:
    own, sizes = words(entry), []
    reader = entry.make()
    reader.begin(Opening(own, b"", 40_000, 80, midstream=False))
    for number in range(2 * OFTEN):
        if reader.hand_over is not None or not reader.wants_bytes:
            return
        reader.feed(0, number * len(own), own)
        reader.consumed = reader.consumed and []  # as who feeds it does
        if number + 1 in (OFTEN, 2 * OFTEN):
            sizes.append(held(reader))
    assert sizes[1] - sizes[0] < MORE_HELD


def test_names_are_told_apart() -> None:
    assert len({(entry.name, entry.transport, entry.recognise) for entry in READERS}) == len(READERS)
    assert examples.EXAMPLES
