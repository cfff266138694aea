"""Facts from services that hosts run or use: SNMP, syslog, NTP, Telnet, SSH, FTP, SMTP, STUN, MQTT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.contracts.details import GreetingSaid, MqttSaid, NtpSaid, SnmpSaid, SyslogSaid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.observations.ends import Ends
    from netaudit.observations.ledger import Ledger
    from netaudit.observations.message_view import Place, Spoken

MOST_LINES = 8  # of a greeting
LONGEST_TOPIC = 128


def observe_snmp(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """What an agent says of itself; of managers, that they are some."""
    said, sender = message.said, ends.sender(message.direction)
    if not isinstance(said, SnmpSaid):
        return
    if said.answer:
        ledger.note("snmp", sender.mac, sender.ip, "version", said.version, *place)
        for field, value in said.said:
            if value:
                ledger.note("snmp", sender.mac, sender.ip, field, value, *place)
    elif message.method == "v3":
        if message.direction and said.engine:  # a question repeats the engine's id
            ledger.note("snmp", sender.mac, sender.ip, "engine", said.engine, *place)
            ledger.note("snmp", sender.mac, sender.ip, "enterprise", str(said.enterprise), *place)
    else:
        ledger.note("snmp_client", sender.mac, sender.ip, "asks", message.method, *place)


def observe_syslog(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Host name and programs that a sender of log lines names."""
    said, sender = message.said, ends.sender(message.direction)
    if not isinstance(said, SyslogSaid):
        return
    for field, value in (("hostname", said.hostname), ("program", said.program)):
        if value:
            ledger.note("syslog", sender.mac, sender.ip, field, value, *place)


def observe_ntp(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """That a host gives the time, and from how far away it has it."""
    said = message.said
    if message.method == "server" and message.direction and isinstance(said, NtpSaid):
        ledger.note("ntp", ends.server.mac, ends.server.ip, "stratum", str(said.stratum), *place)


def _lines(message: Spoken) -> Sequence[str]:
    return message.said.lines[:MOST_LINES] if isinstance(message.said, GreetingSaid) else ()


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
    if message.method == "greeting" and (said := message.header("server")):
        ledger.note(message.protocol, ends.server.mac, ends.server.ip, "banner", said, *place)


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
        said = message.said  # not the user: some clouds take a token in its place
        if isinstance(said, MqttSaid) and said.client_id:
            ledger.note("mqtt_client", client.mac, client.ip, "client_id", said.client_id, *place)
    else:
        observe_topic(message.path, ends, ledger, place)


def observe_topic(topic: str, ends: Ends, ledger: Ledger, place: Place, times: int = 1) -> None:
    """A client wrote to a topic so many times, the earliest here."""
    if topic:
        client = ends.client
        ledger.note("mqtt_client", client.mac, client.ip, "topic", topic[:LONGEST_TOPIC], *place, times=times)
