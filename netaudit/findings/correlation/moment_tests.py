"""Rows of `moment_tests`: every sender and endpoint with encrypted uploads, against the moments that were marked."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from netaudit.findings.correlation.counting import LEAST_UPLOAD
from netaudit.findings.correlation.nulls import capped, corrected, seed_of
from netaudit.findings.correlation.passes import LEAST, WINDOWS_S, Spans, Tie, asked_of, merged, tie

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.findings.correlation.counting import Sent, Way
    from netaudit.findings.correlation.series import Units

MOST_WAYS = 200  # senders and endpoints, those with most uploads


def test_rows(
    ways: dict[Way, Sent], units: Units, uploads: pa.Table, moments: pa.Table, captures: pa.Table
) -> Iterator[dict[str, Any]]:
    """Rows of `moment_tests` on the ways of the site's devices."""
    marked = moments["ts"].cast(pa.int64()).to_numpy()
    order = np.argsort(marked, kind="stable")
    passes, ids = marked[order], [moments["moment_id"][k].as_py() for k in order.tolist()]
    spans = _spans(captures)
    given = [asked_of(passes, spans, window) for window in WINDOWS_S]
    series = _series(ways, units)
    tried = len(series) * sum(one.usable for one in given)
    for way, sent in series:
        for one in given:
            seed = seed_of(*way, str(one.window_s), passes, sent.first)
            found = tie(passes, sent.first, one, tried, np.random.default_rng(seed))
            yield _row(way, sent, found, tried, seed) | _evidence(found, ids, sent, uploads)


def _series(ways: dict[Way, Sent], units: Units) -> list[tuple[Way, Units]]:
    """Uploads by way; addresses under one server name are one endpoint, told by the one with most uploads."""
    together: dict[tuple[str, str], list[tuple[Way, Units]]] = defaultdict(list)
    for way, sent in ways.items():
        own = sent.units(units)
        own = own.chosen(own.high >= LEAST_UPLOAD)
        if len(own):
            together[way[0], way[2] or way[1]].append((way, own))
    series = []
    for some in together.values():
        way = max(some, key=lambda one: len(one[1]))[0]
        joined = some[0][1]
        for _, more in some[1:]:
            joined = joined.together(more)
        if len(joined) >= LEAST:
            series.append((way, joined.chosen(np.argsort(joined.first, kind="stable"))))
    series.sort(key=lambda one: (-len(one[1]), one[0]))
    return sorted(series[:MOST_WAYS], key=lambda one: one[0])


def _spans(captures: pa.Table) -> Spans:
    """What was captured, ns; a pause between captures is none of it."""
    known = captures.filter(captures["first_ts"].is_valid())
    first, last = (known[name].cast(pa.int64()).to_numpy() for name in ("first_ts", "last_ts"))
    return merged(np.stack([first, last + 1], 1) if len(first) else np.empty((0, 2), np.int64))


def _row(way: Way, sent: Units, found: Tie, tried: int, seed: int) -> dict[str, Any]:
    return {
        "sender": way[0],
        "receiver": way[1],
        "name": way[2],
        "window_s": found.window_s,
        "uploads": len(sent),
        "moments": found.passes,
        "followed": found.count,
        "delay_median_s": float(np.median(found.delays)) if len(found.delays) else None,
        "expected": found.expected if found.draws else None,
        "draws": found.draws,
        "exceeded": found.exceeded,
        "shifts_exceeded": found.shifts_exceeded,
        "tried": tried,
        "p": capped(corrected(found.p, tried)) if found.p is not None else None,
        "p_model": found.model,
        "standing": found.standing(tried),
        "seed": f"{seed:016x}",
    }


def _evidence(found: Tie, ids: list[str], sent: Units, uploads: pa.Table) -> dict[str, Any]:
    """Which moments were followed by what."""
    return {
        "moment_ids": [ids[k] for k in found.covered[found.followed].tolist()],
        "unit_ids": uploads["unit_id"].take(pa.array(sent.row[found.uploads])).to_pylist(),
        "delays_s": found.delays.tolist(),
    }
