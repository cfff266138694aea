"""Facts from services that hosts run or use: SNMP, syslog, NTP, Telnet, SSH, FTP, SMTP, STUN, MQTT."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netaudit.observations.ends import Ends
    from netaudit.observations.ledger import Ledger
    from netaudit.observations.spoken import Place, Spoken

MOST_LINES = 8  # of a greeting
LONGEST_TOPIC = 128


def observe_snmp(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """What an agent says of itself; of managers, that they are some."""
    fields = message.fields
    sender = ends.sender(message.direction)
    if fields.get("answer"):
        ledger.note("snmp", sender.mac, sender.ip, "version", fields["version"], *place)
        for field, value in fields.get("said", ()):
            if value:
                ledger.note("snmp", sender.mac, sender.ip, field, value, *place)
    elif message.method == "v3":
        if message.direction and "engine" in fields:  # a question repeats the engine's id
            ledger.note("snmp", sender.mac, sender.ip, "engine", fields["engine"], *place)
            ledger.note("snmp", sender.mac, sender.ip, "enterprise", str(fields["enterprise"]), *place)
    else:
        ledger.note("snmp_client", sender.mac, sender.ip, "asks", message.method, *place)


def observe_syslog(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Host name and programs that a sender of log lines names."""
    sender = ends.sender(message.direction)
    for field in ("hostname", "program"):
        if value := message.fields.get(field):
            ledger.note("syslog", sender.mac, sender.ip, field, value, *place)


def observe_ntp(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """That a host gives the time, and from how far away it has it."""
    if message.method == "server" and message.direction:
        ledger.note("ntp", ends.server.mac, ends.server.ip, "stratum", str(message.fields.get("stratum", "")), *place)


def observe_telnet(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """The greeting of a server, line by line."""
    for line in message.fields.get("lines", ())[:MOST_LINES]:
        ledger.note("telnet", ends.server.mac, ends.server.ip, "banner", line, *place)


def observe_ssh(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Which program each side says it is."""
    sender = ends.sender(message.direction)
    kind = "ssh" if message.direction else "ssh_client"
    ledger.note(kind, sender.mac, sender.ip, "banner", message.fields["banner"], *place)


def observe_greeting(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """How a server of FTP or mail greets."""
    if message.method == "greeting" and (said := message.header("server")):
        ledger.note(message.protocol, ends.server.mac, ends.server.ip, "banner", said, *place)


def observe_stun(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Which program each side says it is."""
    sender = ends.sender(message.direction)
    kind = "stun" if message.direction else "stun_client"
    ledger.note(kind, sender.mac, sender.ip, "software", message.fields["software"], *place)


def observe_mqtt(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Who a client says it is, and the topics it writes to; what a broker passes on is other clients' words."""
    if message.direction:
        return
    client = ends.client
    if message.method == "CONNECT":
        if value := message.fields.get("client_id"):  # not the user: some clouds take a token in its place
            ledger.note("mqtt_client", client.mac, client.ip, "client_id", value, *place)
    elif message.path:
        ledger.note("mqtt_client", client.mac, client.ip, "topic", message.path[:LONGEST_TOPIC], *place)
