"""News for tests: one of each kind, and hostile ones."""

from __future__ import annotations

from netaudit.findings.vocabulary import kind_of
from netaudit.pipeline.live.news import (
    AlertNews,
    CountNews,
    DeviceNews,
    EndpointNews,
    MomentNews,
    Note,
    Rate,
    UploadNews,
)
from tests.findings.kinds import rule_of

T0 = 1_777_608_000_000_000_000  # 2026-05-01 12:00:00 +08:00
S = 1_000_000_000
HOSTILE = "\x1b[2J\x1b]0;owned\x07[bold red]oops[/] \u202e\ud800\x00\r\n" + "A" * 5000


def rate(elapsed: float = 12.0, **more) -> Rate:
    given = {
        "elapsed_s": elapsed, "ts": T0 + int(elapsed * S), "packets": 1234, "bytes": 987_654, "packets_per_s": 850.5,
        "bits_per_s": 8_300_000.0, "drops_kernel": 0, "drops_interface": None, "drops_own": 0, "recorded_files": 2,
        "recorded_bytes": 990_000, "behind_bytes": 0, "images_waiting": 0, "disk_free": 120 << 30,
    }  # fmt: skip
    return Rate(**(given | more))


def upload(number: int = 1, **more) -> UploadNews:
    given = {
        "ts": T0 + number * S, "seen_ts": T0 + number * S + 400_000_000, "sender_ip": "192.168.1.64",
        "receiver_ip": "47.96.10.20", "receiver_name": "face.cloud.example", "service": "", "scope": "outside",
        "kind": "jpeg", "size": 48_213, "face": "yes", "certainty": "A", "act": "uploaded outside", "clear": True,
        "object_id": f"{number:032x}", "flow_id": "f" * 32,
    }  # fmt: skip
    return UploadNews(**(given | more))


def device(number: int = 64, **more) -> DeviceNews:
    given = {
        "device_id": f"02:00:00:00:00:{number % 100:02d}", "mac": f"02:00:00:00:00:{number % 100:02d}",
        "ip": f"192.168.1.{number}", "name": "hall", "vendor": "Hikvision", "device_class": "face_capture_camera",
        "model": "DS-2CD8A26", "confidence": "declared",
    }  # fmt: skip
    return DeviceNews(**(given | more))


def endpoint(**more) -> EndpointNews:
    given = {
        "ip": "47.96.10.20", "name": "face.cloud.example", "country": "CN", "service": "Alibaba Cloud OSS",
        "service_class": "object_store", "scope": "outside",
    }  # fmt: skip
    return EndpointNews(**(given | more))


def alert(**more) -> AlertNews:
    given = {
        "certainty": "A", "act": "uploaded outside", "sender_ip": "192.168.1.64", "receiver": "47.96.10.20",
        "images": 3, "reason": "clear?n=3&m=2",
    }  # fmt: skip
    made = given | more
    rule = rule_of(made["act"], made["certainty"])
    return AlertNews(**({"kind": kind_of(made | {"rule": rule}).name} | made))


def count(**more) -> CountNews:
    given = {
        "sender_ip": "192.168.1.64", "receiver_ip": "47.96.10.20", "receiver_name": "face.cloud.example", "devices": 1,
        "uploads": 71, "bytes_low": 3_100_000, "bytes_high": 3_100_000, "first_ts": T0, "last_ts": T0 + 4000 * S,
        "hours_from": T0, "per_hour": (60, 11), "shape": "single", "moments": 6, "followed": 6, "window_s": 3,
        "p": 0.001, "standing": "claimed",
    }  # fmt: skip
    return CountNews(**(given | more))


def everything():
    return [
        rate(), upload(), upload(2, clear=False, kind="", face="", certainty="D"), device(), endpoint(), alert(), count(),
        MomentNews(1, T0, "测试人员经过门口摄像头"), Note("info", "vantage", {"side": "lan"}), Note("warning", "no such code", {"n": 3}),
    ]  # fmt: skip


def hostile():
    texts = HOSTILE
    return [
        upload(sender_ip=texts, receiver_ip=texts, receiver_name=texts, service=texts, kind=texts, face=texts,
               object_id=texts, size=-(1 << 62), ts=1 << 62, scope=texts),
        device(device_id=texts, mac=texts, ip=texts, name=texts, vendor=texts, device_class=texts, model=texts, confidence=texts),
        endpoint(ip=texts, name=texts, country=texts, service=texts, service_class=texts, scope=texts),
        count(sender_ip=texts, receiver_ip=texts, receiver_name=texts, shape=texts, uploads=-1, per_hour=(),
              hours_from=1 << 62, bytes_high=1 << 62, p=None),
        count(sender_ip="", per_hour=(-1,), p=5e-324),
        alert(sender_ip=texts, receiver=texts, images=-1, reason=texts),
        MomentNews(-5, -1, texts), Note("error", texts, {texts: texts, "side": texts}), Note("warning", "vantage", {}),
        rate(elapsed_s=float("inf"), ts=1 << 62, packets=1 << 62, bits_per_s=float("nan"), drops_kernel=None, drops_own=-1),
    ]  # fmt: skip
