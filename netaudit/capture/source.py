"""What is known about one input: filled while it is read, whole when its last window has been handed on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MAX_TEXTS = 1000  # comments, names, interfaces and damages kept per capture: a hostile file may hold millions
MAX_TEXT = 1000  # characters of one of them
MAX_SECRETS = 8 << 20  # bytes of decryption secrets kept per capture


REFUSED = "refused"  # it was to be read, and could not be
NO_CAPTURE = "no capture"  # a file of a folder that nobody would take for one
SAME_CONTENT = "same content"  # another input has the same bytes: they are read once


@dataclass(frozen=True, slots=True)
class Rejected:
    """An input that is not read, with the reason in one line and as a code: REFUSED, NO_CAPTURE or SAME_CONTENT."""

    name: str
    problem: str
    reason: str = REFUSED


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface of a capture; `str()` gives the text for people."""

    number: int  # running number in the capture (RECORD.interface)
    link_type: str
    snaplen: int  # 0 no limit
    resolution: str  # e.g. "10^-6 s"
    name: str = ""
    description: str = ""
    comment: str = ""
    filter: str = ""
    system: str = ""

    def __str__(self) -> str:
        texts = (self.name, self.description, self.comment, self.filter and f"filter: {self.filter}", self.system)
        described = "; ".join(text for text in texts if text)
        return f"{self.number}: {self.link_type}" + (f" ({described})" if described else "")


@dataclass(slots=True)
class Source:
    """One capture of the audit. Counters cover what has been read so far."""

    name: str  # as given; a file of a folder by its path below the given one
    path: Path | None = None  # None for standard input
    size: int = 0  # bytes as stored
    sha256: str = ""  # of the file as stored, once it has been read whole
    sm3: str = ""
    file_format: str = ""  # e.g. "pcapng, little-endian"
    compression: str = "none"
    link_types: list[str] = field(default_factory=list)
    interfaces: list[Interface] = field(default_factory=list)
    sections: list[str] = field(
        default_factory=list
    )  # what section headers say: hardware, system, application, comment
    packets_read: int = 0
    wire_bytes: int = 0
    captured_bytes: int = 0
    snap_lengths: set[int] = field(default_factory=set)  # lengths that longer packets were cut to; two stand for many
    first_ts: int | None = None  # UTC nanoseconds, earliest and latest of all packets that have a time
    last_ts: int | None = None
    drops: int | None = None  # by the interface statistics; None where there are none
    damage: list[str] = field(default_factory=list)
    comments: list[tuple[int, str]] = field(default_factory=list)  # (frame, text)
    names: list[tuple[str, str]] = field(default_factory=list)  # (address, name) of name resolution blocks
    secrets: list[tuple[int, bytes]] = field(default_factory=list)  # (kind, data); 0x544C534B is a TLS key log
    early_secrets: int = 0  # how many of them stand before the first packet
    changed: bool = (
        False  # size, time of change or identity differ between opening and the end (contents are not read again)
    )
    unknown_blocks: int = 0  # pcapng blocks of types that the format does not define, skipped as it demands
    left_out: int = 0  # texts beyond MAX_TEXTS

    def report(self, problem: str) -> None:
        """Add a damage, up to a bound."""
        if len(self.damage) < MAX_TEXTS:
            self.damage.append(problem)
        else:
            self.left_out += 1

    def add_link_type(self, name: str) -> None:
        """Note a link type once."""
        if name not in self.link_types and len(self.link_types) < MAX_TEXTS:
            self.link_types.append(name)


def plain_text(data: bytes) -> str:
    """Bytes of a text field as a bounded string without line breaks and NULs; what is not UTF-8 is replaced."""
    text = data[: 4 * MAX_TEXT].split(b"\0", 1)[0].decode("utf-8", "replace")
    return " ".join(text.split())[:MAX_TEXT]
