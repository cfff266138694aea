"""Checks of the form of an entry: sentences that say what is wrong; documents/schema.json says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import re2

from netaudit.events.rules.entries import (
    ACTS,
    KINDS,
    PERSON,
    PURPOSE,
    ROLES,
    anchors,
    key_groups,
    listed,
    pattern,
    selector,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PROVENANCE = ("documented", "code", "capture", "hearsay", "recalled")
NEEDED = {"id", "maker", "message", "kind", "when", "provenance", "examples"}
OPTIONAL = {
    "each", "device", "place", "time", "event", "score", "result", "direction", "target", "person", "purpose", "images",
    "recalled", "about", "unread", "names", "act",
}  # fmt: skip
WHEN = {"protocol", "direction", "method", "path", "host", "header", "query", "keys", "values", "none"}
PICTURES = {"role", "at", "where", "link", "part", "order", "url"}
EXAMPLE = {
    "protocol", "reply", "method", "host", "path", "content_type", "headers", "body", "json", "form", "xml", "parts",
    "hex", "gives", "about",
}  # fmt: skip


def problems(entry: Any) -> list[str]:
    """What is wrong with one entry; nothing when it can be compiled."""
    if not isinstance(entry, dict):
        return ["is no mapping"]
    found = [f"lacks {name}" for name in sorted(NEEDED - set(entry))]
    found += [f"unknown key {name}" for name in sorted(map(str, set(entry) - NEEDED - OPTIONAL))]
    if found:
        return found
    found += [f"kind {entry['kind']!r} is none of {', '.join(KINDS)}"] if entry["kind"] not in KINDS else []
    if "act" in entry and entry["act"] not in ACTS:
        found.append(f"act {entry['act']!r} is none of {', '.join(ACTS)}")
    found += [f"{name} must be a text" for name in ("id", "maker", "message") if not _text(entry[name])]
    provenance = entry["provenance"]
    if not isinstance(provenance, dict) or provenance.get("kind") not in PROVENANCE or not provenance.get("source"):
        found.append(f"provenance needs a kind ({', '.join(PROVENANCE)}) and a source")
    for one in listed(entry["when"]) or [None]:
        found += _when(one)
    for name in ("each", "device", "place", "event", "score", "result", "target"):
        found += _selectors(entry.get(name), name)
    found += _located(entry.get("time"), "time", {"zone", "format"})
    found += _located(entry.get("direction"), "direction", {"in", "out"})
    found += _fields(entry.get("person", {}), "person", PERSON)
    found += _fields(entry.get("purpose", {}), "purpose", PURPOSE)
    for one in listed(entry.get("images")):
        found += _pictures(one)
    if not all(isinstance(one, str) for one in listed(entry.get("recalled"))):
        found.append("recalled must be a list of names of fields")
    found += _selectors(entry.get("names"), "names")
    unread = entry.get("unread", {})
    if not isinstance(unread, dict) or not all(why and isinstance(names, list) for why, names in unread.items()):
        found.append("unread must be a mapping from a reason to names of fields")
    return found + list(_examples(entry["examples"]))


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _selectors(value: Any, name: str) -> Iterator[str]:
    for one in listed(value):
        if isinstance(one, dict):
            if not _text(one.get("at")) or set(one) - {"at", "cut", "to"}:
                yield f"{name}: a selector has at, and perhaps cut or to: {one!r}"
                continue
        elif not isinstance(one, (str, int)):
            yield f"{name}: a selector is a text: {one!r}"
            continue
        try:
            made = selector(one)
        except re2.error as error:
            yield f"{name}: pattern in {one!r}: {error}"
            continue
        if not made.source and not all(made.keys):
            yield f"{name}: selector {one!r} has an empty key"


def _patterns(value: Any, name: str) -> Iterator[str]:
    if not isinstance(value, dict) or not value:
        yield f"{name} must be a mapping from a place to a pattern"
        return
    for key, text in value.items():
        yield from _selectors(key, name)
        yield from _pattern(text, name)


def _pattern(text: Any, name: str) -> Iterator[str]:
    try:
        pattern(str(text))
    except re2.error as error:
        yield f"{name}: pattern {text!r}: {error}"


def _when(when: Any) -> Iterator[str]:
    if not isinstance(when, dict):
        yield "when is a mapping, or a list of mappings"
        return
    if unknown := set(when) - WHEN:
        yield f"when: unknown {', '.join(sorted(map(str, unknown)))}"
        return
    if when.get("direction", "request") not in ("request", "reply", "any"):
        yield f"when: direction {when['direction']!r} is none of request, reply, any"
    for name in ("path", "host"):
        if name in when:
            yield from _pattern(when[name], f"when: {name}")
    for name in ("header", "query", "values"):
        if name in when:
            yield from _patterns(when[name], f"when: {name}")
    for one in listed(when.get("keys")):
        for way in str(one).split("|"):
            yield from _selectors(way, "when: keys")
    yield from _selectors(when.get("none"), "when: none")
    if "path" not in when and not min(map(len, anchors(key_groups(when))), default=0) > 2:
        yield "when: needs a path, or keys of which one is three letters long at least"


def _located(value: Any, name: str, beside: set[str]) -> Iterator[str]:
    if isinstance(value, dict):
        if "at" not in value or set(value) - {"at"} - beside:
            yield f"{name} has at, and perhaps {' and '.join(sorted(beside))}"
        value = value.get("at")
    yield from _selectors(value, name)


def _fields(value: Any, name: str, words: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{name} must be a mapping"
        return
    for key, at in value.items():
        if key not in words:
            yield f"{name}: {key!r} is none of {', '.join(words)}"
        yield from _selectors(at, f"{name}.{key}")


def _pictures(value: Any) -> Iterator[str]:
    if not isinstance(value, dict) or value.get("role") not in ROLES:
        yield f"images: each has a role ({', '.join(ROLES)}): {value!r}"
        return
    if unknown := set(value) - PICTURES:
        yield f"images: unknown {', '.join(sorted(map(str, unknown)))}"
    if not set(value) & {"at", "link", "part", "order", "url"}:
        yield f"images: {value['role']} says nowhere where it is"
    for name in ("at", "link", "url"):
        yield from _selectors(value.get(name), f"images.{name}")
    if "where" in value:
        yield from _patterns(value["where"], "images.where")
    if "part" in value:
        yield from _pattern(value["part"], "images.part")
    if not isinstance(value.get("order", 0), int):
        yield "images: order is a number, from 0"


def _examples(value: Any) -> Iterator[str]:
    parts = [value.get(name) for name in ("match", "no_match")] if isinstance(value, dict) else [None]
    if not all(isinstance(part, list) and part for part in parts):
        yield "needs examples: at least one match and one no_match"
        return
    for name, one in [(kind, one) for kind in ("match", "no_match") for one in value[kind]]:
        if not isinstance(one, dict) or set(one) - EXAMPLE:
            yield f"an example is a mapping of {', '.join(sorted(EXAMPLE))}"
        elif name == "match" and not isinstance(one.get("gives"), list):
            yield "an example that matches says in a list what it gives"
