"""The sales office: 24 visitors in ten minutes, two capture cameras, a terminal, a server that passes all on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import web
from .hosts import (
    CHAT,
    CLOUD,
    CRM,
    DOOR_CAMERA,
    HALL_CAMERA,
    JUDGE,
    NEWS,
    NTP,
    PC,
    PHONE,
    PLATFORM,
    PORTAL,
    ROUTER,
    SERVER,
    STORE,
    SWITCH,
    TERMINAL,
)
from .photos import encode, hall, jpeg, portrait, scene
from .story import Picture, Story
from .tls import Authority

if TYPE_CHECKING:
    from .conversation import Talk
    from .hosts import Host

START = 1_773_451_800 * 10**9  # 2026-03-14 09:30:00 in China
HOSTS = [ROUTER, SERVER, SWITCH, HALL_CAMERA, DOOR_CAMERA, TERMINAL, PC, PHONE]
VISITORS = 24
EVERY = 24.0  # seconds from visitor to visitor
OK = web.dump({"code": 0, "msg": "success"})
MOVED, UPLOADED, RETRIEVED = "moved inside", "uploaded outside", "retrieved from outside"
# (visitor, name, id number, phone): region 99 does not exist; only the first has a right check digit
PERSONS = (
    (3, "张三丰", "990101199001010019", "19900000001"),
    (11, "李四光", "990101198502020029", "19900000002"),
    (19, "王五常", "990101197803030033", "19900000003"),
)
# what an agent reported, by visitor: seconds from the first photo to the report, agent, agency
REPORTS = {3: (9, "赵六一", "示例渠道"), 11: (-86_400, "钱七二", "示例渠道")}


def sales_office(folder: Path, seed: int = 20260314) -> Story:
    """The whole story; TLS bytes differ from run to run, everything else does not."""
    story = Story(START, seed, Authority(folder))
    camera = _hall_camera_line(story)
    for visitor in range(VISITORS):
        at = 25 + visitor * EVERY
        face, view = _face(visitor, 240), _picture(hall(visitor), visitor, "capture camera", face=True)
        door = _face(1000 + visitor, 200)
        _hall_event(story, camera, at, visitor, [face, view])
        _door_event(story, at + 6, visitor, door)
        relay = (_relay_multipart, _relay_json, _relay_store, _relay_tls)[visitor % 4]
        relay(story, at + 9, visitor, [face, view])
        if visitor % 4 == 0:
            _relay_tls(story, at + 13, 100 + visitor, [door])
    _empty_hall(story)
    for visitor, name, number, phone in PERSONS:
        _verify(story, 25 + visitor * EVERY + 16, visitor, name, number, phone)
    _back_end(story)
    _labels(story)
    browse(story)
    for visitor, name, number, _ in PERSONS:
        _record(story, 25 + visitor * EVERY, visitor, name, number)
    for index, host in enumerate([SERVER, HALL_CAMERA, DOOR_CAMERA, TERMINAL]):
        story.look_up(5 + index, host, NTP)
        for beat in range(3):
            story.clocks.append((story.at(5 + index + beat * 200), host, NTP))
    return story


def _picture(image: Any, seed: int, origin: str, exif: dict[int, str] | None = None, *, face: bool) -> Picture:
    return Picture(jpeg(image, seed, exif), "jpeg", image.size, face, origin)


def _face(seed: int, size: int) -> Picture:
    return _picture(portrait(seed, size), seed, "capture camera", face=True)


def _hall_camera_line(story: Story) -> Talk:
    """One connection that the camera keeps open all the time."""
    return story.connect(24, HALL_CAMERA, SERVER, 8080)


def _hall_event(story: Story, line: Talk, at: float, visitor: int, pictures: list[Picture]) -> None:
    identity = {"ipAddress": HALL_CAMERA.ip4, "macAddress": HALL_CAMERA.mac, "channelName": "案场大厅"}
    body = web.isapi_capture(
        identity, story.local(at), f"p{visitor}", *(p.data for p in pictures), [0.4, 0.3, 0.1, 0.2]
    )
    headers = {"Content-Type": "multipart/form-data; boundary=boundary", "Connection": "keep-alive"}
    request = web.request("POST", "/face/cb", f"{SERVER.ip4}:8080", headers, body)
    story.ask(
        line, request, web.response(OK, "application/json", story.date(at)), 1000 if visitor == 0 else EVERY * 960
    )
    story.carry(line, pictures, "http multipart", "/face/cb", MOVED)


def _door_event(story: Story, at: float, visitor: int, face: Picture) -> None:
    """To the server; every sixth one also straight to the cloud (a second PictureHttpUpload address)."""
    person = {"ID": str(visitor), "Name": "", "GroupName": "visitors"} if visitor % 3 == 0 else {}
    body = web.dahua_event(story.local(at, "%Y-%m-%d %H:%M:%S"), person, face.data)
    headers = {"Content-Type": "multipart/form-data; boundary=myboundary", "User-Agent": "Dahua/1.0"}
    for target, port, act in ((SERVER, 8080, MOVED), (CLOUD, 80, UPLOADED))[: 1 + (visitor % 6 == 0)]:
        host = f"{SERVER.ip4}:8080" if target is SERVER else CLOUD.name
        if target is CLOUD:
            story.look_up(at + 1, DOOR_CAMERA, CLOUD)
        talk = story.connect(at + (target is CLOUD), DOOR_CAMERA, target, port)
        request = web.request("POST", "/dh/upload", host, headers, body)
        story.ask(talk, request, web.response(OK, "application/json", story.date(at)))
        story.carry(talk, [face], "http multipart", "/dh/upload", act)


def _relay_multipart(story: Story, at: float, visitor: int, pictures: list[Picture]) -> None:
    parts = [("projectId", "", "", b"990101"), ("snapDate", "", "", story.local(at).encode())]
    names = (("faceImage", f"face_{visitor}.jpg"), ("panoramicView", f"pano_{visitor}.jpg"))
    parts += [(*name, "image/jpeg", picture.data) for name, picture in zip(names, pictures, strict=True)]
    boundary = f"----WxbForm{visitor:016x}"
    headers = {
        "User-Agent": "okhttp/3.14.9",
        "X-Auth-Token": "demo",
        "Content-Type": f"multipart/form-data; boundary={boundary}",
    }
    talk = _outward(story, at, CLOUD)
    request = web.request("POST", "/panke/capture/upload", CLOUD.name, headers, web.multipart(boundary, parts))
    story.ask(talk, request, web.response(OK, "application/json", story.date(at)))
    story.carry(talk, pictures, "http multipart", "/panke/capture/upload", UPLOADED)


def _relay_json(story: Story, at: float, visitor: int, pictures: list[Picture]) -> None:
    path = "/third-face-detect/foreign/face/capture/add"
    document = {"projectId": "990101", "deviceId": "st-1", "snapDate": story.local(at), "score": 0.91}
    document |= {
        "faceImage": web.text64(pictures[0].data),
        "panoramicView": "data:image/jpeg;base64," + web.text64(pictures[1].data),
    }
    body = web.dump(document)
    if visitor % 8 == 5:  # some encoders escape every slash
        body = body.replace(b"/", b"\\/")
    talk = _outward(story, at, JUDGE, 14100)
    headers = {
        "User-Agent": "Apache-HttpClient/4.5.13 (Java/1.8.0_292)",
        "Content-Type": "application/json;charset=UTF-8",
    }
    story.ask(
        talk,
        web.request("POST", path, f"{JUDGE.name}:14100", headers, body),
        web.response(OK, "application/json", story.date(at)),
    )
    story.carry(talk, pictures, "http json base64", path, UPLOADED)


def _relay_store(story: Story, at: float, visitor: int, pictures: list[Picture]) -> None:
    """Two PUTs in one connection, then a JSON message with the URLs."""
    talk = _outward(story, at, STORE, alias="cn-hangzhou.oss-adns.aliyuncs.com")
    urls = []
    for name, picture in zip(("face", "pano"), pictures, strict=True):
        path = f"/990101/{name}/20260314/{visitor}.jpg"
        signature = web.oss_authorization(b"demo", path)
        headers = {
            "User-Agent": "aliyun-sdk-java/3.10.2",
            "Date": story.date(at),
            "Authorization": signature,
            "Content-Type": "image/jpeg",
        }
        answer = web.response(b"", "text/plain", story.date(at), server="AliyunOSS")
        story.ask(talk, web.request("PUT", path, STORE.name, headers, picture.data), answer, 3)
        story.carry(talk, [picture], "http put", path, UPLOADED)
        urls.append(f"http://{STORE.name}{path}")
    told = _outward(story, at + 1, CLOUD)
    body = web.dump(
        {"projectId": "990101", "image": urls[0], "panoramicView": urls[1], "firstPhotoTime": story.local(at)}
    )
    headers = {"User-Agent": "okhttp/3.14.9", "Content-Type": "application/json"}
    story.ask(
        told,
        web.request("POST", "/wxb/record", CLOUD.name, headers, body),
        web.response(OK, "application/json", story.date(at)),
    )


def _relay_tls(story: Story, at: float, visitor: int, pictures: list[Picture]) -> None:
    parts = [("image", f"{index}.jpg", "image/jpeg", picture.data) for index, picture in enumerate(pictures)]
    headers = {"User-Agent": "okhttp/4.9.0", "Content-Type": "multipart/form-data; boundary=tlsdemo"}
    talk = _outward(story, at, PLATFORM, 443)
    request = web.request("POST", "/saas/v2/capture", PLATFORM.name, headers, web.multipart("tlsdemo", parts))
    story.ask(talk, request, web.response(OK, "application/json", story.date(at)))
    story.seal(talk, old=visitor % 8 == 3)
    story.carry(talk, pictures, "https multipart", "/saas/v2/capture", UPLOADED)


def _outward(story: Story, at: float, target: Any, port: int = 80, alias: str = "") -> Talk:
    story.look_up(at, SERVER, target, alias)
    return story.connect(at, SERVER, target, port)


def _empty_hall(story: Story) -> None:
    """Now and then the hall camera posts a picture with nobody in it, as a bare JPEG body."""
    for index in range(5):
        at = 60 + index * 110
        made_by = {0x010F: "HIKVISION", 0x0110: "DS-2CD8A26"}
        picture = _picture(scene(5000 + index), 5000 + index, "scene", made_by, face=False)
        talk = story.connect(at, HALL_CAMERA, SERVER, 8080)
        headers = {"Content-Type": "image/jpeg", "Connection": "close"}
        request = web.request("POST", f"/snapshot?n={index}", f"{SERVER.ip4}:8080", headers, picture.data)
        story.ask(talk, request, web.response(b"OK", "text/plain", story.date(at)))
        story.carry(talk, [picture], "http body", f"/snapshot?n={index}", MOVED)


def _verify(story: Story, at: float, visitor: int, name: str, number: str, phone: str) -> None:
    """人证 check: terminal → server with card and photos, then server → cloud with the customer's record."""
    live = _picture(portrait(2000 + visitor, 280), 2000 + visitor, "verification terminal", face=True)
    card_image = portrait(3000 + visitor, 126).resize((102, 126))
    card = Picture(encode(card_image, "BMP"), "bmp", card_image.size, face=True, origin="id card")
    person = {
        "Name": name,
        "Gender": "1",
        "Birthday": number[6:14],
        "IdentityNo": number,
        "ResidentialAddress": "示例省示例市示例路1号",
    }
    body = web.lapi_verification(
        "210235EXAMPLE00000001", story.start // 10**9 + int(at), person, live.data, card.data, 91
    )
    path = "/LAPI/V1.0/System/Event/Notification/PersonVerification"
    talk = story.connect(at, TERMINAL, SERVER, 8080)
    answer = web.response(
        web.dump({"Response": {"StatusCode": 0, "StatusString": "Succeed"}}), "application/json", story.date(at)
    )
    story.ask(talk, web.request("POST", path, f"{SERVER.ip4}:8080", {"Content-Type": "application/json"}, body), answer)
    story.carry(talk, [live, card], "http json base64", path, MOVED)
    _note(story, talk, path, [live, card], {"name": name, "id_number": number, "birthday": number[6:14]})

    record = {
        "ak": "demo",
        "projectId": "990101",
        "name": name,
        "idNumber": number,
        "mobile": phone,
        "firstReadTime": story.local(at),
    }
    if visitor in REPORTS:
        after, agent, agency = REPORTS[visitor]
        record |= {"channelCompany": agency, "agent": agent, "reportTime": story.local(at - 16 + after)}
    path = "/third-face-detect/foreign/face/customer/add"
    talk = _outward(story, at + 2, JUDGE, 14100)
    body = web.dump(record | {"faceImage": web.text64(live.data)})
    headers = {
        "User-Agent": "Apache-HttpClient/4.5.13 (Java/1.8.0_292)",
        "Content-Type": "application/json;charset=UTF-8",
    }
    answer = web.response(OK, "application/json", story.date(at))
    story.ask(talk, web.request("POST", path, f"{JUDGE.name}:14100", headers, body), answer)
    story.carry(talk, [live], "http json base64", path, UPLOADED)
    said = {"name": name, "id_number": number, "phone": phone}
    said |= {"agent": REPORTS[visitor][1]} if visitor in REPORTS else {}
    _note(story, talk, path, [live], said)


def _record(story: Story, at: float, visitor: int, name: str, number: str) -> None:
    """What the check comes to: first photo → object store, record with its address → the developer's customer system.

    The office PC looks at the photo two minutes later.
    """
    face = _face(visitor, 240)
    stored = f"/990101/first/20260314/{visitor}.jpg"
    talk = _outward(story, at + 20, STORE, alias="cn-hangzhou.oss-adns.aliyuncs.com")
    headers = {
        "User-Agent": "aliyun-sdk-java/3.10.2",
        "Date": story.date(at + 20),
        "Authorization": web.oss_authorization(b"demo", stored),
        "Content-Type": "image/jpeg",
    }
    answer = web.response(b"", "text/plain", story.date(at + 20), server="AliyunOSS")
    story.ask(talk, web.request("PUT", stored, STORE.name, headers, face.data), answer, 3)
    story.carry(talk, [face], "http put", stored, UPLOADED)

    late = REPORTS.get(visitor, (0,))[0] > 0
    record = {
        "projectId": "990101",
        "projectName": "示例案场",
        "name": name,
        "idNumber": number,
        "verifyTime": story.local(at + 16),
        "verifyResult": 1,
        "riskStatus": "RISK" if late else "NORMAL",
        "firstPhotoTime": story.local(at),
        "image": f"http://{STORE.name}{stored}",
    }
    told = _outward(story, at + 22, CRM)
    headers = {"User-Agent": "okhttp/3.14.9", "Content-Type": "application/json"}
    answer = web.response(OK, "application/json", story.date(at + 22))
    story.ask(told, web.request("POST", "/wxb/record", CRM.name, headers, web.dump(record)), answer)
    _note(story, told, "/wxb/record", [], {"name": name, "id_number": number})

    browser = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/124.0 Safari/537.36"}
    story.look_up(at + 120, PC, STORE, "cn-hangzhou.oss-adns.aliyuncs.com")
    looked = story.connect(at + 120, PC, STORE)
    path = f"{stored}?Expires=1773455400&OSSAccessKeyId=LTAI5tDemo&Signature=demo"
    answer = web.response(face.data, "image/jpeg", story.date(at + 120), server="AliyunOSS")
    story.ask(looked, web.request("GET", path, STORE.name, browser | {"Referer": f"http://{CRM.name}/"}), answer, 20)
    story.carry(looked, [face], "http response", path, RETRIEVED, up=False)
    story.journeys.append([
        _leg(HALL_CAMERA, SERVER, "face_capture"),
        _leg(TERMINAL, SERVER, "id_verification"),
        _leg(SERVER, JUDGE, "query"),
        _leg(SERVER, STORE, "face_capture"),
        _leg(SERVER, CRM, "id_verification"),
        _leg(STORE, PC, "retrieval"),
    ])  # fmt: skip


def _leg(sender: Host, receiver: Host, kind: str) -> dict[str, Any]:
    return {"_ends": (sender, receiver), "kind": kind}


def _note(story: Story, talk: Talk, path: str, pictures: list[Picture], fields: dict[str, str]) -> None:
    story.persons.append(
        {"path": path, "host": talk.server_name, "images": [p.sha256 for p in pictures], **fields, "_talk": talk}
    )


def _back_end(story: Story) -> None:
    """The office PC looks at the records in the cloud, and at two pictures on the server."""
    browser = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/124.0 Safari/537.36"}
    story.look_up(400, PC, CLOUD)
    page = story.connect(400, PC, CLOUD)
    stored = [item for item in story.sent if item.carried == "http put" and "/face/" in item.path][:3]
    rows = [{"image": f"http://{STORE.name}{item.path}", "riskStatus": "NORMAL"} for item in stored]
    answer = web.response(web.dump({"code": 0, "data": rows}), "application/json;charset=UTF-8", story.date(400))
    story.ask(
        page,
        web.request("GET", "/panke/risk/list?page=1", CLOUD.name, browser | {"X-Platform-Client": "iwangke"}),
        answer,
    )
    story.look_up(401, PC, STORE, "cn-hangzhou.oss-adns.aliyuncs.com")
    images = story.connect(401, PC, STORE)
    for item in stored:
        path = f"{item.path}?Expires=1773455400&OSSAccessKeyId=LTAI5tDemo&Signature=demo"
        answer = web.response(item.picture.data, "image/jpeg", story.date(401), server="AliyunOSS")
        story.ask(
            images, web.request("GET", path, STORE.name, browser | {"Referer": f"http://{CLOUD.name}/"}), answer, 20
        )
        story.carry(images, [item.picture], "http response", path, RETRIEVED, up=False)
    local = story.connect(430, PC, SERVER, 8080)
    for index, item in enumerate([item for item in story.sent if item.path == "/dh/upload"][:2]):
        path = f"/pic/{index}.jpg"
        answer = web.response(item.picture.data, "image/jpeg", story.date(430), server="Jetty(9.4.z)")
        story.ask(local, web.request("GET", path, f"{SERVER.ip4}:8080", browser), answer, 20)
        story.carry(local, [item.picture], "http response", path, MOVED, up=False)


def _labels(story: Story) -> None:
    """The office PC opens the pages of the boxes: each says what it is called. The router asks for a login first."""
    agent = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/124.0 Safari/537.36"}
    pages = (
        (ROUTER, 80, "旺小宝路由器", "TP-LINK HTTPD/1.0"),
        (SWITCH, 80, "旺小宝交换机", "Web-Server"),
        (TERMINAL, 80, "旺小宝人证机", "lighttpd"),
        (SERVER, 8080, "旺小宝服务器", "Jetty(9.4.z)"),
    )
    for index, (host, port, title, server) in enumerate(pages):
        at = 460 + index * 8
        talk = story.connect(at, PC, host, port)
        address = host.ip4 if port == 80 else f"{host.ip4}:{port}"
        html = f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title></head></html>'.encode()
        if host == ROUTER:
            asked = web.response(b"", "text/html", story.date(at), "401 Unauthorized", server)
            asked = asked.replace(b"\r\nDate:", b'\r\nWWW-Authenticate: Basic realm="TP-LINK Router"\r\nDate:', 1)
            story.ask(talk, web.request("GET", "/", address, agent), asked)
        answer = web.response(html, "text/html; charset=utf-8", story.date(at), server=server)
        story.ask(talk, web.request("GET", "/", address, agent), answer, 900)


def browse(story: Story, shift: float = 0.0) -> None:
    """Phone and PC read news (one picture with a face, two without) and use services over TLS."""
    news = [
        ("/img/people.jpg", "image/jpeg", _picture(portrait(7001, 300), 7001, "news", face=True)),
        (
            "/img/street.webp",
            "image/webp",
            Picture(encode(scene(7002), "WEBP"), "webp", (640, 360), face=False, origin="news"),
        ),
        (
            "/img/map.png",
            "image/png",
            Picture(encode(scene(7003, (160, 90)), "PNG"), "png", (160, 90), face=False, origin="news"),
        ),
    ]
    html = "<!doctype html><title>新闻</title>" + "".join(f'<p>demo</p><img src="{path}">' for path, _, _ in news)
    for host, at in ((PC, 70 + shift), (PHONE, 210 + shift)):
        story.look_up(at, host, NEWS)
        talk = story.connect(at, host, NEWS, closed_by="server")
        agent = {"User-Agent": "Mozilla/5.0 (Linux; Android 14)" if host == PHONE else "Mozilla/5.0 (Windows NT 10.0)"}
        answer = web.response(html.encode(), "text/html; charset=utf-8", story.date(at), chunk=700)
        story.ask(talk, web.request("GET", "/", NEWS.name, agent), answer)
        for path, kind, picture in news:
            story.ask(
                talk, web.request("GET", path, NEWS.name, agent), web.response(picture.data, kind, story.date(at)), 40
            )
            story.carry(talk, [picture], "http response", path, RETRIEVED, up=False)
    for index, (host, server, down) in enumerate(
        ((PC, PORTAL, 90_000), (PHONE, CHAT, 6_000), (PHONE, PORTAL, 40_000), (PC, CHAT, 3_000))
    ):
        at = 130 + index * 75 + shift
        story.look_up(at, host, server)
        talk = story.connect(at, host, server, 443)
        for step in range(3):
            body = bytes(story.rng.integers(0, 256, down // (step + 1), dtype="u1"))
            request = web.request("GET", f"/{step}", server.name, {"User-Agent": "Mozilla/5.0"})
            story.ask(talk, request, web.response(body, "application/octet-stream", story.date(at)), 300)
        story.seal(talk, old=index == 3)
