"""Facts from services that hosts run or use: SNMP, syslog, NTP, Telnet, SSH, FTP, SMTP, STUN, MQTT.

Facts from SIP: agents, logins, and what GB/T 28181 says of cameras, recorders and platforms.

Facts from the protocols that give addresses: DHCPv4 and DHCPv6.

What a client says is about its link address; a lease is about the address given. What a server repeats of the client
is no word of the client's. Behind a relay the frame's sender is the relay: then only what the message names counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.contracts.details import (
    Dhcp6Details,
    DhcpDetails,
    GreetingDetails,
    MqttDetails,
    NtpDetails,
    SipDetails,
    SnmpDetails,
    SyslogDetails,
)
from netaudit.observations.ends import Host

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netaudit.observations.ends import Ends, Place, Spoken
    from netaudit.observations.ledger import Ledger

MOST_LINES = 8  # of a greeting
LONGEST_TOPIC = 128


def observe_snmp(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """What an agent says of itself; of managers, that they are some."""
    details, sender = message.details, ends.sender(message.direction)
    if not isinstance(details, SnmpDetails):
        return
    if details.answer:
        ledger.note("snmp", sender.mac, sender.ip, "version", details.version, *place)
        for field, value in details.said:
            if value:
                ledger.note("snmp", sender.mac, sender.ip, field, value, *place)
    elif message.method == "v3":
        if message.direction and details.engine:  # a question repeats the engine's id
            ledger.note("snmp", sender.mac, sender.ip, "engine", details.engine, *place)
            ledger.note("snmp", sender.mac, sender.ip, "enterprise", str(details.enterprise), *place)
    else:
        ledger.note("snmp_client", sender.mac, sender.ip, "asks", message.method, *place)


def observe_syslog(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Host name and programs that a sender of log lines names."""
    details, sender = message.details, ends.sender(message.direction)
    if not isinstance(details, SyslogDetails):
        return
    for field, value in (("hostname", details.hostname), ("program", details.program)):
        if value:
            ledger.note("syslog", sender.mac, sender.ip, field, value, *place)


def observe_ntp(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """That a host gives the time, and from how far away it has it."""
    details = message.details
    if message.method == "server" and message.direction and isinstance(details, NtpDetails):
        ledger.note("ntp", ends.server.mac, ends.server.ip, "stratum", str(details.stratum), *place)


def _lines(message: Spoken) -> Sequence[str]:
    return message.details.lines[:MOST_LINES] if isinstance(message.details, GreetingDetails) else ()


def observe_telnet(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """The greeting of a server, line by line."""
    for line in _lines(message):
        ledger.note("telnet", ends.server.mac, ends.server.ip, "banner", line, *place)


def observe_ssh(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Which program each side says it is."""
    sender = ends.sender(message.direction)
    kind = "ssh" if message.direction else "ssh_client"
    for line in _lines(message):
        ledger.note(kind, sender.mac, sender.ip, "banner", line, *place)


def observe_greeting(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """How a server of FTP or mail greets."""
    if message.method == "greeting" and (banner := message.header("server")):
        ledger.note(message.protocol, ends.server.mac, ends.server.ip, "banner", banner, *place)


def observe_stun(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Which program each side says it is."""
    sender = ends.sender(message.direction)
    kind = "stun" if message.direction else "stun_client"
    for line in _lines(message):
        ledger.note(kind, sender.mac, sender.ip, "software", line, *place)


def observe_mqtt(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Who a client says it is, and the topics it writes to; what a broker passes on is other clients' words."""
    if message.direction:
        return
    client = ends.client
    if message.method == "CONNECT":
        details = message.details  # not the user: some clouds take a token in its place
        if isinstance(details, MqttDetails) and details.client_id:
            ledger.note("mqtt_client", client.mac, client.ip, "client_id", details.client_id, *place)
    else:
        observe_topic(message.path, ends, ledger, place)


def observe_topic(topic: str, ends: Ends, ledger: Ledger, place: Place, times: int = 1) -> None:
    """A client wrote to a topic so many times, the earliest here."""
    if topic:
        client = ends.client
        ledger.note("mqtt_client", client.mac, client.ip, "topic", topic[:LONGEST_TOPIC], *place, times=times)


def observe_sip(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Note what the sender says of itself, and what a catalogue says of hosts by their addresses."""
    sender = ends.sender(message.direction)
    details = message.details if isinstance(message.details, SipDetails) else SipDetails()
    for field, value in details.said:
        ledger.note("sip", sender.mac, sender.ip, field, value, *place)
    if not message.status and message.method in ("REGISTER", "MESSAGE"):
        target = ends.sender(1 - message.direction)
        ledger.note("sip_server", target.mac, target.ip, "takes", message.method, *place)
    for address, facts in details.listed:
        for field, value in facts:
            ledger.note("gb28181", "", address, field, value, *place)


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
