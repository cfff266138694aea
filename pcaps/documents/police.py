"""GA/T 1400: registration, keepalive, faces, persons, subscription, notification (facts 1)."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from people import ZHANG, face, scene
from talk import CLOUD, Ask, dump
from truth import event, masked

CAMERA = "99010000001320000001"
PLATFORM = "99010000005030000001"
JSON = "application/VIID+JSON"
SHOT = "20250601101500"
UTC = "2025-06-01T02:15:00Z"


def script() -> tuple[list[Ask], list[dict[str, Any]]]:
    """The conversation, and what it must tell."""
    asks = [*_register(), _keepalive(), _faces(), _persons(), _subscribe(), _notify(), _odd_register()]
    return asks, _events()


def _viid(path: str, document: Any, sender: str = CAMERA, **more: Any) -> Ask:
    headers = {"Content-Type": JSON, "User-Identify": sender} | more.pop("headers", {})
    return Ask("POST", path, dump(document), headers, _status(path), {"Content-Type": JSON}, **more)


def _status(path: str, code: int = 0) -> bytes:
    status = {"Id": CAMERA, "RequestURL": path, "StatusCode": code, "StatusString": "OK", "LocalTime": SHOT}
    return dump({"ResponseStatusObject": status})


def _register() -> list[Ask]:
    path, body = "/VIID/System/Register", {"RegisterObject": {"DeviceID": CAMERA, "ProtocolVersion": "2.0"}}
    nonce, cnonce = "6e6f6e6365", "636e6f6e6365"
    first = hashlib.md5(b"viiduser:viid:examplepassword").hexdigest()
    second = hashlib.md5(f"POST:{path}".encode()).hexdigest()
    answer = hashlib.md5(f"{first}:{nonce}:00000001:{cnonce}:auth:{second}".encode()).hexdigest()
    asked = {"WWW-Authenticate": f'Digest realm="viid", qop="auth", nonce="{nonce}"'}
    said = (
        f'Digest username="viiduser", realm="viid", nonce="{nonce}", uri="{path}", qop=auth, nc=00000001, '
        f'cnonce="{cnonce}", response="{answer}"'
    )
    refused = Ask("POST", path, dump(body), {"Content-Type": JSON}, b"", asked, status=401)
    return [refused, _viid(path, body, headers={"Authorization": said})]


def _keepalive() -> Ask:
    return _viid("/VIID/System/Keepalive", {"KeepaliveObject": {"DeviceID": CAMERA}})


def image(number: int, kind: str, data: bytes, size: tuple[int, int]) -> dict[str, Any]:
    """One SubImageInfoObject."""
    return {
        "ImageID": f"{CAMERA}02{SHOT}{number:05}",
        "EventSort": 1,
        "DeviceID": CAMERA,
        "StoragePath": "",
        "Type": kind,
        "FileFormat": "Jpeg",
        "ShotTime": SHOT,
        "Width": size[0],
        "Height": size[1],
        "Data": base64.b64encode(data).decode(),
    }


def face_object(number: int, seed: int, *, with_scene: bool = True) -> dict[str, Any]:
    """One FaceObject with face and scene."""
    images = [image(2 * number, "11", face(seed), (96, 120))]
    images += [image(2 * number + 1, "14", scene(seed), (256, 144))] if with_scene else []
    return {
        "FaceID": f"{CAMERA}02{SHOT}{number:05}06{number:05}",
        "InfoKind": 1,
        "SourceID": f"{CAMERA}02{SHOT}{number:05}",
        "DeviceID": CAMERA,
        "ShotTime": SHOT,
        "LeftTopX": 10,
        "LeftTopY": 12,
        "RightBtmX": 90,
        "RightBtmY": 110,
        "GenderCode": "1",
        "AgeLowerLimit": 30,
        "AgeUpLimit": 40,
        "SubImageList": {"SubImageInfoObject": images},
    }


def _faces() -> Ask:
    return _viid("/VIID/Faces", {"FaceListObject": {"FaceObject": [face_object(1, 301), face_object(2, 302)]}})


def _persons() -> Ask:
    person = {
        "PersonID": f"{CAMERA}02{SHOT}000030100001",
        "InfoKind": 1,
        "SourceID": f"{CAMERA}02{SHOT}00003",
        "DeviceID": CAMERA,
        "IDType": "111",
        "IDNumber": ZHANG.number,
        "Name": ZHANG.name,
        "GenderCode": "1",
        "SubImageList": {"SubImageInfoObject": [image(7, "10", scene(303), (256, 144))]},
    }
    return _viid("/VIID/Persons", {"PersonListObject": {"PersonObject": [person]}})


def _subscribe() -> Ask:
    subscription = {
        "SubscribeID": "990100000050300000010320250601101600" + "00001",
        "Title": "faces",
        "SubscribeDetail": "12",
        "ResourceURI": CAMERA,
        "ApplicantName": "example",
        "ApplicantOrg": "example",
        "BeginTime": SHOT,
        "EndTime": "20260601101500",
        "ReceiveAddr": f"http://{CLOUD}:8081/VIID/SubscribeNotifications",
        "ReportInterval": 3,
        "OperateType": 0,
        "ResultImageDeclare": "11,14",
    }
    return _viid("/VIID/Subscribes", {"SubscribeListObject": {"SubscribeObject": [subscription]}}, PLATFORM, fresh=True)


def _notify() -> Ask:
    notification = {
        "NotificationID": "990100000050300000010420250601101700" + "00001",
        "SubscribeID": "990100000050300000010320250601101600" + "00001",
        "Title": "faces",
        "TriggerTime": "20250601101701",
        "InfoIDs": f"{CAMERA}02{SHOT}000010600001",
        "ExecuteOperation": 1,
        "FaceObjectList": {"FaceObject": [face_object(1, 301)]},
    }
    document = {"SubscribeNotificationListObject": {"SubscribeNotificationObject": [notification]}}
    return _viid("/VIID/SubscribeNotifications", document, PLATFORM, address=CLOUD, port=8081)


def _odd_register() -> Ask:
    """A body keyed `Register`, as one implementation does."""
    return _viid("/VIID/System/Register", {"Register": {"DeviceID": CAMERA, "ProtocolVersion": "1.0"}}, fresh=True)


def _events() -> list[dict[str, Any]]:
    def faces(seed: int, document: str = "gat1400-faces") -> dict[str, Any]:
        images = {"face": face(seed), "scene": scene(seed)}
        return event("face_capture", document, device=CAMERA, shot_time=UTC, images=images)

    person = {"device": CAMERA, "person": masked(ZHANG, "name", "id_number"), "images": {"body": scene(303)}}
    alive = {"device": CAMERA}
    registered = event("heartbeat", "gat1400-register", **alive)
    wanted = f"http://{CLOUD}:8081/VIID/SubscribeNotifications"
    return [
        registered,  # asked, refused for want of a digest, and asked again: once
        event("heartbeat", "gat1400-keepalive", **alive),
        faces(301),
        faces(302),
        event("face_capture", "gat1400-persons", shot_time=UTC, **person),
        event("subscription", "gat1400-subscribe", **alive, target=wanted),
        faces(301),
        registered,
    ]
