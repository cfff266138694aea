"""What hides behind one address: hosts that it forwards for, and systems too many to be one machine.

Counted from below, by rules that can be said aloud: inside addresses that speak through its link address; operating
systems that the browsers of its address name; times to live with which its TCP connections begin, of which a system
knows one. One machine may run two systems (an emulator, a virtual machine), so this is a number "at least", no list.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netaudit.devices.claims import RuleClaim
from netaudit.signatures.conditions import Fact

if TYPE_CHECKING:
    from netaudit.devices.collecting import Device

FORWARDED, AGENTS, OPENINGS = "rule: forwards for", "rule: systems of User-Agents", "rule: several times to live"
TTL = re.compile(r"\bttl=(\d{1,3})\b")
LEAST_SYSTEMS = 2
# the first that is found names the system; a model or version that two hosts rarely share stands with it
SYSTEMS = (
    (re.compile(r"\((iPhone|iPad|iPod)\b"), "{0}"),
    (
        re.compile(r"\bAndroid [\d.]{1,8}; (?:[a-z]{2}[-_][A-Za-z]{2}; )?([^;)]{2,40}?)(?: Build/[^;)]{1,40})?[;)]"),
        "Android {0}",
    ),
    (re.compile(r"\(Windows NT ([\d.]{1,6})"), "Windows NT {0}"),
    (re.compile(r"\((Macintosh)\b"), "Macintosh"),
    (re.compile(r"\bX11; (?:U; )?(Linux|CrOS|Ubuntu|FreeBSD)"), "X11 {0}"),
)  # fmt: skip


def hidden(device: Device) -> list[RuleClaim]:
    """What is known of hosts behind a device, most telling first."""
    found = []
    if device.forwarded:
        addresses = sorted(device.forwarded, key=lambda ip: (":" in ip, ip))
        facts = [Fact("link.forwarded", ip, device.forwarded[ip]) for ip in addresses]
        found.append(RuleClaim("behind", str(len(addresses)), FORWARDED, facts))
    systems: dict[str, Fact] = {}
    for fact in device.agents:
        if name := system_of(fact.value):
            systems.setdefault(name, fact)
    if len(systems) >= LEAST_SYSTEMS:
        found.append(RuleClaim("behind", str(len(systems)), AGENTS, list(systems.values())))
    lives: dict[str, Fact] = {}
    for fact in device.openings:
        if found_ttl := TTL.search(fact.value):
            lives.setdefault(found_ttl[1], fact)
    if len(lives) >= LEAST_SYSTEMS:
        found.append(RuleClaim("behind", str(len(lives)), OPENINGS, list(lives.values())))
    return found


def system_of(agent: str) -> str:
    """The operating system that a User-Agent names, with the model of an Android device; empty for none.

    Only what browsers write; apps and devices that imitate one part of it (`okhttp`, `Dalvik`) are not counted.
    """
    if not agent.startswith("Mozilla/5.0 ("):
        return ""
    for pattern, name in SYSTEMS:
        if found := pattern.search(agent[:300]):
            return name.format(found[1])
    return ""
