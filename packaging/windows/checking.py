"""What the steps of the check share: running netaudit there and here, comparing what it wrote, counting what failed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frozen import SAME, sums
from wheel import ROOT

if TYPE_CHECKING:
    from wine import Wine

DEMO, OFFICE = ROOT / "pcaps/sales_office/lan.pcapng", ROOT / "pcaps/second_office/office.pcapng"
KEYS = ROOT / "pcaps/opened/tls13_aes_128_ccm_sha256"
LAST = 400  # characters that are shown of what went wrong


class Check:
    """Runs steps, tells each, and goes on after one that fails."""

    def __init__(self, wine: Wine, only: str = "") -> None:
        self.wine, self.only, self.data = wine, only, wine.disk / "data"
        self.steps: list[tuple[str, str, int, str]] = []  # name, how it ended, seconds, figures
        self.said: bytes = b""  # by what was run last, on standard output
        if not only:
            shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True, exist_ok=True)
        for path in (DEMO, OFFICE, KEYS.with_suffix(".pcapng"), KEYS.with_suffix(".keylog")):
            shutil.copy(path, self.data)
        (self.data / "key").write_bytes(b"5e" * 32)

    def step(self, name: str, look: Callable[[], str]) -> None:
        """`look` does something there and gives figures after "ok", why not after "skip", or else what is wrong."""
        if self.only and not any(word in name for word in self.only.split(",")):
            return
        began = time.monotonic()
        try:
            found = look()
        except Exception as error:  # noqa: BLE001 - a step that fails is told, and the others are done
            found = f"{type(error).__name__}: {error}"
        state = next((word for word in ("ok", "skip") if found.startswith(word)), "fail")
        self.steps.append((name, state, round(time.monotonic() - began), found.removeprefix(state).strip()))
        shown = state if state == "ok" else state.upper()
        print(f"{shown:<4}  {name} ({self.steps[-1][2]} s) {self.steps[-1][3]}", flush=True)

    def ended(self, how: str) -> list[str]:
        """Names of the steps that ended so: ok, skip, fail."""
        return [name for name, state, *_ in self.steps if state == how]

    def ran(self, code: int, *words: object, folder: Path | None = None, **more: str) -> str:
        """Run netaudit there: "ok" when it ends with that exit code."""
        done = self.wine.netaudit(*words, folder=folder or self.data, NETAUDIT_TRACEBACK="1", **more)
        self.said = done.stdout
        last = done.stderr.decode("utf-8", "replace").strip()[-LAST:]
        return "ok" if done.returncode == code else f"exit code {done.returncode}, not {code}: {last}"

    def python(self, code: str, *words: object, **more: str) -> str:
        """What the installed Python prints; what it says of an error where it fails."""
        program = self.wine.program / "python/python.exe"
        done = self.wine.run(program, "-c", code, *words, folder=self.data, **more)
        return (done.stderr if done.returncode else done.stdout).decode("utf-8", "replace").strip()[-LAST:]

    def same(self, case: str, *words: str, folder: Path | None = None, lies: Path | None = None, **more: str) -> str:
        """Audit there and here with the same words: verdict, tables, private tables and objects, byte for byte.

        `folder`: where it is run there, `more`: its variables; `lies`: the case as this system sees it, where it is not
        `case` in that folder.
        """
        given = [*words, "--project-key", r"C:\data\key", "--json", "--overwrite"]
        if (ran := self.ran(0, "audit", *given, "--case", case, folder=folder, **more)) != "ok":
            return ran
        there, here = json.loads(self.said), self._here([word.rpartition("\\")[2] for word in given])
        differs = [name for name in SAME if here.get(name) != there.get(name)]
        found = equal(self.wine.place / "here" / "case", lies or (folder or self.data) / case)
        return found if not differs else f"not as here: {differs}"

    def _here(self, words: list[str]) -> dict[str, Any]:
        place = self.wine.place / "here" / "case"
        shutil.rmtree(place.parent, ignore_errors=True)
        place.parent.mkdir()
        done = subprocess.run(
            [sys.executable, "-m", "netaudit", "audit", *words, "--case", str(place)], cwd=self.data,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, capture_output=True,
        )  # fmt: skip
        said: dict[str, Any] = json.loads(done.stdout)
        return said


def equal(one: Path, other: Path) -> str:
    """Whether two cases have the same tables, private tables and objects, byte for byte."""
    first, second = sums(one), sums(other)
    differs = [name for name in sorted(first.keys() | second.keys()) if first.get(name) != second.get(name)]
    if differs or not first:
        return f"not the same: {differs[:9]}, {len(differs)} of {len(first)}"
    return f"ok {len(first)} tables and objects"
