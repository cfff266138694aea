"""Cases made up in memory: empty, an ordinary office, hostile, huge."""

from __future__ import annotations

import functools
import io

import pyarrow as pa

from netaudit.core.schema import BY_NAME, PERSONS_CLEAR
from netaudit.findings.summary import summarise
from tests.findings.kinds import rule_of

T0 = 1_760_925_600_000_000_000  # 2025-10-20 02:00:00 UTC
SECOND = 1_000_000_000
MINUTE = 60 * SECOND

CAMERA, CAMERA_2, SERVER, PC = "192.168.1.21", "192.168.1.22", "192.168.1.10", "192.168.1.77"
CLOUD, STORE = "47.96.10.20", "47.96.10.21"
CAMERA_6 = "2408:8256:3289:ab12:4619:b6ff:fe00:21"


@functools.cache
def jpeg(seed: int, edge: int = 12) -> bytes:
    """A JPEG of coarse blocks, as a pixelated thumbnail looks."""
    from PIL import Image

    small = Image.new("RGB", (edge, edge))
    small.putdata(
        [
            ((seed * 37 + 11 * n) % 200 + 40, (seed * 17 + 7 * n) % 180 + 40, (n * n + seed) % 160 + 50)
            for n in range(edge * edge)
        ]
    )
    out = io.BytesIO()
    small.resize((96, 96), Image.Resampling.NEAREST).save(out, "JPEG", quality=70)
    return out.getvalue()


class FakeCase:
    """What the report needs of a case."""

    def __init__(self, rows=None, manifest=None, thumbnails=True, objects=None):
        rows = rows or {}
        self.manifest = {"netaudit_version": "0.1.0", "tables_version": 1, "partial": False, **(manifest or {})}
        self.tables = {name: filled(name, rows.get(name, [])) for name in BY_NAME}
        self.folder = None
        self.thumbnails = thumbnails
        self.objects = objects or {}
        self.logged = []
        self.clear = []
        self.decisions = {}

    def table(self, name, columns=None):
        return self.tables[name] if columns is None else self.tables[name].select(columns)

    @property
    def summary(self):
        return summarise(self)

    @property
    def zone(self):
        return self.summary.period.zone

    def object_path(self, sha256):
        return self.objects.get(sha256)

    def thumbnail(self, sha256):
        if callable(self.thumbnails):
            return self.thumbnails(sha256)
        return jpeg(int(sha256[:2], 16) % 32) if self.thumbnails else None

    def clear_picture(self, sha256, side):
        path = self.object_path(sha256)
        return path.read_bytes() if path else None

    def clear_table(self):
        return pa.Table.from_pylist(self.clear, schema=PERSONS_CLEAR.schema())

    def decided(self, lines: int | None = None):
        return self.decisions

    def log_unmasking(self, what):
        self.logged.append(what)


def filled(name, rows):
    """Rows given by some of their columns as the whole table; the others are null."""
    table = BY_NAME[name]
    unknown = {column for row in rows for column in row} - set(table.names)
    assert not unknown, unknown
    return pa.table(
        {column.name: [row.get(column.name) for row in rows] for column in table.columns}, schema=table.schema()
    )


def sha(n):
    return f"{n % 256:02x}" + f"{n:062x}"


def capture(**changes):
    return {
        "capture_id": "0123456789abcdef",
        "name": "lan.pcapng",
        "size": 35_123_456,
        "sha256": sha(99),
        "file_format": "pcapng, little-endian, ns",
        "compression": "none",
        "link_types": ["Ethernet"],
        "interfaces": ["eth0"],
        "packets_read": 1000,
        "packets_decoded": 950,
        "wire_bytes": 900_000,
        "captured_bytes": 900_000,
        "first_ts": T0,
        "last_ts": T0 + 60 * MINUTE,
        "drops": None,
        "damage": [],
        **changes,
    }


def finding(**changes):
    made = _finding(**changes)
    return {"rule": rule_of(made["act"], made["certainty"])} | made


def _finding(**changes):
    return {
        "finding_id": "f0e1d2c3b4a59687",
        "certainty": "A",
        "act": "uploaded outside",
        "sender": CAMERA,
        "sender_role": "capture device",
        "role_reason": "camera_path?path=%2FVIID%2F",
        "receiver": CLOUD,
        "endpoint_id": CLOUD,
        "images": 3,
        "distinct_images": 2,
        "bytes": 345_678,
        "first_ts": T0 + 5 * MINUTE,
        "last_ts": T0 + 25 * MINUTE + 123_000_000,
        "capture_ids": ["0123456789abcdef"],
        "object_ids": ["o0", "o1", "o2"],
        "flow_ids": ["w0"],
        "display_filter": f"ip.addr=={CAMERA} && ip.addr=={CLOUD} && tcp.port==80",
        "reason": "clear_for?n=3&m=2&hosts=api.example.cn",
        **changes,
    }


def claim(what, value, standing="taken", strength="declared", **changes):
    return {
        "device_id": "44:19:b6:00:00:21", "claim": what, "value": value, "standing": standing, "strength": strength,
        "by": "some", "origin": "netaudit", "provenance": "documented", "source": "facts 3.1 (form)",
        "facts": ["sadp.Types=inquiry"], "evidence": ["0123456789abcdef:57"], **changes,
    }  # fmt: skip


def office():
    """A site with an upload of each certainty, a retrieval, a move inside and encrypted uploads."""
    objects, messages, evidence, images = [], [], [], []
    for n in range(40):
        objects.append(
            {
                "object_id": f"o{n}",
                "message_id": f"m{n}",
                "sha256": sha(n),
                "size": 80_000 + n,
                "kind": "jpeg",
                "complete": n % 9 != 0,
                "missing": [] if n % 9 else ["1460-2920", "70000-?"],
            }
        )
        messages.append(
            {
                "message_id": f"m{n}",
                "flow_id": "w0",
                "first_ts": T0 + (5 + n) * MINUTE + n * n * SECOND,
                "protocol": "http",
            }
        )
        evidence.append(
            {
                "object_id": f"o{n}",
                "capture_id": "0123456789abcdef",
                "first_frame": 100 + 50 * n,
                "last_frame": 140 + 50 * n,
                "frames": f"{100 + 50 * n}-{120 + 50 * n},{130 + 50 * n}-{140 + 50 * n}",
            }
        )
        images.append(
            {
                "sha256": sha(n),
                "kind": "jpeg",
                "size": 80_000 + n,
                "width": 640,
                "height": 480,
                "complete": n % 9 != 0,
                "decodable": True,
                "exif_make": "ACME" if n % 5 == 0 else "",
                "exif_model": "FaceCam 3" if n % 5 == 0 else "",
                "exif_time": "2025:10:20 10:05:00" if n % 5 == 0 else "",
                "face": ("yes", "yes", "possible", "no")[n % 4],
                "n_faces": 1 if n % 4 < 2 else 0,
                "face_score": 0.91 if n % 4 < 2 else None,
                "n_seen": 1 + n % 3,
                "first_ts": T0 + (5 + n) * MINUTE,
            }
        )
    flows = [
        {
            "flow_id": f"w{n}",
            "capture_id": "0123456789abcdef",
            "transport": "tcp",
            "client_ip": CAMERA_2,
            "client_port": 50000 + n,
            "server_ip": STORE,
            "server_port": 443,
            "first_ts": T0 + 10 * n * MINUTE,
            "last_ts": T0 + (10 * n + 4) * MINUTE,
            "first_frame": 12 + 100 * n,
            "last_frame": 400 + 90 * n,
            "payload_up": 1_200_000,
            "payload_down": 9000,
            "delivered_up": 1_190_000,
            "delivered_down": 9000,
            "duplicate_up": 10_000,
            "duplicate_down": 0,
            "missing_up": 1460,
            "unread_up": 1_190_000,
            "server_name": "store.example.cn",
            "bursts_up": [12, 3, 9, 2, 0],
        }
        for n in range(4)
    ]
    findings = [
        finding(object_ids=[f"o{n}" for n in range(20)], images=20, distinct_images=20),
        finding(
            finding_id="b111111111111111",
            certainty="B",
            object_ids=["o27", "o36"],
            images=2,
            sender=SERVER,
            sender_role="server",
            role_reason="passed_on?n=7&m=2",
            first_ts=T0 + 30 * MINUTE,
            last_ts=T0 + 30 * MINUTE,
        ),
        finding(
            finding_id="a222222222222222",
            act="moved inside",
            sender=CAMERA,
            receiver=SERVER,
            endpoint_id=SERVER,
            object_ids=[f"o{n}" for n in range(20, 27)],
            images=7,
        ),
        finding(
            finding_id="a333333333333333",
            act="retrieved from outside",
            sender=CLOUD,
            sender_role="viewer",
            role_reason="desktop?agent=Mozilla%2F5.0+%28Windows+NT+10.0%29",
            receiver=PC,
            endpoint_id=CLOUD,
            object_ids=["o30"],
            images=1,
        ),
        finding(
            finding_id="d444444444444444",
            certainty="D",
            sender=CAMERA_2,
            receiver=STORE,
            endpoint_id=STORE,
            images=0,
            distinct_images=0,
            bytes=4_800_000,
            object_ids=[],
            flow_ids=["w0", "w1", "w2", "w3"],
            display_filter="tcp.port==443 && ip.addr==47.96.10.21",
            reason="encrypted to store.example.cn: 4800000 bytes up in 4 connections, bursts 48 × < 8 KiB; content not visible, consistent with an upload",
        ),
    ]
    findings.append(
        finding(finding_id="a555555555555555", sender=CAMERA_6, object_ids=[f"o{n}" for n in range(31, 35)], images=4)
    )
    endpoints = [
        {"endpoint_id": ip, "ip": ip, "scope": "outside" if ip in (CLOUD, STORE) else "inside", "names": names, "country": "CN" if ip in (CLOUD, STORE) else "", "service": service, "macs": [mac], "bytes_sent": n * 1000, "bytes_received": n * 9000}
        for n, (ip, names, service, mac) in enumerate([
            (CAMERA, [], "", "44:19:b6:00:00:21"), (CAMERA_2, [], "", "44:19:b6:00:00:22"), (SERVER, ["face-server.local"], "", "00:0c:29:00:00:10"),
            (PC, [], "", "3c:52:82:00:00:77"), (CLOUD, ["api.example.cn", "upload.example.cn"], "", "00:00:5e:00:01:01"), (STORE, ["store.example.cn"], "object store", "00:00:5e:00:01:01"),
        ], 1)
    ]  # fmt: skip
    devices = [
        {
            "device_id": "44:19:b6:00:00:21", "macs": ["44:19:b6:00:00:21"], "ips": [CAMERA, CAMERA_6],
            "name": "HIK-DS-2CD8A26", "vendor": "Hikvision", "vendor_confidence": "declared",
            "class": "face_capture_camera", "class_confidence": "strong", "product": "ISAPI face capture",
            "model": "DS-2CD8A26", "serial": "DS-2CD8A26AAWREXAMPLE01", "firmware": "V5.7.0",
            "role_hint": "capture device", "first_ts": T0, "last_ts": T0 + 50 * MINUTE,
            "chain": ["captures"], "behind": 2, "reasons": [],
            "evidence": ["0123456789abcdef:57", "0123456789abcdef:58", "0123456789abcdef:10", "no frame"],
        },
        {
            "device_id": "44:19:b6:00:00:22", "macs": ["44:19:b6:00:00:22"], "ips": [CAMERA_2], "name": "",
            "vendor": "", "vendor_confidence": "unknown", "class": "ip_camera", "class_confidence": "weak",
            "reasons": [], "evidence": [],
        },
        {
            "device_id": "3c:52:82:00:00:77", "macs": ["3c:52:82:00:00:77"], "ips": [PC], "name": "", "vendor": "HP",
            "vendor_confidence": "weak", "class": "", "class_confidence": "unknown", "reasons": [], "evidence": [],
        },
    ]  # fmt: skip
    claims = [
        claim("vendor", "Hikvision", by="hikvision-sadp"),
        claim("model", "DS-2CD8A26", by="hikvision-sadp"),
        claim(
            "class",
            "ip_camera",
            "supports only",
            "weak",
            by="hik-name",
            provenance="hearsay",
            facts=["dhcp.hostname=HIK"],
            evidence=["0123456789abcdef:10"],
        ),
        claim(
            "class",
            "nvr",
            "contradicts",
            "strong",
            by="x-nvr",
            provenance="code",
            facts=["dhcp.vendor_class=x"],
            evidence=[""],
        ),
        claim("class", "switch", "contradicts", "strong", by="x-switch", provenance="code", origin="added"),
        claim(
            "chain",
            "captures",
            by="rule: class",
            provenance="rule",
            source="",
            facts=["class=face_capture_camera", "face images=20"],
            evidence=["", ""],
        ),
        *(claim("product", f"line {n}", "outvoted", "weak", by=f"z-{n}") for n in range(3)),
    ]
    manifest = {
        "site": "滨江售楼处",
        "created_utc": "2025-10-20T08:15:00Z",
        "options": {"faces": True, "inside": ["192.168.1.0/24"], "since": None},
        "vantage": {
            "side": "LAN",
            "reasons": [{"code": "arp_private", "hosts": 6}, {"code": "private_to_public", "hosts": 4}],
            "inside": ["192.168.1.0/24"],
        },
        "rejected": [{"name": "readme.txt", "problem": "is no capture"}],
        "reader_failures": ["http: flow w2: index out of range"],
        "clock": {
            "source": "HTTP Date",
            "samples": 41,
            "median_offset_s": -0.4,
            "lowest_offset_s": -0.9,
            "highest_offset_s": 0.6,
        },
    }
    skipped = [
        {"capture_id": "0123456789abcdef", "reason": "control_frame", "packets": 30},
        {"capture_id": "0123456789abcdef", "reason": "linktype_unknown", "packets": 20},
    ]
    captures = [
        capture(),
        capture(
            capture_id="fedcba9876543210",
            name="wan.pcap",
            sha256=sha(98),
            packets_read=10,
            packets_decoded=10,
            drops=12,
            damage=["at byte 3,200: record header is not plausible, 812 bytes lost"],
            first_ts=T0 + 20 * MINUTE,
            last_ts=T0 + 50 * MINUTE,
        ),
    ]
    return FakeCase(
        {
            "captures": captures,
            "skipped": skipped,
            "flows": flows,
            "messages": messages,
            "objects": objects,
            "evidence": evidence,
            "images": images,
            "endpoints": endpoints,
            "findings": findings,
            "devices": devices,
            "claims": claims,
        },
        manifest,
    )


HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "\u202egnp.exe", "a\x00b\x1b[31mred\x07", "{{ 7*7 }}{% raw %}", "</style><svg onload=alert(1)>",
    "javascript:alert(1)", "https://evil.example/x.js", "'; DROP TABLE findings; --", "&lt;b&gt; &amp;", "\ufeff\u2066x\u2069\u200b", "𝔘" * 5, "x" * 1_000_000,
)  # fmt: skip


def hostile():
    """Every string column of every table and every string of the manifest holds an attack."""
    rows = {}
    for name, table in BY_NAME.items():
        rows[name] = []
        for n, attack in enumerate(HOSTILE):
            row = {}
            for column in table.columns:
                if column.kind == "string":
                    row[column.name] = attack
                elif column.kind == "list<string>":
                    row[column.name] = [attack] * 50
                elif column.kind in {"list<int64>", "list<float64>"}:
                    row[column.name] = [2**40] * n
                elif column.kind == "bool":
                    row[column.name] = None
                elif column.kind == "int32":
                    row[column.name] = (-(2**31), 2**31 - 1)[n % 2]
                elif column.kind == "float64":
                    row[column.name] = (float("nan"), float("inf"), -1e300)[n % 3]
                else:
                    row[column.name] = (-(2**62), 2**62, 0)[n % 3]
            rows[name].append(row)
        for n, row in enumerate(rows[name]):
            if "certainty" in row:
                row["certainty"] = ("A", "B", "C", "D", row["certainty"])[n % 5]
            if name == "findings":  # these are words of our own, and one that is unknown is refused
                row["act"], row["certainty"] = "uploaded outside", "ABCD"[n % 4]
                row["rule"] = rule_of(row["act"], row["certainty"])
            if "face" in row and n % 2:
                row["face"] = "yes"
    attack = "".join(HOSTILE[:12])
    manifest = {
        "site": attack,
        "netaudit_version": attack,
        "tables_version": attack,
        "options": {attack: attack, "zone": attack},
        "created_utc": attack,
        "rejected": [{"name": a, "problem": a} for a in HOSTILE],
        "vantage": {"side": attack, "reasons": list(HOSTILE), "inside": list(HOSTILE)},
        "clock": {attack: attack, "median_s": float("nan")},
        "partial": True,
    }
    return FakeCase(rows, manifest, thumbnails=lambda sha256: b"\xff\xd8\xff" + b'"><script>alert(2)</script>')


def huge(images=10_000, findings=5_000):
    """Many images, findings, flows and endpoints."""
    objects = [
        {"object_id": f"o{n}", "message_id": f"m{n}", "sha256": sha(n), "size": 1000, "kind": "jpeg", "complete": True}
        for n in range(images)
    ]
    messages = [{"message_id": f"m{n}", "flow_id": f"w{n}", "first_ts": T0 + n * SECOND} for n in range(images)]
    evidence = [
        {
            "object_id": f"o{n}",
            "capture_id": "0123456789abcdef",
            "first_frame": 10 * n + 1,
            "last_frame": 10 * n + 8,
            "frames": f"{10 * n + 1}-{10 * n + 3},{10 * n + 5}-{10 * n + 8}",
        }
        for n in range(images)
    ]
    pictures = [
        {
            "sha256": sha(n),
            "kind": "jpeg",
            "size": 1000,
            "width": 64,
            "height": 64,
            "complete": True,
            "decodable": True,
            "face": "yes",
            "n_faces": 1,
            "face_score": 0.9,
            "n_seen": 1,
            "first_ts": T0 + n * SECOND,
        }
        for n in range(images)
    ]
    flows = [
        {
            "flow_id": f"w{n}",
            "capture_id": "0123456789abcdef",
            "client_ip": f"10.0.{n % 200}.1",
            "client_port": 5000,
            "server_ip": f"47.1.{n % 100}.2",
            "server_port": 443,
            "payload_up": 1000,
            "delivered_up": 1000,
            "payload_down": 0,
            "delivered_down": 0,
            "bursts_up": [1, 1, 1, 1, 1],
            "first_ts": T0,
            "last_ts": T0,
            "first_frame": n,
            "last_frame": n,
        }
        for n in range(images)
    ]
    judged = [
        finding(finding_id=f"{n:016x}", certainty="AABD"[n % 4], sender=f"10.0.{n % 200}.1", receiver=f"47.1.{n % 100}.2", endpoint_id=f"47.1.{n % 100}.2", object_ids=[f"o{2 * n}", f"o{2 * n + 1}"] if n % 4 < 3 else [], flow_ids=[f"w{2 * n}"], images=2 if n % 4 < 3 else 0, first_ts=T0 + n * SECOND, last_ts=T0 + (n + 30) * SECOND)
        for n in range(findings)
    ]  # fmt: skip
    ends = [
        {
            "endpoint_id": f"47.1.{n}.2",
            "ip": f"47.1.{n}.2",
            "scope": "outside",
            "names": [f"n{n}.example.cn"],
            "country": "CN",
            "macs": [],
            "bytes_sent": n,
            "bytes_received": n,
        }
        for n in range(256)
    ]
    return FakeCase(
        {
            "captures": [capture()],
            "objects": objects,
            "messages": messages,
            "evidence": evidence,
            "images": pictures,
            "flows": flows,
            "findings": judged,
            "endpoints": ends,
        },
        {"verdict": {"zh": "…", "en": "…"}, "vantage": {"side": "LAN", "reasons": [], "inside": []}},
    )
