"""Whose description of a device it is, and the facts that follow.

device  of the sender: it was asked about itself, or names its own address beside
said    of the sender, as it seems: nothing says that it is of another; the inventory believes it only where all that
        the sender says so is of one device
listed  of another host, by its address: what a recorder says of its cameras
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from netaudit.core.masking.number_forms import shown_firm, shown_label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.core.contracts.details import Statement
    from netaudit.devices.observations.ends import Ends, Host, Place
    from netaudit.devices.observations.ledger import Ledger

OWN, SAID, LISTED = "device", "said", "listed"
ADDRESSES = frozenset({"mac", "ip"})
LABELS = frozenset({"name", "place", "channel"})
# RFC 1918, 3927, 4193, 4291
_PRIVATE = re.compile(r"10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|f[cd]..:|fe80:", re.IGNORECASE)


def note_statements(statements: Iterable[Statement], direction: int, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Note what the sender of a message says of devices in it."""
    sender = ends.sender(direction)
    for one in statements:
        facts = dict(one.facts)
        kind, host = _whose(one, facts, sender)
        if kind:
            for field, value in facts.items():
                if field not in ADDRESSES:
                    shown = shown_label(value) if field in LABELS else shown_firm(value) if field == "vendor" else ""
                    ledger.note(kind, *host, field, shown or value, *place, masked=bool(shown))
        if one.asked and "channel" in facts:  # the recorder's own name for what another device watches
            ledger.note(OWN, sender.mac, sender.ip, "channel", shown_label(facts["channel"]), *place, masked=True)


def _whose(statement: Statement, facts: dict[str, str], sender: Host) -> tuple[str, tuple[str, str]]:
    """Kind of fact and host; no kind where it is nobody's that could be named."""
    own = (sender.mac, sender.ip)
    mac, ip = _link(facts.get("mac", "")), facts.get("ip", "")
    if (mac and mac == sender.mac) or (ip and ip == sender.ip):
        return OWN, own
    if statement.asked and not statement.listed:
        return OWN, own
    if _is_other(ip):
        if _PRIVATE.match(ip) is not None and _PRIVATE.match(sender.ip) is None:
            return "", own  # nobody outside knows who has that address here: a manual on the web names one, too
        described = len(facts.keys() - ADDRESSES - {"name", "place", "channel", "faces", "persons"}) > 1
        return (LISTED, ("", ip)) if described else ("", own)
    if statement.listed or mac or ip:
        return "", own
    return SAID, own


def _link(text: str) -> str:
    digits = text.replace(":", "").replace("-", "").lower()
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def _is_other(ip: str) -> bool:
    """Whether a text is the address of one host."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_loopback or address.is_multicast)
