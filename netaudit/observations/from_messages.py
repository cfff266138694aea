"""Facts about hosts that messages state. One observer per protocol; most have a module of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from netaudit.observations.announcements import observe_mdns, observe_ssdp, observe_stated
from netaudit.observations.calls import observe_sip
from netaudit.observations.ends import Ends
from netaudit.observations.handshakes import observe_handshake
from netaudit.observations.leases import observe_dhcp, observe_dhcpv6
from netaudit.observations.services import (
    observe_greeting,
    observe_mqtt,
    observe_ntp,
    observe_snmp,
    observe_ssh,
    observe_stun,
    observe_syslog,
    observe_telnet,
)
from netaudit.observations.spoken import Place, Spoken, place_of
from netaudit.observations.web import observe_http, observe_rtsp
from netaudit.observations.windows import observe_browser, observe_llmnr, observe_names, observe_smb

if TYPE_CHECKING:
    from netaudit.observations.ledger import Ledger

NOWHERE = Ends()


def observe_message(message: Spoken, ledger: Ledger, ends: Ends = NOWHERE) -> None:
    """Note what `message` says of hosts; nothing for most protocols. `ends` are those of its flow."""
    observe = OBSERVERS.get(message.protocol)
    if observe is None or message.pieces is None or not len(message.pieces):
        return
    place = place_of(message)
    try:
        observe(message, ends, ledger, place)
    except Exception as error:  # noqa: BLE001 - whatever an observer does, it costs this message's facts only
        ledger.failed(message.protocol, error, place)


def _dns(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    for name, kind, value, *_ in message.fields.get("answers", ()):
        if kind in {"A", "AAAA"}:
            ledger.note("dns", "", str(value), "name", str(name), *place)
            if message.host and message.host != name:  # reached through aliases: the name asked for counts, too
                ledger.note("dns", "", str(value), "name", message.host, *place)
    if not message.fields.get("response") and not message.direction and message.host:
        ledger.note("dns_client", ends.client.mac, ends.client.ip, "asked", message.host.lower(), *place)


Observer = Callable[[Spoken, Ends, "Ledger", Place], None]
OBSERVERS: dict[str, Observer] = {
    "dns": _dns,
    "mdns": observe_mdns,
    "llmnr": observe_llmnr,
    "dhcp": observe_dhcp,
    "dhcpv6": observe_dhcpv6,
    **dict.fromkeys(("tls", "quic", "dtls"), observe_handshake),
    "http": observe_http,
    "http2": observe_http,
    "rtsp": observe_rtsp,
    "sip": observe_sip,
    "ssdp": observe_ssdp,
    "nbns": observe_names,
    "nbdgm": observe_browser,
    "smb": observe_smb,
    "snmp": observe_snmp,
    "syslog": observe_syslog,
    "ntp": observe_ntp,
    "telnet": observe_telnet,
    "ssh": observe_ssh,
    "ftp": observe_greeting,
    "smtp": observe_greeting,
    "stun": observe_stun,
    "mqtt": observe_mqtt,
    **dict.fromkeys(("discovery", "dahua", "sofia", "hcnet", "ezviz", "ehome", "tplink", "idcard"), observe_stated),
}
