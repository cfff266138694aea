"""Packets in a row against the reader of frames: the kernel says the same of them, or leaves them to it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from netaudit.messages.opening.quic_frames import STREAM, frames
from netaudit.messages.opening.quic_keys import Found
from netaudit.messages.opening.quic_rows import Row

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
    found, at = [], 0
    for number, data in enumerate(packets):
        found.append(Found(number, data, at))
        at += len(data)
    return Row(found, np.full(len(packets), 1000, np.int64))


@given(st.lists(st.lists(FRAME, min_size=1, max_size=4).map(b"".join), min_size=1, max_size=8))
def test_what_it_says_of_a_packet_is_what_its_frames_say(packets):
    packets = [data or b"\0" for data in packets]
    row, place = row_of(packets), 1000
    for at, data in enumerate(packets):
        said = [frame for frame in frames(data) if frame.kind == STREAM]
        if row.streams[at] >= 0:
            assert len(said) == row.streams[at] == len(list(frames(data)))
        if row.streams[at] == 1:
            part = row.part(at, at + 1)
            (frame,) = said
            assert (part.stream, part.offset, part.data, part.last) == (
                frame.stream, frame.offset, frame.data, frame.last,
            )  # fmt: skip
            assert part.spans == [(len(frame.data), place + frame.at, place + frame.at + len(frame.data))]
        place += len(data)


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
    assert row.streams[-2] == -1
    if packets:
        first = row.streams.index(1)
        assert row.until[first] == len(packets)
        part = row.part(first, len(packets))
        assert (part.offset, part.data, sum(size for size, _, _ in part.spans)) == (7000, sent, len(sent))
