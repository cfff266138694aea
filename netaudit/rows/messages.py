"""From messages to their rows of `messages`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.masking.mask import mask, mask_host, mask_path, mask_words, shortened
from netaudit.rows.columns import few, like
from netaudit.tables import MESSAGES, Row
from netaudit.text.frame_ranges import capture_name

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pyarrow as pa

    from netaudit.contracts.heads import Fields
    from netaudit.messages.message import Message

_MESSAGE = MESSAGES.row
_SILENT = ("", "", "")
_PROGRAMS = ("user-agent", "server")
MOST_BYTES = (1 << 63) - 1  # what a table holds; some protocols can declare twice as much


def ranges_text(missing: list[tuple[int, int]], unknown_from: int | None) -> list[str]:
    """Missing ranges as texts, the last one open where nothing is known behind."""
    texts = [f"{start}-{end}" for start, end in missing] if missing else []
    return texts if unknown_from is None else [*texts, f"{unknown_from}-?"]


def message_row(message: Message) -> Row:
    """Row of `messages`."""
    capture, ts, last_ts, frame, last_frame = _carried(message)
    request = message.request
    method, host, path = (request or message).method, (request or message).host, (request or message).path
    agent, server, date = said(message)
    return _MESSAGE(
        message_id=message.message_id.hex(),
        flow_id=message.flow_id.hex(),
        capture_id=capture_name(capture),
        protocol=message.protocol,
        direction="down" if message.direction else "up",
        request_id=request.message_id.hex() if request else "",
        method=shortened(mask, method, 64),
        host=shortened(mask_host, host, 256) if host else "",
        path=shortened(mask_path, path, 2048),
        status=message.status,
        content_type=shortened(mask, message.content_type, 256) if message.content_type else "",
        user_agent=agent,
        server=server,
        date=date,
        first_ts=ts,
        last_ts=last_ts,
        first_frame=frame,
        last_frame=last_frame,
        body_size=min(message.body_size, MOST_BYTES),
        obscure=message.obscure,
        unread=message.unread,
        complete=message.complete,
        missing=ranges_text(message.missing, message.unknown_from),
        notes=message.notes,
        opened=message.opened,
    )


def message_rows(
    rows: Sequence[Row], which: Any, first: Any, last: Any, own: dict[str, Any], alike: Collection[str]
) -> pa.RecordBatch:
    """Rows of many messages: `rows` are of one of each kind, in `alike` they agree, in `own` they differ within a kind.

    `which`: of each message its kind. `first`, `last`: `ts`, `frame` and `capture` of the packets with the first bytes
    of each and with the last ones.
    """
    packets = {
        "capture_id": few(first["capture"], capture_name),
        "first_ts": first["ts"],
        "last_ts": last["ts"],
        "first_frame": first["frame"].astype(np.int64),
        "last_frame": last["frame"].astype(np.int64),
    }
    return like(rows, which, packets | own, alike, MESSAGES)


def _carried(message: Message) -> tuple[int, int | None, int | None, int, int]:
    """Capture, times and frames of the packets with its first and its last byte."""
    pieces = message.pieces
    if pieces is None or not len(pieces):
        return 0, None, None, 0, 0
    _, ts, frame, _, capture = pieces.item(0)
    if len(pieces) == 1:
        return capture, ts, ts, frame, frame
    _, last_ts, last_frame, _, _ = pieces.item(-1)
    return capture, ts, last_ts, frame, last_frame


def said(message: Message) -> tuple[str, str, str]:
    """What programs say they are, and the server's time: the first of each, masked."""
    if not message.headers:
        return _SILENT
    date = ""
    for name, value in message.headers:
        if name == "date" and value:
            date = shortened(mask, value, 64)
            break
    return *message.form.read(_programs), date


def _programs(fields: Fields) -> tuple[str, str]:
    agent, server = (next((value for key, value in fields if key == one and value), "") for one in _PROGRAMS)
    return shortened(mask_words, agent, 512), shortened(mask, server, 512)
