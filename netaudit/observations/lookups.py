"""Facts from DNS: names of addresses, and what hosts ask for; of messages, and of plain lookups in columns."""

from __future__ import annotations

import functools
import socket
from typing import TYPE_CHECKING

from netaudit.contracts.details import DnsDetails
from netaudit.observations.ends import named
from netaudit.observations.service_bindings import binding

if TYPE_CHECKING:
    from netaudit.observations.ends import Ends
    from netaudit.observations.ledger import Ledger
    from netaudit.observations.message_view import Place, Spoken


def observe_dns(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Names of the addresses in an answer, and outer names of hellos to come; of a question, who asked."""
    details = message.details
    if not isinstance(details, DnsDetails):
        return
    for number, (name, kind, value, *_) in enumerate(details.answers):
        if kind in {"A", "AAAA"}:
            ledger.note("dns", "", str(value), "name", str(name), *place)
            if (
                number < details.direct and message.host and message.host != name
            ):  # through aliases: what was asked, too
                ledger.note("dns", "", str(value), "name", message.host, *place)
        elif kind in {"HTTPS", "SVCB"} and isinstance(value, bytes) and number < details.direct:
            asked = (message.host or str(name)).lower()
            bound = binding(value)
            for address in bound.addresses:
                ledger.note("dns", "", address, "name", asked, *place)
            for outer in bound.public_names:
                if any(map(str.isspace, asked + outer)):  # no names of hosts, and two are written as one text
                    continue
                ledger.note("dns_client", ends.client.mac, ends.client.ip, "ech", f"{asked} {outer.lower()}", *place)
    if not details.response and not message.direction and message.host:
        ledger.note("dns_client", ends.client.mac, ends.client.ip, "asked", message.host.lower(), *place)


@functools.lru_cache(maxsize=16384)
def who_asked(mac: int, high: int, low: int) -> tuple[str, str, str, str]:
    """Of which fact a question is, whose host is given as in FLOW rows: kind, link address, address, field."""
    client = named(mac, high, low)
    return "dns_client", client.mac, client.ip, "asked"


@functools.lru_cache(maxsize=16384)
def whose_name(family: int, high: int, low: int) -> tuple[str, str, str, str]:
    """The same of an answer that an address of 4 or 6 has a name."""
    return "dns", "", _address(family, high, low), "name"


def _address(family: int, high: int, low: int) -> str:
    """Text of an address as `messages/dns.py` writes it."""
    if family == 4:
        return socket.inet_ntop(socket.AF_INET, low.to_bytes(4, "big"))
    return socket.inet_ntop(socket.AF_INET6, (high << 64 | low).to_bytes(16, "big"))
