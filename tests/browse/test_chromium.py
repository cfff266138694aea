"""The pages in a real browser: every room in both languages, hostile texts, keys, a phone's width, other sites."""

from __future__ import annotations

import http.server
import shutil
import socket
import threading

import pytest
import uvicorn

from netaudit.browse.access import Gate
from netaudit.browse.rooms import ORDER
from netaudit.browse.server import application
from netaudit.browse.shelf import Shelf
from tests.browse.chromium import PROGRAM, Chromium
from tests.browse.conftest import DIGEST, MOUNT

pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(PROGRAM is None, reason="NO CHROMIUM: install chromium"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
PAGES = [
    *ORDER,
    "row/findings/0",
    "row/devices/0",
    "row/events/0",
    f"image/{DIGEST}",
    "table/messages",
    "search?q=script",
]


@pytest.fixture(scope="module")
def gate(made, tmp_path_factory):
    """The pages of a copy of the case, served as `netaudit browse` serves them."""
    folder = tmp_path_factory.mktemp("chromium") / "case"
    shutil.copytree(made, folder)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(64)
    host = f"127.0.0.1:{listening.getsockname()[1]}"
    gate = Gate(application(Shelf(folder), MOUNT, "en"), host, MOUNT, lambda _: None)
    server = uvicorn.Server(uvicorn.Config(gate, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    gate.host = f"http://{host}"
    yield gate
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser(gate):
    with Chromium() as chromium:
        chromium.open(gate.address)
        yield chromium


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_room_shows_text_and_runs_nothing(browser, gate, lang):
    for path in PAGES:
        browser.open(f"{gate.host}{MOUNT}/c/0/{path}{'&' if '?' in path else '?'}lang={lang}")
        assert browser.run("document.documentElement.lang") == ("zh-CN" if lang == "zh" else "en"), path
        assert not browser.complaints(), path
        assert all(one.startswith((gate.host, "data:")) for one in browser.requested()), path
        assert browser.run("document.querySelectorAll('script, iframe, object, embed').length") == 2, path
        assert browser.run("[...document.images].every(one => one.src.startsWith(location.origin))"), path
        assert browser.run("document.querySelector('h1').textContent.trim().length > 0"), path


def test_a_page_fits_a_phone(browser, gate):
    browser.resize(390, 800, phone=True)
    try:
        for path in (
            "verdict",
            "findings",
            "gallery",
            "devices",
            "journeys",
            "row/findings/0",
            "row/devices/0",
            "ledgers",
        ):
            browser.open(f"{gate.host}{MOUNT}/c/0/{path}?lang=zh")
            assert browser.run("document.documentElement.scrollWidth") <= 390, path
    finally:
        browser.resize(1280, 900)


def test_keys_lead_through(browser, gate):
    browser.open(f"{gate.host}{MOUNT}/c/0/findings?lang=en")
    browser.press("j")
    browser.press("j")
    assert browser.run("[...document.querySelectorAll('tr[tabindex]')].indexOf(document.activeElement)") == 1
    browser.press("k")
    browser.press("Enter", leads=True)
    assert browser.run("location.pathname").endswith("/row/findings/0")
    browser.press("g", leads=True)
    assert browser.run("location.pathname").endswith("/timeline")
    browser.press("/")
    assert browser.run("document.activeElement.name") == "q"
    browser.press("Escape")
    assert browser.run("document.activeElement.name || ''") == ""


def test_a_review_is_written_by_its_form(browser, gate):
    browser.open(f"{gate.host}{MOUNT}/c/0/row/findings/2?lang=en")
    browser.events.clear()
    browser.run(
        "document.querySelector('#review [name=status]').value = 'confirmed'; document.querySelector('#review button').click()"
    )
    browser._wait("Page.loadEventFired")
    assert "confirmed" in browser.run("document.querySelector('#review .said').textContent")


def test_another_site_reads_nothing(browser, gate):
    """A page of another origin tries what a hostile page can: reading, framing, a picture, a form, a script."""
    page = f"""<!doctype html><title>other</title><script>
    addEventListener('securitypolicyviolation', () => 0);
    window.told = Promise.allSettled([
      fetch("{gate.host}{MOUNT}/c/0/findings", {{credentials: "include"}}).then(one => one.text()),
      fetch("{gate.host}{MOUNT}/c/0/review/F0000", {{method: "POST", credentials: "include", body: new URLSearchParams({{status: "rejected"}})}}).then(one => one.text()),
      new Promise((yes, no) => {{ const one = new Image(); one.onload = yes; one.onerror = no; one.src = "{gate.host}{MOUNT}/c/0/thumbnail/{DIGEST}"; }}),
      new Promise((yes, no) => {{ const one = document.createElement("script"); one.onload = yes; one.onerror = no; one.src = "{gate.host}{MOUNT}/static/browse.js"; document.head.append(one); }}),
    ]).then(all => all.map(one => one.status));
    </script>""".encode()

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        browser.open(f"http://127.0.0.1:{other.server_address[1]}/")
        assert browser.run("window.told") == ["rejected"] * 4
        browser.open(f"http://localhost:{gate.host.rpartition(':')[2]}{MOUNT}/c/0/findings")
        assert "wrong host" in browser.run("document.body.textContent")
        other.shutdown()
    browser.open(f"{gate.host}{MOUNT}/c/0/row/findings/0?lang=en")
    assert not browser.run("document.querySelectorAll('#review .said').length")


def test_without_the_cookie_a_browser_gets_nothing(gate):
    with Chromium() as stranger:
        stranger.open(f"{gate.host}{MOUNT}/c/0/findings")
        assert "no token" in stranger.run("document.body.textContent")
