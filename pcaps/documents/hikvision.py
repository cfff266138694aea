"""Hikvision ISAPI: where a device pushes, captures, comparisons, access and card events, libraries (facts 3.3)."""

from __future__ import annotations

from typing import Any

from people import LI, ZHANG, card, face, scene
from talk import CLOUD, Ask, dump, form, parts, post
from truth import event, masked

MAC, ADDRESS = "00:00:5e:00:53:01", "10.99.0.2"
HALL = {"ipAddress": ADDRESS, "macAddress": MAC, "channelID": 1, "channelName": "hall door"}
JPEG = "image/jpeg"
AT, UTC = "2025-06-01T10:{:02}:00+08:00", "2025-06-01T02:{:02}:00Z"
XML = "http://www.isapi.org/ver20/XMLSchema"


def script() -> tuple[list[Ask], list[dict[str, Any]]]:
    """The conversation, and what it must tell."""
    asks = [_hosts(), _alert_stream(), _push(), _comparison(), _access(), _identity(), *_fetched(), _library()]
    return asks, _events()


def _hosts() -> Ask:
    body = f"""<?xml version="1.0" encoding="UTF-8"?>
<HttpHostNotification version="2.0" xmlns="{XML}"><id>1</id><url>/face/cb</url><protocolType>HTTP</protocolType>
<parameterFormatType>JSON</parameterFormatType><addressingFormatType>ipaddress</addressingFormatType>
<ipAddress>{CLOUD}</ipAddress><portNo>8082</portNo><httpAuthenticationMethod>none</httpAuthenticationMethod>
<SubscribeEvent><heartbeat>30</heartbeat><eventMode>list</eventMode><EventList><Event><type>faceCapture</type>
<pictureURLType>binary</pictureURLType></Event></EventList></SubscribeEvent></HttpHostNotification>"""
    headers = {"Content-Type": "application/xml; charset=UTF-8"}
    return Ask("PUT", "/ISAPI/Event/notification/httpHosts/1", body.encode(), headers, port=80, pull=True)


def capture(minute: int, pid: str) -> dict[str, Any]:
    """The JSON part of a face capture."""
    at = AT.format(minute)
    seen = {
        "faceId": 1,
        "faceScore": 88,
        "faceRect": {"x": 0.4, "y": 0.2, "width": 0.1, "height": 0.2},
        "age": {"value": 33},
        "gender": {"value": "male"},
    }
    attributes = {"deviceIP": ADDRESS, "deviceName": "hall camera", "faceTime": at, "pId": pid}
    return HALL | {
        "dateTime": at,
        "eventType": "faceCapture",
        "eventState": "active",
        "faceCapture": [{"targetAttrs": attributes, "uid": "u1", "faces": [seen]}],
    }


def _alert_stream() -> Ask:
    alert = f"""<EventNotificationAlert version="2.0" xmlns="{XML}"><ipAddress>{ADDRESS}</ipAddress><portNo>80</portNo>
<protocol>HTTP</protocol><macAddress>{MAC}</macAddress><channelID>1</channelID><channelName>hall door</channelName>
<dateTime>{AT.format(15)}</dateTime><activePostCount>1</activePostCount><eventType>faceSnap</eventType>
<eventState>active</eventState><eventDescription>face capture</eventDescription></EventNotificationAlert>"""
    pieces = [
        ("", "", "application/xml; charset=UTF-8", alert.encode()),
        ("faceCapture", "", "application/json", dump(capture(16, "p16"))),
        ("faceImage", "p16.jpg", JPEG, face(311)),
        ("backgroundImage", "p16b.jpg", JPEG, scene(311)),
    ]
    kind = {"Content-Type": "multipart/mixed; boundary=boundary"}
    path = "/ISAPI/Event/notification/alertStream"
    return Ask("GET", path, b"", {}, parts("boundary", pieces), kind, port=80, pull=True, stream=True)


def _push() -> Ask:
    pieces = [
        ("faceCapture", "", "application/json", dump(capture(17, "p17"))),
        ("faceImage", "p17.jpg", JPEG, face(312)),
        ("backgroundImage", "p17b.jpg", JPEG, scene(312)),
    ]
    return form("/face/cb", "boundary", pieces, address=CLOUD, port=8082)


def _comparison() -> Ask:
    person = {"name": ZHANG.name, "gender": "male", "certificateNumber": ZHANG.number}
    candidate = {"human_id": "h17", "similarity": 0.93, "reserve_field": person}
    found = {"maxsimilarity": 0.93, "candidate": [candidate]}
    attributes = {"faceTime": AT.format(18), "deviceIP": ADDRESS, "pId": "p18"}
    result = {"targetAttrs": attributes, "faces": [{"URL": "", "identify": [found]}]}
    document = HALL | {"dateTime": AT.format(18), "eventType": "alarmResult", "alarmResult": [result]}
    pieces = [
        ("alarmResult", "", "application/json", dump(document)),
        ("faceImage", "p18", JPEG, face(313)),
        ("backgroundImage", "p18", JPEG, scene(313)),
        ("faceLibImage", "h17", JPEG, card(314)),
    ]
    return form("/face/cb", "boundary", pieces, address=CLOUD, port=8082)


def _access() -> Ask:
    inner = {
        "deviceName": "side door",
        "majorEventType": 5,
        "subEventType": 75,
        "name": LI.name,
        "employeeNoString": "17",
        "cardReaderNo": 1,
        "doorNo": 1,
        "serialNo": 7,
        "currentVerifyMode": "face",
        "picturesNumber": 1,
    }
    about = {"ipAddress": ADDRESS, "macAddress": MAC, "dateTime": AT.format(19), "eventType": "AccessControllerEvent"}
    pieces = [
        ("event_log", "", "application/json", dump(about | {"AccessControllerEvent": inner})),
        ("Picture", "Picture.jpg", JPEG, face(315)),
    ]
    return form("/face/cb", "MIME_boundary", pieces, address=CLOUD, port=8082)


def _identity() -> Ask:
    record = {
        "name": ZHANG.name,
        "sex": "male",
        "birth": ZHANG.birthday,
        "addr": "示例路一号",
        "IDCardNo": ZHANG.number,
        "nation": "1",
        "startDate": "2015-01-01",
        "endDate": "2035-01-01",
        "IDCardPicURL": f"http://{ADDRESS}/LOCALS/pic/idcard/20.jpeg",
    }
    inner = {
        "deviceName": "reception",
        "majorEventType": 5,
        "subEventType": 105,
        "name": ZHANG.name,
        "IDCardInfo": record,
        "pictureURL": f"http://{ADDRESS}/LOCALS/pic/acsLinkCap/20.jpeg",
    }
    about = {"ipAddress": ADDRESS, "macAddress": MAC, "dateTime": AT.format(20), "eventType": "IDCardInfoEvent"}
    return post("/face/cb", about | {"IDCardInfoEvent": inner}, address=CLOUD, port=8082)


def _fetched() -> list[Ask]:
    """The two pictures of the identity event, fetched from the device afterwards."""
    names = (("idcard", card(316)), ("acsLinkCap", face(316)))
    kind = {"Content-Type": JPEG}
    return [
        Ask("GET", f"/LOCALS/pic/{name}/20.jpeg", b"", {"Host": ADDRESS}, data, kind, port=80, pull=True)
        for name, data in names
    ]


def _library() -> Ask:
    record = {
        "faceLibType": "blackFD",
        "FDID": "1",
        "FPID": "17",
        "name": LI.name,
        "gender": "male",
        "bornTime": LI.birthday,
        "certificateNumber": LI.number,
    }
    pieces = [
        ("FaceDataRecord", "", "application/json", dump(record)),
        ("FaceImage", "li.jpg", JPEG, card(317)),
    ]
    path = "/ISAPI/Intelligent/FDLib/FaceDataRecord?format=json"
    return form(path, "boundary", pieces, port=80, pull=True)


def _events() -> list[dict[str, Any]]:
    seen, near = {"device": MAC, "place": "hall door"}, {"device": MAC, "place": "hall door"}
    compared = {"face": face(313), "scene": scene(313), "library_photo": card(314)}
    return [
        event("subscription", "hikvision-push-target", target=f"HTTP {CLOUD} 8082 /face/cb"),
        event("subscription", "hikvision-event-stream"),
        event("face_capture", "hikvision-alert", **seen, shot_time=UTC.format(15)),
        event(
            "face_capture",
            "hikvision-face-capture",
            **near,
            shot_time=UTC.format(16),
            score=88,
            images={"face": face(311), "scene": scene(311)},
        ),
        event(
            "face_capture",
            "hikvision-face-capture",
            **near,
            shot_time=UTC.format(17),
            score=88,
            images={"face": face(312), "scene": scene(312)},
        ),
        event(
            "comparison",
            "hikvision-alarm-result",
            **seen,
            shot_time=UTC.format(18),
            person=masked(ZHANG, "name", "id_number"),
            score=0.93,
            images=compared,
        ),
        event(
            "comparison",
            "hikvision-access",
            device=MAC,
            place="side door",
            shot_time=UTC.format(19),
            person=masked(LI, "name"),
            images={"face": face(315)},
        ),
        event(
            "id_verification",
            "hikvision-id-card",
            device=MAC,
            place="reception",
            shot_time=UTC.format(20),
            person=masked(ZHANG, "name", "id_number", "birthday"),
            fetched={"id_photo": card(316), "face": face(316)},
        ),
        event(
            "enrolment",
            "hikvision-library",
            person=masked(LI, "name", "id_number", "birthday"),
            images={"library_photo": card(317)},
        ),
    ]
