"""Dahua over HTTP: pictures and events pushed, events and snapshots streamed, access, registration (facts 4.3)."""

from __future__ import annotations

import base64
from typing import Any

from people import LI, ZHANG, card, face, scene
from talk import CLOUD, Ask, dump, parts, post
from truth import event, masked

JPEG, TEXT = "image/jpeg", "text/plain"
AT, UTC = "2025-06-01 10:{:02}:00", "2025-06-01T02:{:02}:00Z"  # no zone is said, China's is assumed
DEVICE = "EXAMPLE0000001"


def script() -> tuple[list[Ask], list[dict[str, Any]]]:
    """The conversation, and what it must tell."""
    asks = [
        post("/cgi-bin/api/autoRegist/connect", {"DevClass": "IPC", "DeviceID": DEVICE, "ServerIP": CLOUD}, fresh=True),
        Ask("GET", "/PictureHttpUpload/keepalive", address=CLOUD, port=8083),
        _pushed(15, _recognised(), [scene(321), face(321)]),
        _pushed(
            16, {"Code": "FaceDetection", "Data": {"Faces": [{"Age": 41, "Sex": "Woman", "Glass": 0}]}}, [face(322)]
        ),
        _pushed(17, _door(), [face(323)]),
        _attached(),
        _snapshots(),
        _insert(),
    ]
    return asks, _events()


def _pushed(minute: int, happened: dict[str, Any], pictures: list[bytes]) -> Ask:
    document = {"Channel": 0, "Time": AT.format(minute), "Events": [{"Action": "Pulse", "Index": 0, **happened}]}
    pieces = [("", "", "application/json", dump(document)), *(("", "", JPEG, picture) for picture in pictures)]
    headers = {"Content-Type": "multipart/form-data; boundary=myboundary"}
    return Ask("POST", "/dh/upload", parts("myboundary", pieces), headers, address=CLOUD, port=8083)


def _recognised() -> dict[str, Any]:
    person = {"ID": "17", "Name": ZHANG.name, "Sex": "Male", "CertificateType": "IC", "GroupName": "visitors"}
    data = {"Candidates": [{"Similarity": 93, "Person": person}], "Face": {"Age": 33, "Sex": "Man"}}
    return {"Code": "FaceRecognition", "Data": data}


def _door() -> dict[str, Any]:
    data = {
        "UserID": "18",
        "CardName": LI.name,
        "Type": "Entry",
        "Method": 15,
        "Similarity": 90,
        "Door": 0,
        "Status": 1,
    }
    return {"Code": "AccessControl", "Data": data}


def _attached() -> Ask:
    """Events streamed to who asked for them; heartbeats between."""
    pieces = [
        ("", "", TEXT, b"Heartbeat"),
        (
            "",
            "",
            TEXT,
            b'Code=FaceDetection;action=Start;index=0;data={\n   "Faces" : [ { "Age" : 30, "Sex" : "Man" } ]\n}\n',
        ),
        ("", "", TEXT, b"Code=VideoMotion;action=Start;index=0"),
    ]
    path = "/cgi-bin/eventManager.cgi?action=attach&codes=[FaceDetection,VideoMotion]&heartbeat=5"
    kind = {"Content-Type": "multipart/x-mixed-replace; boundary=myboundary"}
    return Ask("GET", path, b"", {}, parts("myboundary", pieces), kind, port=80, pull=True, stream=True)


def _snapshots() -> Ask:
    """Texts of key=value lines, and the picture of each after it."""
    lines = [
        "Events[0].EventBaseInfo.Code=FaceRecognition",
        "Events[0].EventBaseInfo.Action=Pulse",
        "Events[0].EventBaseInfo.Index=0",
        "Events[0].Candidates[0].Similarity=91",
        f"Events[0].Candidates[0].Person.Name={ZHANG.name}",
        f"Events[0].Candidates[0].Person.ID={ZHANG.number}",
        "Events[0].Candidates[0].Person.UID=17",
        "Events[0].Candidates[0].Person.CertificateType=IC",
    ]
    other = [
        "Events[0].EventBaseInfo.Code=FaceDetection",
        "Events[0].EventBaseInfo.Index=0",
        "Events[0].Faces[0].Age=29",
    ]
    pieces = [
        ("", "", TEXT, "\r\n".join(lines).encode()),
        ("", "", JPEG, face(324)),
        ("", "", TEXT, b"Heartbeat"),
        ("", "", TEXT, "\r\n".join(other).encode()),
        ("", "", JPEG, face(325)),
    ]
    path = (
        "/cgi-bin/snapManager.cgi?action=attachFileProc&channel=1&heartbeat=5&Flags[0]=Event&Events=[FaceRecognition]"
    )
    kind = {"Content-Type": "multipart/x-mixed-replace; boundary=myboundary"}
    return Ask("GET", path, b"", {}, parts("myboundary", pieces), kind, port=80, pull=True, stream=True)


def _insert() -> Ask:
    """A person's photo sent to a terminal."""
    faces = [{"UserID": "18", "PhotoData": [base64.b64encode(card(326)).decode()]}]
    path = "/cgi-bin/AccessFace.cgi?action=insertMulti"
    return post(path, {"FaceList": faces}, port=80, pull=True)


def _events() -> list[dict[str, Any]]:
    known = masked(ZHANG, "name")
    return [
        event("heartbeat", "dahua-registration", device=DEVICE, target=CLOUD),
        event("heartbeat", "dahua-keepalive"),
        event(
            "comparison",
            "dahua-push-recognition",
            shot_time=UTC.format(15),
            person=known,
            score=93,
            images={"unknown": [scene(321), face(321)]},
        ),
        event("face_capture", "dahua-push-detection", shot_time=UTC.format(16), images={"unknown": face(322)}),
        event(
            "comparison",
            "dahua-push-access",
            shot_time=UTC.format(17),
            person=masked(LI, "name"),
            score=90,
            images={"face": face(323)},
        ),
        event("subscription", "dahua-stream-wanted"),
        event("face_capture", "dahua-event-stream"),
        event("subscription", "dahua-stream-wanted"),
        event(
            "comparison",
            "dahua-snapshot-stream",
            person=masked(ZHANG, "name", "id_number"),
            score=91,
            images={"unknown": face(324)},
        ),
        event("face_capture", "dahua-snapshot-stream-detection", images={"unknown": face(325)}),
        event("enrolment", "dahua-insert-face", images={"library_photo": card(326)}),
    ]
