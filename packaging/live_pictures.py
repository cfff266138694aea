"""Pictures of the live screen in both languages, for the README: `python packaging/live_pictures.py`.

What an office like the demo's would show is put on the board; the screen itself draws it. Look at them before you keep
them.
"""

from __future__ import annotations

import asyncio
import html
import io
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import PIL.Image
from rich.cells import cell_len

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from netaudit.live.board import Board
from netaudit.live.news import MomentNews
from netaudit.live.screen import LiveScreen
from tests.browse.chromium import Chromium
from tests.live.samples import T0, S, alert, count, device, endpoint, rate, upload

ROWS, COLUMNS = 32, 100
WIDTH = 1000  # pixels
CELL = 12.2  # units of the SVG that a column is wide
BEGAN = 754  # seconds before
SERVER, HALL, DOOR = "192.168.1.10", "192.168.1.64", "192.168.1.65"
CLOUD, STORE, PLATFORM = "47.96.10.20", "118.31.219.200", "47.96.10.22"
PASSES = {"en": "test person passes the door camera", "zh": "测试人员经过门口摄像头"}


def news(lang: str) -> list[object]:
    """Some minutes of an office: two cameras, their server, a terminal, a phone."""
    at = 750  # seconds
    sent = [
        upload(at - 18, sender_ip=HALL, receiver_ip=SERVER, receiver_name="", scope="inside", size=47_612,
               act="moved inside"),
        upload(at - 14, sender_ip=DOOR, receiver_name="api.example.cn", size=55_480),
        upload(at - 10, sender_ip=SERVER, receiver_ip=STORE, receiver_name="oss.example.cn", size=63_400),
        upload(at - 6, sender_ip=HALL, receiver_ip=SERVER, receiver_name="", scope="inside", size=11_402,
               act="moved inside"),
        upload(at, sender_ip=SERVER, receiver_ip=PLATFORM, receiver_name="platform.example.cn", size=89_700,
               clear=False, kind="", face="", certainty="D"),
    ]  # fmt: skip
    return [
        rate(BEGAN, packets=53_350, bytes=42_800_000, packets_per_s=85, bits_per_s=560_000, drops_interface=0,
             recorded_bytes=44_000_000),
        alert(sender_ip=SERVER, receiver=STORE, images=24), alert(sender_ip=DOOR, receiver=CLOUD, images=4),
        alert(act="moved inside", sender_ip=HALL, receiver=SERVER, images=48),
        alert(certainty="D", sender_ip=SERVER, receiver=PLATFORM, images=0),
        *sent,
        count(sender_ip=SERVER, receiver_ip=PLATFORM, receiver_name="platform.example.cn", uploads=71,
              per_hour=(71,), moments=6, followed=6, window_s=3, p=0.001),
        count(sender_ip=HALL, receiver_ip="47.96.10.30", receiver_name="push.example.cn", uploads=12, bytes_low=410_000,
              bytes_high=410_000, per_hour=(12,), moments=6, followed=1, p=0.61, standing=""),
        count(sender_ip="", receiver_ip="", receiver_name="", devices=3, uploads=9, bytes_low=260_000,
              bytes_high=300_000, per_hour=(9,), moments=6, followed=0, p=None, standing=""),
        device(64), device(65, name="door", vendor="Dahua", model="IPC-HFW5541"),
        device(10, name="wxb-server", vendor="", device_class="face_server", model=""),
        device(70, name="", vendor="Uniview", device_class="id_terminal", model=""),
        device(120, name="", vendor="", device_class="phone", model="", confidence="guessed"),
        endpoint(name="api.example.cn", service="", service_class=""),
        endpoint(ip=STORE, name="oss.example.cn"),
        endpoint(ip=PLATFORM, name="platform.example.cn", service="", service_class=""),
        MomentNews(1, T0 + (at - 8) * S, PASSES[lang]),
    ]  # fmt: skip


async def drawn(lang: str) -> str:
    """The screen as SVG."""
    board = Board()
    for one in news(lang):
        board.show(one)  # type: ignore[arg-type]
    app = LiveScreen(board, "eth1", lang)
    async with app.run_test(size=(COLUMNS, ROWS)) as pilot:
        app._began -= BEGAN  # noqa: SLF001 - a clock that began some minutes ago
        await pilot.pause(0.6)
        picture = app.export_screenshot(title="netaudit live")
        board.close()
    return re.sub(r' textLength="[^"]+"([^>]*>)([^<]*)', _wide, picture)


def _wide(text: re.Match[str]) -> str:
    """A text with the room of its columns: Chinese takes two for each character."""
    return f' textLength="{CELL * cell_len(html.unescape(text[2])):.1f}"{text[1]}{text[2]}'


def main() -> None:
    """Draw both, turn them into small PNGs."""
    os.environ["TZ"] = "Asia/Shanghai"
    time.tzset()
    with tempfile.TemporaryDirectory() as scratch, Chromium(WIDTH, WIDTH) as browser:
        for lang in ("en", "zh"):
            page = Path(scratch) / f"{lang}.html"
            svg = asyncio.run(drawn(lang)).replace("<svg ", f'<svg width="{WIDTH}" id="screen" ', 1)
            page.write_text(f"<!doctype html><meta charset=utf-8><body style='margin:0'>{svg}", "utf-8")
            browser.open(page.as_uri())
            height = int(browser.run("Math.round(document.getElementById('screen').getBoundingClientRect().height)"))
            with PIL.Image.open(io.BytesIO(browser.picture())) as picture:
                small = picture.convert("RGB").crop((0, 0, WIDTH, height)).quantize(48)
                small.save(ROOT / "docs" / f"live-{lang}.png", optimize=True)


if __name__ == "__main__":
    main()
