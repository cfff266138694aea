"""The manifest of a case: what went in, what came out, and what must be known to trust it."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema import TABLES_VERSION
from netaudit.core.storage.arrow_rows import plain
from netaudit.devices.endpoints.recorders import seconds_of
from netaudit.findings.from_tables import LEAD_S
from netaudit.tables.persons import count_people

if TYPE_CHECKING:
    from netaudit.devices.endpoints.vantage import Vantage
    from netaudit.pipeline.outcome import Outcome

MOST_CLOCKS = 10_000  # Date headers compared with frame times
PASSED_OVER = 16_384  # messages among which they are looked for together


def manifest(tables: dict[str, pa.Table], outcome: Outcome, vantage: Vantage) -> dict[str, Any]:
    """What `case.json` says of a case.

    Inputs, options, vantage, totals, people, clock.
    """
    from netaudit.core.storage.files import MANIFEST
    from netaudit.version import __version__

    captures = tables["captures"]
    skipped: dict[str, int] = {}
    for (_, reason), count in sorted(outcome.skipped.items()):
        skipped[reason] = skipped.get(reason, 0) + count
    flows = tables["flows"]
    ledger = {
        f"{name}_{way}": pc.sum(flows[f"{name}_{way}"]).as_py() or 0
        for name in ("payload", "delivered", "duplicate", "conflicting", "evicted", "after_close", "missing", "unread")
        for way in ("up", "down")
    }
    return {
        "site": outcome.options.get("site"),
        "netaudit_version": __version__,
        "tables_version": TABLES_VERSION,
        "options": outcome.options,
        "inputs": list(plain(captures)),
        "snap_lengths": outcome.snap_lengths,
        "rejected": outcome.rejected,
        "vantage": {
            "side": vantage.side,
            "declared": vantage.declared,
            "reasons": [{"code": reason.code, **reason.arguments} for reason in vantage.reasons],
            "inside": [str(network) for network in vantage.inside],
            "contested": vantage.contested,
        },
        "totals": {
            "packets_read": pc.sum(captures["packets_read"]).as_py() or 0,
            "packets_decoded": pc.sum(captures["packets_decoded"]).as_py() or 0,
            "skipped": skipped,
            "payload": ledger,
            "rows": {name: table.num_rows for name, table in sorted(tables.items())},
        },
        "keys": _keys(outcome, flows) if outcome.keys is not None else None,
        "people": count_people(tables),
        "moments": {"lead_s": LEAD_S, "window_s": outcome.moment_window_s} if tables["moments"].num_rows else None,
        "clock": _clock(tables["messages"]),
        "reader_failures": outcome.failures,
        "partial": outcome.partial,
        "seal": MANIFEST,
    }


def _keys(outcome: Outcome, flows: pa.Table) -> dict[str, Any]:
    """Keys that were given, by what right, and what became of the connections that they might open."""
    counted = flows.filter(pc.not_equal(flows["keys"], "")).group_by("keys").aggregate([("keys", "count")]).to_pylist()
    states = {row["keys"]: row["keys_count"] for row in sorted(counted, key=lambda row: row["keys"])}
    return {**(outcome.keys or {}), "connections": states}


def _clock(messages: pa.Table) -> list[dict[str, Any]] | None:
    """Frame time minus the times that servers state, in seconds by source: a check of the capturing clock."""
    dated = _dated(messages.select(["message_id", "protocol", "direction", "date", "first_ts"]))
    offsets: dict[str, list[float]] = {"HTTP Date": [], "NTP": []}
    columns = (dated["protocol"].to_pylist(), dated["date"].to_pylist(), dated["first_ts"].cast(pa.int64()).to_pylist())
    for protocol, text, ts in zip(*columns, strict=True):
        seconds = seconds_of(text)
        if seconds is not None and ts is not None:
            offsets["NTP" if protocol == "ntp" else "HTTP Date"].append(ts / 1e9 - seconds)
    return [_offset(source, values) for source, values in offsets.items() if values] or None


def _dated(messages: pa.Table) -> pa.Table:
    """The MOST_CLOCKS first answers with a time, by id; no more than these are held."""
    held = messages.slice(0, 0)
    for start in range(0, messages.num_rows, PASSED_OVER):
        some = messages.slice(start, PASSED_OVER)
        some = some.filter(pc.and_(pc.not_equal(some["date"], ""), pc.equal(some["direction"], "down")))
        held = pa.concat_tables([held, some]).sort_by("message_id")[:MOST_CLOCKS].combine_chunks()
    return held


def _offset(source: str, offsets: list[float]) -> dict[str, Any]:
    return {
        "source": source,
        "samples": len(offsets),
        "median_offset_s": round(statistics.median(offsets), 3),
        "lowest_offset_s": round(min(offsets), 3),
        "highest_offset_s": round(max(offsets), 3),
    }
