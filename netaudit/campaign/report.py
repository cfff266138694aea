"""The report of a campaign: one HTML file that loads nothing and runs nothing, in either language."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.campaign import across
from netaudit.campaign.report_texts import KINDS, TEXTS
from netaudit.campaign.standing import standing
from netaudit.findings.statement_text import limits, size_text, verdict_text
from netaudit.masking.mask import visible
from netaudit.storage.files import write_whole
from netaudit.text.bilingual import speaker

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.campaign.catalogue import Campaign

MOST_RECURRING = 25  # rows of a table of the report; `netaudit campaign show` has all
LONGEST = 300
LEAVING = ("images_a", "images_b", "records_a", "records_b")
CHINA = datetime.timezone(datetime.timedelta(hours=8))
SIDES = {
    "lan": {"zh": "路由器内侧", "en": "inside the router"},
    "wan": {"zh": "路由器外侧", "en": "outside the router"},
}
TEMPLATE = """<!doctype html><html lang="{{ lang }}"><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{ say("title") }}</title><style>
body{font:15px/1.5 system-ui,sans-serif;max-width:72em;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;width:100%;margin:.5em 0 1.5em}td,th{border-bottom:1px solid #ccc;padding:.25em .6em;
text-align:left;vertical-align:top;overflow-wrap:anywhere}.sites td:nth-child(-n+5),.sites th{min-width:5em}
.sites td:nth-child(4){min-width:10em}.sites td:nth-child(6){min-width:20em}.tiles{display:flex;flex-wrap:wrap;gap:.8em}
.tiles div{border:1px solid #999;padding:.6em 1em;min-width:11em;max-width:20em}.mark{color:#555}</style>
<h1>{{ say("title") }}</h1><p>{{ say("state", **counts) }}</p><p class="mark">{{ say("follows") }}</p>
<p>{{ persons }}</p>
<h2>{{ say("districts") }}</h2><div class="tiles">{% for one in districts %}<div><b>{{ one.name }}</b><br>
{{ say("district", **one.figures) }}</div>{% endfor %}</div>
<h2>{{ say("totals") }}</h2><table>{% for name, value in totals %}<tr><td>{{ name }}<td>{{ value }}{% endfor %}</table>
<h2>{{ say("sites") }}</h2><table class="sites"><tr>{% for one in say("columns").split("|") %}<th>{{ one }}{% endfor %}
{% for one in sites %}<tr><td>{{ one.site }}<td>{{ one.district }}<td>{{ one.officer }}
<td>{{ one.period }}<td>{{ one.vantage }}
<td>{{ one.line }}{% endfor %}</table>
<h2>{{ say("apart") }}</h2><ul>{% for one in apart %}<li>{{ one }}{% endfor %}</ul>
{% for name, rows in recurring %}<h2>{{ name }}</h2><table><tr>{% for one in say("met").split("|") %}<th>{{ one }}
{% endfor %}{% for row in rows %}<tr><td>{{ row.what }}<td>{{ row.sites }}<td>{{ row.first }}<td>{{ row.last }}
{% endfor %}</table>{% endfor %}</html>
"""
_say = speaker(TEXTS)


def write_report(campaign: Campaign, path: Path, lang: str, persons: dict[str, Any] | None = None) -> Path:
    """Write the report and give its path. `persons` is what `across.persons_at_several` told, where that was asked."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    write_whole(path, environment.from_string(TEMPLATE).render(view(campaign, lang, persons)).encode())
    return path


def view(campaign: Campaign, lang: str, persons: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the template shows."""
    rows = standing(campaign.folder)
    ranked, periods = across.ranking(campaign), across.periods(campaign)
    order = {row["site"]: number for number, row in enumerate(ranked)}
    sites = [
        _site(campaign, row, periods, lang) for row in sorted(rows, key=lambda r: order.get(r["site"], len(order)))
    ]
    counts = {state: sum(row["state"] == state for row in rows) for state in ("done", "failed", "waiting")}
    return {
        "lang": lang,
        "say": lambda key, **figures: _say(key, lang, **figures),
        "counts": counts | {"n": len(rows)},
        "persons": _persons(persons, lang),
        "districts": _districts(rows, ranked, lang),
        "totals": _totals(ranked, lang),
        "sites": sites,
        "apart": _apart(sites, periods, lang),
        "recurring": [(KINDS[what][lang], _recurring(campaign, what)) for what in across.QUESTIONS],
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
    manifest = orjson.loads((case / "case.json").read_bytes())
    side = str((manifest.get("vantage") or {}).get("side"))
    period = periods.get(row["site"])
    if period and period["first_s"] is not None:
        shown["hours"] = (period["last_s"] - period["first_s"]) / 3600
        shown["period"] = f"{local_time(period['first_s'])} · {_length(shown['hours'], lang)}"
    return shown | {
        "vantage": SIDES[side][lang] if side in SIDES else _say("unknown", lang),
        "limited": bool(limits(manifest.get("statements") or ())),
        "line": verdict_text(manifest.get("statements") or (), lang),
    }


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
        (_say(name, lang), size_text(int(value)) if name.startswith("bytes") else f"{value:,}")
        for name, value in sums.items()
    ]


def _apart(sites: list[dict[str, Any]], periods: dict[str, dict[str, Any]], lang: str) -> list[str]:
    """What keeps sites from being compared by their figures."""
    hours = sorted(site["hours"] for site in sites if site["hours"] is not None)
    told = [_say("always_apart", lang)]
    if hours:
        told.append(_say("lengths", lang, least=_length(hours[0], lang), most=_length(hours[-1], lang)))
    sides = sorted({site["vantage"] for site in sites if site["vantage"]})
    if len(sides) > 1:
        told.append(_say("vantages", lang, which="; ".join(sides)))
    if dropping := sum(bool(row["drops"]) for row in periods.values()):
        told.append(_say("drops", lang, n=dropping))
    if limited := sum(site["limited"] for site in sites):
        told.append(_say("limited", lang, n=limited))
    if missing := sum(site["hours"] is None for site in sites):
        told.append(_say("missing", lang, n=missing))
    return told


def _persons(said: dict[str, Any] | None, lang: str) -> str:
    if said is None:
        return _say("not_counted", lang)
    key = "few" if said["persons"] is None else "counted"
    figures = {name: visible(str(said[name]), LONGEST) for name in ("purpose", "authorised_by")}
    return _say(key, lang, n=said["persons"], least=said["least"], **figures)


def _recurring(campaign: Campaign, what: str) -> list[dict[str, Any]]:
    return [
        {
            "what": visible(str(row["what"]), LONGEST),
            "sites": row["sites"],
            "first": local_time(row["first_s"]),
            "last": local_time(row["last_s"]),
        }
        for row in across.recurring(campaign, what)[:MOST_RECURRING]
    ]


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
