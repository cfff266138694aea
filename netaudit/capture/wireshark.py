"""Where Wireshark's programs lie, also where its installers put them without telling PATH."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

UNINSTALL = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Wireshark"
APPLE = Path("/Applications/Wireshark.app/Contents/MacOS")
UNIX = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin")


def find_program(name: str) -> str | None:
    """Path of dumpcap, tshark …; None where it is not installed."""
    if found := shutil.which(name):
        return found
    file = f"{name}.exe" if sys.platform == "win32" else name
    return next((str(folder / file) for folder in folders() if (folder / file).is_file()), None)


def folders() -> Iterator[Path]:
    """Folders to look into, by system."""
    if sys.platform == "win32":
        if registered := _registered():
            yield Path(registered)
        for variable in ("ProgramFiles", "ProgramW6432", "ProgramFiles(x86)"):
            if root := os.environ.get(variable):
                yield Path(root) / "Wireshark"
        if root := os.environ.get("LOCALAPPDATA"):
            yield Path(root) / "Programs" / "Wireshark"
    elif sys.platform == "darwin":
        yield APPLE
    yield from map(Path, UNIX)


def find_npcap() -> Path | None:
    """The capture library of Npcap (Windows); None where it is not installed."""
    place = Path(os.environ.get("WINDIR", r"C:\Windows")) / "System32" / "Npcap" / "wpcap.dll"
    return place if place.is_file() else None


def _registered() -> str:
    """Where the installer says that it put Wireshark; empty where it says nothing."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import winreg

        open_key = getattr(winreg, "OpenKey")  # noqa: B009 - known on Windows only
        with open_key(getattr(winreg, "HKEY_LOCAL_MACHINE"), UNINSTALL) as key:  # noqa: B009
            return str(getattr(winreg, "QueryValueEx")(key, "InstallLocation")[0])  # noqa: B009
    return ""
