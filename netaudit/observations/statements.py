"""Whose description of a device it is, and the facts that follow.

device  of the sender: it was asked about itself, or names its own address beside
said    of the sender, as it seems: nothing says that it is of another; the inventory believes it only where all that
        the sender says so is of one device
listed  of another host, by its address: what a recorder says of its cameras
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.contracts.details import Statement
    from netaudit.observations.ends import Ends, Host
    from netaudit.observations.ledger import Ledger
    from netaudit.observations.message_view import Place

OWN, SAID, LISTED = "device", "said", "listed"
ADDRESSES = frozenset({"mac", "ip"})


def note_statements(statements: Iterable[Statement], direction: int, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Note what the sender of a message says of devices in it."""
    sender = ends.sender(direction)
    for one in statements:
        facts = dict(one.facts)
        kind, host = _whose(one, facts, sender)
        if kind:
            for field, value in facts.items():
                if field not in ADDRESSES:
                    ledger.note(kind, *host, field, value, *place)


def _whose(statement: Statement, facts: dict[str, str], sender: Host) -> tuple[str, tuple[str, str]]:
    """Kind of fact and host; no kind where it is nobody's that could be named."""
    own = (sender.mac, sender.ip)
    mac, ip = _link(facts.get("mac", "")), facts.get("ip", "")
    if (mac and mac == sender.mac) or (ip and ip == sender.ip):
        return OWN, own
    if statement.asked and not statement.listed:
        return OWN, own
    if _is_other(ip):
        return LISTED, ("", ip)
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
