"""Captures of documents: every event that was sent comes out, masked, with its images and their roles, and nothing else does."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import dpkt
import pandas as pd
import pytest

import netaudit
from netaudit.core.masking.mask import mask
from netaudit.events.identity.from_unwrapping import is_device_id
from netaudit.events.rules.loading import load

PCAPS = Path(__file__).parents[3] / "pcaps"
EXPECTED = json.loads((PCAPS / "documents" / "expected.json").read_text("utf-8"))
PERSON = ("name", "id_number", "phone", "birthday")
MAKERS = {
    *("GA/T 1400", "Hikvision", "Dahua", "Uniview", "Huawei", "facesluice family", "Uface", "HTTPv2", "ZKTeco"),
    *("ID scanners", "Walos", "Sophon", "SenseTime", "Wangxiaobao"),
    *("Baidu", "Megvii Face++", "Tencent", "Aliyun", "Huawei FRS", "iFlytek", "Azure", "AWS"),
}
PURPOSE = ("agent", "agent_company", "risk_status", "first_photo_time", "report_time")


def audited(capture, folder):
    netaudit.audit(capture, folder, faces=False)
    case = netaudit.open_case(folder)
    events = case.frame("events")
    events = events[events.standing == "entry"].copy()
    for name in ("images", "image_roles"):  # what was found beside a document is not the entry's
        events[name] = [
            [] if "images" in told else list(said) for told, said in zip(events.inferred, events[name], strict=True)
        ]
    return case, events


def shown(device):
    """Numbers of devices are no numbers of persons."""
    return device if is_device_id(device) else mask(device)


def told(event):
    """What an expected event says, as a table shows it."""
    images = {role: len(found) for role, found in event["images"].items()} | event.get("damaged", {})
    fetched = sum(map(len, event.get("fetched", {}).values()))
    return {
        "kind": event["kind"],
        "document": event["document"],
        "device": shown(event.get("device", "")),
        "place": event.get("place", ""),
        "target": event.get("target", ""),
        "shot_time": pd.Timestamp(event["shot_time"]) if "shot_time" in event else None,
        "score": event.get("score"),
        "person": event.get("person", {}),
        "images": {role: sorted(found) for role, found in event["images"].items()},
        "roles": images,
        "urls": event.get("urls", fetched),
        "complete": event.get("complete", True),
    } | {name: moment(event.get("purpose", {}).get(name, "")) for name in PURPOSE}


def moment(text):
    return pd.Timestamp(text) if text.endswith("Z") else text or None


def found(row, whole):
    """The same of a row of `events`; of images those whose hash was sent, the others are damaged."""
    images, roles = {}, {}
    for sha256, role in zip(row.images, row.image_roles, strict=True):
        roles[role] = roles.get(role, 0) + 1
        if sha256 in whole:
            images.setdefault(role, []).append(sha256)
    return {
        "kind": row.kind,
        "document": row.document,
        "device": row.device_ref,
        "place": row.place,
        "target": row.target,
        "shot_time": None if pd.isna(row.shot_time) else row.shot_time,
        "score": None if pd.isna(row.score) else row.score,
        "person": {name: getattr(row, name) for name in PERSON if getattr(row, name)},
        "images": {role: sorted(some) for role, some in images.items()},
        "roles": roles,
        "urls": None if row.kind == "heartbeat" else len(row.image_urls),
        "complete": row.complete,
    } | {name: None if pd.isna(value := getattr(row, name)) else value or None for name in PURPOSE}


def journeys_of(case, events, document):
    """Images of each journey of which an event of this document is a leg."""
    named = events[(events.document == document) & (events.journey_id != "")].journey_id
    legs = case.frame("journeys")
    return [{sha for images in legs[legs.journey_id == name].images for sha in images} for name in named]


def order(event):
    return json.dumps([event["kind"], event["document"], event["images"], event["target"]]), str(event["shot_time"])


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_event_comes_out(name, tmp_path):
    about = EXPECTED[name]
    whole = {sha for event in about["events"] for found in event["images"].values() for sha in found}
    case, events = audited(PCAPS / "documents" / name, tmp_path / "case")
    wanted = sorted(map(told, about["events"]), key=order)
    given = sorted((found(row, whole) for row in events.itertuples()), key=order)
    assert [event["document"] for event in given] == [event["document"] for event in wanted]
    for one, other in zip(given, wanted, strict=True):
        one["urls"] = other["urls"] if other["images"] and not other["urls"] else one["urls"]  # said besides the image
        if one["kind"] == "heartbeat":
            one["urls"] = other["urls"] = 0
        assert one == other
    assert set(events[events.certainty == "recalled"].document) == {
        event["document"] for event in about["events"] if event.get("recalled")
    }
    for event in (event for event in about["events"] if "fetched" in event):
        later = {sha for found in event["fetched"].values() for sha in found}
        assert any(later <= images for images in journeys_of(case, events, event["document"]))


def test_every_maker_of_documents_is_heard():
    """All makers whose documents go over HTTP, MQTT or MongoDB; entries without a capture rest on their examples."""
    heard = {event["document"] for about in EXPECTED.values() for event in about["events"]}
    makers = {entry.id: entry.maker for entry in load().entries}
    assert heard <= set(makers)
    assert MAKERS.issubset(makers[one] for one in heard)


def test_all_captures_are_marked_as_synthetic():
    assert all(about["synthetic"] for about in EXPECTED.values())


@pytest.mark.parametrize(
    "name", ["benign_office/benign.pcap", *(f"carriers/{one}.pcapng" for one in ("http2", "mqtt", "s3", "smtp"))]
)
def test_pictures_without_a_known_document_tell_no_event(name, tmp_path):
    """Selfies, backups, news and pictures of noise over web, broker, store and mail."""
    _, events = audited(PCAPS / name, tmp_path / "case")
    assert events.empty


def test_records_of_the_server_on_site_are_known_by_their_collection(tmp_path):
    """Pictures as binary values, and a compressed insert."""
    _, events = audited(PCAPS / "carriers" / "mongodb.pcapng", tmp_path / "case")
    told = sorted((row.document, list(row.image_roles)) for row in events.itertuples())
    assert told == [("wcb-core-capture", ["face"]), ("wcb-core-card", ["id_photo"]), ("wcb-core-customer", ["face"])]


def test_nothing_in_clear_reaches_the_tables(tmp_path):
    """Not the names, numbers and phones of the invented persons, nor base64 of their pictures."""
    for name in ("wcb_core.pcapng", "hikvision.pcapng", "wangxiaobao.pcapng", "sloppy.pcapng"):
        _, events = audited(PCAPS / "documents" / name, tmp_path / name)
        text = events.to_csv()
        for secret in ("张三丰", "李四光", "990101199001010019", "990101198502020029", "19900000002", "/9j/", "王五常"):
            assert secret not in text, (name, secret)


@pytest.mark.parametrize("first", [3, 8])
@pytest.mark.parametrize("name", ["gat1400", "hikvision", "uniview", "dahua"])
def test_with_lost_packets_nothing_is_called_whole_that_is_not(name, first, tmp_path):
    """Every eleventh large packet is lost: what an event still says was sent, and its images are whole or it is not."""
    about = EXPECTED[f"{name}.pcapng"]["events"]
    with (PCAPS / "documents" / f"{name}.pcapng").open("rb") as file, (tmp_path / "cut.pcap").open("wb") as cut:
        writer = dpkt.pcap.Writer(cut)
        large = 0
        for ts, data in dpkt.pcapng.Reader(file):
            large += len(data) > 1000
            if len(data) <= 1000 or large % 11 != first:
                writer.writepkt(data, ts)
    _, events = audited(tmp_path / "cut.pcap", tmp_path / "case")
    whole = {sha for event in about for found in event["images"].values() for sha in found}
    assert not events.empty
    assert set(events.document) <= {event["document"] for event in about}
    assert not events.complete.all()
    for row in events.itertuples():
        assert not row.complete or set(row.images) <= whole


def test_workers_change_nothing(tmp_path):
    """Events of streams wait for their pictures; whoever reads the flow, they come out the same."""
    tables = []
    for workers in (1, 2):
        netaudit.audit(PCAPS / "documents" / "dahua.pcapng", tmp_path / f"{workers}", faces=False, workers=workers)
        tables.append(netaudit.open_case(tmp_path / f"{workers}").frame("events"))
    keyed = [name for name in tables[0].columns if not name.endswith(("_hmac", "_hmacs"))]  # a key for each case
    pd.testing.assert_frame_equal(tables[0][keyed], tables[1][keyed])


@pytest.mark.captures
@pytest.mark.parametrize(
    "name",
    [
        "files/zeek__multipart.pcap",
        "files/scapy__http_compressed.pcap",
        "files/suricata-verify__http2_deflate.pcap",
        "files/suricata-verify__mqtt5_pub_jpeg_connack134.pcap",
        "files/pcap2har__sajal.pcap",
        "discovery/IoT_Sentinel__EdimaxCam1__Setup-A-2-STA.pcap",
        "discovery/nDPI__rtsp.pcap",
        "malformed/zeek__fuzz-72.pcap",
    ],
)
def test_traffic_of_others_tells_no_event(name, captures, tmp_path):
    """Web pages, mail, brokers, cameras that are set up: no document of a capture is in any of them."""
    _, events = audited(captures / name, tmp_path / "case")
    assert events.empty


@pytest.mark.captures
def test_documents_among_many_uploads_are_the_ones_that_were_sent(captures, tmp_path):
    """The office of the shared suite sends pictures in thirty ways; three of them are documents that entries know."""
    ways = {
        "viid-json-b64-array": ("gat1400-faces", 12),
        "multipart-mixed": ("hikvision-face-capture", 5),
        "urlencoded-b64": ("baidu-search", 10),
    }
    with (captures / "office" / "truth.csv").open(encoding="utf-8", newline="") as file:
        sent = [row for row in csv.DictReader(file) if row["encoding"] in ways]
    _, events = audited(captures / "office" / "office.pcap", tmp_path / "case")
    assert events.document.value_counts().to_dict() == dict(ways.values())
    for way, (document, _) in ways.items():
        images = {sha for row in events[events.document == document].images for sha in row}
        assert images == {row["sha256"] for row in sent if row["encoding"] == way}
