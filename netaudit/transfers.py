"""Transfers: which image went from whom to whom, as rows that findings are judged from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator


AT_ONCE = 16_384  # objects looked up at once: memory does not follow the number of transfers
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
]
FLOW_COLUMNS = ["flow_id", "client_ip", "server_ip", "server_port", "transport"]


@dataclass(frozen=True, slots=True)
class Transfer:
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


def transfers(objects: pa.Table, images: pa.Table, messages: pa.Table, flows: pa.Table) -> Iterator[Transfer]:
    """Every image object with the addresses between which it went, in the order of the objects; some at a time."""
    objects = objects.select(["object_id", "message_id", "sha256", "size", "complete"])
    wanted = objects.filter(pc.is_in(objects["sha256"], images["sha256"]))
    images = images.select(["sha256", "face", "decodable", "problem"])
    messages, flows = messages.select(MESSAGE_COLUMNS), flows.select(FLOW_COLUMNS)
    for start in range(0, wanted.num_rows, AT_ONCE):
        rows = wanted.slice(start, AT_ONCE)
        facts = {row["sha256"]: row for row in _only(images, "sha256", rows["sha256"]).to_pylist()}
        said = _only(messages, "message_id", rows["message_id"])
        flow_of = {row["flow_id"]: row for row in _only(flows, "flow_id", said["flow_id"]).to_pylist()}
        message_of = {row["message_id"]: row for row in _as_integers(said).to_pylist()}
        for row in rows.to_pylist():
            message = message_of.get(row["message_id"])
            flow = flow_of.get(message["flow_id"]) if message else None
            if message and flow:
                yield _transfer(row, facts[row["sha256"]], message, flow)


def _transfer(row: dict[str, Any], image: dict[str, Any], message: dict[str, Any], flow: dict[str, Any]) -> Transfer:
    up = message["direction"] == "up"
    client, server = flow["client_ip"], flow["server_ip"]
    return Transfer(
        object_id=row["object_id"],
        sha256=row["sha256"],
        size=row["size"],
        complete=row["complete"],
        face=image["face"],
        whole_image=bool(image["decodable"]) and not image["problem"],
        message_id=row["message_id"],
        protocol=message["protocol"],
        flow_id=message["flow_id"],
        capture_id=message["capture_id"],
        sender=client if up else server,
        receiver=server if up else client,
        upload=up,
        host=message["host"],
        path=message["path"],
        client=client,
        server=server,
        server_port=flow["server_port"],
        transport=flow["transport"],
        first_ts=message["first_ts"] or 0,
        last_ts=message["last_ts"] or 0,
    )


def _only(table: pa.Table, column: str, values: pa.ChunkedArray) -> pa.Table:
    return table.filter(pc.is_in(table[column], value_set=pc.unique(values)))


def _as_integers(table: pa.Table) -> pa.Table:
    """Times as integers: a nanosecond timestamp does not fit a Python datetime."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
    return table
