"""Outcomes as sentences in both languages, and as a document."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from netaudit.core.masking.mask import mask, visible
from netaudit.core.text.bilingual import speaker
from netaudit.core.text.yaml_text import yaml_of
from netaudit.findings.recheck.occasions import WINDOW
from netaudit.findings.recheck.visit import SECOND
from netaudit.findings.summary.sentences import size

if TYPE_CHECKING:
    from netaudit.core.text.bilingual import Texts
    from netaudit.findings.recheck.power import Power
    from netaudit.findings.recheck.route import Counted, Outcome
    from netaudit.findings.recheck.visit import Visit

FORMAT = "netaudit recheck 1"
TEXTS: Texts = yaml_of(__package__, "texts.yaml")
VENDORS: Texts = yaml_of("netaudit.report", "names.yaml")["vendor"]  # words for what tables hold are the report's
MAKERS = sorted(VENDORS, key=len, reverse=True)
LONGEST = 160
MOST_IDS = 6  # of findings and captures that are named; the data has all
NOTES = {"new": "new_note", "now encrypted": "encrypted_note"}  # what an outcome of itself does not show
CALLED = {  # what is said of what is gone where calls in vain alone show the way, by what stands beside them
    "tried_only": "gone_called", "tried_unanswered": "gone_unanswered", "tried_inside": "gone_called_inside",
}  # fmt: skip
CHINA = datetime.timezone(datetime.timedelta(hours=8))
say = speaker(TEXTS)


def safe(value: object) -> str:
    """A text from a capture: masked and made visible."""
    return visible(mask(str(value)[: LONGEST * 8]), LONGEST)


def named(value: object, lang: str) -> str:
    """How a device or an endpoint is called, safe as well, its maker in the language of the reader."""
    text = safe(value)
    maker = next((one for one in MAKERS if text == one or text.startswith(f"{one} ")), "")
    return VENDORS[maker][lang] + text[len(maker) :] if maker else text


def local(ns: int) -> str:
    """A time in China, to the minute."""
    return datetime.datetime.fromtimestamp(ns / SECOND, CHINA).strftime("%Y-%m-%d %H:%M +08:00")


def _length(visit: Visit, lang: str) -> str:
    """How long was captured: pauses are not in it."""
    hours, minutes = divmod(visit.length // (60 * SECOND), 60)
    return say("length", lang, hours=hours, minutes=minutes)


def sentences(one: Outcome, after: Visit, lang: str) -> list[str]:
    """All that is said of an outcome, in order."""
    lines = []
    if one.form:
        form = say(f"form.{one.form}", lang)
        lines.append(form[:1].upper() + form[1:] + ("。" if lang == "zh" else "."))
    for name, some in (("before", one.before), ("after", one.after)):
        if some.count:
            lines.append(_carried(f"carried_{name}", some, lang))
    if one.status == "moved":
        lines.append(say("moved_to", lang, device=named(one.now_device, lang), endpoint=named(one.now_endpoint, lang)))
    if one.status in NOTES:
        lines.append(say(NOTES[one.status], lang))
    if one.known_by:
        lines.append(say(f"known_by.{one.known_by}", lang))
    if one.status == "gone":
        called = next((CALLED[code] for code, _ in one.limits if code in CALLED), "")
        lines.append(say(called or ("gone_inside" if one.purpose == "inside" else "gone"), lang))
    if one.power and one.power.asked and one.power.followed:
        power = one.power
        lines.append(
            say(
                f"power.{power.kind}", lang, asked=power.asked, occasions=power.occasions,
                followed=power.followed, window=WINDOW // SECOND, of=power.of_100, chance=chance_text(power.unchanged),
            )
        )  # fmt: skip
    if one.together:
        lines.append(_together(one.together, one.devices, lang))
    if one.status == "gone":
        lines.append(
            say("gone_limit", lang, first=local(after.first), last=local(after.last), length=_length(after, lang))
        )
    if one.status == "could not have been seen":
        lines.append(say("against", lang))
    lines += [_bearing(code, figures, lang) for code, figures in (*one.limits, *one.bears)]
    return lines + _what_to_do(one, lang) + _findings(one, lang)


def _what_to_do(one: Outcome, lang: str) -> list[str]:
    """What would make an absence tellable that is not, each once."""
    bars = one.bears if one.status == "could not have been seen" else []
    steps = [_bearing(f"next.{code}", figures, lang) for code, figures in bars if f"next.{code}" in TEXTS]
    return [say("to_tell", lang), *dict.fromkeys(steps)] if steps else []


def _findings(one: Outcome, lang: str) -> list[str]:
    """Under which numbers the cases have it."""
    if not one.findings_before and not one.findings_after:
        return []
    shown = {"before": _some(one.findings_before), "after": _some(one.findings_after)}
    return [say("findings", lang, **{name: text or say("none", lang) for name, text in shown.items()})]


def _some(ids: list[str]) -> str:
    """The first of them, and how many more there are."""
    return ", ".join(ids[:MOST_IDS]) + (f" +{len(ids) - MOST_IDS}" if len(ids) > MOST_IDS else "")


def _together(power: Power, devices: int, lang: str) -> str:
    return say(
        "power_together", lang, devices=devices, asked=power.asked, occasions=power.occasions,
        followed=power.followed, window=WINDOW // SECOND, of=power.of_100,
    )  # fmt: skip


def chance_text(chance: float) -> str:
    """A chance with two digits, rounded up, never zero."""
    return "< 0.0001" if chance < 0.0001 else f"{chance:.2g}"


def _carried(key: str, some: Counted, lang: str) -> str:
    return say(key, lang, n=f"{some.count:,}", size=size(some.bytes), first=local(some.first), last=local(some.last))


def _bearing(code: str, figures: dict[str, object], lang: str) -> str:
    names = {key: named(figures[key], lang) for key in ("device", "endpoint") if key in figures}
    return say(code, lang, **(_shown(figures) | names))


def _shown(figures: dict[str, object]) -> dict[str, object]:
    """Figures as they may be shown, in words and in data."""
    return {key: safe(value) if isinstance(value, str) else value for key, value in figures.items()}


def visit_rows(sides: list[tuple[str, list[Visit]]], lang: str) -> list[list[str]]:
    """One row for each visit: side, case, captured (how long), vantage, marks, beginnings of its captures' hashes."""
    return [
        [say(when, lang), safe(", ".join(one.names)),
         f"{local(one.first)} – {local(one.last)} ({_length(one, lang)})" if one.spans else "",
         ", ".join(say(side, lang) for side in sorted(one.sides)), f"{len(one.marks):,}",
         _some(sorted(name[:16] for name in one.captures))]
        for when, visits in sides for one in visits
    ]  # fmt: skip


def outcome_row(one: Outcome, after: Visit, lang: str) -> dict[str, Any]:
    """What a page or a terminal shows of an outcome."""
    return {
        "code": one.status,
        "status": say(f"status.{one.status}", lang),
        "device": named(one.device, lang),
        "purpose": say(f"purpose.{one.purpose}", lang),
        "endpoint": named(one.endpoint, lang),
        "said": sentences(one, after, lang),
    }


def document(outcomes: list[Outcome], sides: list[tuple[str, list[Visit]]], after: Visit) -> dict[str, Any]:
    """All of it as data, with the sentences in both languages."""
    return {
        "format": FORMAT,
        "visits": [
            {"side": side, "cases": one.names, "first_ts": one.first, "last_ts": one.last,
             "vantage": "+".join(sorted(one.sides)), "marked": len(one.marks), "limits": one.limits,
             "captures": sorted(one.captures)}
            for side, visits in sides for one in visits
        ],
        "outcomes": [_data(one, after) for one in outcomes],
    }  # fmt: skip


def _data(one: Outcome, after: Visit) -> dict[str, Any]:
    data = asdict(one)
    for name in ("device", "endpoint", "now_device", "now_endpoint"):
        data[name] = safe(data[name])
    for name, some in (("bears", one.bears), ("limits", one.limits)):
        data[name] = [{"code": code, "figures": _shown(figures)} for code, figures in some]
    for name, power in (("power", one.power), ("together", one.together)):
        if power:
            data[name] |= {"at_least_of_100": power.of_100, "bound": power.chance, "unchanged_chance": power.unchanged}
    return data | {"said": {lang: sentences(one, after, lang) for lang in ("zh", "en")}}
