"""Facts from the protocols that give addresses: DHCPv4 and DHCPv6.

What a client says is about its link address; a lease is about the address given. What a server repeats of the client
is no word of the client's. Behind a relay the frame's sender is the relay: then only what the message names counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.observations.ends import Host

if TYPE_CHECKING:
    from netaudit.observations.ends import Ends
    from netaudit.observations.ledger import Ledger
    from netaudit.observations.spoken import Place, Spoken

CLIENT_FIELDS = ("hostname", "vendor_class", "client_id", "requested", "fqdn", "user_class", "max_size")
MOST_ADDRESSES = 8  # of one answer


def observe_dhcp(message: Spoken, _: Ends, ledger: Ledger, place: Place) -> None:
    """Note what a client asks for and how, or what a server gives (RFC 2131)."""
    fields = message.fields
    mac, address = str(fields.get("mac") or ""), str(fields.get("yiaddr") or "")
    if message.method in {"offer", "ack"}:
        _dhcp_answer(fields, mac, address, ledger, place)
        return
    if message.method == "nak":
        return
    for field in CLIENT_FIELDS:
        if value := fields.get(field):
            ledger.note("dhcp", mac, "", field, str(value), *place)
    for field, name in (("params", "params"), ("options", "order")):
        if codes := fields.get(name):
            ledger.note("dhcp", mac, "", field, _codes(codes), *place)
    for enterprise, what, value in fields.get("vendors", ()):
        ledger.note("dhcp", mac, "", "vendor_info", f"{enterprise} {what}: {value}", *place)
    if message.method:
        ledger.note("dhcp", mac, "", "message", message.method, *place)


def _dhcp_answer(fields: dict[str, object], mac: str, address: str, ledger: Ledger, place: Place) -> None:
    server = str(fields.get("server") or "")
    if address not in {"", "0.0.0.0"}:  # noqa: S104  (an unset address, not a bind)
        ledger.note("dhcp", mac, address, "leased", server, *place)
    if server:
        ledger.note("dhcp", "", server, "serves", "leases", *place)
    if router := fields.get("router"):
        ledger.note("dhcp", "", str(router), "router", "declared", *place)


def observe_dhcpv6(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """The same of DHCPv6 (RFC 8415)."""
    fields = message.fields
    sender = ends.sender(message.direction)
    if fields.get("answer"):
        _dhcpv6_answer(fields, sender, ends.sender(1 - message.direction), ledger, place)
        return
    if relayed := str(fields.get("relayed_for", "")):
        sender = Host(str(fields.get("link_address", "")), relayed)
    for field in ("duid", "fqdn", "vendor_class", "enterprise", "vendor_info"):
        if value := fields.get(field):
            ledger.note("dhcpv6", sender.mac, sender.ip, field, str(value), *place)
    for field, name in (("params", "params"), ("options", "order")):
        if codes := fields.get(name):
            ledger.note("dhcpv6", sender.mac, sender.ip, field, _codes(codes), *place)
    if made_from := fields.get("duid_mac"):  # of one of its interfaces, not always of this one
        ledger.note("dhcpv6", sender.mac, sender.ip, "duid_mac", str(made_from), *place)
    ledger.note("dhcpv6", sender.mac, sender.ip, "message", message.method, *place)


def _dhcpv6_answer(fields: dict[str, object], server: Host, client: Host, ledger: Ledger, place: Place) -> None:
    if message_for := str(fields.get("relayed_for", "")):
        client = Host(str(fields.get("link_address", "")), message_for)
    ledger.note("dhcpv6", server.mac, server.ip, "serves", "leases", *place)
    addresses = fields.get("addresses") or ()
    for address in tuple(addresses)[:MOST_ADDRESSES] if isinstance(addresses, list | tuple) else ():
        ledger.note("dhcpv6", client.mac, str(address), "leased", server.ip, *place)


def _codes(codes: object) -> str:
    return ",".join(str(code) for code in codes) if isinstance(codes, list | tuple) else ""
