"""What people's own machines send encrypted is no finding by itself; what a device sends is judged by its requests."""

from __future__ import annotations

import pytest

from netaudit.findings.encrypted import request_shape
from netaudit.findings.people import is_own, nameless, peoples_machines
from netaudit.findings.roles import CAPTURE, PERSONAL_DEVICE, SERVER, UNKNOWN, VIEWER
from netaudit.tables import DEVICES, ENDPOINTS, FLOWS
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


def test_who_reads_many_pages_is_a_machine_of_people() -> None:
    flows = filled(
        FLOWS, visits(PC, [f"www.{name}" for name in NAMES]) + visits(CAM, [f"x{n}.example.com" for n in range(9)])
    )
    devices = filled(DEVICES, [{"device_id": "d", "ips": ["10.0.0.7"], "class": "tv"}])
    assert peoples_machines({"flows": flows, "devices": devices}, scope) == {PC, "10.0.0.7"}
    sent = filled(FLOWS, visits(PC, NAMES, up=90_000, down=900))
    assert peoples_machines({"flows": sent}, scope) == frozenset()


def test_addresses_in_the_place_of_names_are_no_pages() -> None:
    """A box that asks six servers by their addresses reads no pages: what it sends is judged."""
    asked = filled(FLOWS, visits(CAM, [f"203.0.113.{n}:8080" for n in range(9)] + [f"2001:db8::{n}" for n in range(9)]))
    assert peoples_machines({"flows": asked}, scope) == frozenset()


@pytest.mark.parametrize(
    ("kind", "machine", "own"),
    [
        (UNKNOWN, True, True), (UNKNOWN, False, False), (VIEWER, False, True), (PERSONAL_DEVICE, False, True),
        (CAPTURE, True, False), (SERVER, True, False),
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
    tables = {"flows": filled(FLOWS, visits(PC, NAMES)), "endpoints": endpoints}
    hidden = nameless(tables, scope, lambda *_: UNKNOWN)
    assert hidden((PC, "203.0.113.2", "drive.example"), None, "bulk")
    assert hidden((PC, "203.0.113.1", "weixin.example"), None, "events")
    assert not hidden((PC, "203.0.113.2", "up.example"), None, "events")
    assert not hidden((CAM, "203.0.113.2", "up.example"), None, "bulk")
