"""The key of keyed hashes, where a project gives one: the same value then has the same hash in all its cases.

Without it each case has a random key, and hashes of two cases cannot be compared. The key is as secret as what it
hides: who has it can try all ID numbers. It lies under private/ of every case that was made with it; what may be passed
on has its fingerprint.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from netaudit.core.storage.files import read_given
from netaudit.core.system.reasons import why
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 32  # bytes of a key
LEAST, MOST = 16, 1 << 16  # bytes of a file that keys are made from


def read_project_key(path: Path) -> bytes:
    """32 bytes out of a file: as they are where it holds just as many, else their SHA-256. Raises UsageError."""
    try:
        content = read_given(path, MOST)
    except OSError as error:
        raise UsageError("--project-key {}: cannot be read: {}", path, why(error)) from error
    if len(content) < LEAST:
        raise UsageError("--project-key {}: expected {} to {} bytes, not {}", path, LEAST, MOST, len(content))
    return content if len(content) == SIZE else hashlib.sha256(b"netaudit project key\0" + content).digest()


def fingerprint(key: bytes) -> str:
    """16 digits by which two cases are known to have the same key; tells nothing of it."""
    return hashlib.sha256(b"netaudit key fingerprint\0" + key).hexdigest()[:16]


def keep_project_key(folder: Path, key: bytes) -> None:
    """Make it the key of a case that has no rows yet."""
    place = folder / "private" / "key"
    file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    try:
        os.write(file, key)
    finally:
        os.close(file)
