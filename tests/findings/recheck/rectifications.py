"""Made rectifications: an office before and after, packet by packet; true ones, and faked in ways of which each is told.

Nothing here imports netaudit. Cameras, sizes, delays, rhythms, endpoints and what else runs are drawn by a seed. What
hides its content is a TLS of which only the shape is right: hello, records of random bytes, an answer to each.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pcaps.lab import photos, web
from tests.site import SECOND, START, Machine, Site

if TYPE_CHECKING:
    from pathlib import Path

WEEKS = 8 * 7 * 24 * 3600
TRUE = ("stopped", "local only", "blocked")
FAKES = (
    "tls", "other endpoint", "other device", "smaller", "video", "vectors", "night", "bulk", "avoids", "hot spot",
    "other port", "tls elsewhere", "camera gone", "other path",
)  # fmt: skip
CLOUDS = ("47.96.10.20", "121.40.77.19", "39.105.8.61", "101.37.12.90")


@dataclass
class Office:
    """What is drawn once, for both visits."""

    random: random.Random
    cameras: list[Machine]
    server: Machine | None
    phone: Machine
    cloud: tuple[str, str]
    other: tuple[str, str]
    heart: tuple[str, str]
    faces: list[bytes]
    delay: float
    passes: int
    share: float  # of the passes that are uploaded
    encrypted: bool
    beat: float
    shapes: dict[int, bytes] = field(default_factory=dict)


def office(seed: int) -> Office:
    """One office by its seed."""
    draw = random.Random(seed)
    count = draw.choice((1, 1, 2, 3))
    cameras = [Machine(f"08:54:11:{seed % 250:02x}:61:{k:02x}", f"192.168.1.{60 + k}") for k in range(count)]
    server = Machine(f"f8:b1:56:{seed % 250:02x}:20:30", "192.168.1.10") if draw.random() < 0.4 else None
    size = draw.choice((160, 200, 240))
    names = draw.sample(("face.example.cn", "in.shop.example.com", "up.office.example.net", "api.vis.example.cn"), 2)
    clouds = draw.sample(CLOUDS, 3)
    return Office(
        draw, cameras, server, Machine("9a:21:5e:0c:77:31", "192.168.1.120", name="Mate-60", vendor_class="HUAWEI:android"),
        (names[0], clouds[0]), (names[1], clouds[1]), ("time.example.org", clouds[2]),
        [photos.jpeg(photos.portrait(draw.randrange(12), size), draw.randrange(12)) for _ in range(3)],
        draw.uniform(0.2, 6), draw.randint(8, 16), draw.choice((1.0, 1.0, 0.9, 0.8)), draw.random() < 0.3,
        draw.uniform(15, 60),
    )  # fmt: skip


def record(kind: int, body: bytes) -> bytes:
    """A TLS record."""
    return struct.pack("!BHH", kind, 0x0303, len(body)) + body


def hello(name: str, draw: random.Random) -> bytes:
    """A ClientHello with a server name."""
    host = name.encode()
    sni = struct.pack("!HHBH", len(host) + 5, len(host) + 3, 0, len(host)) + host
    extensions = struct.pack("!HH", 0, len(sni))[:2] + struct.pack("!H", len(sni)) + sni
    extensions += struct.pack("!HHBH", 43, 3, 2, 0x0304)
    body = b"\x03\x03" + draw.randbytes(32) + b"\x20" + draw.randbytes(32) + b"\0\2\x13\x01\1\0"
    body += struct.pack("!H", len(extensions)) + extensions
    return record(22, b"\1" + struct.pack("!I", len(body))[1:] + body)


def server_hello(draw: random.Random) -> bytes:
    """A ServerHello of TLS 1.3 and what comes encrypted behind it."""
    extensions = struct.pack("!HHH", 43, 2, 0x0304)
    body = b"\x03\x03" + draw.randbytes(32) + b"\x20" + draw.randbytes(32) + b"\x13\x01\0" + struct.pack("!H", len(extensions)) + extensions  # fmt: skip
    return record(22, b"\2" + struct.pack("!I", len(body))[1:] + body) + record(20, b"\1") + record(23, draw.randbytes(1200))  # fmt: skip


def hidden(site: Site, who: Machine, to: tuple[str, str], sizes: list[int], draw: random.Random, port: int = 443) -> None:  # fmt: skip
    """Uploads in one TLS connection."""
    turns = [(hello(to[0], draw), server_hello(draw)), (record(20, b"\1") + record(23, draw.randbytes(53)), record(23, draw.randbytes(200)))]  # fmt: skip
    for size in sizes:
        left, body = size, b""
        while left > 0:
            body += record(23, draw.randbytes(min(left, 16384) + 17))
            left -= 16384
        turns.append((body, record(23, draw.randbytes(90))))
    site.talk(who, to[1], *turns, port=port)


def clear(site: Site, who: Machine, to: tuple[str, str], picture: bytes, path: str = "/api/v1/face/upload", port: int = 80) -> None:  # fmt: skip
    """One picture by HTTP."""
    asked = web.request("POST", path, to[0], {"Content-Type": "image/jpeg"}, picture)
    said = web.response(b'{"code":0}', "application/json", "Thu, 28 May 2026 20:26:40 GMT", "200 OK")
    site.talk(who, to[1], (asked, said), port=port)


def visit(made: Office, path: Path, way: str, *, later: bool) -> list[tuple[float, str]]:
    """Write one visit; gives its marks (seconds since 1970, text)."""
    draw = made.random
    site = Site()
    site.now = begin = START + later * WEEKS * SECOND
    events: list[tuple[float, str, int]] = []
    at = 120.0
    marks = []
    for n in range(made.passes):
        at += draw.uniform(50, 140)
        marks.append((begin / SECOND + at, f"pass {n + 1}"))
        if draw.random() < made.share:
            events.append((at + made.delay, "upload", n))
    end = at + 300
    for _ in range(draw.randint(0, 6) + 3 * (way == "avoids")):  # visitors whom nobody marked
        when = draw.uniform(5, end)
        if all(not -2 < when - (mark - begin / SECOND) < 40 for mark, _ in marks):
            events.append((when, "upload unmarked", draw.randrange(99)))
    if way == "avoids":
        events = [one for one in events if one[1] != "upload"]
        quiet = [t for t in (draw.uniform(5, end) for _ in range(400)) if all(not -2 < t - (m - begin / SECOND) < 40 for m, _ in marks)]  # fmt: skip
        events += [(t, "upload unmarked", k) for k, t in enumerate(quiet[:20])]
    if way in {"night", "bulk"}:
        stored = [one for one in events if one[1] == "upload"]
        events = [one for one in events if one[1] != "upload"]
        begun = 14 * 3600.0 if way == "night" else end - 60  # captured on until the night
        events += [(begun + 0.7 * k, "upload", n) for k, (_, _, n) in enumerate(stored)]
    beats = made.beat if way != "night" else made.beat * 8
    last = max(when for when, _, _ in events) + 30 if events else end
    events += [(t, "beat", k) for k, t in enumerate(_every(draw, beats, max(end, last)))]
    events += [(draw.uniform(0, end), "phone", k) for k in range(draw.randint(0, 4))]
    for machine in (*made.cameras, made.phone, *([made.server] if made.server else [])):
        if not (way == "camera gone" and machine in made.cameras):
            site.arp(machine)
    for when, what, n in sorted(events):
        site.now = max(site.now, begin + int(when * SECOND))
        _happens(site, made, what, n, way)
    site.write(path)
    return marks


def _every(draw: random.Random, rest: float, end: float) -> list[float]:
    times, at = [], draw.uniform(1, rest)
    while at < end:
        times.append(at)
        at += rest * draw.uniform(0.9, 1.1)
    return times


def _happens(site: Site, made: Office, what: str, n: int, way: str) -> None:
    draw, camera = made.random, made.cameras[n % len(made.cameras)]
    sender = made.server or camera
    picture = made.faces[n % len(made.faces)]
    if what == "beat":
        for machine in (*made.cameras, *([made.server] if made.server else [])):
            if way == "camera gone" and machine in made.cameras:
                continue
            if way == "hot spot" and machine is sender:
                if machine in made.cameras and not made.server:
                    continue  # its own network now
                site.talk(machine, "192.168.1.1", (web.request("GET", "/", "192.168.1.1", {}, b""), web.response(b"ok", "text/plain", "x", "200 OK")))  # fmt: skip
                continue
            hidden(site, machine, made.heart, [draw.randint(180, 320)], draw)
        return
    if what == "phone":
        hidden(site, made.phone, ("news.example.org", "115.236.112.30"), [draw.randint(300, 900)], draw)
        return
    if way == "camera gone":
        return
    if made.server and way != "local only":
        clear(site, camera, ("192.168.1.10", made.server.ip), picture, "/push", 8080)
    _leaves(site, made, sender, picture, way)


def _leaves(site: Site, made: Office, sender: Machine, picture: bytes, way: str) -> None:
    """What becomes of a picture."""
    draw, size = made.random, len(picture)
    hide = made.encrypted
    if way in TRUE or way == "hot spot":
        return
    target = made.other if way in {"other endpoint", "tls elsewhere"} else made.cloud
    if way == "other device":
        sender = made.phone
    if way in {"tls", "tls elsewhere"}:
        hidden(site, sender, target, [size + 300], draw)
    elif way == "vectors":
        body = draw.randbytes(512)
        if hide:
            hidden(site, sender, target, [700], draw)
        else:
            asked = web.request("POST", "/v", target[0], {"Content-Type": "application/octet-stream"}, body)
            site.talk(sender, target[1], (asked, web.response(b"{}", "application/json", "x", "200 OK")))
    elif way == "video":
        hidden(site, sender, target, [draw.randint(60_000, 90_000) for _ in range(3)], draw, 8554)
    elif hide:
        hidden(site, sender, target, [size // 4 if way == "smaller" else size + 300], draw, 8443 if way == "other port" else 443)  # fmt: skip
    else:
        small = photos.jpeg(photos.portrait(1, 90), 1) if way == "smaller" else picture
        clear(site, sender, target, small, "/x" if way == "other path" else "/api/v1/face/upload", 8081 if way == "other port" else 80)  # fmt: skip


def notes(path: Path, marks: list[tuple[float, str]]) -> Path:
    """Marks as a file of moments."""
    import datetime

    rows = (f"{datetime.datetime.fromtimestamp(ts, datetime.UTC).isoformat()},{text}\n" for ts, text in marks)
    path.write_text("time,text\n" + "".join(rows))
    return path
