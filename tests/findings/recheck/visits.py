"""Visits made of numbers, for asking what is said of them."""

from __future__ import annotations

from collections import defaultdict

from netaudit.findings.recheck.visit import SECOND, Channel, Device, Sending, Visit

CAMERA, SERVER, PHONE, MINUTE = "08:54:11:00:00:01", "f8:b1:56:00:00:02", "02:aa:00:00:00:03", 60 * SECOND
LATER = 14 * 24 * 3600 * SECOND


def device(mac: str = CAMERA, ip: str = "192.168.1.64", *, serial: str = "", role: str = "capture device") -> Device:
    return Device(mac, frozenset({mac}), frozenset({ip}), "Hikvision", "", serial, "", "", role)


def channel(
    who: str, name: str, sent: list[tuple[int, int, str]], finding: str = "", ip: str = "47.96.10.20"
) -> Channel:
    """Sendings are (ns, bytes, form)."""
    made = Channel(who, name, ips={ip}, names={name}, up=sum(size for _, size, _ in sent) + 100, down=900)
    made.sent = [Sending(*one) for one in sorted(sent)]
    if finding:
        made.findings[finding] = {"F1"}
    return made


def visit(start: int, channels: list[Channel], *, passes: int = 12, devices: list[Device] | None = None, text: str = "pass {}", **more) -> Visit:  # fmt: skip
    """Passes every two minutes from the second on; whoever has a channel is heard all the time."""
    end = start + (2 * passes + 6) * MINUTE
    heard = defaultdict(list)
    for one in channels:
        heard[one.device].append((start, end))
        one.spans = one.spans or ([(start, end)] if one.down or one.inside else [])
    given = {
        "names": ["case"], "sides": frozenset({"lan"}), "spans": [(start, end)],
        "marks": [(start + 2 * (k + 1) * MINUTE, text.format(k)) for k in range(passes)],
        "devices": {one.device_id: one for one in devices or [device()]},
        "channels": {(one.device, one.endpoint): one for one in channels},
        "heard": heard, "limits": [],
    }  # fmt: skip
    return Visit(**(given | more))


def after_passes(start: int, form: str = "face", size: int = 20_000, *, passes: int = 12, delay: int = 3) -> list[tuple[int, int, str]]:  # fmt: skip
    """One sending after each pass."""
    return [(start + 2 * (k + 1) * MINUTE + delay * SECOND, size + k, form) for k in range(passes)]


def beats(start: int, passes: int = 12) -> Channel:
    """A heartbeat every half minute."""
    sent = [(start + k * 30 * SECOND, 220, "hidden") for k in range(4 * passes + 8)]
    return channel(CAMERA, "time.example.org", sent, ip="121.40.77.19")


def office(start: int = SECOND, **more) -> Visit:
    """A camera that sends a face after each pass, and beats."""
    return visit(start, [channel(CAMERA, "face.example.cn", after_passes(start), "uploaded"), beats(start)], **more)
