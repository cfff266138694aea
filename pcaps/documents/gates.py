"""White-label terminals over HTTP: facesluice, Uface, HTTPv2 (facts 5.8–5.10)."""

from __future__ import annotations

import gzip
from typing import Any
from urllib.parse import urlencode

from people import LI, ZHANG, card, face, scene
from talk import CLOUD, Ask, b64, dump, form, post
from truth import event, masked

JPEG = "image/jpeg"
URI = "data:image/jpeg;base64,"
MILLISECONDS, SECONDS, UTC = 1748744100000, 1748744100, "2025-06-01T02:15:00Z"
Script = tuple[list[Ask], list[dict[str, Any]]]


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
