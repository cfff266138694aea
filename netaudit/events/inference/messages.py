"""Messages with a picture or a person, leaf by leaf, each on its route."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema import LEAVES
from netaudit.core.storage.table_streams import read_parts
from netaudit.core.text.patterns import later
from netaudit.events.inference.outlines import Leaf, outline_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netaudit.events.inference.outlines import Outline

MORE = "…"  # key of a row that holds the number of leaves omitted
BESIDE = "‥"  # key of a row of a message that may explain others and holds no person
MOST = 50_000  # messages that are looked at, the earliest; those beyond count as understood by nobody but an entry
MOST_LEAVES = 500_000  # of them all: some hundred megabytes
AT_ONCE = 1024  # rows of them
MOST_ALIKE = 16_384  # leaves of which equal ones are one object
CARVED, A_SECOND = "carved", 10**9
APART = frozenset({"websocket"})  # protocols in which a picture is a message beside that of its record
_INDEX = later(r"\[\d{1,6}\]")
_CODE = later(r"[0-9a-z_-]{12,}", re.IGNORECASE)
_FILE = later(r"(?=(?:\D*\d){4})[0-9a-z_-]{6,}\.[0-9a-z]{1,5}", re.IGNORECASE)  # named after a number or a time
_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
LONGEST_TARGET = 2048  # characters
_HEAD = later(r"(?:path\[\d+\]|query\.|header\.)")
COLUMNS = [
    "message_id", "flow_id", "direction", "protocol", "request_id", "method", "path", "status", "first_ts",
    "first_frame", "capture_id", "complete",
]  # fmt: skip


@lru_cache(maxsize=16_384)
def _place(path: str) -> tuple[str, bool]:
    head = _HEAD.match(path) is not None
    return path if head else _INDEX.sub("[]", path), head


def leaf(path: str, key: str, value: str, sha256: str = "") -> Leaf:
    """A leaf."""
    return Leaf(path, key, value, sha256, *_place(path))


class Route(NamedTuple):
    """What messages of one kind have in common."""

    sender: str
    receiver: str
    reply: bool
    protocol: str
    method: str
    target: str

    @property
    def id(self) -> str:
        """A hash that names it."""
        text = "\0".join(map(str, self))
        return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


@dataclass(slots=True)
class RouteMessage:
    """A message."""

    message_id: str
    route: Route
    way: tuple[str, str]  # flow and direction
    first_ts: int | None
    frame: int
    capture_id: str
    complete: bool
    leaves: list[Leaf] = field(default_factory=list)  # changed by `say` once they are looked at
    more: int = 0  # leaves beyond a bound
    beside: bool = False  # may explain others, and tells of nobody itself
    joined: bool = False  # has the pictures of a message beside it
    _outline: Outline | None = field(default=None, repr=False, compare=False)
    _path: str | None = field(default=None, repr=False, compare=False)
    _pictures: list[Leaf] | None = field(default=None, repr=False, compare=False)

    def say(self, leaves: list[Leaf]) -> None:
        """Have these leaves from now on."""
        self.leaves, self._outline, self._path, self._pictures = leaves, None, None, None

    @property
    def ns(self) -> int:
        """When it was sent."""
        return self.first_ts or 0

    @property
    def outline(self) -> Outline:
        """What of its leaves other messages have in common with it."""
        if self._outline is None:
            self._outline = outline_of(self.leaves)
        return self._outline

    @property
    def path(self) -> str:
        """Its target or topic without the query, in clear."""
        if self._path is None:
            self._path = "/" + "/".join([self.leaves[at].value for at in self.outline.path])
        return self._path

    @property
    def is_picture(self) -> bool:
        """Whether it is pictures and nothing else."""
        return bool(self.leaves) and self.outline.of_files

    @property
    def pictures(self) -> list[Leaf]:
        """Its pictures, each once."""
        if self._pictures is None:
            shown = [self.leaves[at] for at in self.outline.pictures]
            self._pictures = shown if len(shown) < 2 else list({one.sha256: one for one in shown}.values())
        return self._pictures


@lru_cache(maxsize=4096)
def target_form(path: str) -> str:
    """A request target or topic without its query; segments that look like values are stars."""
    bare = path[:LONGEST_TARGET].partition("?")[0].partition("#")[0]
    return "/".join("*" if _is_value(one) else one for one in bare.split("/"))[:200]


def _is_value(segment: str) -> bool:
    """Whether a segment is a number, a long code, the name of a picture, or masked."""
    if segment.isdecimal() or "*" in segment or segment.lower().endswith(_SUFFIXES):
        return True
    if _FILE.fullmatch(segment):
        return True
    return _CODE.fullmatch(segment) is not None and any(map(str.isdecimal, segment))


def read(streams: list[Path], tables: dict[str, pa.Table]) -> tuple[list[RouteMessage], int]:
    """Messages in the order of their time, and how many were left out."""
    messages, flows = tables["messages"], tables["flows"]
    faces = _faces(tables["images"], tables["objects"])
    leaves = read_parts(streams, LEAVES.schema())
    wanted = pc.unique(pa.concat_arrays([pc.unique(leaves["message_id"]), pa.array(faces, pa.string())]))
    if not len(wanted):
        return [], 0
    rows = messages.filter(pc.is_in(messages["message_id"], wanted)).select(COLUMNS)
    rows = rows.sort_by([("first_ts", "ascending"), ("message_id", "ascending")])
    held = _within(rows["message_id"].slice(0, MOST), leaves["message_id"])
    beyond = rows.num_rows - held
    rows = rows.slice(0, held)
    found = {one.message_id: one for one in _messages_of(rows, flows)}
    _take_leaves(leaves, found)
    for identity, shown in faces.items():
        if identity in found and not found[identity].leaves:
            found[identity].leaves += [leaf("", "", "", sha256) for sha256 in shown]
    return list(found.values()), beyond


def _within(messages: pa.ChunkedArray, leaves: pa.ChunkedArray) -> int:
    """How many messages, from the first on, hold no more leaves together than are held; by the ids of both."""
    places = pc.index_in(leaves, messages.combine_chunks()).drop_null().to_numpy()
    counts = np.bincount(places, minlength=len(messages))
    return int((np.cumsum(counts) <= MOST_LEAVES).sum())


def _messages_of(rows: pa.Table, flows: pa.Table) -> Iterator[RouteMessage]:
    """Messages without their leaves; some rows at a time, since Python values take much room."""
    counted = pc.value_counts(rows["request_id"])
    several = counted.filter(pc.greater(counted.field("counts"), 1)).field("values").to_pylist()
    streamed = {one for one in several if one}  # an answer that goes on and on
    same: dict[Route, Route] = {}
    for start in range(0, rows.num_rows, AT_ONCE):
        some = rows.slice(start, AT_ONCE)
        ends = flows.select(["client_ip", "server_ip"]).take(pc.index_in(some["flow_id"], flows["flow_id"]))
        some = some.set_column(COLUMNS.index("first_ts"), "first_ts", pc.cast(some["first_ts"], pa.int64(), safe=False))
        columns = [column.to_pylist() for column in (*some.columns, *ends.columns)]
        for (
            identity, flow, direction, protocol, request, method, path, status, first_ts, frame, capture, complete,
            client, server,
        ) in zip(*columns, strict=True):  # fmt: skip
            sender, receiver = (client, server) if direction == "up" else (server, client)
            reply = bool(request or status) and request not in streamed
            route = Route(sender or "", receiver or "", reply, protocol, method, target_form(path))
            route = same.setdefault(route, route)
            way = flow, intern(direction)
            yield RouteMessage(identity, route, way, first_ts, frame, intern(capture), complete)


def _take_leaves(rows: pa.Table, found: dict[str, RouteMessage]) -> None:
    """Give messages their leaves, in their order: a message is written by one worker, at once."""
    alike: dict[tuple[str, str, str], Leaf] = {}  # those of many messages are equal
    for batch in rows.select(["message_id", "path", "key", "value", "sha256"]).to_batches():
        for identity, path, key, value, sha256 in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            message = found.get(identity)
            if message is None:
                continue
            if sha256:
                message.leaves.append(leaf(path, key, value, sha256))
            elif path or key not in {MORE, BESIDE}:
                one = alike.get((path, key, value))
                if one is None:
                    if len(alike) >= MOST_ALIKE:
                        alike.clear()
                    one = alike[path, key, value] = leaf(path, key, value)
                message.leaves.append(one)
            elif key == MORE:
                message.more += int(value)
            else:
                message.beside = True


def _faces(images: pa.Table, objects: pa.Table) -> dict[str, list[str]]:
    """Messages with faces, such as were put together of several, say."""
    shown = images.filter(pc.is_in(images["face"], pa.array(["yes", "possible"])))["sha256"]
    rows = objects.filter(pc.is_in(objects["sha256"], pc.unique(shown))).select(["message_id", "sha256"])
    out: dict[str, list[str]] = defaultdict(list)
    for message, sha256 in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        out[message].append(sha256)
    return out


def joined(messages: list[RouteMessage]) -> list[RouteMessage]:
    """Messages, those without pictures with the ones that were found beside them in bytes without a reader.

    Device protocols send a document and its pictures one behind the other on a connection: each picture belongs to the
    nearest document of its way that has none, a second away at most. So with those that a protocol hands on by
    themselves: arguments of a command, frames.
    """
    spoken: dict[tuple[str, str], list[RouteMessage]] = defaultdict(list)
    for one in messages:
        if (one.route.protocol != CARVED or one.route.method) and not one.pictures:
            spoken[one.way].append(one)
    out = []
    for one in messages:
        alone = one.is_picture if one.route.protocol in APART else one.route.protocol == CARVED and not one.route.method
        near = spoken.get(one.way, []) if alone else []
        near = [other for other in near if abs(other.ns - one.ns) <= A_SECOND and not other.joined]
        if not near:
            out.append(one)
            continue
        other = min(near, key=lambda doc: (abs(doc.ns - one.ns), doc.message_id))
        other.joined = True
        other.say([*other.leaves, *(shown for shown in one.leaves if shown.sha256)])
    return out


def by_route(messages: list[RouteMessage]) -> dict[Route, list[RouteMessage]]:
    """Messages of each route, in the order of their time."""
    out: dict[Route, list[RouteMessage]] = defaultdict(list)
    for one in messages:
        out[one.route].append(one)
    return dict(sorted(out.items()))
