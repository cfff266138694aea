"""Captures of ten offices for the reading test: what happened in each is known, and small."""

from __future__ import annotations

import itertools
import json
import random
from typing import TYPE_CHECKING

from pcaps.lab import photos, web
from tests import disguise
from tests.conftest import ROOT
from tests.site import CAMERA, CLOUD, DELL, NEWS, ROUTER, Machine, Site, answer, face, get, push, sealed
from tests.spoken import number
from tests.test_end_to_end import office as demo_office

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SERVER = Machine("00:e0:4c:51:0a:10", "192.168.1.10", name="sales-server", vendor_class="udhcp 1.31.1")
TERMINAL = Machine("00:12:31:20:30:40", "192.168.1.70", name="id-terminal", vendor_class="udhcp 1.24.1")
NAMES = ("王小明", "李芳", "赵云", "孙丽华")
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"
HOUR = 3600
RELAY = "121.40.77.19"
REGISTRY = "47.98.60.33"


def office(*machines: Machine) -> Site:
    """An office whose machines have addresses, and whose PC reads the news."""
    site = Site()
    for machine in (DELL, *machines):
        site.arp(machine)
        site.lease(machine)
    site.talk(DELL, NEWS, (get("news.example.cn", agent=BROWSER), answer(b"<p>news</p>" * 400, "text/html")))
    return site


def truncated(path: Path) -> None:
    """The demo office, recorded with a packet length limit of 200 bytes."""
    path.write_bytes(disguise.pcap(disguise.snaplen(demo_office(), 200)))


def relay(path: Path) -> None:
    """A server receives pictures from a camera unencrypted and forwards each over TLS."""
    site, draw = office(CAMERA, SERVER), random.Random(11)
    site.resolve(SERVER, "gw3.visits.example.cn", RELAY)
    for count in range(36):
        picture = photos.jpeg(photos.portrait(count, 90 + 7 * (count * 17 % 36)), count)
        body = web.request("POST", "/face/push", "192.168.1.10", {"Content-Type": "image/jpeg"}, picture)
        site.talk(CAMERA, SERVER.ip, (body, answer()), port=8088, far_mac=SERVER.mac)
        site.wait(draw.uniform(0.2, 1.5))
        site.talk(SERVER, RELAY, *sealed("gw3.visits.example.cn", count, (len(picture) + 655, 240)), port=443)
        site.wait(draw.uniform(5, 40))
    site.write(path)


def doubts(path: Path) -> None:
    """Nobody sent a picture of the office's own: one came back, one was refused, one a web page caused."""
    site = office(CAMERA)
    site.talk(ROUTER, CLOUD, (get("www.example.org", "/a.jpg"), answer(face(1), "image/jpeg")))
    site.wait(60)
    site.talk(ROUTER, CLOUD, (web.request("POST", "/back", "www.example.org", {"Content-Type": "image/jpeg"}, face(1)), answer()))  # fmt: skip
    site.wait(60)
    site.talk(CAMERA, RELAY, (push(2), answer(status="413 Content Too Large")))
    site.wait(60)
    site.talk(DELL, CLOUD, (get("www.example.org", "/", BROWSER), answer(b"<html>a</html>", "text/html")))
    caused = {"Content-Type": "image/jpeg", "User-Agent": BROWSER, "Origin": "https://ads.example.net"}
    site.wait(60)
    site.talk(DELL, CLOUD, (web.request("POST", "/collect", "www.example.org", caused, face(3)), answer()))
    site.write(path)


def _visit(count: int, *, picture: bool = False) -> bytes:
    record = {
        "name": NAMES[count],
        "idNumber": number(count + 1),
        "mobile": f"1990000000{count}",
        "time": f"2026-05-29T04:{30 + count}:00+08:00",
    } | ({"faceImage": web.text64(face(100 + count))} if picture else {})
    return json.dumps(record, ensure_ascii=False).encode()


def records(path: Path) -> None:
    """An ID terminal sends records of four people to a server on the internet, without pictures."""
    site = office(TERMINAL)
    site.resolve(TERMINAL, "crm.estate.example.cn", REGISTRY)
    for count in range(4):
        head = {"Content-Type": "application/json"}
        site.talk(TERMINAL, REGISTRY, (web.request("POST", "/visitor/add", "crm.estate.example.cn", head, _visit(count)), answer()))  # fmt: skip
        site.wait(90)
    site.write(path)


def refused(path: Path) -> None:
    """A camera tries to send pictures; the server refuses each."""
    site = office(CAMERA)
    site.resolve(CAMERA, "face.example.cn", CLOUD)
    for count in range(5):
        site.talk(CAMERA, CLOUD, (push(count), answer(status="403 Forbidden")))
        site.wait(100)
    site.write(path)


def midstream(path: Path) -> None:
    """Recording began in the middle of a connection and lost packets of others."""
    site = office(CAMERA)
    site.resolve(CAMERA, "face.example.cn", CLOUD)
    site.talk(CAMERA, CLOUD, *[(push(count), answer()) for count in range(3)], opened=False)
    draw = random.Random(5)
    for count in range(3, 12):
        site.wait(45)
        begin = len(site.frames)
        site.talk(CAMERA, CLOUD, (push(count), answer()))
        if count % 3 == 0:  # one full segment of this upload was not recorded
            full = [at for at in range(begin, len(site.frames)) if len(site.frames[at][1]) > 1400]
            del site.frames[draw.choice(full[1:])]
    site.write(path)


def days(path: Path) -> None:
    """Two floors over three days: the camera of one sends pictures, the terminal of the other sends ID records."""
    site = office(CAMERA, TERMINAL)
    site.resolve(CAMERA, "face.example.cn", CLOUD)
    site.resolve(TERMINAL, "crm.estate.example.cn", REGISTRY)
    head = {"Content-Type": "application/json"}
    done = web.response(b'{"code":0}', "application/json", "")
    for day, count in itertools.product(range(3), range(4)):
        site.wait(2 * HOUR)
        site.talk(CAMERA, CLOUD, (push(4 * day + count), done))
        if count == day:
            body = web.request("POST", "/visitor/add", "crm.estate.example.cn", head, _visit(day, picture=day == 1))
            site.talk(TERMINAL, REGISTRY, (body, done))
        if count == 3:
            site.wait(16 * HOUR)
    site.write(path)


SCENES: dict[str, Path | Callable[[Path], None]] = {
    "demo": ROOT / "pcaps/sales_office/lan.pcapng",
    "harmless": ROOT / "pcaps/second_office/everyday.pcapng",
    "truncated": truncated,
    "relay": relay,
    "doubts": doubts,
    "records": records,
    "inside": ROOT / "pcaps/benign_office/benign.pcap",
    "refused": refused,
    "midstream": midstream,
    "days": days,
}
