"""What people's own machines send encrypted is no finding by itself; what a device sends is judged by its requests."""

from __future__ import annotations

import pytest

from netaudit.core.schema import CLAIMS, DEVICES, ENDPOINTS, FLOWS, IMAGES, MESSAGES, OBJECTS, OBSERVATIONS, PERSONS
from netaudit.findings.encrypted import request_shape
from netaudit.findings.people import MANY_NAMES, is_own, nameless, peoples_machines, service_classes
from netaudit.findings.roles import CAPTURE, PERSONAL_DEVICE, SERVER, UNKNOWN, VIEWER, Actors
from tests.findings.test_moments import filled

PC, CAM = "10.0.0.2", "10.0.0.3"
NAMES = ["a.example", "b.example", "c.example.cn", "d.example.com.cn", "e.test", "f.test", "g.test"]


def scope(ip: str) -> str:
    return "inside" if ip.startswith("10.") else "outside"


def visits(host: str, names: list[str], up: int = 900, down: int = 90_000) -> list[dict[str, object]]:
    return [
        {
            "flow_id": f"{host}{name}", "client_ip": host, "server_ip": "203.0.113.9", "server_name": name, "payload_up": up,
            "payload_down": down,
        }
        for name in names
    ]  # fmt: skip


LINK = "f8:b1:56:10:20:30"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/124.0 Safari/537.36"


def machines(
    rows: list[dict[str, object]],
    agent: str = "",
    lease: str = "",
    announced: str = "",
    vendor: str = "",
    server: str = "",
) -> frozenset[str]:
    """Who is a machine of people, of a device with these flows and facts."""
    flows = filled(FLOWS, [row | {"client_mac": LINK, "protocol": "http"} for row in rows])
    asked = [{"message_id": "m", "flow_id": rows[0]["flow_id"], "user_agent": agent}] if agent else []
    facts = [[f"dhcp.hostname={lease}"]] * bool(lease) + [[f"mdns.txt={announced}"]] * bool(announced)
    said = [("dhcp", "leased", PC)] * bool(lease) + [("http_server", "server", server)] * bool(server)
    tables = {
        "flows": flows, "messages": filled(MESSAGES, asked), "objects": filled(OBJECTS, []), "images": filled(IMAGES, []),
        "persons": filled(PERSONS, []), "devices": filled(DEVICES, [{"device_id": LINK, "ips": [PC], "vendor": vendor}]),
        "claims": filled(CLAIMS, [{"device_id": LINK, "claim": "class", "value": "pc", "facts": one} for one in facts]),
        "observations": filled(
            OBSERVATIONS, [{"kind": kind, "mac": LINK, "ip": PC, "field": name, "value": value} for kind, name, value in said]
        ),
    }  # fmt: skip
    return peoples_machines(tables, scope, Actors([], tables))


PAGES = visits(PC, [f"www.{name}" for name in NAMES])
LOOKUPS = visits(PC, NAMES[:1])


@pytest.mark.parametrize(
    ("rows", "facts", "own"),
    [
        (PAGES, {}, False),  # a box that reads many pages is a box
        (PAGES, {"vendor": "Dell Inc."}, True),
        (PAGES, {"vendor": "Shenzhen Bilian Electronic"}, False),
        (PAGES, {"agent": CHROME}, True),
        (PAGES, {"announced": "model=MacBookPro18,1"}, True),
        (PAGES, {"lease": "DESKTOP-7Q2LM4K"}, True),
        (LOOKUPS, {"agent": CHROME}, False),  # one word is not enough
        (LOOKUPS, {"lease": "DESKTOP-7Q2LM4K"}, False),
        (LOOKUPS, {"lease": "DESKTOP-7Q2LM4K", "vendor": "Dell Inc."}, True),
        (LOOKUPS, {"announced": "model=MacBookPro18,1", "vendor": "Apple"}, False),  # nobody answered either
        (PAGES, {"agent": CHROME, "server": "Webs"}, False),  # it serves, as boxes do
        (PAGES, {"agent": CHROME, "vendor": "Hikvision"}, False),
        (visits(PC, NAMES, up=90_000, down=900), {"vendor": "Dell Inc."}, False),  # it sent more than it read
        (visits(PC, [f"203.0.113.{n}:8080" for n in range(9)]), {"vendor": "Dell Inc."}, False),  # addresses are no names
        (visits(PC, [f"x{n}.example.com" for n in range(9)]), {"vendor": "Dell Inc."}, False),
        (visits(PC, [f"x{n}.oss-cn-x.aliyuncs.com" for n in range(9)]), {"vendor": "Dell Inc."}, False),  # rooms of one house
    ],
)  # fmt: skip
def test_two_facts_make_a_machine_of_people(rows: list[dict[str, object]], facts: dict[str, str], *, own: bool) -> None:
    assert machines(rows, **facts) == ({LINK} if own else frozenset())


@pytest.mark.parametrize(
    ("kind", "machine", "own"),
    [
        (UNKNOWN, True, True), (UNKNOWN, False, False), (VIEWER, False, False), (VIEWER, True, True),
        (PERSONAL_DEVICE, False, True), (CAPTURE, True, False), (SERVER, True, False),
    ],
)  # fmt: skip
def test_a_device_that_captures_or_serves_is_nobodys_own(kind: str, *, machine: bool, own: bool) -> None:
    assert is_own(kind, machine=machine) is own


def count(requests: int, size: int, shape: str) -> dict[str, object]:
    return {
        "requests": requests, "requests_bytes": size, "shape": shape, "uploads": requests, "bytes_high": size,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("told", "kind", "service", "own", "found"),
    [
        (count(1, 300_000, "few"), CAPTURE, "", False, "shaped"),
        (count(1, 300_000, "few"), UNKNOWN, "", False, ""),  # one request says nothing of what nobody names
        (count(3, 300_000, "few"), UNKNOWN, "", False, ""),
        (count(3, 300_000, "few"), UNKNOWN, "object_store", False, ""),  # a store takes backups
        (count(3, 300_000, "few"), UNKNOWN, "sales_platform", False, "known service"),
        (count(6, 300_000, "unclear"), UNKNOWN, "", False, "shaped"),
        (count(20, 900_000, "browsing"), UNKNOWN, "", False, "shaped"),  # a download over the same connection hides nothing
        (count(40, 9_000_000, "bulk"), UNKNOWN, "", False, ""),  # a backup
        (count(40, 900_000, "regular"), UNKNOWN, "", False, ""),  # telemetry
        (count(40, 900_000, "regular"), CAPTURE, "", False, "shaped"),
        (count(4, 30_000, "few"), UNKNOWN, "", False, ""),
        (count(4, 30_000, "few"), UNKNOWN, "face_api", False, "known service"),
        (count(1, 900_000, "few"), VIEWER, "", True, ""),
        (count(40, 9_000_000, "bulk"), VIEWER, "object_store", True, ""),
        (count(9, 900_000, "events"), VIEWER, "", True, "shaped"),
        (count(5, 900_000, "events"), VIEWER, "", True, ""),  # an afternoon's files that go to a drive
        (count(9, 900_000, "events"), VIEWER, "messaging", True, ""),
        (count(0, 0, "browsing"), CAPTURE, "", False, ""),
    ],
)  # fmt: skip
def test_requests_and_their_number_are_judged(
    told: dict[str, object], kind: str, service: str, found: str, *, own: bool
) -> None:
    assert request_shape(told, kind, service, own=own) == found


def test_what_has_no_name_in_the_count() -> None:
    endpoints = filled(ENDPOINTS, [{"ip": "203.0.113.1", "service": "WeChat", "service_class": "messaging"}])
    devices = filled(DEVICES, [{"device_id": PC, "ips": [PC], "vendor": "Dell Inc."}])
    tables = {
        "flows": filled(FLOWS, visits(PC, NAMES)), "endpoints": endpoints, "devices": devices,
        "messages": filled(MESSAGES, []), "persons": filled(PERSONS, []),
    }  # fmt: skip
    hidden = nameless(tables, scope, lambda: Actors([], tables))
    assert hidden((PC, "203.0.113.2", "drive.example"), None, "bulk")
    assert hidden((PC, "203.0.113.1", "weixin.example"), None, "events")
    assert not hidden((PC, "203.0.113.2", "up.example"), None, "events")
    assert not hidden((CAM, "203.0.113.2", "up.example"), None, "bulk")


@pytest.mark.parametrize(
    ("rows", "own"),
    [
        (visits(PC, NAMES[:MANY_NAMES]), True),
        (visits(PC, NAMES[: MANY_NAMES - 1]), False),
        (visits(PC, NAMES[:MANY_NAMES], up=900, down=901), True),
        (visits(PC, NAMES[:MANY_NAMES], up=900, down=900), False),  # no more came than went
        (visits(PC, NAMES[:MANY_NAMES], up=0, down=0), False),
        (visits("203.0.113.5", NAMES), False),  # it stands outside
        ([row | {"server_ip": "10.0.0.9"} for row in visits(PC, NAMES)], False),  # pages of the site itself
    ],
)
def test_who_reads_pages_of_many_reads_them_from_outside(rows: list[dict[str, object]], own: bool) -> None:
    assert machines(rows, vendor="Dell Inc.") == ({LINK} if own else frozenset())


@pytest.mark.parametrize(
    ("facts", "own"),
    [
        (["dhcp.hostname=x"], True),  # and it was given an address
        (["dhcp.hostname=x", "oui.maker=y"], True),
        (["dhcp.hostname=x", "mdns.txt=y"], True),  # read as announced: beside the pages that is the second fact
        (["oui.maker=y"], False),
        (["http_client.user_agent=x"], False),
        (["http_client.user_agent=x", "mdns.txt=y"], False),
        (["mdns.txt=y"], True),
        ([], False),
    ],
)
def test_what_words_count(facts: list[str], own: bool) -> None:
    claim = {"device_id": LINK, "claim": "class", "value": "pc", "facts": facts}
    flows = filled(FLOWS, [row | {"client_mac": LINK, "protocol": "http"} for row in PAGES])
    tables = {
        "flows": flows, "messages": filled(MESSAGES, []), "persons": filled(PERSONS, []),
        "devices": filled(DEVICES, [{"device_id": LINK, "ips": [PC]}]), "claims": filled(CLAIMS, [claim]),
        "observations": filled(OBSERVATIONS, [{"kind": "dhcp", "mac": LINK, "ip": PC, "field": "leased", "value": PC}]),
    }  # fmt: skip
    assert peoples_machines(tables, scope, Actors([], tables)) == ({LINK} if own else frozenset())
    others = [claim | {"value": "ip_camera"}, claim | {"claim": "vendor"}]
    assert not peoples_machines(tables | {"claims": filled(CLAIMS, others)}, scope, Actors([], tables))


def test_who_sends_to_what_people_reach_their_files_by_is_its_owner() -> None:
    assert is_own(UNKNOWN, machine=False, service="remote_access")
    assert not is_own(CAPTURE, machine=False, service="remote_access")
    assert not is_own(UNKNOWN, machine=False, service="cloud_drive")


def test_services_are_known_by_address() -> None:
    rows = [{"ip": "203.0.113.1", "service_class": "mail"}, {"ip": "203.0.113.2", "service_class": ""}]
    assert service_classes(filled(ENDPOINTS, rows)) == {"203.0.113.1": "mail"}
    assert service_classes(None) == {}
