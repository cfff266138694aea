"""Families of insertion and evasion: how an upload is sent so that a passive reader sees something else.

Each family makes the steps of one connection between handshake and end, from a source of chance. What the receiver
takes is always the whole text: `test_kernel.py` asks a real one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.hostile.wire import ACK, FIN, OTHER_MAC, PSH, RST, SYN, URG, Step

Family = Callable[[random.Random, bytes], list[Step]]
FAMILIES: dict[str, Family] = {}

SIGNS: dict[str, dict[str, object]] = {
    "bad checksum": {"bad_checksum": True},
    "bad header checksum": {"bad_ip_checksum": True},
    "few hops": {"ttl": 3},
    "old timestamp": {"stamp": -100_000},
    "no flags": {"flags": PSH},
    "foreign link": {"to_mac": OTHER_MAC},
    "length zero": {"ip_length": 0},
}


def family(make: Family) -> Family:
    """Register a family by its name."""
    FAMILIES[make.__name__.replace("_", " ")] = make
    return make


def segments(chance: random.Random, text: bytes, least: int = 100, most: int = 1300) -> Iterator[Step]:
    """The text in order."""
    at = 0
    while at < len(text):
        size = chance.randint(least, most)
        yield Step(at, text[at : at + size])
        at += size


def junk(chance: random.Random, step: Step) -> Step:
    """The same place with other bytes."""
    return replace(step, data=chance.randbytes(len(step.data)))


def _inserted(sign: dict[str, object], *, before: bool) -> Family:
    def make(chance: random.Random, text: bytes) -> list[Step]:
        out: list[Step] = []
        share = chance.choice([0.2, 0.6, 1.0])
        for step in segments(chance, text):
            false = replace(junk(chance, step), **sign)  # type: ignore[arg-type]
            pair = [false, step] if before else [step, false]
            out += pair if chance.random() < share else [step]
        return out

    return make


for _name, _sign in SIGNS.items():
    FAMILIES[f"junk before, {_name}"] = _inserted(_sign, before=True)
    FAMILIES[f"junk behind, {_name}"] = _inserted(_sign, before=False)


def _ended(flags: int, **twist: object) -> Family:
    def make(chance: random.Random, text: bytes) -> list[Step]:
        out: list[Step] = []
        for step in segments(chance, text):
            out.append(step)
            if chance.random() < 0.3:
                away = int(twist.get("away", 0))  # type: ignore[call-overload]
                fields = {name: value for name, value in twist.items() if name != "away"}
                out.append(Step(step.offset + len(step.data) + away, b"", flags, **fields))  # type: ignore[arg-type]
        return out

    return make


FAMILIES["reset outside the window"] = _ended(RST, away=1 << 27)
FAMILIES["reset inside the window"] = _ended(RST, away=9000)
FAMILIES["reset with a bad checksum"] = _ended(RST, bad_checksum=True)
FAMILIES["reset with few hops"] = _ended(RST, ttl=3)
FAMILIES["end with a bad checksum"] = _ended(FIN | ACK, bad_checksum=True)
FAMILIES["end with few hops"] = _ended(FIN | ACK, ttl=3)
FAMILIES["end far ahead"] = _ended(FIN | ACK, away=1 << 24)
FAMILIES["end with an old timestamp"] = _ended(FIN | ACK, stamp=-100_000)
FAMILIES["opening with another number"] = _ended(SYN, away=77_777)
FAMILIES["opening with a far number"] = _ended(SYN, away=1 << 30)
FAMILIES["opening with a bad checksum"] = _ended(SYN, away=1 << 29, bad_checksum=True)


@family
def junk_far_ahead(chance: random.Random, text: bytes) -> list[Step]:
    """Segments behind the window, enough to fill what waits."""
    out: list[Step] = []
    for step in segments(chance, text):
        ahead = (1 << 20) + chance.randrange(30 << 20)
        out += [Step(ahead + 1300 * k, chance.randbytes(1300)) for k in range(40)]
        out.append(step)
    return out


@family
def junk_very_far_ahead(chance: random.Random, text: bytes) -> list[Step]:
    """Three that agree, beyond all that is plausible."""
    out: list[Step] = []
    for step in segments(chance, text):
        ahead = (80 << 20) + chance.randrange(1 << 28)
        out += [Step(ahead + 100 * k, chance.randbytes(100)) for k in range(4)]
        out.append(step)
    return out


@family
def backwards(chance: random.Random, text: bytes) -> list[Step]:
    """Every few segments in reverse order."""
    steps, out = list(segments(chance, text, 20, 400)), []
    while steps:
        group, steps = steps[:30], steps[30:]
        out += group[::-1]
        out[-1] = replace(out[-1], settle=True)
    return out


@family
def single_bytes_backwards(chance: random.Random, text: bytes) -> list[Step]:
    """Two hundred bytes at a time, one by one, the last one first."""
    del chance
    out: list[Step] = []
    for at in range(0, len(text), 200):
        part = text[at : at + 200]
        out += [Step(at + k, part[k : k + 1]) for k in reversed(range(len(part)))]
        out[-1] = replace(out[-1], settle=True)
    return out


@family
def twice_with_other_bytes(chance: random.Random, text: bytes) -> list[Step]:
    """Retransmissions of what was received, with other content."""
    out: list[Step] = []
    for step in segments(chance, text):
        out.append(step)
        if chance.random() < 0.5:
            out.append(junk(chance, step))
    return out


@family
def acknowledged_before_it_came(chance: random.Random, text: bytes) -> list[Step]:
    """A hole; an acknowledgement in the server's name behind it; much else; then the missing segment."""
    steps = list(segments(chance, text, 100, 700))
    at = chance.randrange(1, max(len(steps) - 2, 2))
    missing, ahead = steps[at], steps[at + 1 :]
    reach = ahead[:20]
    end = reach[-1].offset + len(reach[-1].data) if reach else len(text)
    forged = Step(end, b"", ACK, by_server=True, ttl=chance.choice([49, 64]))
    others = [Step(missing.offset, b"", ACK) for _ in range(60)]
    return [*steps[:at], *reach, forged, *others, replace(missing, pause=1500), *ahead[20:]]


@family
def urgent_pointer_without_flag(chance: random.Random, text: bytes) -> list[Step]:
    """A pointer that means nothing without its flag."""
    return [replace(step, urgent=1 + chance.randrange(40)) for step in segments(chance, text)]


@family
def urgent_bytes(chance: random.Random, text: bytes) -> list[Step]:
    """Bytes out of band between those of the text: the stream's numbers count them, the receiver's does not."""
    out: list[Step] = []
    for extra, step in enumerate(segments(chance, text)):
        place = chance.randrange(len(step.data) + 1)
        data = step.data[:place] + b"!" + step.data[place:]
        out.append(replace(step, offset=step.offset + extra, data=data, flags=PSH | ACK | URG, urgent=place + 1))
    return out


@family
def acknowledging_what_was_never_said(chance: random.Random, text: bytes) -> list[Step]:
    """Junk that acknowledges bytes the server has not sent: it is dropped (RFC 9293, 3.10.7.4)."""
    out: list[Step] = []
    for step in segments(chance, text):
        out += [replace(junk(chance, step), ack=1 << 24), step]
    return out


@family
def in_fragments(chance: random.Random, text: bytes) -> list[Step]:
    """Each segment in small pieces."""
    return [replace(step, fragments=8 * chance.randint(3, 30)) for step in segments(chance, text)]


@family
def plain(chance: random.Random, text: bytes) -> list[Step]:
    """Nothing hidden."""
    return list(segments(chance, text))
