"""Whole audits: who is said to have sent what, against somebody who has the same capture and this source code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import netaudit
from netaudit.findings.statement_text import first_page
from tests.site import CAMERA, CLOUD, DELL, IPHONE, NEWS, PHONE, PREFIX6, Machine, Site, answer, get, push

if TYPE_CHECKING:
    from pathlib import Path

MANY = 12


def audited(site: Site, tmp_path: Path) -> netaudit.Case:
    return netaudit.audit(site.write(tmp_path / "capture.pcap"), tmp_path / "case", workers=1)


def found(case: netaudit.Case, *columns: str) -> list[tuple[Any, ...]]:
    rows = case.table("findings").select(list(columns)).to_pylist()
    return sorted(tuple(row.values()) for row in rows)


def said(case: netaudit.Case, lang: str = "en") -> str:
    return " ".join(first_page(case.statements, lang))


def counts(case: netaudit.Case, kind: str) -> dict[str, int]:
    return next((one["counts"] for one in case.statements if one["kind"] == kind), {})


def uploads(site: Site, who: Machine = CAMERA, number: int = MANY, first: int = 0, **how: Any) -> None:
    for one in range(first, first + number):
        site.talk(who, CLOUD, (push(one, agent=how.pop("agent", "")), answer()), **how)


@pytest.mark.parametrize("mac", [CAMERA.mac, PHONE.mac])
def test_two_unanswered_packets_of_a_phone_erase_no_upload_of_a_camera(mac: str, tmp_path: Path) -> None:
    site = Site()
    site.lease(CAMERA)
    site.arp(CAMERA)
    site.resolve(CAMERA, "face.example.cn", CLOUD)
    uploads(site)
    for _ in range(2):
        site.talk(CAMERA, NEWS, (get("www.example.com", agent=IPHONE), b""), answered=False, opened=False, mac=mac)
    case = audited(site, tmp_path)
    assert found(case, "certainty", "sender", "images") == [("A", CAMERA.ip, MANY)]


@pytest.mark.parametrize("mac", [PHONE.mac, DELL.mac])
def test_one_way_frames_accuse_no_pc(mac: str, tmp_path: Path) -> None:
    """Fifteen frames that a phone wrote with the address of a PC, which is on the network all the time."""
    site = Site()
    site.lease(DELL)
    site.lease(PHONE)
    site.arp(DELL)
    for page in range(20):
        site.talk(DELL, NEWS, (get("www.example.com", f"/{page}"), answer(b"<p>news</p>", "text/html")))
    site.talk(DELL, CLOUD, (push(1), b""), mac=mac, answered=False)
    case = audited(site, tmp_path)
    rows = case.table("findings").to_pylist()
    assert [row["certainty"] for row in rows] == ["B"]
    assert "answered" in rows[0]["reason"]
    if mac != DELL.mac:
        assert rows[0]["sender_device"] != DELL.mac
        assert "link address" in rows[0]["reason"]


def cameras(number: int, six: int) -> list[Machine]:
    return [
        Machine(f"08:54:11:00:01:{n:02x}", f"192.168.1.{60 + n}", ip6=f"{PREFIX6}::{60 + n:x}" if n < six else "")
        for n in range(number)
    ]


def test_sentences_count_devices_and_not_addresses(tmp_path: Path) -> None:
    site = Site()
    for number, camera in enumerate(cameras(8, six=5)):
        site.arp(camera)
        uploads(site, camera, 1, first=number)
        if camera.ip6:
            site.talk(camera, "2408:4005:3a1:10::20", (push(number + 20), answer()))
    case = audited(site, tmp_path)
    assert counts(case, "left") | {"images": 13, "devices": 8} == counts(case, "left")
    assert case.table("devices").num_rows == 9  # with the router
    assert "8 inside devices" in said(case)
    assert "8 台内部设备" in said(case, "zh")


def test_six_privacy_addresses_are_one_device(tmp_path: Path) -> None:
    site = Site()
    site.arp(CAMERA)
    uploads(site, number=1, first=9)
    for number in range(6):
        site.talk(
            CAMERA, "2408:4005:3a1:10::20", (push(number), answer()), ip=f"{PREFIX6}:91ab:3c{number}f:7:{number:x}"
        )
    case = audited(site, tmp_path)
    assert (counts(case, "left")["images"], counts(case, "left")["devices"]) == (7, 1)
