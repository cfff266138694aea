"""The demo offices: every box named as it is, or abstained; roles of senders come from the inventory."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import netaudit
from netaudit.core.schema.holders import Holders
from netaudit.core.signatures.loading import load
from netaudit.core.text.addresses import is_link_address
from tests.wording import english

PCAPS = Path(__file__).parents[3] / "pcaps"
GRAVE = {"face_capture_camera", "face_server", "id_terminal", "access_terminal"}


def opened(capture: str, tmp_path: Path) -> tuple[netaudit.Case, list[dict], dict]:
    folder, file = capture.split("/")
    expected = json.loads((PCAPS / folder / "expected.json").read_text(encoding="utf-8"))["captures"][file]
    case = netaudit.audit(PCAPS / capture, tmp_path / "case", faces=False)
    return case, case.table("devices").drop_columns(["first_ts", "last_ts"]).to_pylist(), expected


@pytest.mark.parametrize(
    "capture", ["sales_office/lan.pcapng", "sales_office/ipv6.pcapng", "benign_office/benign.pcap"]
)
def test_every_device_is_named(capture: str, tmp_path: Path) -> None:
    _, devices, expected = opened(capture, tmp_path)
    by_id = {row["device_id"]: row for row in devices}
    assert set(by_id) == {device["mac"] for device in expected["devices"]}
    vocabulary = load().vocabulary
    for device in expected["devices"]:
        row = by_id[device["mac"]]
        assert row["class"] in {device["class"], *vocabulary.ancestors(device["class"])}, device["name"]
        assert row["reasons"]
        assert row["model"] in {"", device.get("model", "")}
        assert row["evidence"] or device["name"] == "router"


def test_the_sales_office_says_whose_boxes_they_are(tmp_path: Path) -> None:
    case, devices, _ = opened("sales_office/lan.pcapng", tmp_path)
    products = {row["ips"][0]: row["product"] for row in devices if row["ips"]}
    assert {products[f"192.168.1.{last}"] for last in (1, 2, 10, 70)} == {"旺小宝"}
    roles = {row["ips"][0]: row["role_hint"] for row in devices if row["ips"]}
    assert (roles["192.168.1.64"], roles["192.168.1.70"], roles["192.168.1.10"]) == (
        "capture device",
        "verification terminal",
        "server",
    )
    services = {row["ip"]: row["service_class"] for row in case.table("endpoints").to_pylist()}
    assert (services["47.96.10.20"], services["118.31.219.200"]) == ("sales_platform", "object_store")
    (hidden,) = [
        row
        for row in case.table("findings").drop_columns(["first_ts", "last_ts"]).to_pylist()
        if row["certainty"] == "D"
    ]
    assert "a known service (旺小宝)" in english(hidden["reason"])
    assert english(hidden["role_reason"]).startswith("signatures name it face server")
    assert case.manifest["signatures"]["sha256"] == load().sha256
    assert len(case.devices) == len(devices)


def test_the_benign_office_has_no_device_of_the_face_business(tmp_path: Path) -> None:
    _, devices, _ = opened("benign_office/benign.pcap", tmp_path)
    assert not GRAVE & {row["class"] for row in devices}


@pytest.mark.captures
def test_labelled_devices_of_real_captures(captures: Path, tmp_path: Path) -> None:
    """Right or abstained, never wrong; only the one labelled camera that says so is called a camera."""
    right = {
        "Aria": {"scale"}, "D-LinkSensor": {"sensor"}, "EdimaxCam1": {"ip_camera"}, "HueBridge": {"gateway_iot"},
        "HueSwitch": {"gateway_iot"}, "SmarterCoffee": {"iot"}, "TP-LinkPlugHS110": {"smart_plug"}, "WeMoSwitch": {"smart_plug"},
        "Withings": {"iot"}, "EdnetCam1": set(), "EdnetGateway": {"iot"},
    }  # fmt: skip
    named = abstained = 0
    for case in json.loads((captures / "discovery" / "expected.json").read_text(encoding="utf-8"))["cases"]:
        if not (truth := case.get("device")):
            continue
        rows = (
            netaudit.audit(captures / "discovery" / case["file"], tmp_path / "case", faces=False, overwrite=True)
            .table("devices")
            .to_pylist()
        )
        found = {row["device_id"]: row for row in rows}[truth["mac"]]
        assert found["class"] in {"", *right[truth["label"]]}, case["file"]
        cameras = [row for row in rows if row["class"] in GRAVE | {"ip_camera", "camera"}]
        assert [row["device_id"] for row in cameras] in ([], [truth["mac"]] if truth["is_camera"] else [])
        named, abstained = named + bool(found["class"]), abstained + (not found["class"])
    assert (named, abstained) == (30, 3)


@pytest.mark.captures
def test_the_eight_cameras_of_the_shared_office_are_cameras_and_nothing_else_is(captures: Path, tmp_path: Path) -> None:
    case = netaudit.audit(captures / "office" / "office.pcap", tmp_path / "case", faces=False)
    rows = case.table("devices", ["name", "class", "class_confidence"]).to_pylist()
    cameras = {
        row["name"]: row["class_confidence"] for row in rows if row["class"] in {"ip_camera", "face_capture_camera"}
    }
    assert cameras == {f"IPC-00{n}": "strong" for n in range(1, 9)}
    assert {row["class"] for row in rows if row["name"] not in cameras} == {"router", "pc", ""}


@pytest.mark.captures
def test_eight_cameras_are_eight_devices_whatever_addresses_they_use(captures: Path, tmp_path: Path) -> None:
    """By the truth, what was uploaded came from 13 addresses of IPv4 and IPv6, which eight cameras have."""
    office = captures / "office"
    case = netaudit.audit(office / "office.pcap", tmp_path / "case", faces=False)
    holders = Holders(case.table("bindings"))
    with (office / "truth.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["direction"] == "upload"]
    sent = {row["src"]: holders.device(row["src"], int(float(row["time"]) * 10**9)) for row in rows}
    assert (len(sent), len(set(sent.values()))) == (13, 8)
    assert all(is_link_address(device) for device in sent.values())
