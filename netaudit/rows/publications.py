"""Rows of small publications (`messages/mqtt/publications.py`) that are plain documents: whole columns, no messages.

What may say something is given back as messages, as `plain_documents` does, and so are those of which there are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from netaudit.identity_data.from_unwrapping import asks_about, may_tell
from netaudit.masking.mask import mask, mask_name, mask_path, mask_words, shortened
from netaudit.messages.kernels_ids import ids_within, message_ids
from netaudit.messages.message import Message
from netaudit.messages.mqtt.layouts import PUBLICATION
from netaudit.messages.mqtt.publications import NAME
from netaudit.rows.carriers import carriers_of_body
from netaudit.rows.columns import DIGITS, batch_of, empty_lists, few, ids
from netaudit.rows.plain_documents import hits
from netaudit.signatures.descriptions import describes
from netaudit.streams.layouts import PIECE
from netaudit.tables import EVIDENCE, MESSAGES, OBJECTS
from netaudit.text.frame_ranges import capture_name
from netaudit.unwrapping.from_messages import body_name, plain_path, plain_publications

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.messages.mqtt.publications import Publications
    from netaudit.rows.events import EventRows
    from netaudit.storage.table_streams import RowWriter

LEAST, AT_ONCE = 64, 2048  # publications for which columns pay; and that are held
Rows = Any  # a structured array
PATH = plain_path(Message(NAME, 0, 0, 0, method="PUBLISH"))


class PlainPublications:
    """Takes publications that are told together and know their packets."""

    def __init__(self, rows: RowWriter, events: EventRows) -> None:
        self._rows, self._events = rows, events
        self._schemas = {table.name: table.schema() for table in (MESSAGES, OBJECTS, EVIDENCE)}
        self._blocks: list[tuple[Publications, npt.NDArray[np.bool_]]] = []
        self._held = 0

    @property
    def full(self) -> bool:
        """Whether it is time for `take`."""
        return self._held >= AT_ONCE

    def add(self, block: Publications) -> list[Message]:
        """Take those that are plain documents; gives the others, as messages in order."""
        plain = plain_publications(block)
        count = int(np.count_nonzero(plain))
        if count:
            self._blocks.append((block, plain))
            self._held += count
        return [] if count == len(plain) else [block.message(other) for other in np.flatnonzero(~plain).tolist()]

    def few(self) -> list[Message]:
        """All so far as messages, of which nothing was written, where they are too few for columns."""
        if self._held >= LEAST:
            return []
        blocks, self._blocks, self._held = self._blocks, [], 0
        return [block.message(number) for block, plain in blocks for number in np.flatnonzero(plain).tolist()]

    def take(self) -> list[Message]:
        """Write them and what is in them, but what is in those that are given back: to be read one by one."""
        if not self._blocks:
            return []
        blocks, self._blocks, self._held = self._blocks, [], 0
        found = Together(blocks)
        telling = found.telling(self._events)
        silent = np.ones(len(found.rows), bool)
        silent[telling] = False
        self._rows["messages"].extend(found.messages(self._schemas["messages"]))
        if silent.any():
            self._rows["objects"].extend(found.objects(silent, self._schemas["objects"]))
        whole = silent & (found.rows["first"] == found.rows["last"])
        if whole.any():
            self._rows["evidence"].extend(found.evidence(whole, self._schemas["evidence"]))
        if (silent & ~whole).any():
            self._rows["evidence"].add(found.evidence_of_several(silent & ~whole))
        return [found.message(number) for number in telling]


class Together:
    """The plain ones of many blocks, as columns."""

    def __init__(self, blocks: list[tuple[Publications, npt.NDArray[np.bool_]]]) -> None:
        self.blocks = [block for block, _ in blocks]
        plain = np.concatenate([one for _, one in blocks])
        self.data = b"".join(block.data for block in self.blocks)
        counts = [len(block.rows) for block in self.blocks]
        rows = _joined([block.rows for block in self.blocks], PUBLICATION)
        rows["flow"] = of = np.repeat(np.arange(len(counts)), counts)
        rows["direction"] = np.array([block.direction for block in self.blocks])[of]
        rows["start"] = np.array([block.start for block in self.blocks], np.uint64)[of] + rows["at"].astype(np.uint64)
        numbers = np.arange(len(rows)) - _before(counts)[of]
        data_at, pieces_at = (_before(sizes)[of] for sizes in self._sizes())
        for name, base in (("body", data_at), ("stop", data_at), ("first", pieces_at), ("last", pieces_at)):
            rows[name] += base.astype(np.int32)
        self.pieces = _joined([block.pieces for block in self.blocks], PIECE)
        self.rows, self.numbers = rows[plain], numbers[plain]  # a row of its block each
        self._name_topics(plain)
        self.message_ids = np.empty(DIGITS * len(self.rows), np.uint8)
        flows = "".join(block.flow_id.hex() for block in self.blocks).encode()
        self.flows = np.frombuffer(flows, np.uint8)
        message_ids(self.rows, self.flows, np.frombuffer(NAME.encode(), np.uint8), self.message_ids)
        object_ids = np.empty(self.message_ids.size, np.uint8)
        ids_within(self.message_ids, np.frombuffer(PATH.encode(), np.uint8), object_ids)
        self.object_ids = object_ids.reshape(-1, DIGITS)

    def _sizes(self) -> tuple[list[int], list[int]]:
        """Bytes and pieces of each block."""
        return [len(block.data) for block in self.blocks], [len(block.pieces) for block in self.blocks]  # type: ignore[arg-type]

    def _name_topics(self, plain: npt.NDArray[np.bool_]) -> None:
        """Number the topics, and say of each publication its own."""
        known: dict[str, int] = {}
        stretches = [one for block in self.blocks for one in block.topics()]
        numbers = [known.setdefault(topic, len(known)) for topic, _, _ in stretches]
        self.topic = np.repeat(np.array(numbers), [times for *_, times in stretches])[plain]
        self.paths = list(known)
        self.names = [body_name(Message(NAME, 0, 0, 0, path=path)) for path in self.paths]

    def message(self, number: int) -> Message:
        """One of them as a message."""
        return self.blocks[int(self.rows["flow"][number])].message(int(self.numbers[number]))

    def telling(self, events: EventRows) -> list[int]:
        """Numbers of those in which somebody may be named, or that an entry may know."""
        places = zip(self.rows["body"].tolist(), self.rows["stop"].tolist(), strict=True)
        bodies = [self.data[body:stop] for body, stop in places]
        heads = [name.encode("utf-8", "replace") + b"\0" for name in self.names]
        texts = [heads[topic] + body for topic, body in zip(self.topic.tolist(), bodies, strict=True)]
        asking = [
            topic
            for topic, (path, name) in enumerate(zip(self.paths, self.names, strict=True))
            if asks_about(path) or asks_about(name) or events.on_path(path)
        ]
        numbers = {*hits(bodies, may_tell), *hits(bodies, describes), *hits(texts, events.worded[False])}
        if asking:
            numbers.update(np.flatnonzero(np.isin(self.topic, asking)).tolist())
        return sorted(numbers)

    def messages(self, schema: pa.Schema) -> pa.RecordBatch:
        """Rows of `messages`, as `rows.message_row` would make them."""
        rows, n = self.rows, len(self.rows)
        first, last = self.pieces[rows["first"]], self.pieces[rows["last"]]
        columns = {
            "message_id": ids(self.message_ids),
            "flow_id": ids(self.flows.reshape(-1, DIGITS)[rows["flow"]].reshape(-1)),
            "capture_id": few(first["capture"], capture_name),
            "protocol": pa.repeat(NAME, n),
            "direction": pa.array(["up", "down"]).take(pa.array(rows["direction"])),
            "method": pa.repeat(mask("PUBLISH"), n),
            "path": self._of_topic([shortened(mask_path, path, 2048) for path in self.paths]),
            "status": np.zeros(n, np.int32),
            "first_ts": first["ts"],
            "last_ts": last["ts"],
            "first_frame": first["frame"].astype(np.int64),
            "last_frame": last["frame"].astype(np.int64),
            "body_size": (rows["stop"] - rows["body"]).astype(np.int64),
            "obscure": np.zeros(n, np.int64),
            "unread": np.zeros(n, np.int64),
            "complete": pa.repeat(pa.scalar(value=True), n),
            "missing": empty_lists(n),
            "notes": empty_lists(n),
        }
        return batch_of(dict.fromkeys(schema.names, pa.repeat("", n)) | columns, schema)

    def objects(self, silent: npt.NDArray[np.bool_], schema: pa.Schema) -> pa.RecordBatch:
        """Rows of `objects`, as `rows.object_row` would make them."""
        rows, n = self.rows[silent], int(silent.sum())
        columns = {
            "object_id": ids(self.object_ids[silent].reshape(-1)),
            "message_id": ids(self.message_ids.reshape(-1, DIGITS)[silent].reshape(-1)),
            "sha256": pa.repeat("", n),
            "size": (rows["stop"] - rows["body"]).astype(np.int64),
            "kind": pa.repeat("json", n),
            "complete": pa.repeat(pa.scalar(value=True), n),
            "missing": empty_lists(n),
            "unwrap_path": pa.repeat(mask_words(PATH), n),
            "name": self._of_topic([shortened(mask_name, name, 256) for name in self.names], silent),
            "stored": pa.repeat(pa.scalar(value=False), n),
            "notes": empty_lists(n),
        }
        return batch_of(columns, schema)

    def evidence(self, whole: npt.NDArray[np.bool_], schema: pa.Schema) -> pa.RecordBatch:
        """Rows of `evidence` of those that came in one packet."""
        carried = self.pieces[self.rows["first"][whole]]
        frames = pa.array(carried["frame"].astype(np.int64))
        columns = {
            "object_id": ids(self.object_ids[whole].reshape(-1)),
            "capture_id": few(carried["capture"], capture_name),
            "first_frame": frames,
            "last_frame": frames,
            "frames": frames.cast(pa.string()),
        }
        return batch_of(columns, schema)

    def evidence_of_several(self, spread: npt.NDArray[np.bool_]) -> dict[str, list[Any]]:
        """Columns of `evidence` of those that came in several."""
        digits = self.object_ids[spread].tobytes().decode()
        carried = [
            (digits[DIGITS * at : DIGITS * (at + 1)], capture_name(capture), *frames)
            for at, number in enumerate(np.flatnonzero(spread).tolist())
            for capture, *frames in carriers_of_body(self.message(number))
        ]
        names = ("object_id", "capture_id", "first_frame", "last_frame", "frames")
        return dict(zip(names, map(list, zip(*carried, strict=True)), strict=True))

    def _of_topic(self, texts: list[str], of: npt.NDArray[np.bool_] | None = None) -> Any:
        return pa.array(texts, pa.string()).take(pa.array(self.topic if of is None else self.topic[of]))


def _joined(arrays: list[Any], kind: np.dtype[np.void]) -> Rows:
    """Structured arrays one behind the other, by their bytes: numpy's own way goes field by field."""
    return np.frombuffer(bytearray(b"".join(array.tobytes() for array in arrays)), kind)


def _before(sizes: list[int]) -> npt.NDArray[np.int64]:
    """What lies before each of things that lie one behind the other."""
    return np.cumsum([0, *sizes[:-1]])
