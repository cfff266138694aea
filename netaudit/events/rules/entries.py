"""Entries of `signatures/documents`, compiled: how a message is recognised and where in it things are said.

`signatures/documents/README.md` describes the notation; `form.py` checks it before anything is compiled here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

import re2

from netaudit.events.rules.nodes import plain
from netaudit.events.rules.passages import IN, OUT

KINDS = (
    "face_capture", "comparison", "id_verification", "enrolment", "query", "reply", "retrieval", "heartbeat",
    "subscription",
)  # fmt: skip
ACTS = ("pushes", "asks", "answers", "fetches", "announces")
USUAL = {  # what senders of a kind do, where an entry does not say
    "face_capture": "pushes", "comparison": "pushes", "id_verification": "pushes", "enrolment": "asks", "query": "asks",
    "reply": "answers", "retrieval": "answers", "heartbeat": "announces", "subscription": "asks",
}  # fmt: skip
ROLES = ("face", "scene", "id_photo", "library_photo", "body", "other")
PERSON = (
    "name", "id_number", "gender", "age", "birthday", "address", "phone", "person_id", "ethnicity", "group",
)  # fmt: skip
PURPOSE = ("agent", "agent_company", "salesperson", "risk_status", "first_photo_time", "report_time")
SOURCES = ("header", "query", "path", "host")  # of a selector, before a colon; without one it is the tree
LONGEST_REMEMBERED = 128  # characters of a text
OPTIONS = re2.Options()
OPTIONS.case_sensitive = False
OPTIONS.log_errors = False
OPTIONS.max_mem = 1 << 20
_LITERAL = re.compile(r"\^([A-Za-z0-9]+)(?![?*{A-Za-z0-9])")


def pattern(text: str) -> Any:
    """A compiled re2 pattern, without case. Raises re2.error."""
    return re2.compile(text, OPTIONS)


class Later:
    """A pattern of sound form, compiled when it is first searched: a capture asks few of all entries.

    What it finds in short texts is remembered: names, codes and heads come again, and one search takes microseconds.
    """

    __slots__ = ("_compiled", "pattern")

    def __init__(self, text: str) -> None:
        self.pattern = text
        self._compiled: Any = None

    def search(self, value: str) -> Any:
        """The match of re2, or None."""
        return _remembered(self, value) if len(value) <= LONGEST_REMEMBERED else self.asked(value)

    def asked(self, value: str) -> Any:
        """The same, found anew."""
        if self._compiled is None:
            self._compiled = pattern(self.pattern)
        return self._compiled.search(value)


_remembered = lru_cache(maxsize=4096)(Later.asked)
later = cache(Later)


@dataclass(frozen=True, slots=True)
class Selector:
    """Where a value is said: keys from the outside in, or a source of the head.

    `cut` takes the first group out of the value; `to` is where the upper end of a range is said: 30-40.
    """

    source: str  # "", or one of SOURCES
    keys: tuple[str, ...]  # plain; the name of a header or of a field of the query
    cut: Any = None
    text: str = ""
    to: Selector | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the time is said; `zone` is taken where the time names none."""

    at: tuple[Selector, ...] = ()
    zone: str = ""
    form: str = ""  # strptime, where the usual forms do not fit


@dataclass(frozen=True, slots=True)
class Pictures:
    """Images of one role."""

    role: str
    at: tuple[Selector, ...] = ()
    where: tuple[tuple[Selector, Any], ...] = ()
    link: tuple[Selector, ...] = ()
    part: Any = None
    order: int = -1
    url: tuple[Selector, ...] = ()


@dataclass(frozen=True, slots=True)
class When:
    """One way to recognise the message; all that it names must hold."""

    protocols: frozenset[str] = frozenset()
    direction: str = "request"  # request, reply, any
    methods: frozenset[str] = frozenset()
    path: str = ""
    host: Any = None
    header: tuple[tuple[str, Any], ...] = ()
    query: tuple[tuple[str, Any], ...] = ()
    keys: tuple[tuple[Selector, ...], ...] = ()  # of each group one
    values: tuple[tuple[Selector, Any], ...] = ()
    none: tuple[Selector, ...] = ()
    literals: tuple[bytes, ...] = ()  # what stands in the text, in lower case, where `values` hold
    weight: int = 0  # how much it asks for: of two entries the one that asks more is taken


@dataclass(frozen=True, slots=True)
class Entry:
    """What one kind of message says, and how far that is known."""

    id: str
    maker: str
    message: str
    kind: str
    act: str
    when: tuple[When, ...]
    provenance: str
    source: str
    file: str
    each: tuple[Selector, ...] = ()
    device: tuple[Selector, ...] = ()
    place: tuple[Selector, ...] = ()
    event: tuple[Selector, ...] = ()
    score: tuple[Selector, ...] = ()
    result: tuple[Selector, ...] = ()  # of a check or comparison, in the sender's words or codes
    direction: tuple[Selector, ...] = ()  # through a door
    ways: dict[str, str] = field(default_factory=dict)  # code of a direction → in, out
    target: tuple[Selector, ...] = ()  # whereto pushes are told to go; what is found is joined
    time: Moment = field(default_factory=Moment)
    person: dict[str, tuple[Selector, ...]] = field(default_factory=dict)
    purpose: dict[str, tuple[Selector, ...]] = field(default_factory=dict)
    images: tuple[Pictures, ...] = ()
    recalled: tuple[str, ...] = ()  # fields whose place was recalled, not read: "person.name", "images.face" …
    raw: dict[str, Any] = field(default_factory=dict)  # as written, for the page and the examples


def compile_entry(raw: dict[str, Any], file: str) -> Entry:
    """An entry of sound form (`form.problems` found nothing)."""
    when = raw["when"] if isinstance(raw["when"], list) else [raw["when"]]
    time = raw.get("time", [])
    time = time if isinstance(time, dict) else {"at": time}
    direction = raw.get("direction", [])
    direction = direction if isinstance(direction, dict) else {"at": direction}
    return Entry(
        id=raw["id"],
        maker=raw["maker"],
        message=raw["message"],
        kind=raw["kind"],
        act=raw.get("act", USUAL[raw["kind"]]),
        when=tuple(_when(one) for one in when),
        provenance=raw["provenance"]["kind"],
        source=str(raw["provenance"]["source"]),
        file=file,
        each=selectors(raw.get("each")),
        device=selectors(raw.get("device")),
        place=selectors(raw.get("place")),
        event=selectors(raw.get("event")),
        score=selectors(raw.get("score")),
        result=selectors(raw.get("result")),
        direction=selectors(direction.get("at")),
        ways={str(code): way for way in (IN, OUT) for code in listed(direction.get(way))},
        target=selectors(raw.get("target")),
        time=Moment(selectors(time.get("at")), str(time.get("zone", "")), str(time.get("format", ""))),
        person={name: selectors(at) for name, at in raw.get("person", {}).items()},
        purpose={name: selectors(at) for name, at in raw.get("purpose", {}).items()},
        images=tuple(_pictures(one) for one in raw.get("images", [])),
        recalled=tuple(raw.get("recalled", [])),
        raw=raw,
    )


def listed(value: Any) -> list[Any]:
    """One or many, as a list; nothing as an empty one."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def selectors(value: Any) -> tuple[Selector, ...]:
    """Selectors in the order in which they are tried."""
    return tuple(selector(one) for one in listed(value)) if value else ()


def selector(value: Any) -> Selector:
    """`a.b.c`, `header:name`, `query:name`, `path:pattern`, `host:`, or a mapping with `at` and `cut` or `to`."""
    if isinstance(value, dict):
        found = _selector(str(value["at"]), later(str(value["cut"])) if "cut" in value else None)
        return replace(found, to=selector(value["to"])) if "to" in value else found
    return _selector(str(value), None)


@cache
def _selector(text: str, cut: Any) -> Selector:
    source, colon, rest = text.partition(":")
    if not colon or source not in SOURCES:
        return Selector("", tuple(plain(key) for key in text.split(".")), cut, text)
    if source == "path":
        return Selector("path", (), later(rest), text)
    name = rest.lower() if source == "header" else plain(rest)
    return Selector(source, (name,), cut, text)


def key_groups(when: dict[str, Any]) -> tuple[tuple[Selector, ...], ...]:
    """Keys that must be there: of each group, written `a|b`, one."""
    return tuple(tuple(selector(way) for way in str(one).split("|")) for one in listed(when.get("keys")))


def anchors(groups: tuple[tuple[Selector, ...], ...]) -> list[str]:
    """Keys one of which must be there: the longest key of each way of a group, of the group where they are longest."""
    longest = [[max(way.keys, key=len) for way in ways if not way.source] for ways in groups]
    return max(longest, key=lambda group: min(map(len, group), default=0), default=[])


def literal(text: str) -> str:
    """What a value must begin with to fit the pattern, as far as it is plain letters and digits; often nothing."""
    depth = 0
    for place, char in enumerate(text):
        depth += (char in "([") - (char in ")]")
        if char == "\\" or (char == "|" and depth <= 0):
            return ""
        if char == "(" and text[place + 1 : place + 2] == "?":
            return ""
    match = _LITERAL.match(text)
    return match[1].lower() if match else ""


def _when(raw: dict[str, Any]) -> When:
    keys = key_groups(raw)
    values = tuple((selector(key), later(str(text))) for key, text in raw.get("values", {}).items())
    header = tuple((name.lower(), later(str(text))) for name, text in raw.get("header", {}).items())
    query = tuple((plain(name), later(str(text))) for name, text in raw.get("query", {}).items())
    weight = sum(max(len(way.keys) for way in ways) for ways in keys) + 2 * (len(values) + len(header) + len(query))
    weight += 2 * ("path" in raw) + ("host" in raw) + len(listed(raw.get("none")))
    return When(
        protocols=frozenset(listed(raw.get("protocol"))),
        direction=raw.get("direction", "request"),
        methods=frozenset(str(one).upper() for one in listed(raw.get("method"))),
        path=str(raw.get("path", "")),
        host=later(str(raw["host"])) if "host" in raw else None,
        header=header,
        query=query,
        keys=keys,
        values=values,
        literals=tuple(
            word.encode()
            for key, text in raw.get("values", {}).items()
            if not selector(key).source and (word := literal(str(text)))
        ),
        none=selectors(raw.get("none")),
        weight=weight,
    )


def _pictures(raw: dict[str, Any]) -> Pictures:
    return Pictures(
        role=raw["role"],
        at=selectors(raw.get("at")),
        where=tuple((selector(key), later(str(text))) for key, text in raw.get("where", {}).items()),
        link=selectors(raw.get("link")),
        part=later(str(raw["part"])) if "part" in raw else None,
        order=int(raw.get("order", -1)),
        url=selectors(raw.get("url")),
    )
