"""What `netaudit explain` says of a finding and of an address, in the sentences of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.core.masking.mask import visible
from netaudit.findings.summary import finding_sentence
from netaudit.report.frames import show
from netaudit.report.judgements import Judgements
from netaudit.report.sections_endpoints import Hosts
from netaudit.report.sections_findings import extract_command, records_line
from netaudit.report.wording import Wording

if TYPE_CHECKING:
    from netaudit.evidence.case.reading import Case

MOST_RANGES = 24  # frame ranges of a capture
MOST_IMAGES = 12  # hashes named


def explained(case: Case, identity: str, lang: str) -> tuple[dict[str, Any], list[str]]:
    """The sentence of a finding, how sure it is and why, its packets, and how to have them."""
    w = _words(case, lang)
    judged = Judgements(case)
    finding = next(one for one in judged.all if one["finding_id"] == identity)
    letter = finding["certainty"]
    by_capture, images = judged.frames([finding])[0], judged.images([finding])
    text = finding_sentence(case, case.summary, identity, lang, w.zone_given)
    frames = {name: show(ranges, MOST_RANGES) for name, ranges in by_capture.items()}
    lines = [
        f"{identity}  {letter}  {w.t(f'certainty.{letter}')}",
        text,
        w.sentence(finding["reason"], 400),
        records_line(finding, w),
        *(f"{visible(name, 40)}: {shown}" + (f" … +{more}" if more else "") for name, (shown, more) in frames.items()),
        ", ".join(one[:12] for one in images[:MOST_IMAGES]),
        extract_command(identity).replace("CASE", visible(str(case.folder), 400), 1),
    ]
    facts = {"sentence": text, "frames": {name: shown for name, (shown, _) in frames.items()}, "images": images}
    plain = {
        name: finding[name] for name in ("certainty", "act", "sender", "receiver", "reason", "first_ts", "last_ts")
    }
    return facts | plain, [line for line in lines if line]


def host(case: Case, value: str, lang: str) -> tuple[dict[str, Any], list[str]]:
    """What is known of an address; of a name the addresses that it was seen for; nothing but itself of other values."""
    w = _words(case, lang)
    hosts = Hosts(case, w)
    rows = [row for row in hosts.rows if value == row["ip"] or value in (row["names"] or ())]
    named = [hosts.full(row["ip"]) for row in rows]
    lines = [
        " · ".join(part for part in (one["ip"], one["device"], *one["names"], one["service"], one["country"],
                                     one["scope"]) if part)
        for one in named
    ]  # fmt: skip
    return {"endpoints": [row["ip"] for row in rows]}, lines or [visible(value, 200)]


def _words(case: Case, lang: str) -> Wording:
    return Wording(lang, case.zone)
