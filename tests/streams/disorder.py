"""Conversations that go wrong in every way, from a seed: streams that advance, and mishaps on the way."""

from __future__ import annotations

import random

from tests.streams.wire import ACK, FIN, MS, RST, SYN, packet

MISHAPS = (
    "lose", "repeat", "swap", "alter", "overlap", "cut", "jump", "stray", "syn", "synack", "fin", "reset", "ack_far",
    "silence", "back", "alone", "datagram", "ping", "skip", "keepalive", "junk", "junk", "junk", "ahead", "forged_syn",
    "forged_end", "forged_ack", "urgent", "route", "vlan", "hello",
)  # fmt: skip


SIGNS = (
    {"marks": 4}, {"marks": 4}, {"marks": 128}, {"marks": 8}, {"ttl": 7}, {"mac": 99}, {"stamp": 100, "marks": 64},
    {"flags": 0}, {"vlan": 9},
)  # fmt: skip


class Talker:
    """One TCP connection of the conversation: where its two directions are."""

    def __init__(self, chance: random.Random, number: int) -> None:
        self.ends = ((10, 40000 + number), (20 + number % 2, 80))
        self.shard = number % 2
        self.chance = chance
        self.begin()

    def begin(self) -> None:
        self.isn = [self.chance.choice([0, 1000, 0xFFFFFF00, self.chance.getrandbits(32)]) for _ in range(2)]
        self.at = [0, 0]
        self.look = [{"ttl": 64, "marks": self.chance.choice([0, 32, 96]), "stamp": 1000} for _ in range(2)]

    def say(self, way: int, offset: int, data: bytes, flags: int = ACK, **fields):
        ends = self.ends if way == 0 else self.ends[::-1]
        ack = self.isn[1 - way] + self.at[1 - way]
        self.look[way]["stamp"] += self.chance.choice([0, 0, 1, 5])
        fields = {**self.look[way], **fields}
        return packet(*ends, seq=self.isn[way] + offset, ack=ack, data=data, flags=flags, shard=self.shard, **fields)


def text(offset: int, length: int) -> bytes:
    return bytes((offset + i) * 7 % 251 for i in range(length))


def mishap(kind: str, talker: Talker, chance: random.Random):
    """Packets of one mishap; may move the talker's place."""
    way, length = chance.randrange(2), chance.choice([1, 5, 40, 300])
    at = talker.at[way]
    back = max(at - chance.choice([1, 5, 40, 300]), 0)
    if kind == "lose":
        talker.at[way] += length
    elif kind == "repeat":
        return [talker.say(way, back, text(back, min(at - back, length)))]
    elif kind == "swap":
        talker.at[way] += 2 * length
        return [talker.say(way, at + length, text(at + length, length)), talker.say(way, at, text(at, length))]
    elif kind == "alter":
        return [talker.say(way, back, b"?" * min(at - back, length))]
    elif kind == "overlap":
        talker.at[way] = back + length + 7
        return [talker.say(way, back, text(back, length + 7))]
    elif kind == "cut":
        talker.at[way] += length + 9
        return [talker.say(way, at, text(at, length), wire=length + 9)]
    elif kind == "jump":
        talker.isn[way] += chance.choice([80 << 20, 80 << 20, -(80 << 20), 0x50000000])
    elif kind == "stray":
        return [talker.say(way, at + (1 << 28), b"stray")]
    elif kind == "syn":
        if chance.randrange(3):
            talker.begin()
        return [talker.say(0, -1, chance.choice([b"", b"", b"fast"]), SYN)]
    elif kind == "synack":
        return [talker.say(1, -1, b"", SYN | ACK)]
    elif kind == "fin":
        return [talker.say(way, at + chance.choice([0, 0, 20, -3]), b"", FIN | ACK)]
    elif kind == "reset":
        return [talker.say(way, at + chance.choice([0, 0, 1 << 28]), b"", RST)]
    elif kind == "ack_far":
        talker.at[way] += chance.choice([30, 2000, 1 << 27])
        return [talker.say(1 - way, talker.at[1 - way], b"")]
    elif kind == "alone":
        return [talker.say(0, at + 50 * i, text(at + 50 * i, 20)) for i in range(1, 6)]
    elif kind == "datagram":
        return [talker.say(way, 0, b"x" * length, wire=length + chance.choice([0, 4]), proto=17)]
    elif kind == "ping":
        return [talker.say(way, 0, b"ping", proto=chance.choice([1, 0, 50]))]
    elif kind == "skip":
        return [talker.say(way, at, b"unseen", skip=3)]
    elif kind == "keepalive":
        return [talker.say(way, at - 1, b"\0")]
    elif kind == "junk":
        talker.at[way] += length
        signs = chance.sample(SIGNS, chance.choice([0, 1, 1, 2]))
        false = talker.say(way, at, b"!" * length, **{name: value for sign in signs for name, value in sign.items()})
        true = talker.say(way, at, text(at, length))
        return chance.choice([[false, true], [true, false], [false, true, false], [false]])
    elif kind == "ahead":
        return [talker.say(way, at + chance.choice([140_000, 1 << 20, 5 << 20]), b"ahead" * 9, FIN | ACK)]
    elif kind == "forged_syn":
        before = talker.isn[way]
        talker.isn[way] += chance.choice([7, 1 << 20, 0x40000000])
        forged = [talker.say(way, at - 1, b"", SYN | (ACK if way else 0)), talker.say(way, at, b"", ACK)]
        talker.isn[way] = before
        return forged[: chance.choice([1, 1, 2])]
    elif kind == "forged_end":
        return [talker.say(way, at, b"", chance.choice([RST, FIN | ACK]), marks=chance.choice([4, 32]))]
    elif kind == "forged_ack":
        talker.at[way] += 50
        forged = talker.say(1 - way, talker.at[1 - way], b"")
        talker.at[way] -= 50
        return [forged]
    elif kind == "urgent":
        talker.at[way] += length
        return [talker.say(way, at, text(at, length), urgent=chance.choice([1, 2, length, length + 1]))]
    elif kind == "route":
        talker.look[way]["ttl"] = chance.choice([40, 64, 120])
    elif kind == "vlan":
        talker.look[way]["vlan"] = chance.choice([0, 7])
    elif kind == "hello":
        talker.begin()
        scales = chance.choice([{}, {"scale": 8}])
        window = chance.choice([100, 65535])
        return [
            talker.say(0, -1, b"", SYN, **scales, window=window),
            talker.say(1, -1, b"", SYN | ACK, **scales, window=window),
        ]
    return []


def disorder(seed: int, packets: int = 150):
    """Numbered packets of up to four connections in two shards."""
    chance = random.Random(seed)
    talkers = [Talker(chance, number) for number in range(chance.choice([1, 2, 4]))]
    often, out, now = chance.choice([2, 5, 20]), [], 1
    while len(out) < packets:
        talker, fresh = chance.choice(talkers), []
        kind = chance.choice(MISHAPS) if not chance.randrange(often) else ""
        if kind == "silence":
            now += chance.choice([300, 1200, 2500, 31_000, 61_000, 301_000]) * MS
        elif kind:
            fresh = mishap(kind, talker, chance)
        else:
            way, length = chance.choice([0, 0, 1]), chance.choice([0, 1, 40, 300])
            fresh = [talker.say(way, talker.at[way], text(talker.at[way], length))]
            talker.at[way] += length
        for p in fresh:
            now += chance.choice([0, 1, 20]) * MS
            ts = max(now - (500 * MS if kind == "back" else 0), 1)
            out.append({**p, "ts": ts, "frame": len(out) + 1, "capture": len(out) // 50})
    return out
