"""Who spoke with whom: one line for two devices, whatever addresses they held; everybody else by address."""

from __future__ import annotations

import re

import pyarrow.parquet as pq
import pytest

pytest.importorskip("starlette")

from netaudit.browse.access import Gate
from netaudit.browse.overviews import Overviews
from netaudit.browse.paging import Tables
from netaudit.browse.server import application
from netaudit.browse.shelf import Shelf
from netaudit.case.custody import Custody
from netaudit.case.reading import open_case
from netaudit.case.seal import seal
from netaudit.case.writing import make_folders
from netaudit.tables import BY_NAME
from tests.browse.conftest import MOUNT, START, Browser, filled, manifest
from tests.findings.kinds import rule_of

HOST = "127.0.0.1:40404"
CAM, PHONE, ROUTER = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:fe"
CLOUD, DAY = "203.0.113.9", 86_400_000_000_000


def flow(number: int, client: str, mac: str, size: int, at: int = START, server: str = CLOUD) -> dict:
    return {
        "flow_id": f"f{number}", "client_ip": client, "client_mac": mac, "server_ip": server, "server_mac": ROUTER,
        "bytes_up": size, "bytes_down": 1, "first_ts": at, "last_ts": at + 1,
    }  # fmt: skip


def held(ip: str, mac: str, since: int = START, until: int = START + DAY) -> dict:
    return {"device_id": mac, "mac": mac, "ip": ip, "from_ts": since, "to_ts": until, "packets": 9, "by": ["arp"]}


@pytest.fixture
def made(tmp_path):
    """A camera with IPv4 and IPv6; its address was a phone's on the next day."""
    folder = tmp_path / "case"
    folder.mkdir()
    make_folders(folder)
    given = {
        "flows": [
            flow(1, "192.168.1.30", CAM, 5_000), flow(2, "2400:db8::30", CAM, 7_000),
            flow(3, "192.168.1.30", PHONE, 11, START + DAY + 5), flow(4, "192.168.1.30", CAM, 3, server="203.0.113.10"),
        ],
        "bindings": [
            held("192.168.1.30", CAM), held("2400:db8::30", CAM), held("192.168.1.30", PHONE, START + DAY + 1, START + 2 * DAY),
        ],
        "findings": [
            {"finding_id": f"F{n}", "certainty": "B", "act": "uploaded outside", "sender": sender, "receiver": receiver,
             "sender_device": device, "receiver_device": other, "first_ts": START, "last_ts": START,
             "rule": rule_of("uploaded outside", "B")}
            for n, (sender, receiver, device, other) in enumerate((
                ("192.168.1.30", CLOUD, CAM, ""), ("2400:db8::30", CLOUD, CAM, ""), (CLOUD, "192.168.1.30", "", CAM),
                ("192.168.1.30", CLOUD, PHONE, ""), ("192.168.1.30", "203.0.113.77", CAM, ""),
            ))
        ],
        "devices": [
            {"device_id": CAM, "macs": [CAM], "ips": ["192.168.1.30", "2400:db8::30"], "class": "ip_camera"},
            {"device_id": PHONE, "macs": [PHONE], "ips": ["192.168.1.30"], "class": "phone"},
        ],
        "endpoints": [
            {"ip": ip, "scope": "outside" if ip.startswith("203") else "inside"}
            for ip in ("192.168.1.30", "2400:db8::30", CLOUD, "203.0.113.10")
        ],
    }  # fmt: skip
    for name in BY_NAME:
        pq.write_table(filled(name, given.get(name, [])), folder / "tables" / f"{name}.parquet")
    manifest(folder)
    with Custody(folder) as custody:
        custody.note("begun")
        custody.note("concluded")
        seal(folder, custody)
    return folder


def test_addresses_of_one_device_are_one_end_and_of_two_devices_two(made) -> None:
    pairs = Overviews(Tables(open_case(made))).pairs()
    rows = [(row["client"], row["server"], row["bytes_up"], row["flows"]) for row in pairs.to_pylist()]
    assert rows == [(CAM, CLOUD, 12_000, 2), (PHONE, CLOUD, 11, 1), (CAM, "203.0.113.10", 3, 1)]


def test_the_page_shows_each_once_and_leads_to_its_connections(made) -> None:
    gate = Gate(application(Shelf(made), MOUNT, "en"), HOST, MOUNT, [].append)
    browser = Browser(gate, base_url=f"http://{HOST}")
    browser.get(gate.address)
    page = browser.get(f"{MOUNT}/c/0/traffic").text
    rows = re.findall(r"<tr tabindex.*?</tr>", page, re.DOTALL)
    assert ["192.168.1.30" in row and "2400:db8::30" in row for row in rows] == [True, False, False]
    listed = []
    for row in rows:
        links = re.findall(r'href="([^"]*/table/flows\?[^"]*)"', row)
        told = [browser.get(link.replace("&amp;", "&")).text for link in links]
        listed.append(sum(text.count("data-row") or len(re.findall(r"<tr tabindex", text)) for text in told))
    assert listed == [2, 1, 1]
    (found,) = re.findall(
        r"<tr tabindex.*?</tr>", browser.get(f"{MOUNT}/c/0/traffic?host=02:00:00:00:00:02").text, re.DOTALL
    )
    assert "11" in found


def test_the_number_of_findings_leads_to_just_these(made) -> None:
    gate = Gate(application(Shelf(made), MOUNT, "en"), HOST, MOUNT, [].append)
    browser = Browser(gate, base_url=f"http://{HOST}")
    browser.get(gate.address)
    page = browser.get(f"{MOUNT}/c/0/traffic").text
    told = re.findall(r'href="([^"]*/findings\?[^"]*)">(.) (\d+)</a>', page)
    assert [(arrow, int(n)) for _, arrow, n in told] == [("→", 2), ("←", 1), ("→", 1)]
    for link, _, n in told:
        listed = browser.get(link.replace("&amp;", "&")).text
        assert len(re.findall(r'href="[^"]*/row/findings/\d+"', listed)) == int(n), link
