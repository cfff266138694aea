"""gRPC messages and protocol buffers without their schema (protobuf.dev/programming-guides/encoding, gRPC over HTTP/2).

Of a length-delimited field nobody says whether it is bytes, text or a message: images and long texts are taken as such,
what reads as a message to its last byte is walked, the rest is bytes. Walked without recursion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.content import text
from netaudit.content.from_images import extent
from netaudit.content.slices import Numbering, derive, narrow
from netaudit.content.sniff import image, is_text
from netaudit.core.contracts.unwrapping_steps import Step
from netaudit.core.text.json_text import LONG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

DEPTH = 64  # messages in messages; parsers allow 100
MOST_FIELDS = 20_000  # of a message
_PROTOBUF = ("application/x-protobuf", "application/protobuf", "application/vnd.google.protobuf")
_PREFIX = 5  # of a gRPC message: a flag and its length
_VALUE = 32  # shorter bytes are identifiers
_LOOK = 4096
_CODINGS = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))

# field numbers from the outermost message on ("3.1"), start, end, whether all of it is there
Value = tuple[str, int, int, bool]


def is_grpc(part: Part) -> bool:
    """Declared as gRPC; its text forms are left to the codecs for text."""
    kind = part.content_type.partition(";")[0].strip().lower()
    return kind.startswith("application/grpc") and "json" not in kind and "text" not in kind


def open_grpc(part: Part, budget: Budget) -> Iterator[Part]:
    """The messages of a call, and images that a client cut over several of them."""
    messages: list[Part] = []
    data, at = part.data, 0
    while at + _PREFIX <= len(data) and data[at] in (0, 1):
        size = int.from_bytes(data[at + 1 : at + _PREFIX], "big")
        first, last = at + _PREFIX, at + _PREFIX + size
        if not budget.part():
            break
        message = narrow(part, first, min(last, len(data)), Step("grpc", f"[{len(messages)}]"))
        if last > len(data):
            message.unknown_from = min(len(message.data), message.unknown_from or len(message.data))
        message.content_type = _PROTOBUF[0]
        if data[at]:
            head = message.data[:4]
            message.encoding = next((name for magic, name in _CODINGS if head.startswith(magic)), "deflate")
        messages.append(message)
        at = last
    joined = _join(part, messages, budget) if len(messages) > 1 else []
    yield from joined
    if joined:  # their pieces are no objects of their own
        return
    yield from messages


def _join(part: Part, messages: list[Part], budget: Budget) -> list[Part]:
    """Images whose bytes come in the same field of one message after the other."""
    pieces: dict[str, list[bytes]] = {}
    for message in messages:
        if message.encoding or not message.complete:
            return []
        for path, first, last, _ in _values(message.data, budget):
            pieces.setdefault(path, []).append(message.data[first:last])
    out = []
    for path, values in pieces.items():
        kind = image(values[0])
        if not kind or len(values) < 2 or extent(values[0], kind).whole or any(image(value) for value in values[1:]):
            continue
        whole = b"".join(values)
        found = extent(whole, kind)
        if budget.spend(len(whole)):
            unknown = None if found.whole and found.end == len(whole) else len(whole)
            child = derive(part, whole, Step("grpc", f"[0-{len(messages) - 1}]"), None, unknown)
            child.way = child.way.then(Step("protobuf", path))
            child.depth, child.name = child.depth + 1, ""
            out.append(child)
    return out


def is_protobuf(part: Part) -> bool:
    """Declared as protocol buffers."""
    return part.content_type.partition(";")[0].strip().lower() in _PROTOBUF


def open_protobuf(part: Part, budget: Budget) -> Iterator[Part]:
    """Images, long texts and bytes, each with its path of field numbers."""
    numbering = Numbering()
    for path, first, last, whole in _values(part.data, budget):
        child = narrow(part, first, last, numbering(Step("protobuf", path)), closed=whole)
        if not whole and child.unknown_from is None:
            child.unknown_from = len(child.data)
        yield child


def _values(data: bytes, budget: Budget) -> Iterator[Value]:
    """Every value of interest; a message that breaks off ends the walk, what was found stays."""
    stack = [("", len(data))]
    at = 0
    while stack:
        path, end = stack[-1]
        if at >= end:
            stack.pop()
            continue
        field = _field(data, at, end)
        if field is None or not budget.part():
            if field is None and len(stack) == 1:
                yield from _cut_value(data, at, path)
            return
        number, first, at = field
        if first < 0:
            continue
        here = f"{path}.{number}" if path else str(number)
        verdict = _judge(data, first, at)
        if verdict == "message":
            if len(stack) >= DEPTH:
                budget.limit("protobuf depth")
                continue
            stack.append((here[:512], at))
            at = first
        elif verdict:
            yield here, first, at, True


def _cut_value(data: bytes, at: int, path: str) -> Iterator[Value]:
    """The last field reaches beyond what is there: an image may begin in it."""
    tag, at = _varint(data, at, len(data))
    if at >= 0 and tag & 7 == 2:
        _, first = _varint(data, at, len(data))
        if 0 <= first < len(data) and image(data[first:]):
            yield f"{path}.{tag >> 3}" if path else str(tag >> 3), first, len(data), False


def _judge(data: bytes, first: int, last: int) -> str:
    """What a length-delimited value is: "value", "message", or nothing of interest."""
    head = data[first : min(last, first + _LOOK)]
    if image(head):
        return "value"
    if last - first < 4:
        return ""
    if is_text(head):
        return "value" if last - first >= LONG and text.promising(head[:256]) else ""
    if _is_message(data, first, last):
        return "message"
    return "value" if last - first >= _VALUE else ""


def _is_message(data: bytes, at: int, end: int) -> bool:
    """Whether bytes read as fields to the last one; where too many come to look at all, the first ones decide."""
    for _ in range(64):
        field = _field(data, at, end)
        if field is None:
            return False
        at = field[2]
        if at == end:
            return True
    return True


def _field(data: bytes, at: int, end: int) -> tuple[int, int, int] | None:
    """(number, start of a length-delimited value or -1, end of the field); None when this is no field."""
    tag, at = _varint(data, at, end)
    number, kind = tag >> 3, tag & 7
    if at < 0 or not 0 < number < 1 << 29:
        return None
    if kind == 0:
        _, at = _varint(data, at, end)
        return (number, -1, at) if at >= 0 else None
    if kind in (1, 5):
        at += 8 if kind == 1 else 4
        return (number, -1, at) if at <= end else None
    if kind != 2:
        return (number, -1, at) if kind in (3, 4) else None  # groups: marks only, their fields follow
    size, first = _varint(data, at, end)
    return (number, first, first + size) if first >= 0 and first + size <= end else None


def fields_of(data: bytes, at: int, end: int) -> list[tuple[int, int, int, int]] | None:
    """(number, wire type, start, end) of the value of each field, where bytes read as fields to the last one."""
    out: list[tuple[int, int, int, int]] = []
    while at < end:
        if len(out) >= MOST_FIELDS:
            return None
        tag, first = _varint(data, at, end)
        number, kind = tag >> 3, tag & 7
        if first < 0 or not 0 < number < 1 << 29 or kind not in (0, 1, 2, 5):
            return None
        if kind == 0:
            _, at = _varint(data, first, end)
        elif kind == 2:
            size, first = _varint(data, first, end)
            at = first + size
        else:
            at = first + (8 if kind == 1 else 4)
        if first < 0 or not first <= at <= end:
            return None
        out.append((number, kind, first, at))
    return out


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """(value, end); an end of -1 when it is not there or too long."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            return 0, -1
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    return 0, -1
