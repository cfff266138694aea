"""Packets in a row against the reader of frames: the kernel says the same of them, or leaves them to it."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.decryption.kernels_quic import in_turn
from netaudit.protocols.decryption.quic_frames import STREAM, frames
from netaudit.protocols.decryption.quic_keys import Packets
from netaudit.protocols.decryption.quic_rows import NONE, Row

NUMBER = st.one_of(st.integers(0, 70), st.integers(0, (1 << 62) - 1))


def varint(value: int) -> bytes:
    size = next(size for size in (1, 2, 4, 8) if value < 1 << (8 * size - 2))
    return (value | {1: 0, 2: 1, 4: 2, 8: 3}[size] << (8 * size - 2)).to_bytes(size, "big")


@st.composite
def stream(draw):
    kind, data = draw(st.integers(8, 15)), draw(st.binary(max_size=30))
    out = bytes([kind]) + varint(draw(NUMBER))
    if kind & 4:
        out += varint(draw(NUMBER))
    return out + (varint(len(data)) if kind & 2 else b"") + data


def numbers(kind, count):
    return st.lists(NUMBER, min_size=count, max_size=count).map(
        lambda said: bytes([kind]) + b"".join(map(varint, said))
    )


ACK = st.integers(0, 5).flatmap(
    lambda ranges: st.lists(NUMBER, min_size=1 + 2 * ranges, max_size=1 + 2 * ranges).map(
        lambda said: b"\2" + varint(9) + varint(9) + varint(ranges) + b"".join(map(varint, said))
    )
)
FRAME = st.one_of(
    stream(), ACK, numbers(0, 0), numbers(1, 0), numbers(4, 3), numbers(5, 2), numbers(16, 1), numbers(17, 2),
    numbers(25, 1), numbers(30, 0), st.binary(max_size=6),
)  # fmt: skip


def row_of(packets: list[bytes]) -> Row:
    sizes = np.array([len(data) for data in packets], np.int64)
    ends = np.cumsum(sizes)
    found = Packets(np.arange(len(packets)), np.frombuffer(b"".join(packets), np.uint8), ends, ends - sizes)
    return Row(found, np.full(len(packets), 1000, np.int64))


def parts_of(turns: list[int], *rows: Row) -> list[list[int]]:
    """What packets bring in turn: direction, whether unusual, first and last."""
    parts = np.empty((1000, 4), np.int64)
    columns = [row.columns for row in rows] + [NONE] * (2 - len(rows))
    count = in_turn(np.array(turns, np.uint8), *columns[0], *columns[1], np.zeros((2, 2), np.int64), parts)
    return parts[:count].tolist()


@settings(deadline=None)
@given(st.lists(st.lists(FRAME, min_size=1, max_size=4).map(b"".join), min_size=1, max_size=8))
def test_what_it_says_of_a_packet_is_what_its_frames_say(packets):
    packets = [data or b"\0" for data in packets]
    row, place, number = row_of(packets), 1000, 0
    for at, data in enumerate(packets):
        said = [frame for frame in frames(data) if frame.kind == STREAM]
        count = row.columns[0][at]
        if count >= 0:
            assert len(said) == count == len(list(frames(data)))
        for frame in said[: max(count, 0)]:
            part, begin = row.part(number, number), place + frame.at
            assert (part.stream, part.offset, part.data, part.last) == (
                frame.stream, frame.offset, frame.data, frame.last,
            )  # fmt: skip
            assert part.spans == ([len(frame.data)], [begin], [begin + len(frame.data)])
            number += 1
        place += len(data)


@settings(deadline=None)
@given(st.binary(max_size=80), st.lists(st.booleans(), max_size=12))
def test_packets_of_a_stream_go_on_until_something_else_comes(data, quiet):
    """Acknowledgements between them do not end the row; a frame that is left to others does."""
    packets, sent, at = [], b"", 0
    for silent in quiet:
        if silent:
            packets.append(b"\1\0\0")
        piece = data[at : at + 9]
        packets.append(b"\x0e\4" + varint(7000 + at) + varint(len(piece)) + piece)
        sent, at = sent + piece, at + len(piece)
    row = row_of([*packets, b"\4\4\0\0", b"\x0e\4" + varint(7000 + at) + b"\0"])
    parts = parts_of([0] * (len(packets) + 2), row)
    *before, other, behind = parts
    assert other == [0, 1, len(packets), len(packets)]
    assert behind == [0, 0, len(quiet), len(quiet)]
    assert before == ([[0, 0, 0, len(quiet) - 1]] if quiet else [])
    if quiet:
        part = row.part(0, len(quiet) - 1)
        assert (part.offset, part.data, sum(part.spans[0])) == (7000, sent, len(sent))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2)), max_size=30))
def test_directions_take_turns(sent):
    """A part ends where the other direction says something, not where that keeps still; frames keep their order."""
    packets, at, told = ([], []), [0, 0], []
    for direction, count in sent:
        said = b""
        for _ in range(count):
            said += b"\x0e\4" + varint(at[direction]) + b"\1x"
            told.append((direction, at[direction]))
            at[direction] += 1
        packets[direction].append(said or b"\1")
    rows = [row_of(one) for one in packets]
    parts = parts_of([direction for direction, _ in sent], *rows)
    assert [(one, frame) for one, _, first, last in parts for frame in range(first, last + 1)] == told
    assert all(a[0] != b[0] for a, b in itertools.pairwise(parts))


def test_more_frames_than_fit_go_the_other_way():
    row = row_of([b"\x0a\4\0" * 20, b"\x0a\4\1x"])
    assert row.columns[0].tolist() == [-1, 1]
    assert row.part(0, 0).data == b"x"
