"""SNMP, NTP, SSH, MQTT: about whom each fact is."""

from __future__ import annotations

import pytest

from netaudit.core.contracts.details import Details, GreetingDetails, MqttDetails, NtpDetails, SnmpDetails
from netaudit.protocols.message import Message
from tests.devices.observations.test_from_messages import observed, of_client, of_server

SAID = {
    "snmp": SnmpDetails, "ntp": NtpDetails, "ssh": GreetingDetails, "mqtt": MqttDetails,
}  # fmt: skip


def message(protocol: str, direction: int = 0, method: str = "", path: str = "", **said: object) -> Message:
    return Message(protocol, direction, 0, 1, method=method, path=path, details=SAID.get(protocol, Details)(**said))


@pytest.mark.parametrize(
    ("given", "facts"),
    [
        (
            message("snmp", 1, "response", version="2c", answer=True, said=[("description", "H3C"), ("name", "")]),
            {of_server("snmp", "version", "2c"), of_server("snmp", "description", "H3C")},
        ),
        (message("snmp", 0, "get", version="1", answer=False, said=[]), {of_client("snmp_client", "asks", "get")}),
        (message("snmp", 0, "v3", version="3", answer=False, engine="80", enterprise=8072), set()),
        (
            message("snmp", 1, "v3", version="3", answer=False, engine="80", enterprise=8072),
            {of_server("snmp", "engine", "80"), of_server("snmp", "enterprise", "8072")},
        ),
        (message("ntp", 1, "server", stratum=2), {of_server("ntp", "stratum", "2")}),
        (message("ntp", 0, "client", stratum=0), set()),
        (message("ssh", 1, "greeting", lines=["SSH-2.0-dropbear"]), {of_server("ssh", "banner", "SSH-2.0-dropbear")}),
        (message("mqtt", 0, "CONNECT", client_id="dev-7", user="token"), {of_client("mqtt_client", "client_id", "dev-7")}),
        (message("mqtt", 0, "PUBLISH", "mqtt/face/7/Rec"), {of_client("mqtt_client", "topic", "mqtt/face/7/Rec")}),
        (message("mqtt", 1, "PUBLISH", "mqtt/face/7/Rec"), set()),
    ],
)  # fmt: skip
def test_facts(given: Message, facts: set[tuple[str, ...]]) -> None:
    assert observed(given) == facts
