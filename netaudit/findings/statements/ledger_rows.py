"""Statements made of rows of the table `ledgers`: what was not understood, how much of it, and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.statements.kind import MOST_NAMED, Statement, Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NEARLY = 0.9  # of the devices that captures know of


def open_rows(tables: Tables, *ledgers: str) -> list[dict[str, Any]]:
    """Rows of some ledgers that are not understood."""
    rows: list[dict[str, Any]] = _open(tables, *ledgers).to_pylist()
    return rows


def leaves_open(tables: Tables, *ledgers: str, but: str) -> bool:
    """Whether there are any, for another reason than this one."""
    return bool(pc.any(pc.not_equal(_open(tables, *ledgers)["reason"], but)).as_py())


def _open(tables: Tables, *ledgers: str) -> pa.Table:
    table = tables["ledgers"]
    wanted = pc.is_in(table["ledger"], pa.array(ledgers, pa.string()))
    return table.filter(pc.and_(wanted, pc.invert(table["understood"])))


def total(tables: Tables, ledger: str, column: str = "count") -> int:
    """The sum of a column over all rows of a ledger."""
    table = tables["ledgers"]
    return int(pc.sum(table.filter(pc.equal(table["ledger"], ledger))[column]).as_py() or 0)


def left_open(
    kind: str, ledger: str, *reasons: str, unit: str = "", subjects: bool = False
) -> Callable[[Tables], Iterator[Statement]]:
    """A statement on rows of a ledger that are not understood (all, or for some reasons): how many, how much, why."""

    def make(tables: Tables) -> Iterator[Statement]:
        rows = [row for row in open_rows(tables, ledger) if not reasons or row["reason"] in reasons]
        if not rows:
            return
        why = Counter[str]()
        for row in rows:
            why[row["reason"]] += row[unit or "count"] or 0
        counts = {"n": sum(row["count"] or 0 for row in rows), "all": total(tables, ledger)}
        counts |= {"bytes": sum(row["bytes"] or 0 for row in rows), "all_bytes": total(tables, ledger, "bytes")}
        named = sorted({row["subject"] for row in rows})[:MOST_NAMED] if subjects else []
        yield Statement(kind, "", counts, dict(why.most_common()), unit, ledger, named)

    return make


def vantages(tables: Tables) -> list[dict[str, Any]]:
    """What each capture heard; nothing in cases that do not say it."""
    table = tables.get("vantages")
    return table.to_pylist() if table is not None else []


def heard_nearly_all(tables: Tables) -> bool:
    """Whether a capture heard nearly as many devices as any knows, and none was taken at the port of one.

    Devices that only announce themselves count, too: what such a one said to others may have gone past the capture.
    """
    rows = vantages(tables)
    heard, known = (max((row[name] for row in rows), default=0) for name in ("heard", "devices"))
    return heard >= NEARLY * known and not any(row["port_of"] for row in rows)
