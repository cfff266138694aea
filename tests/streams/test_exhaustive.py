"""Reassembly by exhaustion: every way of sending, repeating, overlapping, losing and cutting a few bytes.

A direction of L bytes is sent as n segments, each any piece of it: so every order, overlap, repetition and loss of up to
n segments is among all sequences of n pieces. The model is what TCP means (RFC 9293, 3.10.7.4): a byte is there when a
segment brought it, and the first that did carries it; what nobody brought is missing, up to where the FIN says that the
direction ends. Of one conversation every cut into two batches is tried as well.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from netaudit.streams.from_packets import Assembler
from tests.conftest import THOROUGH
from tests.reference.records import units_of
from tests.streams.test_records import ANSWER, HELLO, on_the_wire, record, walked
from tests.streams.wire import ACK, FIN, MS, SERVER, SYN, batch, packet, run, stream, summary

BYTES = b"abcdefgh"
SEGMENTS = 4 if THOROUGH else 3  # n
LENGTH = 4  # L
PER_SHARD = 400  # conversations of a logical shard that are under way at once
BEGINNINGS = {"handshake": 1000, "numbers that come round": (1 << 32) - 2}


def pieces(length):
    """Every piece of a direction, as (from, to)."""
    return list(itertools.combinations(range(length + 1), 2))


def conversation(sequence, number, first, length, *, fin, shard=0):
    """Packets: handshake, the segments one by one, an acknowledgement of all that was sent, the end."""
    client = (10, 10_000 + number)
    fields = {"shard": shard}
    end = max(b for _, b in sequence)
    out = [
        packet(client, SERVER, seq=first - 1, flags=SYN, **fields),
        packet(SERVER, client, seq=4999, ack=first, flags=SYN | ACK, **fields),
    ]
    out += [packet(client, SERVER, seq=first + a, ack=5000, data=BYTES[a:b], flags=ACK, **fields) for a, b in sequence]
    if fin:
        out.append(packet(client, SERVER, seq=first + length, ack=5000, flags=FIN | ACK, **fields))
    out.append(packet(SERVER, client, seq=5000, ack=first + (length + 1 if fin else end), flags=ACK, **fields))
    return out


def model(sequence, length, *, fin):
    """Bytes with '?' for missing ones; of each byte the segment that carried it (-1: none); bytes sent again."""
    end = length if fin else max(b for _, b in sequence)
    carrier = [next((k for k, (a, b) in enumerate(sequence) if a <= at < b), -1) for at in range(end)]
    said = bytes(BYTES[at] if carrier[at] >= 0 else ord("?") for at in range(end))
    again = sum(b - a for a, b in sequence) - sum(one >= 0 for one in carrier)
    return said, carrier, again


def told(flow, frames):
    """The same of what came out; `frames` are the numbers of the segments."""
    carrier = []
    for direction, _, length, data, held in flow["runs"]:
        if direction == 0:
            carrier += (
                [frames.index(frame) for _, _, frame, size, _ in held for _ in range(size)] if data else [-1] * length
            )
    row = flow["final"]
    return (
        stream(flow, 0),
        carrier,
        row["duplicate"][0] + row["after_close"][0],
        row["missing"][0],
        row["conflicting"][0],
    )


def assembled(conversations):
    """Flows of many conversations, each with its own frames; they are sent one packet each in turn."""
    packets, frames = [], [[] for _ in conversations]
    for step in itertools.zip_longest(*conversations):
        for number, one in enumerate(step):
            if one is not None:
                packets.append({**one, "ts": (len(packets) // 1000 + 1) * MS, "frame": len(packets) + 1})
                frames[number].append(len(packets))
    return summary(run(Assembler(), packets)), frames


@pytest.mark.parametrize("first", BEGINNINGS.values(), ids=BEGINNINGS)
@pytest.mark.parametrize("fin", [True, False])
@pytest.mark.parametrize("count", range(1, SEGMENTS + 1))
def test_every_sequence_of_segments(count, fin, first):
    """10 pieces of 4 bytes: 10, 100, 1,000 and 10,000 sequences, with and without an end, at two beginnings."""
    sequences = list(itertools.product(pieces(LENGTH), repeat=count))
    for begin in range(0, len(sequences), PER_SHARD):
        some = sequences[begin : begin + PER_SHARD]
        made = [conversation(one, number, first, LENGTH, fin=fin) for number, one in enumerate(some)]
        flows, frames = assembled(made)
        assert len(flows) == len(some)
        by_port = {flow["final"]["client_port"] - 10_000: flow for flow in flows}
        for number, one in enumerate(some):
            said, carrier, again = model(one, LENGTH, fin=fin)
            expected = (said, carrier, again, carrier.count(-1), 0)
            assert told(by_port[number], frames[number][2 : 2 + count]) == expected, one


@pytest.mark.parametrize("count", range(1, 4 if THOROUGH else 3))
def test_every_cut_into_batches(count):
    """Each sequence cut behind every packet: what comes out does not depend on it."""
    for sequence in itertools.product(pieces(3), repeat=count):
        packets = [
            {**one, "ts": (n + 1) * MS, "frame": n + 1}
            for n, one in enumerate(conversation(sequence, 0, 1000, 3, fin=True))
        ]
        whole = summary(run(Assembler(), packets))
        for cut in range(1, len(packets)):
            assert summary(run(Assembler(), packets, [cut])) == whole, (sequence, cut)


def records_model(sizes, lost):
    """Records up to the first of which the head is not whole, or behind whose end a loss in it goes on."""
    out, at = [], 0
    for size in sizes:
        end = at + 5 + size
        if any((a < at + 5 and at < b) or a < end < b for a, b in lost):
            break
        out.append(size)
        at = end
    return out


SIZES = [sizes for count in (1, 2, 3) for sizes in itertools.product((1, 3), repeat=count)]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_records_however_they_are_cut_into_segments(sizes):
    """Up to three records, cut at every two places, against the twin that reads them as bytes."""
    data = b"".join(record(size) for size in sizes)
    for cuts in itertools.combinations(range(len(data) + 1), 2 if THOROUGH or len(sizes) < 3 else 1):
        parts = [data[a:b] for a, b in itertools.pairwise((0, *cuts, len(data))) if a < b]
        said = [
            (True, HELLO, 1, 0),
            (False, ANSWER, 1, 0),
            *((True, one, 1, 0) for one in parts),
            (False, record(9), 5, 0),
        ]
        packets, plain = on_the_wire(said)
        expected = [
            (u.first_ts, u.first_frame, u.last_ts, u.last_frame, u.answered_ts, u.lengths, False)
            for u in units_of(plain)
        ]
        assert walked(packets) == expected, cuts


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_records_with_every_loss(sizes):
    """Any one piece of them is not in the capture: a loss within a body takes nothing, another one all behind it."""
    data = b"".join(record(size) for size in sizes)
    for lost in itertools.combinations(range(len(data) + 1), 2):
        parts = [(0, lost[0]), lost, (lost[1], len(data))]
        said = [(True, HELLO, 1, 0), (False, ANSWER, 1, 0)]
        said += [(True, data[a:b], 1, 0) for a, b in parts if a < b]
        packets, _ = on_the_wire([*said, (False, record(9), 5, 0)])
        gone = 4 + (lost[0] > 0)
        packets = [one for place, one in enumerate(packets) if place != gone]
        units = walked(packets)
        assert [size for unit in units for size in unit[5]] == records_model(sizes, [lost]), lost


def test_the_models_can_fail():
    """A direction that is sent otherwise than the model has it is told apart."""
    flows, frames = assembled([conversation(((0, 2), (1, 4)), 0, 1000, 4, fin=True)])
    assert told(flows[0], frames[0][2:4]) == (b"abcd", [0, 0, 1, 1], 1, 0, 0)
    assert model(((0, 2), (1, 4)), 4, fin=True) == (b"abcd", [0, 0, 1, 1], 1)
    assert told(flows[0], frames[0][2:4])[:3] != model(((1, 4), (0, 2)), 4, fin=True)
    assert records_model((1, 1), [(5, 6)]) == [1, 1] != records_model((1, 1), [(6, 7)])
    assert np.all(batch([packet()])[1]["length"] == 0)
