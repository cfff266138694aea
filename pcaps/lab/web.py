"""HTTP/1.1 bytes as devices, servers and browsers write them; field names by docs: ISAPI, Dahua push, LAPI, OSS."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

CRLF = b"\r\n"


def request(method: str, path: str, host: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One request; Content-Length is added when there is a body."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    if body or method in {"POST", "PUT"}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + CRLF + CRLF + body


def response(body: bytes, kind: str, date: str, status: str = "200 OK", server: str = "nginx", chunk: int = 0) -> bytes:
    """One response, with Content-Length or in chunks of `chunk` bytes (RFC 9112 §7.1)."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Server: {server}",
        f"Date: {date}",
        f"Content-Type: {kind}",
        "Connection: keep-alive",
    ]
    lines.append("Transfer-Encoding: chunked" if chunk else f"Content-Length: {len(body)}")
    head = "\r\n".join(lines).encode() + CRLF + CRLF
    if not chunk:
        return head + body
    pieces = [body[at : at + chunk] for at in range(0, len(body), chunk)]
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def multipart(boundary: str, parts: Sequence[tuple[str, str, str, bytes]]) -> bytes:
    """multipart/form-data of (field, file name, content type, bytes); empty names are left out (RFC 7578)."""
    out = b""
    for field, name, kind, data in parts:
        disposition = f'form-data; name="{field}"' if field else ""
        if name:
            disposition += f'; filename="{name}"'
        head = [f"--{boundary}"] + ([f"Content-Disposition: {disposition}"] if disposition else [])
        head += [f"Content-Type: {kind}"] if kind else []
        head += [f"Content-Length: {len(data)}"] if not field else []
        out += "\r\n".join(head).encode() + CRLF + CRLF + data + CRLF
    return out + f"--{boundary}--".encode() + CRLF


def dump(document: Any) -> bytes:
    """JSON without spaces, in UTF-8."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def text64(data: bytes) -> str:
    """Standard base64 as text."""
    return base64.b64encode(data).decode()


def isapi_capture(
    camera: dict[str, str], when: str, pid: str, face: bytes, background: bytes, rect: list[float]
) -> bytes:
    """Body of a Hikvision faceCapture push: JSON part, face part, background part (boundary is `boundary`)."""
    x, y, width, height = rect
    faces = [
        {
            "faceId": 1,
            "faceScore": 88,
            "faceRect": {"x": x, "y": y, "width": width, "height": height},
            "age": {"value": 33},
        }
    ]
    event = camera | {"channelID": 1, "dateTime": when, "eventType": "faceCapture", "eventState": "active"}
    event |= {"faceCapture": [{"targetAttrs": {"faceTime": when, "pId": pid}, "faces": faces}]}
    return multipart(
        "boundary",
        [
            ("faceCapture", "", "application/json", dump(event)),
            ("faceImage", f"{pid}.jpg", "image/jpeg", face),
            ("backgroundImage", f"{pid}_bg.jpg", "image/jpeg", background),
        ],
    )


def dahua_event(when: str, candidate: dict[str, Any], face: bytes) -> bytes:
    """Body of a Dahua event push: unnamed JSON and JPEG parts (boundary is `myboundary`)."""
    data = {
        "Candidates": [{"Similarity": 0, "Person": candidate}] if candidate else [],
        "Face": {"Age": 33, "Sex": "Man"},
    }
    event = {
        "Channel": 0,
        "Time": when,
        "Events": [{"Code": "FaceRecognition", "Action": "Pulse", "Index": 0, "Data": data}],
    }
    return multipart("myboundary", [("", "", "application/json", dump(event)), ("", "", "image/jpeg", face)])


def lapi_verification(device: str, when: int, person: dict[str, str], live: bytes, card: bytes, score: int) -> bytes:
    """Body of a Uniview PersonVerification push: live photo and ID-card photo in base64 beside the card's text."""
    face = {"Name": "f.jpg", "Size": len(live), "Data": text64(live)}
    photo = {"Name": "c.bmp", "Size": len(card), "Data": text64(card)}
    document = {"Reference": "r1", "Seq": when % 1000, "DeviceCode": device, "Timestamp": when, "NotificationType": 0}
    document |= {"FaceInfoNum": 1, "FaceInfoList": [{"ID": 1, "Timestamp": when, "CapSrc": 3, "FaceImage": face}]}
    document |= {"CardInfoNum": 1, "CardInfoList": [{"CardType": 0, **person, "IDImage": photo}]}
    matched = [{"LibType": 4, "MatchStatus": 1, "MatchFaceConfidence": score}]
    document |= {"LibMatInfoNum": 1, "LibMatInfoList": matched}
    return dump(document)


def oss_authorization(secret: bytes, text: str) -> str:
    """Header value of the shape Aliyun OSS version 1 signatures have; the key is invented."""
    return "OSS LTAI5tDemoDemoDemo:" + base64.b64encode(hmac.new(secret, text.encode(), hashlib.sha1).digest()).decode()


def sadp_reply(model: str, serial: str, mac: str, address: str) -> bytes:
    """Answer of a Hikvision device to a SADP inquiry (facts 3.1)."""
    fields = {"Uuid": "5A1C7E70-0000-4000-8000-000000000001", "Types": "inquiry", "DeviceType": "140"}
    fields |= {"DeviceDescription": model, "DeviceSN": serial, "CommandPort": "8000", "HttpPort": "80"}
    fields |= {"MAC": mac.replace(":", "-"), "IPv4Address": address, "SoftwareVersion": "V5.7.0 build 240101"}
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f'<?xml version="1.0" encoding="UTF-8"?><ProbeMatch>{inner}<Activated>true</Activated></ProbeMatch>'.encode()


def dhdiscover_reply(model: str, serial: str, mac: str, address: str) -> bytes:
    """Answer of a Dahua device to DHDiscover: 32 bytes of header, then JSON (facts 4.1, 4.2)."""
    info = {"DeviceType": model, "DetailType": model, "SerialNo": serial, "MachineName": serial, "Vendor": "Dahua"}
    info |= {"Version": "2.800.0000000.1.R", "HttpPort": 80, "Port": 37777, "IPv4Address": {"IPAddress": address}}
    body = dump({"mac": mac, "method": "client.notifyDevInfo", "params": {"deviceInfo": info}}) + b"\n"
    size = len(body).to_bytes(4, "little")
    return b"\x20\0\0\0DHIP" + bytes(8) + size + bytes(4) + size + bytes(4) + body


def ssdp_notify(kind: str, location: str, server: str) -> bytes:
    """Announcement of a UPnP root device (UPnP Device Architecture 1.1, 1.2.2)."""
    lines = ["NOTIFY * HTTP/1.1", "HOST: 239.255.255.250:1900", "CACHE-CONTROL: max-age=1800", f"LOCATION: {location}"]
    lines += [f"NT: {kind}", "NTS: ssdp:alive", f"SERVER: {server}", f"USN: uuid:00000000-demo::{kind}"]
    return "\r\n".join([*lines, "", ""]).encode()
