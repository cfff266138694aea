"""Record facts about the services that hosts run or use: SNMP, NTP, SSH, FTP, SMTP, STUN, MQTT and SIP.

Of SIP: agents, logins, and what GB/T 28181 says of cameras, recorders and platforms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.contracts.details import (
    GreetingDetails,
    MqttDetails,
    NtpDetails,
    SipDetails,
    SnmpDetails,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.devices.observations.ends import Ends, Place, Spoken
    from netaudit.devices.observations.ledger import Ledger

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


def observe_ntp(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """That a host gives the time, and from how far away it has it."""
    details = message.details
    if message.method == "server" and message.direction and isinstance(details, NtpDetails):
        ledger.note("ntp", ends.server.mac, ends.server.ip, "stratum", str(details.stratum), *place)


def _lines(message: Spoken) -> Sequence[str]:
    return message.details.lines[:MOST_LINES] if isinstance(message.details, GreetingDetails) else ()


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
