"""Events that no entry reads: of one message, by what the fields of its route mean.

A record sees its own fields, then those around it; elements of one list never see into each other. What is inferred
describes: a picture with a name, a score, a time. It raises no finding and makes nobody anything.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from netaudit.documents.times import read_time
from netaudit.identity_data.naming import plain
from netaudit.routes.event_kinds import is_of_things, kind_of_event, worth
from netaudit.routes.inferred import SHAPED, TELLING, Around, Inferred, Picture
from netaudit.routes.learning import MASKED
from netaudit.routes.shapes import is_date, is_id_number, is_masked, is_named_picture
from netaudit.routes.times import when
from netaudit.routes.vocabulary import PICTURES, fits
from netaudit.signatures.field_words import meanings
from netaudit.text.patterns import later

if TYPE_CHECKING:
    from collections.abc import Collection

    from netaudit.routes.learning import Field
    from netaudit.routes.messages import Leaf, RouteMessage

MOST_RECORDS = 500  # of a message
_PICTURED = {"time", "picture"}
_LIST = later(r"\[\d+\]")
_ID_PHOTO = frozenset({(102, 126), (358, 441), (178, 220)})  # pixels of the portraits of ID cards
_TIME_IN_NAME = later(
    r"(?<!\d)20\d\d[-_]?[01]\d[-_]?[0-3]\d[-_T]?[0-2]\d[-_:]?[0-5]\d[-_:]?[0-5]\d(?:[-_.]?\d{3})?(?!\d)", re.ASCII
)
_CLOCK = later(r"[0-2]?\d:[0-5]\d(?::[0-5]\d)?|[0-2]\d[0-5]\d[0-5]\d", re.ASCII)
_DAY_FIRST = later(r"\d{1,2}[-/.]\d{1,2}[-/.]20\d\d", re.ASCII)
_A_DAY = 86_400 * 10**9  # ns
SOON = 600  # seconds
_AGENTS = frozenset({"agent", "agent_company", "salesperson"})
_NAMING = frozenset({"name", "id_number"})
_OF_THINGS = frozenset({"plate", "goods"})
_FILE_NAME = later(r"([\w.-]{6,128})\.[A-Za-z]{3,4}\Z")
_DIGEST = later(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}", re.ASCII)
WIDE = 640  # pixels of a picture of a scene, at least
LARGER = 2  # times the area of the next one that a picture of a scene has
_HTTP = frozenset({"http", "http2", "http3", "h2"})


def infer(message: RouteMessage, fields: dict[str, Field], around: Around) -> list[Inferred]:
    """Events of a message; of one that an entry reads what its records say, for what the entry left empty."""
    out = []
    for place, own, outer in _records(message.leaves, fields)[:MOST_RECORDS]:
        one = Inferred(message, place, message.path)
        _say(one, own, outer, fields)
        _show(one, own if place else own + outer, fields, around.pictures)
        one.kind, one.act = kind_of_event(one, message, telling=around.telling)
        one.ties = _ties(own if place else own + outer)
        forms = {leaf.form for leaf in own + outer}
        if around.known or (one.kind and worth(one, around) and not is_of_things(one, forms, fields, around)):
            out.append(one)
    return out


def records_beyond(message: RouteMessage, fields: dict[str, Field]) -> bool:
    """Whether a message holds more records than are told."""
    return len(message.leaves) > MOST_RECORDS and len(_records(message.leaves, fields)) > MOST_RECORDS


def _records(leaves: list[Leaf], fields: dict[str, Field]) -> list[tuple[str, list[Leaf], list[Leaf]]]:
    """(place, leaves of it, leaves around it) of each record: elements of the outermost list that tells of several."""
    lists: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for leaf in leaves:
        meaning = "picture" if leaf.sha256 else fields[leaf.form].meaning
        if leaf.head or (meaning not in TELLING and not leaf.sha256) or "[" not in leaf.path:
            continue
        for found in _LIST.finditer(leaf.path):
            lists[leaf.path[: found.start()]][found[0]].add(meaning)
    several = [
        path
        for path, elements in lists.items()
        if sum(bool(kinds & TELLING) for kinds in elements.values()) > 1
        and not (set().union(*elements.values()) == _PICTURED and _at_once(path, leaves, fields))
    ]
    if not several:
        return [("", leaves, [])]
    top = min(several, key=lambda path: (path.count("["), len(path), path))
    around = [leaf for leaf in leaves if not leaf.path.startswith(f"{top}[")]
    elements: dict[str, list[Leaf]] = defaultdict(list)
    for leaf in leaves:
        if leaf.path.startswith(f"{top}["):
            elements[leaf.path[: leaf.path.find("]", len(top)) + 1 or None]].append(leaf)  # paths are cut
    return [
        (place, own, around)
        for place, own in elements.items()
        if any(leaf.sha256 or fields[leaf.form].meaning in TELLING for leaf in own)
    ]


def _at_once(path: str, leaves: list[Leaf], fields: dict[str, Field]) -> bool:
    """Whether elements of a list say one and the same time: pictures of one event."""
    times = {one.value for one in leaves if one.path.startswith(f"{path}[") and fields[one.form].meaning == "time"}
    return len(times) == 1


def _say(one: Inferred, own: list[Leaf], around: list[Leaf], fields: dict[str, Field]) -> None:
    """What the record says: of two leaves of a meaning its own, the one that is called so most surely, the first."""
    best: dict[str, tuple[tuple[int, ...], str, str]] = {}
    for order, leaf in enumerate([*own, *around]):
        known, value = fields[leaf.form], leaf.value.strip()
        meaning = "id_number" if known.meaning == "person_id" and is_id_number(value) else known.meaning
        if leaf.sha256 or not meaning or meaning in _OF_THINGS or not value:
            continue
        if not known.proved and not _fits(meaning, value):
            continue
        if meaning == "id_number" and _is_unborn(value, one.message.ns):
            continue
        if value in known.strangers or (meaning == "phone" and _is_of_agent(leaf, own, fields)):
            continue
        if meaning == "url":
            one.urls.append(value)
            continue
        near = _near(value, one.message.ns) if meaning == "time" else 0
        rank = (order < len(own), known.sure, -_rank(meaning, leaf), -int(leaf.head), near, -order)
        if meaning not in best or rank > best[meaning][0]:
            best[meaning] = rank, value, leaf.key
    one.values = {meaning: value for meaning, (_, value, _) in best.items()}
    one.keys = {meaning: key for meaning, (_, _, key) in best.items()}
    if "time" not in one.values and (
        text := _apart(own, one.message.ns) or _named_time([*own, *around], one.message.ns)
    ):
        one.values["time"] = text
    if (shot := when(one.values.get("time", ""), one.message.ns)) is not None:
        one.shot_time, one.zone = shot.ns, shot.zone
    if number_ := one.values.get("id_number"):
        one.values["id_number"] = number_.upper()
    if "age" in one.values and "birthday" in one.values and "time" not in one.values:
        one.values.pop("age", None)


def _is_unborn(number: str, ns: int) -> bool:
    """Whether a number with a right check digit is of somebody who would be born later: an order's, with its day."""
    return is_id_number(number) and ns > 0 and number[6:14] > time.strftime("%Y%m%d", time.gmtime(ns / 10**9 + 86_400))


def _is_of_agent(leaf: Leaf, leaves: list[Leaf], fields: dict[str, Field]) -> bool:
    """Whether it stands beside an agent, in an object of theirs, and no person is named there."""
    holder = leaf.path.rpartition(".")[0]
    beside = {fields[one.form].meaning for one in leaves if holder and one.path.rpartition(".")[0] == holder}
    return bool(beside & _AGENTS) and not beside & _NAMING


def _apart(leaves: list[Leaf], ns: int) -> str:
    """A time near the packet's clock whose date and clock are fields beside each other."""
    holders = defaultdict(list)
    for leaf in leaves:
        if not leaf.sha256 and not leaf.head:
            holders[leaf.path.rpartition(".")[0]].append(leaf.value.strip())
    for values in holders.values():
        dates = [value for value in values if is_date(value) or _DAY_FIRST.fullmatch(value)]
        clocks = [value for value in values if _CLOCK.fullmatch(value)] if dates else []
        for date in dates if len(clocks) == 1 else ():
            text = f"{date} {clocks[0]}"
            if (moment := when(text, ns)) and abs(moment.ns - ns) < _A_DAY:
                return text
    return ""


def _near(text: str, ns: int) -> int:
    """How well a time fits that of an event: soon before it was sent, rather than when it was; else the nearer."""
    moment = when(text, ns)
    before = (ns - moment.ns) // 10**9 if moment else _A_DAY
    return before - SOON if -60 <= before < SOON else -abs(before) - SOON


def _named_time(leaves: list[Leaf], ns: int) -> str:
    """A time near the packet's clock in the name of a file or a path: 20260601102030, 2026-06-01_10-20-30."""
    for leaf in leaves:
        if not leaf.sha256 and (leaf.key == "filename" or leaf.path.startswith("path[")):
            for found in _TIME_IN_NAME.finditer(leaf.value) if "20" in leaf.value else ():
                digits = "".join(filter(str.isdigit, found[0]))
                text = digits[:17] if len(digits) >= 17 else digits[:14]
                if (moment := read_time(text)) and abs(moment.ns - ns) < _A_DAY:
                    return text
    return ""


_RANKS = {one.name: {name: place for place, name in enumerate(one.order)} for one in meanings()}


def _fits(meaning: str, value: str) -> bool:
    return fits(SHAPED[meaning], value) or (meaning in MASKED and is_masked(value))


def _rank(meaning: str, leaf: Leaf) -> int:
    """The place of a name among those of its meaning: the more telling ones come first."""
    return _RANKS[meaning].get(plain(leaf.key), 999)


def _show(one: Inferred, leaves: list[Leaf], fields: dict[str, Field], pictures: dict[str, Picture]) -> None:
    """Its pictures in their roles: by the names of their fields, else by their sizes."""
    found: dict[str, str] = {}
    for leaf in leaves:
        if leaf.sha256 and leaf.sha256 not in found:
            meaning = fields[leaf.form].meaning
            found[leaf.sha256] = meaning.removeprefix(PICTURES) if meaning.startswith(PICTURES) else ""
    for sha256, role in roles_of(found, one.values.keys(), pictures).items():
        one.images.append((sha256, role))
        if found[sha256]:
            one.named.add(sha256)


def roles_of(found: dict[str, str], known: Collection[str], pictures: dict[str, Picture]) -> dict[str, str]:
    """Roles of the pictures of one record whose meanings are `known`; `found` has those that their fields say."""
    sizes = {sha256: pictures.get(sha256, Picture("", 0, 0)) for sha256 in found}
    areas = sorted((size.width * size.height for size in sizes.values()), reverse=True)
    card = "id_number" in known and "score" not in known and len(found) == 1
    out = {}
    for sha256, named_so in found.items():
        size, role = sizes[sha256], named_so
        if (size.width, size.height) in _ID_PHOTO and "id_number" in known:
            role = "id_photo"
        elif len(found) > 1 and role in {"", "face"} and _is_scene(size, areas):
            role = "scene"
        elif card and not role and {"birthday", "address"} & set(known):
            role = "id_photo"
        elif not role:
            about = len(found) > 1 or {"name", "id_number", "person_id", "score", "time"} & set(known)
            role = "face" if about or size.face in {"yes", "possible"} else "unknown"
        out[sha256] = role
    return out


def _is_scene(size: Picture, areas: list[int]) -> bool:
    """Whether a picture is so much larger than the others that it shows what is around."""
    return size.width >= WIDE and size.width * size.height == areas[0] >= LARGER * areas[1] > 0


def _ties(leaves: list[Leaf]) -> set[str]:
    """Names of files of pictures, without endings, and digests: by these a picture and its record find each other."""
    found = set()
    for leaf in leaves:
        value = leaf.value.strip()
        name = _FILE_NAME.search(value)
        if name and (leaf.key == "filename" or leaf.path.startswith("path[") or is_named_picture(f"/{value}")):
            found.add(name[1])
        elif _DIGEST.fullmatch(value):
            found.add(value.lower())
    return found
