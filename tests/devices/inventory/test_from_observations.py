"""The inventory: from rows of observations to named devices with reasons, and its limits."""

from __future__ import annotations

import ipaddress

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.core.schema import FLOWS, OBSERVATIONS
from netaudit.core.signatures.loading import load
from netaudit.core.storage.table_streams import table_of
from netaudit.devices.inventory.claims import MOST_REASONS
from netaudit.devices.inventory.from_observations import Link, inventory
from tests.processor_time import spent

CAM, HOST = "08:54:11:00:00:01", "192.168.1.64"
NO_FLOWS = pa.Table.from_pylist([], schema=FLOWS.schema())
SET = load()


def scope(ip: str) -> str:
    ipaddress.ip_address(ip)  # as the real one, which takes nothing else
    return "inside" if ip.startswith("192.168.") else "outside"


def devices(*facts: tuple[str, str, str, str, str], link: Link | None = None, flows: pa.Table = NO_FLOWS) -> list[dict]:
    rows = [(*fact, "cap", number + 1, number * 1000, 1) for number, fact in enumerate(facts)]
    table = inventory(
        table_of([OBSERVATIONS.row(*row) for row in rows], OBSERVATIONS), flows, link or Link(), scope, SET
    )
    return table.devices.drop_columns(["first_ts", "last_ts"]).to_pylist()


@pytest.mark.parametrize(
    ("title", "name"),
    [("Reception gate", "Reception gate"), ("登录", ""), ("О системе", ""), ("Login - web", ""), ("404 Not Found", "")],
)
def test_a_title_that_is_a_word_for_its_page_names_no_device(title: str, name: str) -> None:
    (found,) = devices(("arp", CAM, HOST, "address", HOST), ("http_server", CAM, HOST, "title", title))
    assert found["name"] == name


def test_a_camera_is_named_with_reasons_and_frames() -> None:
    (found,) = devices(
        ("arp", CAM, HOST, "address", HOST),
        ("http_client", CAM, HOST, "event", "faceCapture"),
        ("sadp", CAM, HOST, "Types", "inquiry"),
        ("sadp", CAM, HOST, "DeviceDescription", "DS-2CD8A26"),
        ("sadp", CAM, HOST, "DeviceSN", "DS-2CD8A26EXAMPLE01"),
    )
    assert (found["device_id"], found["macs"], found["ips"]) == (CAM, [CAM], [HOST])
    assert (found["vendor"], found["vendor_confidence"]) == ("Hikvision", "declared")
    assert (found["class"], found["class_confidence"]) == ("face_capture_camera", "strong")
    assert (found["model"], found["serial"], found["role_hint"]) == (
        "DS-2CD8A26",
        "DS-2CD8A26EXAMPLE01",
        "capture device",
    )
    assert any("event = faceCapture (frame 2)" in reason for reason in found["reasons"])
    assert {"cap:2", "cap:4", "cap:5"} <= set(found["evidence"])


@pytest.mark.parametrize("ip", ["2001:db8::1:2:3:4", "::1:2:3:4:5:6:7ab"])
def test_an_address_as_long_as_a_link_address_is_none(ip: str) -> None:
    """IPv6 texts may have seventeen characters; the device is known by its address alone."""
    assert len(ip) == 17
    rows = [("http_client", "", ip, "user_agent", "x", "cap", 1, 1000, 1)]
    table = inventory(
        table_of([OBSERVATIONS.row(*row) for row in rows], OBSERVATIONS), NO_FLOWS, Link(), lambda _: "inside", SET
    )
    (found,) = table.devices.to_pylist()
    assert (found["device_id"], found["macs"], found["ips"]) == (ip, [], [ip])


def test_an_address_block_gives_a_weak_vendor_and_no_class() -> None:
    (found,) = devices(("arp", CAM, HOST, "address", HOST))
    assert (found["vendor"], found["vendor_confidence"], found["class"], found["role_hint"]) == (
        "Hikvision",
        "weak",
        "",
        "",
    )


def test_hearsay_names_nothing() -> None:
    (found,) = devices(("dhcp", "02:00:00:00:00:01", "", "hostname", "wxb-1"))
    assert (found["class"], found["product"]) == ("", "")
    assert any("supports only" in reason for reason in found["reasons"])
    assert any("locally administered" in reason for reason in found["reasons"])


def test_a_relay_is_no_camera() -> None:
    (found,) = devices(
        ("arp", "02:00:00:00:00:02", "192.168.1.10", "address", "192.168.1.10"),
        ("http_client", "02:00:00:00:00:02", "192.168.1.10", "event", "faceCapture"),
        ("http_server", "02:00:00:00:00:02", "192.168.1.10", "received_event", "faceCapture"),
    )
    assert found["class"] == "face_server"
    assert found["class_confidence"] == "weak"
    assert found["role_hint"] == ""


def test_words_behind_nat_are_of_no_known_device() -> None:
    link = Link(shared=frozenset({"100.72.13.37"}))
    (found,) = devices(("http_client", CAM, "100.72.13.37", "event", "faceCapture"), link=link)
    assert found["class"] == "router"


def test_what_was_said_from_an_address_is_its_holders_of_that_time() -> None:
    a, b, ip = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "192.168.1.50"
    found = devices(
        ("dhcp", a, ip, "leased", "192.168.1.1"),
        ("http_client", a, ip, "user_agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"),
        ("http_server", "", ip, "title", "first"),
        ("dhcp", b, ip, "leased", "192.168.1.1"),
        ("http_server", "", ip, "title", "second"),
        ("http_client", b, ip, "user_agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)"),
    )
    assert {row["device_id"]: (row["class"], row["name"]) for row in found} == {
        a: ("pc", "first"),
        b: ("phone", "second"),
    }
    assert [row["behind"] for row in found] == [None, None]


def test_one_machine_with_several_ports_and_what_hides_behind_one_address() -> None:
    one, two = "08:54:11:00:00:01", "08:54:11:00:00:02"
    found = devices(
        ("arp", one, "192.168.1.7", "address", "192.168.1.7"),
        ("arp", two, "192.168.1.8", "address", "192.168.1.8"),
        ("ssdp", one, "192.168.1.7", "usn", "uuid:0815::upnp:rootdevice"),
        ("ssdp", two, "192.168.1.8", "usn", "uuid:0815::urn:x"),
        ("http_client", one, "192.168.1.7", "user_agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"),
        (
            "http_client",
            two,
            "192.168.1.8",
            "user_agent",
            "Mozilla/5.0 (Linux; Android 13; V1 Build/1) Mobile Safari/537.36",
        ),
    )
    assert [(row["macs"], row["ips"], row["behind"]) for row in found] == [
        ([one, two], ["192.168.1.7", "192.168.1.8"], 2)
    ]


def test_a_router_says_how_many_inside_hosts_speak_through_it() -> None:
    link = Link(forwarders=frozenset({CAM}))
    found = devices(*(("http_client", CAM, f"192.168.9.{n}", "path", "/x") for n in (5, 6, 7)), link=link)
    assert {row["device_id"]: row["behind"] for row in found}[CAM] == 3
    assert len(found) == 4


def test_a_block_of_a_module_maker_names_no_vendor() -> None:
    (found,) = devices(("arp", "00:e0:4c:00:00:01", HOST, "address", HOST))
    assert (found["vendor"], found["vendor_confidence"]) == ("", "unknown")
    assert any(reason.startswith("module REALTEK") for reason in found["reasons"])


def test_what_a_far_server_says_names_no_device_here() -> None:
    link = Link(forwarders=frozenset({CAM}))
    assert devices(("http_server", CAM, "47.96.10.20", "server", "App-webs/"), link=link) == []


def test_hosts_that_only_have_flows_are_listed() -> None:
    flow = {
        "flow_id": "f",
        "client_mac": CAM,
        "client_ip": HOST,
        "server_mac": "00:0a:eb:00:00:01",
        "server_ip": "47.0.0.1",
    }
    flow |= {"packets_up": 2, "packets_down": 1, "first_ts": 5, "last_ts": 9}
    (found,) = devices(
        link=Link(frozenset({"00:0a:eb:00:00:01"})), flows=pa.Table.from_pylist([flow], schema=FLOWS.schema())
    )
    assert (found["device_id"], found["ips"]) == (CAM, [HOST])


text = st.text(max_size=40)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["dhcp", "lldp", "http_client", "arp"]), st.sampled_from(["", CAM, "02:00:00:00:00:01"]),
                          st.sampled_from(["", HOST, "47.0.0.1", "fe80::1", "224.0.0.1", "x"]), st.sampled_from(["hostname", "chassis", "event", "address"]), text), max_size=12))  # fmt: skip
def test_any_facts_give_an_inventory(facts: list[tuple[str, str, str, str, str]]) -> None:
    unique = list(dict.fromkeys(facts))
    found = devices(*unique)
    assert len({row["device_id"] for row in found}) == len(found)
    assert all(len(row["reasons"]) <= MOST_REASONS for row in found)
    assert found == devices(*unique)


def test_many_hosts_take_linear_time() -> None:
    def seconds(hosts: int) -> float:
        rows = []
        for number in range(hosts):
            mac = f"02:00:00:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
            rows += [("dhcp", mac, "", "hostname", f"h{number}"), ("dhcp", mac, "", "vendor_class", f"v{number}")]
        assert len(devices(*rows)) == hosts
        return spent(lambda: devices(*rows))

    seconds(10)
    small, large = seconds(1000), seconds(4000)
    assert large < small * 4 * 2.5 + 0.5


BOND = "08:54:11:00:00:02"


@pytest.mark.parametrize(
    ("second", "doubts", "more", "ports"),
    [
        (BOND, ["stranger_up"], (), 2),
        (BOND, [], (), 1),  # whole connections of its own: another machine
        ("08:54:11:00:09:02", ["stranger_up"], (), 1),  # not beside it
        (BOND, ["stranger_up"], (("arp", BOND, "192.168.1.65", "address", "192.168.1.65"),), 1),  # has its own address
        (BOND, ["stranger_up"], (("arp", "08:54:11:00:00:03", HOST, "address", HOST),), 1),  # two claim it
    ],
)
def test_ports_that_write_in_turn_into_connections_are_of_one_machine(
    second: str, doubts: list[str], more: tuple[tuple[str, str, str, str, str], ...], ports: int
) -> None:
    flow = {
        "flow_id": "f", "client_mac": second, "client_ip": HOST, "server_mac": "00:0a:eb:00:00:01", "server_ip": "47.1.2.3",
        "packets_up": 9, "packets_down": 9, "first_ts": 5000, "last_ts": 9000, "doubts": doubts,
    }  # fmt: skip
    flows = pa.Table.from_pylist([flow], schema=FLOWS.schema())
    found = devices(("arp", CAM, HOST, "address", HOST), *more, flows=flows)
    assert next(len(one["macs"]) for one in found if CAM in one["macs"]) == ports
