"""The report of a campaign: one HTML file that loads nothing, in the dress of the report of a case."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from netaudit.core.masking.mask import visible
from netaudit.core.storage.files import write_whole
from netaudit.core.text.bilingual import speaker
from netaudit.evidence.case.reading import open_case
from netaudit.findings.summary.sentences import Sentences, size
from netaudit.pipeline.campaign import across
from netaudit.pipeline.campaign.report_texts import KINDS, TEXTS
from netaudit.pipeline.campaign.standing import standing
from netaudit.report.texts import Texts
from netaudit.report.wording import Wording
from netaudit.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.pipeline.campaign.catalogue import Campaign

MOST_RECURRING = 25  # rows of a table of the report; `netaudit campaign show` has all
LONGEST = 300
LEAVING = ("images_a", "images_b", "records_a", "records_b")
CHINA = datetime.timezone(datetime.timedelta(hours=8))
UNFINISHED = frozenset({"cut", "gaps", "dropped", "interrupted", "undecoded", "inputs", "unjudged", "faces_off"})
SIDES = {
    "lan": {"zh": "路由器内侧", "en": "inside the router"},
    "wan": {"zh": "路由器外侧", "en": "outside the router"},
}
FIGURES = ("images_a", "ids", "bytes_c", "bytes_d", "unread", "minutes")  # of a row, each with a bar
_say = speaker(TEXTS)


def write_report(campaign: Campaign, path: Path, lang: str, persons: dict[str, Any] | None = None) -> Path:
    """Write the report and give its path. `persons` is what `across.persons_at_several` told, where that was asked."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    from netaudit.report.from_case import script, script_hash

    shared = [PackageLoader("netaudit.report", folder) for folder in ("templates", "static")]
    loaders = [PackageLoader("netaudit.pipeline.campaign"), *shared]
    environment = Environment(
        loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    shown = view(campaign, lang, persons) | {
        "html_lang": "zh-CN" if lang == "zh" else "en", "script": script(), "script_hash": script_hash(),
        "t": Texts(lang), "version": __version__,
    }  # fmt: skip
    write_whole(path, environment.get_template("campaign_report.html.j2").render(shown).encode())
    return path


def view(campaign: Campaign, lang: str, persons: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the template shows."""
    rows = standing(campaign.folder)
    ranked, periods, unread = across.ranking(campaign), across.periods(campaign), across.unread(campaign)
    order = {row["site"]: number for number, row in enumerate(ranked)}
    found = {row["site"]: row for row in ranked}
    sites = [
        _site(campaign, row, periods, lang) | {"figures": _figures(row, found, periods, unread)}
        for row in sorted(rows, key=lambda r: order.get(r["site"], len(order)))
    ]
    _bars(sites, lang)
    counts = {state: sum(row["state"] == state for row in rows) for state in ("done", "failed", "waiting")}
    return {
        "lang": lang,
        "say": lambda key, **figures: _say(key, lang, **figures),
        "counts": counts | {"n": len(rows)},
        "persons": _persons(persons, lang),
        "districts": _districts(rows, ranked, lang),
        "totals": _totals(ranked, lang),
        "tiles": _tiles(ranked, lang),
        "front": _front(rows, ranked),
        "heads": list(zip(FIGURES, _say("heads", lang).split("|"), strict=True)),
        "sites": sites,
        "apart": _apart(sites, periods, lang),
        "recurring": [(KINDS[what][lang], _recurring(campaign, what, lang)) for what in across.QUESTIONS],
    }


def _site(campaign: Campaign, row: dict[str, Any], periods: dict[str, dict[str, Any]], lang: str) -> dict[str, Any]:
    shown = {
        "site": row["site"],
        "district": row["district"],
        "officer": row["officer"],
        "period": "",
        "vantage": "",
        "hours": None,
        "limited": False,
    }
    case = campaign.cases.get(row["site"])
    if case is None:
        line = f"{_say(row['state'], lang)} {row['reason']}"
        return shown | {"line": visible(line, LONGEST)}
    opened = open_case(case, check=False)
    manifest, summary = opened.manifest, opened.summary
    side = str((manifest.get("vantage") or {}).get("side"))
    period = periods.get(row["site"])
    if period and period["first_s"] is not None:
        shown["hours"] = (period["last_s"] - period["first_s"]) / 3600
        shown["period"] = f"{local_time(period['first_s'])} · {_length(shown['hours'], lang)}"
    return shown | {
        "vantage": SIDES[side][lang] if side in SIDES else _say("unknown", lang),
        "limited": any(one.kind in UNFINISHED for one in summary.limits),
        "line": Sentences(summary, lang).headline(),
    }


def _figures(
    row: dict[str, Any], found: dict[str, dict[str, Any]], periods: dict[str, dict[str, Any]], unread: dict[str, int]
) -> dict[str, Any]:
    """What a site has of each figure; nothing where it has no result."""
    if row["state"] != "done":
        return dict.fromkeys(FIGURES)
    totals = found.get(row["site"], {})
    period = periods.get(row["site"]) or {}
    seconds = period["last_s"] - period["first_s"] if period.get("first_s") is not None else None
    return {
        "images_a": int(totals.get("images_a", 0)),
        "ids": int(totals.get("records_a", 0) + totals.get("records_b", 0)),
        "bytes_c": int(totals.get("bytes_c", 0)),
        "bytes_d": int(totals.get("bytes_d", 0)),
        "unread": int(unread.get(row["site"], 0)),
        "minutes": round(seconds / 60) if seconds is not None else None,
    }


def _bars(sites: list[dict[str, Any]], lang: str) -> None:
    """Each figure as a text, a number to sort by, and its share of the largest of all sites (hundredths)."""
    for name in FIGURES:
        most = max((site["figures"][name] or 0 for site in sites), default=0) or 1
        for site in sites:
            value = site["figures"][name]
            text = _say("no_figure", lang) if value is None else _figure(name, value)
            site["figures"][name] = {"text": text, "value": value, "share": round(100 * (value or 0) / most)}


def _figure(name: str, value: int) -> str:
    return size(value) if name in {"bytes_c", "bytes_d", "unread"} else f"{value:,}"


def _districts(rows: list[dict[str, Any]], ranked: list[dict[str, Any]], lang: str) -> list[dict[str, Any]]:
    """One tile for each district of the plan."""
    found = {row["site"]: row for row in ranked}
    tiles = []
    for name in sorted({row["district"] for row in rows}):
        own = [row for row in rows if row["district"] == name]
        figures = [found[row["site"]] for row in own if row["site"] in found]
        tiles.append(
            {
                "name": name or _say("nowhere", lang),
                "figures": {
                    "n": len(own),
                    "done": sum(row["state"] == "done" for row in own),
                    "leaving": sum(any(row[name] for name in LEAVING) for row in figures),
                    "hidden": sum(bool(row["bytes_c"] or row["bytes_d"]) for row in figures),
                },
            }
        )
    return tiles


def _totals(ranked: list[dict[str, Any]], lang: str) -> list[tuple[str, str]]:
    sums = {name: sum(row[name] for row in ranked) for name in ranked[0] if name != "site"} if ranked else {}
    return [
        (_say(name, lang), size(int(value)) if name.startswith("bytes") else f"{value:,}")
        for name, value in sums.items()
    ]


def _tiles(ranked: list[dict[str, Any]], lang: str) -> list[tuple[str, str, str]]:
    """The totals that are not nothing: what left in clear first."""
    labelled = zip(_totals(ranked, lang), (name for name in (ranked or [{}])[0] if name != "site"), strict=True)
    kinds = {"bytes_c": "hidden", "bytes_d": "hidden"}
    return [
        (label, value, kinds.get(name, "seen" if name in LEAVING else "plain"))
        for (label, value), name in labelled if sum(row[name] for row in ranked)
    ]  # fmt: skip


def _front(rows: list[dict[str, Any]], ranked: list[dict[str, Any]]) -> dict[str, int]:
    return {
        "n": len(rows),
        "leaving": sum(any(row[name] for name in LEAVING) for row in ranked),
        "hidden": sum(bool(row["bytes_c"] or row["bytes_d"]) for row in ranked),
        "missing": sum(row["state"] != "done" for row in rows),
    }


def _apart(sites: list[dict[str, Any]], periods: dict[str, dict[str, Any]], lang: str) -> list[str]:
    """What keeps sites from being compared by their figures."""
    hours = sorted(site["hours"] for site in sites if site["hours"] is not None)
    sentences = [_say("always_apart", lang)]
    if hours:
        sentences.append(_say("lengths", lang, least=_length(hours[0], lang), most=_length(hours[-1], lang)))
    sides = sorted({site["vantage"] for site in sites if site["vantage"]})
    if len(sides) > 1:
        sentences.append(_say("vantages", lang, which="; ".join(sides)))
    if dropping := sum(bool(row["drops"]) for row in periods.values()):
        sentences.append(_say("drops", lang, n=dropping))
    if limited := sum(site["limited"] for site in sites):
        sentences.append(_say("limited", lang, n=limited))
    if missing := sum(site["hours"] is None for site in sites):
        sentences.append(_say("missing", lang, n=missing))
    return sentences


def _persons(counted: dict[str, Any] | None, lang: str) -> str:
    if counted is None:
        return _say("not_counted", lang)
    key = "few" if counted["persons"] is None else "counted"
    figures = {name: visible(str(counted[name]), LONGEST) for name in ("purpose", "authorised_by")}
    return _say(key, lang, n=counted["persons"], least=counted["least"], **figures)


def _recurring(campaign: Campaign, what: str, lang: str) -> list[dict[str, Any]]:
    return [
        {
            "what": worded(what, visible(str(row["what"]), LONGEST), lang),
            "sites": row["sites"],
            "first": local_time(row["first_s"]),
            "last": local_time(row["last_s"]),
        }
        for row in across.recurring(campaign, what)[:MOST_RECURRING]
    ]


def worded(what: str, value: str, lang: str) -> str:
    """What recurs, in the words of the report where it has some."""
    w = Wording(lang)
    if what == "makers":
        return w.maker(value, LONGEST)
    if what == "services":
        return w.names("service_name", value, LONGEST)
    if what == "models":
        maker, _, model = value.partition(" ")
        return f"{w.maker(maker)} {model}".strip()
    if what == "certificates":
        field, _, digest = value.partition(" ")
        return f"{_say(f'certificate_{field}', lang)} {digest}"
    return value


def _length(hours: float, lang: str) -> str:
    if hours >= 1:
        return _say("hours", lang, n=f"{hours:.1f}")
    return (
        _say("minutes", lang, n=f"{hours * 60:.0f}")
        if hours >= 1 / 60
        else _say("seconds", lang, n=f"{hours * 3600:.0f}")
    )


def local_time(seconds: float | None) -> str:
    """A time in China, to the minute; empty where there is none."""
    if seconds is None:
        return ""
    return datetime.datetime.fromtimestamp(seconds, CHINA).strftime("%Y-%m-%d %H:%M +08:00")
