"""What an entry need not say: fields whose names the vocabulary knows.

An entry reads what its examples and its list of further `names` show under a known name. It says the others itself,
and `place: []` where a known name is of something else there. A key that tells messages apart by its whole value is
read only where the entry says so.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from netaudit.core.signatures.field_words import GENERIC, Meaning, folded, named_in
from netaudit.events.rules.entries import PERSON, ROLES, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALONE = frozenset({"device", "place", "time", "event", "score", "result", "direction"})
_PURPOSE = {
    "agent": "agent", "agent_company": "agent_company", "salesperson": "salesperson", "risk": "risk_status",
    "first_photo_time": "first_photo_time", "report_time": "report_time",
}  # fmt: skip
_ELEMENT = re.compile(r"<(?:\w+:)?([\w.-]+)[^<>]*>|</")
_PAIR = re.compile(r"(?:^|[\s&])([A-Za-z][\w.-]*)=([^\t\r\n&]*)")
_PICTURES = "picture."
_PICTURE = "@jpeg"
Named = tuple[str, str, str]  # name, that of what holds it, value


def completed(raw: dict[str, Any]) -> dict[str, Any]:
    """An entry of sound form with what the vocabulary says of the names in it."""
    found = _meant(raw, list(dict.fromkeys(_names(raw))))
    out, person, purpose = dict(raw), dict(raw.get("person", {})), dict(raw.get("purpose", {}))
    for meaning, selectors in found.items():
        if meaning in _ALONE:
            out.setdefault(meaning, selectors)
        elif meaning in PERSON:
            person.setdefault(meaning, selectors)
        elif meaning in _PURPOSE:
            purpose.setdefault(_PURPOSE[meaning], selectors)
    pictures = [_picture(raw, meaning, at) for meaning, at in found.items() if meaning.startswith(_PICTURES)]
    pictures.sort(key=lambda one: ROLES.index(one["role"]))
    return out | {"person": person, "purpose": purpose, "images": raw.get("images", pictures)}


def _picture(raw: dict[str, Any], meaning: str, at: list[str]) -> dict[str, Any]:
    """Where pictures of one role are, or parts of these names, maybe counted; of who is enrolled in a library."""
    role = meaning.removeprefix(_PICTURES)
    role = "library_photo" if role == "face" and raw["kind"] == "enrolment" else role
    parts = "|".join(re.escape(one.rpartition(".")[2]) for one in at)
    return {"role": role, "at": at, "url": at, "part": rf"^({parts})\d*$"}


def _meant(raw: dict[str, Any], names: list[Named]) -> dict[str, list[str]]:
    """Selectors by meaning, the surest name first, of names that the entry says nothing of."""
    taken = set(_taken(raw))
    said = {one: pair for one in names if folded(one[0]) not in taken and (pair := _best(one))}
    out: dict[str, list[str]] = {}
    for (name, holder, _), (meaning, _) in sorted(said.items(), key=lambda one: _rank(*one)):
        some = out.setdefault(meaning.name, [])
        own = folded(name)
        at = f"{holder}.{name}" if holder and (own not in meaning.names or own in GENERIC) else name
        if at not in some:
            some.append(at)
    return out


def _best(one: Named) -> tuple[Meaning, int] | None:
    """The surest meaning of a name; of what holds a picture or an address of one, which picture it is."""
    name, holder, value = one
    pictured = _PICTURE in value or "://" in value[:8]
    for meaning, sure in named_in(name.removeprefix("query:"), holder):
        if meaning.name == "url" or meaning.name.startswith("act."):
            continue
        if not value or pictured == meaning.name.startswith(_PICTURES):
            return meaning, sure
    return None


def _rank(one: Named, said: tuple[Meaning, int]) -> tuple[int, int]:
    meaning, sure = said
    own = folded(one[0])
    return -sure, meaning.order.index(own) if own in meaning.names else len(meaning.order)


def _taken(raw: dict[str, Any]) -> Iterator[str]:
    """Names that the entry says itself: what they are, that they are not read, or how they tell messages apart."""
    selectors: list[Any] = []
    for name in (*_ALONE, "target", "each"):
        value = raw.get(name)
        selectors += listed(value.get("at") if isinstance(value, dict) else value)
    for group in ("person", "purpose", "unread"):
        for value in raw.get(group, {}).values():
            selectors += listed(value)
    for picture in listed(raw.get("images")):
        selectors += [one for key in ("at", "link", "url") for one in listed(picture.get(key))]
        selectors += picture.get("where", {})
    for when in listed(raw["when"]):
        asked = {**when.get("values", {}), **when.get("query", {})}
        selectors += [name for name, wanted in asked.items() if str(wanted)[:1] == "^"] + listed(when.get("none"))
    for one in selectors:
        text = str(one.get("at") if isinstance(one, dict) else one)
        yield folded(text.rpartition(":")[2].rpartition(".")[2])


def _names(raw: dict[str, Any]) -> Iterator[Named]:
    """Names in the examples that match, in queries that are asked for, and further ones."""
    for example in raw["examples"]["match"]:
        yield from _in_body(example)
    for when in listed(raw["when"]):
        yield from ((f"query:{name}", "", "") for name in when.get("query", {}))
    for name in map(str, listed(raw.get("names"))):
        holder, _, own = name.rpartition(".")
        yield own, holder.rpartition(".")[2], ""


def _in_body(body: dict[str, Any]) -> Iterator[Named]:
    """Names of fields with their values, in whatever notation an example has its body."""
    yield from _in_values(body.get("json"), "", "")
    yield from _in_values(body.get("form"), "", "")
    yield from _in_text(str(body.get("xml", "")), "")
    for part in body.get("parts", ()):
        if "name" in part:
            yield str(part["name"]), "", str(part.get("body", ""))
        yield from _in_body(part)
    yield from _in_text(str(body.get("body", "")), "")


def _in_values(value: Any, name: str, holder: str) -> Iterator[Named]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _in_values(inner, str(key), name)
    elif isinstance(value, list):
        for inner in value:
            yield from _in_values(inner, name, holder)
    elif value is not None and name and "." not in name:
        yield name, holder, str(value)
        yield from _in_text(str(value), name)


def _in_text(text: str, name: str) -> Iterator[Named]:
    """A text that is a document itself."""
    if text[:1] in {"{", "["}:
        try:
            yield from _in_values(json.loads(text), name, "")
        except ValueError:
            return
    elif text[:1] == "<":
        holders = [""]
        for found in _ELEMENT.finditer(text):
            if found[1] is None:
                holders = holders[:-1] or [""]
            else:
                if said := text[found.end() :].partition("<")[0].strip():
                    yield found[1], holders[-1], said
                holders += [] if found[0].endswith("/>") else [found[1]]
    else:
        for key, value in _PAIR.findall(text):
            yield key, "", value
