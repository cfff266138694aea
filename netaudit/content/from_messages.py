"""The door from messages: a message's body as a part, its leaves, and the packets that carried them."""

from __future__ import annotations

import functools
import hashlib
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np

from netaudit.content.budget import Patience
from netaudit.content.codecs.chunked import is_chunked, open_chunked, with_chunks
from netaudit.content.kernels_documents import SMALL, is_plain, plain_texts
from netaudit.content.mime import encoding_of, name_of, parameter
from netaudit.content.part import Leaf, Part
from netaudit.content.scraps import Scrap, scraps_of_head
from netaudit.content.slices import cut
from netaudit.content.sniff import IMAGE_KINDS
from netaudit.content.unwrap import Budget, declares, unwrap
from netaudit.core.contracts.unwrapping_steps import Step, Way, clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from netaudit.core.contracts.heads import Fields
    from netaudit.protocols.message import Message

_RANGE = re.compile(r"\s*(?:bytes)?[ =]*(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_LONG_WORD = 512  # bytes of a word in a head that may be a picture
_LONG = re.compile(rb"(?<![^\x00-\x20\x7f])[^\x00-\x20\x7f]{%d}" % _LONG_WORD)  # tried where a word begins only
_CODED = frozenset({"content-encoding", "content-transfer-encoding", "x-amz-content-sha256"})
_WITH_METHOD = ("http", "http2", "http3", "h2", "rtsp", "sip")


def leaves(message: Message, budget: Budget | None = None) -> Iterator[Leaf]:
    """Every object in the message's body, and images in its head. A body that is not empty gives one at least.

    Limits reached are added to `message.notes`, and what was not understood is counted, when the last leaf was taken.
    """
    if len(message.head) > _LONG_WORD and _LONG.search(message.head) is not None:
        yield from _in_head(message)
    if not message.body:
        return
    budget = budget or Budget.of(len(message.body), Patience())
    body, message.document = root(message), None
    body.parts, message.parts = message.parts, None
    yield from unwrap(body, budget)
    message.obscure = min(budget.obscure, len(message.body))
    message.unread = min(budget.unread, len(message.body))
    message.scraps = budget.scraps or None
    if budget.notes:
        message.notes += [note for note in budget.notes if note not in message.notes]


def scraps(message: Message) -> list[Scrap]:
    """Words of a message that nobody would read: of its head as it came, or by its fields, and its body."""
    head = message.head
    if not head:
        fields = [message.method, message.path, message.file_name]
        for name, value in message.headers:
            fields += (name, value)
        head = "\n".join(fields).encode("utf-8", "replace")
    return scraps_of_head(head) + (message.scraps or [])


def _in_head(message: Message) -> Iterator[Leaf]:
    """Images in the head of a message, in a cookie or a query say; of what else is there, `scraps.py` tells."""
    budget, size = Budget.of(len(message.head), Patience()), len(message.head)
    place = (-size, 0) if message.body_start >= 0 else None  # right before the body
    part = Part(message.head, Way.of(_label(message).replace("body", "head")), body_range=place)
    for leaf in unwrap(part, budget):
        if leaf.kind in IMAGE_KINDS:
            yield leaf
    message.notes += [note for note in budget.notes if note not in message.notes]


def is_plain_document(message: Message) -> bool:
    """Whether the body is a small JSON text that unwrapping leaves as it is: one object, at `plain_path`.

    It is printable ASCII without escapes, understood to its end, whole, and has no string that is long enough to hold
    something; nothing that was said of it lets a codec come before the one for JSON (`unwrap.CODECS`).
    """
    return (
        is_plain_text(message.body)
        and message.complete
        and message.unknown_from is None
        and not message.missing
        and not declares(message.content_type)
        and message.part is None
        and message.file_range is None
        and not message.form.read(has_coding)
        and not (not message.content_type and declares(message.header("content-type")))
        and not (len(message.head) > _LONG_WORD and _LONG.search(message.head))
    )


def is_plain_text(body: bytes) -> bool:
    """Whether bytes alone allow it."""
    return 1 < len(body) <= SMALL and body[:1] == b"{" and bool(is_plain(np.frombuffer(body, np.uint8)))


def are_plain_texts(data: npt.NDArray[np.uint8], rows: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Of which texts `is_plain_text` is true: `body` and `stop` of each say where it lies."""
    plain = np.empty(len(rows), bool)
    plain_texts(data, rows["body"].astype(np.int64), rows["stop"].astype(np.int64), plain)
    return plain


def has_coding(fields: Fields) -> bool:
    """Whether fields of a head name a coding of the body."""
    return any(name in _CODED for name, _ in fields)


def plain_path(message: Message) -> str:
    """Path of the one object in a plain document."""
    return _json_in(_label(message))


@functools.lru_cache(maxsize=256)
def _json_in(carrier: str) -> str:
    return Way.of(carrier).then(Step("json")).text


def object_id(message: Message, path: str) -> bytes:
    """16 bytes that name an object: a hash of its message and the way of unwrapping."""
    return hashlib.blake2b(message.message_id + path.encode("utf-8", "replace"), digest_size=16).digest()


def root(message: Message) -> Part:
    """The body as a part, with what the head says about it."""
    part = Part(
        data=message.body,
        way=Way.of(_label(message)),
        name=body_name(message),
        field="" if message.part is None else name_of(dict(reversed(message.headers)))[0],
        content_type=message.content_type or message.header("content-type"),
        encoding=message.form.read(_encoding) if message.headers else "",
        missing=cut(message.missing, 0, len(message.body)) if message.missing else [],
        unknown_from=message.unknown_from,
        body_range=(0, len(message.body)),
        document=message.document,
    )
    size = len(message.body)
    beyond = message.unknown_from is not None or (bool(message.missing) and message.missing[-1][1] > size)
    if beyond or (not message.complete and part.complete):
        part.unknown_from = size if part.unknown_from is None else min(size, part.unknown_from)
    return _partial(message, part)


def upload_body(message: Message) -> Part:
    """The body as an object store keeps it: `root`, with signed chunks taken off."""
    part = root(message)
    if not is_chunked(part):
        return part
    budget = Budget()
    part = next(open_chunked(part, budget), part)
    message.notes += [note for note in budget.notes if note not in message.notes]
    return part


def _encoding(fields: Fields) -> str:
    headers = dict(reversed(fields))
    payload, decoded = headers.get("x-amz-content-sha256", ""), headers.get("x-amz-decoded-content-length", "")
    return with_chunks(encoding_of(headers), payload, decoded)


def _label(message: Message) -> str:
    if message.protocol == "carved":
        return "carved"
    if message.status or message.request is not None:
        return "response body"
    if message.method or message.protocol in _WITH_METHOD:
        return "request body"
    return f"{clean(message.protocol, 40)} body"


def body_name(message: Message) -> str:
    """File name by the head: Content-Disposition, what the protocol says, the last segment of the path."""
    if message.headers and (name := message.form.read(_disposed)):
        return name
    if message.file_name:
        return message.file_name
    last = message.path.partition("?")[0].partition("#")[0].rpartition("/")[2]
    return unquote(last, errors="replace") if "%" in last else last


def _disposed(fields: Fields) -> str:
    disposition = next((value for name, value in fields if name == "content-disposition"), "")
    return parameter(disposition, "filename") if disposition else ""


def content_range(message: Message) -> tuple[int, int, int | None] | None:
    """First and last byte that a body is of a whole, and the length of that (None: `*`); None where it says none."""
    match = _RANGE.match(message.file_range or "")
    return None if match is None else (int(match[1]), int(match[2]), None if match[3] == "*" else int(match[3]))


def _partial(message: Message, part: Part) -> Part:
    """A body that is a range of a larger thing (RFC 9110 section 14.4) is whole only when the range is all of it."""
    declared = message.file_range
    if declared is None or declared == "multipart":
        return part
    match = _RANGE.match(declared)
    if match is None:
        part.unknown_from = 0 if part.unknown_from is None else part.unknown_from
        return part
    first, last, total = int(match[1]), int(match[2]), match[3]
    if first == 0 and total != "*" and last + 1 >= int(total):
        return part
    part.way = Way.of(_label(message), f"bytes {first}-{last}/{total}")
    end = len(part.data) if first == 0 else 0  # without its beginning nothing is known of the whole
    part.unknown_from = end if part.unknown_from is None else min(part.unknown_from, end)
    return part
