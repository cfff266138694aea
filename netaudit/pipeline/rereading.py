"""Reads one message of a case again from its capture, since a case keeps no bodies but those of images."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from netaudit.case.extract import extract
from netaudit.errors import UsageError
from netaudit.pipeline.stages import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netaudit.case.reading import Case
    from netaudit.messages.message import Message


def reread(case: Case, what: str, captures: Sequence[Path] = ()) -> Message:
    """The message whose id, or one of whose events' ids, begins with `what`.

    Ids are content: the same packets give the same messages again. Raises UsageError when there is none, or when its
    capture is not where it was (say where with `captures`).
    """
    message_id, flow_id = _named(case, what)
    with tempfile.TemporaryDirectory(prefix="netaudit-") as place:
        path = Path(place) / "flow.pcapng"
        extract(case, flow_id, path, captures)
        for message in _messages(path):
            if message.message_id.hex() == message_id:
                return message
    raise UsageError("{}: the packets of its flow alone do not give this message", what)


def _named(case: Case, what: str) -> tuple[str, str]:
    """Message and flow that an id of a message or an event means."""
    events = case.table("events", ["event_id", "message_id"])
    of_events = events.filter(pc.starts_with(events["event_id"], what))["message_id"].to_pylist()
    messages = case.table("messages", ["message_id", "flow_id"])
    for begins in dict.fromkeys((what, *of_events[:2])):
        found = messages.filter(pc.starts_with(messages["message_id"], begins)).slice(0, 2).to_pylist()
        if len(found) == 1 and what:
            return found[0]["message_id"], found[0]["flow_id"]
        if len(found) > 1:
            raise UsageError("{}: more than one message begins so; give more of it", what)
    raise UsageError("{}: no message or event of this case begins so", what)


def _messages(path: Path) -> Iterator[Message]:
    from netaudit.capture.from_files import open_captures
    from netaudit.packets.from_capture import Decoder

    decoder, reading = Decoder(), Reading()
    for window in open_captures([path]).windows():
        decoded = decoder.feed(window)
        for batch in reading.batches(decoded.buffer, decoded.packets):
            yield from reading.messages(batch)
    yield from reading.messages(reading.assembler.end())
