"""What is asked of which channel: a shorter list, and the same answers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from netaudit.findings.recheck import suspects as asking
from netaudit.findings.recheck.judging import compare
from netaudit.findings.recheck.matching import matches
from netaudit.findings.recheck.suspects import Ways, need_of, suspects, weighed
from tests.findings.recheck.visits import LATER, MINUTE, SECOND, channel, device, visit

if TYPE_CHECKING:
    from netaudit.findings.recheck.visit import Channel

FORMS = ("face", "hidden", "clear", "video", "picture")


def drawn(chance: random.Random, start: int, macs: list[str], names: list[str]) -> list[Channel]:
    """Some channels with sendings of all sizes, and bytes of which none tells."""
    found = []
    for mac in macs:
        for number, name in enumerate(names):
            if chance.random() < 0.4:
                continue
            sent = [
                (start + chance.randrange(24 * MINUTE), chance.choice([80, 700, 3000, 20_000]), chance.choice(FORMS))
                for _ in range(chance.randrange(8))
            ]
            one = channel(mac, name, sent, "uploaded" if chance.random() < 0.3 else "", ip=f"47.96.10.{number}")
            one.up += chance.choice([0, 0, 5000, 90_000])
            found.append(one)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_no_route_misses_a_suspect(seed: int) -> None:
    chance = random.Random(seed)
    macs = [f"08:54:11:00:00:{k:02x}" for k in range(4)]
    devices = [
        device(mac, f"192.168.1.{70 + k}", role=chance.choice(["capture device", "personal device", ""]))
        for k, mac in enumerate(macs)
    ]
    names = [f"host{k}.example" for k in range(5)]
    before = visit(SECOND, drawn(chance, SECOND, macs, names), devices=devices)
    after = visit(LATER, drawn(chance, LATER, macs, names), devices=devices)
    met = matches(before, after)
    routes = [one for one in before.channels.values() if one.sent]
    ways = weighed(before, after, met, [need_of(one.sizes(("face", "hidden"))) for one in routes])
    every = Ways([way for some in ways.of.values() for way in some], ways.of)
    for route in routes:
        sizes = route.sizes(("face", "hidden"))
        told = [
            suspects(route, ("face",), sizes, met[route.device].device, before, after, asked) for asked in (ways, every)
        ]
        assert sorted(map(repr, told[0])) == sorted(map(repr, told[1]))


def test_what_did_not_grow_is_not_asked_for_each_route(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many cameras with many quiet ways each: the work grows with their number, not with its square."""
    count = 40
    macs = [f"08:54:11:00:{k // 256:02x}:{k % 256:02x}" for k in range(count)]
    devices = [device(mac, f"192.168.2.{k}") for k, mac in enumerate(macs)]

    def ways(start: int, *, sends: bool) -> list[Channel]:
        found = []
        for mac in macs:
            for number in range(5):
                beats = [(start + k * MINUTE, 200, "hidden") for k in range(20)]
                found.append(channel(mac, f"beat{number}.example", beats, ip=f"121.40.77.{number}"))
            if sends:
                found.append(channel(mac, "face.example.cn", [(start + MINUTE, 20_000, "face")], "uploaded"))
        return found

    asked = []
    original = asking._suspect
    monkeypatch.setattr(asking, "_suspect", lambda *given: asked.append(1) or original(*given))
    before, after = (visit(start, ways(start, sends=sends), devices=devices) for start, sends in ((SECOND, True), (LATER, False)))  # fmt: skip
    outcomes = compare(before, after)
    assert len(outcomes) == count
    assert len(asked) <= count
