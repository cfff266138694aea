"""A terminal of 80 × 24 that tmux gives, with a command in it."""

from __future__ import annotations

import shlex
import subprocess
import time
import uuid

from tests.conftest import ROOT


class Terminal:
    """Runs a command; keys go in, the screen comes out."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.name = f"netaudit-{uuid.uuid4().hex[:8]}"
        given = {"LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"} | env
        assigned = [f"{key}={value}" for key, value in given.items()]
        # textual leaves COLUMNS and LINES behind when it runs in a test
        words = ["env", "-u", "COLUMNS", "-u", "LINES", *assigned, *command]
        self.tmux(
            "new-session", "-d", "-x", "80", "-y", "24", f"cd {ROOT} && {shlex.join(words)}; echo ended $?; sleep 60"
        )

    def tmux(self, *words: str) -> str:
        """A tmux command for this terminal; each has a server of its own."""
        where = {"new-session": ["-s", self.name], "kill-server": []}.get(words[0], ["-t", self.name])
        command = ["tmux", "-L", self.name, words[0], *where, *words[1:]]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def shown(self, text: str, seconds: float = 30.0) -> str:
        """The screen, once it shows `text`."""
        end = time.monotonic() + seconds
        while text not in (screen := self.tmux("capture-pane", "-p")) and time.monotonic() < end:
            time.sleep(0.1)
        assert text in screen, screen
        return screen

    def keys(self, *keys: str) -> None:
        """Press keys."""
        for key in keys:
            self.tmux("send-keys", key)

    def pid(self, of: str) -> int:
        """Process of the command, by a word of its command line."""
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        found = subprocess.run(["pgrep", "-P", shell, "-f", of], capture_output=True, text=True, check=True)
        return int(found.stdout.split()[0])
