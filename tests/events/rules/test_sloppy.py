"""Every JSON example of every entry, spoken carelessly: keys in other case, in wrappers, numbers as texts, wrong types."""

from __future__ import annotations

import copy
import json

import pytest

from netaudit.events.rules.loading import load
from netaudit.evidence.rule_drafting.document_examples import message_of, read_message, spoken

LOADED = load()
CASES = [
    pytest.param(entry.id, example, id=f"{entry.id}-{number}")
    for entry in LOADED.entries
    for number, example in enumerate(entry.raw["examples"]["match"])
    if "json" in example or "form" in example or "parts" in example
]


def recased(change):
    def over(node):
        if isinstance(node, dict):
            return {change(str(key)): over(inner) for key, inner in node.items()}
        return [over(inner) for inner in node] if isinstance(node, list) else node

    return over


def texts(node):
    """Numbers as texts."""
    if isinstance(node, dict):
        return {key: texts(inner) for key, inner in node.items()}
    if isinstance(node, list):
        return [texts(inner) for inner in node]
    return str(node) if isinstance(node, (int, float)) and not isinstance(node, bool) else node


def wrapped(node):
    return {"msgId": 0, "payload": {"list": node}, "sign": "0123456789abcdef"}


def as_text(node):
    """The document as a text in another one; texts of less than 64 characters are not looked into."""
    return {"topic": "t", "payload": json.dumps(node, ensure_ascii=False).ljust(64)}


WAYS = {
    "lower": recased(str.lower),
    "upper": recased(str.upper),
    "underscores": recased(lambda key: "_".join(key)),
    "wrapped": wrapped,
    "as text": as_text,
    "numbers as texts": texts,
}


def changed(example, way):
    """The example with every document in it changed; forms and names of parts only in case and numbers."""
    out = copy.deepcopy(example)
    if "json" in out:
        out["json"] = WAYS[way](out["json"])
    elif "form" in out:
        out["form"] = WAYS[way](out["form"]) if way not in ("wrapped", "as text") else out["form"]
    else:
        for part in out["parts"]:
            if "json" in part:
                part["json"] = WAYS[way](part["json"])
    return out


def told(example, entry):
    said = [spoken(event) for event in read_message(LOADED.index, message_of(example)) if event.entry.id == entry]
    return [{name: str(value).lower() for name, value in one.items()} for one in said]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("entry", "example"), CASES)
def test_careless_senders_tell_the_same(entry, example, way):
    assert told(changed(example, way), entry) == told(example, entry)


@pytest.mark.parametrize(
    "kind", ["text/html", "application/x-www-form-urlencoded", "", "application/octet-stream", "image/jpeg"]
)
@pytest.mark.parametrize(("entry", "example"), CASES)
def test_wrong_content_types_change_nothing(entry, example, kind):
    if "json" in example:
        assert told(example | {"content_type": kind}, entry) == told(example, entry)
