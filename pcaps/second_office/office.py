"""What the second office says: ten senders that no entry of signatures/documents knew when this was written.

Each scene is one request with its answer and the truth of it: fields by kind, images by hash, who sent it to whom, and
whether it is a finding. Names of fields are those of the source named beside each scene; persons are invented (district
119999 does not exist in the province whose digits it begins with, telephone numbers begin with 199000).
"""

# ruff: noqa: E501 -- a scene a line

from __future__ import annotations

import base64
import hashlib
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parents[1]))

from lab import photos

SERVER = "10.99.0.3"
CRM, CLOUD, OCR, PORTAL = "203.0.113.10", "203.0.113.20", "203.0.113.30", "203.0.113.40"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"


class Person(NamedTuple):
    """Somebody invented."""

    name: str
    number: str
    phone: str


class Scene(NamedTuple):
    """One request, its answer, and the truth of both."""

    name: str
    source: str  # where the names of the fields are from
    sender: str
    receiver: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    reply: bytes = b'{"code":0}'
    reply_type: str = "application/json"
    fields: tuple[tuple[str, str], ...] = ()  # kind and value as sent, of the request and the answer
    images: tuple[str, ...] = ()  # SHA-256
    finding: str = ""  # letter and act where identity data makes one
    serial: str = ""  # of the sender, as it says
    device_class: str = ""  # of the sender


def person(name: str, born: str, serial: int, phone: int) -> Person:
    """A person whose number has the right check digit."""
    stem = f"119999{born}{serial:03d}"
    digit = "10X98765432"[sum(int(d) * w for d, w in zip(stem, WEIGHTS, strict=True)) % 11]
    return Person(name, stem + digit, f"199000{phone:05d}")


WANG, ZHAO, SUN, QIAN = (
    person("王五一", "19880312", 17, 1), person("赵六二", "19921105", 28, 2),
    person("孙七三", "19790620", 31, 3), person("钱八四", "20000101", 44, 4),
)  # fmt: skip


@cache
def face(seed: int) -> bytes:
    """A small portrait."""
    return photos.jpeg(photos.portrait(seed, 110), seed)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def json_bytes(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _sha(*seeds: int) -> tuple[str, ...]:
    return tuple(hashlib.sha256(face(seed)).hexdigest() for seed in seeds)


JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
LEFT, MOVED = "A uploaded outside", "A moved inside"


def scenes() -> list[Scene]:
    """All scenes, in the order in which they are played."""
    return [*_terminals(), *_services(), *_sloppy(), *_harmless()]


def _terminals() -> list[Scene]:
    nebula = {
        "type": 0,
        "data": {
            "recognizeStatus": 2, "deviceSN": "PS71HD01MC22C00014", "recognizeScore": 0.98, "livenessScore": 0.9,
            "mask": 1, "rgb_image": _b64(face(901)), "pass": True, "mode": 6,
            "user": {"name": WANG.name, "user_id": 17, "type": 1, "ic_number": WANG.number, "job_number": "E-17"},
            "timestamp": 1748744100,
        },
    }  # fmt: skip
    first = {
        "cmd": "face", "cap_time": "2025-06-01 10:16:00.120", "device_sn": "MJ34AA-7946CB-000000", "match_result": 92,
        "match": [{"wg_card_id": 778, "person_name": ZHAO.name, "id_card": ZHAO.number}],
        "closeup_pic": [{"data": _b64(face(902)), "format": "jpg"}],
    }  # fmt: skip
    second = {
        "SN": "0C02CA-A22EBB-0000FF", "employee_number": "4659503", "face_base64": _b64(face(903)), "resultStatus": 1,
        "time": "2025-06-01 10:17:00", "temperature": "36.5",
    }  # fmt: skip
    connect = {
        "sn": "ALT-0000123456789", "time": 1748744220, "ip": "10.99.0.14", "mac": "02-00-00-3D-40-14", "keepalive": 30,
        "signMethod": "md5", "sign": "00112233445566778899aabbccddeeff",
    }  # fmt: skip
    inner = {"personName": SUN.name, "idCard": SUN.number, "recognizeTime": "2025-06-01 10:19:00", "score": 88.5}
    wrapped = {
        "appId": "ym0000000000000001", "expires": "1748747000", "deviceNo": "123456789-987654321", "sign": "0" * 32,
        "cmd": "faceRecognizeResult", "data": json.dumps(inner, ensure_ascii=False),
    }  # fmt: skip
    gate = {"cardId": QIAN.number, "type": 1, "schoolId": 990101, "idSchoolArea": 3, "showTime": "2025-06-01 10:20:00"}
    return [
        Scene("nebula", "github.com/Sensetime-SCG/Nebula-Pass-Series-Web-API-Guide", "10.99.0.11", SERVER, "POST", "/eventRcv", JSON, json_bytes(nebula), fields=(("name", WANG.name), ("id_number", WANG.number), ("device", "PS71HD01MC22C00014"), ("time", "1748744100")), images=_sha(901), finding=MOVED, serial="PS71HD01MC22C00014", device_class="access_terminal"),
        Scene("mingji-face", "showdoc.com.cn/mingjikj", "10.99.0.12", CRM, "POST", "/hall/face/", JSON, json_bytes(first), fields=(("name", ZHAO.name), ("id_number", ZHAO.number), ("device", "MJ34AA-7946CB-000000"), ("time", "2025-06-01 10:16:00.120")), images=_sha(902), finding=LEFT, serial="MJ34AA-7946CB-000000", device_class="access_terminal"),
        Scene("mingji-pack", "showdoc.com.cn/mingjikj", "10.99.0.13", SERVER, "POST", "/face-pack/faceData/", JSON, json_bytes(second), fields=(("person_id", "4659503"), ("device", "0C02CA-A22EBB-0000FF"), ("time", "2025-06-01 10:17:00")), images=_sha(903), serial="0C02CA-A22EBB-0000FF", device_class="access_terminal"),
        Scene("ali-connect", "help.aliyun.com: 门禁一体机标准协议接口定义", "10.99.0.14", SERVER, "POST", "/connect", JSON, json_bytes(connect), reply=b'{"code":0,"message":"success","data":{"token":"t"}}', serial="ALT-0000123456789"),
        Scene("ymzh", "note.szymzh.com", "10.99.0.15", CRM, "POST", "/openApi/face/callback", JSON, json_bytes(wrapped), fields=(("name", SUN.name), ("id_number", SUN.number), ("device", "123456789-987654321"), ("time", "2025-06-01 10:19:00"), ("score", "88.5")), finding=LEFT, serial="123456789-987654321"),
        Scene("school-gate", "showdoc.com.cn/nullebeta", "10.99.0.16", CRM, "POST", "/api/board/check-on", FORM, urlencode(gate).encode(), fields=(("id_number", QIAN.number), ("time", "2025-06-01 10:20:00")), finding=LEFT),
    ]  # fmt: skip


def _services() -> list[Scene]:
    saved = {
        "userType": "IDENTITY", "userId": "u-17", "imageBase64": _b64(face(904)), "userName": WANG.name, "mobile": WANG.phone,
        "faceExtInfo": json.dumps({"idCard": WANG.number, "floor": "3"}),
    }  # fmt: skip
    cloudauth = {
        "Action": "InitFaceVerify",
        "Version": "2019-03-07",
        "SceneId": "1000000006",
        "CertType": "IDENTITY_CARD",
        "CertName": ZHAO.name,
        "CertNo": ZHAO.number,
    }
    faceid = {"IdCard": SUN.number, "Name": SUN.name}
    ocr = {"image": _b64(face(905)), "id_card_side": "front"}
    read = {
        "words_result": {
            "姓名": {"words": QIAN.name},
            "公民身份号码": {"words": QIAN.number},
            "住址": {"words": "示例省示例市示例路1号"},
        },
        "words_result_num": 3,
    }
    return [
        Scene("ali-face-save", "help.aliyun.com/document_detail/362946.html", SERVER, CLOUD, "POST", "/face/paas/image/save", JSON, json_bytes(saved), fields=(("name", WANG.name), ("phone", WANG.phone), ("id_number", WANG.number)), images=_sha(904), finding=LEFT),
        Scene("ali-cloudauth", "help.aliyun.com/en/id-verification", SERVER, CLOUD, "POST", "/", FORM, urlencode(cloudauth).encode(), fields=(("name", ZHAO.name), ("id_number", ZHAO.number)), finding=LEFT),
        Scene("tencent-faceid", "cloud.tencent.com/document/product/1007", SERVER, CLOUD, "POST", "/", JSON | {"X-TC-Action": "IdCardVerification", "X-TC-Version": "2018-03-01"}, json_bytes(faceid), fields=(("name", SUN.name), ("id_number", SUN.number)), finding=LEFT),
        Scene("baidu-ocr", "ai.baidu.com/ai-doc/OCR", SERVER, OCR, "POST", "/rest/2.0/ocr/v1/idcard?access_token=t", FORM, urlencode(ocr).encode(), reply=json_bytes(read), fields=(("name", QIAN.name), ("id_number", QIAN.number), ("address", "示例省示例市示例路1号")), images=_sha(905), finding="A retrieved from outside"),
    ]  # fmt: skip


def _sloppy() -> list[Scene]:
    rows = {
        "columns": ["customerName", "idCard", "mobile"],
        "rows": [[WANG.name, WANG.number, WANG.phone], [ZHAO.name, ZHAO.number, ZHAO.phone]],
    }
    pairs = {
        "formId": 7,
        "values": [{"key": "realName", "value": SUN.name}, {"key": "identityNo", "value": SUN.number}],
    }
    xml = f'<?xml version="1.0" encoding="UTF-8"?><req><item name="idNumber">{QIAN.number}</item><item name="personName" value="{QIAN.name}"/></req>'
    return [
        Scene("rows-under-heading", "table exports of many systems", SERVER, CRM, "POST", "/sync/customers", JSON, json_bytes(rows), fields=(("name", WANG.name), ("id_number", WANG.number), ("phone", WANG.phone), ("name", ZHAO.name), ("id_number", ZHAO.number), ("phone", ZHAO.phone)), finding=LEFT),
        Scene("pairs-of-names", "form builders", SERVER, CRM, "POST", "/form/submit", JSON, json_bytes(pairs), fields=(("name", SUN.name), ("id_number", SUN.number)), finding=LEFT),
        Scene("attributes", "SOAP gateways", SERVER, CRM, "POST", "/soap", {"Content-Type": "text/xml"}, xml.encode(), reply=b"<ok/>", reply_type="text/xml", fields=(("name", QIAN.name), ("id_number", QIAN.number)), finding=LEFT),
        Scene("lines", "readers' middleware writes key=value", "10.99.0.17", SERVER, "POST", "/card", TEXT, f"name={WANG.name}\r\nidcard={WANG.number}\r\ndeviceId=CARD-000123\r\n".encode(), fields=(("name", WANG.name), ("id_number", WANG.number), ("device", "CARD-000123")), finding=MOVED),
        Scene("tabs", "push protocols of attendance terminals", "10.99.0.17", SERVER, "POST", "/table", TEXT, f"USER PIN=17\tName={ZHAO.name}\tIDCard={ZHAO.number}".encode(), fields=(("name", ZHAO.name), ("id_number", ZHAO.number)), finding=MOVED),
        Scene("name-comma-number", "lists kept by hand", SERVER, CRM, "POST", "/upload/list.txt", TEXT, f"{SUN.name},{SUN.number}\n{QIAN.name},{QIAN.number}\n".encode(), fields=(("name", SUN.name), ("id_number", SUN.number), ("name", QIAN.name), ("id_number", QIAN.number)), finding=LEFT),
        Scene("query", "look-ups by link", SERVER, CRM, "GET", "/risk/check?" + urlencode({"name": WANG.name, "idcard": WANG.number, "t": 1748744999}), {}, b"", fields=(("name", WANG.name), ("id_number", WANG.number)), finding=LEFT),
    ]  # fmt: skip


def _harmless() -> list[Scene]:
    """What every office has: nothing of it is a finding."""
    agent = [
        {"name": "李经理", "phone": "19900000009", "photo": "/a/9.jpg"},
        {"name": "周经理", "phone": "19900000010", "photo": "/a/10.jpg"},
    ]
    web = {"User-Agent": BROWSER}
    return [
        Scene("portal-agents", "property portals", "10.99.0.30", PORTAL, "GET", "/agents.json", web, b"", reply=json_bytes(agent)),
        Scene("delivery", "delivery forms", "10.99.0.30", PORTAL, "POST", "/order", web | FORM, urlencode({"name": "李经理", "mobile": "19900000009", "address": "示例路1号"}).encode()),
        Scene("own-booking", "booking forms", "10.99.0.30", PORTAL, "POST", "/book", web | FORM, urlencode({"name": "李经理", "idNumber": person("李经理", "19850505", 51, 9).number}).encode()),
        Scene("visitor-phone", "Wi-Fi login", "10.99.0.31", PORTAL, "POST", "/portal/login", {"User-Agent": PHONE} | FORM, urlencode({"realName": "陈访客", "idcard": person("陈访客", "19950303", 61, 10).number}).encode()),
        Scene("order-number", "shops", SERVER, PORTAL, "POST", "/pay", JSON, json_bytes({"orderNo": "202506011020304050", "amount": 12.5, "cardNo": "6222020200112233445"})),
    ]  # fmt: skip
