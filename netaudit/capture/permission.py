"""Whether this user may record, judged by what a recorder says, and how the system is told to allow it."""

from __future__ import annotations

import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from netaudit.capture.recorder import find_dumpcap

_FORBIDDEN = re.compile(r"permission|privilege|cap_net_raw|not permitted", re.IGNORECASE)
_SYSTEM_SAYS = re.compile(r"\((\w+: [^()]{1,80})\)")  # "… (socket: Operation not permitted) …"
MISSING = "dumpcap was not found"
DEBIAN, FEDORA = Path("/etc/debian_version"), Path("/etc/fedora-release")
LONGEST = 160


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do: `what` names a text `allow_…` of the command line, `command` is what stands in it."""

    what: str
    command: str


def forbidden(problem: str) -> bool:
    """Whether a recorder says that this user may not."""
    return bool(_FORBIDDEN.search(problem))


def briefly(problem: str) -> str:
    """What the system said, out of the paragraph that dumpcap makes of it."""
    found = _SYSTEM_SAYS.search(problem)
    return found[1] if found else problem.partition(". ")[0][:LONGEST]


def how_to_allow(problem: str) -> list[Step]:
    """Steps that let this user record on this system; none when another thing is wrong."""
    missing = MISSING in problem
    if not missing and not forbidden(problem):
        return []
    if sys.platform == "win32":
        return [Step("wireshark", "https://www.wireshark.org")] if missing else [Step("npcap", "https://npcap.com")]
    if sys.platform == "darwin":
        return [Step("brew", "brew install --cask wireshark"), Step("chmodbpf", "https://www.wireshark.org")]
    return _on_linux(find_dumpcap())


def _on_linux(dumpcap: str | None) -> list[Step]:
    if dumpcap is None:
        fedora = FEDORA.exists()
        install = "sudo dnf install wireshark-cli" if fedora else "sudo apt-get install wireshark-common"
        return [Step("install", install), Step("root", "sudo netaudit live …")]
    if not os.access(dumpcap, os.X_OK):  # as Debian has it: only a group may run it
        return [Step("join", f"sudo usermod -aG {_group_of(dumpcap)} $USER")]
    setcap = Step("setcap", f"sudo setcap cap_net_raw,cap_net_admin+eip {shlex.quote(dumpcap)}")
    if not DEBIAN.exists():
        return [setcap]
    command = "sudo dpkg-reconfigure wireshark-common && sudo usermod -aG wireshark $USER"
    return [Step("debian", command), setcap]


def _group_of(path: str) -> str:
    try:
        return Path(path).group()
    except (KeyError, OSError):
        return "wireshark"
