"""What a live run is asked for, and the texts in which sizes and durations are given."""

from __future__ import annotations

import re
from dataclasses import dataclass

from netaudit.errors import UsageError

UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "ki": 1 << 10,
    "mi": 1 << 20,
    "gi": 1 << 30,
    "ti": 1 << 40,
}
SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
SMALLEST_FILE, LARGEST_FILE = 1 << 20, 128 << 20  # bytes until the recorder begins another file
FILES_IN_RING = 16  # so many make a ring: overwriting the oldest costs a sixteenth of it


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How to record. Sizes in bytes, times in seconds."""

    interface: str
    ring: int | None = None  # room for the recording; None: as far as the disk goes
    overwrite_oldest: bool = False  # remove the oldest file when the room is used up, instead of stopping
    capture_filter: str = ""
    snaplen: int = 0
    duration: float | None = None
    record_only: bool = False
    keep_free: int = 512 << 20  # of the disk: the case has to be written, and the machine to live
    buffer_mib: int = 64  # of the kernel
    file_seconds: int = 600
    largest_file: int = LARGEST_FILE
    method: str = ""  # dumpcap or socket; what there is when empty
    tick: float = 0.1  # how often to look for what was recorded

    @property
    def file_bytes(self) -> int:
        """Size at which the recorder begins another file."""
        room = self.ring // FILES_IN_RING if self.ring is not None else LARGEST_FILE
        return max(SMALLEST_FILE, min(LARGEST_FILE, self.largest_file, room))


def parse_size(text: str, option: str) -> int:
    """Bytes of "2GiB", "500M", "1000000". Raises UsageError."""
    found = re.fullmatch(r"\s*(\d{1,18}(?:\.\d{1,6})?)\s*([kmgt]i?)?b?\s*", text, re.IGNORECASE)
    if found is None or not (size := int(float(found[1]) * UNITS[(found[2] or "").lower()])):
        raise UsageError("{} {}: not a size such as 2GiB or 500MB", option, text)
    return size


def parse_duration(text: str, option: str) -> float:
    """Seconds of "30m", "8h", "1h30m", "90". Raises UsageError."""
    parts = re.findall(r"(\d{1,9}(?:\.\d{1,6})?)([smhd]?)", text.strip().lower())
    seconds = sum(float(number) * SECONDS[unit] for number, unit in parts)
    if not parts or "".join(number + unit for number, unit in parts) != text.strip().lower() or not seconds:
        raise UsageError("{} {}: not a duration such as 30m or 8h", option, text)
    return seconds
