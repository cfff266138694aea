"""What to ask of messages of one outline on a route: where their records lie, and which of their leaves say what.

A record sees its own fields, then those around it; elements of one list never see into each other.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from netaudit.core.signatures.field_words import meanings
from netaudit.core.text.patterns import later
from netaudit.events.identity.naming import plain
from netaudit.events.inference.inferred import TELLING
from netaudit.events.inference.vocabulary import PICTURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.events.inference.fields import Field, Fields
    from netaudit.events.inference.messages import RouteMessage
    from netaudit.events.inference.outlines import Leaf, Outline, Places

MOST_PLANS = 64  # of a route that are kept, and ways in which lists of one are several events
_PICTURED = {"time", "picture"}
_LIST = later(r"\[\d+\]")
_AGENTS = frozenset({"agent", "agent_company", "salesperson"})
_NAMING = frozenset({"name", "id_number"})
OF_THINGS = frozenset({"plate", "goods"})
_RANKS = {one.name: {name: place for place, name in enumerate(one.order)} for one in meanings()}
_NUMBER = "id_number"


class Said(NamedTuple):
    """A leaf that has a meaning."""

    at: int
    meaning: str
    field: Field
    rank: tuple[int, ...]  # before that of the value: its own before those around, by how surely it is called so
    as_number: tuple[int, ...]  # the same where the id of a person turns out to be a number of identity
    order: int  # the negative one of its place, the last that decides
    of_agent: bool  # a telephone number of who sells


class Record(NamedTuple):
    """A record: leaves by their places in the message."""

    place: str
    said: tuple[Said, ...]  # the leaves that have meanings, its own first
    times: int  # of these that are times
    holders: tuple[Places, ...]  # its leaves that stand beside each other, several
    named: Places  # steps of the path and names of files, its own first
    pictures: tuple[tuple[int, str], ...]  # with the roles that their fields say
    tied: tuple[tuple[int, bool], ...]  # leaves whose values may be names of files, and whether they are called so
    things: tuple[str, ...]  # meanings of its fields, each field once


class Plan:
    """The records of messages of one outline."""

    def __init__(self, outline: Outline, fields: Fields) -> None:
        self._outline, self._fields = outline, fields
        self._meant = [fields[form].meaning for form in outline.forms]
        lists = _lists(outline, self._meant)
        self._several = [path for path, kinds in lists.items() if kinds != _PICTURED]
        self._asked = {path: self._times(path) for path, kinds in lists.items() if kinds == _PICTURED}
        self._known: dict[tuple[str, ...], tuple[Record, ...]] = {}

    def records(self, leaves: Sequence[Leaf]) -> tuple[Record, ...]:
        """Those of a message: elements of the outermost list that tells of several.

        A list of pictures with times is one of several events, unless all say one and the same time.
        """
        more = tuple([path for path, at in self._asked.items() if len({leaves[one].value for one in at}) != 1])
        known = self._known.get(more)
        if known is None:
            if len(self._known) >= MOST_PLANS:
                self._known.clear()
            places = _split(self._outline, self._meant, [*self._several, *more])
            known = tuple(_record(self._outline, self._meant, self._fields, *one) for one in places)
            self._known[more] = known
        return known

    def _times(self, path: str) -> Places:
        return tuple(
            at
            for at, meaning in enumerate(self._meant)
            if meaning == "time" and self._outline.paths[at].startswith(f"{path}[")
        )


def plan_of(message: RouteMessage, fields: Fields) -> tuple[Record, ...]:
    """The records of a message."""
    outline = message.outline
    known = fields.plans.get(outline)
    if known is None:
        if len(fields.plans) >= MOST_PLANS:
            fields.plans.clear()
        known = fields.plans[outline] = Plan(outline, fields)
    return known.records(message.leaves)


def _lists(outline: Outline, meant: list[str]) -> dict[str, set[str]]:
    """Lists that tell of several, with what their elements say."""
    lists: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path, head, shown, meaning in zip(outline.paths, outline.heads, outline.shown, meant, strict=True):
        if head or "[" not in path or not (shown or meaning in TELLING):
            continue
        for found in _LIST.finditer(path):
            lists[path[: found.start()]][found[0]].add("picture" if shown else meaning)
    return {
        path: set().union(*elements.values())
        for path, elements in lists.items()
        if sum(bool(kinds & TELLING) for kinds in elements.values()) > 1
    }


def _split(outline: Outline, meant: list[str], lists: list[str]) -> list[tuple[str, Places, Places]]:
    """(place, leaves of it, leaves around it) of each record."""
    if not lists:
        return [("", tuple(range(len(outline.paths))), ())]
    top = min(lists, key=lambda path: (path.count("["), len(path), path))
    around: list[int] = []
    inner: dict[str, list[int]] = defaultdict(list)
    for at, path in enumerate(outline.paths):
        if path.startswith(f"{top}["):
            inner[path[: path.find("]", len(top)) + 1 or None]].append(at)  # paths are cut
        else:
            around.append(at)
    return [
        (place, tuple(own), tuple(around))
        for place, own in inner.items()
        if any(outline.shown[at] or meant[at] in TELLING for at in own)
    ]


def _record(outline: Outline, meant: list[str], fields: Fields, place: str, own: Places, around: Places) -> Record:
    both = own + around
    seen = own if place else both  # pictures and names of files around records of a list are nobody's
    keys, shown, steps = outline.keys, outline.shown, frozenset(outline.steps)
    said = tuple(
        _said(outline, meant, fields, own, order, at)
        for order, at in enumerate(both)
        if meant[at] and meant[at] not in OF_THINGS and not shown[at]
    )
    beside: dict[str, list[int]] = defaultdict(list)
    for at in own:
        if not shown[at] and not outline.heads[at]:
            beside[outline.paths[at].rpartition(".")[0]].append(at)
    return Record(
        place,
        said,
        sum(one.meaning == "time" for one in said),
        tuple(tuple(some) for some in beside.values() if len(some) > 1),
        tuple(at for at in both if not shown[at] and (keys[at] == "filename" or at in steps)),
        tuple((at, _role(meant[at])) for at in seen if shown[at]),
        tuple((at, keys[at] == "filename" or at in steps) for at in seen),
        tuple(fields[form].meaning for form in {outline.forms[at] for at in both}),
    )


def _said(outline: Outline, meant: list[str], fields: Fields, own: Places, order: int, at: int) -> Said:
    meaning, field = meant[at], fields[outline.forms[at]]

    def rank(name: str) -> tuple[int, ...]:
        named = _RANKS.get(name, {}).get(plain(outline.keys[at]), 999)  # the more telling names come first
        return order < len(own), field.sure, -named, -int(outline.heads[at])

    of_agent = meaning == "phone" and _is_of_agent(at, own, outline, meant)
    as_number = rank(_NUMBER) if meaning == "person_id" else ()
    return Said(at, meaning, field, rank(meaning), as_number, -order, of_agent)


def _role(meaning: str) -> str:
    return meaning.removeprefix(PICTURES) if meaning.startswith(PICTURES) else ""


def _is_of_agent(at: int, own: Places, outline: Outline, meant: list[str]) -> bool:
    """Whether a leaf stands beside an agent, in an object of theirs, and no person is named there."""
    holder = outline.paths[at].rpartition(".")[0]
    beside = {meant[other] for other in own if holder and outline.paths[other].rpartition(".")[0] == holder}
    return bool(beside & _AGENTS) and not beside & _NAMING
