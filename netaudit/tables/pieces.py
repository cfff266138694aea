"""A piece of a file that comes in several messages: which file, and where in it the bytes belong.

Readers (`stores.py`, `chunks.py`, `ranges.py`) say what a message carries; `tables/finalizing/joined_parts.py` puts all
pieces of a file together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from netaudit.content.part import Part
    from netaudit.protocols.message import Message

MOST_PARTS = 10_000  # the highest part number of OSS, COS, OBS and S3
MOST_OFFSET = 1 << 47  # bytes; no store takes objects that large
NEXT = MOST_OFFSET + 1  # an offset that is not said: behind what was sent before
LISTED = -1  # a number that is not said: only a list tells where the piece belongs
PART, BLOCK, REPLY, END = "part", "block", "reply", "end"
CHUNK, TEXT = "chunk", "text"  # of an upload that no store names; TEXT: as base64, cut anywhere
MADE = "made"  # a reply that names the upload which its request, a CHUNK already, has begun
RANGE, SENT, PIECE = "range", "sent", "piece"  # at offsets, of one content; sent; written, each over what was there
_DIGITS = re.compile(r"[0-9]{1,15}")


class Piece(NamedTuple):
    """What one message says of a file. Without a part it says something of other pieces, or of the whole."""

    file: str  # names it over all messages
    name: str = ""
    role: str = CHUNK  # BLOCK: (a piece of) a block; REPLY gives its link; END lists the links of the whole
    number: int = 0  # from 0 or 1; 0 where they are not numbered
    offset: int = -1  # bytes; in the whole (in its block with Qiniu), -1 where unknown
    links: tuple[str, ...] = ()  # the piece's own name, or what a block cites, or an END lists
    size: int = -1  # bytes of the whole as an END declares it
    part: Part | None = None
    alone: bool = False  # the message says nothing else


def sent_to(kind: str, message: Message, client: str, place: str, *more: str) -> Piece:
    """A piece of what a client sends to a place, called by its last segment."""
    file = "\0".join(("chunks", kind, client, message.host.lower(), place, *more))
    return Piece(file, last_of(place.rstrip("/")))


def last_of(path: str) -> str:
    """The last segment of a path, as it was before it was escaped."""
    return unquote(path.rpartition("/")[2], errors="replace")


def number_in(text: str, most: int = MOST_OFFSET) -> int:
    """What digits say; -1 for anything else, and for more than `most`."""
    return int(text) if _DIGITS.fullmatch(text) and int(text) <= most else -1
