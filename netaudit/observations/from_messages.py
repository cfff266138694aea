"""Facts about hosts that messages state: names from DNS answers, leases from DHCP."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netaudit.messages.message import Message
    from netaudit.observations.ledger import Ledger


def observe_message(message: Message, ledger: Ledger) -> None:
    """Note what `message` says of hosts; nothing for most protocols."""
    observe = OBSERVERS.get(message.protocol)
    if observe is not None and message.pieces is not None and len(message.pieces):
        observe(message, ledger)


def _dns(message: Message, ledger: Ledger) -> None:
    place = _place(message)
    for name, kind, value, *_ in message.fields.get("answers", ()):
        if kind in {"A", "AAAA"}:
            ledger.note("dns", "", str(value), "name", str(name), *place)
            if message.host and message.host != name:  # reached through aliases: the name asked for counts, too
                ledger.note("dns", "", str(value), "name", message.host, *place)


def _mdns(message: Message, ledger: Ledger) -> None:
    place = _place(message)
    for name, kind, value, *_ in message.fields.get("answers", ()):
        if kind in {"A", "AAAA"}:
            ledger.note("mdns", "", str(value), "name", str(name), *place)


def _dhcp(message: Message, ledger: Ledger) -> None:
    place, fields = _place(message), message.fields
    mac, address = str(fields.get("mac") or ""), str(fields.get("yiaddr") or "")
    if message.method in {"offer", "ack"} and address not in {"", "0.0.0.0"}:  # noqa: S104  (an unset address, not a bind)
        ledger.note("dhcp", mac, address, "leased", str(fields.get("server") or ""), *place)
        if router := fields.get("router"):
            ledger.note("dhcp", "", str(router), "router", "declared", *place)
    for field in ("hostname", "vendor_class", "client_id", "requested"):
        if value := fields.get(field):
            ledger.note("dhcp", mac, "", field, str(value), *place)
    if params := fields.get("params"):
        ledger.note("dhcp", mac, "", "params", ",".join(str(code) for code in params), *place)


def _place(message: Message) -> tuple[int, int, int]:
    assert message.pieces is not None
    first = message.pieces[0]
    return int(first["capture"]), int(first["frame"]), int(first["ts"])


OBSERVERS = {"dns": _dns, "mdns": _mdns, "dhcp": _dhcp}
