"""The document that a part is, parsed once and carried by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.content.sniff import is_utf16
from netaudit.content.text import to_text
from netaudit.content.xml_document import XmlDocument
from netaudit.core.text.json_document import LONGEST, JsonDocument

if TYPE_CHECKING:
    from netaudit.content.part import Known, Part


def json_of(part: Part, known: Known | None = None) -> JsonDocument:
    """The JSON text of a part."""
    if not isinstance(part.document, JsonDocument):
        part = part.as_utf8 or part
    if not isinstance(part.document, JsonDocument):
        data, wide = utf8(part), is_utf16(part.data)
        missing = [] if wide else part.missing
        if known is not None and len(data) <= LONGEST and not missing:
            part.document = small_json(data, known, part.content_type)
        else:
            part.document = JsonDocument(data, missing, part.content_type)
    return part.document


def small_json(data: bytes, known: Known, content_type: str = "") -> JsonDocument:
    """A JSON text of at most `LONGEST` bytes, the same for the same bytes."""
    document = known.get(data)
    if document is None:
        document = known[data] = JsonDocument(data, None, content_type)
    return document


def xml_of(part: Part) -> XmlDocument:
    """The XML text of a part."""
    if not isinstance(part.document, XmlDocument):
        part = part.as_utf8 or part
    if not isinstance(part.document, XmlDocument):
        part.document = XmlDocument(utf8(part), [] if is_utf16(part.data) else part.missing)
    return part.document


def utf8(part: Part) -> bytes:
    """The bytes of the part, UTF-16 turned into UTF-8."""
    return to_text(part.data, part.content_type).encode("utf-8", "replace") if is_utf16(part.data) else part.data
