"""How a case and a finding show themselves in a notebook: small HTML, everything from the capture escaped.

Tables as DataFrames, with the few columns that pandas users reach for and that no table needs to hold.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from netaudit.core.masking.mask import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.evidence.case.reading import Case

MOST_FINDINGS = 20
MOST_THUMBNAILS = 8
LONGEST = 300  # characters shown of a value
_SHOWN = (
    "certainty", "act", "sender", "sender_role", "receiver", "images", "distinct_images", "bytes", "first_ts",
    "last_ts", "reason", "rule", "display_filter",
)  # fmt: skip
_LISTED = ("finding_id", "certainty", "act", "sender", "sender_role", "receiver", "images", "bytes")


def case_html(case: Case) -> str:
    """State, what was read, and the first findings."""
    totals = case.manifest.get("totals", {})
    people = case.manifest.get("people", {})
    facts = {
        "site": case.manifest.get("site") or "not stated",
        "packets": f"{totals.get('packets_read', 0):,} read, {totals.get('packets_decoded', 0):,} decoded",
        "vantage": case.manifest.get("vantage", {}).get("side", "unknown"),
        **{name.replace("_", " "): count for name, count in people.items() if not name.endswith("_ts")},
    }
    findings = case.table("findings").select(list(_LISTED))
    shown = _table(_LISTED, (row.values() for row in findings.slice(0, MOST_FINDINGS).to_pylist()))
    more = f"<p>{findings.num_rows - MOST_FINDINGS:,} more</p>" if findings.num_rows > MOST_FINDINGS else ""
    return f"<h4>{_safe(case.headline('en'))}</h4>{_facts(facts)}{shown if findings.num_rows else ''}{more}"


def finding_html(case: Case, row: dict[str, Any], digests: list[str]) -> str:
    """The finding's columns, and thumbnails with faces pixelated."""
    pictures = []
    for digest in digests[:MOST_THUMBNAILS]:
        if data := case.thumbnail(digest):
            source = base64.b64encode(data).decode()
            pictures.append(f'<img alt="{_safe(digest[:12])}" src="data:image/jpeg;base64,{source}">')
    title = f"<h4>{_safe(row['finding_id'])}</h4>"
    shown = {name: row[name] for name in _SHOWN if name in row} | {"reason": case.words(row.get("reason") or "")}
    return title + _facts(shown) + "".join(pictures)


def _facts(facts: dict[str, Any]) -> str:
    lines = "".join(f"<tr><th>{_safe(name)}</th><td>{_safe(value)}</td></tr>" for name, value in facts.items())
    return f"<table>{lines}</table>"


def _table(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    head = "".join(f"<th>{_safe(name)}</th>" for name in names)
    lines = "".join("<tr>" + "".join(f"<td>{_safe(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{lines}</table>"


def _safe(value: Any) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    import html  # whose names of characters take longer than this module

    return html.escape(visible(text, LONGEST))
