r"""Names that Windows opens only when they are spelt out: long ones, and those that mean a device.

A file `aux.pcap` or `报告.` made elsewhere, and a path of more than 259 characters, can be opened as `\\?\C:\…` only
("Naming Files, Paths, and Namespaces", learn.microsoft.com): such a name is taken as it stands.
"""

from __future__ import annotations

import ntpath
import os
from pathlib import Path

LONGEST = 247  # characters of a path; that of a folder must leave room for a name of 8.3
ROOM = 110  # characters that names within a case need
_SUPERSCRIPTS = "¹²³"
RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in (*"0123456789", *_SUPERSCRIPTS)}
)
_PLAIN = "\\\\?\\"


def openable(path: Path, room: int = 0) -> Path:
    """A path as the system opens it; `room` is what names below it will need. Nothing changes outside Windows."""
    return Path(spelt_out(str(path), str(Path.cwd()), room)) if os.name == "nt" else path


def real(path: Path) -> Path:
    """Where a path leads, links followed; as it is, from the root on, where Windows does not say.

    It gives no such name for some disks of memory or of a network, and wine for none of more than 260 characters
    (GetFinalPathNameByHandleW): of the errors of that call Python passes over some only.
    """
    try:
        return path.resolve()
    except OSError:
        if os.name != "nt":
            raise
        return path.absolute()


def spelt_out(path: str, folder: str, room: int = 0) -> str:
    """A Windows path, relative to `folder`, spelt out where it has to be."""
    if path.startswith((_PLAIN, "\\\\.\\")):
        return path
    whole = ntpath.normpath(ntpath.join(folder, path))
    parts = ntpath.splitdrive(whole)[1].strip("\\").split("\\")
    if len(whole) + room <= LONGEST and not any(map(is_special, parts)):
        return path
    return f"{_PLAIN}UNC\\{whole[2:]}" if whole.startswith("\\\\") else _PLAIN + whole


def is_special(name: str) -> bool:
    """Whether Windows takes a name for a device, or takes spaces and dots from its end."""
    return name.partition(".")[0].rstrip(" ").lower() in RESERVED or name != name.rstrip(" .")
