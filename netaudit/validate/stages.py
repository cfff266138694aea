"""What the reading stages hand to each other, in several ways of reading, digest by digest.

Once with small windows, twice with small bounds (of flows and of trees; of every reader): what is cut where a window
ends, or given up where a bound is met, takes captures of many megabytes otherwise. And with packets lost, doubled, cut
off and changed, and bodies changed, on the way from stage to stage: so one capture says many things. Tables show a part
of all that only. Part of what a release told (`reference.py`).
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from netaudit.capture.first_time import first_time
from netaudit.capture.from_files import open_captures
from netaudit.capture.layouts import Window
from netaudit.messages.from_streams import Conversations
from netaudit.messages.mqtt.publications import Publications
from netaudit.packets.from_capture import Decoder
from netaudit.streams.from_packets import Assembler
from netaudit.streams.layouts import Delivery, Kind, Run
from netaudit.streams.state import Limits
from netaudit.unwrapping.budget import Budget
from netaudit.unwrapping.from_messages import are_plain_texts, is_plain_document, leaves, scraps
from netaudit.unwrapping.image_residue import confirm_end
from netaudit.unwrapping.sniff import IMAGE_KINDS
from netaudit.unwrapping.tree import bare_text, notation, rest, values
from netaudit.validate.constants import scarcity, without_extras

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from netaudit.messages.message import Message
    from netaudit.streams.batch import Batch

    U8 = npt.NDArray[np.uint64]

SERIAL = 20  # bits of a serial that say where a flow lies, which changes no result
SERIALS = ("serial", "variant_of")


class Way(NamedTuple):
    """How much is held at once, and what is changed meanwhile."""

    window: int
    limits: Limits = Limits()
    budget: dict[str, int] | None = None
    in_columns: bool = False  # and many small messages as one
    bytes_of: int = 0  # one packet of so many has a byte changed
    lost_of: int = 0  # one packet of so many is lost, one doubled, one cut off
    bodies: int = 0  # changes of a body
    cuts: int = 0  # of the beginning of every run, each as the end of a batch; what is in messages is not looked at
    scarce: int = 0  # every bound of the readers is a small number of its own, by this one


WAYS = {
    "windows": Way(2048),
    "bounds": Way(
        1 << 16,
        Limits(
            flows=3, shard_bytes=3000, shard_segments=9, side_bytes=2000, side_segments=6, udp_idle=5.0, hole_age=2.0
        ),
        {"depth": 3, "expansion": 6000, "single": 3000, "ratio": 4, "parts": 12, "document": 2000},
        in_columns=True,
    ),
    "losses": Way(1 << 20, lost_of=9),
    "heads": Way(1 << 20, bytes_of=2),
    "bodies": Way(1 << 20, bodies=7),
    "cuts": Way(1 << 20, cuts=6),
    "scarce": Way(1 << 20, scarce=1),
    "scarcer": Way(1 << 20, scarce=7),
}
HEADS = 120  # bytes of a packet in which one is changed
BODY = 3000  # bytes of a body that is changed
CUTS = 64  # parts of a packet of which some are cut off
TCP = 6
FRONT = 64  # bytes of a run within which it is cut


def _scattered(count: int, seed: int) -> U8:
    """Numbers without order, the same everywhere (SplitMix64)."""
    with np.errstate(over="ignore"):
        x = (np.arange(count, dtype=np.uint64) + np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ x >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ x >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        found: U8 = x ^ x >> np.uint64(31)
    return found


def changed(window: Window, way: Way, seed: int) -> Window:
    """A window as it might have been."""
    records, buffer = window.records, window.buffer
    if way.lost_of and len(records):
        what = _scattered(len(records), seed) % np.uint64(way.lost_of)
        times = np.where(what == 0, 0, np.where(what == 1, 2, 1))
        records = np.repeat(records, times)
        cut = np.repeat(what == 2, times)
        left = (_scattered(len(records), seed) >> np.uint64(48))[cut] % np.uint64(CUTS)
        records["caplen"][cut] = records["caplen"][cut] * (CUTS - 1 - left) // CUTS
    if way.bytes_of and len(records):
        numbers = _scattered(len(records), seed)
        own = (numbers % np.uint64(way.bytes_of) == 0) & (records["caplen"] > 0)
        places = records["offset"][own].astype(np.int64)
        places += ((numbers[own] >> np.uint64(8)) % np.minimum(records["caplen"][own], HEADS).astype(np.uint64)).astype(
            np.int64
        )
        buffer = buffer.copy()
        buffer[places] ^= (np.uint64(1) << (numbers[own] >> np.uint64(40)) % np.uint64(8)).astype(np.uint8)
    return Window(buffer, records)


def others(message: Message, count: int) -> Iterator[Message]:
    """A message with other bodies: cut off, a byte changed, left out, put in or doubled, or turned about.

    Mostly in front, where a body says what it is.
    """
    body = message.body
    for number, value in enumerate(_scattered(count, len(body)).tolist()):
        at, byte = value % len(body) >> (value >> 32) % 4, value >> 40 & 0xFF
        near = body[at] + (byte & 1 or -1) & 0xFF
        other = (
            body[:at], body[:at] + bytes([byte]) + body[at + 1 :], body[:at] + body[at + 1 :],
            body[:at] + bytes([byte]) + body[at:], body[: at + 1] + body[at:], body[at:] + body[:at],
            body[:at] + bytes([near]) + body[at + 1 :],
        )[number % 7]  # fmt: skip
        yield replace(message, body=other, document=None, notes=[])


class Hashes:
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
        """Of every stage."""
        return {name: one.hexdigest()[:16] for name, one in self.hashes.items()}


def of_stages(folder: Path, room: str, ways: Mapping[str, Way] = WAYS) -> dict[str, str]:
    """Digests of all captures in a folder, by room, way and stage."""
    found: dict[str, str] = {}
    for name, way in ways.items():
        hashes = Hashes()
        with without_extras():
            (_read_scarcely if way.scarce else _read)(folder, way, hashes)
        found |= {f"{room}/{name}/{stage}": digest for stage, digest in hashes.digests().items()}
    return found


def _read_scarcely(folder: Path, way: Way, hashes: Hashes) -> None:
    """Each file by itself: a bound that nobody would set may raise what no capture does."""
    with scarcity(way.scarce):
        for path in sorted(folder.iterdir()):
            try:
                _read(path, way, hashes)
            except Exception as error:  # noqa: BLE001  (of whichever library was asked for what it refuses)
                hashes.text("raised", f"{path.name} {type(error).__name__}")


def _read(place: Path, way: Way, hashes: Hashes) -> None:
    opened = open_captures([place], window_size=way.window)
    decoder, assembler, conversations = Decoder(), Assembler(way.limits), Conversations(together=way.in_columns)
    for number, whole in enumerate(opened.windows()):
        window = changed(whole, way, number << 20)
        hashes.rows("records", window.records)
        decoded = decoder.feed(window)
        hashes.rows("packets", decoded.packets)
        _feed(assembler.assemble(decoded.buffer, decoded.packets), conversations, way, hashes)
        for serial in conversations.ignored:
            assembler.ignore(serial)
        conversations.ignored.clear()
    decoder.finish()
    _feed(assembler.end(), conversations, way, hashes)
    for count in (decoder.decoded, decoder.skipped, decoder.unread, decoder.names, decoder.overlaps, decoder.contested):
        hashes.text("counts", str(sorted(map(str, count.items()))))
    hashes.text("fragments", str(sorted(decoder.fragments.items())))
    for one in (*opened.rejected, *opened.ignored):
        hashes.text("refused", f"{Path(one.name).name} {one.problem}")
    for source in opened.sources:
        hashes.text("files", canonical(replace(source, name=Path(source.name).name, path=None)))
    for read, size, digest in opened.read_so_far():
        hashes.text("read", f"{Path(read).name} {size} {digest}")
    for path in sorted(place.iterdir()) if place.is_dir() else ():
        hashes.text("begins", f"{path.name} {first_time(path)}")


def _feed(batch: Batch, conversations: Conversations, way: Way, hashes: Hashes) -> None:
    hashes.rows("flows", batch.flows)
    hashes.rows("runs", batch.runs)
    hashes.rows("pieces", batch.pieces[_pointed_at(batch)])
    hashes.text("payload", hashlib.sha256(batch.payload.tobytes()).hexdigest())
    if batch.records is not None:
        hashes.text("encrypted", canonical(batch.records))
    for _, delivery in batch.deliveries(in_columns=way.in_columns):
        for part in _cut(delivery, way.cuts) if way.cuts else (delivery,):
            for message in conversations.feed(part):
                _tell(message, way, hashes)
    for summary in conversations.closed:
        hashes.text("closed", canonical(summary))
    conversations.closed.clear()
    for failure in conversations.failures:
        hashes.text("failures", failure)
    conversations.failures.clear()


def _cut(delivery: Delivery, cuts: int) -> Iterator[Delivery]:
    """The same, each piece of the beginning of a run by itself, as ends of batches have it; datagrams as they are."""
    if int(delivery.flow["proto"]) != TCP:
        yield delivery
        return
    for run in delivery.runs:
        within = min(FRONT, run.length)
        edges = [] if run.is_gap else (_scattered(cuts, run.offset + run.length) % np.uint64(within)).tolist()
        places = sorted({0, run.length, *edges})
        for begin, end in itertools.pairwise(places):
            first, last = run.offset + begin, run.offset + end
            pieces = run.pieces[(run.pieces["offset"] < last) & (run.pieces["offset"] + run.pieces["length"] > first)]
            ends = np.minimum(pieces["offset"] + pieces["length"], last)
            pieces["offset"] = np.maximum(pieces["offset"], first)
            pieces["length"] = ends - pieces["offset"]
            piece = Run(run.direction, first, end - begin, run.data[begin:end], pieces)
            yield Delivery(delivery.flow, [piece])
    yield Delivery(delivery.flow, [], delivery.closed)


def _tell(message: Message, way: Way, hashes: Hashes) -> None:
    if isinstance(message, Publications):
        plain = are_plain_texts(np.frombuffer(message.data, np.uint8), message.rows).tolist()
        hashes.text("together", f"{message.place()} {plain} {message.topics()}")
        hashes.rows("publications", message.rows)
        for one in message.messages():
            _message(one, way, hashes)
    elif way.cuts:
        hashes.text(f"messages.{message.protocol}", canonical(message))
    else:
        _message(message, way, hashes)


def _pointed_at(batch: Batch) -> np.ndarray[Any, Any]:
    """Pieces that a run has: others may lie between them, with whatever was there before."""
    steps = np.zeros(batch.pieces.size + 1, np.int64)
    own = batch.runs[batch.runs["kind"] == int(Kind.BYTES)]
    np.add.at(steps, own["piece_from"], 1)
    np.add.at(steps, own["piece_to"], -1)
    return np.flatnonzero(np.cumsum(steps)[:-1])


def _message(message: Message, way: Way, hashes: Hashes) -> None:
    if way.bodies and 0 < len(message.body) <= BODY:
        for other in others(message, way.bodies):
            _leaves(other, way, hashes)
        return
    _leaves(message, way, hashes)


def _leaves(message: Message, way: Way, hashes: Hashes) -> None:
    hashes.text(f"messages.{message.protocol}", f"{canonical(message)} {is_plain_document(message)}")
    for leaf in leaves(message, Budget(**way.budget) if way.budget is not None else None):  # type: ignore[arg-type]
        if leaf.kind in IMAGE_KINDS:
            confirm_end(leaf)
        hashes.text("leaves", f"{canonical(leaf)} {canonical(bare_text(leaf))} {canonical(rest(leaf))}")
        hashes.text("values", f"{notation(leaf)} {canonical(values(leaf))}")
    hashes.text(
        "left",
        f"{message.notes} {message.obscure} {message.unread} {canonical(message.scraps)} {canonical(scraps(message))}",
    )


def canonical(thing: Any) -> str:
    """All that a thing says, the same in every process: no addresses in memory, no order of hashes."""
    if isinstance(thing, np.ndarray):
        return f"{[canonical(thing[name]) for name in thing.dtype.names] if thing.dtype.names else thing.tolist()}"
    if isinstance(thing, np.generic):
        return canonical(thing.item())
    if is_dataclass(thing) and not isinstance(thing, type):
        parts = (
            f"{one.name}={_field(one.name, getattr(thing, one.name))}" for one in fields(thing) if one.name[0] != "_"
        )
        return f"{type(thing).__name__}({' '.join(parts)})"
    if isinstance(thing, bytes):
        return thing.hex() if len(thing) <= 32 else hashlib.sha256(thing).hexdigest()
    if isinstance(thing, tuple | list):
        return "[" + ",".join(map(canonical, thing)) + "]"
    if isinstance(thing, dict):
        return "{" + ",".join(f"{canonical(key)}:{canonical(thing[key])}" for key in thing) + "}"
    if isinstance(thing, set | frozenset):
        return canonical(sorted(map(canonical, thing)))
    return repr(thing) if isinstance(thing, str | int | float | bool | None) else type(thing).__name__


def _field(name: str, value: Any) -> str:
    if name in SERIALS and isinstance(value, int):
        return str(value >> SERIAL)
    if name == "request" and value is not None:
        return canonical(value.message_id)
    return type(value).__name__ if name in ("document", "known") else canonical(value)
