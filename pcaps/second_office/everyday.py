"""What goes on in every office and is no finding: twenty-four scenes, played like those of the second office."""

from __future__ import annotations

from urllib.parse import urlencode

from office import BROWSER, FORM, JSON, PHONE, PORTAL, SERVER, TEXT, Scene, face, json_bytes, person

PC, HANDSET, GATE = "10.99.0.30", "10.99.0.31", "10.99.0.18"
WEB, OWN = {"User-Agent": BROWSER}, {"User-Agent": PHONE}
APP = {"User-Agent": "okhttp/4.9.3"}
LI = person("李经理", "19850505", 51, 9)
CHEN = person("陈访客", "19950303", 61, 10)
STAFF = [
    {"name": "李经理", "phone": LI.phone, "photo": "/a/9.jpg"},
    {"name": "周经理", "phone": "19900000011", "photo": "/a/10.jpg"},
]


def _scene(
    name: str,
    sender: str,
    receiver: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes = b"",
    reply: bytes = b"{}",
    kind: str = "application/json",
) -> Scene:
    return Scene(name, "everyday", sender, receiver, method, path, headers, body, reply, kind)


def scenes() -> list[Scene]:
    """All scenes, in the order in which they are played."""
    fill = urlencode
    return [
        _scene("portal-agents", PC, PORTAL, "GET", "/agents.json", WEB, reply=json_bytes(STAFF)),
        _scene("portal-portrait", PC, PORTAL, "GET", "/a/9.jpg", WEB, reply=face(951), kind="image/jpeg"),
        _scene("staff-page", PC, PORTAL, "GET", "/team/10.jpg", WEB, reply=face(952), kind="image/jpeg"),
        _scene("news-picture", HANDSET, PORTAL, "GET", "/news/1.jpg", OWN, reply=face(953), kind="image/jpeg"),
        _scene(
            "webmail",
            PC,
            PORTAL,
            "POST",
            "/mail/send",
            WEB | FORM,
            fill({"to": "a@example.com", "subject": "周报", "body": "李经理 你好"}).encode(),
        ),
        _scene(
            "delivery",
            PC,
            PORTAL,
            "POST",
            "/order",
            WEB | FORM,
            fill({"name": "李经理", "mobile": LI.phone, "address": "示例路1号"}).encode(),
        ),
        _scene(
            "own-booking",
            PC,
            PORTAL,
            "POST",
            "/book",
            WEB | FORM,
            fill({"name": LI.name, "idNumber": LI.number}).encode(),
        ),
        _scene(
            "wifi-login",
            HANDSET,
            PORTAL,
            "POST",
            "/portal/login",
            OWN | FORM,
            fill({"realName": CHEN.name, "idcard": CHEN.number}).encode(),
        ),
        _scene("phone-selfie", HANDSET, PORTAL, "POST", "/avatar", OWN | {"Content-Type": "image/jpeg"}, face(954)),
        _scene(
            "attendance",
            GATE,
            SERVER,
            "POST",
            "/attendance",
            JSON,
            json_bytes({"records": [{"employeeNo": "17", "name": "李经理", "time": "2025-06-01 08:59:00"}]}),
        ),
        _scene(
            "bank",
            PC,
            PORTAL,
            "POST",
            "/pay",
            WEB | FORM,
            fill({"cardNo": "6222020200112233445", "amount": "12.50", "name": "李经理"}).encode(),
        ),
        _scene(
            "chat",
            PC,
            PORTAL,
            "POST",
            "/im/send",
            WEB | JSON,
            json_bytes({"from": "李经理", "to": "周经理", "text": "下午三点 19900000011"}),
        ),
        _scene("backup", PC, PORTAL, "PUT", "/backup/1.bin", WEB, bytes(range(256)) * 40),
        _scene(
            "order-number",
            SERVER,
            PORTAL,
            "POST",
            "/trade",
            JSON,
            json_bytes({"orderNo": "202506011020304050", "amount": 12.5}),
        ),
        _scene(
            "parcel",
            PC,
            PORTAL,
            "GET",
            "/track?" + fill({"mailno": "773012345678901", "phone": LI.phone}),
            WEB,
            reply=json_bytes({"name": "李**", "state": 3}),
        ),
        _scene("weather", HANDSET, PORTAL, "GET", "/w?city=101270101&t=20250601102000123", OWN),
        _scene(
            "approval",
            PC,
            SERVER,
            "POST",
            "/oa/approve",
            WEB | JSON,
            json_bytes({"applicant": {"name": "周经理", "employeeNo": "18"}, "days": 2}),
        ),
        _scene(
            "printer",
            SERVER,
            "10.99.0.18",
            "GET",
            "/status",
            {},
            reply=json_bytes({"serialNumber": "VNB3K12345678901", "toner": 40}),
        ),
        _scene(
            "leads",
            SERVER,
            PORTAL,
            "POST",
            "/crm/leads",
            JSON,
            json_bytes(
                {
                    "list": [
                        {"customerName": "吴客户", "mobile": "19900000012"},
                        {"customerName": "郑客户", "mobile": "19900000013"},
                    ]
                }
            ),
        ),
        _scene(
            "update",
            SERVER,
            PORTAL,
            "POST",
            "/check",
            APP | JSON,
            json_bytes({"sn": "123456789012345678", "version": "1.2.3", "time": "20250601102000"}),
        ),
        _scene(
            "invoice",
            PC,
            PORTAL,
            "POST",
            "/invoice",
            WEB | JSON,
            json_bytes({"title": "示例有限公司", "taxNo": "91510100MA6EXAMPL0", "amount": "100.00"}),
        ),
        _scene(
            "gb-ids",
            SERVER,
            PORTAL,
            "POST",
            "/devices",
            APP | JSON,
            json_bytes(
                {
                    "devices": [
                        {"deviceId": "99010000001320000001", "name": "大厅"},
                        {"deviceId": "99010000001320000002", "name": "门口"},
                    ]
                }
            ),
        ),
        _scene(
            "meeting",
            PC,
            PORTAL,
            "POST",
            "/meeting",
            WEB | JSON,
            json_bytes(
                {"topic": "例会", "members": [{"realName": "李经理"}, {"realName": "周经理"}], "start": 1748744100000}
            ),
        ),
        _scene(
            "logs",
            SERVER,
            PORTAL,
            "POST",
            "/log",
            TEXT,
            b"2025-06-01 10:20:00 INFO name=viewer id=110105194912310021 ok\n",
        ),
    ]
