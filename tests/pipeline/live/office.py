"""A made-up engine that plays the demo office's news, for driving the screen without a capture.

python -m tests.pipeline.live.office zh        plays for a person; ends as the real engine does
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from netaudit.pipeline.live.news import AlertNews, MomentNews, Note, Show
from tests.pipeline.live import samples

CAMERAS = ((64, "Hikvision", "DS-2CD8A26", "hall"), (65, "Dahua", "IPC-HF8242", "door"))


def play(show: Show, log: Path | None = None, speed: float = 1.0) -> int:
    """News of the office until asked to stop; gives the number of moments stored."""
    began = time.monotonic()
    moments = tick = sent = 0
    show.show(Note("info", "warming"))
    while not show.stopping():
        now = time.time_ns()
        tick += 1
        if tick == 2:
            show.show(Note("info", "vantage", {"side": "lan"}))
            for number, vendor, model, name in CAMERAS:
                show.show(samples.device(number, device_id=name, vendor=vendor, model=model, name=name))
            show.show(
                samples.device(
                    10,
                    device_id="server",
                    vendor="",
                    device_class="face_server",
                    model="",
                    name="wxb-server",
                    confidence="strong",
                )
            )
            show.show(
                samples.device(
                    66,
                    device_id="terminal",
                    vendor="Uniview",
                    device_class="id_terminal",
                    model="",
                    name="",
                    confidence="weak",
                )
            )
            show.show(samples.endpoint())
            show.show(samples.endpoint(ip="101.37.8.9", name="iot.cloud.example", service="", service_class=""))
        if tick % 3 == 0:
            sent += 1
            face = "no" if sent % 4 == 0 else "yes"
            show.show(
                samples.upload(
                    sent,
                    ts=now,
                    seen_ts=now,
                    sender_ip=f"192.168.1.{64 + sent % 2}",
                    face=face,
                    size=30_000 + 7919 * (sent % 5),
                    certainty="A" if face == "yes" else "",
                )
            )
            show.show(
                AlertNews(
                    "A",
                    "uploaded outside",
                    f"192.168.1.{64 + sent % 2}",
                    "47.96.10.20",
                    sent,
                    "images with a face",
                    kind="uploaded",
                )
            )
        if tick % 10 == 4:
            show.show(
                samples.upload(
                    1000 + tick,
                    ts=now,
                    seen_ts=now,
                    sender_ip="192.168.1.10",
                    receiver_ip="101.37.8.9",
                    receiver_name="iot.cloud.example",
                    clear=False,
                    kind="",
                    face="",
                    certainty="D",
                    size=210_000,
                )
            )
            show.show(AlertNews("D", "uploaded outside", "192.168.1.10", "101.37.8.9", 0, "encrypted", kind="hidden"))
        for mark in show.moments():
            moments += 1
            show.show(MomentNews(moments, mark.ts, mark.text))
            if log is not None:
                with log.open("a", encoding="utf-8") as file:
                    file.write(f"{mark.source} {mark.text}\n")
        elapsed = time.monotonic() - began
        show.show(
            samples.rate(
                elapsed,
                ts=now,
                packets=int(850 * elapsed) + 1234,
                recorded_bytes=int(1e6 * elapsed),
                bytes=int(1e6 * elapsed),
            )
        )
        time.sleep(0.25 / speed)
    show.show(Note("info", "concluding"))
    time.sleep(0.3)
    return moments


if __name__ == "__main__":
    from netaudit.pipeline.live.onscreen import run_on_screen

    log_to = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    print("moments:", run_on_screen(lambda show: play(show, log_to), "eth1", sys.argv[1]))
