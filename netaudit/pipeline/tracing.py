"""How a flow was read, step by step: for whoever asks why something was, or was not, found.

The packets of the flow are taken out of their capture and read once more, by the same modules in the same order; what
is told is what they did. Frames are those of the capture, ids those of the case.

Reads one message of a case again from its capture, since a case keeps no bodies but those of images.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from netaudit.content.from_messages import leaves, object_id
from netaudit.content.image_residue import confirm_end
from netaudit.content.sniff import IMAGE_KINDS
from netaudit.errors import UsageError
from netaudit.evidence.case.extract import extract, locate
from netaudit.pipeline.stages import Reading
from netaudit.protocols.flow import begun_by_syn
from netaudit.protocols.reader import OPENING, Opening
from netaudit.protocols.readers import BY_TRANSPORT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netaudit.evidence.case.reading import Case
    from netaudit.protocols.message import Message
    from netaudit.streams.layouts import Delivery

MOST_RUNS = 200  # told of a flow; the others are counted
MOST_MESSAGES = 200
TCP = 6


@dataclass(slots=True)
class Seen:
    """Bytes of one direction that came in order, or were never captured."""

    direction: int
    offset: int
    length: int
    gap: bool
    packets: int


@dataclass(slots=True)
class Found:
    """What unwrapping left of a body: an object, with the way to it."""

    object_id: str
    path: str
    kind: str
    size: int
    complete: bool
    notes: list[str]


@dataclass(slots=True)
class Read:
    """A message, and what is in it."""

    message: Message
    found: list[Found] = field(default_factory=list)


@dataclass(slots=True)
class Trace:
    """How a flow was read."""

    flow: dict[str, Any]  # its row in the case
    runs: list[Seen] = field(default_factory=list)
    more_runs: int = 0
    gaps: list[Seen] = field(default_factory=list)  # likewise, counted apart
    untold: dict[int, int] = field(default_factory=dict)  # direction → offset of its first gap that is not told
    asked: list[tuple[str, str]] = field(default_factory=list)  # readers in order, and what each said of the opening
    messages: list[Read] = field(default_factory=list)
    more_messages: int = 0
    failures: list[str] = field(default_factory=list)


def trace(case: Case, what: str, captures: Sequence[Path] = ()) -> Trace:
    """Read a flow once more that an id (of a flow, message, object) begins, or the number of one of its packets names.

    A frame is `17`, or `4f0c…:17` where the case has several captures. Raises UsageError when nothing is meant, more
    than one thing, or when the capture is not where it was.
    """
    flow = _flow_of(case, what, captures)
    traced = Trace(flow)
    with tempfile.TemporaryDirectory(prefix="netaudit-") as place:
        path = Path(place) / "flow.pcapng"
        extract(case, flow["flow_id"], path, captures)
        _read(path, traced)
    return traced


def _flow_of(case: Case, what: str, captures: Sequence[Path]) -> dict[str, Any]:
    names = ["flow_id", "capture_id", "transport", "client_ip", "client_port", "server_ip", "server_port", "protocol",
             "first_frame", "last_frame", "unread_up", "unread_down", "evicted_up", "evicted_down", "missing_up",
             "missing_down", "conflicting_up", "conflicting_down", "after_close_up", "after_close_down"]  # fmt: skip
    flows = case.table("flows", names)
    capture, _, number = what.rpartition(":")
    if number.isdigit() and len(number) < 16:
        wanted = _flow_at(case, flows, capture, int(number), captures)
    else:
        objects, messages = (
            case.table("objects", ["object_id", "message_id"]),
            case.table("messages", ["message_id", "flow_id"]),
        )
        of = objects.filter(pc.starts_with(objects["object_id"], what))["message_id"].to_pylist()[:2]
        begins = [what, *of]
        ids = {
            row["flow_id"]
            for begin in begins
            for row in messages.filter(pc.starts_with(messages["message_id"], begin)).slice(0, 2).to_pylist()
        }
        wanted = ids | set(flows.filter(pc.starts_with(flows["flow_id"], what))["flow_id"].to_pylist()[:2])
    if not what or not wanted:
        raise UsageError("{}: no flow, message, object or packet of this case", what)
    if len(wanted) > 1:
        raise UsageError("{}: more than one flow begins so; give more of it", what)
    row: dict[str, Any] = flows.filter(pc.equal(flows["flow_id"], next(iter(wanted)))).to_pylist()[0]
    return row


def _flow_at(case: Case, flows: Any, capture: str, frame: int, captures: Sequence[Path]) -> set[str]:
    """Ids of the flows that a packet of a capture belongs to."""
    from netaudit.capture.from_files import open_captures
    from netaudit.core.text.addresses import ip_text
    from netaudit.packets.from_capture import Decoder

    places = {name: path for name, path in locate(case, captures).items() if name.startswith(capture)}
    if len(places) != 1:
        raise UsageError("{}: say of which capture, as CAPTURE:{} (see `netaudit show CASE captures`)", frame, frame)
    identity, path = next(iter(places.items()))
    decoder = Decoder()
    for window in open_captures([path]).windows():
        rows = decoder.feed(window).packets
        hit = rows[rows["frame"] == frame]
        if not len(hit):
            continue
        row = hit[0]
        ends = {
            (ip_text(int(row[f"{side}_hi"]), int(row[f"{side}_lo"])), int(row[port]))
            for side, port in (("src", "sport"), ("dst", "dport"))
        }
        near = flows.filter(pc.equal(flows["capture_id"], identity))
        return {
            one["flow_id"]
            for one in near.to_pylist()
            if one["first_frame"] <= frame <= one["last_frame"]
            and {(one["client_ip"], one["client_port"]), (one["server_ip"], one["server_port"])} == ends
        }
    return set()


def _read(path: Path, traced: Trace) -> None:
    from netaudit.capture.from_files import open_captures
    from netaudit.packets.from_capture import Decoder

    decoder, reading = Decoder(), Reading()
    opening: list[bytes] = [b"", b""]

    def batches() -> Iterator[Any]:
        for window in open_captures([path]).windows():
            decoded = decoder.feed(window)
            yield from reading.batches(decoded.buffer, decoded.packets)
        yield reading.assembler.end()

    for batch in batches():
        for _, delivery in batch.deliveries():
            _note_runs(delivery, traced, opening)
            for message in reading.conversations.feed(delivery):
                _note_message(message, traced)
            if delivery.closed and not traced.asked:
                traced.asked = _asked(delivery, opening)
    traced.failures = reading.conversations.failures


def _note_runs(delivery: Delivery, traced: Trace, opening: list[bytes]) -> None:
    for run in delivery.runs:
        opening[run.direction] += run.data[: OPENING - len(opening[run.direction])]
        seen = Seen(run.direction, run.offset, run.length, run.is_gap, len(run.pieces))
        if len(traced.runs) < MOST_RUNS:
            traced.runs.append(seen)
        else:
            traced.more_runs += 1
        if run.is_gap and len(traced.gaps) < MOST_RUNS:
            traced.gaps.append(seen)
        elif run.is_gap:
            traced.untold.setdefault(run.direction, run.offset)


def _asked(delivery: Delivery, opening: list[bytes]) -> list[tuple[str, str]]:
    """What each reader says of the opening, in the order in which they are asked, up to the one that says yes."""
    row = delivery.flow
    transport = "tcp" if row["proto"] == TCP else "udp"
    midstream = transport == "tcp" and not begun_by_syn(int(row["handshake"]))
    start = Opening(opening[0], opening[1], int(row["client_port"]), int(row["server_port"]), bool(midstream))
    asked = []
    for entry in BY_TRANSPORT[transport]:
        verdict = entry.recognise(start)
        asked.append((entry.name, verdict.name.lower()))
        if verdict.name in {"YES", "SWAPPED"}:
            break
    return asked


def _note_message(message: Message, traced: Trace) -> None:
    if len(traced.messages) >= MOST_MESSAGES:
        traced.more_messages += 1
        return
    read = Read(message)
    for leaf in leaves(message):
        if leaf.kind in IMAGE_KINDS:
            confirm_end(leaf)
        part = leaf.part
        identity = object_id(message, part.path).hex()
        read.found.append(Found(identity, part.path, leaf.kind, len(part.data), part.complete, list(leaf.notes)))
    traced.messages.append(read)


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
