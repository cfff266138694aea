"""Whole audits: who is said to have sent what, against somebody who has the same capture and this source code."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import netaudit
from netaudit.findings.summary import Sentences
from pcaps.lab import web
from pcaps.lab.files import write_pcap
from tests.conftest import ROOT
from tests.site import (
    CAMERA,
    CLOUD,
    DALVIK,
    DELL,
    IPHONE,
    NEWS,
    PHONE,
    PREFIX6,
    ROUTER,
    START,
    WECHAT,
    Machine,
    Site,
    answer,
    face,
    get,
    push,
)  # fmt: skip
from tests.test_counts import more_than_there_are
from tests.test_end_to_end import packets_of
from tests.wording import english

if TYPE_CHECKING:
    from pathlib import Path

MANY = 12
DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"


def audited(site: Site, tmp_path: Path) -> netaudit.Case:
    case = netaudit.audit(site.write(tmp_path / "capture.pcap"), tmp_path / "case", workers=1)
    assert more_than_there_are(case) == []
    return case


def found(case: netaudit.Case, *columns: str) -> list[tuple[Any, ...]]:
    rows = case.table("findings").select(list(columns)).to_pylist()
    return sorted(tuple(row.values()) for row in rows)


def said(case: netaudit.Case, lang: str = "en") -> str:
    words = Sentences(case.summary, lang)
    return " ".join([words.explanation, *words.found(), *words.hidden(), *words.limits()])


def left(case: netaudit.Case) -> tuple[int, int]:
    """Face images that left, each as often as it was sent, and how many devices sent them."""
    sent = [one for one in case.summary.sent if one.content == "images"]
    return sum(one.transfers for one in sent), len({one.device.id for one in sent})


def personal(case: netaudit.Case) -> tuple[int, int, int]:
    """Images and records that personal devices sent, and how many these are."""
    own = case.summary.personal
    return own.images, own.records, len(own.devices)


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
    if mac == DELL.mac:  # nothing in the capture tells forged frames from true ones
        assert found(case, "certainty", "sender", "doubts") == [("B", DELL.ip, ["unanswered"])]
    else:
        assert found(case, "certainty") == []
        assert "could not be identified" in said(case)


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
    assert left(case) == (13, 8)
    assert case.table("devices").num_rows == 9  # with the router
    assert "8 office devices" in said(case)
    assert "8台场所设备" in said(case, "zh")


def test_six_privacy_addresses_are_one_device(tmp_path: Path) -> None:
    site = Site()
    site.arp(CAMERA)
    uploads(site, number=1, first=9)
    for number in range(6):
        site.talk(
            CAMERA, "2408:4005:3a1:10::20", (push(number), answer()), ip=f"{PREFIX6}:91ab:3c{number}f:7:{number:x}"
        )
    case = audited(site, tmp_path)
    assert left(case) == (7, 1)


def test_a_phone_with_two_facts_is_told_apart_and_never_calm(tmp_path: Path) -> None:
    site = Site()
    site.lease(PHONE)
    site.arp(PHONE)
    site.talk(PHONE, CLOUD, (push(1, agent=WECHAT), answer()))
    case = audited(site, tmp_path)
    assert found(case, "certainty") == []
    assert personal(case) == (1, 0, 1)
    assert "sent 1 photo with a face; not counted against the office" in said(case)


@pytest.mark.parametrize("words", [{"name": "HIK-DS-2CD8A26"}, {"vendor_class": "android-dhcp-13"}])
def test_a_camera_that_says_three_times_that_it_is_a_phone_is_found(words: dict[str, str], tmp_path: Path) -> None:
    camera = Machine(CAMERA.mac, CAMERA.ip, **words)
    site = Site()
    site.lease(camera)
    site.arp(camera)
    for server in (NEWS, "101.1.1.1"):
        site.talk(camera, server, (get("captive.example", agent=DALVIK), answer()))
    uploads(site, camera, 3)
    assert found(audited(site, tmp_path), "certainty", "sender", "images") == [("A", CAMERA.ip, 3)]


ONVIF = b"""<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header><a:Action>
http://schemas.xmlsoap.org/ws/2005/04/discovery/Hello</a:Action></s:Header><s:Body><d:Hello><a:EndpointReference>
<a:Address>urn:uuid:4d454930-0000-1000-8000-f8b156102030</a:Address></a:EndpointReference><d:Types>
dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/type/video_encoder
 onvif://www.onvif.org/name/HIKVISION%20DS-2CD2T47 onvif://www.onvif.org/hardware/DS-2CD2T47</d:Scopes>
<d:XAddrs>http://192.168.1.100/onvif/device_service</d:XAddrs></d:Hello></s:Body></s:Envelope>"""


@pytest.mark.parametrize("who", [DELL, PHONE])
@pytest.mark.parametrize("onvif", [True, False])
def test_one_announcement_in_anothers_name_makes_no_camera_of_it(who: Machine, onvif: bool, tmp_path: Path) -> None:
    agent = DESKTOP if who == DELL else WECHAT
    site = Site()
    site.lease(who)
    site.arp(who)
    site.talk(who, NEWS, (get("www.example.com", agent=agent), answer(b"<p>news</p>" * 400, "text/html")))
    words = ONVIF if onvif else web.sadp_reply("DS-2CD3T46WD", "DS-2CD3T46WD20200101AAWRE1", who.mac, who.ip)
    group = ("01:00:5e:7f:ff:fa", "239.255.255.250", 3702 if onvif else 37020)
    site.datagram((who.mac, who.ip, 3702 if onvif else 37020), group, words)
    site.talk(who, CLOUD, (push(1, agent=agent), answer()))
    case = audited(site, tmp_path)
    (row,) = [row for row in case.table("devices").to_pylist() if row["device_id"] == who.mac]
    assert (row["class"], row["role_hint"] == "capture device") == ("pc" if who == DELL else "phone", False)
    assert row["vendor_confidence"] != "strong" or row["vendor"] == "Dell"
    assert found(case, "certainty") == ([("A",)] if who == DELL else [])
    assert personal(case)[0] == (who == PHONE)


def test_an_address_that_a_phone_gets_later_changes_nothing_of_the_day_before(tmp_path: Path) -> None:
    site = Site()
    camera = Machine("00:1b:21:00:00:64", "192.168.1.64")  # of no maker of cameras
    site.lease(camera)
    site.arp(camera)
    uploads(site, camera, 4)
    site.wait(86_400)
    later = Machine(PHONE.mac, camera.ip, name=PHONE.name, vendor_class=PHONE.vendor_class)
    site.lease(later)
    site.arp(later)
    site.talk(later, NEWS, (get("www.example.com", agent=IPHONE), answer()))
    site.talk(later, CLOUD, (push(9, agent=IPHONE), answer()))
    case = audited(site, tmp_path)
    assert found(case, "certainty", "sender", "sender_device", "images") == [("A", camera.mac, camera.mac, 4)]
    assert personal(case)[0] == 1
    held = [row["device_id"] for row in case.table("bindings").to_pylist() if row["ip"] == camera.ip]
    assert sorted(held) == [camera.mac, later.mac]


def test_hosts_behind_a_layer_three_switch_are_counted_as_addresses(tmp_path: Path) -> None:
    switch = "00:74:9c:15:0e:88"
    site = Site()
    site.arp(DELL)
    for net in (2, 3, 4):
        far = Machine(switch, f"192.168.{net}.20", ttl=63)
        site.talk(far, CLOUD, (push(net), answer()))
    case = audited(site, tmp_path)
    assert "3 office addresses" in said(case)
    assert "3个场所地址" in said(case, "zh")


def test_the_receiver_is_who_dns_led_to_and_not_what_the_host_says(tmp_path: Path) -> None:
    site = Site()
    site.arp(CAMERA)
    site.resolve(DELL, "aaa.example.cn", CLOUD)  # another one's name for the same address
    site.resolve(CAMERA, "zzz.example.cn", CLOUD)
    uploads(site, number=2)
    (reason,) = [english(row["reason"]) for row in audited(site, tmp_path).table("findings").to_pylist()]
    assert ", for zzz.example.cn;" in reason
    assert "Host says face.example.cn, DNS led to zzz.example.cn: 2" in reason
    assert "aaa.example.cn" not in reason


def test_who_fetches_is_the_receiver_and_host_names_the_sender(tmp_path: Path) -> None:
    site = Site()
    site.arp(CAMERA)
    site.talk(DELL, NEWS, (get("www.example.com"), answer()))
    for number in range(3):
        asked, said_of_it = get("58.20.1.9:8081", "/snap.jpg"), answer(face(number), "image/jpeg")
        site.talk(Machine(ROUTER.mac, "118.31.112.71", ttl=52), CAMERA.ip, (asked, said_of_it), far_mac=CAMERA.mac)
    (row,) = audited(site, tmp_path).table("findings").to_pylist()
    assert (row["sender"], row["receiver"]) == (CAMERA.ip, "118.31.112.71")
    assert english(row["reason"]).endswith(
        "traffic; the receiver asked the sender for it under the name 58.20.1.9:8081"
    )


def test_an_address_as_host_says_nothing_against_the_name_that_led_there(tmp_path: Path) -> None:
    camera, cloud = Machine(CAMERA.mac, CAMERA.ip, ip6=f"{PREFIX6}::64"), "2408:4005:3a1:10::20"
    site = Site()
    site.arp(camera)
    site.resolve(camera, "up.example.cn", cloud)
    site.talk(camera, cloud, (push(1, host="[2408:4005:03a1:10::20]:8081"), answer()), port=8081)
    (reason,) = [english(row["reason"]) for row in audited(site, tmp_path).table("findings").to_pylist()]
    assert reason.endswith(", for up.example.cn")


def test_a_proxy_that_is_asked_in_clear_is_called_one(tmp_path: Path) -> None:
    site = Site()
    site.arp(CAMERA)
    site.talk(CAMERA, "58.20.9.9", (push(1, path="http://face.example.cn/up"), answer()), port=3128)
    reasons = {row["receiver"]: english(row["reason"]) for row in audited(site, tmp_path).table("findings").to_pylist()}
    alone = "alone knows who got it: 1"
    assert reasons["58.20.9.9"].endswith(f"asked for as of a proxy, for face.example.cn; the proxy {alone}")


@pytest.mark.parametrize(
    ("how", "status", "doubt"),
    [
        ({"reset": True}, "200 OK", "refused"),
        ({}, "403 Forbidden", "answered with an error"),
        ({}, "", "unreplied"),
        ({}, "307 Temporary Redirect", "redirected"),
    ],
)
def test_what_nobody_took_is_said(how: dict[str, bool], status: str, doubt: str, tmp_path: Path) -> None:
    site = Site()
    site.arp(CAMERA)
    site.talk(DELL, NEWS, (get("www.example.com"), answer()))
    site.talk(CAMERA, CLOUD, (push(2), answer(status=status) if status else b""), **how)
    (row,) = audited(site, tmp_path).table("findings").to_pylist()
    assert doubt in row["doubts"]


def test_what_a_page_had_just_fetched_from_outside_accuses_nobody_at_a(tmp_path: Path) -> None:
    site = Site()
    site.arp(DELL)
    site.talk(DELL, NEWS, (get("www.example.com", "/a.jpg"), answer(push(3).partition(b"\r\n\r\n")[2], "image/jpeg")))
    site.talk(DELL, CLOUD, (push(3), answer()))
    assert found(audited(site, tmp_path), "certainty", "act", "doubts") == [
        ("B", "uploaded outside", ["came from outside"])
    ]


def test_a_public_network_used_as_a_private_one_is_inside(tmp_path: Path) -> None:
    router = Machine(ROUTER.mac, "172.168.1.1")
    camera, server = Machine(CAMERA.mac, "172.168.1.64"), Machine("ac:1f:6b:2a:40:01", "172.168.1.9")
    site = Site(router)
    for one in (camera, server):
        site.arp(one)
    site.arp(camera, server)
    site.talk(camera, server.ip, (push(1), answer()), far_mac=server.mac)
    site.talk(server, CLOUD, (push(1), answer()))
    case = audited(site, tmp_path)
    assert found(case, "certainty", "act", "sender") == [
        ("A", "moved inside", camera.ip), ("A", "uploaded outside", server.ip),
    ]  # fmt: skip
    assert "public_on_link" in {reason["code"] for reason in case.manifest["vantage"]["reasons"]}


def test_what_both_sides_of_the_router_show_is_counted_once(tmp_path: Path) -> None:
    """The capture outside has a clock of its own, seven seconds ahead."""
    lan = ROOT / "pcaps" / "sales_office" / "lan.pcapng"
    ahead = [(row.ts + 7 * 10**9, row.frame) for row in packets_of(ROOT / "pcaps" / "sales_office" / "wan.pcapng")]
    write_pcap(tmp_path / "wan.pcap", ahead)
    alone = netaudit.audit(lan, tmp_path / "alone", workers=1)
    both = netaudit.audit([lan, tmp_path / "wan.pcap"], tmp_path / "both", workers=1)
    assert both.manifest["vantage"]["side"] == "both"
    seen = both.table("sightings").to_pylist()
    assert len(seen) > 50
    assert all(6.9 < row["apart_s"] < 7.1 for row in seen)
    columns = ["certainty", "act", "sender", "receiver", "images", "records"]
    assert found(both, *columns) == found(alone, *columns)
    assert not any(row["clock_s"] for row in both.table("relay_tests").to_pylist())
    assert max(both.table("journeys")["leg"].to_pylist()) <= max(alone.table("journeys")["leg"].to_pylist())


def test_a_picture_that_is_fetched_on_two_days_is_two_transfers(tmp_path: Path) -> None:
    """One equal pair of 40 kB once tied two recordings, and took the second one's transfers for sightings."""
    promotion = answer(face(50) * 4, "image/jpeg")
    sites = [Site(place=day, now=START + apart * 10**9) for day, apart in (("Monday", 0), ("Tuesday", 86_400))]
    for number, site in enumerate(sites):
        site.arp(CAMERA)
        site.arp(DELL)
        site.talk((DELL, CAMERA)[number], NEWS, (get("www.example.com", "/promotion.jpg"), promotion))
        site.talk(CAMERA, CLOUD, (push(1), answer()))
    files = [site.write(tmp_path / f"{site.place}.pcap") for site in sites]
    case = netaudit.audit(files, tmp_path / "case", workers=1)
    assert case.table("sightings").num_rows == 0
    assert found(case, "certainty", "sender", "images") == [("A", CAMERA.ip, 2)]


def test_a_box_that_reads_six_pages_hides_no_opaque_upload(tmp_path: Path) -> None:
    """Many names made it a machine of people, of which nothing opaque is told."""
    box = Machine("00:1e:06:10:20:30", "192.168.1.77")
    site = Site()
    site.arp(box)
    for number in range(7):
        page = answer(b"<p>news</p>" * 400, "text/html")
        site.talk(box, f"115.236.112.{30 + number}", (get(f"www.news{number}.example{number}.cn"), page))
    for number in range(3):
        site.talk(box, CLOUD, (random.Random(number).randbytes(80_000), b"\0ok"), port=9000)
    assert found(audited(site, tmp_path), "certainty", "sender", "receiver") == [("D", box.ip, CLOUD)]


WAN = "58.20.1.9"
OUTER = ("00:0a:eb:31:c0:99", "00:11:22:33:44:55")  # the router's other port, and the carrier's


def test_the_address_under_which_a_site_goes_out_is_the_sites(tmp_path: Path) -> None:
    """What a camera sends there does not leave, as a capture of the other side shows that it is the office's own."""
    site = Site()
    site.arp(CAMERA)
    site.talk(DELL, NEWS, (get("www.example.com"), answer(b"<p>news</p>" * 400, "text/html")))
    outside = Site(frames=site.translated({DELL.ip: WAN}, OUTER))
    for number in range(3):
        site.talk(CAMERA, WAN, (push(number, host=WAN), answer()), port=8088)
    files = [site.write(tmp_path / "lan.pcap"), outside.write(tmp_path / "wan.pcap")]
    case = netaudit.audit(files, tmp_path / "case", workers=1)
    assert found(case, "certainty", "act", "receiver") == [("A", "moved inside", WAN)]
    assert {"code": "translated", "addresses": WAN} in case.manifest["vantage"]["reasons"]


def test_what_a_router_turns_back_inside_is_no_grade_a(tmp_path: Path) -> None:
    """Two who work together could write the second sighting, too: so it stays a finding."""
    box = Machine("ac:1f:6b:2a:40:01", "192.168.1.9")
    site = Site()
    site.arp(CAMERA)
    site.arp(box)
    site.talk(DELL, NEWS, (get("www.example.com"), answer()))
    since = len(site.frames)
    site.talk(CAMERA, WAN, (push(1, host=WAN), answer()), port=8088)
    site.frames += site.translated({CAMERA.ip: ROUTER.ip, WAN: box.ip}, (ROUTER.mac, box.mac), since)
    case = audited(site, tmp_path)
    assert found(case, "certainty", "act", "receiver", "doubts") == [
        ("B", "uploaded outside", WAN, ["turned back inside"])
    ]


@pytest.mark.parametrize("link", [1, 9])
def test_behind_the_router_one_address_is_the_sites_though_somebody_connects_to_it(link: int, tmp_path: Path) -> None:
    """On a line of PPP no link address tells it: there only that nobody else opens anything."""
    site = Site(Machine(OUTER[1], "58.20.0.1"))
    wan = Machine(OUTER[0], WAN, ttl=63)
    for number in range(9):
        site.talk(wan, f"115.236.112.{number + 30}", (get("www.example.com"), answer()))
    site.talk(wan, CLOUD, (push(1), answer()))
    if link == 1:
        site.talk(Machine(OUTER[1], "118.31.112.71", ttl=52), WAN, (get(WAN), answer(face(2), "image/jpeg")), far_mac=wan.mac)  # fmt: skip
        path = site.write(tmp_path / "capture.pcap")
    else:
        path = tmp_path / "capture.pcap"
        write_pcap(path, [(ts, b"\xff\x03\0\x21" + data[14:]) for ts, data in site.frames], link)
    case = netaudit.audit(path, tmp_path / "case", workers=1)
    assert {(sender, act) for sender, act in found(case, "sender", "act")} == {(WAN, "uploaded outside")}
    assert sum(images for (images,) in found(case, "images")) == (2 if link == 1 else 1)
    assert "1 office address" in said(case)


def test_a_phone_behind_an_access_point_that_translates_erases_nothing_of_a_camera_behind_it(tmp_path: Path) -> None:
    point = Machine("14:cc:20:aa:bb:01", "192.168.1.50", ttl=63, name="TL-WDR5620")
    site = Site()
    site.lease(point)
    site.arp(point)
    for server in (NEWS, "101.1.1.1"):
        site.talk(point, server, (get("captive.example", agent=WECHAT), answer()))
    uploads(site, point, 3)
    site.talk(point, CLOUD, (push(9, agent=WECHAT), answer()))
    case = audited(site, tmp_path)
    assert found(case, "certainty", "sender", "images") == [("A", point.ip, 3)]
    assert personal(case)[0] == 1
    assert "1 office address" in said(case)
    (row,) = [row for row in case.table("devices").to_pylist() if row["device_id"] == point.mac]
    assert (row["class"], row["role_hint"]) == ("router", "network")  # what others say behind it names it nothing


@pytest.mark.parametrize("ttl", [64, 63])
def test_a_camera_that_only_writes_that_it_routes_frees_itself_of_nothing(ttl: int, tmp_path: Path) -> None:
    """Whoever sends a packet writes its TTL: with one less, a camera that calls itself a phone was told apart."""
    camera = replace(CAMERA, ttl=ttl)
    site = Site()
    site.lease(camera)
    site.arp(camera)
    for server in (NEWS, "101.1.1.1"):
        site.talk(camera, server, (get("captive.example", agent=IPHONE), answer()))
    for number in range(6):
        site.talk(camera, CLOUD, (push(number, agent=IPHONE), answer()))
    assert found(audited(site, tmp_path), "certainty", "sender", "images") == [("A", camera.ip, 6)]


def test_a_router_that_carries_one_network_of_ipv6_is_said_to_claim_none(tmp_path: Path) -> None:
    box = Machine("ac:1f:6b:2a:40:01", "192.168.1.9", ip6=f"{PREFIX6}::9")
    site = Site()
    site.arp(box)
    site.talk(box, "2408:4005:3a1:10::20", (push(1), answer()))
    case = audited(site, tmp_path)
    assert case.manifest["vantage"]["contested"] == {}
    assert found(case, "certainty", "sender") == [("A", f"{PREFIX6}::9")]
