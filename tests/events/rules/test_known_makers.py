"""Documents of known makers that stand beside the best known ones, in a whole audit."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

import netaudit
from tests.findings.test_templates import JPEG
from tests.spoken import Capture, reply, request

if TYPE_CHECKING:
    from pathlib import Path

CLOUD, CLOCK, CAMERA, OTHER, GATE, GB = "47.96.10.20", *(f"192.168.1.{n}" for n in (21, 22, 24, 25, 26))
APE = {"ApeID": "31010000001320000007", "Name": "大厅抓拍", "Model": "DH-IPC-HF8249", "Place": "展厅入口"}
GB_ID, SESSION, TEXT = "31010000001320000026", "0123456789abcdef0123456789abcdef", base64.b64encode(JPEG).decode()
PUSH = "application/push;charset=UTF-8"


def sip(body: str) -> bytes:
    lines = [
        f"MESSAGE sip:{GB_ID}@3101000000 SIP/2.0",
        "Via: SIP/2.0/UDP 192.168.1.26:5060;rport;branch=z9hG4bK1",
        f"From: <sip:{GB_ID}@3101000000>;tag=1",
        "To: <sip:31010000002000000001@3101000000>",
        "Call-ID: c1",
        "CSeq: 20 MESSAGE",
        "Max-Forwards: 70",
        "Content-Type: Application/MANSCDP+xml",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", body]).encode()


def spoken() -> Capture:
    capture = Capture()

    def push(source: str, path: str, body: object, kind: str = "application/json") -> None:
        capture.talk(source, CLOUD, (request("POST", path, body, kind), reply()))

    clock = "/iclock/cdata?SN=CKPG1&table="
    user = "user uid={n}\tcardno=\tpin={n}\tpassword=\tgroup=1\tstarttime=0\tendtime=0\tname={name}\tprivilege=0\r\n"
    people = user.format(n=17, name="张三") + user.format(n=18, name="李四")
    push(CLOCK, f"{clock}tabledata&tablename=user&count=2", people, PUSH)
    push(CLOCK, f"{clock}OPERLOG&Stamp=9", "USER PIN=19\tName=王五\tPri=0\tPasswd=\tCard=\tGrp=1\n", "text/plain")
    line = (
        "time=2025-06-01 10:15:00\tpin=17\tcardno=0\teventaddr=1\tevent=3\tinoutstatus=0\tverifytype=15\tindex=42\r\n"
    )
    push(CLOCK, f"{clock}rtlog", line, PUSH)
    photo = f"attphoto pin=20250601101500-17.jpg\tsn=CKPG1\tsize={len(TEXT)}\tphoto={TEXT}\r\n"
    push(CLOCK, f"{clock}tabledata&tablename=ATTPHOTO&count=1", photo, PUSH)
    push(
        CLOCK,
        f"{clock}tabledata&tablename=biophoto&count=1",
        f"biophoto pin=17\tfilename=17.jpg\ttype=9\tcontent={TEXT}\r\n",
        PUSH,
    )
    tmp = base64.b64encode(bytes(n * 73 + 11 & 255 for n in range(700))).decode()
    push(
        CLOCK,
        f"{clock}tabledata&tablename=biodata&count=1",
        f"biodata pin=17\tno=0\ttype=9\tmajorver=58\ttmp={tmp}\r\n",
        PUSH,
    )
    push(
        CAMERA,
        "/VIID/APEs",
        {"APEListObject": {"APEObject": [APE | {"IPAddr": CAMERA}, APE | {"IPAddr": "192.168.1.23", "Model": "B122"}]}},
    )
    push(OTHER, "/VIID/APEs", {"APEObject": APE | {"IPAddr": OTHER, "Model": "KDM-IPC425", "Name": "前台抓拍"}})
    event = {
        "ipAddress": GATE,
        "deviceID": "dev-25",
        "dateTime": "2025-06-01T10:15:00+08:00",
        "eventType": "AccessControllerEvent",
    }
    told = {
        "majorEventType": 5,
        "subEventType": 75,
        "name": "张三",
        "employeeNoString": "17",
        "attendanceStatus": "checkIn",
    }
    import json

    capture.datagram(GATE, CLOUD, json.dumps(event | {"AccessControllerEvent": told}).encode(), (40_001, 7662))
    alert = f"<EventNotificationAlert><ipAddress>{GATE}</ipAddress><dateTime>2025-06-01T10:16:00+08:00</dateTime><eventType>faceSnap</eventType></EventNotificationAlert>"
    capture.datagram(GATE, CLOUD, alert.encode(), (40_001, 7662))
    snaps = f"<SessionID>{SESSION}</SessionID><SnapShotList><SnapShotFileID>{GB_ID}022025060110150000001</SnapShotFileID></SnapShotList>"
    notify = f"<Notify><CmdType>UploadSnapShotFinished</CmdType><SN>18</SN><DeviceID>{GB_ID}</DeviceID>{snaps}</Notify>"
    capture.datagram(GB, CLOUD, sip(notify), (5060, 5060))
    return capture


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> netaudit.Case:
    folder: Path = tmp_path_factory.mktemp("makers")
    return netaudit.audit(spoken().write(folder / "a.pcap"), folder / "case", faces=False)


def events(case: netaudit.Case) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in case.table("events").to_pylist():
        if row["standing"] != "inferred":
            found.setdefault(row["document"], []).append(row)
    return found


def test_what_a_clock_says_of_its_people(case: netaudit.Case) -> None:
    found = events(case)
    assert sorted(row["person_ref"] for row in found["zkteco-users"]) == ["17", "18", "19"]
    (known,), (photo,) = found["zkteco-realtime"], found["zkteco-table-photo"]
    assert known["person_ref"] == photo["person_ref"] == "17"
    assert known["shot_time"] == photo["shot_time"]
    assert len(found["zkteco-biophoto"]) == 2
    people = case.manifest["people"]["records"]
    assert {row["record"] for row in people} >= {"staff", "enrolment"}


def test_a_template_of_a_clock_is_one_by_its_table(case: netaudit.Case) -> None:
    rows = [row for row in case.table("persons").to_pylist() if row["kind"] == "biometric"]
    assert [row["certainty"] for row in rows] == ["named"]


def test_cameras_that_a_register_names_alone_and_in_lists(case: netaudit.Case) -> None:
    models = {ip: row["model"] for row in case.table("devices").to_pylist() for ip in row["ips"]}
    assert models[CAMERA] == "DH-IPC-HF8249"
    assert models[OTHER] == "KDM-IPC425"


def test_events_by_datagram(case: netaudit.Case) -> None:
    found = events(case)
    (known,) = found["hikvision-access"]
    assert (known["person_ref"], known["person_group"]) == ("17", "checkIn")
    assert len(found["hikvision-alert"]) == 1


def test_snapshots_of_the_edition_of_2022(case: netaudit.Case) -> None:
    (sent,) = events(case)["gb28181-snapshot-sent"]
    assert (sent["device_ref"], sent["event_ref"]) == (GB_ID, SESSION)


def test_no_clear_value_is_kept_without_its_event(case: netaudit.Case) -> None:
    known = set(case.table("events")["message_id"].to_pylist())
    for path in (case.folder / "private").glob("events*.parquet"):
        assert set(pq.read_table(path)["message_id"].to_pylist()) <= known
