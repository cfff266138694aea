"""The account of marked passes: after which of them something left that could hold an image."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.roles import CAPTURE, TERMINAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WINDOW_S, LEAD_S = 30, 1  # seconds: most cameras are done within some; a hand is slower than an eye
SECOND = 1_000_000_000
FOLLOWED, NOT_FOLLOWED, OVERLAPPING, CUT = "followed", "not followed", "overlapping", "not captured whole"
AS_MADE = "entries of its pushes"


def marks(tables: dict[str, pa.Table], window_s: float) -> Iterator[tuple[str, int]]:
    """Each reason, with the number of marked moments; none where less than WINDOW_S was asked after a moment.

    Moments that nothing followed are taken as one where their windows overlap; what left may count for two.
    Captured whole is a moment where nothing is known to be lost: nothing of the capture, no bytes of a stream then.
    """
    moments, after = tables["moments"], tables.get("after_moments")
    if not moments.num_rows or after is None or window_s < WINDOW_S:
        return
    left: dict[str, int] = {}
    for row in after.select(["moment_id", "receiver_scope"]).append_column("at", _ns(after, "first_ts")).to_pylist():
        if row["receiver_scope"] == "outside":
            left[row["moment_id"]] = min(row["at"], left.get(row["moment_id"], row["at"]))
    captures, flows = (tables[name] for name in ("captures", "flows"))
    gaps = flows.select(["first_ts", "last_ts"]).filter(
        pc.or_(pc.greater(flows["missing_up"], 0), pc.greater(flows["missing_down"], 0))
    )
    firsts, lasts = (_ns(gaps, name).to_numpy() for name in ("first_ts", "last_ts"))
    losses = zip(captures["drops"].to_pylist(), captures["damage"].to_pylist(), strict=True)
    times = zip(_ns(captures, "first_ts").to_pylist(), _ns(captures, "last_ts").to_pylist(), strict=True)
    spans = [span for span, lost in zip(times, losses, strict=True) if all(span) and not any(lost)]
    sums: dict[str, int] = defaultdict(int)
    last = -(1 << 62)
    for at, name in sorted(zip(_ns(moments, "ts").to_pylist(), moments["moment_id"].to_pylist(), strict=True)):
        begin, until = at - LEAD_S * SECOND, at + WINDOW_S * SECOND
        whole = any(start <= begin and until <= end for start, end in spans)
        if name in left and left[name] <= until:
            sums[FOLLOWED] += 1
        elif not whole or ((firsts <= until) & (lasts >= begin)).any():
            sums[CUT] += 1
        elif at - last <= (WINDOW_S + LEAD_S) * SECOND:
            sums[OVERLAPPING] += 1
            continue
        else:
            sums[NOT_FOLLOWED] += 1
        last = at
    yield from sorted(sums.items())


def as_made(tables: dict[str, pa.Table], pushes: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Makers of the capture devices that are there, with the number of entries of their pushes (`pushes`, by maker)."""
    devices = tables.get("devices")
    if not tables["moments"].num_rows or devices is None:
        return
    rows = devices.select(["vendor", "role_hint"]).to_pylist()
    there = {row["vendor"] for row in rows if row["role_hint"] in {CAPTURE, TERMINAL}}
    yield from ((maker, pushes[maker]) for maker in sorted(there & pushes.keys()))


def _ns(table: pa.Table, column: str) -> pa.ChunkedArray:
    return table[column].cast(pa.int64())
