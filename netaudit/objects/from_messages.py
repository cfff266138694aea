"""The door from messages: a message's body as a part, its leaves, and the packets that carried them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt

from netaudit.objects.codecs_chunked import is_chunked, open_chunked, with_chunks
from netaudit.objects.mime import encoding_of, parameter
from netaudit.objects.part import Leaf, Part
from netaudit.objects.slices import clean, cut
from netaudit.objects.unwrap import Budget, unwrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.messages.message import Message

_RANGE = re.compile(r"\s*(?:bytes)?[ =]*(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_WITH_METHOD = ("http", "http2", "h2", "rtsp", "sip")


def leaves(message: Message, budget: Budget | None = None) -> Iterator[Leaf]:
    """Every object in the message's body. A body that is not empty gives one at least.

    Limits reached are added to `message.notes` when the last leaf was taken.
    """
    if not message.body:
        return
    budget = budget or Budget()
    yield from unwrap(root(message), budget)
    message.notes += [note for note in budget.notes if note not in message.notes]


def object_id(message: Message, path: str) -> bytes:
    """16 bytes that name an object: a hash of its message and the way of unwrapping."""
    return hashlib.blake2b(message.message_id + path.encode("utf-8", "replace"), digest_size=16).digest()


def root(message: Message) -> Part:
    """The body as a part, with what the head says about it."""
    part = Part(
        data=message.body,
        path=_label(message),
        name=_name(message),
        content_type=message.content_type or message.header("content-type"),
        encoding=_encoding(message) if message.headers else "",
        missing=cut(message.missing, 0, len(message.body)),
        unknown_from=message.unknown_from,
        body_range=(0, len(message.body)),
    )
    beyond = bool(message.missing) and message.missing[-1][1] > len(message.body)
    if part.unknown_from is None and (beyond or (not message.complete and part.complete)):
        part.unknown_from = len(message.body)
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


def _encoding(message: Message) -> str:
    said = dict(reversed(message.headers))
    payload, decoded = said.get("x-amz-content-sha256", ""), said.get("x-amz-decoded-content-length", "")
    return with_chunks(encoding_of(said), payload, decoded)


def _label(message: Message) -> str:
    if message.protocol == "carved":
        return "carved"
    if message.status or message.request is not None:
        return "response body"
    if message.method or message.protocol in _WITH_METHOD:
        return "request body"
    return f"{clean(message.protocol, 40)} body"


def _name(message: Message) -> str:
    """File name by the head: Content-Disposition, what the protocol says, the last segment of the path."""
    disposition = message.header("content-disposition")
    if disposition and (name := parameter(disposition, "filename")):
        return name
    for key in ("filename", "file_name", "name"):
        given = message.fields.get(key)
        if isinstance(given, str) and given:
            return given
    path = message.path.partition("?")[0].partition("#")[0]
    return unquote(path.rpartition("/")[2], errors="replace")


def _partial(message: Message, part: Part) -> Part:
    """A body that is a range of a larger thing (RFC 9110 section 14.4) is whole only when the range is all of it."""
    declared = message.fields.get("range")
    if declared is None or declared == "multipart":
        return part
    match = _RANGE.match(str(declared))
    if match is None:
        part.unknown_from = 0 if part.unknown_from is None else part.unknown_from
        return part
    first, last, total = int(match[1]), int(match[2]), match[3]
    if first == 0 and total != "*" and last + 1 >= int(total):
        return part
    part.path = f"{part.path} bytes {first}-{last}/{total}"
    end = len(part.data) if first == 0 else 0  # without its beginning nothing is known of the whole
    part.unknown_from = end if part.unknown_from is None else min(part.unknown_from, end)
    return part


def frames_of(message: Message, leaf: Leaf) -> list[tuple[int, int, int, str]]:
    """Packets that carried the leaf: per capture (capture, first frame, last frame, all as ranges, e.g. "17-19,23").

    By the place of its bytes in the stream where that is known, else all packets of the message's body.
    """
    pieces = message.pieces
    if pieces is None or not len(pieces):
        return []
    if len(pieces) == 1:
        frame = pieces["frame"].item()
        return [(pieces["capture"].item(), frame, frame, str(frame))]
    captures, frames = _carriers(pieces, *_stream_range(message, leaf.part))
    first = captures.item(0)
    if (captures == first).all():
        return [_spelled(first, frames)]
    return [_spelled(capture, frames[captures == capture]) for capture in np.unique(captures).tolist()]


def _carriers(
    pieces: npt.NDArray[np.void], start: int, end: int
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int64]]:
    """Captures and frames of the pieces that overlap [start, end); of all when none does."""
    captures, frames = pieces["capture"], pieces["frame"].astype(np.int64)
    offset = pieces["offset"].astype(np.int64)
    chosen = (offset < end) & (offset + pieces["length"] > start)
    return (captures, frames) if chosen.all() or not chosen.any() else (captures[chosen], frames[chosen])


def _spelled(capture: int, frames: npt.NDArray[np.int64]) -> tuple[int, int, int, str]:
    steps = frames[1:] - frames[:-1]
    if (steps <= 0).any():  # segments out of order, or several of one frame
        frames = np.unique(frames)
        steps = frames[1:] - frames[:-1]
    return capture, frames.item(0), frames.item(-1), _ranges(frames, steps)


def _stream_range(message: Message, part: Part) -> tuple[int, int]:
    if message.body_start < 0:
        return message.start, message.end
    if part.body_range is None:
        return message.body_start, max(message.end, message.body_start + 1)
    return message.body_start + part.body_range[0], message.body_start + part.body_range[1]


def ranges_of(frames: npt.NDArray[np.int64]) -> str:
    """Sorted distinct numbers as text: runs as first-last, joined by commas."""
    return _ranges(frames, frames[1:] - frames[:-1])


def _ranges(frames: npt.NDArray[np.int64], steps: npt.NDArray[np.int64]) -> str:
    breaks = (steps != 1).nonzero()[0]
    if not len(breaks):
        first, last = frames.item(0), frames.item(-1)
        return str(first) if first == last else f"{first}-{last}"
    firsts = [frames.item(0), *frames[breaks + 1].tolist()]
    lasts = [*frames[breaks].tolist(), frames.item(-1)]
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(firsts, lasts, strict=True))
