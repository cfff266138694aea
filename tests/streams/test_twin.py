"""The kernels against their slow twin, on conversations that go wrong in every way."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.streams.from_packets import Assembler, Limits
from tests.reference import streams as twin
from tests.streams.disorder import disorder
from tests.streams.wire import ACK, FIN, MS, RST, SYN, packet, run, summary

TIGHT = Limits(
    flows=3, shard_bytes=40, shard_segments=8, side_bytes=30, side_segments=5, ack_packets=4, lone_segments=4
)
ROOMY = Limits(flows=3, shard_bytes=3000, shard_segments=9, side_bytes=2000, side_segments=6)
ALL = [Limits(), TIGHT, ROOMY, Limits(flows=2, tcp_idle=3.0, udp_idle=2.0, linger=0.5)]
PROFILES = st.sampled_from(ALL)
BYTES = bytes(range(256)) * 4


@st.composite
def segment(draw):
    """A packet of one of a few flows, near the beginning of its stream as a rule."""
    here, there = (10, draw(st.sampled_from([40000, 40001]))), (20, draw(st.sampled_from([80, 81])))
    upward = draw(st.booleans())
    at = draw(st.integers(0, 60))
    length = draw(st.sampled_from([0, 0, 1, 3, 10, 20]))
    data = BYTES[at : at + length] if draw(st.integers(0, 9)) else bytes(length)
    isn = draw(st.sampled_from([0xFFFFFFE0] * 12 + [5000, 0x20000000, 0xA0000000, 0xFFFFFFE0 + (80 << 20)]))
    flags = draw(st.sampled_from([ACK] * 12 + [SYN, SYN | ACK, SYN | ACK, FIN | ACK, FIN | ACK, RST, 0]))
    return packet(
        here if upward else there,
        there if upward else here,
        ts=draw(st.sampled_from([1, 20, 20, 300, 1500, 70_000])) * MS,  # step; summed up below
        data=data,
        wire=length + draw(st.sampled_from([0, 0, 0, 0, 4])),
        seq=isn + at - (flags & SYN) // SYN,
        ack=0xFFFFFFE0 + draw(st.integers(0, 80)),
        flags=flags,
        proto=draw(st.sampled_from([6] * 12 + [17, 17, 1, 0])),
        shard=draw(st.sampled_from([0, 0, 0, 3])),
        skip=draw(st.sampled_from([0] * 20 + [3])),
        capture=draw(st.integers(0, 1)),
        marks=draw(st.sampled_from([0, 0, 32, 32, 96, 4, 128, 8])),
        ttl=draw(st.sampled_from([64, 64, 64, 63, 9])),
        mac=draw(st.sampled_from([11, 11, 11, 99])),
        stamp=draw(st.sampled_from([1000, 1001, 1200, 7])),
        urgent=draw(st.sampled_from([0, 0, 0, 0, 1, 3])),
        vlan=draw(st.sampled_from([0, 0, 0, 0, 5])),
        scale=draw(st.sampled_from([0, 0, 8])),
        window=draw(st.sampled_from([65535, 40, 0])),
    )


@st.composite
def conversations(draw):
    packets, now = [], 0
    for frame, p in enumerate(draw(st.lists(segment(), max_size=60)), 1):
        now += p["ts"]
        packets.append({**p, "ts": now - draw(st.sampled_from([0, 0, 0, 400 * MS])), "frame": frame})
    return packets


@given(conversations(), PROFILES, st.lists(st.integers(0, 60), max_size=4))
@settings(max_examples=100, deadline=None)
def test_kernels_equal_their_twin(packets, limits, cuts):
    """Runs, pieces and counters are the same, however the packets are cut into batches."""
    cuts = [min(cut, len(packets)) for cut in cuts]
    assert summary(run(Assembler(limits), packets, cuts)) == twin.assemble(packets, limits)


@pytest.mark.parametrize("block", range(4))
def test_long_conversations_equal_their_twin(block):
    """Longer ones, with state: reuse of ports, lasting jumps, budgets, silence."""
    for seed in range(30 * block, 30 * block + 30):
        packets, limits = disorder(seed), ALL[seed % len(ALL)]
        cuts = sorted(random.Random(seed).choices(range(len(packets)), k=5))
        assert summary(run(Assembler(limits), packets, cuts)) == twin.assemble(packets, limits), f"seed {seed}"


@given(conversations(), PROFILES)
@settings(max_examples=60, deadline=None)
def test_shards_do_not_know_each_other(packets, limits):
    """Each shard gives the same in an assembler of its own."""
    together = summary(run(Assembler(limits), packets))
    for shard in (0, 3):
        alone = summary(run(Assembler(limits), [p for p in packets if p["shard"] == shard]))
        assert alone == [flow for flow in together if flow["final"]["shard"] == shard]


@given(conversations(), PROFILES)
@settings(max_examples=60, deadline=None)
def test_every_byte_is_accounted_for(packets, limits):
    """Payload = delivered + duplicate + conflicting + evicted + after close, in each direction; gaps are missing bytes."""
    for flow in summary(run(Assembler(limits), packets)):
        row = flow["final"]
        for direction in (0, 1):
            parts = ("delivered", "duplicate", "conflicting", "evicted", "after_close")
            assert row["payload"][direction] == sum(row[name][direction] for name in parts)
            runs = [r for r in flow["runs"] if r[0] == direction]
            if not row["ignored"]:
                assert row["delivered"][direction] == sum(len(r[3]) for r in runs)
                assert row["missing"][direction] >= sum(r[2] for r in runs if not r[3])
            assert all(a[1] + a[2] == b[1] for a, b in itertools.pairwise(runs))
