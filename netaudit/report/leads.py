"""Who sent what to whom and when, one sentence for each far side: the first thing that a reader sees.

Findings of one kind (`findings/vocabulary.py`, which has the sentences and their order) and one far side make one
sentence; how sure each is stands in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netaudit.findings.vocabulary import COUNTED, KINDS, UPLOADED
from netaudit.report.judgements import device

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.findings.vocabulary import Kind
    from netaudit.report.judgements import Judgements
    from netaudit.report.parties import Parties
    from netaudit.report.reading import Row
    from netaudit.report.wording import Wording

_CHINESE, _MARKS = "\u3000-\u9fff\uff00-\uffef", "\u3000-\u303f\uff00-\uffef"
_LOOSE = re.compile(f"(?<=[{_CHINESE}]) (?=[{_CHINESE}])|(?<=[{_MARKS}]) | (?=[{_MARKS}])")  # no space stands there
MOST_LARGE = 3  # sentences in large type
MOST_SMALL = 6
MOST_DEVICES = 3  # named in one sentence


@dataclass(slots=True)
class Lead:
    """What one sentence tells; `who` has the images of each device, `to` the addresses of the far side."""

    kind: Kind
    who: dict[str, int] = field(default_factory=dict)
    to: dict[str, None] = field(default_factory=dict)
    seen: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in COUNTED})  # by certainty
    fitting: int = 0  # images, with a face or without, that encrypted uploads fit
    beside: int = 0
    bytes: int = 0
    first: int | None = None
    last: int | None = None
    number: int = 0  # of the first finding in it

    def add(self, finding: Row) -> None:
        """Take one more finding in."""
        near, letter = device(finding), finding["certainty"]
        counted = {name: finding[name] or 0 for name in COUNTED}
        self.who[near] = self.who.get(near, 0) + sum(counted.values())
        self.to[str(finding["receiver" if near == finding["sender"] else "sender"] or "")] = None
        for name, n in counted.items():
            if n:
                self.seen[name][letter] = self.seen[name].get(letter, 0) + n
        self.fitting += finding["fitting"]
        self.beside += finding["with_identity"] or 0
        self.bytes += finding["bytes"] or 0
        times = [one for one in (self.first, finding["first_ts"]) if one is not None]
        self.first = min(times, default=None)
        self.last = max([one for one in (self.last, finding["last_ts"]) if one is not None], default=None)
        self.number = self.number or finding["number"]


def leads(judged: Judgements, parties: Parties, w: Wording) -> dict[str, Any]:
    """Sentences in large type, those in small type, and how many have no room on the page."""
    grouped = _grouped(judged.all, parties)
    clear = [one for one in grouped if one.kind.seen and one.kind.act == UPLOADED]
    large = (clear or grouped[:1])[:MOST_LARGE]
    rest = [one for one in grouped if one not in large]
    return {
        "large": [_sentence(one, parties, w) for one in large],
        "small": [_sentence(one, parties, w) for one in rest[:MOST_SMALL]],
        "more": max(0, len(rest) - MOST_SMALL),
    }


def sentence_of(finding: Row, parties: Parties, w: Wording) -> str:
    """The sentence of one finding alone."""
    lead = Lead(finding["kind"])
    lead.add(finding)
    return str(_sentence(lead, parties, w)["text"])


def _grouped(findings: Iterable[Row], parties: Parties) -> list[Lead]:
    found: dict[tuple[str, str], Lead] = {}
    for finding in findings:
        kind = finding["kind"]
        near = device(finding)
        far = str(finding["receiver" if near == finding["sender"] else "sender"] or "")
        found.setdefault((kind.name, parties.service(far)), Lead(kind)).add(finding)

    def rank(one: Lead) -> tuple[int, int, int, int]:
        return (
            KINDS.index(one.kind),
            -max(sum(one.seen["images"].values()), one.fitting),
            -sum(sum(one.seen[name].values()) for name in COUNTED[1:]),
            -one.bytes,
        )

    return sorted(found.values(), key=rank)


def _sentence(lead: Lead, parties: Parties, w: Wording) -> dict[str, Any]:
    figures = {
        "who": _who(lead, parties, w),
        "to": parties.endpoint(list(lead.to)),
        "when": span(lead.first, lead.last, w),
        "what": what(lead.seen, lead.beside, w),
        "fitting": w.number(lead.fitting),
        "images": w.number(sum(lead.seen["images"].values())),
        "size": w.short(lead.bytes),
    }
    text = no_loose_spaces(w.t(f"lead_{lead.kind.name}", **figures))
    return {"text": text[:1].upper() + text[1:], "number": lead.number, "colour": lead.kind.colour}


def no_loose_spaces(text: str) -> str:
    """A sentence without spaces between Chinese characters or beside their marks, in which values were filled."""
    return _LOOSE.sub("", text)


def _who(lead: Lead, parties: Parties, w: Wording) -> str:
    devices = sorted(lead.who, key=lambda ip: (-lead.who[ip], ip))
    named = [parties.device(ip) for ip in devices[:MOST_DEVICES]]
    if len(devices) > MOST_DEVICES:
        return w.t("lead_more_devices", named=w.t("lead_comma").join(named), n=w.number(len(devices)))
    return w.t("lead_and").join([w.t("lead_comma").join(named[:-1]), named[-1]] if len(named) > 1 else named)


def what(counted: dict[str, dict[str, int]], beside: int, w: Wording) -> str:
    """Images, records, templates and contacts (COUNTED) with their certainty, in words."""
    phrases = []
    for name in COUNTED:
        if counts := counted[name]:
            text = w.t(f"lead_seen.{name}", n=w.number(sum(counts.values())), grades=_grades(counts, w))
            phrases.append(text + (w.t("lead_with", n=w.number(beside)) if beside and name == "images" else ""))
    return w.t("lead_also").join(phrases) or w.t("none")


def _grades(counts: dict[str, int], w: Wording) -> str:
    return w.t("lead_comma").join(
        w.t("lead_grade", letter=letter, n=w.number(counts[letter])) for letter in sorted(counts)
    )


def span(first: int | None, last: int | None, w: Wording) -> str:
    """A period to the minute, and its zone; the day once where it is one day."""
    begin, end = w.when(first).local[:16], w.when(last).local[:16]
    if begin == end:
        return w.t("lead_once", at=begin, zone=w.zone_name())
    return w.t("lead_span", first=begin, last=end[11:] if end[:10] == begin[:10] else end, zone=w.zone_name())
