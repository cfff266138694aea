"""Uniview LAPI and Huawei SDC (facts 5.1, 5.2)."""

from __future__ import annotations

import base64
from typing import Any

from people import ZHANG, card, face, scene
from talk import CLOUD, Ask, post
from truth import event, masked

CODE = "210235EXAMPLE00000001"
AT, UTC = 1748744100, "2025-06-01T02:15:00Z"
PUSHED = "/LAPI/V1.0/System/Event/Notification"
Script = tuple[list[Ask], list[dict[str, Any]]]


def uniview() -> Script:
    """Heart-beats, captures, checks of persons and of cards, a subscription."""
    done = {"Response": {"ResponseURL": PUSHED, "StatusCode": 0, "StatusString": "Succeed", "Data": {"RecordID": 5}}}
    beat = {"RefId": "r0", "Time": "2025-06-01 10:15:00", "NextTime": "2025-06-01 10:15:30", "DeviceCode": CODE}
    subscription = {"AddressType": 0, "IPAddress": CLOUD, "Port": 8088, "Duration": 60, "Type": 16}
    to: dict[str, Any] = {"address": CLOUD, "port": 8088}
    asks = [
        post("/LAPI/V1.0/System/Event/Subscription", subscription, done, port=80, pull=True),
        post("/LAPI/V1.0/PACS/Controller/HeartReportInfo", beat | {"DeviceType": 5}, done, **to),
        post(f"{PUSHED}/PersonVerification", _verification(3, 371, card_too=True), done, **to),
        post("/LAPI/V1.0/PACS/Controller/Event/Notifications", _verification(1, 372, matched=True), done, **to),
        post(f"{PUSHED}/PersonVerification", _verification(1, 373), done, **to),
    ]
    at = {"device": CODE, "shot_time": UTC}
    events = [
        event("subscription", "uniview-subscription", target=f"{CLOUD} 8088"),
        event("heartbeat", "uniview-heartbeat", **at),
        event(
            "id_verification",
            "uniview-id-card",
            **at,
            person=masked(ZHANG, "name", "id_number", "birthday"),
            images={"face": face(371), "scene": scene(371), "id_photo": card(371)},
        ),
        event(
            "comparison",
            "uniview-comparison",
            **at,
            person=masked(ZHANG, "name", "id_number"),
            score=91,
            images={"face": face(372), "scene": scene(372)},
        ),
        event("face_capture", "uniview-capture", **at, images={"face": face(373), "scene": scene(373)}),
    ]
    return asks, events


def _verification(source: int, seed: int, *, card_too: bool = False, matched: bool = False) -> dict[str, Any]:
    def picture(name: str, data: bytes) -> dict[str, Any]:
        return {"Name": name, "Size": len(data), "Data": base64.b64encode(data).decode()}

    shown = {"PanoImage": picture("p.jpg", scene(seed)), "FaceImage": picture("f.jpg", face(seed))}
    out: dict[str, Any] = {"Reference": "r1", "Seq": 5, "DeviceCode": CODE, "Timestamp": AT, "NotificationType": 0}
    out |= {"FaceInfoNum": 1, "FaceInfoList": [{"ID": 1, "Timestamp": AT, "CapSrc": source, **shown}]}
    if card_too:
        record = {"CardType": 0, "Name": ZHANG.name, "IdentityNo": ZHANG.number, "Birthday": ZHANG.birthday}
        out |= {"CardInfoNum": 1, "CardInfoList": [record | {"IDImage": picture("c.jpg", card(seed))}]}
    if matched:
        person = {"PersonCode": "17", "PersonName": ZHANG.name, "Gender": 1, "IdentityNo": ZHANG.number}
        match = {"LibID": 4, "LibType": 4, "MatchStatus": 1, "MatchFaceConfidence": 91, "MatchPersonInfo": person}
        out |= {"LibMatInfoNum": 1, "LibMatInfoList": [match]}
    return out


def huawei() -> Script:
    """A camera that registers, and a platform that tells it where to send; what the metadata hold is not known."""
    about = {"DeviceName": "HoloSens SDC", "Manufacturer": "Huawei", "DeviceType": "IPC", "SerialNumber": "EXAMPLE0002"}
    about["DeviceVersion"] = {"Software": "1", "Uboot": "1", "Kernel": "1", "Hardware": "1"}
    subscriber = {"Topic": "face", "ID": 1, "address": CLOUD, "port": 8089, "timeOut": 300}
    topic = {"topic": "face", "url": f"http://{CLOUD}:8089/sdc", "filter": [], "acceptType": "json"}
    asks = [
        post("/sdc/register", about, {"code": 0}, address=CLOUD, port=8089),
        post("/SDCAPI/V2.0/Metadata/Subscription", {"Subscriber": subscriber}, port=80, pull=True),
        post("/SDCAPI/V1.0/Notification/Subscription/Topics", topic, port=80, pull=True),
    ]
    return asks, [
        event("heartbeat", "huawei-registration", device="EXAMPLE0002"),
        event("subscription", "huawei-subscription", target=f"{CLOUD} 8089"),
        event("subscription", "huawei-subscription", target=f"http://{CLOUD}:8089/sdc"),
    ]
