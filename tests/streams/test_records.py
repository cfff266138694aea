"""The walk along records against its slow twin, however a conversation is cut; and what gaps do to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.streams.from_packets import Assembler
from netaudit.streams.records import ROOM
from tests.reference.records import units_of
from tests.streams.wire import ACK, MS, SERVER, SYN, batch, down, numbered, packet, up

HELLO = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"
ANSWER = b"\x16\x03\x03\x00\x05\x02\x00\x00\x01\x00"


def record(length, kind=23):
    return bytes([kind, 3, 3]) + length.to_bytes(2, "big") + b"\xaa" * length


def walked(packets, cuts=(), ignore=True):
    """Units and lengths of packets fed in batches cut at the given positions; flows are ignored after each batch."""
    assembler, units, spans, begin = Assembler(), [], [], 0
    for end in [*sorted(cuts), len(packets), None]:
        brought = assembler.end() if end is None else assembler.assemble(*batch(packets[begin:end]))
        begin = end
        if brought.records is not None:
            units += list(brought.records.units)
            spans += list(brought.records.spans)
        if ignore and end is not None:
            for serial in brought.flows["serial"].tolist():
                assembler.ignore(serial)
    return [
        (
            int(u["first_ts"]), int(u["first_frame"]), int(u["last_ts"]), int(u["last_frame"]), int(u["answered_ts"]),
            [int(s["length"]) for s in spans if s["ordinal"] == u["ordinal"] for _ in range(int(s["repeats"]))],
            bool(u["lossy"]),
        )
        for u in units
    ]  # fmt: skip


@st.composite
def conversation(draw, waits=(0, 1, 20, 1500, 2500)):
    """Packets of a TLS connection, in order: (upward, bytes, wait in ms, how much is left unacknowledged)."""
    said = [(True, HELLO), (False, ANSWER)]
    for _ in range(draw(st.integers(0, 12))):
        upward = draw(st.booleans())
        lengths = draw(st.lists(st.sampled_from([1, 19, 26, 300, 1400, 5000, 5000]), min_size=1, max_size=4))
        kind = draw(st.sampled_from([23, 23, 23, 23, 21]))
        said.append((upward, b"".join(record(length, kind) for length in lengths)))
    out = []
    for upward, data in said:
        while data:
            cut = draw(st.sampled_from([3, 5, 100, 1460, 1460, 4000]))
            wait = draw(st.sampled_from(waits))
            out.append((upward, data[:cut], wait, draw(st.sampled_from([0, 0, 0, 10]))))
            data = data[cut:]
    return out


def on_the_wire(said):
    """Packets of the wire, and the same as the twin takes them."""
    packets = [
        packet(seq=999, flags=SYN, ts=MS),
        down(4999, ack=1000, flags=SYN | ACK, ts=2 * MS),
    ]
    sent, plain, ts, acked = {True: 0, False: 0}, [], 2 * MS, {True: 0, False: 0}
    for upward, data, wait, less in said:
        ts += wait * MS + 1
        acked[upward] = max(acked[upward], sent[not upward] - less)
        number, other = (1000, 5000) if upward else (5000, 1000)
        make = up if upward else down
        packets.append(make(number + sent[upward], data, ack=other + acked[upward], ts=ts))
        plain.append((upward, data, ts, len(packets), acked[upward]))
        sent[upward] += len(data)
    return numbered(packets), plain


@settings(max_examples=120, deadline=None)
@given(said=conversation(), cuts=st.lists(st.integers(1, 40), max_size=3))
def test_units_are_those_of_the_twin_however_batches_are_cut(said, cuts):
    packets, plain = on_the_wire(said)
    cuts = sorted({cut for cut in cuts if cut < len(packets)})
    expected = [
        (u.first_ts, u.first_frame, u.last_ts, u.last_frame, u.answered_ts, u.lengths, False) for u in units_of(plain)
    ]
    assert walked(packets, cuts) == expected


def stream_of(lengths, size=1000):
    """Upward data packets of records, after the handshake; acknowledged at the end by an answer."""
    data = b"".join(record(length) for length in lengths)
    said = [(True, HELLO, 1, 0), (False, ANSWER, 1, 0)]
    said += [(True, data[at : at + size], 1, 0) for at in range(0, len(data), size)]
    return on_the_wire([*said, (False, record(200), 20, 0)])[0]


def test_a_gap_within_a_record_loses_nothing():
    packets = stream_of([9000, 4000])
    whole = walked(packets)
    assert walked(packets[:6] + packets[8:]) == whole
    assert whole[0][5:] == ([9000, 4000], False)
    assert whole[0][4]  # also where the hole was given up after the answer had come


def test_a_gap_however_long_needs_no_more_room():
    far = 60 << 20
    packets = numbered([*on_the_wire([(True, HELLO, 1, 0), (False, ANSWER, 1, 0)])[0], up(1000 + far, record(300))])
    assembler = Assembler()
    assembler.assemble(*batch(packets))
    assembler.end()
    assert assembler._walker._units.size == ROOM


def test_each_request_keeps_its_answer_though_its_bytes_were_released_after_all():
    data = record(9000)
    said = [(True, HELLO, 1, 0), (False, ANSWER, 1, 0)]
    for _ in range(3):
        said += [(True, data[at : at + 1000], 1, 0) for at in range(0, len(data), 1000)]
        said.append((False, record(200), 20, 0))
    packets = on_the_wire(said)[0]
    whole = walked(packets)
    assert [unit[4] > unit[2] for unit in whole] == [True] * 3
    assert walked(packets[:7] + packets[9:]) == whole


@pytest.mark.parametrize("turns", [3, 4, 5, 12])
def test_as_many_answers_as_come_while_a_hole_is_open_are_kept(turns):
    said = [(True, HELLO[:6], 1, 0), (True, HELLO[6:8], 1, 0), (True, HELLO[8:], 1, 0), (False, ANSWER, 1, 0)]
    said += [(False, record(1), 1, 0), *[(True, record(1), 1, 0), (False, record(1), 1, 0)] * turns]
    packets = on_the_wire(said)[0]
    whole = walked(packets)
    assert [bool(unit[4]) for unit in whole] == [True] * turns
    assert walked(packets[:3] + packets[4:]) == whole  # without the second piece of the hello


def test_what_was_sent_before_an_answer_but_not_acknowledged_by_it_is_not_answered():
    data = record(3000)
    said = [(True, HELLO, 1, 0), (False, ANSWER, 1, 0)]
    said += [(True, data[at : at + 1000], 1, 0) for at in range(0, len(data), 1000)]
    said.append((True, record(500), 1, 0))
    packets = on_the_wire([*said, (False, record(200), 20, 505)])[0]
    whole = walked(packets)
    assert [(unit[4], unit[5]) for unit in whole] == [(0, [3000, 500])]
    assert walked(packets[:5] + packets[6:]) == whole


@settings(max_examples=25, deadline=None)
@given(said=conversation(waits=[0, 1, 20]), lost=st.integers(0, 30), cuts=st.lists(st.integers(1, 40), max_size=3))
def test_a_packet_lost_within_a_record_changes_nothing(said, lost, cuts):
    packets, _ = on_the_wire(said)
    inner = within_records(packets)
    if inner:
        gone = inner[lost % len(inner)]
        kept = packets[:gone] + packets[gone + 1 :]
        assert walked(kept, sorted({cut for cut in cuts if cut < len(kept)})) == walked(packets)


def within_records(packets):
    """Positions of the client's packets that hold neither a head nor the end of a record."""
    data = b"".join(p["data"] for p in packets if p["dst"] == SERVER)
    inner, at, begin = set(), 0, 0
    while at < len(data):
        end = at + 5 + int.from_bytes(data[at + 3 : at + 5], "big")
        inner |= set(range(at + 5, end - 1))
        at = end
    found = []
    for position, p in enumerate(packets):
        if p["dst"] == SERVER and p["data"]:
            if set(range(begin, begin + len(p["data"]))) <= inner:
                found.append(position)
            begin += len(p["data"])
    return found


def test_a_lost_head_is_found_again_by_a_chain_of_three_and_marked():
    packets = stream_of([3000] * 8)
    lost = packets[:7] + packets[8:]  # with the head of the second record
    (unit,) = walked(lost)
    assert unit[6]
    assert set(unit[5]) == {3000}
    assert 5 <= len(unit[5]) < 8


def test_a_connection_met_midway_is_believed_after_a_chain():
    packets = [p for p in stream_of([3000] * 8) if not p["flags"] & SYN and HELLO not in p["data"]]
    packets = [p for p in packets if ANSWER not in p["data"]][1:]
    (unit,) = walked(packets)
    assert unit[6]
    assert set(unit[5]) == {3000}


def test_what_is_no_tls_is_cut_by_its_bytes():
    """Whoever reads the flow knows whether they are plain: then the units are let go (`findings/correlation/plaintext_sizes.py`)."""
    request, reply = b"GET / HTTP/1.1\r\n\r\n" * 50, b"HTTP/1.1 200 OK\r\n\r\n"
    said = [(True, request, 1, 0), (False, reply, 1, 0), (True, request[:300], 9, 0), (False, reply, 1, 0)]
    found = walked(on_the_wire(said)[0])
    assert [sum(lengths) for *_, lengths, _ in found] == [900, 300]


def quic(size, long_head=False):
    head = b"\xc3\x00\x00\x00\x01\x08" if long_head else b"\x43"
    return head + bytes(size - len(head))


def test_datagrams_of_quic_are_cut_where_answers_and_pauses_say_so():
    client, server = (10, 40000), (20, 443)

    def sent(data, ms):
        return packet(client, server, proto=17, data=data, ts=ms * MS, flags=0)

    def heard(data, ms):
        return packet(server, client, proto=17, data=data, ts=ms * MS, flags=0)

    packets = [
        sent(quic(1200, long_head=True), 1), heard(quic(1200, long_head=True), 21),
        sent(quic(1200), 30), sent(quic(1200), 31), sent(quic(700), 32),
        heard(quic(40), 50), heard(quic(160), 52), sent(quic(33), 54),
        sent(quic(1200), 80), heard(quic(200), 82), sent(quic(1200), 90), sent(quic(300), 91),  # not yet waited for
        heard(quic(160), 112), sent(quic(500), 900),
    ]  # fmt: skip
    found = [lengths for *_, lengths, _ in walked(numbered(packets))]
    assert found == [[1200, 1200, 700], [1200, 1200, 300], [500]]
    assert np.all([walked(numbered(packets), cuts=[k]) == walked(numbered(packets)) for k in (3, 7, 11)])


@pytest.mark.parametrize(("proto", "ends"), [(17, ((10, 60000), (20, 51820))), (50, ((10, 0), (20, 0)))])
def test_large_datagrams_of_a_tunnel_are_cut_where_answers_and_pauses_say_so(proto, ends):
    def said(size, ms, *, up=True):
        return packet(
            *(ends if up else ends[::-1]), proto=proto, data=b"\4\0\0\0" + bytes(size - 4), ts=ms * MS, flags=0
        )

    packets = [
        said(148, 1), said(92, 21, up=False), said(1452, 30), said(1452, 31), said(96, 32), said(700, 33),
        said(96, 50, up=False), said(256, 52, up=False), said(1452, 120), said(400, 121), said(1452, 900),
    ]  # fmt: skip
    whole = walked(numbered(packets))
    assert [lengths for *_, lengths, _ in whole] == [[1452, 1452, 700], [1452, 400], [1452]]
    assert np.all([walked(numbered(packets), cuts=[k]) == whole for k in (2, 5, 9)])


@pytest.mark.parametrize(("proto", "port"), [(17, 51820), (50, 0)])
def test_of_a_tunnel_met_under_way_the_private_end_is_the_client(proto, port):
    private, public = (0xFFFF << 32 | 0xC0A80108, port), (0xFFFF << 32 | 0x31E80992, port)
    first = packet(public, private, proto=proto, data=bytes(90), ts=MS)
    rest = [packet(private, public, proto=proto, data=bytes(1400), ts=(k + 2) * MS) for k in range(3)]
    assert [lengths for *_, lengths, _ in walked(numbered([first, *rest]))] == [[1400, 1400, 1400]]
