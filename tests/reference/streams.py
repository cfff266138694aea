"""Slow twin of the stream kernels: the same rules over Python objects, lists and bytes, one packet after the other."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

SECOND = 1_000_000_000
FIN, SYN, RST, ACK = 1, 2, 4, 16
MASK = 0xFFFFFFFF
GUESSED, BAD, GOOD, STAMPED, CONTESTED = 8, 4, 32, 64, 128  # marks of packets
SLACK = 1 << 16
FAR, NEAR, BEYOND = 64 << 20, 1 << 20, 1 << 30
LEDGER = (
    "packets", "bytes", "payload", "delivered", "duplicate", "conflicting", "evicted", "after_close", "missing",
)  # fmt: skip


def distance(a, b):
    d = (a - b) & MASK
    return d - (1 << 32) if d >= 1 << 31 else d


@dataclass(eq=False)
class Segment:
    offset: int
    data: bytes
    cut: int
    clock: int
    piece: tuple  # ts, frame, capture
    doubt: int = 0

    def part(self, begin, end):
        data = self.data[begin - self.offset : end - self.offset]
        return Segment(begin, data, end - begin - len(data), self.clock, self.piece, self.doubt)

    @property
    def end(self):
        return self.offset + len(self.data) + self.cut


@dataclass(eq=False)
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
    heard: int = 0
    limit: int | None = None
    link: tuple = ()  # how its packets look: addresses, VLAN, tunnel
    ttl: int = 0
    stamp: int | None = None
    scale: int = 0
    summed: bool = False
    trusted: bool = False
    reset: bool = False
    strange: bool = False
    short: bool = False
    syn: dict | None = None  # a SYN that is held
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


@dataclass(eq=False)
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
    doubts: int = 0
    shadow: Flow | None = None
    main: Flow | None = None

    def emit(self, direction, offset, length, data, pieces):
        if not self.flags & 3:
            self.flags |= 32  # before any SYN
        if self.proto not in (6, 17):
            return  # counted, and walked along
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
        row["bursts"], row["doubts"] = self.bursts, self.doubts
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
        self.flows, self.holes = [], []  # the youngest flow first

    def take(self, p):
        self.counter += 1
        self.clock = max(self.clock, p["ts"])
        tcp_idle = self.limits.tcp_idle
        idle = {"open": tcp_idle, "begun": tcp_idle, "loose": self.limits.udp_idle, "closing": self.limits.linger}
        for flow in list(self.flows):
            if not flow.main and self.clock - flow.clock >= idle[flow.which] * SECOND:
                self.close(flow)
        if self.holes and self.clock >= self.scan:
            self.scan = self.clock + SECOND // 4
            for side in list(self.holes):
                self.give_up(side)
        proto = p.get("proto", 6)
        src, dst = (p["src"], p["dst"]) if proto in (6, 17) else ((p["src"][0], 0), (p["dst"][0], 0))
        side = self.find(p, proto, src, dst)
        if side and proto == 6:
            side = self.heed_syns(side, p, src, dst)
            if side == "held":
                return
        side = side or self.open(p, proto, src, dst)
        self.count(side, p, 1)
        if proto in (17, 50):
            wire = max(len(p["data"]), p.get("wire", 0))
            if wire:
                side.flow.follow_burst(side.direction, wire)
            if p["data"]:
                if p.get("ttl", 64) >= side.ttl:
                    self.note_stranger(side, p, 0, side.link[0])
                side.hand_on(p["data"], piece_of(p))
            if wire > len(p["data"]):
                side.skip(wire - len(p["data"]))
        elif proto != 6:
            side.add("delivered", len(p["data"]))
        elif not self.tcp(side, p):
            self.count(side, p, -1)
            self.close(side.flow)
            side = self.open(p, proto, src, dst)
            self.count(side, p, 1)
            assert self.tcp(side, p)
        self.note(side.flow, p)

    def note(self, flow, p):
        flow.last, flow.clock, flow.used = p, self.clock, self.counter
        counters = [side.counters for side in flow.sides]
        spoken = all(c["packets"] for c in counters) and any(c["payload"] for c in counters)
        if flow.which == "begun" and spoken:
            flow.which = "open"

    def find(self, p, proto, src, dst):
        """The side of a packet; of several flows that of its own VLAN, then the one with the nearest numbers."""
        found = []
        for flow in self.flows:
            if not flow.main and flow.proto == proto and {flow.client, flow.server} == {src, dst}:
                side = flow.sides[0 if flow.client == src else 1]
                far = abs(distance(p.get("seq", 0), (side.base + side.next) & MASK))
                found.append((flow.first.get("vlan", 0) != p.get("vlan", 0), far if proto == 6 else 0, side))
        return min(found, key=lambda item: item[:2])[2] if found else None

    def heed_syns(self, side, p, src, dst):
        """The side; None where a flow has to be opened; "held" for a SYN that nothing proves yet."""
        flow, flags = side.flow, p.get("flags", 0)
        bad = p.get("marks", 0) & BAD and side.summed
        for whose, number in ((side, p["seq"]), (side.other, p["ack"])):
            fits = not flags & SYN if whose is side else flags & ACK
            if not whose.syn or flags & RST or bad or not fits:
                continue
            first = (whose.syn["seq"] + 1) & MASK
            if number == first != (whose.base + whose.next) & MASK:
                return self.renew(side, whose, p, src, dst)
        if not flags & SYN:
            return side
        first = (p["seq"] + 1) & MASK
        other_number = side.based == "syn" and side.base != first
        if other_number and flow.first.get("vlan", 0) != p.get("vlan", 0):
            return None
        if flow.which == "closing" and (other_number or side.based != "syn"):
            self.close(flow)
            return None
        if not other_number and not (side.based == "data" and abs(side.offset_of(first)) > side.highest + NEAR):
            return side
        self.count(side, p, 1)
        side.add("evicted", len(p["data"]))
        flow.doubts |= 256
        if not bad and (not side.syn or side.syn["seq"] != p["seq"]):
            side.syn = p
        self.note(flow, p)
        return "held"

    def renew(self, side, whose, p, src, dst):
        syn, whose.syn = whose.syn, None
        whose.add("packets", -1)
        whose.add("bytes", -size_of(syn))
        side.flow.which = "closing"
        opener = syn["dst"] if syn["flags"] & ACK else syn["src"]
        fresh = self.open(p, 6, src, dst, client=opener)
        flow = fresh.flow
        flow.first = {**flow.first, **{name: syn.get(name, 0) for name in ("ts", "frame", "seq", "capture")}}
        sender = flow.sides[0 if flow.client == syn["src"] else 1]
        sender.add("packets", 1)
        sender.add("bytes", size_of(syn))
        if whose is side:
            self.learn(sender, p)
        else:
            sender.trusted = True
        self.on_syn(sender, syn)
        return fresh

    @staticmethod
    def on_syn(side, p):
        side.flow.flags |= 2 if p["flags"] & ACK else 1
        if side.based in ("", "ack"):
            side.base, side.acked, side.heard, side.based = (p["seq"] + 1) & MASK, 0, 0, "syn"
            side.scale = p.get("scale", 0)

    @staticmethod
    def learn(side, p):
        side.link, side.ttl = link_of(p), p.get("ttl", 64)
        side.stamp = p.get("stamp", 0) if p.get("marks", 0) & STAMPED else None

    def suspect(self, side, p, wire):
        marks, flags = p.get("marks", 0), p.get("flags", 0)
        reasons = 1 if marks & BAD and side.summed else 0
        side.summed |= bool(marks & GOOD)
        if marks & GUESSED and size_of(p) <= 1600:
            reasons |= 64
        if marks & CONTESTED:
            reasons |= 128
        if wire and not flags & (ACK | SYN | RST):
            reasons |= 8
        strange = 2 if p.get("ttl", 64) + 2 < side.ttl else 0
        if link_of(p) != side.link:
            strange |= 16
        if marks & STAMPED and side.stamp is not None and distance(p["stamp"], side.stamp) < -1:
            strange |= 4
        if strange and side.trusted:
            side.trusted = False
            self.learn(side, p)
            return reasons
        if not strange:
            side.ttl = max(side.ttl, p.get("ttl", 64))
        return reasons | strange

    @staticmethod
    def note_stranger(side, p, reasons, mac):
        if mac and link_of(p)[0] != mac:
            if reasons & 16:
                side.strange = True
            else:
                side.flow.doubts |= 65536 << side.direction

    def count(self, side, p, by):
        side.add("packets", by)
        side.add("bytes", by * size_of(p))
        side.add("payload", by * len(p["data"]))
        if by > 0 and side.counters["packets"] == 1:
            self.learn(side, p)

    def open(self, p, proto, src, dst, client=None):
        if len(self.flows) >= self.limits.flows:
            begun = [flow for flow in self.flows if flow.which == "begun" and not flow.main]
            some = begun if 4 * len(begun) > len(self.flows) else [flow for flow in self.flows if not flow.main]
            oldest = min(some, key=lambda flow: flow.used)
            ended = oldest.which == "closing" and not any(side.waiting for side in oldest.sides)
            self.close(oldest, evicted=not ended)
        flags = p.get("flags", 0) if proto == 6 else 0
        low, high = sorted((src[1], dst[1]))
        forward = not flags & ACK if flags & SYN else low == high or not (low < 1024 or high >= 32768) or src[1] != low
        forward = forward if client is None else client == src
        flow = Flow(self, (), proto, p, src if forward else dst, dst if forward else src)
        flow.sides = [Side(flow, 0), Side(flow, 1)]
        flow.which = "begun" if proto == 6 else "loose"
        flow.clock, flow.used = self.clock, self.counter
        self.flows.insert(0, flow)
        self.output.append(flow)
        return flow.sides[0 if flow.client == src else 1]

    def close(self, flow, evicted=False):
        if flow.shadow:
            flow.shadow.flags = flow.flags & ~32 | flow.shadow.flags & 32
            self.end_flow(flow.shadow, evicted)
        self.end_flow(flow, evicted)

    def end_flow(self, flow, evicted):
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
                heard = side.other.counters["packets"] and 0 < side.acked < side.highest
                if flow.flags & 16 and flow.main is None and heard:
                    flow.doubts |= 262144 << side.direction
                elif flow.main is None and side.short and side.acked < side.highest and not flow.flags & 16:
                    flow.doubts |= 1048576 << side.direction
        flow.end_burst()
        flow.doubts |= 16384 if evicted else 0
        self.flows.remove(flow)

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
        reset = bool(flags & RST)
        mac = side.link[0] if side.link else 0
        reasons = self.suspect(side, p, wire)
        if not side.based:
            reasons = 0
        if wire and not reset:
            self.note_stranger(side, p, reasons, mac)
        if flags & SYN:
            seq = (seq + 1) & MASK
        strong = reasons & (1 | 4 | 8 | 64 | 128)
        if strong:
            flow.doubts |= strong if flags & (SYN | FIN | RST) else 0
            flags = 0
        if flags & SYN:
            self.on_syn(side, p)
        held = side.starting
        if (wire and not reset) or flags & FIN:
            self.settle_base(side, seq, wire > 0)
        offset = side.offset_of(seq)
        if flags & RST and not self.expected(side, offset):
            flow.doubts |= 512
            flags &= ~RST
        if side.based and not reset and (wire or flags & FIN):
            verdict = self.implausible(side, seq, offset, len(data), wire)
            if verdict == "other":
                return False
            if verdict == "jump":
                while side.waiting:
                    self.lose(side)
                if offset > side.next:
                    side.skip(offset - side.next)
            if side.limit is not None and offset + wire > side.limit:
                reasons |= 32
                if offset + wire > side.highest:
                    flags &= ~FIN
            if verdict == "drop":
                return True
        if other.starting:
            self.start(other)
        if reset:
            side.add("after_close", len(data))
        elif wire:
            at = p.get("urgent", 0) - 1
            fits = 0 <= at < len(data) and wire == len(data) and not reasons
            if fits and offset == side.next and not side.waiting:
                self.payload(side, p, offset, data[:at], at, 0)
                flow.doubts |= 32768
                side.add("evicted", 1)
                side.base = (side.base + 1) & MASK
                self.payload(side, p, side.next, data[at + 1 :], len(data) - at - 1, 0)
            else:
                self.payload(side, p, offset, data, wire, reasons)
        fits = wire and not reasons and not reset and offset <= side.next and p.get("marks", 0) & STAMPED
        if fits and (side.stamp is None or distance(p["stamp"], side.stamp) > 0):
            side.stamp = p["stamp"]
        end = side.offset_of((seq + wire) & MASK)
        if flags & FIN and (end >= side.highest or side.starting):
            flow.flags |= 4 << side.direction
            side.fin = end
        if flags & RST:
            flow.flags |= 16
            side.reset = True
        if held and side.starting:
            self.start(side)
        if side.reset and not reset and not reasons:
            side.reset = False
            flow.doubts |= 512
            flow.flags &= ~16
            if flow.which == "closing" and flow.flags & 12 != 12:
                flow.which = "open"
        hole = other.waiting and not other.starting and other.waiting[0].offset > other.next
        if flags & ACK and not reset and not (reasons and hole):
            self.on_ack(side, p)
        if wire and not reset:
            side.short, other.short = False, 0 < other.acked < other.highest
        if other.waiting:
            self.drain(other, moved_only=True)
        for each in (side, other):
            if each.waiting:
                self.give_up(each)
        if flow.shadow:
            for each in flow.sides:
                self.hear_variant(each)
        if flags & (FIN | RST) and (flow.flags & 16 or flow.flags & 12 == 12) and flow.which in ("open", "begun"):
            flow.which = "closing"
        return True

    @staticmethod
    def expected(side, offset):
        places = {side.next, side.highest, side.acked} | ({side.fin + 1} if side.fin is not None else set())
        return not side.based or offset in places

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
    def on_ack(side, p):
        other, ack = side.other, p["ack"]
        if not other.based:
            other.base, other.based = ack, "ack"
            return
        offset = other.offset_of(ack)
        if abs(offset - other.acked) > FAR and abs(offset - other.highest) > FAR:
            return
        other.heard = offset
        if side.flow.flags & 3 == 3 and side.based == other.based == "syn":
            scale = 0 if p["flags"] & SYN or not side.scale or not other.scale else side.scale - 1
            limit = offset + (p.get("window", 65535) << scale) + SLACK
            other.limit = limit if other.limit is None else max(limit, other.limit)
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
        if side.odd < 3 or (side.based == "syn" and side.limit is not None and abs(offset - side.heard) > FAR):
            side.add("evicted" if ahead > 0 else "duplicate", length)
            return "drop"
        side.odd = 0
        return "jump" if 0 < ahead <= BEYOND else "other"

    def payload(self, side, p, offset, data, wire, reasons):
        flow = side.flow
        if side.fin is not None and offset + wire > side.fin:
            if not reasons:
                side.fin = None
                flow.flags &= ~(4 << side.direction)
                flow.doubts |= 1024
                if flow.which == "closing" and not flow.flags & 16:
                    flow.which = "open"
            else:
                wire = max(side.fin - offset, 0)
                side.add("after_close", len(data) - len(data[:wire]))
                data = data[:wire]
        if not wire:
            return
        segment = Segment(offset, data, wire - len(data), self.clock, piece_of(p), reasons)
        if not reasons:
            self.supersede(side, segment, p)
            if segment.end > side.highest:
                side.highest = segment.end
                side.flow.follow_burst(side.direction, wire)
        before = side.counters["conflicting"]
        self.place(side, segment)
        turned_down = side.counters["conflicting"] > before
        if turned_down:
            flow.doubts |= reasons
            self.open_variant(side, max(offset, 0), p)
        if flow.shadow:
            twin = flow.shadow.sides[side.direction]
            if turned_down:
                self.supersede(twin, segment, p)
            self.keep_variant(twin, segment)
            flow.shadow.last = p

    def place(self, side, segment):
        data, offset = segment.data, segment.offset
        if not side.starting and segment.end <= side.next:
            same = [d for o, d in side.recent if o == offset and len(d) == len(data)]
            alive = len(data) == 1 and offset == side.next - 1
            side.add("conflicting" if same and same[0] != data and not alive else "duplicate", len(data))
            return
        direct = not segment.doubt and not side.starting and offset <= side.next
        if direct and (not side.waiting or segment.end <= side.waiting[0].offset):
            old = min(side.next - offset, len(data))
            side.add("duplicate", old)
            if data[old:]:
                side.hand_on(data[old:], segment.piece)
            if segment.end > side.next:
                side.skip(segment.end - side.next)
            self.drain(side)
            return
        if segment.doubt and not self.make_room(side, len(data)):
            side.add("evicted", len(data))
            return
        self.insert(side, segment)
        if not side.starting:
            self.drain(side)
        self.enforce(side)

    def make_room(self, side, length):
        limits = self.limits
        while side.waiting:
            full = 2 * (len(side.waiting) + 1) > limits.side_segments or 2 * (held([side]) + length) > limits.side_bytes
            full = full or 2 * (sum(len(s.waiting) for s in self.holes) + 1) > limits.shard_segments
            if not full and 2 * (held(self.holes) + length) <= limits.shard_bytes:
                return True
            head = side.waiting[0]
            if side.starting or head.offset > side.next or not head.doubt:
                return False
            self.lose(side)
        return True

    def supersede(self, side, new, p):
        """Cut what is doubtful out of the place of something better; what differs goes into the variant."""
        for known in [s for s in side.waiting if s.doubt and s.offset < new.end and new.offset < s.end]:
            if known not in side.waiting:
                continue
            begin, end = max(known.offset, new.offset), min(known.end, new.end)
            out = known.part(begin, end)
            ours = new.part(begin, end).data
            shared = min(len(out.data), len(ours))
            rest = [known.part(a, b) for a, b in ((known.offset, begin), (end, known.end)) if a < b]
            others = [s for s in side.waiting if s is not known]
            if not others and not rest:
                self.holes.remove(side)
                side.waiting = []
            else:
                if not others and begin <= known.offset:  # it leaves the list of holes and comes back
                    self.holes.remove(side)
                    self.holes.append(side)
                    side.mark, side.ripe = None, 0
                side.waiting = sorted([*others, *rest], key=lambda s: s.offset)
            if out.data[:shared] == ours[:shared]:
                side.add("duplicate", len(out.data))
                continue
            side.add("conflicting", len(out.data))
            flow = side.flow
            flow.doubts |= known.doubt | 4096
            if not flow.main and not flow.shadow:
                self.open_variant(side, begin, p, out.piece)
                if flow.shadow:
                    kept = Segment(begin, out.data, 0, self.clock, out.piece, 1)
                    self.keep_variant(flow.shadow.sides[side.direction], kept)

    def open_variant(self, side, offset, p, piece=None):
        flow = side.flow
        flow.doubts |= 4096
        if flow.shadow or flow.main or any(s.starting for s in flow.sides) or len(self.flows) >= self.limits.flows:
            return
        ts, frame, capture = piece or piece_of(p)
        first = {**flow.first, "ts": ts, "frame": frame, "seq": p["seq"], "capture": capture}
        twin = Flow(self, (), 6, first, flow.client, flow.server)
        twin.sides = [Side(twin, 0), Side(twin, 1)]
        twin.main, twin.doubts, twin.flags, twin.which, twin.last = flow, 4096 | 8192, flow.flags & 35, "variant", first
        flow.shadow = twin
        self.flows.insert(0, twin)
        self.output.append(twin)
        for own, theirs in zip(twin.sides, flow.sides, strict=True):
            own.base, own.based, own.acked, own.heard = theirs.base, theirs.based, theirs.acked, theirs.heard
            begin = offset if theirs is side else theirs.next
            if begin > 0 and theirs.based:
                own.skip(begin)
            own.highest = own.next

    def keep_variant(self, side, segment):
        side.add("packets", 1)
        side.add("payload", len(segment.data))
        if segment.end <= side.next:
            side.add("duplicate", len(segment.data))
            return
        if not self.make_room(side, len(segment.data)):
            side.add("evicted", len(segment.data))
            return
        self.insert(side, Segment(segment.offset, segment.data, segment.cut, self.clock, segment.piece, 1))
        self.drain(side)
        self.enforce(side)

    def hear_variant(self, theirs):
        side = theirs.flow.shadow.sides[theirs.direction]
        if not side.based or side.base != theirs.base:
            return
        side.acked, side.heard = theirs.acked, theirs.heard
        if side.waiting:
            self.drain(side)
        if side.waiting:
            self.give_up(side)

    def insert(self, side, new):
        """Cut the new segment at every border, and look at each part on its own."""
        if not side.starting and new.end <= side.next:  # making room for it went past it
            side.add("duplicate", len(new.data))
            return
        if not side.starting and new.offset < side.next:
            old = min(side.next - new.offset, len(new.data))
            side.add("duplicate", old)
            cut = new.end - max(side.next, new.offset + len(new.data))
            new = Segment(side.next, new.data[old:], cut, new.clock, new.piece, new.doubt)
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
                self.wait(side, Segment(begin, part, end - begin - len(part), new.clock, new.piece, new.doubt))

    def wait(self, side, segment):
        if not side.waiting:
            self.holes.append(side)
            side.mark, side.ripe = None, 0
        side.waiting = sorted([*side.waiting, segment], key=lambda s: s.offset)

    def believe(self, side):
        segment = side.waiting[0]
        if side.strange and segment.doubt & 16:
            side.flow.doubts |= 65536 << side.direction
        if segment.doubt & 1 and len(segment.data) + segment.cut <= 1460 and side.flow.main is None:
            side.flow.doubts |= 4194304 << side.direction
        segment.doubt = 0
        if segment.end > side.highest:
            side.flow.follow_burst(side.direction, len(segment.data) + segment.cut)
            side.highest = segment.end

    def drain(self, side, moved_only=False):
        if moved_only and not any(s.doubt for s in side.waiting):
            return
        progress = False
        while side.waiting and side.waiting[0].offset == side.next:
            if side.waiting[0].doubt:
                if side.waiting[0].end > min(side.acked, side.heard):
                    break
                side.trusted = True
                self.believe(side)
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
        side.heard, side.limit = max(side.heard - shift, 0), None
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
        hole = side.waiting[0].offset - side.next
        if hole > 0:
            side.skip(hole)
        elif side.waiting[0].doubt:
            self.believe(side)
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
            side.ripe = min(side.mark[0], side.heard)
            flow.doubts |= 2048 if side.heard < side.mark[0] else 0
            side.mark = (side.acked, self.clock, packets)
        while side.waiting:
            age = self.clock - side.waiting[0].clock
            alone = side.other.counters["packets"] == 0
            if not (
                age >= limits.hole_age * SECOND
                or (side.starting and age >= limits.ack_age * SECOND)
                or (
                    not side.starting
                    and (side.waiting[0].offset > side.next or not side.waiting[0].doubt)
                    and side.waiting[0].offset <= side.ripe
                )
                or (alone and (age >= limits.lone_age * SECOND or len(side.waiting) >= limits.lone_segments))
            ):
                break
            self.lose(side)


def held(sides):
    return sum(len(segment.data) for side in sides for segment in side.waiting)


def size_of(p):
    return max(len(p["data"]), p.get("wire", 0)) + 54


def link_of(p):
    return p.get("mac", p["src"][0] + 1), p["dst"][0] + 1, p.get("vlan", 0)


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
        for flow in list(shard.flows):
            if flow in shard.flows and not flow.main:
                shard.close(flow)
    return [{"runs": flow.runs, "final": flow.final(), "variant": bool(flow.main)} for flow in output]
