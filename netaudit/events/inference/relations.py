"""Words that another message gives an id: the person of a list sent before, the place of a camera that was told once.

A record that names a person or a device by its id only gets what a record between the same two addresses calls that
id, in either direction, where both keep it in fields of one name, or where only one list of theirs can be meant: what
others send to either of them says nothing of it. Where two say different things of an id, neither is taken.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from netaudit.core.signatures.field_words import folded, meanings
from netaudit.events.inference.shapes import SHAPES, is_masked, is_unset
from netaudit.events.inference.vocabulary import fits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netaudit.events.inference.fields import Field, Fields
    from netaudit.events.inference.inferred import Inferred
    from netaudit.events.inference.messages import Route, RouteMessage
    from netaudit.events.inference.outlines import Leaf

MOST = 100_000  # words of ids that are held
MOST_LISTS = 64  # of two addresses
GIVES = {  # what an id of a meaning may be called elsewhere
    "person_id": frozenset(
        {"name", "id_number", "phone", "gender", "age", "birthday", "address", "group", "ethnicity"}
    ),
    "device": frozenset({"place"}),
}
TELLS = {"person_id": frozenset({"name", "id_number", "phone"}), "device": frozenset({"place"})}
SURELY = frozenset({"id_number", "phone", "birthday", "gender"})  # beside a name: it is somebody's, and no department's
_GENERIC = frozenset({"id", "uid", "uuid", "code", "no", "key", "number", "num", "bh", "dm", "编号", "path"})
LEAST, SHARE = 2, 0.5  # ids in common with a list under another name, and their part of a sender's

_SMALL = re.compile(r"\d{1,5}")  # such ids every list has
_TAKEN = frozenset({"?"}).union(*GIVES.values(), GIVES)
_SHAPED = {one.name: one for one in meanings()}

Words = dict[str, set[str]]
Lists = dict[str, dict[str, Words]]  # key → id → meaning → what it is called


class Taker(NamedTuple):
    """An id that lacks words, between two addresses in order."""

    ends: tuple[str, ...]
    meaning: str
    key: str
    value: str


class Relations:
    """Lists of ids by the two addresses between which they went."""

    def __init__(self) -> None:
        self._lists: dict[tuple[tuple[str, ...], str], Lists] = defaultdict(lambda: defaultdict(dict))
        self._held = 0
        self._many: set[tuple[str, ...]] = set()  # ends with more lists than are held: what they say else is not known
        self.cut = False

    def note(self, messages: Iterable[RouteMessage], fields: Fields) -> None:
        """Take what records of a route say of ids: what stands around one belongs to others, too."""
        if fields.related is None:
            fields.related = _related(fields)
        forms = fields.related
        for message in messages if forms else ():
            records: dict[str, list[Leaf]] = defaultdict(list)
            for leaf in message.leaves:
                if leaf.form in forms:
                    records["" if leaf.head else leaf.path.rpartition("]")[0]].append(leaf)
            around = records.pop("", []) if len(records) == 2 else []
            for some in records.values():
                self._note_record(message.route, [*some, *around], fields, forms)

    def _note_record(self, route: Route, leaves: list[Leaf], fields: dict[str, Field], forms: dict[str, str]) -> None:
        words: dict[str, str] = {}
        ids: dict[str, list[tuple[str, str]]] = {meaning: [] for meaning in (*GIVES, "?")}
        for leaf in leaves:
            known, meaning, value = fields[leaf.form], forms[leaf.form], leaf.value.strip()
            if is_unset(value) or value in known.strangers:
                continue
            if meaning in ids:
                key = "path" if leaf.path.startswith("path[") else folded(leaf.key)
                ids[meaning] += [(key, value)] if meaning != "?" or SHAPES["id"](value) else []
            elif known.proved or fits(_SHAPED[meaning], value) or is_masked(value):
                words.setdefault(meaning, value)
        self.note_words(route[:2], words, {name: ids[name] + ids["?"] for name in GIVES})

    def note_words(self, ends: Iterable[str], words: dict[str, str], ids: dict[str, list[tuple[str, str]]]) -> None:
        """Take words beside ids, by what these are, each with its key."""
        for meaning, keyed in ids.items():
            if not TELLS[meaning] & words.keys():
                continue
            sure = meaning == "device" or bool(SURELY & words.keys())
            for key, value in keyed:
                if key in _GENERIC and not sure:
                    continue
                both = tuple(sorted(ends))
                lists = self._lists[both, meaning]
                if self._held >= MOST or (key not in lists and len(lists) >= MOST_LISTS):
                    self.cut = True
                    self._many.add(both)
                    return
                called = lists[key].setdefault(value, defaultdict(set))
                for name in GIVES[meaning] & words.keys():
                    self._held += words[name] not in called[name]
                    called[name].add(words[name])

    def told(self, takers: list[Taker]) -> dict[Taker, dict[str, str]]:
        """What ids are called elsewhere; nothing of those that nobody, or several differently, gives words to."""
        some: dict[tuple[tuple[str, ...], str, str], set[str]] = defaultdict(set)
        for one in takers:
            if one.ends not in self._many:
                some[one.ends, one.meaning, one.key].add(one.value)
        lists = {at: list(self._meant(*at, values)) for at, values in some.items()}
        out = {}
        for one in takers:
            called: Words = defaultdict(set)
            for ids in lists.get((one.ends, one.meaning, one.key), ()):
                for name, values in ids.get(one.value, {}).items():
                    called[name] |= values
            if called and all(len(values) == 1 for values in called.values()):
                out[one] = {name: next(iter(values)) for name, values in called.items()}
        return out

    def _meant(self, ends: tuple[str, ...], meaning: str, key: str, values: set[str]) -> Iterator[dict[str, Words]]:
        """Lists of two addresses that ids under a key may be of: that of its name, else the only one that fits."""
        known = self._lists.get((ends, meaning), {})
        if key in known:
            yield known[key]
            return
        least = max(LEAST, SHARE * len(values))
        values = {one for one in values if not _SMALL.fullmatch(one)}
        fitting = [ids for ids in known.values() if len(values & ids.keys()) >= least]
        if len(fitting) == 1:
            yield fitting[0]


def _related(fields: dict[str, Field]) -> dict[str, str]:
    """Meanings of fields that are ids, or words for these; empty where not both are there."""
    said = {form: known.meaning or _unnamed(known) for form, known in fields.items() if not known.pictures}
    forms = {form: meaning for form, meaning in said.items() if meaning in _TAKEN}
    held = set(forms.values())
    return forms if any(TELLS[meaning] & held and {meaning, "?"} & held for meaning in GIVES) else {}


def _unnamed(one: Field) -> str:
    """`?` for a field without a meaning that may be the id of anything."""
    return "?" if one.path.startswith("path[") or folded(one.key) in _GENERIC else ""


def taker(one: Inferred, meaning: str) -> Taker | None:
    """The id of a record that says nothing else of its person, or no place of its device."""
    if meaning not in one.values or TELLS[meaning] & one.values.keys():
        return None
    key = folded(one.keys.get(meaning, "")) or "path"
    return Taker(tuple(sorted(one.message.route[:2])), meaning, key, one.values[meaning])


def related(found: list[Inferred], relations: Relations) -> None:
    """Give records the words that others have for their ids."""
    wanted = [(one, at) for one in found for meaning in GIVES if (at := taker(one, meaning)) is not None]
    told = relations.told([at for _, at in wanted])
    for one, at in wanted:
        new = {name: value for name, value in told.get(at, {}).items() if name not in one.values}
        one.values |= new
        one.announced |= set(new)


def told_of_entries(
    events: list[dict[str, Any]], ends: dict[str, tuple[str, str]], relations: Relations
) -> dict[str, dict[str, str]]:
    """Note what events of entries say of ids, and give words for those that lack them, by event_id."""
    wanted = []
    for event in events:
        said = event["said"]
        both = ends.get(event["message_id"])
        if both is None:
            continue
        for meaning in GIVES:
            if value := said.get(meaning, ""):
                if TELLS[meaning] & said.keys():
                    relations.note_words(both, said, {meaning: [(meaning, value)]})
                else:
                    wanted.append((event["event_id"], Taker(tuple(sorted(both)), meaning, meaning, value)))
    told = relations.told([at for _, at in wanted])
    return {event_id: told[at] for event_id, at in wanted if at in told}
