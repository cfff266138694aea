"""Sales-office platforms: what goes to the developer's customer system, and SenseTime's interfaces (facts 7.1, 7.2)."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlencode

from people import LI, ZHANG, card, face, scene
from talk import CLOUD, Ask, dump, post
from truth import event, masked

JPEG = "image/jpeg"
UTC = "2025-06-01T02:15:00Z"
Script = tuple[list[Ask], list[dict[str, Any]]]


def wangxiaobao() -> Script:
    """A stored face, the record that names it, the report of an agent's customer, and a body under a key."""
    base = f"http://{CLOUD}:8091/990101"
    record = {"projectId": "990101", "projectName": "示例花园", "name": ZHANG.name, "idNumber": ZHANG.number}
    record |= {"verifyTime": "2025-06-01 11:00:00", "riskStatus": "RISK", "riskApproveStatus": "", "verifyResult": 1}
    record |= {
        "firstPhotoTime": "2025-06-01 10:15:00",
        "image": f"{base}/face.jpg",
        "panoramicView": f"{base}/pano.jpg",
    }
    customer = {"ak": "example", "ts": 1748746800000, "nonce": "n1", "sign": hashlib.md5(b"example").hexdigest()}
    customer |= {"projectId": "990101", "name": LI.name, "idNumber": LI.number, "mobile": LI.phone}
    customer |= {"channelCompany": "示例渠道", "agent": "王五常", "salerName": "赵六"}
    customer |= {"firstReadTime": "2025-06-01 10:20:00", "reportTime": "2025-05-30 09:00:00"}
    asks = [
        Ask("PUT", "/990101/face.jpg", face(401), {"Content-Type": JPEG}, address=CLOUD, port=8091),
        Ask("PUT", "/990101/pano.jpg", scene(401), {"Content-Type": JPEG}, address=CLOUD, port=8091),
        post("/wxb/record", record, {"code": 0, "msg": "ok"}, address=CLOUD, port=8091),
        post(
            "/third-face-detect/foreign/face/customer/add", customer, {"code": 0, "msg": ""}, address=CLOUD, port=8091
        ),
        _opaque(),
    ]
    purpose = {"risk_status": "RISK", "first_photo_time": UTC}
    known = masked(LI, "name", "id_number", "phone")
    events = [
        event(
            "id_verification",
            "wangxiaobao-record",
            place="示例花园",
            shot_time="2025-06-01T03:00:00Z",
            person=masked(ZHANG, "name", "id_number"),
            fetched={"face": face(401), "scene": scene(401)},
            purpose=purpose,
        ),
        event(
            "query",
            "wangxiaobao-customer",
            person=known,
            purpose={"agent_company": "示例渠道", "agent": "王**", "report_time": "2025-05-30T01:00:00Z"},
        ),
        event("query", "wangxiaobao-app"),
    ]
    return asks, events


def _opaque() -> Ask:
    """Base64 of whole cipher blocks: nothing can be read, and nothing is."""
    body = base64.b64encode(b"".join(hashlib.sha256(bytes([number])).digest() for number in range(8)))
    headers = {"Content-Type": "text/plain", "X-Platform-Client": "iwangke", "X-Auth-Token": "example"}
    return Ask("POST", "/saas/v2/customer", body, headers, address=CLOUD, port=8091)


def sensetime() -> Script:
    """Persons registered and asked for, a trade with its trace."""
    person = {"image": base64.b64encode(card(411)).decode(), "id_card": ZHANG.number, "name": ZHANG.name, "age": 35}
    signed = {"ak": "example", "nonce": "n1", "ts": "1748744100", "sign": hashlib.sha256(b"example").hexdigest()}
    asked = {"ak": "example", "group_id": "g1", "face_image": base64.b64encode(face(412)).decode()}
    asked["id_image"] = base64.b64encode(card(412)).decode()
    seen = {
        "device_id": "d1",
        "camera_id": "c1",
        "camera_name": "hall",
        "image_url": "http://x.example/1.jpg",
        "ts": 1748744100,
    }
    trade = {
        "id_number": ZHANG.number,
        "first_capture_time": 1748744100,
        "verify_time": 1748746800,
        "confidence": "high",
    }
    trade |= {"id_capture_image": "http://x.example/2.jpg", "trace": [seen]}
    form = {"Content-Type": "application/x-www-form-urlencoded", "Host": "icloud.sensetime.com"}
    json = {"Host": "icloud.sensetime.com", "Sense-Token": "example", "Sense-CompanyId": "1"}
    to: dict[str, Any] = {"address": CLOUD, "port": 8092}
    asks = [
        post(
            "/senserealty/platform/v1.0/person/extra",
            person,
            {"code": 0},
            headers=signed | {"Host": json["Host"]},
            **to,
        ),
        Ask("POST", "/sensego/v2.0/mingyuan/multiidentify", urlencode(asked).encode(), form, dump({"code": 0}), **to),
        Ask(
            "GET",
            "/senserealty/trade/trace?id=1",
            b"",
            json,
            dump({"data": trade}),
            {"Content-Type": "application/json"},
            **to,
        ),
    ]
    events = [
        event(
            "enrolment",
            "sensetime-person",
            person=masked(ZHANG, "name", "id_number"),
            images={"library_photo": card(411)},
        ),
        event("query", "sensetime-identify", images={"face": face(412), "id_photo": card(412)}),
        event(
            "reply",
            "sensetime-trade",
            device="c1",
            place="hall",
            shot_time="2025-06-01T03:00:00Z",
            person=masked(ZHANG, "id_number"),
            urls=2,
            purpose={"first_photo_time": UTC},
        ),
    ]
    return asks, events
