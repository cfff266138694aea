"""Marked moments: the physical test beside what left in the minutes after it, from which device, to whom, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.report import reading

if TYPE_CHECKING:
    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.sections_endpoints import Hosts
    from netaudit.report.wording import Wording

MOST = 60  # moments told
MOST_ROWS = 20  # ways of one moment
MOST_TEXT = 500
SECOND = 1_000_000_000
BEYOND = {"bytes_before": "moment_hidden_before", "bytes_after": "moment_hidden_after"}  # the window
LEAD_S, WINDOW_S = 5, 180  # where the manifest does not say
COLUMNS = (
    "moment_id", "sender", "receiver", "receiver_scope", "visibility", "name", "images", "faces", "bytes", "bursts",
    "flows", "within", "first_ts", "bytes_before", "bytes_after",
)  # fmt: skip


def moments(case: CaseLike, hosts: Hosts, w: Wording) -> dict[str, Any]:
    """Moments by time, each with what followed it: sendings to the outside first."""
    given = case.manifest.get("moments") or {}
    lead, window = given.get("lead_s", LEAD_S), given.get("window_s", WINDOW_S)
    marked = reading.rows(case.table("moments"), "moment_id", "ts", "text", "source")
    ways = _ways(case, {row["moment_id"] for row in marked[:MOST]})
    spans = _spans(case)
    entries = []
    for number, row in enumerate(marked[:MOST], 1):
        ts = row["ts"] or 0
        found = ways.get(row["moment_id"], [])
        covered = _coverage(spans, ts - lead * SECOND, ts + int(window * SECOND))
        entries.append(
            {
                "number": number,
                "when": w.when(row["ts"]),
                "text": w.exact(row["text"], MOST_TEXT) or w.t("moment_no_text"),
                "source": w.term("moment_source", row["source"]),
                "covered": w.t(covered),
                "nothing": _nothing(case, covered, w),
                "rows": [_row(one, ts, hosts, w) for one in found[:MOST_ROWS]],
                "more": max(0, len(found) - MOST_ROWS),
            }
        )
    return {
        "intro": w.t("moments_intro", n=len(marked), lead=f"{lead:g}", window=f"{window:g}") if marked else "",
        "told": entries,
        "more": max(0, len(marked) - MOST),
    }


def _ways(case: CaseLike, wanted: set[str]) -> dict[str, list[Row]]:
    ways: dict[str, list[Row]] = {}
    for row in reading.rows(reading.having(case.table("after_moments"), "moment_id", wanted), *COLUMNS):
        ways.setdefault(row["moment_id"], []).append(row)
    for rows in ways.values():
        rows.sort(key=_rank)
    return ways


def _rank(row: Row) -> tuple[Any, ...]:
    outward = row["receiver_scope"] == "outside"
    hidden = row["visibility"] != "clear"
    return (not outward, hidden, not row["within"], -(row["faces"] or 0), -(row["bytes"] or 0), row["sender"] or "")


def _spans(case: CaseLike) -> list[tuple[int, int]]:
    rows = reading.rows(case.table("captures"), "first_ts", "last_ts")
    return [(row["first_ts"], row["last_ts"]) for row in rows if row["first_ts"] is not None]


def _coverage(spans: list[tuple[int, int]], start: int, end: int) -> str:
    """Whether the captures reach over the window: from their first packet to their last, whatever lies between."""
    touching = [span for span in spans if span[0] < end and span[1] >= start]
    if not touching:
        return "moment_not_covered"
    whole = min(first for first, _ in touching) <= start and max(last for _, last in touching) >= end
    return "moment_covered" if whole else "moment_partly_covered"


def _nothing(case: CaseLike, covered: str, w: Wording) -> str:
    """What no rows mean: nothing was seen, or nothing could be."""
    if str((case.manifest.get("vantage") or {}).get("side") or "") == "unknown":
        return w.t("moment_unplaced")
    return "" if covered == "moment_not_covered" else w.t("moment_nothing")


def _row(row: Row, ts: int, hosts: Hosts, w: Wording) -> dict[str, Any]:
    return {
        "delay": _delay((row["first_ts"] or 0) - ts),
        "sender": hosts.short(row["sender"]),
        "receiver": hosts.short(row["receiver"]),
        "scope": w.term("scope", row["receiver_scope"]),
        "name": w.text(row["name"], 100),
        "what": _what(row, w),
        "kind": "clear" if row["visibility"] == "clear" else "hidden",
    }


def _what(row: Row, w: Wording) -> str:
    size, number = w.size(row["bytes"]), w.number
    if row["visibility"] == "clear":
        return w.t("moment_clear", images=number(row["images"]), faces=number(row["faces"]), size=size)
    text = w.t(
        "moment_hidden" if row["within"] else "moment_hidden_part",
        visibility=w.term("moment_visibility", row["visibility"]),
        size=size,
        flows=number(row["flows"]),
        bursts=number(sum((row["bursts"] or [])[1:])),
    )
    beyond = [w.t(key, size=w.size(row[name])) for name, key in BEYOND.items() if row[name]]
    return "".join([text, *beyond])


def _delay(ns: int) -> str:
    seconds = ns / SECOND
    return f"{'+' if seconds >= 0 else '−'}{abs(seconds):,.1f} s"
