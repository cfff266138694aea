"""Every field of every example is read, recognises its message, or is named by its entry with why it is not read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from netaudit.events.rules.entries import listed
from netaudit.events.rules.loading import load
from netaudit.events.rules.nodes import plain
from netaudit.evidence.rule_drafting.document_examples import message_of, read_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.events.rules.entries import Entry

LOADED = load()
CASES = [
    pytest.param(entry, example, id=f"{entry.id}-{number}")
    for entry in LOADED.entries
    for number, example in enumerate(entry.raw["examples"]["match"])
    if "json" in example or "form" in example or "parts" in example
]


def scalars(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Key and text of every scalar, of texts that are JSON too."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from scalars(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from scalars(inner, key)
    elif isinstance(value, str) and value[:1] in {"{", "["} and value[-1:] in {"}", "]"}:
        yield from scalars(json.loads(value), key)
    elif value is not None:
        yield plain(key), str(value)


def documents(example: dict[str, Any]) -> Iterator[Any]:
    for part in (example, *example.get("parts", ())):
        yield from (part[name] for name in ("json", "form") if name in part)
        if "name" in part and "body" in part and "=" not in part["body"]:
            yield {part["name"]: part["body"]}
        elif "\t" in str(part.get("body", "")):  # rows of key=value, the first behind a word that names them
            for line in part["body"].splitlines():
                cells = [cell.partition("=") for cell in line.partition(" ")[2].split("\t")]
                yield {key: value for key, equals, value in cells if equals}


def recognising(entry: Entry) -> set[str]:
    """Keys whose values are asked for."""
    ways = [one for way in listed(entry.raw["when"]) for one in (way.get("values", {}), way.get("query", {}))]
    ways += [one.get("where", {}) for one in listed(entry.raw.get("images"))]
    return {plain(str(key).rpartition(".")[2]) for way in ways for key in way}


@pytest.mark.parametrize(("entry", "example"), CASES)
def test_what_is_on_the_wire_is_read_or_the_entry_says_why_not(entry: Entry, example: dict[str, Any]) -> None:
    said: set[str] = set()
    for event in read_message(LOADED.index, message_of(example)):
        if event.entry is entry:
            said |= {
                event.device,
                event.place,
                event.event_ref,
                event.shot_time_text,
                event.result,
                *event.target.split(),
            }
            said |= {*event.person.values(), *event.purpose.values(), *(url for _, url in event.urls)}
            said |= {f"{event.score:g}"} if event.score is not None else set()
    known = recognising(entry) | {plain(name) for names in entry.raw.get("unread", {}).values() for name in names}
    left = [
        (key, value)
        for document in documents(example)
        for key, value in scalars(document)
        if key not in known and "@jpeg" not in value and not any(value in text for text in said)
    ]
    assert left == []


def test_no_reason_is_stale() -> None:
    for entry in LOADED.entries:
        keys = {key for one in entry.raw["examples"]["match"] for two in documents(one) for key, _ in scalars(two)}
        named = {plain(name) for names in entry.raw.get("unread", {}).values() for name in names}
        assert named <= keys, entry.id
