"""Encrypted uploads counted, and whether they follow the marked moments: uploads, never images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from netaudit.report import reading

if TYPE_CHECKING:
    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.sections_endpoints import Hosts
    from netaudit.report.wording import Wording

MOST = 40  # rows told
MOST_SAID = 1e9
CAP = 1000  # a chance is not said to be below 1 in so many
MOST_HOURS = 48  # bars of one row
BAR, HEIGHT = 4, 24  # pixels
MIDDLE, LOW, HIGH = 3, 1, 5  # of size_quantiles
COUNTS = (
    "sender", "receiver", "name", "devices", "uploads", "bytes_high", "hours_from", "per_hour", "size_quantiles",
    "shape",
)  # fmt: skip
TESTS = (
    "sender", "receiver", "name", "window_s", "moments", "followed", "delay_median_s", "expected", "p", "p_model",
    "standing",
)  # fmt: skip


def counts(case: CaseLike, hosts: Hosts, w: Wording) -> dict[str, Any]:
    """Senders with uploads, most first; own devices as one line."""
    rows = [row for row in reading.rows(case.table("upload_counts"), *COUNTS) if row["uploads"]]
    own = [row for row in rows if not row["sender"]]
    senders = sorted((row for row in rows if row["sender"]), key=lambda row: (-row["uploads"], row["sender"]))
    return {
        "intro": w.t("counts_intro") if rows else "",
        "rows": [_count(row, hosts, w) for row in senders[:MOST]],
        "more": max(0, len(senders) - MOST),
        "own": [
            w.t("counts_own", devices=row["devices"], uploads=w.number(row["uploads"]), size=w.size(row["bytes_high"]))
            for row in own[:1]
        ],
    }


def _count(row: Row, hosts: Hosts, w: Wording) -> dict[str, Any]:
    sizes = list(row["size_quantiles"] or ())
    line = ""
    if len(sizes) > HIGH:
        low, middle, high = (w.number(sizes[place]) for place in (LOW, MIDDLE, HIGH))
        line = w.t("counts_size_line", low=low, middle=middle, high=high)
    hours = [max(count or 0, 0) for count in row["per_hour"] or ()][:MOST_HOURS]
    tallest = max([*hours, 1])
    listed = ", ".join(w.number(count) for count in hours)
    return {
        "sender": hosts.short(row["sender"]),
        "receiver": hosts.short(row["receiver"]),
        "name": w.text(row["name"], 60),
        "uploads": w.number(row["uploads"]),
        "sizes": line,
        "hours": w.t("counts_hours_line", list=listed, **{"from": w.when(row["hours_from"]).local}),
        "width": BAR * len(hours),
        "height": HEIGHT,
        "bars": [
            (BAR * k, round(HEIGHT * (1 - count / tallest), 1), round(HEIGHT * count / tallest, 1))
            for k, count in enumerate(hours)
        ],
        "tallest": w.number(tallest),
        "shape": w.term("look", row["shape"]),
    }


def ties(case: CaseLike, hosts: Hosts, w: Wording) -> dict[str, Any]:
    """Tests of moments against encrypted uploads: what was claimed first, then by how many were followed."""
    rows = reading.rows(case.table("moment_tests"), *TESTS)
    rows.sort(key=lambda row: (row["standing"] != "claimed", _finite(row["p_model"], 2.0)))
    windows = sorted({row["window_s"] or 0 for row in rows})
    return {
        "intro": w.t("ties_intro", windows=", ".join(str(one) for one in windows)) if rows else "",
        "rows": [_tie(row, hosts, w) for row in rows[:MOST]],
        "more": max(0, len(rows) - MOST),
    }


def _finite(value: Any, otherwise: float | None = None) -> float | None:
    """A number of a case that may have been tampered with."""
    return float(value) if value is not None and math.isfinite(value) and abs(value) < MOST_SAID else otherwise


def _tie(row: Row, hosts: Hosts, w: Wording) -> dict[str, Any]:
    delay, p, model = (_finite(row[name]) for name in ("delay_median_s", "p", "p_model"))
    expected = _finite(row["expected"])
    count = {"n": w.number(row["followed"]), "m": w.number(row["moments"])}
    return {
        "sender": hosts.short(row["sender"]),
        "receiver": hosts.short(row["receiver"]),
        "name": w.text(row["name"], 60),
        "window": w.t("ties_window", n=row["window_s"]),
        "followed": w.t("ties_count_none", **count)
        if delay is None
        else w.t("ties_count", delay=f"{delay:.2f}", **count),
        "expected": "" if expected is None else f"{expected:.2f}",
        "p": "" if p is None else w.t("ties_odds", odds=w.number(CAP)) if p <= 1 / CAP else f"{p:.3f}",
        "model": "" if model is None else f"{model:.1e}",
        "standing": w.term("tie_standing", row["standing"]),
        "claimed": row["standing"] == "claimed",
    }
