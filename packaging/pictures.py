"""Pictures of every room of `netaudit browse` in both languages, for the documentation: `python packaging/pictures.py`.

From the demo office, in a real Chromium; they lie in docs/pictures/. Look at them before you keep them.
"""

from __future__ import annotations

import io
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import netaudit
from netaudit.browse.rooms import ORDER
from tests.browse.chromium import Chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURES = ROOT / "docs" / "pictures"
SIZE, PHONE = (1180, 760), (390, 760)
DESK, HAND = (1280, 1400), (390, 1700)  # of the report
QUALITY = 55


def cases(place: Path) -> list[Path]:
    """The demo office seen from inside and from outside its router, with a review and a decision."""
    from netaudit.case.decisions import decide
    from netaudit.case.reviews import review

    made = []
    for name, capture in (("inside", "lan.pcapng"), ("outside", "wan.pcapng")):
        case = netaudit.audit(
            ROOT / "pcaps" / "sales_office" / capture,
            place / name,
            site=f"Demo office, {name}",
            zone="Asia/Shanghai",
            inside="192.168.1.0/24" if name == "inside" else (),
        )
        made.append(case.folder)
    case = netaudit.open_case(made[0])
    review(case.folder, case.findings["finding_id"][0], "confirmed", "seen on site", "Analyst")
    row = case.table("devices").to_pylist()[4]
    decide(case.folder, row, alias="门口 / door", note="label seen", by="Analyst")
    return made


def pages(case: netaudit.Case) -> Iterator[tuple[str, str]]:
    """Names of pictures and addresses below the case."""
    for room in ORDER:
        yield room, room
    yield "finding", "row/findings/0"
    yield "device", "row/devices/4"
    yield "image", f"image/{case.images['sha256'][0]}"
    yield "search", "search?q=192.168.1.64"
    captured = next(row for row in case.table("events").to_pylist() if row["kind"] == "face_capture" and row["images"])
    messages = case.table("messages", ["message_id", "flow_id"]).to_pylist()
    flow = next(row["flow_id"] for row in messages if row["message_id"] == captured["message_id"])
    yield "message", f"message/{captured['message_id']}"
    yield "follow", f"follow/{flow}"
    yield "about", f"about?value={captured['receiver']}"


def served(folders: list[Path]) -> str:
    """Serve cases as `netaudit browse` does; gives the address with its token."""
    import uvicorn

    from netaudit.browse.access import Gate
    from netaudit.browse.server import application
    from netaudit.browse.shelf import Shelf

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(64)
    gate = Gate(
        application(Shelf(folders), "/m", "en"), f"127.0.0.1:{listening.getsockname()[1]}", "/m", lambda _: None
    )
    server = uvicorn.Server(uvicorn.Config(gate, log_level="error", lifespan="off", ws="none"))
    threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
    return gate.address


def keep(browser: Chromium, name: str) -> None:
    """Write what the browser shows as a small WebP."""
    import PIL.Image

    browser.see()
    with PIL.Image.open(io.BytesIO(browser.picture())) as picture:
        picture.convert("RGB").save(PICTURES / f"{name}.webp", quality=QUALITY, method=6)


def reports(case: netaudit.Case, scratch: Path) -> None:
    """The first screens of the report: Chinese on a desktop, English on a phone; as PNG, with few colours."""
    import PIL.Image

    for name, lang, size, phone in (("report-zh-desktop", "zh", DESK, False), ("report-en-phone", "en", HAND, True)):
        page = case.report(scratch / f"{name}.html", lang=lang)
        with Chromium(*size) as browser:
            browser.resize(*size, phone=phone)
            browser.open(page.as_uri())
            browser.see()
            with PIL.Image.open(io.BytesIO(browser.picture())) as picture:
                picture.convert("RGB").quantize(96).save(PICTURES.parent / f"{name}.png", optimize=True)


def main() -> None:
    """Make them all, and tell their size."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folders = cases(Path(scratch))
        address = served(folders)
        home = address.partition("?")[0]
        with Chromium(*SIZE) as browser:
            browser.open(address)
            for lang in ("zh", "en"):
                for name, path in pages(netaudit.open_case(folders[0])):
                    mark = "&" if "?" in path else "?"
                    browser.open(f"{home}c/0/{path}{mark}lang={lang}")
                    keep(browser, f"{name}-{lang}")
                browser.open(f"{home}?lang={lang}")
                keep(browser, f"cases-{lang}")
                browser.open(f"{home}compare?a=0&b=1&lang={lang}")
                keep(browser, f"compare-{lang}")
                browser.resize(*PHONE, phone=True)
                browser.open(f"{home}c/0/findings?lang={lang}")
                keep(browser, f"phone-{lang}")
                browser.resize(*SIZE)
        reports(netaudit.open_case(folders[0]), Path(scratch))
    found = list(PICTURES.glob("*.webp"))
    print(f"{len(found)} pictures, {sum(path.stat().st_size for path in found) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
