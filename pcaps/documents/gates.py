"""White-label terminals over HTTP: facesluice, Uface, HTTPv2, ZKTeco, ID scanners, Walos, Sophon (FACTS 5.7–5.11)."""

from __future__ import annotations

import base64
import gzip
from typing import Any
from urllib.parse import urlencode

from people import LI, ZHANG, card, face, scene
from talk import CLOUD, Ask, dump, form, post
from truth import event, masked

JPEG = "image/jpeg"
URI = "data:image/jpeg;base64,"
MILLISECONDS, SECONDS, UTC = 1748744100000, 1748744100, "2025-06-01T02:15:00Z"
Script = tuple[list[Ask], list[dict[str, Any]]]


def b64(data: bytes) -> str:
    """Base64 without line breaks."""
    return base64.b64encode(data).decode()


def facesluice() -> Script:
    """HTTP pushes to the operator's server."""
    at, lasting = "2025-06-01T10:15:00", {"code": 200, "desc": "OK"}
    who = {
        "DeviceID": 1234567,
        "PersonID": 17,
        "CreateTime": at,
        "Similarity1": 92.4,
        "VerifyStatus": 1,
        "PersonType": 0,
    }
    who |= {
        "Name": ZHANG.name,
        "Gender": 0,
        "CardType": 0,
        "IdCard": ZHANG.number,
        "Birthday": ZHANG.birthday,
        "Telnum": "",
    }
    known = {
        "operator": "VerifyPush",
        "info": who,
        "SanpPic": URI + b64(face(331)),
        "RegisteredPic": URI + b64(card(331)),
    }
    stranger = {
        "operator": "SnapPush",
        "info": {"DeviceID": 1234567, "CreateTime": at},
        "SanpPic": URI + b64(face(332)),
    }
    beat = {"operator": "HeartBeat", "info": {"DeviceID": 1234567, "Time": at}}
    asks = [
        post("/Subscribe/heartbeat", beat, lasting, address=CLOUD),
        post("/Subscribe/Verify", known, lasting, address=CLOUD),
        post("/Subscribe/Snap", stranger, lasting, address=CLOUD),
    ]
    device = {"device": "1234567"}
    events = [
        event("heartbeat", "facesluice-heartbeat", **device, shot_time=UTC),
        event(
            "comparison",
            "facesluice-verify",
            **device,
            shot_time=UTC,
            person=masked(ZHANG, "name", "id_number", "birthday"),
            score=92.4,
            images={"face": face(331), "library_photo": card(331)},
        ),
        event("face_capture", "facesluice-snap", **device, shot_time=UTC, images={"face": face(332)}),
    ]
    return asks, events


def uface() -> Script:
    """The platform tells the terminal where to call back; the terminal does."""
    key, form_kind = "84E0EXAMPLE", {"Content-Type": "application/x-www-form-urlencoded"}
    back = f"http://{CLOUD}:8084/callback"

    def call(path: str, fields: dict[str, Any], **more: Any) -> Ask:
        return Ask("POST", path, urlencode(fields).encode(), form_kind, dump({"result": 1, "success": True}), **more)

    def seen(person: str, kind: str, data: bytes) -> Ask:
        fields = {"ip": "10.99.0.2", "deviceKey": key, "personId": person, "time": MILLISECONDS, "type": kind}
        fields |= {"path": f"http://10.99.0.2:8090/{kind}.jpg", "imgBase64": b64(data), "searchScore": "86.5"}
        return call("/callback", fields, address=CLOUD, port=8084)

    enrol = {"pass": "example", "personId": "17", "faceId": "f17", "imgBase64": b64(card(336))}
    beat = {
        "deviceKey": key,
        "time": MILLISECONDS,
        "ip": "10.99.0.2",
        "personCount": 2,
        "faceCount": 2,
        "version": "1.0",
    }
    cloud = {"guid": "g1", "deviceKey": key, "personGuid": "STRANGERBABY", "showTime": "2025-06-01 10:15:00", "type": 1}
    cloud |= {"photoUrl": f"http://{CLOUD}:8084/photo/g1.jpg", "recMode": 1, "aliveType": 1}
    fetch = Ask("GET", "/photo/g1.jpg", reply=face(337), reply_headers={"Content-Type": JPEG}, address=CLOUD, port=8084)
    asks = [
        call("/setIdentifyCallBack", {"pass": "example", "callbackUrl": back, "base64Enable": 2}, port=8090, pull=True),
        call("/face/create", enrol, port=8090, pull=True),
        call("/heartbeat", beat, address=CLOUD, port=8084),
        seen("STRANGERBABY", "face_2", face(333)),
        seen("17", "face_0", face(334)),
        seen("IDCARD", "idcard_0", face(335)),
        call("/wo", cloud, address=CLOUD, port=8084),
        fetch,
    ]
    at = {"device": key, "shot_time": UTC}
    events = [
        event("subscription", "uface-subscription", target=back),
        event("enrolment", "uface-enrolment", images={"library_photo": card(336)}),
        event("heartbeat", "uface-heartbeat", **at),
        event("face_capture", "uface-callback-stranger", **at, score=86.5, images={"face": face(333)}),
        event("comparison", "uface-callback", **at, score=86.5, images={"face": face(334)}),
        event("id_verification", "uface-callback-id-card", **at, score=86.5, images={"face": face(335)}),
        event("face_capture", "uface-cloud-callback-stranger", **at, fetched={"face": face(337)}),
    ]
    return asks, events


def httpv2() -> Script:
    """White-label terminals that upload what they recognise."""
    serial, done = "FC-8200H12345678", {"Success": 1}

    def record(number: int, kind: int, data: bytes, **person: Any) -> list[tuple[str, str, str, bytes]]:
        said = {"RecordID": number, "RecordType": kind, "RecordDate": SECONDS, "IsEntry": 1, "PhotoLen": len(data)}
        detail = gzip.compress(dump(said | person), mtime=0)
        return [
            ("SN", "", "", serial.encode()),
            ("RecordDetail", "", "application/json", detail),
            ("Photo", "1.jpg", JPEG, data),
        ]

    packed = ["", "Content-Encoding: gzip", ""]
    more: dict[str, Any] = {"address": CLOUD, "port": 8085, "reply": dump(done)}
    setting = {"SN": serial, "DeviceName": "hall gate", "Manufacturer": "Example", "WiredMAC": "00-00-5E-00-53-02"}
    setting |= {"WiredIP": "10.99.0.2", "ServerAddress": CLOUD, "ServerPort": 8085, "SaveUnregistered": 1}
    person = {"UserID": 17, "Name": LI.name, "IdentityCard": LI.number, "Photo": b64(card(343))}
    asks = [
        post("/Device/Keepalive", {"SN": serial}, done, address=CLOUD, port=8085),
        post("/Device/UploadWorkSetting", setting, done, address=CLOUD, port=8085),
        form("/Record/UploadIdentifyRecord", "b1", record(1, 19, face(341)), extra=packed, **more),
        form(
            "/Record/UploadIdentifyRecord",
            "b1",
            record(2, 47, face(342), Name=ZHANG.name, IdentityCard=ZHANG.number),
            extra=packed,
            **more,
        ),
        form(
            "/Record/UploadIdentifyRecord",
            "b1",
            record(3, 3, face(344), UserID=17, Name=LI.name),
            extra=packed,
            **more,
        ),
        form(
            "/Device/UploadSnapshoot",
            "b2",
            [("SN", "", "", serial.encode()), ("Photo", "s.jpg", JPEG, scene(341))],
            **more,
        ),
        post(
            "/People/DownloadPeopleList",
            {"SN": serial},
            {"Success": 1, "PeopleList": [person]},
            address=CLOUD,
            port=8085,
        ),
    ]
    at = {"device": serial, "shot_time": UTC}
    events = [
        event("heartbeat", "httpv2-keepalive", device=serial),
        event("subscription", "httpv2-work-setting", device=serial, place="hall gate", target=f"{CLOUD} 8085"),
        event("face_capture", "httpv2-unregistered", **at, images={"face": face(341)}),
        event(
            "id_verification",
            "httpv2-id-card",
            **at,
            person=masked(ZHANG, "name", "id_number"),
            images={"face": face(342)},
        ),
        event("comparison", "httpv2-record", **at, person=masked(LI, "name"), images={"face": face(344)}),
        event("face_capture", "httpv2-snapshot", device=serial, images={"scene": scene(341)}),
        event(
            "enrolment",
            "httpv2-people-list",
            person=masked(LI, "name", "id_number"),
            images={"library_photo": card(343)},
        ),
    ]
    return asks, events


def zkteco() -> Script:
    """ADMS push: options, records, photos."""
    serial, kind = "EXAMPLE0001", {"Content-Type": "application/push;charset=UTF-8"}

    def told(query: str, body: bytes) -> Ask:
        return Ask("POST", f"/iclock/cdata?SN={serial}&{query}", body, kind, b"OK", port=8086, address=CLOUD)

    def photo(name: str, data: bytes) -> bytes:
        return f"PIN={name}.jpg\nSN={serial}\nsize={len(data)}\nCMD=realupload\0".encode() + data

    template = f"BIOPHOTO PIN=17\tFileName=17.jpg\tType=9\tSize={len(card(353))}\tContent={b64(card(353))}\n"
    asks = [
        Ask("GET", f"/iclock/cdata?SN={serial}&options=all&pushver=2.4.1", reply=b"OK", port=8086, address=CLOUD),
        Ask("GET", f"/iclock/getrequest?SN={serial}", reply=b"OK", port=8086, address=CLOUD),
        told("table=ATTLOG&Stamp=1", b"17\t2025-06-01 10:15:00\t0\t15\t0\n"),
        told("table=ATTPHOTO&Stamp=1", photo("20250601101500-17", face(351))),
        told("table=ATTPHOTO&Stamp=2", photo("20250601101600", face(352))),
        told("table=BIOPHOTO&Stamp=3", template.encode()),
    ]
    device = {"device": serial}
    events = [
        event("heartbeat", "zkteco-options", **device),
        event("heartbeat", "zkteco-poll", **device),
        event("comparison", "zkteco-attendance", **device, shot_time=UTC),
        event("comparison", "zkteco-photo", **device, shot_time=UTC, images={"face": face(351)}),
        event("comparison", "zkteco-photo", **device, shot_time="2025-06-01T02:16:00Z", images={"face": face(352)}),
        event("enrolment", "zkteco-biophoto", **device, images={"library_photo": card(353)}),
    ]
    return asks, events


def others() -> Script:
    """ID scanners, Walos terminals, Sophon boxes."""
    scan = {"deviceCode": "scan-1", "type": "NI", "id": ZHANG.number, "name": ZHANG.name, "birthday": ZHANG.birthday}
    scan |= {"validFromDate": "2015-01-01", "validToDate": "2035-01-01", "authority": "示例局", "address": "示例路一号"}
    scan |= {"nation": "汉", "gender": "M", "photo": b64(card(361))}
    walos = {"seqnum": 7, "timestamp": SECONDS, "event": "face", "device-id": "wa-1", "ip-addr": "10.99.0.2"}
    walos |= {"uid": "0000000000000000", "score": 12.5, "sharp": 0.8}
    box = {"identity_id": "17", "identity_name": LI.name, "group_name": "visitors", "reg_pic": b64(card(362))}
    box |= {"timestamp": SECONDS, "score": 0.91, "ext_data": {"device_ip": "10.99.0.9", "spot_pic": b64(face(362))}}
    asks = [
        post("/idcard/push", scan, {"code": 0}, address=CLOUD, port=8087),
        post("/api/v3.0/event", walos, {"code": 0}, address=CLOUD, port=8087),
        post("/box/event", box, {"code": 0}, address=CLOUD, port=8087),
    ]
    events = [
        event(
            "id_verification",
            "idscan-push",
            device="scan-1",
            person=masked(ZHANG, "name", "id_number", "birthday"),
            images={"id_photo": card(361)},
        ),
        event("face_capture", "walos-event-stranger", device="wa-1", shot_time=UTC, score=12.5),
        event(
            "comparison",
            "sophon-recognition",
            device="10.99.0.9",
            shot_time=UTC,
            person=masked(LI, "name"),
            score=0.91,
            images={"face": face(362), "library_photo": card(362)},
        ),
    ]
    return asks, events
