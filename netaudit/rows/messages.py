"""From a message to its row of `messages`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.ground.frames import capture_name
from netaudit.ground.masking import mask, mask_host, mask_path, mask_words
from netaudit.tables import MESSAGES, Row

if TYPE_CHECKING:
    from netaudit.messages.message import Message

_MESSAGE = MESSAGES.row
MOST_BYTES = (1 << 63) - 1  # what a table holds; some protocols can declare twice as much


def ranges_text(missing: list[tuple[int, int]], unknown_from: int | None) -> list[str]:
    """Missing ranges as texts, the last one open where nothing is known behind."""
    texts = [f"{start}-{end}" for start, end in missing] if missing else []
    return texts if unknown_from is None else [*texts, f"{unknown_from}-?"]


def message_row(message: Message) -> Row:
    """Row of `messages`."""
    pieces = message.pieces
    if pieces is not None and len(pieces):
        _, ts, frame, _, capture = pieces.item(0)
        _, last_ts, last_frame, _, _ = pieces.item(-1) if len(pieces) > 1 else (0, ts, frame, 0, 0)
    else:
        capture, ts, last_ts, frame, last_frame = 0, None, None, 0, 0
    request = message.request
    method, host, path = (request or message).method, (request or message).host, (request or message).path
    agent, server, date = _said(message.headers) if message.headers else ("", "", "")
    return _MESSAGE(
        message_id=message.message_id.hex(),
        flow_id=message.flow_id.hex(),
        capture_id=capture_name(capture),
        protocol=message.protocol,
        direction="down" if message.direction else "up",
        request_id=request.message_id.hex() if request else "",
        method=mask(method[:64]),
        host=mask_host(host[:256]) if host else "",
        path=mask_path(path[:2048]),
        status=message.status,
        content_type=mask(message.content_type[:256]) if message.content_type else "",
        user_agent=agent,
        server=server,
        date=date,
        first_ts=ts,
        last_ts=last_ts,
        first_frame=frame,
        last_frame=last_frame,
        body_size=min(message.body_size, MOST_BYTES),
        complete=message.complete,
        missing=ranges_text(message.missing, message.unknown_from),
        notes=message.notes,
        opened=message.opened,
    )


def _said(headers: list[tuple[str, str]]) -> tuple[str, str, str]:
    """What programs say they are, and the server's time: the first of each, masked."""
    agent = server = date = ""
    for name, value in headers:
        if name == "user-agent":
            agent = agent or value
        elif name == "server":
            server = server or value
        elif name == "date":
            date = date or value
    return mask_words(agent[:512]), mask(server[:512]), mask(date[:64])
