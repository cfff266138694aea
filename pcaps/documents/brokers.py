"""What is not asked over HTTP: facesluice terminals over MQTT, and the collections of `wcb-core` (facts 5.8, 7.1)."""

from __future__ import annotations

import base64
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import others
import rig
from people import LI, ZHANG, card, face, scene
from talk import PEERS, dump, parts
from truth import event, masked

if TYPE_CHECKING:
    from collections.abc import Callable

Program: TypeAlias = "tuple[Callable[[Path], None], list[dict[str, Any]]]"
URI = "data:image/jpeg;base64,"
DEVICE = "1234568"


def reverse() -> Program:
    """A device dials a platform and registers; then the platform asks it over the same connection (facts 4.3)."""
    lines = "Events[0].EventBaseInfo.Code=FaceRecognition\r\nEvents[0].Candidates[0].Similarity=91\r\n"
    lines += f"Events[0].Candidates[0].Person.Name={ZHANG.name}\r\n"
    pieces = [("", "", "text/plain", lines.encode()), ("", "", "image/jpeg", face(441))]
    stream = parts("myboundary", pieces)
    who = dump({"DevClass": "IPC", "DeviceID": "EXAMPLE0000002", "ServerIP": rig.SERVER})
    wanted = "/cgi-bin/snapManager.cgi?action=attachFileProc&channel=1&heartbeat=5&Events=[FaceRecognition]"
    connect = f"POST /cgi-bin/api/autoRegist/connect HTTP/1.1\r\nHost: x\r\nContent-Length: {len(who)}\r\n\r\n"
    kind = "Content-Type: multipart/x-mixed-replace; boundary=myboundary"
    turns = [
        (True, connect.encode() + who),
        (False, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        (False, b"GET /cgi-bin/magicBox.cgi?action=getMachineName HTTP/1.1\r\nHost: x\r\n\r\n"),
        (True, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nname=hall"),
        (False, f"GET {wanted} HTTP/1.1\r\nHost: x\r\n\r\n".encode()),
        (True, f"HTTP/1.1 200 OK\r\n{kind}\r\n\r\n".encode() + stream),
    ]

    def play(folder: Path) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / "turns"
            file.write_bytes(pickle.dumps(turns))
            platform = ["na-server", sys.executable, str(PEERS), "answer", str(file)]
            with rig.captured("dahua_reverse", folder):
                server = rig.start(*platform)
                device = ["ip", "netns", "exec", "na-device", sys.executable, str(PEERS), "dial", str(file)]
                subprocess.run(device, check=True, timeout=60)
                rig.stop(server)

    return play, [
        event("heartbeat", "dahua-registration", device="EXAMPLE0000002", target=rig.SERVER),
        event("subscription", "dahua-stream-wanted"),
        event(
            "comparison",
            "dahua-snapshot-stream",
            device="EXAMPLE0000002",
            person=masked(ZHANG, "name"),
            score=91,
            images={"unknown": face(441)},
        ),
    ]


def mqtt() -> Program:
    """mosquitto, and paho-mqtt as the terminal."""
    at = "2025-06-01 10:15:00"
    picture = URI + base64.b64encode(face(421)).decode()
    record = {"facesluiceId": DEVICE, "personId": "17", "persionName": ZHANG.name, "idCard": ZHANG.number}
    record |= {"similarity1": "88.2", "time": at, "pic": picture}
    snap = {"facesluiceId": DEVICE, "time": at, "pic": URI + base64.b64encode(face(422)).decode()}
    online = {"facesluiceId": DEVICE, "username": "example", "time": at, "ip": rig.DEVICE, "facesname": "hall gate"}
    messages = [
        ("mqtt/face/basic", dump({"operator": "Online", "info": online})),
        ("mqtt/face/heartbeat", dump({"operator": "HeartBeat", "info": {"facesluiceId": DEVICE, "time": at}})),
        (f"mqtt/face/{DEVICE}/Rec", dump({"operator": "RecPush", "info": record})),
        (f"mqtt/face/{DEVICE}/Snap", dump({"operator": "StrSnapPush", "info": snap})),
        (f"mqtt/face/{DEVICE}/Ack", dump({"operator": "Ack", "info": {"facesluiceId": DEVICE, "result": "ok"}})),
    ]

    def play(folder: Path) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            config = Path(scratch) / "mosquitto.conf"
            config.write_text("listener 1883 0.0.0.0\nallow_anonymous true\npersistence false\nuser root\n")
            Path(scratch).chmod(0o755)
            with rig.server("mosquitto", "-c", str(config)), rig.captured("facesluice_mqtt", folder):
                _play("publish", messages, Path(scratch))

    local, device = "2025-06-01T02:15:00Z", {"device": DEVICE}
    known = masked(ZHANG, "name", "id_number")
    return play, [
        event("heartbeat", "facesluice-mqtt-online", **device, shot_time=local, place="hall gate"),
        event("heartbeat", "facesluice-mqtt-online", **device, shot_time=local),
        event(
            "comparison",
            "facesluice-mqtt-record",
            **device,
            shot_time=local,
            person=known,
            score=88.2,
            images={"face": face(421)},
        ),
        event("face_capture", "facesluice-mqtt-snap", **device, shot_time=local, images={"face": face(422)}),
    ]


def mongodb() -> Program:
    """A stub of this project, and pymongo as the on-site server."""
    device = "st-1"
    snap = {
        "projectId": "990101",
        "stDeviceId": device,
        "deviceEnum": 1,
        "faceImage": base64.b64encode(face(431)).decode(),
    }
    snap |= {"panoramicView": base64.b64encode(scene(431)).decode(), "snapDate": "2025-06-01 10:15:00", "score": 0.9}
    read = {"name": ZHANG.name, "idNumber": ZHANG.number, "birthday": ZHANG.birthday, "address": "示例路一号"}
    read |= {"idImage": base64.b64encode(card(432)).decode(), "faceImage": base64.b64encode(face(432)).decode()}
    read |= {"verifyTime": "2025-06-01 11:00:00", "verifyScore": 87.5, "deviceId": "idc-1", "hasPass": True}
    customer = {"firstPhotoTime": "2025-06-01 10:15:00", "lastPhotoTime": "2025-06-01 11:00:00"}
    customer |= {"freshCardTime": "2025-06-01 11:00:00", "faceImage": base64.b64encode(face(433)).decode()}
    inserts = [
        ("faceDetectImageDatail", [snap, snap | {"faceImage": base64.b64encode(face(434)).decode()}]),
        ("faceDetectCustomerFreshCardInfo", [read]),
        ("faceDetectCustomer", [customer]),
        ("salesPlan", [{"name": LI.name, "note": "no capture"}]),
    ]

    def play(folder: Path) -> None:
        with (
            tempfile.TemporaryDirectory() as scratch,
            rig.python_server(others.MONGO_STUB),
            rig.captured("wcb_core", folder),
        ):
            _play("insert", inserts, Path(scratch))

    shot = {"device": device, "shot_time": "2025-06-01T02:15:00Z", "score": 0.9}
    return play, [
        event("face_capture", "wcb-core-capture", **shot, images={"face": face(431), "scene": scene(431)}),
        event("face_capture", "wcb-core-capture", **shot, images={"face": face(434), "scene": scene(431)}),
        event("retrieval", "wcb-core-retrieval", **shot, images={"face": face(431), "scene": scene(431)}),
        event("retrieval", "wcb-core-retrieval", **shot, images={"face": face(434), "scene": scene(431)}),
        event(
            "id_verification",
            "wcb-core-card",
            device="idc-1",
            shot_time="2025-06-01T03:00:00Z",
            person=masked(ZHANG, "name", "id_number", "birthday"),
            score=87.5,
            images={"face": face(432), "id_photo": card(432)},
        ),
        event(
            "enrolment",
            "wcb-core-customer",
            shot_time=shot["shot_time"],
            images={"face": face(433)},
            purpose={"first_photo_time": shot["shot_time"]},
        ),
    ]


def _play(role: str, script: list[Any], scratch: Path) -> None:
    file = scratch / "script"
    file.write_bytes(pickle.dumps(script))
    command = ["ip", "netns", "exec", "na-device", sys.executable, str(PEERS), role, str(file)]
    subprocess.run(command, check=True, timeout=60)
