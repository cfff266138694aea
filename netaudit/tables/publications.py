"""Small publications (`protocols/mqtt/publications.py`) that are plain documents, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.core.storage.structured import picked
from netaudit.protocols.ids import message_ids
from netaudit.protocols.message import Message
from netaudit.protocols.mqtt.layouts import PUBLICATION
from netaudit.protocols.mqtt.publications import NAME
from netaudit.streams.layouts import PIECE
from netaudit.tables.columns import ids_of_some
from netaudit.tables.document_batch import DocumentBatch, Head, digits_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.protocols.mqtt.publications import Publications

Rows = Any  # a structured array


def of_publications(held: list[tuple[Publications, npt.NDArray[np.bool_]]]) -> DocumentBatch:
    """The plain ones of blocks that know their packets."""
    blocks, plain = [block for block, _ in held], np.concatenate([one for _, one in held])
    rows, numbers = _placed(blocks)
    rows, numbers = picked(rows, np.flatnonzero(plain)), numbers[plain]  # a row of its block each
    pieces = _joined([block.pieces for block in blocks], PIECE)
    flows = digits_of(block.flow_id for block in blocks)
    digits = message_ids(rows, flows, NAME)
    data = b"".join(block.data for block in blocks)
    topics, topic = _topics(blocks)

    def message(number: int) -> Message:
        return blocks[int(rows["flow"][number])].message(int(numbers[number]))

    places = zip(rows["body"].tolist(), rows["stop"].tolist(), strict=True)
    return DocumentBatch(
        [Head.of(Message(NAME, 0, 0, 0, method="PUBLISH", path=one)) for one in topics], topic[plain], topics,
        topic[plain], [data[body:stop] for body, stop in places],
        rows["direction"], digits, ids_of_some(flows, rows["flow"]), [""] * len(rows), picked(pieces, rows["first"]),
        picked(pieces, rows["last"]), rows["first"] == rows["last"], message,
    )  # fmt: skip


def _placed(blocks: list[Publications]) -> tuple[Rows, npt.NDArray[np.int64]]:
    """PUBLICATION rows of all blocks, placed among what lies one behind the other; the number of each in its block."""
    counts = [len(block.rows) for block in blocks]
    rows = _joined([block.rows for block in blocks], PUBLICATION)
    rows["flow"] = of = np.repeat(np.arange(len(counts)), counts)
    rows["direction"] = np.array([block.direction for block in blocks])[of]
    rows["start"] = np.array([block.start for block in blocks], np.uint64)[of] + rows["at"].astype(np.uint64)
    sizes = (
        [len(block.data) for block in blocks],
        [0 if block.pieces is None else len(block.pieces) for block in blocks],
    )
    data_at, pieces_at = (_before(one)[of] for one in sizes)
    for name, base in (("body", data_at), ("stop", data_at), ("first", pieces_at), ("last", pieces_at)):
        rows[name] += base.astype(np.int32)
    return rows, np.arange(len(rows)) - _before(counts)[of]


def _topics(blocks: list[Publications]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The topics, and of each publication its own."""
    known: dict[str, int] = {}
    stretches = [one for block in blocks for one in block.topics()]
    numbers = [known.setdefault(topic, len(known)) for topic, _, _ in stretches]
    return list(known), np.repeat(np.array(numbers), [times for *_, times in stretches])


def _joined(arrays: list[Any], kind: np.dtype[np.void]) -> Rows:
    """Structured arrays one behind the other, by their bytes: numpy's own way goes field by field."""
    return np.frombuffer(bytearray(b"".join(array.tobytes() for array in arrays)), kind)


def _before(sizes: list[int]) -> npt.NDArray[np.int64]:
    """What lies before each of things that lie one behind the other."""
    return np.cumsum([0, *sizes[:-1]])
