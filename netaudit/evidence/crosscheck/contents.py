"""What a body holds, a second time: parts of forms by `email`, texts by `json` and `urllib`, base64, hex and gzip."""

from __future__ import annotations

import base64
import binascii
import email.parser
import email.policy
import json
import re
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 8  # wrappings within each other
MOST_BYTES = 256 << 20  # of one piece of content
LEAST_TEXT = 64  # characters of a text that may hold an image
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{64,}(?:\s{1,4}[A-Za-z0-9+/_-]{1,512}){0,1000000}={0,2}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+\Z")
_DATA_ADDRESS = re.compile(r"data:[^,]{0,256},", re.IGNORECASE)


def contents(body: bytes, content_type: str = "", depth: int = 0) -> Iterator[bytes]:
    """Everything that can be made of a body, the body first. Nothing is said of how often, or where, it stands."""
    yield body
    if depth >= DEEPEST or len(body) > MOST_BYTES:
        return
    if content_type.lower().lstrip().startswith("multipart/"):
        for part in _parts(body, content_type):
            yield from contents(*part, depth + 1)
    elif body[:2] == b"\x1f\x8b":
        opened = zlib.decompressobj(31)
        try:
            yield from contents(opened.decompress(body, MOST_BYTES), "", depth + 1)
        except zlib.error:
            return
    elif _is_text(body):
        yield from _of_text(body, depth)


def _is_text(body: bytes) -> bool:
    return len(body) >= LEAST_TEXT and b"\0" not in body[:512] and body[:3] != b"\xff\xd8\xff"


def _parts(body: bytes, content_type: str) -> Iterator[tuple[bytes, str]]:
    head = b"Content-Type: " + content_type.encode("ascii", "replace").replace(b"\r", b"").replace(b"\n", b"")
    whole = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(head + b"\r\n\r\n" + body)
    for part in whole.walk():
        if not part.is_multipart():
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield payload, str(part.get("Content-Type", ""))


def _of_text(body: bytes, depth: int) -> Iterator[bytes]:
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        tree = None
    if isinstance(tree, dict | list):
        for text in _strings(tree):
            yield from _of_value(text, depth)
        return
    if b"=" in body[:256] and body[:1] not in b"<{[":
        for _, text in _pairs(body):
            yield from _of_value(text, depth)
            if " " in text:
                yield from _of_value(text.replace(" ", "+"), depth)  # base64 that was not escaped
    for found in _BASE64.finditer(body):  # XML and all other texts
        if (data := _unbase64(found[0])) is not None:
            yield from contents(data, "", depth + 1)


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("latin-1"), encoding="latin-1", max_num_fields=10_000)
    except ValueError:
        return []


def _strings(tree: Any) -> Iterator[str]:
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            left.extend(node.values())
        elif isinstance(node, list):
            left.extend(node)
        elif isinstance(node, str) and len(node) >= LEAST_TEXT:
            yield node


def _of_value(text: str, depth: int) -> Iterator[bytes]:
    """What the value of a field holds: a text of its own, an address `data:`, base64, hex."""
    if len(text) < LEAST_TEXT or depth >= DEEPEST:
        return
    if found := _DATA_ADDRESS.match(text):
        rest = text[found.end() :]
        if ";base64" not in found[0].lower():
            yield from contents(unquote_to_bytes(rest), "", depth + 1)
            return
        text = rest
    raw = text.encode("utf-8", "replace")
    if _HEX.match(text):
        yield from contents(bytes.fromhex(text), "", depth + 1)
    if (data := _unbase64(unquote_to_bytes(raw) if b"%" in raw else raw)) is not None:
        yield from contents(data, "", depth + 1)
    elif text.lstrip()[:1] in ("{", "[", "<"):
        yield from contents(raw, "", depth + 1)


def _unbase64(text: bytes) -> bytes | None:
    """Bytes of base64 in either alphabet, with line breaks, with or without padding; None for anything else."""
    packed = text.translate(None, b" \t\r\n").translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
