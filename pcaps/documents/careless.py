"""More carelessness: encodings, line ends, boundaries, nesting and repetition, as programs get them wrong."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import hikvision
from people import ZHANG, face, scene
from police import CAMERA, face_object
from talk import CLOUD, Ask, dump, parts
from truth import event, masked

if TYPE_CHECKING:
    from collections.abc import Callable

JPEG, FORM = "image/jpeg", {"Content-Type": "application/x-www-form-urlencoded"}
PORT, RAW = 8096, 8097
GATE, UTC = "1234567", "2025-06-01T02:15:00Z"
Script = tuple[list[Ask], list[dict[str, Any]]]


def script() -> Script:
    """One way of being careless after the other."""
    ways: list[Callable[[], Script]] = [
        _json_called_form,
        _byte_order_mark,
        _two_bytes_a_letter,
        _line_feeds_alone,
        _chunks_cut,
        _packed_in_silence,
        _trailing_comma,
        _one_after_the_other,
        _array_of_events,
        _other_alphabet,
        _json_in_a_form,
        _text_of_a_text,
        _prefixes_and_gbk,
        _length_too_long,
        _old_protocol,
        _broken_headers,
    ]
    made = [way() for way in ways]
    return [ask for asks, _ in made for ask in asks], [one for _, events in made for one in events]


def _post(path: str, body: bytes, kind: str = "application/json", **headers: str) -> Ask:
    return Ask("POST", path, body, {"Content-Type": kind, **headers}, address=CLOUD, port=PORT)


def _raw(path: str, body: bytes, *lines: str, version: str = "1.1") -> Ask:
    head = "\r\n".join([f"POST {path} HTTP/{version}", f"Host: {CLOUD}:{RAW}", *lines]).encode() + b"\r\n\r\n"
    return Ask("POST", path, address=CLOUD, port=RAW, raw=head + body)


def _snap(seed: int, picture: str = "") -> dict[str, Any]:
    picture = picture or base64.b64encode(face(seed)).decode()
    info = {"DeviceID": int(GATE), "CreateTime": "2025-06-01T10:15:00+08:00"}
    return {"operator": "SnapPush", "info": info, "SanpPic": picture}


def _snapped(seed: int) -> dict[str, Any]:
    return event("face_capture", "facesluice-snap", device=GATE, shot_time=UTC, images={"face": face(seed)})


def _viid(seed: int) -> dict[str, Any]:
    return {"FaceListObject": {"FaceObject": [face_object(1, seed)]}}


def _seen(seed: int, **more: Any) -> dict[str, Any]:
    images = more.pop("images", {"face": face(seed), "scene": scene(seed)})
    return event("face_capture", "gat1400-faces", device=CAMERA, shot_time=UTC, images=images) | more


def _json_called_form() -> Script:
    """JSON that is called a form."""
    return [_post("/Subscribe/Snap", dump(_snap(521)), FORM["Content-Type"])], [_snapped(521)]


def _byte_order_mark() -> Script:
    """UTF-8 with a byte order mark."""
    return [_post("/VIID/Faces", b"\xef\xbb\xbf" + dump(_viid(522)))], [_seen(522)]


def _two_bytes_a_letter() -> Script:
    """UTF-16."""
    body = dump(_snap(523)).decode().encode("utf-16-le")
    return [_post("/Subscribe/Snap", body)], [_snapped(523)]


def _line_feeds_alone() -> Script:
    """Multipart with bare line feeds, no type of the JSON part, and no last boundary."""
    pieces = [
        ("faceCapture", "", "", dump(hikvision.capture(15, "p9"))),
        ("faceImage", "p9.jpg", JPEG, face(524)),
        ("backgroundImage", "p9b.jpg", JPEG, scene(524)),
    ]
    body = b""
    for field, name, kind, data in pieces:
        said = f'Content-Disposition: form-data; name="{field}"' + (f'; filename="{name}"' if name else "")
        body += f"--b\n{said}\n{f'Content-Type: {kind}' + chr(10) if kind else ''}\n".encode() + data + b"\n"
    told = event(
        "face_capture",
        "hikvision-face-capture",
        device=hikvision.MAC,
        place="hall door",
        shot_time=UTC,
        score=88,
        images={"face": face(524), "scene": scene(524)},
    )
    return [_post("/face/cb", body[:-1], "multipart/form-data; boundary=b")], [told]


def _chunks_cut() -> Script:
    """Chunked, and the connection ends inside a chunk: the face came whole, the scene did not."""
    body = dump(_viid(525))
    keep = len(body) - len(base64.b64encode(scene(525))) // 2
    sent = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in _cut(body[: keep - 700], 4000))
    sent += b"%x\r\n%s" % (4000, body[keep - 700 : keep])
    ask = _raw("/VIID/Faces", sent, "Content-Type: application/json", "Transfer-Encoding: chunked")
    return [ask], [_seen(525, images={"face": face(525)}, complete=False, damaged={"scene": 1})]


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def _packed_in_silence() -> Script:
    """gzip without a word about it."""
    return [_post("/VIID/Faces", gzip.compress(dump(_viid(526)), mtime=0))], [_seen(526)]


def _trailing_comma() -> Script:
    """A comma too many at the end of the object."""
    return [_post("/Subscribe/Snap", dump(_snap(527))[:-1] + b",}")], [_snapped(527)]


def _one_after_the_other() -> Script:
    """Two documents in one body, a line each."""
    return [_post("/events", dump(_snap(528)) + b"\n" + dump(_snap(529)) + b"\n")], [_snapped(528), _snapped(529)]


def _array_of_events() -> Script:
    """Two documents in an array."""
    return [_post("/events", dump([_snap(530), _snap(531)]))], [_snapped(530), _snapped(531)]


def _other_alphabet() -> Script:
    """base64 in the alphabet of URLs, without padding."""
    picture = base64.urlsafe_b64encode(face(532)).decode().rstrip("=")
    return [_post("/Subscribe/Snap", dump(_snap(532, picture)))], [_snapped(532)]


def _json_in_a_form() -> Script:
    """The document in a field of a form, with another field beside it."""
    body = b"sign=0123456789abcdef&data=" + quote(dump(_snap(533)).decode(), safe="").encode()
    return [_post("/push", body, FORM["Content-Type"])], [_snapped(533)]


def _text_of_a_text() -> Script:
    """The document as one JSON text, quotes and all."""
    return [_post("/push", json.dumps(dump(_snap(534)).decode()).encode())], [_snapped(534)]


def _prefixes_and_gbk() -> Script:
    """XML with prefixes, and a Chinese name of the place in GBK that nothing declares; the picture beside it."""
    alert = (
        '<ns:EventNotificationAlert xmlns:ns="http://www.isapi.org/ver20/XMLSchema">'
        f"<ns:macAddress>{hikvision.MAC}</ns:macAddress><ns:channelName>大厅</ns:channelName>"
        f"<ns:dateTime>2025-06-01T10:15:00+08:00</ns:dateTime><ns:eventType>facesnap</ns:eventType>"
        "</ns:EventNotificationAlert>"
    ).encode("gbk")
    pieces = [("x", "", "application/xml", alert), ("faceImage", "1.jpg", JPEG, face(535))]
    told = event(
        "face_capture",
        "hikvision-alert",
        device=hikvision.MAC,
        place="大厅",
        shot_time=UTC,
        images={"face": face(535)},
    )
    return [_post("/cb", parts("bb", pieces), "multipart/form-data; boundary=bb")], [told]


def _length_too_long() -> Script:
    """More bytes declared than sent: all that was meant is there, but nobody can know."""
    body = dump(_viid(536))
    ask = _raw("/VIID/Faces", body, "Content-Type: application/json", f"Content-Length: {len(body) + 40}")
    return [ask], [_seen(536, complete=False)]


def _broken_headers() -> Script:
    """Heads with a line that is no header, with bare line feeds, with blanks around the colon."""
    heads = [
        ["Content-Type: application/json", "keep-alive", "Content-Length: {}"],
        ["Content-Type : application/json", "Content-Length :{}", ": empty"],
        ["content-length:{}", "CONTENT-TYPE:"],
    ]
    asks, events = [], []
    for number, lines in enumerate(heads):
        body = dump(_snap(540 + number))
        head = ["POST /Subscribe/Snap HTTP/1.1", f"Host: {CLOUD}", *(line.format(len(body)) for line in lines), "", ""]
        end = "\n" if number == 2 else "\r\n"
        asks.append(Ask("POST", "/", address=CLOUD, port=RAW, raw=end.join(head).encode() + body))
        events.append(_snapped(540 + number))
    return asks, events


def _old_protocol() -> Script:
    """HTTP/1.0, the body ended by silence, numbers as texts, a check of a person."""
    document = _snap(537) | {"operator": "VerifyPush"}
    document["info"] = document["info"] | {"Name": ZHANG.name, "IdCard": ZHANG.number, "Similarity1": "91.5%"}
    told = event(
        "comparison",
        "facesluice-verify",
        device=GATE,
        shot_time=UTC,
        score=91.5,
        person=masked(ZHANG, "name", "id_number"),
        images={"face": face(537)},
    )
    return [_raw("/Subscribe/Verify", dump(document), "Content-Type: application/json", version="1.0")], [told]
