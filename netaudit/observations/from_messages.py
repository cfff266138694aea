"""Facts about hosts that messages state. One observer per protocol; most have a module of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from netaudit.observations.announcements import observe_discovery, observe_mdns, observe_ssdp
from netaudit.observations.ends import Ends
from netaudit.observations.spoken import Place, Spoken, place_of
from netaudit.observations.web import observe_http, observe_rtsp

if TYPE_CHECKING:
    from netaudit.observations.ledger import Ledger

NOWHERE = Ends()


def observe_message(message: Spoken, ledger: Ledger, ends: Ends | Callable[[], Ends] = NOWHERE) -> None:
    """Note what `message` says of hosts; nothing for most protocols.

    `ends` are those of its flow, or what gives them (asked only where they are needed).
    """
    observe = OBSERVERS.get(message.protocol)
    if observe is not None and message.pieces is not None and len(message.pieces):
        observe(message, ends if isinstance(ends, Ends) else ends(), ledger, place_of(message))


def _dns(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    for name, kind, value, *_ in message.fields.get("answers", ()):
        if kind in {"A", "AAAA"}:
            ledger.note("dns", "", str(value), "name", str(name), *place)
            if message.host and message.host != name:  # reached through aliases: the name asked for counts, too
                ledger.note("dns", "", str(value), "name", message.host, *place)
    if not message.fields.get("response") and not message.direction and message.host:
        ledger.note("dns_client", ends.client.mac, ends.client.ip, "asked", message.host.lower(), *place)


def _dhcp(message: Spoken, _: Ends, ledger: Ledger, place: Place) -> None:
    fields = message.fields
    mac, address = str(fields.get("mac") or ""), str(fields.get("yiaddr") or "")
    if message.method in {"offer", "ack"} and address not in {"", "0.0.0.0"}:  # noqa: S104  (an unset address, not a bind)
        server = str(fields.get("server") or "")
        ledger.note("dhcp", mac, address, "leased", server, *place)
        if server:
            ledger.note("dhcp", "", server, "serves", "leases", *place)
        if router := fields.get("router"):
            ledger.note("dhcp", "", str(router), "router", "declared", *place)
        return  # what a server repeats of the client is no word of the client's
    for field in ("hostname", "vendor_class", "client_id", "requested"):
        if value := fields.get(field):
            ledger.note("dhcp", mac, "", field, str(value), *place)
    if params := fields.get("params"):
        ledger.note("dhcp", mac, "", "params", ",".join(str(code) for code in params), *place)


def _tls(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    if not message.direction and message.host:
        ledger.note("tls_client", ends.client.mac, ends.client.ip, "sni", message.host.lower(), *place)


Observer = Callable[[Spoken, Ends, "Ledger", Place], None]
OBSERVERS: dict[str, Observer] = {
    "dns": _dns,
    "mdns": observe_mdns,
    "dhcp": _dhcp,
    "tls": _tls,
    "http": observe_http,
    "http2": observe_http,
    "rtsp": observe_rtsp,
    "ssdp": observe_ssdp,
    "discovery": observe_discovery,
}
