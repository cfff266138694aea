"""Transfers: which image went from whom to whom, as rows that findings are judged from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.unwrapping_steps import STILL, UNDONE

if TYPE_CHECKING:
    from collections.abc import Iterator


AT_ONCE = 16_384  # objects looked up at once: memory does not follow the number of transfers
CLEAR = 0.8  # score from which one look is enough for a face (`images/face_verdict.py`)
PASSED_OVER = 65_536  # objects of which images are picked together
MESSAGE_COLUMNS = [
    "message_id",
    "flow_id",
    "capture_id",
    "protocol",
    "direction",
    "host",
    "path",
    "first_ts",
    "last_ts",
    "opened",
]
FLOW_COLUMNS = ["flow_id", "client_ip", "server_ip", "server_port", "transport"]


class Transfer(NamedTuple):
    """One image object on its way."""

    object_id: str
    sha256: str
    size: int
    complete: bool
    face: str  # of images.face
    whole_image: bool  # decodable to its end
    message_id: str
    protocol: str  # of the message
    flow_id: str
    capture_id: str
    sender: str
    receiver: str
    upload: bool  # went with the request, not with a response
    host: str
    path: str
    client: str
    server: str
    server_port: int
    transport: str
    first_ts: int
    last_ts: int
    opened: str = ""  # source of the keys that opened the message
    sure: bool = True  # the face in it, if there is one: seen clearly in one look, not faintly in two
    still: bool = False  # decoded from a key frame: its bytes are not on the wire
    undone: bool = False  # bytes were a picture only once a change of every one was undone

    @property
    def digest(self) -> int:
        """The image as a number: the first 60 bits of its SHA-256, of which many can be held."""
        return int(self.sha256[:15], 16)


def transfers(objects: pa.Table, images: pa.Table, messages: pa.Table, flows: pa.Table) -> Iterator[Transfer]:
    """Every image object with the addresses between which it went, in the order of the objects; some at a time.

    The other reading of a connection with conflicting bytes comes last, and without what the first one has as well.
    """
    moved = (row for rows in _moved(objects, images, messages, flows) for row in _rows(rows))
    variants = _variants(flows)
    if not variants:
        yield from moved
        return
    later: list[Transfer] = []
    seen: set[tuple[str, str, str]] = set()
    for row in moved:
        if row.flow_id in variants:
            later.append(row)
        else:
            seen.add((row.sha256, row.sender, row.receiver))
            yield row
    yield from (row for row in later if (row.sha256, row.sender, row.receiver) not in seen)


def transfer_tables(objects: pa.Table, images: pa.Table, messages: pa.Table, flows: pa.Table) -> Iterator[pa.Table]:
    """The same as tables, by the names of what a transfer has; their order is no matter."""
    if _variants(flows):
        rows = list(transfers(objects, images, messages, flows))
        yield pa.table(dict(zip(Transfer._fields, zip(*rows, strict=True), strict=True)) if rows else {})
    else:
        yield from _moved(objects, images, messages, flows)


def _variants(flows: pa.Table) -> set[str]:
    """Flows that are the other reading of one with conflicts."""
    return set(flows["flow_id"].take(doubted(flows, "variant")).to_pylist())


def doubted(flows: pa.Table, code: str) -> pa.Array:
    """Which rows of `flows` have a doubt."""
    doubts = flows["doubts"].combine_chunks()
    return pc.list_parent_indices(doubts).filter(pc.equal(pc.list_flatten(doubts), code))


def _moved(objects: pa.Table, images: pa.Table, messages: pa.Table, flows: pa.Table) -> Iterator[pa.Table]:
    images = images.select(["sha256", "face", "decodable", "problem", "face_score"])
    messages, flows = messages.select(MESSAGE_COLUMNS), flows.select(FLOW_COLUMNS)
    for rows in _images_among(objects, images):
        own = _of(rows["message_id"], messages)
        flow = _of(own["flow_id"], flows)
        known = pc.and_(pc.is_valid(own["message_id"]), pc.is_valid(flow["flow_id"]))
        of_image = _of(rows["sha256"], images)
        yield _joined(*(one.filter(known) for one in (rows, of_image, own, flow)))


def _images_among(objects: pa.Table, images: pa.Table) -> Iterator[pa.Table]:
    """Objects that are images, in their order, up to AT_ONCE together: of all there is only a bit held.

    The one piece of a file that was sent in one has the same bytes as the file, and is not sent again.
    """
    wanted = pc.and_not(
        pc.is_in(objects["sha256"], images["sha256"]), pc.fill_null(pc.equal(objects["kind"], "part"), False)
    )
    objects = objects.select(["object_id", "message_id", "sha256", "size", "complete", "unwrap_path"])
    for start in range(0, objects.num_rows, PASSED_OVER):
        some = objects.slice(start, PASSED_OVER).filter(wanted.slice(start, PASSED_OVER))
        yield from (some.slice(first, AT_ONCE) for first in range(0, some.num_rows, AT_ONCE))


def _joined(rows: pa.Table, images: pa.Table, messages: pa.Table, flows: pa.Table) -> pa.Table:
    """Transfers out of objects, each with its image, its message and its flow."""
    up = pc.fill_null(pc.equal(messages["direction"], "up"), fill_value=False)
    client, server, problem = flows["client_ip"], flows["server_ip"], images["problem"]
    whole = pc.and_(
        pc.fill_null(images["decodable"], fill_value=False), pc.or_kleene(pc.is_null(problem), pc.equal(problem, ""))
    )
    sure = pc.or_kleene(pc.is_null(images["face_score"]), pc.greater_equal(images["face_score"], CLEAR))
    columns = (
        rows["object_id"], rows["sha256"], rows["size"], rows["complete"], images["face"], whole,
        rows["message_id"], messages["protocol"], messages["flow_id"], messages["capture_id"],
        pc.if_else(up, client, server), pc.if_else(up, server, client), up, messages["host"], messages["path"],
        client, server, flows["server_port"], flows["transport"],
        *(pc.fill_null(messages[name].cast(pa.int64()), 0) for name in ("first_ts", "last_ts")),
        pc.fill_null(messages["opened"], ""), sure, *(_holds(rows["unwrap_path"], step) for step in (STILL, UNDONE)),
    )  # fmt: skip
    return pa.table(dict(zip(Transfer._fields, columns, strict=True)))


def _rows(table: pa.Table) -> Iterator[Transfer]:
    return map(Transfer, *(column.to_pylist() for column in table.columns))


def _holds(ways: pa.ChunkedArray, step: str) -> pa.ChunkedArray:
    return pc.fill_null(pc.match_substring(ways, step), fill_value=False)


def _of(ids: pa.ChunkedArray, table: pa.Table) -> pa.Table:
    """The row of a table with each of some ids, by its first column; nothing but nulls where there is none."""
    some = table.filter(pc.is_in(table[0], value_set=pc.unique(ids))).combine_chunks()
    return some.take(pc.index_in(ids, value_set=some[0].combine_chunks()))
