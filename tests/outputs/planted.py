"""A capture in which a made-up person stands wherever a capture can name somebody, in every notation."""

from __future__ import annotations

import base64
import io
import json
import struct
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import quote

from pcaps.lab import datagrams, photos
from tests.packets.frames import ethernet, ipv4, tcp, udp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("欧阳静怡", "仉志强")  # a compound family name, and one that few lists have
PINYIN = "ouyangjingyi"
PHONES = (
    "13912345678",
    "139-1234-5678",
    "139 1234 5678",
    "139.1234.5678",
    "139_1234_5678",
    "139/1234/5678",
    "86-139-1234-5678",
)
IDS = ("110101199003074530", "110101-19900307-4530", "110101 19900307 4530", "11010119900307453X")
PLATES = ("沪A8K6Q2", "沪A·8K6Q2", "粤B12345D")
PASSPORTS = ("E23456789", "EA1234567", "H12345678")
EVERYTHING = (*NAMES, PINYIN, *PHONES, *IDS, *PLATES, *PASSPORTS)
HOST, CLIENT, SERVER = "203.0.113.9", b"\xc0\xa8\x01\x0a", b"\xcb\x00\x71\x09"
START = 1_772_000_000 * 10**9
MAC = "02:00:00:00:00:01"


def picture() -> bytes:
    """A face: a portrait of the demo's photographs."""
    return photos.jpeg(photos.portrait(3, 240), 3)


def form(name: str, file: str, data: bytes, extra: str = "") -> tuple[str, bytes]:
    """A multipart body with one file, and its type."""
    head = f'--xx\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"{extra}\r\nContent-Type: image/jpeg\r\n\r\n'
    return "multipart/form-data; boundary=xx", head.encode() + data + b"\r\n--xx--\r\n"


def packed(member: str, data: bytes) -> bytes:
    """A zip file with one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(member, data)
    return out.getvalue()


def requests() -> Iterator[bytes]:
    """HTTP requests that name the person."""
    face = picture()
    coded = base64.b64encode(face).decode()
    for one in EVERYTHING:
        ways = {quote(one), quote(one, encoding="gbk"), quote(quote(one)), one.replace(" ", "%20")}
        escaped = "".join(f"%{byte:02x}" for byte in one.encode())
        words = one.encode() if len(one.encode()) > 10 else f"v={one};x".encode()
        ways |= {escaped, escaped.replace("%", "%25"), quote(base64.b64encode(words), safe=""), words.hex()}
        for way in sorted(ways):
            yield request(f"/upload/{way}.jpg", face, "image/jpeg")
            yield request(f"/api/{way}/photo?q={way}", face, "image/jpeg")
        yield request(f"/u/{one.replace(' ', '+')}.jpg".encode(), face, "image/jpeg")
        if not one.isascii():
            yield request(f"/u/{one}.jpg".encode("gbk"), face, "image/jpeg")
        yield request("/face", *reversed(form("file", f"{one}.jpg", face)))
        yield request("/face", *reversed(form(one, "a.jpg", face)))
        yield request("/face", *reversed(form("file", "a.jpg", face, f"; filename*=UTF-8''{quote(one)}.jpg")))
        yield request("/json", json.dumps({one: {"photo": coded}}, ensure_ascii=False).encode(), "application/json")
        yield request("/json", json.dumps({"title": one, "photo": coded}).encode(), "application/json")
        yield request("/zip", packed(f"{one.replace('/', '_')}.jpg", face), "application/zip")
        yield request("/agent", face, "image/jpeg", agent=f"App/1 ({one})", host=HOST)
        yield request("/host", face, "image/jpeg", host=f"{quote(one, safe='')}.example.cn")
    together = "&".join(
        f"{key}={quote(value)}"
        for key, value in (("姓名", NAMES[0]), ("phone", PHONES[3]), ("passport", PASSPORTS[0]), ("车牌号", PLATES[0]))
    )
    yield request(f"/query?{together}", face, "image/jpeg")
    person = {"name": NAMES[0], "idCard": IDS[0], "phone": PHONES[0], "plateNo": PLATES[0], "image": coded}
    yield request("/person/add", json.dumps(person, ensure_ascii=False).encode(), "application/json")


def request(path: str | bytes, body: bytes, kind: str, agent: str = "App/1", host: str = HOST) -> bytes:
    """One POST."""
    target = path if isinstance(path, bytes) else path.encode()
    head = f" HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return b"POST " + target + head.encode() + body


def frames() -> Iterator[bytes]:
    """Frames in their order: a lease, names asked for, then one connection for each request."""
    for one in (*NAMES, PINYIN, PHONES[0], PLATES[0]):
        options = [(12, f"{one}的手机".encode()), (81, b"\0\0\0" + one.encode())]
        yield datagram(datagrams.dhcp(3, 7, MAC, options=options), 68, 67)
        with_dots = f"{one}.local" if one.isascii() else f"{one[:20]}.local"
        yield datagram(question(with_dots.encode()), 40_000, 53)
    for number, said in enumerate(requests()):
        port, sent = 20_000 + number, 101
        yield segment(b"", port, 100, 0, 0x02)
        yield answer(b"", port, 500, 101, 0x12)
        yield segment(b"", port, 101, 501, 0x10)
        for at in range(0, len(said), 1400):
            piece = said[at : at + 1400]
            yield segment(piece, port, sent, 501, 0x18)
            sent += len(piece)
        yield answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", port, 501, sent, 0x18)
        yield segment(b"", port, sent, 539, 0x11)
        yield answer(b"", port, 539, sent + 1, 0x11)


def question(name: bytes) -> bytes:
    labels = b"".join(bytes([len(label)]) + label for label in name.split(b"."))
    return struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)


def datagram(data: bytes, sport: int, dport: int) -> bytes:
    return ethernet(ipv4(udp(data, sport, dport), 17, source=CLIENT, target=SERVER))


def segment(data: bytes, port: int, seq: int, ack: int, flags: int) -> bytes:
    return ethernet(ipv4(tcp(data, port, 80, seq, ack, flags), 6, source=CLIENT, target=SERVER))


def answer(data: bytes, port: int, seq: int, ack: int, flags: int) -> bytes:
    return ethernet(ipv4(tcp(data, 80, port, seq, ack, flags), 6, source=SERVER, target=CLIENT))


def write(path: Path) -> None:
    """The capture; its own name names the person, too."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)]
    for number, frame in enumerate(frames()):
        time = START + number * 1_000_000
        out.append(struct.pack("<IIII", time // 10**9, time % 10**9 // 1000, len(frame), len(frame)) + frame)
    path.write_bytes(b"".join(out))
