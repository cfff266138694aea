"""The same messages as careless programs send them: wrong types, no length, GBK, other case, wrappers, cut short."""

from __future__ import annotations

import base64
import json
from typing import Any

import hikvision
from people import LI, ZHANG, card, face, scene
from police import face_object
from talk import CLOUD, Ask, dump, parts, post
from truth import event, masked

JPEG = "image/jpeg"
RAW = 8095  # the port of the receiver that takes anything
Script = tuple[list[Ask], list[dict[str, Any]]]
UTC = "2025-06-01T02:15:00Z"


def script() -> Script:
    """One way of being careless after the other."""
    made = [
        _wrong_type(),
        _other_case(),
        _wrapped(),
        _text_in_json(),
        _gbk(),
        _escaped(),
        _no_length(),
        _bad_boundary(),
        _by_url(),
        _cut_short(),
        _nearly(),
    ]
    return [ask for asks, _ in made for ask in asks], [one for _, events in made for one in events]


def _to(**more: Any) -> dict[str, Any]:
    return {"address": CLOUD, "port": 8094, **more}


def _capture(seed: int, *, pano: bool = True) -> dict[str, Any]:
    """The event of a VIID face."""
    images = {"face": face(seed)} | ({"scene": scene(seed)} if pano else {})
    device = "99010000001320000001"
    return event("face_capture", "gat1400-faces", device=device, shot_time=UTC, images=images)


def _faces(seed: int, *, pano: bool = True) -> dict[str, Any]:
    return {"FaceListObject": {"FaceObject": [face_object(1, seed, with_scene=pano)]}}


def _wrong_type() -> Script:
    """JSON called text/html; numbers as strings, and one face instead of a list of them."""
    document = _faces(501)
    one = document["FaceListObject"]["FaceObject"][0]
    document["FaceListObject"]["FaceObject"] = {k: str(v) if isinstance(v, int) else v for k, v in one.items()}
    return [Ask("POST", "/VIID/Faces", dump(document), {"Content-Type": "text/html"}, **_to())], [_capture(501)]


def _other_case() -> Script:
    """Keys in lower case, with the path in another case as well."""
    document = json.loads(_lower_keys(_faces(502)))
    return [post("/viid/faces", document, **_to())], [_capture(502)]


def _lower_keys(document: dict[str, Any]) -> str:
    def lower(node: Any) -> Any:
        if isinstance(node, dict):
            return {key.lower(): lower(inner) for key, inner in node.items()}
        return [lower(inner) for inner in node] if isinstance(node, list) else node

    return json.dumps(lower(document))


def _wrapped() -> Script:
    """In an envelope of the receiver's own, at a path that says nothing."""
    document = {"msgId": "m1", "data": {"body": _faces(503)}, "sign": "x"}
    return [post("/gateway", document, **_to())], [_capture(503)]


def _text_in_json() -> Script:
    """The document as a text inside another document."""
    document = {"topic": "viid", "payload": json.dumps(_faces(504))}
    return [post("/mq/forward", document, **_to())], [_capture(504)]


def _gbk() -> Script:
    """A check of a person in GBK that nothing declares."""
    info = {"DeviceID": "1234567", "PersonID": 17, "CreateTime": "2025-06-01 10:15:00", "Similarity1": "92.4"}
    info |= {"VerifyStatus": "1", "Name": ZHANG.name, "IdCard": ZHANG.number}
    picture = base64.b64encode(face(505)).decode()
    document = {"operator": "VerifyPush", "info": info, "SanpPic": picture}
    body = json.dumps(document, ensure_ascii=False).encode("gbk")
    told = event(
        "comparison",
        "facesluice-verify",
        device="1234567",
        shot_time=UTC,
        person=masked(ZHANG, "name", "id_number"),
        score=92.4,
        images={"face": face(505)},
    )
    return [Ask("POST", "/Subscribe/Verify", body, {"Content-Type": "application/json"}, **_to())], [told]


def _escaped() -> Script:
    r"""Slashes of base64 as `\/`, other characters as `\u`, line breaks inside."""
    picture = base64.encodebytes(face(506)).decode()
    document = {"operator": "SnapPush", "info": {"DeviceID": "1234567", "CreateTime": "2025-06-01T10:15:00+08:00"}}
    body = json.dumps(document | {"SanpPic": "data:image/jpeg;base64," + picture}).replace("/", r"\/").encode()
    told = event("face_capture", "facesluice-snap", device="1234567", shot_time=UTC, images={"face": face(506)})
    return [Ask("POST", "/Subscribe/Snap", body, {"Content-Type": "text/plain"}, **_to())], [told]


def _raw(path: str, body: bytes, *lines: str) -> Ask:
    head = "\r\n".join([f"POST {path} HTTP/1.1", f"Host: {CLOUD}:{RAW}", *lines]).encode() + b"\r\n\r\n"
    return Ask("POST", path, address=CLOUD, port=RAW, raw=head + body)


def _no_length() -> Script:
    """No Content-Length: the body is what comes until the sender is quiet."""
    return [_raw("/VIID/Faces", dump(_faces(507)), "Content-Type: application/VIID+JSON")], [_capture(507)]


def _bad_boundary() -> Script:
    """Multipart whose boundary is not the one that was declared."""
    pieces = [
        ("faceCapture", "", "application/json", dump(hikvision.capture(15, "p1"))),
        ("faceImage", "p1.jpg", JPEG, face(508)),
        ("backgroundImage", "p1b.jpg", JPEG, scene(508)),
    ]
    body = parts("boundary", pieces)
    told = event(
        "face_capture",
        "hikvision-face-capture",
        device=hikvision.MAC,
        place="hall door",
        shot_time=UTC,
        score=88,
        images={"face": face(508), "scene": scene(508)},
    )
    headers = {"Content-Type": "multipart/form-data; boundary=---something-else"}
    return [Ask("POST", "/face/cb", body, headers, **_to())], [told]


def _by_url() -> Script:
    """The picture by its address only, fetched by the platform afterwards."""
    fields = (
        f"deviceKey=84E0EXAMPLE&personId=STRANGERBABY&time=1748744100000&type=face_2&path=http://{CLOUD}:8094/p/509.jpg"
    )
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    asks = [
        Ask("POST", "/callback", fields.encode(), form, **_to()),
        Ask("GET", "/p/509.jpg", reply=face(509), reply_headers={"Content-Type": JPEG}, **_to()),
    ]
    told = event(
        "face_capture", "uface-callback-stranger", device="84E0EXAMPLE", shot_time=UTC, fetched={"face": face(509)}
    )
    return asks, [told]


def _cut_short() -> Script:
    """The connection ends inside the second picture: what was said before is taken, and called incomplete."""
    whole = dump(_faces(510))
    cut = whole[: len(whole) - len(base64.b64encode(scene(510))) // 2]
    lines = ["Content-Type: application/VIID+JSON", f"Content-Length: {len(whole)}"]
    told = _capture(510, pano=False) | {"complete": False, "damaged": {"scene": 1}}
    return [_raw("/VIID/Faces", cut, *lines)], [told]


def _nearly() -> Script:
    """Look-alikes: an order with a name, a picture with a title, an empty list, an event of motion."""
    order = {"name": LI.name, "deviceId": "till-1", "time": 1748744100, "amount": 12}
    photo = {"title": "team", "image": base64.b64encode(card(511)).decode()}
    motion = {"eventType": "VMD", "eventState": "active", "dateTime": "2025-06-01T10:15:00+08:00", "channelID": 1}
    asks = [
        post("/order", order, **_to()),
        post("/blog/photo", photo, **_to()),
        post("/VIID/Faces", {"FaceListObject": {"FaceObject": []}}, **_to()),
        post("/face/cb", motion, **_to()),
    ]
    return asks, []
