"""The same data as other senders spell it: forty scenes, played like those of the second office, with truth for each.

Written before the reading of them was tried, from how visitor desks, gates, form builders, chat robots, exports and
stores write: what is held against it is whether reading goes by classes and not by the names of one office.
"""

# ruff: noqa: E501 -- a scene a line

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from typing import Any
from urllib.parse import quote, urlencode

from office import (
    BROWSER,
    CLOUD,
    CRM,
    FORM,
    JSON,
    LEFT,
    MOVED,
    QIAN,
    SERVER,
    SUN,
    TEXT,
    WANG,
    ZHAO,
    Person,
    Scene,
    face,
    json_bytes,
    person,
)

DESK, GATE, PC = "10.99.0.41", "10.99.0.42", "10.99.0.43"
XML = {"Content-Type": "application/xml"}
STORED = "visit/2025/06/01/5f4dcc3b5aa765d61d8327deb882cf99.jpg"
OLD = "119999880312017"  # fifteen digits, as before 1999
MASKED = ZHAO.number[:3] + "*" * 11 + ZHAO.number[-4:]  # by its sender
EVEN = next(one for serial in range(100, 200) if (one := person("郑九五", "19910909", serial, 5)).number.isdigit())


def _of(*people: Person, phone: bool = False) -> tuple[tuple[str, str], ...]:
    return tuple(
        pair
        for one in people
        for pair in (("name", one.name), ("id_number", one.number), *([("phone", one.phone)] if phone else []))
    )


def _post(
    name: str, path: str, headers: dict[str, str], body: bytes, fields: Any, finding: str = LEFT, sender: str = SERVER,
    receiver: str = CRM, **more: Any,
) -> Scene:  # fmt: skip
    return Scene(
        name, "variation", sender, receiver, "POST", path, headers, body, fields=tuple(fields), finding=finding, **more
    )


def scenes() -> list[Scene]:
    """All scenes, in the order in which they are played."""
    return [*_documents(), *_texts(), *_wrapped(), *_pictures(), *_not_validated()]


def _documents() -> list[Scene]:
    desk = {
        "visitorInfo": {
            "visitor_name": WANG.name,
            "visitor_idcard": WANG.number,
            "visitor_phone": WANG.phone,
            "visitTime": "2025-06-01 10:30:00",
        }
    }
    gate = {
        "cmd": "rec",
        "dev": "GT-0091",
        "list": [{"uname": ZHAO.name, "id_no": ZHAO.number, "sim": "0.93", "age": 33}],
    }
    soap = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><AddVisitor xmlns="urn:v"><xm>{SUN.name}</xm><zjhm>{SUN.number}</zjhm><lxdh>{SUN.phone}</lxdh></AddVisitor></s:Body></s:Envelope>'
    people = "".join(
        f"<person><name>{one.name}</name><certNo>{one.number}</certNo></person>" for one in (WANG, ZHAO, SUN)
    )
    heads = {
        "h": ["客户姓名", "联系电话", "证件号码"],
        "d": [[QIAN.name, QIAN.phone, QIAN.number], [WANG.name, WANG.phone, WANG.number]],
    }
    fire = {"fields": {"realName": {"stringValue": ZHAO.name}, "idCard": {"stringValue": ZHAO.number}}}
    graph = {"query": f'mutation {{ addVisitor(name: "{SUN.name}", idCard: "{SUN.number}") {{ id }} }}'}
    variables = {
        "query": "mutation($v:V){add(v:$v){id}}",
        "variables": {"v": {"fullName": QIAN.name, "identityNumber": QIAN.number}},
    }
    numbered = {"name": EVEN.name, "idCard": int(EVEN.number)}
    patient = {
        "resident": {
            "basic": {"xingming": WANG.name},
            "certificate": {"type": "01", "code": WANG.number},
            "idCardNum": WANG.number,
        }
    }
    chinese = f"<客户><姓名>{ZHAO.name}</姓名><身份证号码>{ZHAO.number}</身份证号码></客户>"
    params = {
        "params": [
            {"paramName": "custName", "paramValue": SUN.name},
            {"paramName": "custCertNo", "paramValue": SUN.number},
        ]
    }
    return [
        _post("visitor-desk", "/visit/add", JSON, json_bytes(desk), _of(WANG, phone=True), sender=DESK),
        _post("gate-list", "/rec", JSON, json_bytes(gate), [*_of(ZHAO)], MOVED, GATE, SERVER),
        _post("soap", "/ws/visitor", XML, soap.encode(), _of(SUN, phone=True)),
        _post("xml-list", "/ws/list", XML, f"<list>{people}</list>".encode(), _of(WANG, ZHAO, SUN)),
        _post("short-form", "/kh/add", FORM, urlencode({"khxm": QIAN.name, "khsj": QIAN.phone, "khsfz": QIAN.number}).encode(), _of(QIAN, phone=True)),
        _post("heads-apart", "/import", JSON, json_bytes(heads), _of(QIAN, WANG, phone=True)),
        _post("typed-values", "/v1/documents", JSON, json_bytes(fire), _of(ZHAO)),
        _post("graph-text", "/graphql", JSON, json_bytes(graph), _of(SUN)),
        _post("graph-variables", "/graphql", JSON, json_bytes(variables), _of(QIAN)),
        _post("number-as-number", "/n", JSON, json_bytes(numbered), _of(EVEN)),
        _post("apart", "/resident", JSON, json_bytes(patient), _of(WANG)),
        _post("chinese-elements", "/x", XML, chinese.encode(), _of(ZHAO)),
        _post("params", "/proc", JSON, json_bytes(params), _of(SUN)),
        _post("numbers-as-keys", "/dict", JSON, json_bytes({WANG.number: WANG.name, QIAN.number: QIAN.name}), _of(WANG, QIAN)),
        _post("utf-16", "/u", JSON, json.dumps({"realName": ZHAO.name, "idNo": ZHAO.number}, ensure_ascii=False).encode("utf-16"), _of(ZHAO)),
        _post("gbk-xml", "/g", XML, f'<?xml version="1.0" encoding="GBK"?><r><xm>{SUN.name}</xm><sfzh>{SUN.number}</sfzh></r>'.encode("gb18030"), _of(SUN)),
    ]  # fmt: skip


def _texts() -> list[Scene]:
    robot = {
        "msgtype": "markdown",
        "markdown": {
            "content": f"### 到访提醒\n> **姓名**：{WANG.name}\n> **身份证**：{WANG.number}\n> 手机：{WANG.phone}"
        },
    }
    told = {"msgtype": "text", "text": {"content": f"客户{ZHAO.name}（身份证{ZHAO.number}）已到案场"}}
    table = f"序号,客户姓名,证件类型,证件号码,联系电话\r\n1,{SUN.name},身份证,{SUN.number},{SUN.phone}\r\n2,{QIAN.name},身份证,{QIAN.number},{QIAN.phone}\r\n"
    sql = f"INSERT INTO kh (xm, sfzh, sj) VALUES ('{WANG.name}', '{WANG.number}', '{WANG.phone}');"
    return [
        _post("robot-markdown", "/cgi-bin/webhook/send", JSON, json_bytes(robot), _of(WANG, phone=True)),
        _post("robot-text", "/cgi-bin/webhook/send2", JSON, json_bytes(told), _of(ZHAO)),
        _post("export", "/upload.csv", {"Content-Type": "text/csv"}, table.encode("gb18030"), _of(SUN, QIAN, phone=True)),
        _post("sql", "/exec", TEXT, sql.encode(), _of(WANG, phone=True)),
        _post("pipes", "/evt", TEXT, f"EVT|20250601101500|GT-0092|{ZHAO.name}|{ZHAO.number}|1".encode(), _of(ZHAO), MOVED, GATE, SERVER),
        _post("yaml", "/y", {"Content-Type": "application/yaml"}, f"visitor:\n  name: {SUN.name}\n  idCard: {SUN.number}\n".encode(), _of(SUN)),
        _post("ini", "/i", TEXT, f"[card]\r\nName={QIAN.name}\r\nIDCode={QIAN.number}\r\n".encode(), _of(QIAN), MOVED, DESK, SERVER),
        _post("one-string", "/s", JSON, json_bytes({"person": f"{WANG.name}/{WANG.number}/{WANG.phone}"}), _of(WANG, phone=True)),
        _post("by-semicolon", "/p", JSON, json_bytes({"names": f"{ZHAO.name}:{ZHAO.number};{SUN.name}:{SUN.number}"}), _of(ZHAO, SUN)),
        _post("json-lines", "/l", TEXT, b"".join(json_bytes({"name": one.name, "idcard": one.number}) + b"\n" for one in (QIAN, WANG)), _of(QIAN, WANG)),
    ]  # fmt: skip


def _wrapped() -> list[Scene]:
    said = json_bytes({"name": SUN.name, "idCard": SUN.number})
    inner = json.dumps(
        {"req": json.dumps({"body": {"userName": WANG.name, "certNo": WANG.number}}, ensure_ascii=False)},
        ensure_ascii=False,
    )
    multipart = (
        b"".join(
            f'--q\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in (("sName", ZHAO.name), ("sIdCard", ZHAO.number))
        )
        + b'--q\r\nContent-Disposition: form-data; name="sPhoto"; filename="p.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        + face(961)
        + b"\r\n--q--\r\n"
    )
    return [
        _post("gzip", "/z", JSON | {"Content-Encoding": "gzip"}, gzip.compress(said, mtime=0), _of(SUN)),
        _post("base64-body", "/b", TEXT, base64.b64encode(said), _of(SUN)),
        _post("texts-in-texts", "/t", FORM, urlencode({"json": inner}).encode(), _of(WANG)),
        _post("multipart", "/m", {"Content-Type": "multipart/form-data; boundary=q"}, multipart, _of(ZHAO), images=(_sha(961),)),
        _post("xml-in-json", "/xj", JSON, json_bytes({"xml": f"<v><name>{QIAN.name}</name><idcard>{QIAN.number}</idcard></v>"}), _of(QIAN)),
        _post("headers", "/h", {"X-Visitor-Name": quote(WANG.name), "X-Id-Card": WANG.number} | TEXT, b"ok", _of(WANG)),
        Scene("path", "variation", SERVER, CRM, "GET", f"/customer/idcard/{ZHAO.number}?name={quote(ZHAO.name)}", {}, b"", fields=_of(ZHAO), finding=LEFT),
        Scene("call", "variation", PC, CRM, "GET", "/jsonp?cb=f", {"User-Agent": BROWSER}, b"", b"f(" + json_bytes({"custName": WANG.name, "certNo": WANG.number}) + b");", "application/javascript", fields=_of(WANG), finding="A retrieved from outside"),
        Scene("page", "variation", PC, CRM, "GET", "/crm/detail", {"User-Agent": BROWSER}, b"", f"<!DOCTYPE html><html><body><dl><dt>姓名</dt><dd>{ZHAO.name}</dd><dt>身份证号</dt><dd>{ZHAO.number}</dd></dl></body></html>".encode(), "text/html; charset=utf-8", fields=_of(ZHAO), finding="A retrieved from outside"),
    ]  # fmt: skip


def _sha(seed: int) -> str:
    return hashlib.sha256(face(seed)).hexdigest()


def _pictures() -> list[Scene]:
    """A picture that goes to a store by itself, the record that names it, and both fetched again."""
    record = {
        "id": 9,
        "customer": {"fullname": SUN.name, "credential": {"idCardNo": SUN.number}},
        "snapUrl": f"https://store.example.com/{STORED}?sign=x",
    }
    rows = {"rows": [{"cname": SUN.name, "idCardNo": SUN.number, "avatar": f"/{STORED}"}]}
    return [
        Scene("stored", "variation", SERVER, CLOUD, "PUT", f"/bucket/{STORED}", {"Content-Type": "image/jpeg"}, face(962), images=(_sha(962),)),
        _post("record-of-stored", "/visit/save", JSON, json_bytes(record), _of(SUN)),
        Scene("list-again", "variation", PC, CRM, "GET", "/visit/list", {"User-Agent": BROWSER}, b"", json_bytes(rows), fields=_of(SUN), finding="A retrieved from outside"),
    ]  # fmt: skip


def _not_validated() -> list[Scene]:
    """Numbers of other papers and masked ones are no finding; old ones, which have no check digit, are of grade B."""
    return [
        _post("passport", "/f", JSON, json_bytes({"guestName": "WANG XIAO", "certType": "护照", "certNo": "E12345678"}), [("name", "WANG XIAO"), ("id_number", "E12345678")], "", receiver=CLOUD),
        _post("old-number", "/o", JSON, json_bytes({"xm": WANG.name, "sfzh": OLD}), [("name", WANG.name), ("id_number", OLD)], "B uploaded outside", receiver=CLOUD),
        _post("masked", "/k", JSON, json_bytes({"name": ZHAO.name[0] + "**", "idCard": MASKED}), [("name", ZHAO.name[0] + "**"), ("id_number", MASKED)], "", receiver=CLOUD),
    ]  # fmt: skip
