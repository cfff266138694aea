"""Events in a case: rows while the audit runs, masked as persons are; values in clear go to `private/` only."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from netaudit.core.masking.number_forms import holds_masked_number
from netaudit.core.schema import EVENTS, EVENTS_CLEAR, TARGETS, Row
from netaudit.core.storage.table_streams import TableWriter
from netaudit.core.text.frame_ranges import capture_name
from netaudit.events.event_values import IDENTITY, UNSAID, Shown, Values, shown_way
from netaudit.events.identity.from_unwrapping import (
    Personal,
    masked,
    picture_addresses,
)
from netaudit.events.rules.addresses import host_of, picture_urls
from netaudit.events.rules.from_messages import MessageEvent, Streams
from netaudit.events.rules.from_unwrapping import NOTHING_TAKEN, MessageReader
from netaudit.events.rules.head import Head, path_of
from netaudit.events.rules.index import plain_text
from netaudit.events.rules.loading import load
from netaudit.events.rules.statements import asks as asks_host
from netaudit.events.rules.statements import words
from netaudit.events.rules.times import ns_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from netaudit.core.contracts.details import Statement
    from netaudit.events.rules.event import Event
    from netaudit.protocols.message import Message

_EVENT, _TARGET = EVENTS.row, TARGETS.row
_PERSON = ("name", "id_number", "phone", "person_id", "gender", "age", "birthday", "address", "group")
MOST_ANSWERED = 4096  # uploads that wait for their answers
LARGEST_ANSWER = 4096  # bytes
LONGEST_REMEMBERED = 256  # bytes of a small document
MOST_IMAGES = 64  # of an event
_NOBODY = frozenset(
    {"-1", "null", "none", "unknown", "unregistered", "stranger", "strangerbaby", "idcard", "idcardbaby"}
)
_WITH_PATHS = frozenset({"http", "http2", "http3", "h2"})
_ASKING = ("agent", "agent_company", "risk_status", "report_time")  # with or without a first photo


class EventRows:
    """Rows of `events` of one worker."""

    def __init__(self, folder: Path, part: str, signatures: Path | None = None) -> None:
        self._index = load((signatures,) if signatures else ()).index
        self._reader = MessageReader(self._index)
        self._streams = Streams()
        self._clear = TableWriter(folder, EVENTS_CLEAR, part, place="private")
        self._values = Values((folder / "private" / "key").read_bytes(), self._clear.append)
        self._targets = TableWriter(folder, TARGETS, part, place="private")
        self.writers = self._clear, self._targets
        self.append = self._reader.append  # (leaf, object_id, sha256) of the message that is being read
        self._answered: dict[bytes, None] = {}  # uploads of images whose answers may say where they are now
        self.identities: list[tuple[str, Personal]] = []  # identity data of the events of the last message, by object
        self.kinds: list[str] = []  # of the events that the last message tells, also of those that wait for pictures
        self.collected = NOTHING_TAKEN  # documents and images of the last message
        self.waits = False  # whether the last message is held, for its events wait for a picture
        self.hears: Callable[[Row], None] | None = None  # who else is given each row of `targets`

    def end(self, message: Message) -> list[Row]:
        """Rows of the message whose leaves were taken; those of a message without a body rest on its head alone."""
        self.identities.clear()
        self.kinds, self.waits = [], False
        self.collected = NOTHING_TAKEN
        self._reader.stated, self._reader.named, self._reader.describes, self._reader.placed = [], [], False, False
        if not message.body and (message.status or message.request or not self._spoken(path_of(message.path))):
            return []
        pictured = self._reader.pictured
        keys = self._reader.stored_as if pictured else []
        self.collected = self._reader.collected
        found = self._reader.end(head_of(message), message.message_id.hex(), complete=message.complete)
        if pictured and not found:
            self._note_target(message, keys)
        self._note_named(message)
        if not found and message.part is None:
            return []
        self.kinds = [event.entry.kind for event in found]
        rows = [self._row(event, message) for event in found]
        if message.part is None:
            return rows
        new = [MessageEvent(event, message, row) for event, row in zip(found, rows, strict=True)]
        ready = self._streams.part(new, message, pictured)
        self.waits = self._streams.holds(message)
        return [_pictured(one) for one in ready]

    def _spoken(self, path: str) -> bool:
        """Whether a request without a body may say something by its path."""
        return bool(self._index.on_path(path)) or asks_host(path)

    def may_state(self, message: Message) -> bool:
        """Whether a small document may say something of a device, or name a picture."""
        says = _remembered if len(message.body) <= LONGEST_REMEMBERED else _may_state
        return says(message.body) or asks_host(path_of((message.request or message).path))

    @property
    def worded(self) -> tuple[Callable[[bytes], bool], Callable[[bytes], bool]]:
        """Whether an entry may know a text by its words, by whether its message is a reply."""
        return self._index.worded

    @property
    def stated(self) -> list[Statement]:
        """What the message that was read last says of devices."""
        return self._reader.stated

    @property
    def placed(self) -> bool:
        """Whether documents of the last message may say where devices stand."""
        return self._reader.placed

    @property
    def describes(self) -> bool:
        """Whether documents of the last message may be of somebody of whom no number is told, or one that is masked."""
        return self._reader.describes

    @property
    def names_pictures(self) -> bool:
        """Whether documents of the last message name addresses of pictures."""
        return bool(self._reader.named)

    def on_path(self, path: str) -> bool:
        """Whether an entry may know a message by its path, a reply by that of its request."""
        return bool(self._index.on_path(path_of(path)))

    def closed(self, flow_id: bytes) -> list[Row]:
        """Rows that waited for a next part of a stream on a flow that ended."""
        return [_pictured(one) for one in self._streams.closed(flow_id)]

    def _note_target(self, message: Message, keys: list[str]) -> None:
        """Keep under which path, or keys in a form, an image without a known document was sent or fetched."""
        if message.protocol not in _WITH_PATHS:
            return
        path = (message.request or message).path
        named = [path, *keys]
        if message.request is None and message.method in {"POST", "PUT"}:
            self._answered[message.message_id] = None
            if len(self._answered) > MOST_ANSWERED:
                del self._answered[next(iter(self._answered))]
        for place, address in enumerate(named):
            code, tail = self._values.codes(address)
            code = code if not place else ""
            if code or tail:
                self._note(
                    _TARGET(
                        message_id=message.message_id.hex(), target_hmac=code, picture_hmac=tail, named=False,
                        host=host_of((message.request or message).header("referer")),
                    )
                )  # fmt: skip

    def _note_named(self, message: Message) -> None:
        """Keep which addresses of pictures a document names, whatever it is."""
        for address in self._reader.named:
            code, tail = self._values.codes(address)
            if code or tail:
                self._note(
                    _TARGET(
                        message_id=message.message_id.hex(), target_hmac=code, picture_hmac=tail, named=True,
                        host=host_of(address),
                    )
                )  # fmt: skip

    def answer(self, message: Message) -> None:
        """Note under which address a picture was stored, where the answer to its upload names one and no more."""
        if message.request is None or message.request.message_id not in self._answered:
            return
        del self._answered[message.request.message_id]
        if len(message.body) > LARGEST_ANSWER or (b"/" not in message.body and b"." not in message.body):
            return
        tails = {tail for one in picture_addresses(message.json) if (tail := self._values.codes(one)[1])}
        if len(tails) == 1:
            self._note(
                _TARGET(
                    message_id=message.request.message_id.hex(), target_hmac="", picture_hmac=tails.pop(), named=False,
                    host="",
                )
            )  # fmt: skip

    def _note(self, row: Row) -> None:
        self._targets.append(row)
        if self.hears is not None:
            self.hears(row)

    def _row(self, event: Event, message: Message) -> Row:
        entry = event.entry
        shown = {name: self._identity(event, f"person.{name}", text) for name, text in event.person.items()}
        if "person_id" in shown and not names_one(event.person["person_id"], message):
            shown["person_id"] = Shown(shown["person_id"].text)
        purpose = {name: self._identity(event, f"purpose.{name}", text) for name, text in event.purpose.items()}
        device = self._plain(event, "device", event.device, device=True)
        reference = self._plain(event, "event", event.event_ref)
        if not names_one(event.event_ref, message):
            reference = Shown(reference.text)
        place = self._plain(event, "place", event.place, secret=False)
        self._plain(event, "time", event.shot_time_text, secret=False)
        pieces = message.pieces
        known = pieces is not None and len(pieces) > 0
        ts, frame, capture = (pieces[name].item(0) if known else None for name in ("ts", "frame", "capture"))  # type: ignore[index]
        person = {name: shown.get(name, UNSAID) for name in _PERSON}
        wanted = {name: purpose.get(name, UNSAID).text for name in ("agent", "agent_company", "risk_status")}
        claimed = event.images[:MOST_IMAGES]
        return _EVENT(
            event_id=event.event_id, message_id=message.message_id.hex(), object_id=event.object_id, kind=entry.kind,
            act=entry.act, document=entry.id, certainty=entry.provenance, recalled=list(entry.recalled),
            standing="entry", inferred=[],
            device_ref=device.text, device_hmac=device.hmac, place=place.text,
            event_ref=reference.text, event_hmac=reference.hmac, shot_time=event.shot_time, shot_zone=event.zone,
            name=person["name"].text, name_hmac=person["name"].hmac,
            id_number=person["id_number"].text, id_number_hmac=person["id_number"].hmac,
            phone=person["phone"].text, phone_hmac=person["phone"].hmac,
            person_ref=person["person_id"].text, person_hmac=person["person_id"].hmac,
            gender=person["gender"].text, age=person["age"].text, birthday=person["birthday"].text,
            address=person["address"].text, person_group=person["group"].text, score=event.score,
            result=self._plain(event, "result", event.result, secret=False).text,
            direction=shown_way(self._plain(event, "direction", event.direction_text, secret=False), event.direction),
            **wanted,
            first_photo_time=ns_of(event.purpose.get("first_photo_time", "")),
            report_time=ns_of(event.purpose.get("report_time", "")), asks=asks(event),
            images=[one.image.sha256 for one in claimed], image_roles=[one.role for one in claimed],
            image_urls=[self._plain(event, "url", url, secret=False).text for _, url in event.urls],
            url_hmacs=[code for _, url in event.urls if (code := self._values.address(url))],
            target=self._plain(event, "target", event.target, secret=False).text,
            sender="", receiver="", endpoint_id="", first_ts=ts, frame=frame or 0,
            capture_id=capture_name(capture or 0), journey_id="", leg=None, complete=event.complete,
        )  # fmt: skip

    def _identity(self, event: Event, field: str, text: str) -> Shown:
        if field.partition(".")[2] not in IDENTITY:
            return self._plain(event, field, text, secret=False)
        shown, one = self._values.person(event.event_id, event.message_id, field, text, event.place_path)
        if field.startswith("person."):
            self.identities.append((event.object_id, one))
        return shown

    def _plain(self, event: Event, field: str, text: str, *, secret: bool = True, device: bool = False) -> Shown:
        return self._values.plain(event.event_id, event.message_id, field, text, secret=secret, device=device)


def _may_state(body: bytes) -> bool:
    return bool((b"/" in body and picture_urls(body)) or holds_masked_number(body) or words().named(plain_text(body)))


_remembered = lru_cache(maxsize=1024)(_may_state)  # most answers to uploads are the same few texts


def _pictured(whole: MessageEvent) -> Row:
    """The row of an event with the pictures that came in later parts."""
    event, claimed = whole.event, whole.event.images[:MOST_IMAGES]
    return whole.row._replace(
        images=[one.image.sha256 for one in claimed], image_roles=[one.role for one in claimed],
        asks=asks(event), complete=event.complete,
    )  # fmt: skip


def names_one(value: str, message: Message) -> bool:
    """Whether an id that a document gives tells one person or event from others, so that equal ones belong together.

    An address is one of a host, often the receiver's; words such as 0 or STRANGER stand for nobody.
    """
    text = value.strip().lower()
    host = (message.request or message).host.lower()
    if text in {host, host.partition(":")[0]} or not text.strip("0") or text in _NOBODY:
        return False
    if "." not in text and ":" not in text:
        return True
    with suppress(ValueError):
        ip_address(text.partition(":")[0] if text.count(":") == 1 else text)
        return False
    return True


def is_reply(message: Message) -> bool:
    """Whether entries look at a message as a reply."""
    return message.request is not None or message.status > 0


def head_of(message: Message) -> Head:
    """What entries ask of a message's head; of a reply method, host and path of its request."""
    request = message.request
    asked = request if request is not None else message
    return Head(
        message.protocol,
        is_reply(message),
        asked.method or message.method,
        asked.host,
        asked.path,
        message.headers,
    )


def shown_text(name: str, text: str) -> str:
    """A field of a person or of a purpose as it is masked in the table; other fields as they are."""
    kind = IDENTITY.get(name)
    return masked(Personal(kind, "", "", text, "named")) if kind else text


def asks(event: Event) -> list[str]:
    """Fields on agents, reports or risk that stand beside a person, a photo or its time; empty without either.

    What is done with them no message says.
    """
    asking = [name for name in _ASKING if event.purpose.get(name)]
    person = event.person.keys() & {"name", "id_number", "phone", "person_id"}
    if not asking or not (person or event.images or event.urls or "first_photo_time" in event.purpose):
        return []
    return asking + [name for name in ("first_photo_time", "salesperson") if event.purpose.get(name)]


__all__ = ["EventRows", "asks", "head_of", "is_reply"]
