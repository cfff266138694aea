"""The text of a summary, in English or Chinese: the only writer of sentences about what a case shows."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from netaudit.core.text.addresses import is_link_address
from netaudit.core.text.yaml_text import yaml_of
from netaudit.findings.summary.model import (
    CONSISTENT,
    IDENTITY,
    IMAGES,
    INSIDE_ONLY,
    NOT_ASSESSABLE,
    NOT_SEEN,
    TRANSFER_SEEN,
)
from netaudit.findings.vocabulary import DELIVERED, MOVED, RETRIEVED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from netaudit.findings.summary.model import Limit, Marks, Party, Step, Summary, Transfer

WORDS = yaml_of(__package__, "words.yaml")
MOST_WORDS, MOST_CHARACTERS = 25, 45  # of a sentence: English words, Chinese characters
MOST_NAMED = 3  # counterparts in one sentence
MOST_SENT, MOST_DOUBTFUL, MOST_FETCHED, MOST_ENCRYPTED, MOST_LIMITS = 4, 3, 1, 2, 3  # sentences on page 1
RECORDING = ("cut", "gaps", "dropped", "begun_before", "interrupted", "outside_period")  # limits that page 1 has first
UNSURE = frozenset(
    {"egress", "faces_apart", "unjudged", "names", "documents", "templates"}
)  # limits that may hide a transfer
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_COUNTED = re.compile(r"\{(\w+):([^|{}]*)\|([^{}]*)\}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def length(text: str, lang: str) -> int:
    """Return the length of a sentence: Chinese characters, or English words."""
    return len(_CHINESE.findall(text)) if lang == "zh" else len(text.split())


def too_long(text: str, lang: str) -> bool:
    """Return whether a sentence is longer than the rule allows."""
    return length(text, lang) > (MOST_CHARACTERS if lang == "zh" else MOST_WORDS)


class Sentences:
    """Words a summary. `zone` overrides the zone that the summary shows times in."""

    def __init__(self, summary: Summary, lang: str, zone: str | None = None) -> None:
        self.summary, self.lang = summary, lang
        self._zone_name = zone or summary.period.zone
        self._zone_from = summary.period.zone_from if self._zone_name == summary.period.zone else "option"
        self._zone = zone_of(self._zone_name)

    def say(self, group: str, key: str = "", **figures: object) -> str:
        """Return a text with its figures filled in."""
        words = WORDS[group][key] if key else WORDS[group]
        text = _filled(words[self.lang], figures)
        return text.replace(" %", "%") if self.lang == "zh" else text

    # -- the blocks of the summary, in their order -----------------------------------------------------------

    @property
    def state(self) -> str:
        """The state in a word."""
        return self.say("state", self.summary.state)

    @property
    def period(self) -> str:
        """When was recorded, with the zone."""
        period = self.summary.period
        if period.first_ts is None or period.last_ts is None:
            return self.say("period", "none")
        first, last = self._local(period.first_ts), self._local(period.last_ts)
        figures = {"zone": self._zone_text(), "first": f"{first:%H:%M}", "last": f"{last:%H:%M}"}
        if figures["first"] == figures["last"] and first.date() == last.date():
            return self.say("period", "minute", day=self._day(first), **figures)
        if first.date() == last.date():
            return self.say("period", "day", day=self._day(first), **figures)
        return self.say("period", "days", first_day=self._day(first), last_day=self._day(last), **figures)

    @property
    def numbers(self) -> list[str]:
        """At most three numbers that stand under the state."""
        one = self.summary
        if one.state == TRANSFER_SEEN:
            people = "people_at_least" if one.people_at_least else "people"
            told: tuple[tuple[str, int], ...] = (("images", one.images), (people, one.people), ("servers", one.servers))
        elif one.state == CONSISTENT:
            matched = self._matched()
            servers = {other.address for row in matched for other in row.others}
            doubtful = sum(row.count for row in one.doubtful if row.content == IMAGES)
            told = (("matched", sum(row.matched for row in matched)), ("servers", len(servers)))
            told = told if matched else ((one.why, doubtful),)
        elif one.state == INSIDE_ONLY:
            told = (("inside", one.images_inside),)
        else:
            told = ()
        found = [self.say("number", key, n=n) for key, n in told if n]
        if one.state == NOT_ASSESSABLE and one.why == "cut" and one.recorded is not None:
            found.append(self.say("number", "missing", share=percent(1 - one.recorded)))
        return found

    @property
    def explanation(self) -> str:
        """One sentence that explains the state."""
        one = self.summary
        unjudged = next((row for row in one.limits if row.kind in {"unjudged", "faces_off"}), None)
        why = one.why
        if why == "nothing":
            why = "nothing_own" if one.doubtful else "nothing_encrypted" if one.encrypted or one.other_uploads else why
        return self.say(
            "why",
            why,
            who=self._who_sent_what() if why == "seen" else self._senders({row.device.id for row in one.doubtful}),
            what=self._start(self._what(one.inside)) if why == "inside" else self._what(one.doubtful),
            share=percent(one.recorded or 0),
            n=unjudged.all if unjudged else 0,
        )

    def _who_sent_what(self) -> str:
        """How many devices sent which contents: those that sent the same in one clause."""
        by_content: dict[str, set[str]] = {}
        for row in self.summary.sent:
            by_content.setdefault(row.content, set()).add(row.device.id)
        same: dict[frozenset[str], list[str]] = {}
        for content, devices in by_content.items():
            same.setdefault(frozenset(devices), []).append(content)
        parts = [
            self.say("why", "seen_part", who=self._senders(devices), what=self._contents(contents))
            for devices, contents in same.items()
        ]
        return self._start(self.say("why", "seen_join").join(parts))

    def _senders(self, ids: Iterable[str]) -> str:
        """How many devices: those known by an address only, which may stand for several, are counted apart."""
        of_links = [is_link_address(one) for one in ids]
        counted = (("devices", sum(of_links)), ("addresses", len(of_links) - sum(of_links)))
        return self._and([self.say("senders", key, n=n) for key, n in counted if n])

    def _contents(self, contents: Iterable[str]) -> str:
        return self._and([self.say("what", content) for content in contents])

    def _what(self, rows: Iterable[Transfer]) -> str:
        return self._contents(dict.fromkeys(row.content for row in rows))

    @property
    def meaning(self) -> str:
        """What follows from the state, and what does not."""
        period = self.summary.period
        minutes = round(((period.last_ts or 0) - (period.first_ts or 0)) / 60e9)
        state = self.summary.state
        if state == CONSISTENT and self.summary.why != "matched":
            state = self.summary.why
        if state == NOT_SEEN and (self.summary.apart or UNSURE & {one.kind for one in self.summary.limits}):
            state = "not_seen_unsure"
        return self.say("meaning", state, minutes=max(1, minutes))

    def found(self) -> list[str]:
        """What was found, in the few sentences of page 1."""
        one = self.summary
        texts = self._sent()
        for row in self._matched()[:MOST_ENCRYPTED]:
            texts += self.encrypted(row)
        texts += [self.sentence(row) for row in one.doubtful[:MOST_DOUBTFUL]]
        texts += [self.say("sent", "more_doubtful")] if len(one.doubtful) > MOST_DOUBTFUL else []
        if one.contact:
            to = self.parties(one.contact.others)
            texts.append(self.say("contacts", who=self._start(self.party(one.contact.device)), to=to))
        texts += [self.sentence(row) for row in one.fetched[:MOST_FETCHED]]
        if _devices(one.fetched) - _devices(one.fetched[:MOST_FETCHED]):
            texts.append(self.say("fetched", "more"))
        texts += self._inside()
        texts += self.personal()
        texts += [self.say("apart", row.kind, n=row.n) for row in one.apart]
        texts += map(self.marks, one.marks)
        return texts + self._absent()

    def _inside(self) -> list[str]:
        """What moved between devices of the site: by device where nothing graver was found, else in sum."""
        one = self.summary
        named = MOST_NAMED if one.state == INSIDE_ONLY else 1 if self._matched() else 0
        texts = [self.sentence(row) for row in one.inside[:named]]
        if len(one.inside) > named:
            images = one.images_inside if not named else sum(x.count for x in one.inside[named:] if x.content == IMAGES)
            records = sum(row.count for row in one.inside[named:] if row.content == IDENTITY)
            amounts = [self.say("amount", IMAGES, n=images)] if images else []
            amounts += [self.say("inside", "records", n=records)] if records else []
            what = self._and(amounts) if amounts else self._start(self._what(one.inside[named:]))
            texts.append(self.say("inside", "total", what=what))
        return texts

    def _absent(self) -> list[str]:
        """What was looked for and not found."""
        one = self.summary
        if one.state == NOT_ASSESSABLE:
            return [self.say("sent", "none_recognised")]
        texts: list[str] = []
        if one.state == CONSISTENT:
            texts.append(self.say("sent", "none_completed" if one.doubtful else "none_readable"))
        contents = {row.content for row in (one.sent if one.state == TRANSFER_SEEN else one.inside)}
        if one.state in {TRANSFER_SEEN, INSIDE_ONLY}:
            texts += [self.say("sent", "no_images")] if IMAGES not in contents and one.faces else []
            texts += [self.say("sent", "no_identity")] if IDENTITY not in contents else []
        if one.faces and not one.fetched:
            texts.append(self.say("fetched", "none" if one.inside else "none_inside"))
        elif one.faces and not one.inside:
            texts.append(self.say("inside", "none"))
        if one.state in {TRANSFER_SEEN, CONSISTENT} and not _devices(one.sent) - _devices(self._shown()):
            texts.append(self.say("sent", "no_other"))
        return texts

    def _matched(self) -> list[Transfer]:
        """Encrypted uploads that match images, which are told as found."""
        return [row for row in self.summary.encrypted if row.matched and not row.correlated]

    def personal(self) -> list[str]:
        """What personal devices sent."""
        own = self.summary.personal
        who = self._bracketed(self._and([one.address for one in own.devices[:MOST_NAMED]]))
        counted = (("images", own.images), ("records", own.records))
        return [self.say("personal", key, n=n, who=who, devices=len(own.devices)) for key, n in counted if n]

    def hidden(self) -> list[str]:
        """What could not be seen, in the few sentences of page 1: the largest limits, encrypted uploads, the rest."""
        one = self.summary
        uploads = [row for row in one.encrypted if row not in self._matched()]
        texts: list[str] = []
        for row in uploads[:MOST_ENCRYPTED]:
            texts += self.encrypted(row)
        if _devices(uploads) - _devices(uploads[:MOST_ENCRYPTED]):
            texts.append(self.say("encrypted", "more"))
        if not one.encrypted:
            few = one.other_uploads
            texts.append(self.say("encrypted", "few", n=few) if few else self.say("encrypted", "none"))
        chosen = [row for row in one.limits if row.kind in RECORDING][:MOST_LIMITS]
        room = max(0, MOST_LIMITS - 1 - len(chosen))
        chosen += [row for row in one.limits if row.of_traffic and row not in chosen][:room]
        first = [row for row in one.limits if row in chosen or row.kind == "encrypted"]
        others = [row for row in one.limits if row not in first][: max(0, MOST_LIMITS - len(first))]
        left = len(one.limits) - len(first) - len(others)
        ends = [self.say("limit", "more", n=left)] if left else []
        return [
            *map(self.limit, first), *self._whole(), *texts, *map(self.limit, others), *ends
        ]  # fmt: skip

    def limits(self) -> list[str]:
        """All limits, the largest first."""
        return [*map(self.limit, self.summary.limits), *self._whole()]

    def _whole(self) -> list[str]:
        """What is not limited: content without encryption, connections without gaps."""
        one, kinds = self.summary, {row.kind for row in self.summary.limits}
        texts = []
        if "encrypted" not in kinds and one.readable is not None:
            texts.append(self.say("limit", "all_readable", readable=percent(one.readable)))
        if not kinds & {"cut", "gaps", "dropped", "interrupted", "undecoded", "inputs"} and one.recorded is not None:
            texts.append(self.say("limit", "no_gaps"))
        return texts

    def not_assessed(self) -> list[str]:
        """What the summary does not say."""
        return [self.say("not_assessed", "always")] + (
            [] if self.summary.faces else [self.say("not_assessed", "faces_off")]
        )

    def steps(self) -> list[str]:
        """What to do next."""
        return [self.step(one) for one in self.summary.steps]

    def grades(self) -> list[tuple[str, str]]:
        """The grades with their definitions."""
        return [(letter, self.say("grade", letter)) for letter in WORDS["grade"]]

    def interim(self) -> str:
        """How far an audit has come that is not finished."""
        one = self.summary
        judged, found = one.judged or (0, 0)
        key = "interim" if one.images else "interim_faces" if one.inside or one.fetched else "interim_none"
        return self.say(key, judged=judged, found=found, n=one.images, servers=one.servers)

    def blocks(self) -> list[tuple[str, list[str]]]:
        """The blocks below the state, each with its heading, in the order in which every output shows them."""
        texts = {
            "found": self.found(),
            "not_seen": self.hidden(),
            "not_assessed": self.not_assessed(),
            "next": self.steps(),
        }
        return [(self.say("block", key), some) for key, some in texts.items()]

    def headline(self) -> str:
        """The state with its numbers, in one line."""
        return ": ".join([self.state, *([" · ".join(self.numbers)] if self.numbers else [])])

    def lanes(self) -> list[tuple[str, tuple[int, ...]]]:
        """The lanes of the timeline with their names; those without an event too."""
        return [(self.say("lane", one.content), one.counts) for one in self.summary.lanes]

    # -- single sentences ------------------------------------------------------------------------------------

    def sentence(self, one: Transfer) -> str:
        """Return the sentence of a transfer; as many counterparts are named as the length allows."""
        if one.content not in WORDS["sent"]:
            return " ".join(self.encrypted(one)) if self.lang == "en" else "".join(self.encrypted(one))
        group = self._group(one)
        figures = {
            "n": one.count,
            "people": self._people(one),
            "when": self.when(one.first_ts, one.last_ts),
            "cause": self.say("cause", one.cause[0], host=one.cause[1]) if one.cause[0] else "",
            "refusal": self.say("refusal", "status" if one.status else "plain", status=one.status),
        }
        return self._fitting(
            lambda most, brief: self.say(
                group,
                one.content,
                who=self._start(self.party(one.device)),
                to=self.parties(one.others, most),
                certainty=self.certainty(one, brief=brief > 0),
                fields=self.fields(one, brief=brief > 1),
                **figures,
            )
        )

    def row(self, one: Transfer) -> dict[str, str]:
        """Return a transfer as the cells of the transfer list, by column; the number is the caller's."""
        encrypted = one.content not in WORDS["sent"]
        letters = "".join(letter for letter, _ in one.grades)
        return {
            "device": self.party(one.device),
            "act": self.say("act", "encrypted" if encrypted else self._group(one)),
            "other": self.say("join").join(dict.fromkeys(self._addressed(other) for other in one.others)),
            "content": self.say(
                "amount",
                one.content,
                n=one.count,
                people=self._people(one),
                fields=self.fields(one),
                size=size(one.bytes),
            ),
            "when": self.when(one.first_ts, one.last_ts),
            "grade": self.say("certainty", letters[:1]) if encrypted else self.certainty(one),
        }

    def _addressed(self, one: Party) -> str:
        if one.device or not one.name:
            return self.party(one)
        return f"{one.name}（{one.address}）" if self.lang == "zh" else f"{one.name} ({one.address})"

    def _group(self, one: Transfer) -> str:
        """Return the group of words for a transfer: what the device did."""
        if one.doubt:
            return one.doubt
        if one.act == "video" and all(other.device for other in one.others):
            return "inside"
        return {DELIVERED.name: "delivered", MOVED.name: "inside", RETRIEVED.name: "fetched"}.get(one.act, "sent")

    def encrypted(self, one: Transfer) -> list[str]:
        """Return the sentences of encrypted uploads."""
        matched = bool(one.matched and not one.correlated)
        kind = "matched" if matched else "hidden" if one.count else "sized"
        texts = [
            self._fitting(
                lambda most, _: self.say(
                    "encrypted",
                    kind,
                    who=self._start(self.party(one.device)),
                    to=self.parties(one.others, most),
                    when=self.when(one.first_ts, one.last_ts),
                    n=one.count or one.matched,
                    size=size(one.bytes),
                )
            )
        ]
        if matched:
            faces = self.say("encrypted", "faces" if one.matched_faces else "no_faces", n=one.matched_faces)
            texts.append(self.say("encrypted", "fits", n=one.matched, faces=faces if self.summary.faces else ""))
            texts.append(self.say("encrypted", "chance"))
        elif one.correlated and one.matched:
            texts.append(self.say("encrypted", "correlated", n=one.matched))
        return texts

    def limit(self, one: Limit) -> str:
        """Return the sentence of a limit."""
        kind = "cut_at" if one.kind == "cut" and one.n else one.kind
        share = percent(one.share) if one.share is not None else ""
        return self.say("limit", kind, share=share, n=one.n, all=one.all, readable=percent(self.summary.readable or 0))

    def marks(self, one: Marks) -> str:
        """Return the sentence of marked walk-bys."""
        figures = {"n": one.n, "all": one.all, "seconds": one.seconds, "share": percent(one.share or 0)}
        if one.device is None or one.other is None:
            return self.say("marks", "quiet", **figures)
        return self.say(
            "marks", "followed", who=self._start(self.party(one.device)), to=self.party(one.other), **figures
        )

    def step(self, one: Step) -> str:
        """Return the sentence of a next step."""
        return self.say("step", one.kind, parties=self._and([self.party(party) for party in one.parties]))

    def certainty(self, one: Transfer, *, brief: bool = False) -> str:
        """Return how certain a transfer is, and why."""
        letters = dict(one.grades)
        uncertain = letters.get("B", 0)
        if not uncertain:
            return self.say("certainty", "A_identity" if one.content == IDENTITY else "A")
        reasons = [self.say("reason", key) for key in one.reasons[: 1 if brief else 2]]
        whole = letters.get("A", 0)
        key = "counted" if one.content == IMAGES and whole + uncertain == one.count else "mixed"
        return self.say("certainty", key if whole else "B", a=whole, n=uncertain, why=self.say("join").join(reasons))

    def fields(self, one: Transfer, *, brief: bool = False) -> str:
        """Return which identity data was transferred."""
        names = [name for name in WORDS["field"] if name in one.fields]
        return self._and([self.say("field", name) for name in (["data"] if brief or not names else names)])

    def party(self, one: Party) -> str:
        """Return a device or host as a sentence names it."""
        if not one.device:
            return one.name or one.address
        kind = self.kind(one.kind)
        return self.say("party", "named" if one.name else "unnamed", kind=kind, name=one.name, address=one.address)

    def kind(self, name: str) -> str:
        """Return the class of a device in a word."""
        words = CLASSES.get(name)
        return words[self.lang] if words else self.say("party", "device")

    def parties(self, several: Sequence[Party], most: int = MOST_NAMED) -> str:
        """Return names of several counterparts; those beyond `most` are counted."""
        names = list(dict.fromkeys(self.party(one) for one in several))
        if len(names) <= most:
            return self._and(names)
        rest = len(names) if self.lang == "zh" else len(names) - most
        others = self.say("party", "other_devices" if several[0].device else "others", n=rest)
        shown = self.say("join").join(names[:most])
        return shown + others if self.lang == "zh" else f"{shown} and {others}"

    def when(self, first: int | None, last: int | None) -> str:
        """Return the times of a transfer; with dates where the recording is longer than a day."""
        if first is None or last is None:
            return ""
        begin, end = self._local(first), self._local(last)
        period = self.summary.period
        one_day = self._local(period.first_ts or first).date() == self._local(period.last_ts or last).date()

        def text(at: datetime.datetime, *, dated: bool) -> str:
            month = at.month if self.lang == "zh" else MONTHS[at.month - 1][:3]
            return self.say("when", "day", day=at.day, month=month, time=f"{at:%H:%M}") if dated else f"{at:%H:%M}"

        instant = f"{begin:%D %H:%M}" == f"{end:%D %H:%M}"
        ending = text(end, dated=not one_day and begin.date() != end.date())
        return self.say("when", "at" if instant else "span", first=text(begin, dated=not one_day), last=ending)

    # -- helpers ---------------------------------------------------------------------------------------------

    def _shown(self) -> list[Transfer]:
        """Transfers that left, as far as page 1 names them: each content has its largest one."""
        rows, most = list(self.summary.sent), MOST_SENT
        if len(rows) <= most:
            return rows
        contents = dict.fromkeys(one.content for one in rows)
        firsts = [next(one for one in rows if one.content == content) for content in contents]
        chosen = (firsts + [one for one in rows if one not in firsts])[: most - 1]
        return [one for one in rows if one in chosen]

    def _sent(self) -> list[str]:
        """The sentences of what left, and how many devices are not among them."""
        rows, shown = self.summary.sent, self._shown()
        texts = [self.sentence(one) for one in shown]
        if others := _devices(rows) - _devices(shown):
            return [*texts, self.say("sent", "more", n=len(others))]
        return [*texts, *([self.say("sent", "more_lines")] if len(shown) < len(rows) else [])]

    def _people(self, one: Transfer) -> str:
        if not one.people:
            return self.say("party", "record", n=one.count)
        return self.say("party", "people_at_least" if one.at_least else "people", n=one.people)

    def _fitting(self, made: Callable[[int, int], str]) -> str:
        """Return the first of several wordings, ever shorter, that is not too long; else the shortest."""
        text = ""
        for brief in (0, 1, 2):  # whole; one reason only; no kinds of identity data
            for most in range(MOST_NAMED, 0, -1):
                if not too_long(text := made(most, brief), self.lang):
                    return text
        return text

    def _and(self, names: Sequence[str]) -> str:
        if len(names) < 2:
            return "".join(names)
        return self.say("join").join(names[:-1]) + self.say("and") + names[-1]

    def _bracketed(self, text: str) -> str:
        return "" if not text else f"（{text}）" if self.lang == "zh" else f"({text})"

    def _start(self, text: str) -> str:
        return text[:1].upper() + text[1:] if self.lang == "en" else text

    def _local(self, ns: int) -> datetime.datetime:
        try:
            return (EPOCH + datetime.timedelta(microseconds=ns // 1000)).astimezone(self._zone)
        except OverflowError:
            return EPOCH

    def _day(self, at: datetime.datetime) -> str:
        if self.lang == "zh":
            return f"{at.year}年{at.month}月{at.day}日"
        return f"{at.day} {MONTHS[at.month - 1]} {at.year}"

    def _zone_text(self) -> str:
        if self._zone_from == "none":
            return self.say("period", "utc")
        known = WORDS["zone"].get(self._zone_name)
        name = known[self.lang] if known else self._zone_name.replace("+", "UTC+", 1).replace("-", "UTC-", 1)
        name = name if known or self._zone_name[:1] in "+-" else self._zone_name
        return self.say("period", "devices", zone=name) if self._zone_from == "devices" else name


def _devices(rows: Iterable[Transfer]) -> set[str]:
    return {one.device.id for one in rows}


CLASSES: dict[str, dict[str, str]] = WORDS["class"]


def zone_of(name: str) -> datetime.tzinfo:
    """Return a zone by its name or offset; UTC where there is none.

    >>> str(zone_of("+08:00")), str(zone_of("+99:00")), str(zone_of("../zone"))
    ('UTC+08:00', 'UTC', 'UTC')
    """
    if match := re.fullmatch(r"([+-])(\d\d):?(\d\d)", name):
        minutes = int(match[2]) * 60 + int(match[3])
        if minutes < 24 * 60:
            return datetime.timezone(datetime.timedelta(minutes=minutes if match[1] == "+" else -minutes))
    try:
        return ZoneInfo(name) if name else datetime.UTC
    except (KeyError, ValueError, OSError):
        return datetime.UTC


def percent(share: float) -> str:
    """Return a share in per cent; never 0 or 100 where it is not.

    >>> percent(0.823), percent(0.0003), percent(0.9999), percent(1.0)
    ('82 %', '<1 %', '>99 %', '100 %')
    """
    if 0 < share < 0.005:
        return "<1 %"
    return ">99 %" if 0.995 <= share < 1 else f"{round(100 * share)} %"


def size(value: float) -> str:
    """Return bytes in decimal units.

    >>> size(512), size(392_602), size(1_300_000)
    ('512 B', '393 kB', '1.3 MB')
    """
    units = ("B", "kB", "MB", "GB", "TB")
    place = 0
    while value >= 999.5 and place < len(units) - 1:
        value, place = value / 1000, place + 1
    unit = units[place]
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def _filled(template: str, figures: dict[str, Any]) -> str:
    def counted(match: re.Match[str]) -> str:
        number = figures[match[1]]
        return f"{number:,} {match[2] if number == 1 else match[3]}"

    shown = {name: f"{value:,}" if isinstance(value, int) else value for name, value in figures.items()}
    return _COUNTED.sub(counted, template).format(**shown)
