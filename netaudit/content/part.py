"""The part: what unwrapping turns into further parts until an object is left."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.core.text.json_document import JsonDocument

if TYPE_CHECKING:
    from netaudit.content.xml_document import XmlDocument
    from netaudit.core.contracts.ranges import Ranges


Known = dict[bytes, JsonDocument]  # small JSON texts of a message, by their bytes: one may be asked for in several ways


FOREIGN = "image_foreign"  # code of the note on an image that has bytes which are none of its picture


@dataclass(slots=True)
class Part:
    """Bytes with the way they were found. `data` holds zero bytes where `missing` says so."""

    data: bytes
    way: Way = dataclasses.field(default_factory=Way)  # request body › multipart[2] › json $.face.image › base64
    name: str = ""  # file or field name as sent (hostile text)
    field: str = ""  # of a part of a multipart body: its field name …
    content_id: str = ""  # … and its Content-ID, without angle brackets
    content_type: str = ""
    encoding: str = ""  # content coding still to be taken off ("gzip", "gzip, br" …)
    missing: Ranges = dataclasses.field(default_factory=list)  # in coordinates of data
    unknown_from: int | None = None
    # bytes of the message body that carry this part; its bytes themselves when there are as many of them
    body_range: tuple[int, int] | None = None
    depth: int = 0
    document: JsonDocument | XmlDocument | None = None  # what it is, once it was parsed (`document.py`)
    as_utf8: Part | None = None  # of a text in UTF-16: the part that is the same text
    named: list[object] | None = None  # what the document says, once somebody asked (`tree.py`)
    parts: list[Part] | None = None  # those of a multipart body, where somebody opened it before (`multipart.py`)

    @property
    def path(self) -> str:
        """The way as tables have it."""
        return self.way.text

    @property
    def complete(self) -> bool:
        """Whether every byte is there and its end is known."""
        return not self.missing and self.unknown_from is None


@dataclass(slots=True)
class Leaf:
    """An object: an image, a document of fields, or opaque bytes."""

    part: Part
    kind: str  # one of `sniff.IMAGE_KINDS`, or "json" "xml" "form" "text" "zip" "opaque" …
    notes: list[str] = dataclasses.field(default_factory=list)  # named limits met under it
    known: Known = dataclasses.field(default_factory=dict)  # small JSON texts of its message
    behind: int = 0  # bytes behind the end of an image (`from_images.confirm_end`)
    scan: tuple[int, int] = (0, 0)  # where the first scan of a whole JPEG lies (likewise)
    segments: list[bytes] | None = None  # of a JPEG: those of nobody, once somebody asked (`image_residue.py`)
    spelled: Ranges = dataclasses.field(default_factory=list)  # where base64 of pictures stands, given as such
    worded: bytes | None = None  # its words, once somebody asked (`scalars.py`)
