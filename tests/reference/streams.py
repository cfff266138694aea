"""Slow twin of the stream kernels: the same rules over Python objects, lists and bytes, one packet after the other."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

SECOND = 1_000_000_000
FIN, SYN, RST, ACK = 1, 2, 4, 16
MASK = 0xFFFFFFFF
FAR, NEAR, BEYOND = 64 << 20, 1 << 20, 1 << 30
LEDGER = (
    "packets", "bytes", "payload", "delivered", "duplicate", "conflicting", "evicted", "after_close", "missing",
)  # fmt: skip


def distance(a, b):
    d = (a - b) & MASK
    return d - (1 << 32) if d >= 1 << 31 else d


@dataclass
class Segment:
    offset: int
    data: bytes
    cut: int
    clock: int
    piece: tuple  # ts, frame, capture

    @property
    def end(self):
        return self.offset + len(self.data) + self.cut


@dataclass
class Side:
    flow: Flow
    direction: int
    base: int = 0
    based: str = ""
    next: int = 0
    highest: int = 0
    acked: int = 0
    fin: int | None = None
    waiting: list = field(default_factory=list)
    starting: bool = False
    recent: list = field(default_factory=list)  # (offset, data), the last four
    odd: int = 0
    odd_seq: int = 0
    mark: tuple | None = None  # acknowledged offset, clock, packets
    ripe: int = 0
    counters: dict = field(default_factory=lambda: dict.fromkeys(LEDGER, 0))

    @property
    def other(self):
        return self.flow.sides[1 - self.direction]

    def offset_of(self, seq):
        return self.next + distance(seq, (self.base + self.next) & MASK)

    def add(self, name, amount):
        self.counters[name] += amount

    def hand_on(self, data, piece):
        self.flow.emit(
            self.direction, self.next, len(data), data, [(self.next, piece[0], piece[1], len(data), piece[2])]
        )
        self.add("delivered", len(data))
        if self.flow.proto == 6:
            self.recent = [*self.recent, (self.next, data)][-4:]
        self.next += len(data)

    def skip(self, length):
        self.flow.emit(self.direction, self.next, length, b"", [])
        self.add("missing", length)
        self.next += length


@dataclass
class Flow:
    shard: Shard
    key: tuple
    proto: int
    first: dict
    client: tuple
    server: tuple
    sides: list = field(default_factory=list)
    runs: list = field(default_factory=list)
    used: int = 0
    clock: int = 0
    which: str = "loose"
    flags: int = 0
    last: dict = field(default_factory=dict)
    burst: int = 0
    burst_clock: int = 0
    bursts: list = field(default_factory=lambda: [0] * 5)

    def emit(self, direction, offset, length, data, pieces):
        if self.proto not in (6, 17):
            return
        last = self.runs[-1] if self.runs else None
        if last and last[0] == direction and bool(last[3]) == bool(data) and last[1] + last[2] == offset:
            self.runs[-1] = (direction, last[1], last[2] + length, last[3] + data, last[4] + pieces)
        else:
            self.runs.append((direction, offset, length, data, pieces))

    def end_burst(self):
        if self.burst >= 1024:
            self.bursts[sum(self.burst >= bound << 10 for bound in (8, 32, 128, 512))] += 1
        self.burst = 0

    def follow_burst(self, direction, length):
        clock = self.shard.clock
        if direction == 1:
            if length >= 128:
                self.end_burst()
            return
        if self.burst and clock - self.burst_clock >= SECOND:
            self.end_burst()
        self.burst += length
        self.burst_clock = clock

    def final(self):
        row = {name: [side.counters[name] for side in self.sides] for name in LEDGER}
        row["bursts"] = self.bursts
        row |= {"client_lo": self.client[0], "client_port": self.client[1]}
        row |= {"server_lo": self.server[0], "server_port": self.server[1]}
        row |= {"first_ts": self.first["ts"], "last_ts": self.last["ts"], "first_frame": self.first["frame"]}
        row |= {"last_frame": self.last["frame"], "first_seq": self.first.get("seq", 0) if self.proto == 6 else 0}
        row |= {"handshake": self.flags, "proto": self.proto, "shard": self.shard.number}
        return row | {"ignored": int(self.proto not in (6, 17))}


class Shard:
    """Everything of one logical shard."""

    def __init__(self, number, limits, output):
        self.number, self.limits, self.output = number, limits, output
        self.clock = self.counter = self.scan = 0
        self.flows, self.holes = {}, []

    def take(self, p):
        self.counter += 1
        self.clock = max(self.clock, p["ts"])
        idle = {"open": self.limits.tcp_idle, "loose": self.limits.udp_idle, "closing": self.limits.linger}
        for flow in list(self.flows.values()):
            if self.clock - flow.clock >= idle[flow.which] * SECOND:
                self.close(flow)
        if self.holes and self.clock >= self.scan:
            self.scan = self.clock + SECOND // 4
            for side in list(self.holes):
                self.give_up(side)
        proto = p.get("proto", 6)
        src, dst = (p["src"], p["dst"]) if proto in (6, 17) else ((p["src"][0], 0), (p["dst"][0], 0))
        key = (proto, *sorted((src, dst)))
        flow = self.flows.get(key)
        if flow and proto == 6 and p.get("flags", 0) & SYN and self.reopens(flow, p):
            self.close(flow)
            flow = None
        flow = flow or self.open(key, p, src, dst)
        side = flow.sides[0 if flow.client == src else 1]
        self.count(side, p, 1)
        if proto == 17:
            wire = max(len(p["data"]), p.get("wire", 0))
            if wire:
                flow.follow_burst(side.direction, wire)
            if p["data"]:
                side.hand_on(p["data"], piece_of(p))
            if wire > len(p["data"]):
                side.skip(wire - len(p["data"]))
        elif proto != 6:
            side.add("delivered", len(p["data"]))
        elif not self.tcp(side, p):
            self.count(side, p, -1)
            self.close(flow)
            flow = self.open(key, p, src, dst)
            side = flow.sides[0 if flow.client == src else 1]
            self.count(side, p, 1)
            assert self.tcp(side, p)
        flow.last, flow.clock, flow.used = p, self.clock, self.counter

    @staticmethod
    def count(side, p, by):
        side.add("packets", by)
        side.add("bytes", by * (max(len(p["data"]), p.get("wire", 0)) + 54))
        side.add("payload", by * len(p["data"]))

    def open(self, key, p, src, dst):
        if len(self.flows) >= self.limits.flows:
            self.close(min(self.flows.values(), key=lambda flow: flow.used), evicted=True)
        flags = p.get("flags", 0) if key[0] == 6 else 0
        low, high = sorted((src[1], dst[1]))
        forward = not flags & ACK if flags & SYN else low == high or not (low < 1024 or high >= 32768) or src[1] != low
        flow = Flow(self, key, key[0], p, src if forward else dst, dst if forward else src)
        flow.sides = [Side(flow, 0), Side(flow, 1)]
        flow.which = "open" if key[0] == 6 else "loose"
        flow.clock, flow.used = self.clock, self.counter
        self.flows[key] = flow
        self.output.append(flow)
        return flow

    def reopens(self, flow, p):
        side = flow.sides[0 if flow.client == p["src"] else 1]
        first = (p["seq"] + 1) & MASK
        if side.based == "syn":
            return side.base != first
        if flow.which == "closing":
            return True
        return side.based == "data" and abs(side.offset_of(first)) > side.highest + NEAR

    def close(self, flow, evicted=False):
        for side in flow.sides:
            if evicted and side.waiting:
                if side.starting:
                    side.next = side.waiting[0].offset
                for segment in side.waiting:
                    side.add("missing", segment.offset - side.next + segment.cut)
                    side.add("evicted", len(segment.data))
                    side.next = segment.end
                side.waiting = []
                self.holes.remove(side)
            if flow.proto == 6:
                self.end_side(flow, side)
        flow.end_burst()
        del self.flows[flow.key]

    def end_side(self, flow, side):
        while side.waiting:
            self.lose(side)
        own, others = (4, 8) if side.direction == 0 else (8, 4)
        end = side.acked
        if side.fin is not None:
            end = side.fin
        elif flow.flags & others and not flow.flags & (own | 16):
            end -= 1
        if side.based and end > side.next:
            side.skip(end - side.next)

    def tcp(self, side, p):
        flow, other = side.flow, side.other
        flags, seq, data = p.get("flags", 0), p["seq"], p["data"]
        wire = max(len(data), p.get("wire", 0))
        was_reset = flow.flags & 16
        if flags & SYN:
            flow.flags |= 2 if flags & ACK else 1
            seq = (seq + 1) & MASK
            if side.based in ("", "ack"):
                side.base, side.acked, side.based = seq, 0, "syn"
        held = side.starting
        if wire or (flags & FIN and not was_reset):
            self.settle_base(side, seq, wire > 0)
        offset = side.offset_of(seq)
        if side.based and not was_reset and (wire or flags & (FIN | RST)):
            verdict = self.implausible(side, seq, offset, len(data), wire)
            if verdict == "other":
                return False
            if verdict == "drop":
                return True
            if verdict == "jump":
                while side.waiting:
                    self.lose(side)
                if offset > side.next:
                    side.skip(offset - side.next)
        if other.starting:
            self.start(other)
        if was_reset or flags & RST:
            side.add("after_close", len(data))
        elif wire:
            self.payload(side, p, offset, data, wire)
        end = offset + wire
        if flags & FIN and not was_reset and (end >= side.next or side.starting):
            flow.flags |= 4 << side.direction
            side.fin = end if side.fin is None else side.fin
        if flags & RST:
            flow.flags |= 16
        if held and side.starting:
            self.start(side)
        if flags & ACK and not flags & RST:
            self.take_ack(other, p["ack"])
        for each in (side, other):
            if each.waiting:
                self.give_up(each)
        if flow.flags & 16 or flow.flags & 12 == 12:
            flow.which = "closing"
        return True

    @staticmethod
    def settle_base(side, seq, has_data):
        midway = side.flow.flags & 3 == 0
        if side.based == "":
            side.base, side.starting = seq, has_data
        elif side.based == "ack":
            moved = distance(seq, side.base)
            if (midway and (moved < 0 or side.acked == 0)) or abs(moved) > FAR:
                side.base = seq
                side.acked = max(side.acked - moved, 0) if abs(moved) <= FAR else 0
                side.starting = has_data and midway
        side.based = "syn" if side.based == "syn" else "data"

    @staticmethod
    def take_ack(other, ack):
        if not other.based:
            other.base, other.based = ack, "ack"
            return
        offset = other.offset_of(ack)
        if other.acked < offset <= max(other.highest, other.acked) + FAR:
            limit = offset if other.fin is None else min(offset, other.fin)
            other.acked = max(limit, other.acked)

    @staticmethod
    def implausible(side, seq, offset, length, wire):
        ahead = offset - side.next
        if abs(ahead) <= FAR:
            side.odd = 0
            return "good"
        side.odd = side.odd + 1 if side.odd and abs(distance(seq, side.odd_seq)) <= NEAR else 1
        side.odd_seq = (seq + wire) & MASK
        if side.odd < 3:
            side.add("evicted" if ahead > 0 else "duplicate", length)
            return "drop"
        side.odd = 0
        return "jump" if 0 < ahead <= BEYOND else "other"

    def payload(self, side, p, offset, data, wire):
        if side.fin is not None and offset + wire > side.fin:
            wire = max(side.fin - offset, 0)
            side.add("after_close", len(data) - len(data[:wire]))
            data = data[:wire]
        if not wire:
            return
        if offset + wire > side.highest:
            side.highest = offset + wire
            side.flow.follow_burst(side.direction, wire)
        segment = Segment(offset, data, wire - len(data), self.clock, piece_of(p))
        if not side.starting and segment.end <= side.next:
            same = [d for o, d in side.recent if o == offset and len(d) == len(data)]
            alive = len(data) == 1 and offset == side.next - 1
            side.add("conflicting" if same and same[0] != data and not alive else "duplicate", len(data))
            return
        direct = not side.starting and offset <= side.next
        if direct and (not side.waiting or segment.end <= side.waiting[0].offset):
            old = min(side.next - offset, len(data))
            side.add("duplicate", old)
            if data[old:]:
                side.hand_on(data[old:], segment.piece)
            if segment.end > side.next:
                side.skip(segment.end - side.next)
            self.drain(side)
            return
        self.insert(side, segment)
        if not side.starting:
            self.drain(side)
        self.enforce(side)

    def insert(self, side, new):
        """Cut the new segment at every border, and look at each part on its own."""
        if not side.starting and new.offset < side.next:
            old = min(side.next - new.offset, len(new.data))
            side.add("duplicate", old)
            cut = new.end - max(side.next, new.offset + len(new.data))
            new = Segment(side.next, new.data[old:], cut, new.clock, new.piece)
        borders = {new.offset, new.end}
        for known in side.waiting:
            borders |= {b for b in (known.offset, known.end) if new.offset < b < new.end}
        borders = sorted(borders)
        for begin, end in itertools.pairwise(borders):
            part = new.data[begin - new.offset : end - new.offset]
            known = [s for s in side.waiting if s.offset <= begin and end <= s.end]
            if known:
                common = known[0].data[begin - known[0].offset : end - known[0].offset]
                differs = part[: len(common)] != common[: len(part)]
                side.add("conflicting" if differs else "duplicate", len(part))
            else:
                self.wait(side, Segment(begin, part, end - begin - len(part), new.clock, new.piece))

    def wait(self, side, segment):
        if not side.waiting:
            self.holes.append(side)
            side.mark, side.ripe = None, 0
        side.waiting = sorted([*side.waiting, segment], key=lambda s: s.offset)

    def drain(self, side):
        progress = False
        while side.waiting and side.waiting[0].offset == side.next:
            segment = side.waiting.pop(0)
            if segment.data:
                side.hand_on(segment.data, segment.piece)
            if segment.cut:
                side.skip(segment.cut)
            progress = True
        if progress and side in self.holes:
            self.holes.remove(side)
            if side.waiting:
                self.holes.append(side)

    def start(self, side):
        side.starting = False
        if not side.waiting:
            return
        shift = side.waiting[0].offset
        side.base = (side.base + shift) & MASK
        side.acked = max(side.acked - shift, 0)
        side.highest -= shift
        if side.fin is not None:
            side.fin = max(side.fin - shift, 0)
        for segment in side.waiting:
            segment.offset -= shift
        self.drain(side)

    def lose(self, side):
        if side.starting:
            self.start(side)
            return
        side.skip(side.waiting[0].offset - side.next)
        self.drain(side)

    def enforce(self, side):
        limits = self.limits
        while side.waiting and (held([side]) > limits.side_bytes or len(side.waiting) > limits.side_segments):
            self.lose(side)
        while self.holes and (
            held(self.holes) > limits.shard_bytes or sum(len(s.waiting) for s in self.holes) > limits.shard_segments
        ):
            self.lose(self.holes[0])

    def give_up(self, side):
        limits, flow = self.limits, side.flow
        packets = sum(s.counters["packets"] for s in flow.sides)
        if side.mark is None:
            side.mark = (side.acked, self.clock, packets)
        elif packets - side.mark[2] >= limits.ack_packets or self.clock - side.mark[1] >= limits.ack_age * SECOND:
            side.ripe = side.mark[0]
            side.mark = (side.acked, self.clock, packets)
        while side.waiting:
            age = self.clock - side.waiting[0].clock
            alone = side.other.counters["packets"] == 0
            if not (
                age >= limits.hole_age * SECOND
                or (side.starting and age >= limits.ack_age * SECOND)
                or (not side.starting and side.waiting[0].offset <= side.ripe)
                or (alone and (age >= limits.lone_age * SECOND or len(side.waiting) >= limits.lone_segments))
            ):
                break
            self.lose(side)


def held(sides):
    return sum(len(segment.data) for side in sides for segment in side.waiting)


def piece_of(p):
    return (p["ts"], p["frame"], p.get("capture", 0))


def assemble(packets, limits):
    """Flows in order of beginning, as tests/streams/wire.summary gives them."""
    output, shards = [], {}
    for p in packets:
        if p.get("skip", 0) or p.get("proto", 6) == 0:
            continue
        number = p.get("shard", 0)
        if number not in shards:
            shards[number] = Shard(number, limits, output)
        shards[number].take(p)
    for shard in shards.values():
        for flow in list(shard.flows.values()):
            shard.close(flow)
    return [{"runs": flow.runs, "final": flow.final()} for flow in output]
