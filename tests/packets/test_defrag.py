from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.packets.defrag import LIFETIME, OVERHEAD, SHARD_BYTES, Datagram, Defragmenter, Piece
from netaudit.packets.from_capture import Decoder
from netaudit.packets.layouts import Flag, Skip, Tunnel
from tests.packets.frames import content, decode, ethernet, ipv4, ipv6, tcp, udp, window
from tests.processor_time import within

MESSAGE = udp(bytes(range(256)) * 12)


def split4(packet, sizes, *, number=7, options=b"", protocol=17, **more):
    """IPv4 fragments of a datagram, in order; sizes are in units of 8 bytes."""
    frames, at = [], 0
    for size in [*sizes, None]:
        end = len(packet) if size is None else min(len(packet), at + 8 * size)
        last = end == len(packet)
        frames.append(
            ethernet(
                ipv4(
                    packet[at:end],
                    protocol,
                    number=number,
                    offset=at,
                    more=not last,
                    options=b"" if at else options,
                    **more,
                )
            )
        )
        at = end
        if last:
            break
    return frames


def split6(packet, sizes, *, number=7, before=b""):
    """IPv6 fragments of a datagram; `before` is an extension header that each carries."""
    frames, at = [], 0
    for size in [*sizes, None]:
        end = len(packet) if size is None else min(len(packet), at + 8 * size)
        last = end == len(packet)
        header = bytes([17, 0]) + (at | (not last)).to_bytes(2, "big") + number.to_bytes(4, "big")
        frames.append(ethernet(ipv6(packet[at:end], 60 if before else 44, extensions=before + header), 0x86DD))
        at = end
        if last:
            break
    return frames


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_split_order_and_duplication_gives_the_datagram(data):
    sizes = data.draw(st.lists(st.integers(1, 120), min_size=1, max_size=12))
    body = data.draw(st.binary(min_size=17, max_size=200)) * data.draw(st.integers(1, 20))
    split = data.draw(st.sampled_from([split4, split6]))
    pieces = split(udp(body), sizes)
    if len(pieces) == 1:
        return
    frames = data.draw(st.permutations(pieces))
    for _ in range(data.draw(st.integers(0, 4))):
        frames.insert(data.draw(st.integers(0, len(frames))), data.draw(st.sampled_from(pieces)))
    decoder, decoded = decode(frames)
    assert len(decoded.packets) == 1
    assert content(decoded, 0) == body
    row = decoded.packets[0]
    assert row["flags"] == Flag.REASSEMBLED
    assert (row["sport"], row["dport"], row["proto"]) == (5000, 6000, 17)
    assert row["length"] == row["wire_length"] == len(body)
    assert dict(decoder.skipped) == {(0, Skip.FRAGMENT): len(frames) - 1}
    assert not decoder.overlaps[0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 9))
def test_the_cutting_into_windows_changes_nothing(seed, cuts):
    random_ = random.Random(seed)
    frames = []
    for number in range(6):
        body = udp(random_.randbytes(random_.randrange(100, 3000)))
        frames += split4(body, [random_.randrange(1, 60) for _ in range(6)], number=number)
        frames.append(ethernet(ipv4(udp(b"between"), number=999)))
    frames = random_.sample(frames, len(frames) - 3)
    whole_decoder, whole = decode(frames)
    decoder, rows, bodies = Decoder(), [], []
    marks = sorted({0, len(frames), *(random_.randrange(len(frames)) for _ in range(cuts))})
    for a, b in pairwise(marks):
        part = decoder.feed(window(frames[a:b], first=1 + a, ts=1_000_000_000 + a * 1_000_000))
        bodies += [content(part, i) for i in range(len(part.packets))]
        rows.append(part.packets)
    decoder.finish()
    got = np.concatenate(rows).copy()
    expected = whole.packets.copy()
    for name in ("payload", "outer", "header"):
        got[name] = expected[name] = 0
    assert got.tolist() == expected.tolist()
    assert bodies == [content(whole, i) for i in range(len(whole.packets))]
    assert decoder.skipped == whole_decoder.skipped
    assert decoder.fragments == whole_decoder.fragments


def test_the_datagram_stands_where_it_was_completed():
    first, second = split4(MESSAGE, [100])
    plain = [ethernet(ipv4(udp(bytes([i])), number=50 + i)) for i in range(4)]
    decoder, decoded = decode([plain[0], first, plain[1], second, plain[2]])
    assert decoded.packets["frame"].tolist() == [1, 3, 4, 5]
    assert decoder.fragments == {(0, 4): ((0, 2),)}
    assert decoded.packets["frame_length"][2] == len(first) + len(second)
    assert content(decoded, 2) == MESSAGE[8:]
    assert not decoded.buffer.flags.writeable


def test_a_missing_piece_is_counted():
    frames = split4(MESSAGE, [50, 50, 50])
    decoder, decoded = decode([frames[0], *frames[2:]])
    assert len(decoded.packets) == 0
    assert dict(decoder.skipped) == {(0, Skip.FRAGMENT_INCOMPLETE): len(frames) - 1}


def test_of_overlapping_bytes_the_first_stay_and_the_last_are_read_too():
    body = udp(b"A" * 40)
    frames = [
        ethernet(ipv4(body[:32], offset=0, more=True)),
        ethernet(ipv4(b"B" * 24, offset=16, more=True)),
        ethernet(ipv4(body[40:], offset=40, more=False)),
    ]
    decoder, decoded = decode(frames)
    assert content(decoded, 0) == b"A" * 24 + b"B" * 8 + b"A" * 8
    assert content(decoded, 1) == b"A" * 8 + b"B" * 24 + b"A" * 8
    assert decoded.packets["flags"].tolist() == [Flag.REASSEMBLED | Flag.CONTESTED] * 2
    assert (decoder.overlaps[0], decoder.decoded[0], decoder.contested[0]) == (1, 1, 1)


def test_ipv6_headers_before_the_fragment_header_stay():
    frames = split6(MESSAGE, [200], before=b"\x2c\0\1\4\0\0\0\0")
    _, decoded = decode(frames[::-1])
    assert content(decoded, 0) == MESSAGE[8:]
    assert decoded.packets["proto"][0] == 17


def test_ipv4_options_of_the_first_fragment_stay():
    _, decoded = decode(split4(MESSAGE, [100], options=b"\x01" * 8))
    assert content(decoded, 0) == MESSAGE[8:]


def test_fragments_in_a_tunnel_and_a_tunnel_in_fragments():
    inner = ethernet(ipv4(tcp(b"p" * 1200), 6))
    vxlan = udp(bytes([8, 0, 0, 0, 0, 0, 9, 0]) + inner, dport=4789)
    _, decoded = decode(split4(vxlan, [70]))
    row = decoded.packets[0]
    assert (row["tunnel"], row["depth"], row["proto"]) == (Tunnel.VXLAN, 1, 6)
    assert content(decoded, 0) == b"p" * 1200

    pieces = [udp(bytes([8, 0, 0, 0, 0, 0, 9, 0]) + piece, dport=4789) for piece in split4(MESSAGE, [100])]
    outer = [frame for i, piece in enumerate(pieces) for frame in split4(piece, [40], number=90 + i)]
    decoder, decoded = decode(outer)
    assert content(decoded, 0) == MESSAGE[8:]
    assert decoded.packets["depth"][0] == 1
    assert decoder.fragments == {(0, len(outer)): tuple((0, i) for i in range(1, len(outer)))}
    assert dict(decoder.skipped) == {(0, Skip.FRAGMENT): len(outer) - 1}


def test_a_piece_that_the_snaplen_cut_leaves_a_gap_of_known_length():
    first, second = split4(MESSAGE, [100])
    _, decoded = decode([first[:200], second], wirelens=[len(first), len(second)])
    row = decoded.packets[0]
    assert row["flags"] == Flag.REASSEMBLED | Flag.CUT
    assert row["wire_length"] == len(MESSAGE) - 8
    assert content(decoded, 0) == MESSAGE[8 : 200 - 34]


def test_the_same_id_in_another_vlan_is_another_datagram():
    one = split4(MESSAGE, [100])
    other = [frame[:12] + b"\x81\0\0\5" + frame[12:] for frame in split4(MESSAGE[:8] + MESSAGE[8:][::-1], [100])]
    _, decoded = decode([one[0], other[0], one[1], other[1]])
    assert [content(decoded, i) for i in range(2)] == [MESSAGE[8:], MESSAGE[8:][::-1]]


def test_a_datagram_larger_than_any_is_refused():
    frame = ethernet(ipv4(bytes(1000), offset=65_528, more=False))
    decoder, _ = decode([frame])
    assert dict(decoder.skipped) == {(0, Skip.MALFORMED_IP): 1}
    # the first piece has longer headers than the last, which alone would have fitted
    first = ethernet(ipv4(bytes(65_472), offset=0, more=True, options=bytes([1] * 40)))
    decoder, decoded = decode([first, ethernet(ipv4(bytes(40), offset=65_472))])
    assert len(decoded.packets) == 0
    assert dict(decoder.skipped) == {(0, Skip.FRAGMENT_INCOMPLETE): 2}


def piece(number=1, ts=0, offset=0, data=b"x" * 800, more=True, shard=5):
    return Piece((number,), shard, ts, (0, number), (), len(data), 4, bytes(20), 0, 17, offset, len(data), more, data)


def test_old_datagrams_are_given_up_by_capture_time():
    defragmenter = Defragmenter()
    defragmenter.add(piece(1, ts=0))
    assert defragmenter.add(piece(2, ts=LIFETIME)).dropped == ()
    assert [old.key for old in defragmenter.add(piece(3, ts=LIFETIME + 1)).dropped] == [(1,)]
    assert [old.key for old in defragmenter.finish()] == [(2,), (3,)]


def test_a_shard_stays_within_its_budget():
    defragmenter = Defragmenter()
    held = dropped = 0
    for number in range(3_000):
        held += 800 + OVERHEAD
        gone = defragmenter.add(piece(number)).dropped
        dropped += len(gone)
        held -= (800 + OVERHEAD) * len(gone)
        assert held <= SHARD_BYTES
    assert dropped + len(defragmenter.finish()) == 3_000
    assert defragmenter.add(piece(1, shard=6)).dropped == ()


def test_an_id_used_again_is_no_repetition():
    defragmenter = Defragmenter()
    for body in (b"a" * 800, b"b" * 800):
        assert defragmenter.add(piece(data=body)).whole is None
        whole = defragmenter.add(piece(data=body, offset=800, more=False)).whole
        assert whole.packet[20:] == body * 2
    assert defragmenter.add(piece(data=b"b" * 800)).repeated
    assert not defragmenter.add(piece(data=b"b" * 800, ts=LIFETIME)).repeated


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 6), st.booleans(), st.integers(0, 6)), max_size=12))
def test_spans_like_an_array_of_bytes(pieces):
    datagram = Datagram(0)
    holder = {}
    total = None
    for mark, (offset, length, last, captured) in enumerate(pieces):
        data = bytes([mark + 1]) * min(length, captured)
        datagram.add(piece(offset=offset, data=data, more=not last)._replace(wire_length=length))
        if last and total is None:
            total = offset + length
            holder = {at: value for at, value in holder.items() if at < total}
        for at in range(offset, offset + length):
            if total is None or at < total:
                holder.setdefault(at, mark + 1 if at - offset < len(data) else None)
    got = {}
    for start, stop, data in datagram.spans:
        assert start < stop
        for at in range(start, stop):
            assert at not in got
            got[at] = data[at - start] if at - start < len(data) else None
    assert got == holder
    assert datagram.covered == len(holder)
    assert datagram.complete == (total is not None and len(holder) == total and any(p[0] == 0 for p in pieces))


def test_a_capture_of_nothing_but_fragments_is_quick():
    random_ = random.Random(3)
    frames = [
        frame for number in range(750) for frame in split4(udp(random_.randbytes(5000)), [170] * 3, number=number)
    ]
    frames = [frame for at in range(0, len(frames), 60) for frame in random_.sample(frames[at : at + 60], 60)]
    with within(len(frames) * 1e-3):
        _, decoded = decode(frames)
    assert len(decoded.packets) == 750
