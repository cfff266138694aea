"""Whoever declares clouds to be inside is obeyed, and it is said aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import netaudit
from tests.site import CAMERA, CLOUD, DELL, PHONE, Site, answer, get, push

if TYPE_CHECKING:
    from pathlib import Path

FACE_API = "aip.baidubce.com"


def said(case: netaudit.Case) -> list[str]:
    return [one.kind for one in case.summary.limits]


def test_a_cloud_that_is_declared_inside_is_contested(tmp_path: Path) -> None:
    site = Site()
    site.arp(CAMERA)
    site.resolve(CAMERA, FACE_API, CLOUD)
    site.talk(CAMERA, CLOUD, (push(1, "/rest/2.0/face/v3/search", FACE_API), answer()))
    path = site.write(tmp_path / "capture.pcap")
    case = netaudit.audit(path, tmp_path / "case", inside=["192.168.1.0/24", "47.96.0.0/16"], workers=1)
    assert case.manifest["vantage"]["contested"] == {"47.96.0.0/16": "declared, but holds services"}
    assert "contested" in said(case)
    assert "whether they are inside or outside" in (case.folder / "report.html").read_text("utf-8")
    honest = netaudit.audit(path, tmp_path / "honest", inside=["192.168.1.0/24"], workers=1)
    assert honest.manifest["vantage"]["contested"] == {}
    assert "contested" not in said(honest)


@pytest.mark.parametrize(("hosts", "contested"), [(2, False), (3, True)])
def test_so_is_what_many_reach_by_a_name(hosts: int, contested: bool, tmp_path: Path) -> None:
    site = Site()
    for who in (DELL, PHONE, CAMERA)[:hosts]:
        site.arp(who)
        site.resolve(who, "portal.example.net", CLOUD)
        site.talk(who, CLOUD, (get("portal.example.net"), answer()))
    case = netaudit.audit(site.write(tmp_path / "capture.pcap"), tmp_path / "case", inside=["47.96.0.0/16"], workers=1)
    assert bool(case.manifest["vantage"]["contested"]) is contested
