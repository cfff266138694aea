"""Events that no entry reads: of one message, by what the fields of its route mean.

What is inferred describes: a picture with a name, a score, a time. It raises no finding and makes nobody anything.
"""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import TYPE_CHECKING

from netaudit.core.text.patterns import later
from netaudit.events.inference.event_kinds import is_of_things, kind_of_event, worth
from netaudit.events.inference.inferred import SHAPED, Inferred, Picture
from netaudit.events.inference.learning import MASKED
from netaudit.events.inference.plans import plan_of
from netaudit.events.inference.shapes import is_date, is_id_number, is_masked, is_named_picture
from netaudit.events.inference.times import when
from netaudit.events.inference.vocabulary import fits
from netaudit.events.rules.times import read_time

if TYPE_CHECKING:
    from collections.abc import Collection

    from netaudit.events.inference.context import Around
    from netaudit.events.inference.fields import Fields
    from netaudit.events.inference.messages import RouteMessage
    from netaudit.events.inference.outlines import Leaf, Places
    from netaudit.events.inference.plans import Record

MOST_RECORDS = 500  # of a message
_ID_PHOTO = frozenset({(102, 126), (358, 441), (178, 220)})  # pixels of the portraits of ID cards
_TIME_IN_NAME = later(
    r"(?<!\d)20\d\d[-_]?[01]\d[-_]?[0-3]\d[-_T]?[0-2]\d[-_:]?[0-5]\d[-_:]?[0-5]\d(?:[-_.]?\d{3})?(?!\d)", re.ASCII
)
_CLOCK = later(r"[0-2]?\d:[0-5]\d(?::[0-5]\d)?|[0-2]\d[0-5]\d[0-5]\d", re.ASCII)
_DAY_FIRST = later(r"\d{1,2}[-/.]\d{1,2}[-/.]20\d\d", re.ASCII)
_A_DAY = 86_400 * 10**9  # ns
SOON = 600  # seconds
_VISIT = later(r"visit|arriv|laifang|daofang|lfsj|dfsj|到访|来访")  # when somebody who is registered will come, or came
_LOWER, _UPPER = later(r"low|min|xiaxian|下限"), later(r"up|max|high|shangxian|上限")  # of an age
_FILE_NAME = later(r"([\w.-]{6,128})\.[A-Za-z]{3,4}\Z")
_DIGEST = later(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}", re.ASCII)
WIDE = 640  # pixels of a picture of a scene, at least
UNKNOWN = Picture("", 0, 0)
LARGER = 2  # times the area of the next one that a picture of a scene has


def infer(message: RouteMessage, fields: Fields, around: Around) -> list[Inferred]:
    """Events of a message; of one that an entry reads what its records say, for what the entry left empty."""
    out = []
    for record in plan_of(message, fields)[:MOST_RECORDS]:
        one = Inferred(message, record.place, message.path)
        _say(one, record)
        _show(one, record, around.pictures)
        one.kind, one.act = kind_of_event(one, message, telling=around.telling)
        if one.kind == "enrolment" and _VISIT.search(one.keys.get("time", "").lower()):
            one.drop_time()
        if around.known or (one.kind and worth(one, around) and not is_of_things(one, record.things, around)):
            one.ties = _ties(message.leaves, record)
            out.append(one)
    return out


def records_beyond(message: RouteMessage, fields: Fields) -> bool:
    """Whether a message holds more records than are told."""
    return len(message.leaves) > MOST_RECORDS and len(plan_of(message, fields)) > MOST_RECORDS


def _say(one: Inferred, record: Record) -> None:
    """What the record says: of two leaves of a meaning its own, the one that is called so most surely, the first."""
    best: dict[str, tuple[tuple[int, ...], str, str]] = {}
    ages: dict[str, str] = {}
    leaves, ns = one.message.leaves, one.message.ns
    for at, meaning, known, rank, as_number, order, of_agent in record.said:
        leaf = leaves[at]
        value = leaf.value.strip()
        if not value:
            continue
        if as_number and is_id_number(value):
            meaning, rank = "id_number", as_number  # noqa: PLW2901  (an id that turns out to be one)
        if not known.proved and not _fits(meaning, value):
            continue
        if meaning == "id_number" and _is_unborn(value, ns):
            continue
        if value in known.strangers or of_agent:
            continue
        if meaning == "url":
            one.urls.append(value)
            continue
        if meaning == "age":
            ages.setdefault(leaf.key, value)
        near = _near(value, ns) if meaning == "time" and record.times > 1 else 0
        whole = (*rank, near, order)
        if meaning not in best or whole > best[meaning][0]:
            best[meaning] = whole, value, leaf.key
    one.values = {meaning: value for meaning, (_, value, _) in best.items()}
    one.keys = {meaning: key for meaning, (_, _, key) in best.items()}
    if (span := _span(ages)) and (_LOWER.search(one.keys["age"].lower()) or _UPPER.search(one.keys["age"].lower())):
        one.values["age"] = span
    if "time" not in one.values and (text := _apart(leaves, record, ns) or _named_time(leaves, record.named, ns)):
        one.values["time"] = text
    if (text := one.values.get("time", "")) and (shot := when(text, ns)) is not None:
        one.shot_time, one.zone = shot.ns, shot.zone
    if number_ := one.values.get("id_number"):
        one.values["id_number"] = number_.upper()
    if "age" in one.values and "birthday" in one.values and "time" not in one.values:
        one.values.pop("age", None)


def _span(ages: dict[str, str]) -> str:
    """Both limits of an age, where a field is called the lower and another the upper one: 30-40."""
    lower = [value for key, value in ages.items() if _LOWER.search(key.lower())]
    upper = [value for key, value in ages.items() if _UPPER.search(key.lower())]
    if len(lower) != 1 or len(upper) != 1 or not (lower[0].isdigit() and upper[0].isdigit()):
        return ""
    return f"{lower[0]}-{upper[0]}" if int(lower[0]) < int(upper[0]) else ""


def _is_unborn(number: str, ns: int) -> bool:
    """Whether a number with a right check digit is of somebody who would be born later: an order's, with its day."""
    return is_id_number(number) and ns > 0 and number[6:14] > time.strftime("%Y%m%d", time.gmtime(ns / 10**9 + 86_400))


def _apart(leaves: list[Leaf], record: Record, ns: int) -> str:
    """A time near the packet's clock whose date and clock are fields beside each other."""
    for places in record.holders:
        values = [leaves[at].value.strip() for at in places]
        dates = [value for value in values if _is_day(value)]
        clocks = [value for value in values if _CLOCK.fullmatch(value)] if dates else []
        for date in dates if len(clocks) == 1 else ():
            text = f"{date} {clocks[0]}"
            if (moment := when(text, ns)) and abs(moment.ns - ns) < _A_DAY:
                return text
    return ""


@lru_cache(maxsize=8192)
def _is_day(value: str) -> bool:
    return is_date(value) or _DAY_FIRST.fullmatch(value) is not None


def _near(text: str, ns: int) -> int:
    """How well a time fits that of an event: soon before it was sent, rather than when it was; else the nearer."""
    moment = when(text, ns)
    before = (ns - moment.ns) // 10**9 if moment else _A_DAY
    return before - SOON if -60 <= before < SOON else -abs(before) - SOON


def _named_time(leaves: list[Leaf], named: Places, ns: int) -> str:
    """A time near the packet's clock in the name of a file or a path: 20260601102030, 2026-06-01_10-20-30."""
    for at in named:
        value = leaves[at].value
        for found in _TIME_IN_NAME.finditer(value) if "20" in value else ():
            digits = "".join(filter(str.isdigit, found[0]))
            text = digits[:17] if len(digits) >= 17 else digits[:14]
            if (moment := read_time(text)) and abs(moment.ns - ns) < _A_DAY:
                return text
    return ""


@lru_cache(maxsize=8192)
def _fits(meaning: str, value: str) -> bool:
    return fits(SHAPED[meaning], value) or (meaning in MASKED and is_masked(value))


def _show(one: Inferred, record: Record, pictures: dict[str, Picture]) -> None:
    """Its pictures in their roles: by the names of their fields, else by their sizes."""
    found: dict[str, str] = {}
    for at, role in record.pictures:
        found.setdefault(one.message.leaves[at].sha256, role)
    for sha256, role in roles_of(found, one.values.keys(), pictures).items() if found else ():
        one.images.append((sha256, role))
        if found[sha256]:
            one.named.add(sha256)


def roles_of(found: dict[str, str], known: Collection[str], pictures: dict[str, Picture]) -> dict[str, str]:
    """Roles of the pictures of one record whose meanings are `known`; `found` has those that their fields say."""
    sizes = {sha256: pictures.get(sha256, UNKNOWN) for sha256 in found}
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


def _ties(leaves: list[Leaf], record: Record) -> set[str]:
    """Names of files of pictures, without endings, and digests: by these a picture and its record find each other."""
    return {tie for at, called in record.tied if (tie := _tie(leaves[at].value, called))}


@lru_cache(maxsize=8192)
def _tie(text: str, called: bool) -> str:  # noqa: FBT001  (a cache)
    """The name of a file, where it is `called` so or is that of a picture, or a digest; empty for all else."""
    value = text.strip()
    name = _FILE_NAME.search(value)
    if name and (called or is_named_picture(f"/{value}")):
        return name[1]
    return value.lower() if _DIGEST.fullmatch(value) else ""
