"""From messages to their rows of `messages`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.core.masking.mask import MARGIN, mask, mask_host, mask_path, mask_words, shortened
from netaudit.core.schema import MESSAGES, Row
from netaudit.core.text.frame_ranges import capture_name
from netaudit.tables.columns import batch_of, columns_of, each, few, like

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pyarrow as pa

    from netaudit.core.contracts.heads import Fields
    from netaudit.protocols.message import Message

Draft = tuple[Any, ...]
_SILENT = ("", "", "", "")
_WAYS = ("up", "down")
_PROGRAMS = ("user-agent", "server")
MOST_BYTES = (1 << 63) - 1  # what a table holds; some protocols can declare twice as much
SHORT, LONG, LONGEST_PATH = 64, 256, 2048  # characters of a text in the table; a draft has `MARGIN` more of it
_MASKED = {
    "method": partial(shortened, mask, limit=SHORT),
    "host": partial(shortened, mask_host, limit=LONG),
    "path": partial(shortened, mask_path, limit=LONGEST_PATH),
    "content_type": partial(shortened, mask, limit=LONG),
    "date": partial(shortened, mask, limit=SHORT),
}


def ranges_text(missing: list[tuple[int, int]], unknown_from: int | None) -> list[str]:
    """Missing ranges as texts, the last one open where nothing is known behind."""
    texts = [f"{start}-{end}" for start, end in missing] if missing else []
    return texts if unknown_from is None else [*texts, f"{unknown_from}-?"]


def message_draft(message: Message) -> Draft:
    """What the row of a message is made of, as it stands now: texts are masked many at a time, and cut before."""
    capture, ts, last_ts, frame, last_frame = _carried(message)
    request = message.request
    asked = request or message
    agent, server, date, page = said(message)
    return (
        message.message_id.hex(), message.flow_id.hex(), capture, message.protocol, message.direction,
        request.message_id.hex() if request else "", asked.method[: SHORT + MARGIN], asked.host[: LONG + MARGIN],
        asked.path[: LONGEST_PATH + MARGIN], message.status, message.content_type[: LONG + MARGIN], agent, server, date,
        page, ts, last_ts, frame, last_frame, message.body_size, message.obscure, message.unread, message.complete,
        ranges_text(message.missing, message.unknown_from), message.notes, message.opened,
    )  # fmt: skip


def message_columns(drafts: Sequence[Draft]) -> dict[str, Sequence[Any]]:
    """Columns of `messages` by name: the one maker of its rows."""
    columns = columns_of(drafts, MESSAGES)
    columns["capture_id"] = tuple(map(capture_name, columns["capture_id"]))
    columns["direction"] = tuple(map(_WAYS.__getitem__, columns["direction"]))
    columns["body_size"] = tuple([min(size, MOST_BYTES) for size in columns["body_size"]])
    for name, masked in _MASKED.items():
        columns[name] = each(masked, columns[name])
    return columns


def message_row(message: Message) -> Row:
    """Row of `messages` of one that is told before the others."""
    return MESSAGES.row(*[one for (one,) in message_columns([message_draft(message)]).values()])


def message_batch(drafts: Sequence[Draft]) -> pa.RecordBatch:
    """Rows of `messages`."""
    return batch_of(message_columns(drafts), MESSAGES.schema())


def message_rows(
    kinds: Sequence[Draft], which: Any, first: Any, last: Any, own: dict[str, Any], alike: Collection[str]
) -> pa.RecordBatch:
    """Rows of many messages: of `kinds` each is one, in `alike` all of a kind agree, in `own` they differ within it.

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
    return like(message_batch(kinds), which, packets | own, alike)


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


def said(message: Message) -> tuple[str, str, str, str]:
    """What programs say they are, masked, the server's time, and the host of the page that a request came from."""
    if not message.headers:
        return _SILENT
    date = page = ""
    for name, value in message.headers:
        if name == "date" and value:
            date = date or value[: SHORT + MARGIN]
        elif name == "origin" or (name == "referer" and not page):
            page = value.partition("://")[2].partition("/")[0] or page
    return *message.form.read(_programs), date, shortened(mask_host, page, LONG) if page else ""


def _programs(fields: Fields) -> tuple[str, str]:
    agent, server = (next((value for key, value in fields if key == one and value), "") for one in _PROGRAMS)
    return shortened(mask_words, agent, 512), shortened(mask, server, 512)
