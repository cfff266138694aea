"""Any encrypted carrier gives units: own encryption over HTTP and TCP, in base64, tunnels of datagrams and of ESP."""

from __future__ import annotations

import base64
import json
import random
import struct

import pytest

from netaudit.api import audit
from pcaps.lab import photos, web, wire
from tests.site import CAMERA, CLOUD, DELL, Site, answer

COUNT = 24
KEEPALIVES = (148, 92, 32)


def http(site, draw, blob, _):
    site.talk(
        DELL, CLOUD, (web.request("POST", "/u", CLOUD, {"Content-Type": "application/octet-stream"}, blob), answer())
    )


def in_text(site, draw, blob, number):
    """Blocks of 16 bytes behind a nonce, as base64 in a document."""
    blob = blob[: 16 + (len(blob) - 16) // 16 * 16]
    body = json.dumps({"v": 2, "n": number, "data": base64.b64encode(blob).decode()}).encode()
    head = {"Content-Type": "application/json"}
    site.talk(DELL, CLOUD, (web.request("POST", "/u", CLOUD, head, body), answer()))


def tcp(site, draw, blob, _):
    site.talk(DELL, CLOUD, (struct.pack(">I", len(blob)) + blob, b"\0\0\0\4" + draw.randbytes(4)), port=7100)


def tunnel(site, draw, blob, number):
    near, far = (DELL.mac, DELL.ip, 51820), (site.router.mac, CLOUD, 51820)
    if number % 8 == 0:
        site.datagram(near, far, b"\1\0\0\0" + draw.randbytes(144))
        site.datagram(far, near, b"\2\0\0\0" + draw.randbytes(88), 55)
    for at in range(0, len(blob) + 400, 1368):
        inner = min(len(blob) + 400 - at, 1368) + 52
        site.datagram(near, far, b"\4\0\0\0" + draw.randbytes(12 + inner + -inner % 16 + 16))
    site.datagram(far, near, b"\4\0\0\0" + draw.randbytes(12 + 240), 55)


def esp(site, draw, blob, number):
    """Met under way: the far end speaks first."""

    def said(source, target, size, ttl=64):
        (mac, ip), (to_mac, to_ip) = source, target
        packet = wire.ip(ip, to_ip, 50, b"\0\0\3\1" + draw.randbytes(size + -size % 4 + 30), ttl, number)
        site.frame(wire.ethernet(mac, to_mac, wire.ETHERTYPE_IPV4, packet))

    near, far = (DELL.mac, DELL.ip), (site.router.mac, CLOUD)
    if number == 0:
        said(far, near, 60, 55)
        site.wait(5)
    for at in range(0, len(blob) + 400, 1368):
        said(near, far, min(len(blob) + 400 - at, 1368) + 52)
    said(far, near, 240, 55)


def under_way(site, draw, blob, number):
    """A tunnel whose handshake was before the recording: keep-alives that nobody answers, then acknowledgements."""
    near, far = (DELL.mac, DELL.ip, 51820), (site.router.mac, CLOUD, 51820)
    if number == 0:
        site.datagram(near, far, b"\4\0\0\0" + draw.randbytes(28))
        site.wait(5)
    for at in range(0, len(blob) + 400, 1368):
        inner = min(len(blob) + 400 - at, 1368) + 52
        site.datagram(near, far, b"\4\0\0\0" + draw.randbytes(12 + inner + -inner % 16 + 16))
        site.datagram(far, near, b"\4\0\0\0" + draw.randbytes(12 + 80), 55)


@pytest.fixture(scope="module")
def pictures():
    return [photos.jpeg(photos.portrait(k % 12, 150 + k * 37 % 260), k) for k in range(COUNT)]


@pytest.mark.parametrize(
    ("carry", "standing"),
    [
        (http, "claimed"), (in_text, "claimed"), (tcp, "claimed"), (tunnel, "go together"), (under_way, "go together"),
        (esp, "go together"),
    ],
)  # fmt: skip
def test_pictures_sent_on_in_any_carrier_are_told(tmp_path, pictures, carry, standing):
    site, draw = Site(), random.Random(1)
    site.arp(CAMERA, DELL)
    site.arp(DELL)
    for number, picture in enumerate(pictures):
        request = web.request("POST", "/api/face", f"{DELL.ip}:8088", {"Content-Type": "image/jpeg"}, picture)
        site.talk(CAMERA, DELL.ip, (request, answer()), port=8088, far_mac=DELL.mac)
        site.wait(draw.uniform(0.3, 2))
        carry(site, draw, draw.randbytes(len(picture) + 28), number)
        site.wait(draw.uniform(0.5, 6))
    case = audit([site.write(tmp_path / "lan.pcap")], tmp_path / "case", faces=False)
    rows = case.table("relay_tests").to_pylist()
    assert {row["receiver"] for row in rows if row["standing"] == standing} == {CLOUD}
    told = case.table("relayed_images").num_rows
    assert told == (COUNT if standing == "claimed" else 0)


def test_connections_that_were_read_give_no_units(tmp_path, pictures):
    site = Site()
    site.arp(DELL)
    for picture in pictures:
        site.talk(DELL, CLOUD, (web.request("POST", "/u", CLOUD, {"Content-Type": "image/jpeg"}, picture), answer()))
    case = audit([site.write(tmp_path / "lan.pcap")], tmp_path / "case", faces=False)
    assert case.table("encrypted_uploads").num_rows == 0
