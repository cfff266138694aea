"""Transfers: which image went from whom to whom, as rows that findings are judged from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.contracts.unwrapping_steps import STILL, UNDONE

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
    variants = _variants(flows)
    if not variants:
        yield from _moved(objects, images, messages, flows)
        return
    later: list[Transfer] = []
    seen: set[tuple[str, str, str]] = set()
    for row in _moved(objects, images, messages, flows):
        if row.flow_id in variants:
            later.append(row)
        else:
            seen.add((row.sha256, row.sender, row.receiver))
            yield row
    yield from (row for row in later if (row.sha256, row.sender, row.receiver) not in seen)


def _variants(flows: pa.Table) -> set[str]:
    """Flows that are the other reading of one with conflicts."""
    return set(flows["flow_id"].take(doubted(flows, "variant")).to_pylist())


def doubted(flows: pa.Table, code: str) -> pa.Array:
    """Which rows of `flows` have a doubt."""
    doubts = flows["doubts"].combine_chunks()
    return pc.list_parent_indices(doubts).filter(pc.equal(pc.list_flatten(doubts), code))


def _moved(objects: pa.Table, images: pa.Table, messages: pa.Table, flows: pa.Table) -> Iterator[Transfer]:
    images = images.select(["sha256", "face", "decodable", "problem", "face_score"])
    messages, flows = messages.select(MESSAGE_COLUMNS), flows.select(FLOW_COLUMNS)
    for rows in _images_among(objects, images):
        facts = _by_first(_only(images, "sha256", rows["sha256"]))
        own_messages = _only(messages, "message_id", rows["message_id"])
        flow_of = _by_first(_only(flows, "flow_id", own_messages["flow_id"]))
        message_of = _by_first(_as_integers(own_messages))
        for row in _tuples(rows):
            message = message_of.get(row[1])
            flow = flow_of.get(message[1]) if message else None
            if message and flow:
                yield _transfer(row, facts[row[2]], message, flow)


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


def _transfer(
    row: tuple[Any, ...], image: tuple[Any, ...], message: tuple[Any, ...], flow: tuple[Any, ...]
) -> Transfer:
    object_id, _, sha256, size, complete, way = row
    _, face, decodable, problem, score = image
    message_id, flow_id, capture_id, protocol, direction, host, path, first_ts, last_ts, opened = message
    _, client, server, server_port, transport = flow
    up = direction == "up"
    return Transfer(
        object_id=object_id,
        sha256=sha256,
        size=size,
        complete=complete,
        face=face,
        whole_image=bool(decodable) and not problem,
        message_id=message_id,
        protocol=protocol,
        flow_id=flow_id,
        capture_id=capture_id,
        sender=client if up else server,
        receiver=server if up else client,
        upload=up,
        host=host,
        path=path,
        client=client,
        server=server,
        server_port=server_port,
        transport=transport,
        first_ts=first_ts or 0,
        last_ts=last_ts or 0,
        opened=opened or "",
        sure=score is None or score >= CLEAR,
        still=STILL in (way or ""),
        undone=UNDONE in (way or ""),
    )


def _tuples(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """Rows as tuples in the order of the columns: a third of the time that rows as dicts take."""
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


def _by_first(table: pa.Table) -> dict[str, tuple[Any, ...]]:
    """Rows by their first column."""
    return {row[0]: row for row in _tuples(table)}


def _only(table: pa.Table, column: str, values: pa.ChunkedArray) -> pa.Table:
    return table.filter(pc.is_in(table[column], value_set=pc.unique(values)))


def _as_integers(table: pa.Table) -> pa.Table:
    """Times as integers: a nanosecond timestamp does not fit a Python datetime."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
    return table
