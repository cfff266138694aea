"""What readers get of a flow: single cases of TCP and UDP, each by a few packets."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.packets.layouts import PACKET, Flag
from netaudit.streams import kernels_doubt
from netaudit.streams.from_packets import Assembler, Limits
from netaudit.streams.layouts import DOWN, UP, Doubt
from tests.streams.wire import (
    ACK,
    CLIENT,
    FIN,
    MS,
    RST,
    SERVER,
    SYN,
    batch,
    down,
    numbered,
    packet,
    run,
    stream,
    summary,
    up,
)

SECOND = 1000 * MS
HELLO = [up(99, flags=SYN), down(499, ack=100, flags=SYN | ACK), up(100, ack=500)]


def flows(packets, cuts=(), limits=None, *, variants=False):
    """The flows, or only their variants."""
    every = summary(run(Assembler(limits or Limits()), numbered(packets), cuts))
    return [flow for flow in every if flow["variant"] == variants]


def only(packets, **options):
    (flow,) = flows(packets, **options)
    return flow


def nonzero(flow, name, direction=UP):
    return flow["final"][name][direction]


def test_bytes_come_in_order_and_interleaved():
    """Runs follow the capture: request, answer, request; each piece names its packet."""
    flow = only([*HELLO, up(100, b"one"), down(500, b"two", ack=103), up(103, b"thr", ack=503), up(106, b"ee")])
    assert [(r[0], r[3]) for r in flow["runs"]] == [(UP, b"one"), (DOWN, b"two"), (UP, b"three")]
    assert flow["runs"][2][4] == [(3, 6 * MS, 6, 3, 0), (6, 7 * MS, 7, 2, 0)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
@pytest.mark.parametrize("isn", [100, 0xFFFFFFFD])
def test_reordering_and_wrap(order, isn):
    """Any order gives the bytes, across the wrap of sequence numbers too."""
    parts = [up(isn + 4 * i, b"%04d" % i) for i in range(3)]
    flow = only([up(isn - 1, flags=SYN), *(parts[i] for i in order)])
    assert stream(flow, UP) == b"000000010002"
    assert nonzero(flow, "missing") == 0


def test_syn_payload_counts():
    """Data on the SYN (TCP Fast Open) begins at offset 0."""
    assert stream(only([up(99, b"fast", flags=SYN), up(104, b"open")]), UP) == b"fastopen"


def test_first_two_segments_swapped_midway():
    """A capture that begins in a connection recovers a swapped beginning, and invents no gap before it."""
    flow = only([up(1006, b"later"), up(1000, b"first "), up(1011, b"!")])
    assert stream(flow, UP) == b"first later!"
    assert nonzero(flow, "missing") == 0


def test_acknowledgement_before_the_first_payload_invents_no_gap():
    """Midway, what was in flight when the capture began is not missing."""
    flow = only([down(500, b"x", ack=1000), up(3000, b"later"), up(3005, b"!")])
    assert (stream(flow, UP), nonzero(flow, "missing")) == (b"later!", 0)


def test_lost_segment_is_a_gap_once_acknowledged():
    """32 packets after the acknowledgement at the latest twice, and not before the flow ends without one."""
    lost = [*HELLO, up(100, b"abc"), up(106, b"ghi")]
    acked = [down(500, ack=109)] * 70
    assembler = Assembler()
    deliveries = assembler.feed(*batch(numbered([*lost, *acked])))
    assert [(r.offset, r.length, r.data) for r in deliveries[0].runs] == [(0, 3, b"abc"), (3, 3, b""), (6, 3, b"ghi")]
    assembler = Assembler()
    deliveries = assembler.feed(*batch(numbered([*lost, *[down(500, ack=103)] * 70])))
    assert [r.data for r in deliveries[0].runs] == [b"abc"]
    (delivery,) = assembler.finish()
    assert delivery.closed
    assert [r.data for r in delivery.runs] == [b"", b"ghi"]
    assert delivery.flow["missing"].tolist() == [3, 0]


def test_silent_flow_gives_up_its_hole_by_the_clock_of_its_shard():
    """Packets of another flow of the shard make time pass."""
    other = [packet((10, 50000), SERVER, ts=5 * SECOND + i * SECOND, seq=1, flags=ACK) for i in range(6)]
    packets = numbered([*HELLO, up(100, b"abc"), up(106, b"ghi"), down(500, ack=109), *other])
    runs = [r.data for d in Assembler().feed(*batch(packets)) for r in d.runs]
    assert runs == [b"abc", b"", b"ghi"]


def test_one_direction_only():
    """Without the other side holes are given up after 2 s, and its bytes are missing by what was acknowledged."""
    packets = [
        up(99, flags=SYN),
        up(100, b"abc", ack=500),
        up(106, b"ghi", ack=900),
        up(109, b"j", ack=1500, ts=3 * SECOND),
    ]
    first, *_ = Assembler().feed(*batch(numbered(packets)))
    assert [r.data for r in first.runs] == [b"abc", b"", b"ghij"]
    flow = only(packets)
    assert stream(flow, DOWN) == b"?" * 1000
    assert flow["final"]["missing"] == [3, 1000]


def test_acknowledged_fin_is_no_missing_byte():
    """The FIN takes a sequence number of its own."""
    end = [up(103, flags=FIN | ACK, ack=500), down(500, flags=FIN | ACK, ack=104), up(104, ack=501)]
    flow = only([*HELLO, up(100, b"abc"), *end])
    assert flow["final"]["missing"] == [0, 0]
    assert flow["final"]["handshake"] == 15
    one_sided = [p for p in [*HELLO, up(100, b"abc", ack=500), *end] if p["src"] == CLIENT]
    assert only(one_sided)["final"]["missing"] == [0, 0]


def test_what_the_fin_says_was_sent_is_missing():
    """Bytes before a FIN that never came are a gap at the end."""
    flow = only([*HELLO, up(100, b"abc"), up(110, flags=FIN | ACK)])
    assert stream(flow, UP) == b"abc" + b"?" * 7


def test_snap_length_leaves_a_gap_behind_the_captured_bytes():
    """The bytes are delivered, what was cut is a gap of known length, in and out of order."""
    flow = only(
        [*HELLO, up(100, b"ab", wire=10), up(120, b"ef", wire=10), up(110, b"cd", wire=10), up(130, b"", wire=5)]
    )
    assert stream(flow, UP) == b"ab????????cd????????ef" + b"?" * 13
    assert nonzero(flow, "missing") == 29


@pytest.mark.parametrize(
    ("again", "duplicate", "conflicting"),
    [
        (up(100, b"abc"), 3, 0),
        (up(100, b"aXc"), 0, 3),
        (up(102, b"c"), 1, 0),
        (up(102, b"\0"), 1, 0),  # a keep-alive's garbage byte
        (up(97, b"zzz"), 3, 0),  # before the SYN
    ],
)
def test_retransmission(again, duplicate, conflicting):
    """Delivered bytes win; other content is noticed where the boundaries agree."""
    flow = only([*HELLO, up(100, b"abc"), again])
    assert stream(flow, UP) == b"abc"
    assert (nonzero(flow, "duplicate"), nonzero(flow, "conflicting")) == (duplicate, conflicting)


def test_retransmission_with_more():
    """The new bytes of a longer retransmission are delivered."""
    flow = only([*HELLO, up(100, b"abc"), up(101, b"bcde")])
    assert (stream(flow, UP), nonzero(flow, "duplicate")) == (b"abcde", 2)


@pytest.mark.parametrize("cuts", [(), (4,), (5,), (4, 5, 6)])
def test_conflict_is_seen_across_batches(cuts):
    """Checksums and waiting bytes outlive the buffer."""
    delivered = only([*HELLO, up(100, b"abc"), up(100, b"abX")], cuts=cuts)
    assert nonzero(delivered, "conflicting") == 3
    waiting = only([*HELLO, up(103, b"def"), up(103, b"dXf"), up(100, b"abc")], cuts=cuts)
    assert nonzero(waiting, "conflicting") == 3
    assert stream(waiting, UP) == b"abcdef"


def test_overlap_fills_only_holes():
    """Waiting bytes win over later ones."""
    flow = only([*HELLO, up(103, b"DEF"), up(109, b"J"), up(100, b"abcdefghij")])
    assert stream(flow, UP) == b"abcDEFghiJ"
    assert nonzero(flow, "conflicting") == 4


def test_a_routed_copy_of_every_packet_does_no_harm():
    """The second copy (other link addresses, one hop less) is a duplicate, byte for byte."""
    talk = [
        *HELLO,
        up(100, b"one"),
        down(500, b"two", ack=103),
        up(106, b"late"),
        up(103, b"thr"),
        up(110, flags=FIN | ACK),
    ]
    twice = only([copy for p in talk for copy in (p, p)])
    once = only(talk)
    assert [r[:4] for r in twice["runs"]] == [r[:4] for r in once["runs"]]
    assert twice["final"]["duplicate"] == once["final"]["payload"]
    assert twice["final"]["conflicting"] == twice["final"]["missing"] == [0, 0]


def test_port_reuse_begins_another_flow():
    """After RST or FIN, or with another initial number, a SYN is a new connection; the same number is not."""
    first = [*HELLO, up(100, b"one")]
    again = [up(7000, flags=SYN), up(7001, b"two")]
    for end in ([], [up(103, flags=RST)], [up(103, flags=FIN), down(500, flags=FIN)]):
        assert [stream(f, UP) for f in flows([*first, *end, *again])] == [b"one", b"two"]
    assert len(flows([up(99, flags=SYN), down(0, flags=RST | ACK, ack=100), up(99, flags=SYN)])) == 1
    midway = [up(100, b"one"), up(103, b"!"), up(0x50000000, flags=SYN), up(0x50000001, b"two")]
    assert [stream(f, UP) for f in flows(midway)] == [b"one!", b"two"]


def test_nothing_ends_a_flow_that_goes_on():
    """Payload behind a RST or a FIN is delivered, as the receiver may have done; what a RST carries itself is not."""
    flow = only([*HELLO, up(100, b"abc"), up(103, b"why", flags=RST), up(103, b"late"), down(500, b"too")])
    assert (flow["final"]["after_close"], stream(flow, UP), stream(flow, DOWN)) == ([3, 0], b"abclate", b"too")
    assert flow["final"]["doubts"] == Doubt.RESET
    flow = only([*HELLO, up(100, b"abc", flags=FIN | ACK), up(103, b"late"), up(107, flags=FIN | ACK)])
    assert (nonzero(flow, "after_close"), stream(flow, UP)) == (0, b"abclate")
    assert (flow["final"]["doubts"], flow["final"]["handshake"]) == (Doubt.FIN, 1 | 2 | 4)


def test_bits_of_packets_are_known_by_the_same_numbers():
    told = Flag.BAD_CHECKSUM, Flag.LENGTH_GUESSED, Flag.GOOD_CHECKSUM, Flag.STAMPED, Flag.CONTESTED
    known = kernels_doubt.BAD, kernels_doubt.GUESSED, kernels_doubt.GOOD, kernels_doubt.STAMPED, kernels_doubt.CONTESTED
    assert tuple(map(int, told)) == known


GOOD, BAD = Flag.GOOD_CHECKSUM, Flag.BAD_CHECKSUM


def test_a_doubtful_segment_gives_way_to_a_better_one_and_is_read_in_the_variant():
    told = [up(99, flags=SYN, marks=GOOD), *HELLO[1:], up(100, b"junk", marks=BAD), up(100, b"true", marks=GOOD)]
    (flow,), (variant,) = flows(told), flows(told, variants=True)
    assert (stream(flow, UP), stream(variant, UP)) == (b"true", b"junk")
    assert flow["final"]["doubts"] == Doubt.CHECKSUM | Doubt.CONFLICT
    assert variant["final"]["doubts"] == Doubt.VARIANT | Doubt.CONFLICT


def test_a_doubtful_segment_that_was_acknowledged_counts():
    told = [up(99, flags=SYN, marks=GOOD), *HELLO[1:], up(100, b"late", marks=BAD), down(500, ack=104), up(104, b"!")]
    assert stream(only(told), UP) == b"late!"
    alone = [up(99, flags=SYN, marks=BAD), *HELLO[1:], up(100, b"offloaded", marks=BAD)]
    assert (stream(only(alone), UP), only(alone)["final"]["doubts"]) == (b"offloaded", 0)


def test_bytes_that_another_link_address_sent_are_told_once_they_were_taken():
    """Not those that nobody took, nor a copy of what is there already; each direction by itself."""
    others = [*HELLO, up(100, b"one"), up(103, b"two", mac=99), down(500, ack=106), up(106, b"three")]
    flow = only(others)
    assert (stream(flow, UP), flow["final"]["doubts"]) == (b"onetwothree", Doubt.STRANGER_UP)
    better = only([*HELLO, up(100, b"one"), up(103, b"two", mac=99), up(103, b"two"), down(500, ack=106)])
    assert (stream(better, UP), better["final"]["doubts"]) == (b"onetwo", 0)
    copy = only([*HELLO, up(100, b"one"), up(100, b"one", mac=99, ttl=63), down(500, ack=103), up(103, b"two")])
    assert (stream(copy, UP), copy["final"]["doubts"]) == (b"onetwo", 0)
    answer = only([*HELLO, up(100, b"one"), down(500, b"a"), down(501, b"b", mac=99), up(103, ack=502)])
    assert (stream(answer, DOWN), answer["final"]["doubts"]) == (b"ab", Doubt.STRANGER_DOWN)
    sent = [packet(data=b"one", proto=17), packet(data=b"two", proto=17, mac=99)]
    assert only(sent)["final"]["doubts"] == Doubt.STRANGER_UP


def test_a_syn_that_nothing_proves_begins_nothing():
    flow = only([*HELLO, up(100, b"one"), up(7000, flags=SYN), up(103, b"two")])
    assert (stream(flow, UP), flow["final"]["doubts"]) == (b"onetwo", Doubt.SYN)


def test_a_flood_of_openings_pushes_out_its_own():
    flood = [packet((10, 50000 + i), (20, 80), seq=1, flags=SYN) for i in range(30)]
    kept = flows([*HELLO, up(100, b"one"), *flood, up(103, b"two")], limits=Limits(flows=8))
    assert b"onetwo" in [stream(flow, UP) for flow in kept]


def test_the_same_ports_in_two_networks_are_two_flows():
    other = [{**p, "vlan": 7, "seq": (p["seq"] + 5000) & 0xFFFFFFFF, "ack": p["ack"] + 5000} for p in HELLO]
    mixed = [*HELLO, *other, up(100, b"one"), up(5100, b"two", vlan=7), up(103, b"three"), up(5103, b"four", vlan=7)]
    assert sorted(stream(flow, UP) for flow in flows(mixed)) == [b"onethree", b"twofour"]
    asymmetric = [HELLO[0], {**HELLO[1], "vlan": 9}, up(100, b"one"), down(500, b"two", vlan=9)]
    assert (stream(only(asymmetric), UP), stream(only(asymmetric), DOWN)) == (b"one", b"two")


def test_implausible_segments():
    """One far segment is dropped; three that agree are believed: a gap ahead, another connection behind."""
    far = 80 << 20
    once = only([*HELLO, up(100, b"abc"), up(100 + far, b"xyz"), up(103, b"def")])
    assert (stream(once, UP), nonzero(once, "evicted")) == (b"abcdef", 3)
    midway = HELLO[2:]
    ahead = only([*midway, up(100, b"abc"), *(up(100 + far + 3 * i, b"xyz") for i in range(3))])
    assert [(r[2], r[3]) for r in ahead["runs"]] == [(3, b"abc"), (far + 3, b""), (3, b"xyz")]
    behind = flows([*midway, up(100, b"abc"), *(up(100 - far + 3 * i, b"xyz") for i in range(3))])
    assert [stream(f, UP) for f in behind] == [b"abc", b"xyz"]
    known = only([*HELLO, up(100, b"abc"), *(up(100 + far + 3 * i, b"xyz") for i in range(9)), up(103, b"def")])
    assert (stream(known, UP), nonzero(known, "evicted")) == (b"abcdef", 27)


def test_an_answer_that_acknowledges_less_is_told():
    said = only([*HELLO, up(100, b"abcdef"), down(500, b"ok", ack=103)])
    assert said["final"]["doubts"] == Doubt.SHORT_UP
    for rest in (
        [down(500, b"ok", ack=103), down(502, ack=106)],  # they crossed on the wire
        [down(500, b"ok", ack=106)],
        [down(500, b"ok", ack=103), up(106, b"g")],  # it was still under way: it asks for more of the answer
        [down(500, ack=103)],  # the capture ends before the answer
    ):
        assert only([*HELLO, up(100, b"abcdef"), *rest])["final"]["doubts"] == 0


def test_bytes_of_segments_with_wrong_sums_are_told_where_others_are_right():
    bad, good = {"marks": 4}, {"marks": 32}
    sent = [*HELLO, up(100, b"GET", **good), up(103, b"face", **bad), down(500, b"ok", ack=107, **good)]
    flow = only(sent)
    assert (stream(flow, UP), flow["final"]["doubts"]) == (b"GETface", Doubt.SUMS_UP)
    joined = [*HELLO, up(100, b"GET", **good), up(103, b"x" * 2000, **bad), down(500, b"ok", ack=2103, **good)]
    assert only(joined)["final"]["doubts"] == 0  # a host put it together from several
    repeated = [*HELLO, up(100, b"GET", **good), up(103, b"face", **bad), up(103, b"face", **good)]
    assert only([*repeated, down(500, b"ok", ack=107)])["final"]["doubts"] == 0


def test_blind_reset_is_ignored():
    """A RST far from the stream does not end it."""
    flow = only([*HELLO, up(100, b"abc"), up(0x40000000, flags=RST), up(103, b"def")])
    assert stream(flow, UP) == b"abcdef"


@pytest.mark.parametrize(
    ("first", "client_port"),
    [
        (down(1, flags=SYN | ACK, ack=5), 40000),
        (packet((20, 5000), (10, 80), flags=ACK), 5000),
        (packet((20, 80), (10, 5000), flags=ACK), 5000),
        (packet((20, 5000), (10, 40000), flags=ACK), 40000),
        (packet((20, 5000), (10, 6000), flags=ACK), 5000),
        (packet((20, 6000), (10, 5000), flags=ACK), 6000),
        (packet((20, 53), (10, 53), proto=17, data=b"x"), 53),
    ],
)
def test_who_is_the_client(first, client_port):
    """SYN, then SYN-ACK, then ports, then who spoke first."""
    assert only([first])["final"]["client_port"] == client_port


def test_datagrams_are_pieces():
    """Back to back, one piece each; a cut one leaves a gap; an empty one is only counted."""
    query = {"src": CLIENT, "dst": SERVER, "proto": 17}
    flow = only(
        [packet(**query, data=b"ab"), packet(**query, data=b"cde", wire=5), packet(**query), packet(**query, data=b"f")]
    )
    assert stream(flow, UP) == b"abcde??f"
    assert [p[0] for r in flow["runs"] for p in r[4]] == [0, 2, 7]
    assert (nonzero(flow, "packets"), nonzero(flow, "missing")) == (4, 2)


def test_other_protocols_are_counted_only():
    """ICMP makes a flow with ports 0 and no runs; packets without IP or not decoded make none."""
    packets = [
        packet(proto=1, data=b"ping"),
        packet(SERVER, CLIENT, proto=1, data=b"pong"),
        packet(proto=0),
        packet(skip=4),
    ]
    flow = only(packets)
    assert (flow["runs"], flow["final"]["delivered"], flow["final"]["client_port"]) == ([], [4, 4], 0)


def test_idle_flows_end_by_capture_time():
    """UDP after a minute, a closed TCP connection after 30 s, an open one after an hour."""
    udp = packet(proto=17, data=b"x", ts=1)
    closing = [packet((10, 5001), (20, 80), ts=1, flags=RST, seq=1)]
    still = [packet((10, 5003), (20, 80), ts=1, flags=ACK, seq=1)]

    def ended(seconds):
        late = packet((11, 1), (21, 2), ts=seconds * SECOND, flags=ACK, seq=1)
        deliveries = Assembler().feed(*batch([udp, *closing, *still, late]))
        return sorted(int(d.flow["client_port"]) for d in deliveries if d.closed)

    assert [ended(s) for s in (29, 31, 59, 62, 3599, 3602)] == [
        [],
        [5001],
        [5001],
        [5001, 40000],
        [5001, 40000],
        [5001, 5003, 40000],
    ]


def test_bursts_by_size():
    """Upward bytes between answers or silences; below 1 KiB they do not count."""
    packets, seq = [], 100
    for size in (1000, 5000, 20_000, 100_000, 300_000, 600_000):
        packets += [up(seq, b"x" * size), down(500 + len(packets) * 64, b"y" * 128)]
        seq += size
    packets += [up(seq, b"x" * 2000), up(seq + 2000, b"x" * 2000, ts=9 * SECOND)]
    assert only([*HELLO[2:], *packets])["final"]["bursts"] == [3, 1, 1, 1, 1]


def test_ignored_flow_is_counted_on():
    """No runs from then on; the counters are those of a flow that is read."""
    packets = numbered([*HELLO, up(100, b"abc"), up(106, b"ghi"), up(103, b"def"), up(103, b"dXf"), up(109, b"jkl")])
    assembler = Assembler()
    (first,) = assembler.feed(*batch(packets[:4]))
    assembler.ignore(int(first.flow["serial"]))
    assembler.ignore(12345)
    assert assembler.feed(*batch(packets[4:])) == []
    (last,) = assembler.finish()
    assert last.runs == []
    assert last.flow["ignored"] == 1
    read = summary(run(Assembler(), packets))[0]["final"]
    for name in ("payload", "delivered", "duplicate", "conflicting", "missing"):
        assert last.flow[name].tolist() == read[name]


def test_budget_gives_up_the_oldest_hole_and_eviction_the_idlest_flow():
    """Budgets hold per shard, and what they cost is counted."""
    one, two = (10, 1001), (10, 1002)
    waiting = [
        packet(a, SERVER, seq=s, data=d, flags=f) for a in (one, two) for s, d, f in [(9, b"", SYN), (14, b"wait", ACK)]
    ]
    limits = Limits(shard_bytes=6)
    deliveries = Assembler(limits).feed(*batch(numbered(waiting)))
    assert [(int(d.flow["client_port"]), [r.data for r in d.runs]) for d in deliveries] == [(1001, [b"", b"wait"])]
    deliveries = Assembler(Limits(flows=1)).feed(*batch(numbered(waiting)))
    assert [(d.closed, d.flow["evicted"][0], d.flow["missing"][0]) for d in deliveries] == [(True, 4, 4)]


def test_many_flows_and_holes_make_the_tables_grow():
    """More flows, waiting segments and output than the tables begin with."""
    packets = []
    for flow in range(3000):
        way = {"src": (flow % 50, 1000 + flow), "dst": (99, 80), "shard": flow % 50, "ts": MS}
        packets += [packet(**way, seq=1, flags=SYN), packet(**way, seq=4, data=b"cd", flags=ACK)]
    packets += [{**p, "seq": 2, "data": b"ab"} for p in packets[1::2]]
    result = flows(packets, cuts=(2000, 5000))
    assert len(result) == 3000
    assert {stream(flow, UP) for flow in result} == {b"abcd"}


def test_waiting_bytes_survive_many_batches():
    """The arena is compacted and grown while segments come and go."""
    packets = [up(99, flags=SYN)]
    for i in range(60):
        packets += [
            up(100 + 4000 * i + 2000, bytes([i]) * 2000),
            up(100 + 4000 * i, bytes([255 - i]) * 2000 * (i % 7 > 0)),
        ]
        if i % 7 == 0:
            packets += [up(100 + 4000 * i, bytes([255 - i]) * 2000)]
    held = [packet((10, 7), SERVER, seq=9, flags=SYN), packet((10, 7), SERVER, seq=99, data=b"kept" * 9000, flags=ACK)]
    first, second = flows([packets[0], *held, *packets[1:]], cuts=range(1, 120))
    assert stream(first, UP) == b"".join(bytes([255 - i]) * 2000 + bytes([i]) * 2000 for i in range(60))
    assert stream(second, UP) == b"?" * 89 + b"kept" * 9000


def test_rows_outside_the_buffer_are_refused():
    """The decoder's promise is checked once per batch, since kernels check no bounds."""
    buffer, rows = batch([up(1, b"abc")])
    with pytest.raises(ValueError, match="outside"):
        Assembler().feed(buffer[:2], rows)
    with pytest.raises(ValueError, match="expected"):
        Assembler().feed(buffer, np.zeros(1, np.uint8))


def test_limits_are_checked():
    """A serial has room for so many slots."""
    with pytest.raises(ValueError, match="flows per shard"):
        Limits(flows=5000)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_original_bytes_or_exact_gaps(data):
    """Random segmentation, order, duplication and loss of both directions, with wrap: every byte is right or missing."""
    packets, lost, texts = [], [set(), set()], []
    for direction, make in ((UP, up), (DOWN, down)):
        text = data.draw(st.binary(min_size=1, max_size=200))
        isn = data.draw(st.sampled_from([0, 0xFFFFFFF0, 0xFFFFFFFF, 0x7FFFFFF8]))
        borders = sorted(data.draw(st.sets(st.integers(1, len(text)), max_size=12)) | {0, len(text)})
        parts = list(itertools.pairwise(borders))
        kept = data.draw(st.lists(st.sampled_from(parts), max_size=20)) if parts else []
        kept += data.draw(st.sampled_from([parts, parts[:-1], []]))
        texts.append(text)
        lost[direction] = set(range(len(text))) - {i for a, b in kept for i in range(a, b)}
        packets.append([make(isn + 1 + a, text[a:b]) for a, b in data.draw(st.permutations(kept))])
        packets[direction] = [make(isn, flags=SYN | ACK * direction, ack=1), *packets[direction]]
        packets[direction].append(make(isn + 1 + len(text), flags=FIN | ACK))
    mixed = []
    while packets[UP] or packets[DOWN]:
        direction = data.draw(st.integers(0, 1)) if packets[UP] and packets[DOWN] else (UP if packets[UP] else DOWN)
        mixed.append({**packets[direction].pop(0), "ack": 0})
    flow = only(mixed, cuts=data.draw(st.lists(st.integers(0, len(mixed)), max_size=3)))
    for direction in (UP, DOWN):
        want = bytes(ord("?") if i in lost[direction] else c for i, c in enumerate(texts[direction]))
        assert stream(flow, direction) == want
        assert nonzero(flow, "missing", direction) == len(lost[direction])
        assert nonzero(flow, "conflicting", direction) == 0


def hostile(seed, size=3000):
    """Rows of noise: any field may have any value, within the buffer and the proven ranges of a decoder."""
    random = np.random.default_rng(seed)
    rows = np.frombuffer(random.bytes(size * PACKET.itemsize), PACKET).copy()
    rows["shard"] %= 64
    rows["skip"] = 0
    rows["payload"] %= 5000
    rows["length"] = np.minimum(rows["length"] % 2000, 5000 - rows["payload"])
    few = random.random(size) < 0.9
    rows["proto"][few] = 6
    for name in ("src_hi", "src_lo", "dst_hi", "dst_lo", "sport", "dport"):
        rows[name][few] %= 2
    return np.zeros(5000, np.uint8), rows


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_survived_and_accounted_for(seed):
    """Hostile numbers (times, lengths, sequence numbers) end in counters."""
    buffer, rows = hostile(seed)
    assembler = Assembler()
    finals = [d.flow for part in np.array_split(rows, 5) for d in assembler.feed(buffer, part) if d.closed]
    finals += [d.flow for d in assembler.finish()]
    assert sum(int(f["packets"].sum()) for f in finals) == int((rows["proto"] != 0).sum())
    for f in finals:
        parts = sum(f[name] for name in ("delivered", "duplicate", "conflicting", "evicted", "after_close"))
        assert f["payload"].tolist() == parts.tolist()
