"""Examples of `signatures/documents`, turned into messages and read like any other.

A text `@jpeg`, `@jpeg:2` … in a body stands for the base64 of a tiny picture, each number another one; in a part of a
multipart body for its bytes.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from netaudit.content.from_messages import leaves, object_id
from netaudit.events.rules.from_unwrapping import MessageReader
from netaudit.events.rules.index import Index
from netaudit.protocols.message import Message
from netaudit.tables.events import head_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.events.rules.entries import Entry
    from netaudit.events.rules.event import Event
    from netaudit.events.rules.loading import DocumentSet
    from netaudit.events.rules.nodes import Tree

_PICTURE = re.compile(r"@jpeg(?::(\d{1,3}))?")
_BOUNDARY = "example-boundary"
_JPEG = bytes.fromhex(  # 1 × 1, the shortest that decoders take; a comment makes each another one
    "ffdb004300" + "01" * 64 + "ffc0000b080001000101011100ffc40014000100000000000000000000000000000003"
    "ffc40014100100000000000000000000000000000000ffda0008010100003f0037ffd9"
)


def picture(number: int = 1) -> bytes:
    """A tiny JPEG; another one for each number."""
    comment = f"example {number:03d}".encode()
    return b"\xff\xd8\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + _JPEG


def _with_pictures(text: str) -> str:
    return _PICTURE.sub(lambda match: base64.b64encode(picture(int(match[1] or 1))).decode(), text)


def message_of(example: dict[str, Any]) -> Message:
    """The message that an example describes."""
    body, content_type = _body(example)
    content_type = str(example.get("content_type", content_type))
    headers = [(str(name).lower(), str(value)) for name, value in example.get("headers", {}).items()]
    message = Message(example.get("protocol", "http"), 0, 0, len(body), body=body, body_size=len(body))
    message.method, message.host = example.get("method", "POST"), example.get("host", "192.0.2.10")
    message.path, message.content_type = str(example.get("path", "/")), content_type
    message.headers = [("content-type", content_type), *headers]
    message.message_id, message.body_start = b"example", -1
    if example.get("reply"):
        request = Message(message.protocol, 0, 0, 0, method=message.method, host=message.host, path=message.path)
        message.direction, message.status, message.request = 1, 200, request
    return message


def _body(example: dict[str, Any]) -> tuple[bytes, str]:
    if "json" in example:
        text = json.dumps(example["json"], ensure_ascii=False)
        return _with_pictures(text).encode(), "application/json"
    if "form" in example:
        pairs = (f"{key}={quote(_with_pictures(str(value)), safe='')}" for key, value in example["form"].items())
        return "&".join(pairs).encode(), "application/x-www-form-urlencoded"
    if "xml" in example:
        return _with_pictures(str(example["xml"])).encode(), "application/xml"
    if "parts" in example:
        return b"".join(_parts(example["parts"])), f"multipart/form-data; boundary={_BOUNDARY}"
    if "hex" in example:
        return bytes.fromhex(str(example["hex"])), ""
    text = str(example.get("body", ""))
    if match := _PICTURE.fullmatch(text):
        return picture(int(match[1] or 1)), "image/jpeg"
    return _with_pictures(text).encode(), ""


def _parts(parts: list[dict[str, Any]]) -> Iterator[bytes]:
    for part in parts:
        body, content_type = _body(part)
        heads = [f'Content-Disposition: form-data; name="{part["name"]}"' if "name" in part else ""]
        if "filename" in part:
            heads = [f'{heads[0] or "Content-Disposition: attachment"}; filename="{part["filename"]}"']
        heads += (
            [f"Content-Type: {part.get('content_type', content_type)}"]
            if "content_type" in part or content_type
            else []
        )
        heads += [f"Content-ID: <{part['content_id']}>"] if "content_id" in part else []
        head = "\r\n".join(line for line in heads if line)
        yield f"--{_BOUNDARY}\r\n{head}\r\n\r\n".encode() + body + b"\r\n"
    yield f"--{_BOUNDARY}--\r\n".encode()


def tree_of(message: Message) -> Tree:
    """A message as entries see it."""
    reader = MessageReader(Index([]))
    for number, leaf in enumerate(leaves(message)):
        reader.append(leaf, object_id(message, leaf.part.path).hex(), f"{number}")
    return reader.tree()


def read_message(index: Index, message: Message) -> list[Event]:
    """Events of one message."""
    reader = MessageReader(index)
    for number, leaf in enumerate(leaves(message)):
        reader.append(leaf, object_id(message, leaf.part.path).hex(), f"{number}")
    return reader.end(head_of(message), message.message_id.hex(), complete=message.complete)


def failed_examples(loaded: DocumentSet) -> list[str]:
    """Entries whose examples do not give what they promise; every example is read with all entries there."""
    return [f"{entry.file}: {entry.id}: {problem}" for entry in loaded.entries for problem in _failed(entry, loaded)]


def _failed(entry: Entry, loaded: DocumentSet) -> Iterator[str]:
    for number, example in enumerate(entry.raw["examples"]["match"], 1):
        found = [event for event in read_message(loaded.index, message_of(example)) if event.entry.id == entry.id]
        wanted = example["gives"]
        if len(found) != len(wanted):
            yield f"example {number} gives {len(found)} events, not {len(wanted)}"
            continue
        for event, wants in zip(found, wanted, strict=True):
            values = spoken(event)
            yield from (
                f"example {number} gives {name} {values.get(name)!r}, not {value!r}"
                for name, value in wants.items()
                if _normal(values.get(name)) != _normal(value)
            )
    for number, example in enumerate(entry.raw["examples"]["no_match"], 1):
        if any(event.entry.id == entry.id for event in read_message(loaded.index, message_of(example))):
            yield f"counterexample {number} matches"


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _normal(one) for key, one in value.items()}
    return value if value is None or isinstance(value, (float, bool)) else str(value)


def spoken(event: Event) -> dict[str, Any]:
    """What an event says, in the words of an example's `gives`."""
    roles: dict[str, int] = {}
    for claimed in event.images:
        roles[claimed.role] = roles.get(claimed.role, 0) + 1
    values: dict[str, Any] = {"kind": event.entry.kind, "device": event.device, "place": event.place}
    values |= {
        "event": event.event_ref,
        "time": event.shot_time_text,
        "zone": event.zone,
        "score": event.score,
        "result": event.result,
        "direction": event.direction,
    }
    values |= {"target": event.target}
    values |= {"images": roles, "urls": [url for _, url in event.urls], "complete": event.complete}
    return values | event.person | event.purpose
