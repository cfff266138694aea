"""Whole audits: what left encrypted is judged by what was sent at a time, whoever connected and whatever came back."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.site import CAMERA, CLOUD, DELL, NEWS, PREFIX6, ROUTER, Machine, Site, answer, get, sealed
from tests.test_who_sent_it import audited, found, said

if TYPE_CHECKING:
    from pathlib import Path

BOX = Machine("00:1e:06:10:20:30", "192.168.1.77")  # of which nothing says what it is
PLATFORM = Machine(ROUTER.mac, "118.31.112.71", ttl=52)  # it comes in by a port that the router maps
FIRMWARE, PICTURES = 3_000_000, [(60_000 + 300 * n, 300) for n in range(12)]


def office(*who: Machine) -> Site:
    site = Site()
    for one in (DELL, *who):
        site.lease(one)
        site.arp(one)
    site.talk(DELL, NEWS, (get("www.example.com"), answer(b"<p>news</p>" * 400, "text/html")))
    return site


def turned(turns: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(answered, asked) for asked, answered in turns]


def opaque(turns: list[tuple[int, int]]) -> list[tuple[bytes, bytes]]:
    draw = random.Random(5)
    return [(draw.randbytes(up), draw.randbytes(down)) for up, down in turns]


@pytest.mark.parametrize("who", [CAMERA, BOX])
@pytest.mark.parametrize("inward", [False, True])
@pytest.mark.parametrize("known", [True, False])
def test_a_firmware_hides_no_uploads_whoever_connected(who: Machine, inward: bool, known: bool, tmp_path: Path) -> None:
    site = office(who)
    turns = [(300, FIRMWARE), *PICTURES]
    said_as: list[Any] = opaque(turned(turns) if inward else turns)
    if known:
        said_as = sealed("up.example.cn", 7, *(turned(turns) if inward else turns))
    if inward:
        site.talk(PLATFORM, who.ip, *said_as, port=443 if known else 9000, far_mac=who.mac)
    else:
        site.talk(who, PLATFORM.ip, *said_as, port=443 if known else 9000)
    case = audited(site, tmp_path)
    if known or not inward:
        assert found(case, "certainty", "sender", "receiver") == [("D", who.ip, PLATFORM.ip)]
    else:  # where a unit of what nobody can read ends, nobody knows: it is told, and accuses nobody
        assert found(case, "certainty") == []
        assert "unreadable" in {one.kind for one in case.summary.limits if (one.share or 0) > 0.9}


def test_answers_that_somebody_outside_fetched_are_counted(tmp_path: Path) -> None:
    site = office(CAMERA)
    for number in range(8):
        site.talk(PLATFORM, CAMERA.ip, *sealed("cam.example.cn", number, (9000, 4000)), port=443, far_mac=CAMERA.mac)
    case = audited(site, tmp_path)
    assert found(case, "certainty") == []
    assert case.summary.other_uploads == 8
    assert "8 encrypted uploads" in said(case)


@pytest.mark.parametrize("answered", [300, 6000])
def test_slices_of_a_picture_to_many_endpoints_are_stated_as_encrypted(answered: int, tmp_path: Path) -> None:
    """Each is below what an upload has; pages that were asked for with as much bring more back."""
    site = office(BOX)
    for number in range(12):
        name = f"a{number}.example{number}.cn"
        site.talk(BOX, f"47.9{number % 7}.1.{number + 1}", *sealed(name, number, (1900, answered)), port=443)
    case = audited(site, tmp_path)
    assert found(case, "certainty") == []
    assert case.summary.hidden > 0.5
    assert "of the recorded content was encrypted" in said(case)


def test_uploads_of_one_device_under_two_addresses_are_of_one_sender(tmp_path: Path) -> None:
    camera = Machine(CAMERA.mac, CAMERA.ip, ip6=f"{PREFIX6}::64")
    site = office(camera)
    for number, cloud in enumerate((CLOUD, "2408:4005:3a1:10::20")):
        site.talk(camera, cloud, *sealed("up.example.cn", number, (4000, 300)), port=443)
    case = audited(site, tmp_path)
    assert case.summary.other_uploads == 2
    assert "2 encrypted uploads" in said(case)
    assert "加密传输2次" in said(case, "zh")
