"""What documents say of devices: groups of fields that describe one, whatever notation and maker.

Which names mean what, and which messages ask a host about itself, is data (`signatures/statements.yaml`). Whose
description it is depends on who said it, which is not known here (`devices/observations/statements.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_plus

import re2

from netaudit.core.contracts.details import Statement
from netaudit.core.signatures.loading import default_folder
from netaudit.core.text.patterns import occurrence
from netaudit.core.text.yaml_text import parse_yaml
from netaudit.errors import SignatureError
from netaudit.events.rules.field_names import FieldNames, compiled
from netaudit.events.rules.nodes import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from netaudit.events.rules.head import Head
    from netaudit.events.rules.nodes import Node, Tree

FILE = "statements.yaml"
MOST = 64  # groups of one message
LAST = 1 << 16  # behind every place among the names of a meaning
MOST_NODES = 2_000  # looked at in one message
LARGEST = 256 << 10  # characters of a message that is looked through
COUNTS = frozenset({"faces", "persons"})
ADDRESSES = frozenset({"mac", "ip"})
IDENTIFYING = frozenset({"model", "serial"})
_PAIRS = re.compile(r"[,;&\t\r\n]\s{0,16}+(?=~?[^\W\d]\w{0,40}\s*[=:])")
_OF_ONE = re.compile(r"\d{4,}|[0-9a-fA-F]{8,}")  # an id in what is asked for: the answer is about whose it is
_SESSION = re.compile(r"[;/][a-z_]{2,12}=[^/;]{0,200}", re.IGNORECASE)  # in a path
_LISTED = re.compile(r",|:(?=\d)")
_LONGEST_PLACE = 9  # digits of a number that is a place of a list
_BROWSER = re.compile(r"Mozilla/")  # whose requests say nothing of the host it runs on
_TYPED = ("type", "typename", "class")  # names that say the model as often as what kind of thing it is
_DESIGNATION = re.compile(r"(?=.*[A-Z]{2})(?=.*\d)[A-Z][A-Za-z0-9/()]*-[A-Za-z0-9/()-]{2,40}", re.ASCII)  # DS-2CD1
_MAILS = frozenset({"smtp"})
_ADDING = re.compile(
    r"(?:^|[/._-])(?:(?:add|bind|unbind|pair|claim|import|delete|remove|edit|transfer|share)(?:[_-]?(?:device|camera|terminal)s?)?"
    r"|(?:device|camera|terminal)s?[_-]?(?:add|bind|unbind|import|delete|remove|edit))(?:[/.?]|$)",
    re.IGNORECASE,
)
_PAIR = re.compile(r"~?([^\W\d]\w{0,40})\s*[=:]\s*(.{0,200})")
_NAMED = frozenset({"name", "key", "field", "param", "parameter", "attribute", "id", "item", "label"})
_VALUED = frozenset({"value", "val", "content", "text", "data"})
_SAYING = frozenset({"#text", "value", "val", "v"})
_MOST_BESIDE = 6  # fields of a value that is an object: how it is written, its unit, its right
_BESIDE = frozenset({"type", "datatype", "unit", "timestamp", "alias", "properties"})  # of a field, beside its value
_GB28181 = frozenset({"query", "response", "notify", "control"})
_OF_XML = frozenset({"version", "encoding", "standalone", "type", "lang", "schemalocation", "space", "class", "style"})


@dataclass(frozen=True, slots=True)
class Asked:
    """Messages that a host is asked about itself with, or describes itself in."""

    path: re.Pattern[str] | None
    query: tuple[tuple[str, re.Pattern[str]], ...]
    holder: str  # plain name of the object that holds the answer; empty for any
    sent: bool  # in requests of the host itself, not in its answers
    others: bool  # may be about other hosts: their addresses say whose it is
    keys: dict[str, str]
    split: dict[str, list[str]]  # fields whose value is a list, and what its places mean

    def fits(self, head: Head) -> bool:
        """Whether a message with this head is one."""
        if self.sent == head.reply or (self.path is not None and not self.path.search(head.path)):
            return False
        return all(pattern.search(head.query.get(name, "")) for name, pattern in self.query)


@dataclass(frozen=True, slots=True)
class Words:
    """The whole of `signatures/statements.yaml`."""

    names: FieldNames
    forms: dict[str, re.Pattern[str]]  # of the values of a meaning
    least: frozenset[str]
    within: dict[str, str]  # plain name of an object that holds counted things → what they are
    totals: frozenset[str]  # names of their number
    others: frozenset[str]  # names of objects that describe a part of a device, or another one
    parts: re.Pattern[str]  # plain names of objects that are parts of the one around them: made of these words
    held: re.Pattern[str]  # the same of those that hold numbers of what is stored
    meant: dict[tuple[str, str], str]  # word of a part's name and field → what the field means in it
    fleeting: frozenset[str]  # names in queries that say nothing of whom the answer is about
    scopes: dict[str, str]  # beginnings of values → meaning of the rest
    loose: dict[str, str]  # plain name of a field → meaning, where a serial number stands beside it
    asked: tuple[Asked, ...]
    named: Callable[[bytes], bool]  # whether a text without what separates words has a name that a statement must have
    under: Callable[[bytes], bool]  # whether a path is one of `asked`

    def is_other(self, node: Node) -> bool:
        """Whether an object describes a part of a device, or another thing: by its name, or by how that ends."""
        return node.key in self.others or any(node.key.endswith(one) for one in self.others if not one.isascii())

    def may_state(self, text: bytes, path: str) -> bool:
        """Whether a message with this plain text and path may describe a device."""
        return self.named(text) or asks(path)


@lru_cache(maxsize=1)
def words() -> Words:
    """The words that netaudit comes with. SignatureError where the file is not sound."""
    path = default_folder() / FILE
    try:
        raw = parse_yaml(path.read_text(encoding="utf-8"))
        return _compiled(raw)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SignatureError("{}: cannot be read: {}", FILE, error) from error


@lru_cache(maxsize=4096)
def asks(path: str) -> bool:
    """Whether a host is asked about itself under a path, or describes itself there."""
    return words().under(path.encode("utf-8", "replace"))


def _compiled(raw: Any) -> Words:
    fields, least = raw["fields"], frozenset(raw["least"])
    names = compiled(raw)
    asked = tuple(
        Asked(
            re.compile(one["path"], re.IGNORECASE) if "path" in one else None,
            tuple((name, re.compile(text, re.IGNORECASE)) for name, text in one.get("query", {}).items()),
            one.get("holder", ""),
            bool(one.get("sent", False)),
            bool(one.get("others", False)),
            one.get("keys", {}),
            one.get("split", {}),
        )
        for one in raw["asked"]
    )
    telling = [key for name in (*IDENTIFYING, *COUNTS) for key in fields[name]["keys"] if len(key.encode()) > 2]
    telling += [stem for name in IDENTIFYING for stem in fields[name]["stems"][0]]
    telling += [other for key in telling if (other := names.traditional(key)) != key]
    telling += [spelled for key in telling if not key.isascii() for spelled in (key.capitalize(), key.upper())]
    telling += [key.encode("ascii", "backslashreplace").decode() for key in telling if not key.isascii()]  # of JSON
    telling += [key for one in asked if (key := one.holder)]
    telling += [key for one in asked for key, meaning in one.keys.items() if meaning in COUNTS]
    return Words(
        names,
        {name: re.compile(one["form"]) for name, one in fields.items()},
        least,
        {key: name for name, one in fields.items() for key in one.get("within", ())},
        frozenset(raw["totals"]),
        frozenset(raw["others"]),
        _of_words([*raw["parts"], *raw["held"]]),
        _of_words(raw["held"], beside=raw["parts"]),
        {(holder, name): meaning for holder, inner in raw["meant"].items() for name, meaning in inner.items()},
        frozenset(raw["fleeting"]),
        raw["scopes"],
        raw["loose"],
        asked,
        occurrence("|".join(map(re2.escape, telling)).encode(), any_case=True),
        occurrence("|".join(f"(?:{one['path']})" for one in raw["asked"] if "path" in one).encode(), any_case=True),
    )


def _of_words(some: list[str], beside: Iterable[str] = ()) -> re.Pattern[str]:
    """Names that are made of these words only; with words beside, at least one of them is among those."""
    one, other = "|".join(some), "|".join([*some, *beside])
    return re.compile(f"(?:{other})*(?:{one})(?:{other})*" if beside else f"(?:{one})+")


def statements(head: Head, tree: Tree) -> list[Statement]:
    """What the documents of a message say of devices; nothing in most."""
    if head.protocol == "ehome" or (head.protocol == "sip" and _is_gb28181(tree)):  # their readers know more of them
        return []
    asked = [one for one in words().asked if one.fits(head)]
    others = _hands_on(head) or _answers_of_one(head) if head.reply else _tells_of_others(head)
    found = [Statement(tuple(facts.items()), asked=True, listed=False) for facts in _of_query(head, asked)]
    elements: list[Statement] = []
    described: set[int] = set()
    for count, (node, several, alone) in enumerate(_nodes(tree)):
        if count >= MOST_NODES or len(found) >= MOST:
            break
        known = next((one for one in asked if _held(node, one.holder)), None)
        listed = several and not (known and known.holder and node.key == known.holder)
        facts = _facts(node, known)
        if _states(facts, asked=known is not None):
            elsewhere = others if known is None else known.others
            within = known is None and not (listed or ADDRESSES & facts.keys())
            if within and any(id(one) in described for one in node.chain()):
                continue  # a part of what is described around it
            described.add(id(node))
            one = Statement(tuple(facts.items()), known is not None, listed or elsewhere)
            (elements if alone and not one.asked and not one.listed else found).append(one)
    if not any(
        not one.listed for one in found
    ):  # what stands in a list, if alone, is of others where one speaks of itself
        found += elements
    return _of_one(found) + _sums(found)


def _hands_on(head: Head) -> bool:
    """Whether an answer came through a proxy: it is of whoever stands behind it."""
    return "://" in head.target[:8] or bool(head.header("via"))


def _answers_of_one(head: Head) -> bool:
    """Whether what was asked for names one of several by a number: its path, or a field of its query."""
    if _OF_ONE.search(_SESSION.sub("", head.path)):
        return True
    return any(_OF_ONE.search(value) for name, value in head.query.items() if name not in words().fleeting)


def described_by(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Facts of pairs that describe a device; none of others."""
    facts = _meant(pairs, None)
    return facts if _states(facts, asked=False) else {}


def taken_apart(text: str) -> list[tuple[str, str]]:
    """Pairs that stand in one text, between marks: a query, the device id of a printer."""
    pieces = _PAIRS.split("&" + text if text[:1] != "&" else text)
    return [(name, unquote_plus(value.rstrip(" ;"), errors="replace")) for name, value in _split(pieces)]


def names_model(text: str) -> bool:
    """Whether a text has a name that a description of a device must have."""
    return words().named(text.replace("-", "").encode("utf-8", "replace"))


def of_browser(agent: str) -> bool:
    """Whether it is a browser that asks: what it says is not of the host it runs on."""
    return bool(_BROWSER.search(agent))


def _is_gb28181(tree: Tree) -> bool:
    """Whether a document is one of GB/T 28181, by its root."""
    return any(child.key in _GB28181 for document in tree.documents for child in (document, *document.children))


def _tells_of_others(head: Head) -> bool:
    """Whether who sends a message tells of another one, as it seems: a browser, a mail, what adds or binds a device."""
    return head.protocol in _MAILS or bool(_BROWSER.search(head.header("user-agent")) or _ADDING.search(head.path))


def _of_one(found: list[Statement]) -> list[Statement]:
    """Groups of a message without those that describe parts: where one alone has a serial number, it is the device."""
    beside = [one for one in found if not one.asked and not one.listed and not ADDRESSES & dict(one.facts).keys()]
    numbered = [one for one in beside if "serial" in dict(one.facts)]
    return found if len(numbered) != 1 else [one for one in found if one is numbered[0] or one not in beside]


def _sums(found: list[Statement]) -> list[Statement]:
    """How many a host holds in all, where it was asked and gives them by libraries."""
    counted = [one for one in found if one.asked and one.listed]
    sums = {}
    for meaning in sorted(COUNTS):
        counts = [int(value) for one in counted for name, value in one.facts if name == meaning]
        if len(counts) > 1:
            sums[meaning] = str(sum(counts))
    return [Statement(tuple(sums.items()), asked=True, listed=False)] if sums else []


def _of_query(head: Head, asked: list[Asked]) -> Iterator[dict[str, str]]:
    """What the target of a request says of who sends it."""
    for one in asked:
        if one.sent and (facts := _meant(_spread(head.query.items(), one), one)):
            yield facts


def _spread(pairs: Iterable[tuple[str, str]], asked: Asked) -> Iterator[tuple[str, str]]:
    """Fields, with those that are lists taken apart: the places of these stand under their meaning.

    Places of one meaning are parts of one number: faces by the light in which they were taken.
    """
    for key, value in pairs:
        yield key, value
        by_meaning: dict[str, list[str]] = {}
        for name, one in zip(asked.split.get(plain(key), ()), _LISTED.split(value), strict=False):
            if name:
                by_meaning.setdefault(name, []).append(one.strip())
        for name, parts in by_meaning.items():
            whole = len(parts) > 1 and all(one.isdecimal() and len(one) <= _LONGEST_PLACE for one in parts)
            yield name, str(sum(map(int, parts))) if whole else parts[0]


def _held(node: Node, holder: str) -> bool:
    return not holder or any(one.key == holder for one in node.chain())


def _nodes(tree: Tree) -> Iterator[tuple[Node, bool, bool]]:
    """Objects of the documents, outer ones first; whether each is one of several of a list, and the only one of one."""
    whole = [tree.root] if any(node.value is not None for node in tree.documents) else []  # fields each by itself
    waiting = [(node, False, False) for node in reversed(whole + tree.documents)]
    seen: set[int] = set()
    while waiting:
        node, listed, alone = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if words().is_other(node):
            continue
        several = listed or (node.listed and len(node.children) > 1)
        only = alone or (node.listed and bool(node.key) and not several)
        yield node, listed, alone
        waiting += [(child, several, only) for child in reversed(node.children) if child.children]


def _facts(node: Node, asked: Asked | None) -> dict[str, str]:
    """What the fields of one object mean, and those of objects in it that are parts of the same."""
    pairs = _pairs(node)
    facts = _meant(_spread(pairs, asked) if asked and asked.split else pairs, asked)
    parts: dict[str, str] = {}
    for child in node.children:
        if child.children and not child.listed and not words().is_other(child):
            parts = _of_part(child) | parts
    return parts | facts if IDENTIFYING & facts.keys() else facts | parts  # a name beside a device is not always its


def _of_part(node: Node) -> dict[str, str]:
    """What an object within another one says of it: a part of a device, or things that are counted."""
    known = words()
    own, held = known.parts.fullmatch(node.key) is not None, known.held.fullmatch(node.key) is not None
    if not own and node.key not in known.within:
        return {}
    pairs = list(_pairs(node))
    facts = _meant(pairs, None) if own else {}
    counts: dict[str, str] = {}  # of names that say what, and not that it is a number
    for name, value in pairs:
        key = plain(name)
        total = known.within[node.key] if node.key in known.within and key in known.totals else ""
        meaning = total or (_in_part(node.key, key) if own else "")
        kept = facts if meaning else counts
        meaning = meaning or (known.names.counted(name) if own else "")
        if meaning and (form := known.forms[meaning].search(value.strip())):
            kept[meaning] = _in_form(form, value)
    return counts | facts if held or counts.keys() >= COUNTS else facts


def _in_part(holder: str, key: str) -> str:
    """What a field of no meaning of its own means in a part: `version` of the firmware."""
    return next((meaning for (word, name), meaning in words().meant.items() if name == key and word in holder), "")


def _in_form(form: re.Match[str], value: str) -> str:
    return form["value"] if "value" in form.re.groupindex else value.strip()


def _meant(pairs: Iterable[tuple[str, str]], asked: Asked | None) -> dict[str, str]:
    """Facts of fields; of several with one meaning the name that says most, the first in the file."""
    own = asked.keys if asked else {}
    known = words()
    facts: dict[str, str] = {}
    loose: dict[str, str] = {}
    ranks: dict[str, int] = {}
    for name, text in pairs:
        key = plain(name)
        meaning, value = own[key] if key in own else known.names.meaning(name), text
        if meaning == "model" and key.endswith(_TYPED) and not any(map(str.isdecimal, text)):
            meaning = "type"  # in words: what kind of thing it is
        elif meaning == "type" and _DESIGNATION.fullmatch(text):
            loose |= {"type": text, "model": loose.get("model", text)}
            continue
        if not meaning and text.startswith("onvif://"):
            meaning, value = _scope(text)
        rank = -1 if key in own else known.names.rank(key)
        if meaning and rank < ranks.get(meaning, LAST) and (form := known.forms[meaning].search(value.strip())):
            facts[meaning] = _in_form(form, value)
            ranks[meaning] = rank
            continue
        other = known.loose.get(key) or known.loose.get(known.names.bare(name), "")
        if other not in {"", meaning} and (form := known.forms[other].search(value.strip())):
            loose.setdefault(other, _in_form(form, value))
    return loose | facts if "serial" in facts else facts


def _scope(text: str) -> tuple[str, str]:
    """Meaning and value of a scope of ONVIF (Core Specification, 7.3.2)."""
    for start, meaning in words().scopes.items():
        if text.startswith(start):
            return meaning, unquote(text[len(start) :], errors="replace").replace("/", " ")
    return "", ""


def _pairs(node: Node) -> Iterator[tuple[str, str]]:
    """Fields of an object by their names as written; several in one text (`~DeviceName=F18,MAC=…`) are taken apart."""
    for child in node.children:
        if child.raw[:1] == "@" and child.key in _OF_XML:
            continue
        if child.key == "name" and child.value and any(one.key == plain(child.value) for one in node.children):
            continue  # what the object beside is called
        if (named := _named(child)) is not None:
            yield named
            continue
        value = _text(child)
        if value is None:
            continue
        pieces = _PAIRS.split(value) if "=" in value else [value]
        yield _last_step(child.raw.rpartition(":")[2].lstrip("@~")), pieces[0]
        yield from _split(pieces[1:])
    if node.value and not node.children and "=" in node.value:
        yield from _split(_PAIRS.split(node.value))


def _named(node: Node) -> tuple[str, str] | None:
    """A field that is an object of a name and a value, or a list of both; of a name with steps the last one."""
    fields = [one for one in node.children if one.key not in _BESIDE] if len(node.children) > 2 else node.children
    if node.raw == "" and len(fields) == 2 and all(one.value and not one.children for one in fields):
        first, second = (one.value or "" for one in fields)  # whatever the two are called
        first = _last_step(first)
        if words().names.meaning(first) or plain(first) in words().loose:
            return first, second
    valued = [one for one in fields if one.key in _VALUED]
    if len(valued) != 1 or not 2 <= len(fields) <= _MOST_BESIDE or (text := _text(valued[0])) is None:
        return None
    labels = [label for one in fields if one is not valued[0] and (label := _text(one))]
    told = [label for label in map(_last_step, labels) if label and words().names.meaning(label)]
    if told and not node.raw:  # a row of a table: the name in one language or several
        return told[-1], text
    named = [label for one in fields if one.key in _NAMED and (label := _text(one))]
    return (_last_step(named[0]), text) if len(fields) == 2 and named else None


def _last_step(name: str) -> str:
    """Of a name with steps the last one: Device.DeviceInfo.ModelName, Properties/Model.

    Empty behind a number, which counts things that the device has, or behind a word for others: Hosts.Host.1.Name.
    """
    *before, last = re.split(r"[./]", name.strip(". /"))
    return "" if any(one.isdecimal() or plain(one) in words().others for one in before) else last


def _text(node: Node) -> str | None:
    """What a field says; an element of XML with attributes says it beside them, an object under a name for values."""
    if node.value is not None:
        return node.value
    if any(one.children for one in node.children) or not 1 <= len(node.children) <= _MOST_BESIDE:
        return next((one.value for one in node.children if one.key == "#text" and one.value), None)
    return next((one.value for one in node.children if one.value and one.key in _SAYING), None)


def _split(pieces: list[str]) -> Iterator[tuple[str, str]]:
    for piece in pieces:
        if found := _PAIR.match(piece):
            yield found[1], found[2]


def _states(facts: dict[str, str], *, asked: bool) -> bool:
    """Whether fields beside each other describe a device."""
    if asked:
        return bool(facts)
    counted = len(words().least & facts.keys())
    return counted >= 2 and ("model" in facts or ("serial" in facts and counted >= 3))
