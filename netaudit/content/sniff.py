"""What bytes are, by their first bytes."""

from __future__ import annotations

import re
from functools import lru_cache

from netaudit.content.from_images import sniff as image_kind

SAMPLE = 1024
_BRIEF = 256  # bytes
WLT = "image/x-wlt"  # the portrait of an ID card: its coding has no mark, so that only who cut it out knows
IMAGE_KINDS = frozenset({"jpeg", "png", "webp", "bmp", "gif", "heic", "avif", "tiff", "jp2", "pnm", "tga"})
_SPACE = b" \t\r\n\x00"
_PRINTABLE = bytes([*b"\t\n\r\x0c\x1b", *range(0x20, 0x7F), *range(0x80, 0x100)])
_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"%PDF-", "pdf"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
)
_MAGICS = tuple(magic for magic, _ in _MAGIC)
# what is JSON, or called so: quotes of either kind, keys without, remarks, commas where none belong
_JSON = re.compile(
    rb'\{\s*(?:,\s*)*(?:["\'}\x00#]|/[/*]|$|[A-Za-z_$\x80-\xff][\w$.\x80-\xff-]{0,63}\s*(?::(?!/)|=>?))'
    rb'|\[\s*(?:,\s*)*(?:[\]\[{"\'\x00tfn0-9-]|/[/*]|$|None|True|False)'
)
_PLACE = rb"(?:\s|\x00|\x1e|\xef\xbb\xbf)*"
# what stands before a document that is one all the same: remarks, a length, marks that keep browsers from running it …
_BEFORE = re.compile(
    _PLACE
    + rb"(?:(?://[^\r\n]*|\#[^\r\n]*|/\*.*?\*/|\)\]\}',?|(?:for|while)\s*\([^()]{0,8}\)\s*;|\d{1,9}(?=[\s:\#,{])[:\#,]?|[A-Fa-f]{0,7}\d[0-9A-Fa-f]{0,7}(?=\r\n)"
    rb"|(?:(?:event|id|retry):[^\r\n]*\s+)*data:(?=\s*[\[{]))" + _PLACE + rb"){1,4}",
    re.DOTALL,
)
# … or what it is given to, a call or a name
_GIVEN = re.compile(rb"(?:(?:var|let|const)\s+[\w.$]{1,64}\s*=|[\w.$]{1,64}\s*\(|\()\s*(?=[{\[]\s*[\"'{\[\w])")
_TUPLE = re.compile(rb"\(\s*(?:[\w.'\"-]{1,64}\s*,\s*){0,4}(?=[{\[]\s*[\"'{\[])")
_GIVEN_ENDS = re.compile(rb"[}\]]\s*\)?\s*;?\s*\Z")
_PROGRAM = re.compile(rb"\bfunction\b|=>\s*[{(]|\breturn\b")
_LONGEST_GIVEN, _LOOK = 1 << 20, 8192  # bytes
_HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|title|meta|div|table|style|center|h[1-6]|p>|br)", re.IGNORECASE
)
_XML = re.compile(rb"<(?:\?xml|!--|!DOCTYPE|[A-Za-z_\x80-\xff][\w.:\x80-\xff-]*(?:[\s/>]|$))")
_FORM = re.compile(rb"[\w.\-\[\]%+*]{1,128}=[^\s<>{}\"]*(?:&[\w.\-\[\]%+*]{1,128}=[^\s<>{}\"]*)*&?\s*\Z")


def image(data: bytes) -> str:
    """Kind of an image by its magic number, or the empty string."""
    return image_kind(data) or ""


def is_text(data: bytes) -> bool:
    """Whether the first bytes read as text: ASCII, UTF-8 or GB 18030 without control characters."""
    sample = data[:SAMPLE]
    if not sample or sample.translate(None, _PRINTABLE):
        return False
    if sample.isascii():
        return True
    return _decodes(sample, "utf-8") or _decodes(sample, "gb18030")


def _decodes(sample: bytes, charset: str) -> bool:
    try:
        sample.decode(charset)
    except UnicodeDecodeError as error:
        return error.start >= SAMPLE - 4 and len(sample) == SAMPLE  # only the cut at the end of the sample hurts
    return True


def is_utf16(data: bytes) -> bool:
    """Whether this is UTF-16 text, by byte order mark or by every other byte being zero."""
    first = data[:4]
    if first[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    if b"\0" not in first or len(first) < 4 or first.count(0) != 2:
        return False
    head = data[:16]
    return not any(head[1::2]) or not any(head[0::2])


def text_kind(data: bytes, content_type: str = "") -> str:
    """Kind of a text: json, xml, html, form or text; the empty string when it is none of them."""
    return _brief_kind(data, content_type) if len(data) <= _BRIEF else _text_kind(data, content_type)


def _text_kind(data: bytes, content_type: str) -> str:
    start = data[:SAMPLE].lstrip(_SPACE)
    while start.startswith(b"\xef\xbb\xbf"):
        start = start[3:].lstrip(_SPACE)
    first = start[:1]
    if first not in (b"{", b"[", b"<") and (before := _given(start, data)):
        start, first = start[before:], start[before : before + 1]
    if first in (b"{", b"["):
        if _JSON.match(start) and ("json" in content_type or _ends(data) or is_text(start)):
            return "json"
    elif first == b"<":
        if _HTML.match(start) or "html" in content_type:
            return "html"
        if _XML.match(start):
            return "html" if b"<html" in start.lower() else "xml"
    if not is_text(data):
        return ""
    if "urlencoded" in content_type:
        return "form" if b"=" in data[:SAMPLE] else "text"
    return "form" if _is_form(data) else "text"


_brief_kind = lru_cache(maxsize=64)(_text_kind)  # a small text is asked this by each codec for texts, one by one


def _given(start: bytes, data: bytes) -> int:
    """How many bytes stand before a document that is given to something, or has remarks or its length before it."""
    found = _BEFORE.match(start)
    before = found.end() if found else 0
    if before and start[before : before + 1] in (b"{", b"["):
        return before
    found = _TUPLE.match(start, before) or _GIVEN.match(start, before)
    if found is None or found.end() == before or len(data) > _LONGEST_GIVEN or not _GIVEN_ENDS.search(data[-64:]):
        return before
    return before if _PROGRAM.search(data[:_LOOK]) else found.end()


def _ends(data: bytes) -> bool:
    return data[-64:].rstrip(_SPACE)[-1:] in (b"}", b"]")


def _is_form(data: bytes) -> bool:
    """key=value&… without a content type: two pairs at least, and nothing else."""
    sample = data[:SAMPLE]
    return b"=" in sample[:128] and b"&" in sample and _FORM.match(sample) is not None


def sniff(data: bytes, content_type: str = "") -> str:
    """Kind of a leaf by content; `content_type` only decides between kinds of text."""
    if not data:
        return "empty"
    if kind := image(data):
        return kind
    if content_type == WLT:
        return "wlt"
    if data.startswith(_MAGICS):
        return next(kind for magic, kind in _MAGIC if data.startswith(magic))
    if is_utf16(data):
        text = data[: 2 * SAMPLE].decode(
            "utf-16" if data[0] >= 0xFE else "utf-16-le" if data[1] == 0 else "utf-16-be", "replace"
        )
        return text_kind(text.encode(), content_type) or "opaque"
    return text_kind(data, content_type) or "opaque"
