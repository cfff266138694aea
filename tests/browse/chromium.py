"""A real Chromium without a window, spoken to over a pipe (its DevTools protocol): pages, keys, pictures of them."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from typing import Any, Self

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 60.0  # seconds for an answer, on a machine that does other things too
ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
)  # fmt: skip
START = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(one), fcntl.F_DUPFD, 20) for one in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""  # the browser speaks over descriptors 3 and 4


class Chromium:
    """One browser with one page; to be used as a context."""

    def __init__(self, width: int = 1280, height: int = 900) -> None:
        assert PROGRAM is not None
        self._profile = tempfile.mkdtemp(prefix="netaudit-chromium-")
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        words = [PROGRAM, *ARGUMENTS, f"--user-data-dir={self._profile}", "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, str(theirs_in), str(theirs_out), *words],
            pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._number, self._left, self.events = 0, b"", []
        self._session = ""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")
        self.resize(width, height)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, TimeoutError, AssertionError):
            self._session = ""
            self.ask("Browser.close")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()
        self._process.wait()
        for end in (self._in, self._out):
            os.close(end)
        shutil.rmtree(self._profile, ignore_errors=True)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a command; what the browser tells meanwhile is kept in `events`."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            told = self._read()
            if told.get("id") == self._number:
                assert "error" not in told, told["error"]
                return told["result"]
            self.events.append(told)

    def _read(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            if not ready or not (more := os.read(self._in, 1 << 20)):
                raise TimeoutError("the browser does not answer")
            self._left += more
        message, _, self._left = self._left.partition(b"\0")
        return json.loads(message)

    def _wait(self, method: str) -> None:
        while not any(one.get("method") == method for one in self.events):
            self.events.append(self._read())

    def open(self, address: str) -> None:
        """Go somewhere, until it is loaded."""
        self.events.clear()
        self.ask("Page.navigate", url=address)
        self._wait("Page.loadEventFired")

    def see(self) -> None:
        """Wait for the pictures that the window shows."""
        self.run(
            "Promise.all([...document.images].filter(one => one.getBoundingClientRect().top < innerHeight)"
            ".map(one => one.decode().catch(() => 0))).then(() => new Promise(done => setTimeout(done, 100)))"
        )

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, *, leads: bool = False) -> None:
        """Press a key; wait for the page that it leads to."""
        self.events.clear()
        code = {"Enter": 13, "Escape": 27}.get(key)
        text = {"text": "\r"} if key == "Enter" else {"text": key} if code is None else {}
        for kind in ("keyDown", "keyUp"):
            given = text if kind == "keyDown" else {}
            extra = {"windowsVirtualKeyCode": code} if code else {}
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, **given, **extra)
        if leads:
            self._wait("Page.loadEventFired")

    def resize(self, width: int, height: int, *, phone: bool = False) -> None:
        """The size of the window, in CSS pixels."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def picture(self, *, whole: bool = False) -> bytes:
        """A PNG of the page, as much of it as the window shows."""
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def requested(self) -> list[str]:
        """Addresses that were asked for since the page was opened."""
        return [
            one["params"]["request"]["url"] for one in self.events if one.get("method") == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[str]:
        """What the browser refused or a script threw, since the page was opened."""
        found = [one["params"]["entry"]["text"] for one in self.events if one.get("method") == "Log.entryAdded"]
        return found + [str(one["params"]) for one in self.events if one.get("method") == "Runtime.exceptionThrown"]
