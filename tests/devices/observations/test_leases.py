"""DHCP of both versions: what clients say and what servers give, about the right host."""

from __future__ import annotations

from netaudit.core.contracts.details import Dhcp6Details, DhcpDetails
from netaudit.protocols.message import Message
from tests.devices.observations.test_from_messages import CLIENT, SERVER, observed, of_client, of_server

MAC = "02:00:00:00:00:07"


def dhcp(method: str, **fields: object) -> Message:
    return Message("dhcp", 0, 0, 1, method=method, details=DhcpDetails(**{"mac": MAC} | fields))


def test_a_client_of_version_4() -> None:
    facts = observed(
        dhcp(
            "request",
            hostname="cam-1",
            fqdn="cam-1.lan",
            order=[53, 12, 55],
            params=[1, 3],
            vendors=[(4491, "class", "IPC")],
        )
    )
    assert facts == {
        ("dhcp", MAC, "", field, value)
        for field, value in {
            "hostname": "cam-1", "fqdn": "cam-1.lan", "options": "53,12,55", "params": "1,3", "vendor_info": "4491 class: IPC", "message": "request",
        }.items()
    }  # fmt: skip


def test_what_a_server_repeats_is_no_word_of_the_clients() -> None:
    for method in ("offer", "ack", "nak"):
        facts = observed(dhcp(method, hostname="other", yiaddr="192.168.1.9", server="192.168.1.1"))
        assert not any(row[3] == "hostname" for row in facts)
    assert observed(dhcp("ack", yiaddr="192.168.1.9", server="192.168.1.1", router="192.168.1.254")) == {
        ("dhcp", MAC, "192.168.1.9", "leased", "192.168.1.1"), ("dhcp", "", "192.168.1.1", "serves", "leases"),
        ("dhcp", "", "192.168.1.254", "router", "declared"),
    }  # fmt: skip
    assert observed(dhcp("ack", hostname="x")) == set()  # the answer to an inform


def v6(method: str, direction: int = 0, **fields: object) -> Message:
    return Message(
        "dhcpv6", direction, 0, 1, method=method, details=Dhcp6Details(**{"order": [1], "answer": False} | fields)
    )


def test_a_client_of_version_6() -> None:
    facts = observed(v6("solicit", duid="00ff", duid_mac=MAC, params=[23, 24], enterprise=311, vendor_class="MSFT 5.0"))
    assert of_client("dhcpv6", "params", "23,24") in facts
    assert of_client("dhcpv6", "vendor_class", "MSFT 5.0") in facts
    assert of_client("dhcpv6", "duid_mac", MAC) in facts
    assert {row[1] for row in facts} == {CLIENT.mac}


def test_a_server_of_version_6() -> None:
    assert observed(v6("reply", 1, answer=True, duid="00ff", addresses=["2001:db8::9"])) == {
        of_server("dhcpv6", "serves", "leases"),
        ("dhcpv6", CLIENT.mac, "2001:db8::9", "leased", SERVER.ip),
    }


def test_behind_a_relay_the_sender_is_not_meant() -> None:
    facts = observed(v6("solicit", duid="00ff", relayed_for="fe80::9", link_address=MAC))
    assert {row[1:3] for row in facts} == {(MAC, "fe80::9")}
    assert {row[1:3] for row in observed(v6("solicit", duid="00ff", relayed_for="fe80::9"))} == {("", "fe80::9")}
