"""The part: what unwrapping turns into further parts until an object is left."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

Ranges = list[tuple[int, int]]  # half-open, sorted, disjoint


@dataclass(slots=True)
class Part:
    """Bytes with the way they were found. `data` holds zero bytes where `missing` says so."""

    data: bytes
    path: str = ""  # e.g. "request body › multipart[1] › json $.face.image › base64"
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
    bare: bytes | None = None  # of a JSON text, once asked for: the text without long strings …
    parsed: list[object] | None = None  # … and its values
