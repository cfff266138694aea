"""The first screen: one sentence that is understood at a glance, then who sent what to whom, a line for each way.

A way is a kind of finding to one far side. Names stand first, addresses in a second line.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netaudit.findings.vocabulary import COUNTED, UPLOADED
from netaudit.report.judgements import device
from netaudit.report.leads import Lead, no_loose_spaces, span, what

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.report.judgements import Judgements
    from netaudit.report.parties import Parties
    from netaudit.report.reading import Row
    from netaudit.report.wording import Wording

MOST_WAYS = 7
MOST_NAMED = 3  # devices of one way
MOST_LINKS = 4  # findings of one way


@dataclass(slots=True)
class Way:
    """One kind of finding to one far side; `near` has the addresses of each device, in the order of the findings."""

    lead: Lead
    near: dict[str, list[str]] = field(default_factory=dict)
    findings: list[Row] = field(default_factory=list)

    def add(self, finding: Row, parties: Parties) -> None:
        """Take one more finding in."""
        self.lead.add(finding)
        self.findings.append(finding)
        ip = device(finding)
        addresses = self.near.setdefault(parties.key(ip), [])
        if ip not in addresses:
            addresses.append(ip)


def ways(findings: Iterable[Row], parties: Parties) -> list[Way]:
    """All ways in the order of their first finding."""
    found: dict[tuple[str, str], Way] = {}
    for finding in findings:
        near, kind = device(finding), finding["kind"]
        far = str(finding["receiver" if near == finding["sender"] else "sender"] or "")
        found.setdefault((kind.name, parties.service(far)), Way(Lead(kind))).add(finding, parties)
    return list(found.values())


def front(judged: Judgements, parties: Parties, w: Wording) -> dict[str, Any]:
    """The sentence, the first ways, how many more there are, and the way of each finding by its number."""
    every = ways(judged.all, parties)
    return {
        "headline": _headline(every, judged, parties, w),
        "ways": [_way_row(way, parties, w) for way in every[:MOST_WAYS]],
        "more": max(0, len(every) - MOST_WAYS),
        "way_of": {finding["number"]: place for place, way in enumerate(every[:MOST_WAYS]) for finding in way.findings},
    }


def _way_row(way: Way, parties: Parties, w: Wording) -> dict[str, Any]:
    lead, far = way.lead, list(way.lead.to)
    shown = list(way.near.values())[:MOST_NAMED]
    near = {
        "parties": [(*parties.short(ips[0]), parties.hosts(ips)) for ips in shown],
        "more": w.t("way_devices", n=w.number(len(way.near))) if len(way.near) > len(shown) else "",
    }
    hosts = parties.hosts(far)
    other = {
        "parties": [(parties.far(far) or w.t("party_far"), "", hosts)],
        "more": w.t("way_addresses", n=w.number(len(far))) if len(far) > len(hosts) else "",
    }
    outward = lead.kind.act.device == "sender"
    letters = sorted({finding["certainty"] for finding in way.findings})
    numbers = [finding["number"] for finding in way.findings]
    return {
        "from": near if outward else other,
        "to": other if outward else near,
        "act": w.term("act", lead.kind.act.name),
        "what": _content(lead, letters, w),
        "when": span(lead.first, lead.last, w),
        "grades": [(letter, w.t(f"grade_word.{letter}")) for letter in letters],
        "colour": letters[0],
        "links": numbers[:MOST_LINKS],
        "links_more": max(0, len(numbers) - MOST_LINKS),
    }


def _content(lead: Lead, letters: list[str], w: Wording) -> str:
    match lead.kind.counts:
        case "bytes":
            return w.t("way_hidden", size=w.short(lead.bytes))
        case "fitting":
            return w.t("way_fitting", n=w.number(lead.fitting))
        case "together":
            return w.t("way_together", size=w.short(lead.bytes))
    if len(letters) > 1:
        return what(lead.seen, lead.beside, w)
    phrases = [w.t(f"headline_count.{name}", n=w.number(sum(by.values()))) for name, by in lead.seen.items() if by]
    phrases += [w.t("way_with", n=w.number(lead.beside))] if lead.beside else []
    return w.t("lead_comma").join(phrases).strip()


def _headline(every: list[Way], judged: Judgements, parties: Parties, w: Wording) -> str:
    """What was seen to leave, else what comes first, in one sentence without addresses; empty without findings."""
    sent = [one for one in every if one.lead.kind.seen and one.lead.kind.act == UPLOADED]
    if not (chosen := sent or [one for one in every if one.lead.kind == every[0].lead.kind]):
        return ""
    kind = chosen[0].lead.kind
    near = {key: ips[0] for one in chosen for key, ips in one.near.items()}
    far = [parties.far(list(one.lead.to)) or w.exact(next(iter(one.lead.to)), 60) for one in chosen]
    words = {
        "who": _named([parties.short(ip)[0] for ip in near.values()], "headline_devices", w),
        "to": _named(list(dict.fromkeys(far)), "headline_far", w),
        "size": w.short(sum(one.lead.bytes for one in chosen)),
        "n": w.number(sum(one.lead.fitting for one in chosen)),
    }
    if not kind.seen:
        return no_loose_spaces(w.t(f"headline.{kind.counts}", **words))
    seen, further = _seen([finding for one in chosen for finding in one.findings], judged, w)
    return no_loose_spaces(w.t(f"headline.{kind.act.name}", what=seen, further=further, left=_left(every, w), **words))


def _left(every: list[Way], w: Wording) -> str:
    """Whether what moved inside may have left: images that encrypted uploads fit were not seen to, nor to stay."""
    hidden = [one.lead for one in every if not one.lead.kind.seen]
    fitting = sum(lead.fitting for lead in hidden if lead.kind.counts == "fitting")
    return w.t(f"headline_left.{'fitting' if fitting else 'hidden' if hidden else 'none'}", n=w.number(fitting))


def _named(names: list[str], many: str, w: Wording) -> str:
    """Up to two different names with how many bear each; else how many there are, and what most are called."""
    counted = Counter(names)
    if len(counted) > 2 or (len(counted) > 1 and len(names) > MOST_NAMED):
        return w.t(many, first=counted.most_common(1)[0][0], n=w.number(len(names)))
    phrases = [name if n == 1 else w.t("headline_times", name=name, n=w.number(n)) for name, n in counted.items()]
    return w.t("lead_and").join(phrases)


def _seen(findings: list[Row], judged: Judgements, w: Wording) -> tuple[str, str]:
    """What was seen, images counted as often as they differ, and what else is to be said of it."""
    images, partly = (sum(f["images"] or 0 for f in findings if f["certainty"] in letters) for letters in ("AB", "B"))
    phrases, further = [], []
    if images:
        distinct = judged.distinct(findings)
        seen = w.t("headline_count.images", n=w.number(distinct))
        phrases.append(seen if distinct == images else w.t("headline_often", what=seen.rstrip(), n=w.number(images)))
        further += [w.t("headline_partly", n=w.number(partly))] if partly else []
    others = {name: sum(finding[name] or 0 for finding in findings) for name in COUNTED[1:]}
    others["templates"] = judged.of_persons([finding for finding in findings if finding["templates"]])
    phrases += [w.t(f"headline_count.{name}", n=w.number(n)) for name, n in others.items() if n]
    beside = sum(finding["with_identity"] or 0 for finding in findings)
    further += [w.t("headline_with", n=w.number(beside))] if beside else []
    return w.t("lead_also").join(phrases), w.t(
        "headline_further", said=w.t("lead_comma").join(further)
    ) if further else ""
