"""What file managers leave in folders that somebody only looked through: no work of a person, and read by nothing here.

macOS and Windows keep how a folder was shown in it; beside each file on a disk without attributes of its own, as exFAT,
macOS keeps those in a file `._NAME` ("AppleSingle/AppleDouble Formats", Apple 1990), which bears the ending of NAME.
"""

from __future__ import annotations

BESIDE = "._"
APPLE_DOUBLE = b"\x00\x05\x16\x07"
SHOWN = frozenset({".ds_store", "desktop.ini", "thumbs.db", "ehthumbs.db"})


def is_left_by_desktop(name: str) -> bool:
    """Whether a file, by its name, is one that a file manager makes by itself."""
    return name.startswith(BESIDE) or name.lower() in SHOWN


def is_beside_another(name: str, head: bytes) -> bool:
    """Whether a file of this name that begins with `head` is what macOS keeps beside the one it is named after."""
    return name.startswith(BESIDE) and head.startswith(APPLE_DOUBLE)
