"""What the reading stages hand to each other, once with small windows and once with small bounds, digest by digest.

Tables show a part of that only; and what is cut where a window ends, or given up where a bound is met, takes captures
of many megabytes otherwise. Part of what a release told (`reference.py`).
"""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from netaudit.capture.first_time import first_time
from netaudit.capture.from_files import open_captures
from netaudit.messages.from_streams import Conversations
from netaudit.packets.from_capture import Decoder
from netaudit.streams.from_packets import Assembler
from netaudit.streams.layouts import Kind
from netaudit.streams.state import Limits
from netaudit.unwrapping.budget import Budget
from netaudit.unwrapping.from_messages import leaves

if TYPE_CHECKING:
    from netaudit.messages.message import Message
    from netaudit.streams.batch import Batch

SERIAL = 20  # bits of a serial that say where a flow lies, which changes no result
SERIALS = ("serial", "variant_of")


class Way(NamedTuple):
    """How much is held at once."""

    window: int
    limits: Limits
    budget: dict[str, int] | None
    in_columns: bool


WAYS = {
    "windows": Way(2048, Limits(), None, in_columns=False),
    "bounds": Way(
        1 << 16,
        Limits(flows=3, shard_bytes=3000, shard_segments=9, side_bytes=2000, side_segments=6, udp_idle=5.0, hole_age=2.0),
        {"depth": 3, "expansion": 6000, "single": 3000, "ratio": 4, "parts": 12, "document": 2000},
        in_columns=True,
    ),
}


class _Told:
    """Hashes by stage."""

    def __init__(self) -> None:
        self.hashes: dict[str, Any] = {}

    def rows(self, stage: str, rows: np.ndarray[Any, Any]) -> None:
        """Rows of numpy, column by column."""
        for name in rows.dtype.names or ():
            column = rows[name] >> rows[name].dtype.type(SERIAL) if name in SERIALS else rows[name]
            self._of(f"{stage}.{name}").update(np.ascontiguousarray(column).tobytes())

    def text(self, stage: str, text: str) -> None:
        """Words."""
        self._of(stage).update(text.encode("utf-8", "surrogatepass") + b"\n")

    def _of(self, stage: str) -> Any:
        return self.hashes.setdefault(stage, hashlib.sha256())

    def digests(self) -> dict[str, str]:
        return {name: one.hexdigest()[:16] for name, one in self.hashes.items()}


def of_stages(folder: Path, room: str) -> dict[str, str]:
    """Digests of all captures in a folder, by room, way and stage."""
    found = {}
    for name, way in WAYS.items():
        told = _Told()
        _read(folder, way, told)
        found |= {f"{room}/{name}/{stage}": digest for stage, digest in told.digests().items()}
    return found


def _read(folder: Path, way: Way, told: _Told) -> None:
    opened = open_captures([folder], window_size=way.window)
    decoder, assembler, conversations = Decoder(), Assembler(way.limits), Conversations()
    for window in opened.windows():
        told.rows("records", window.records)
        decoded = decoder.feed(window)
        told.rows("packets", decoded.packets)
        _take(assembler.take(decoded.buffer, decoded.packets), conversations, way, told)
        for serial in conversations.ignored:
            assembler.ignore(serial)
        conversations.ignored.clear()
    decoder.finish()
    _take(assembler.end(), conversations, way, told)
    for count in (decoder.decoded, decoder.skipped, decoder.unread, decoder.names, decoder.overlaps, decoder.contested):
        told.text("counts", str(sorted(map(str, count.items()))))
    told.text("fragments", str(sorted(decoder.fragments.items())))
    for one in (*opened.rejected, *opened.ignored):
        told.text("refused", f"{Path(one.name).name} {one.problem}")
    for source in opened.sources:
        told.text("files", f"{Path(source.name).name} {source.file_format} {source.compression} {source.damage}")
    for path in sorted(folder.iterdir()):
        told.text("begins", f"{path.name} {first_time(path)}")


def _take(batch: Batch, conversations: Conversations, way: Way, told: _Told) -> None:
    told.rows("flows", batch.flows)
    told.rows("runs", batch.runs)
    told.rows("pieces", batch.pieces[_pointed_at(batch)])
    told.text("payload", hashlib.sha256(batch.payload).hexdigest())
    if batch.records is not None:
        told.text("encrypted", said(batch.records))
    for _, delivery in batch.deliveries(in_columns=way.in_columns):
        for message in conversations.feed(delivery):
            _message(message, way, told)
    for summary in conversations.closed:
        told.text("closed", said(summary))
    conversations.closed.clear()
    for failure in conversations.failures:
        told.text("failures", failure)
    conversations.failures.clear()


def _pointed_at(batch: Batch) -> np.ndarray[Any, Any]:
    """Pieces that a run has: others may lie between them, with whatever was there before."""
    steps = np.zeros(batch.pieces.size + 1, np.int64)
    own = batch.runs[batch.runs["kind"] == int(Kind.BYTES)]
    np.add.at(steps, own["piece_from"], 1)
    np.add.at(steps, own["piece_to"], -1)
    return np.flatnonzero(np.cumsum(steps)[:-1])


def _message(message: Message, way: Way, told: _Told) -> None:
    told.text(f"messages.{message.protocol}", said(message))
    for leaf in leaves(message, Budget(**way.budget) if way.budget is not None else None):  # type: ignore[arg-type]
        told.text("leaves", said(leaf))
    told.text("leaves", f"{message.notes} {message.obscure} {message.unread} {message.scraps}")


def said(thing: Any) -> str:
    """All that a thing says, the same in every process: no addresses in memory, no order of hashes."""
    if isinstance(thing, np.ndarray):
        return f"{[said(thing[name]) for name in thing.dtype.names] if thing.dtype.names else thing.tolist()}"
    if isinstance(thing, np.generic):
        return said(thing.item())
    if is_dataclass(thing) and not isinstance(thing, type):
        told = (f"{one.name}={_field(one.name, getattr(thing, one.name))}" for one in fields(thing) if one.name[0] != "_")
        return f"{type(thing).__name__}({' '.join(told)})"
    if isinstance(thing, bytes):
        return thing.hex() if len(thing) <= 32 else hashlib.sha256(thing).hexdigest()
    if isinstance(thing, tuple | list):
        return "[" + ",".join(map(said, thing)) + "]"
    if isinstance(thing, dict):
        return "{" + ",".join(f"{said(key)}:{said(thing[key])}" for key in thing) + "}"
    if isinstance(thing, set | frozenset):
        return said(sorted(map(said, thing)))
    return repr(thing) if isinstance(thing, str | int | float | bool | None) else type(thing).__name__


def _field(name: str, value: Any) -> str:
    if name in SERIALS and isinstance(value, int):
        return str(value >> SERIAL)
    if name == "request" and value is not None:
        return said(value.message_id)
    return type(value).__name__ if name in ("document", "known") else said(value)
