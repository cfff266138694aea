"""Facts from the protocols that give addresses: DHCPv4 and DHCPv6.

What a client says is about its link address; a lease is about the address given. What a server repeats of the client
is no word of the client's. Behind a relay the frame's sender is the relay: then only what the message names counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.contracts.details import (
    Dhcp6Details,
    DhcpDetails,
)
from netaudit.devices.observations.ends import Host

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.devices.observations.ends import Ends, Place, Spoken
    from netaudit.devices.observations.ledger import Ledger

CLIENT_FIELDS = ("hostname", "vendor_class", "client_id", "requested", "fqdn", "user_class", "max_size")
MOST_ADDRESSES = 8  # of one answer


def observe_dhcp(message: Spoken, _: Ends, ledger: Ledger, place: Place) -> None:
    """Note what a client asks for and how, or what a server gives (RFC 2131)."""
    details = message.details
    if not isinstance(details, DhcpDetails):
        return
    mac = details.mac
    if message.method in {"offer", "ack"}:
        _dhcp_answer(details, ledger, place)
        return
    if message.method == "nak":
        return
    for field in CLIENT_FIELDS:
        if value := getattr(details, field):
            ledger.note("dhcp", mac, "", field, str(value), *place)
    for field, codes in (("params", details.params), ("options", details.order)):
        if codes:
            ledger.note("dhcp", mac, "", field, _codes(codes), *place)
    for enterprise, what, value in details.vendors:
        ledger.note("dhcp", mac, "", "vendor_info", f"{enterprise} {what}: {value}", *place)
    if message.method:
        ledger.note("dhcp", mac, "", "message", message.method, *place)


def _dhcp_answer(details: DhcpDetails, ledger: Ledger, place: Place) -> None:
    server, address = details.server, details.yiaddr
    if address not in {"", "0.0.0.0"}:  # noqa: S104  (an unset address, not a bind)
        ledger.note("dhcp", details.mac, address, "leased", server, *place)
    if server:
        ledger.note("dhcp", "", server, "serves", "leases", *place)
    if details.router:
        ledger.note("dhcp", "", details.router, "router", "declared", *place)


def observe_dhcpv6(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """The same of DHCPv6 (RFC 8415)."""
    details, sender = message.details, ends.sender(message.direction)
    if not isinstance(details, Dhcp6Details):
        return
    if details.answer:
        _dhcpv6_answer(details, sender, ends.sender(1 - message.direction), ledger, place)
        return
    if details.relayed_for:
        sender = Host(details.link_address, details.relayed_for)
    for field in ("duid", "fqdn", "vendor_class", "enterprise", "vendor_info"):
        if value := getattr(details, field):
            ledger.note("dhcpv6", sender.mac, sender.ip, field, str(value), *place)
    for field, codes in (("params", details.params), ("options", details.order)):
        if codes:
            ledger.note("dhcpv6", sender.mac, sender.ip, field, _codes(codes), *place)
    if details.duid_mac:  # of one of its interfaces, not always of this one
        ledger.note("dhcpv6", sender.mac, sender.ip, "duid_mac", details.duid_mac, *place)
    ledger.note("dhcpv6", sender.mac, sender.ip, "message", message.method, *place)


def _dhcpv6_answer(details: Dhcp6Details, server: Host, client: Host, ledger: Ledger, place: Place) -> None:
    if details.relayed_for:
        client = Host(details.link_address, details.relayed_for)
    ledger.note("dhcpv6", server.mac, server.ip, "serves", "leases", *place)
    for address in details.addresses[:MOST_ADDRESSES]:
        ledger.note("dhcpv6", client.mac, address, "leased", server.ip, *place)


def _codes(codes: Iterable[int]) -> str:
    return ",".join(map(str, codes))
