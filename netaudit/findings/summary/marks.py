"""What marked walk-bys show: uploads that followed them, or how much their absence is worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from netaudit.findings.marked import FOLLOWED, NOT_FOLLOWED, WINDOW_S
from netaudit.findings.summary.limits import open_rows
from netaudit.findings.summary.model import Marks
from netaudit.findings.summary.reading import rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.findings.summary.parties import Parties
    from netaudit.findings.summary.reading import Row, Source

LEAST = 3  # quiet walk-bys: fewer would show only what is sent after most of them
SEEN = 0.95  # of such visits
NEARLY = 0.9  # of the devices that captures know of


def least_share(quiet: int) -> float:
    """Return after which share of walk-bys uploads would have been seen at least once in SEEN of such visits.

    Each walk-by is one trial: none of n is followed with the chance (1 - share) ** n.

    >>> round(least_share(12), 2), round(least_share(3), 2)
    (0.22, 0.63)
    """
    return 1 - math.pow(1 - SEEN, 1 / quiet)


def marks(case: Source, ledgers: list[Row], parties: Parties) -> tuple[Marks, ...]:
    """Return what marked walk-bys show; nothing where none was marked."""
    return (*_followed(case, parties), *_quiet(case, ledgers))


def _followed(case: Source, parties: Parties) -> Iterator[Marks]:
    """Encrypted uploads that follow walk-bys, for each sender and receiver by the best window."""
    best: dict[tuple[str, str, str], Row] = {}
    for row in rows(case.table("moment_tests")):
        way = (row["sender"], row["receiver"], row["name"])
        if row["standing"] == "claimed" and (way not in best or row["p_model"] < best[way]["p_model"]):
            best[way] = row
    for (sender, receiver, name), row in sorted(best.items()):
        yield Marks(
            row["followed"], row["moments"], row["window_s"], None, parties.device(sender), parties.host(receiver, name)
        )


def _quiet(case: Source, ledgers: list[Row]) -> Iterator[Marks]:
    """Walk-bys after which nothing left that could hold an image, where all that left could have been seen."""
    found = {row["reason"]: row["count"] or 0 for row in ledgers if row["ledger"] == "marks" and not row["subject"]}
    quiet = found.get(NOT_FOLLOWED, 0)
    if quiet < LEAST or found.get(FOLLOWED) or open_rows(ledgers, "stages"):
        return
    if _heard_all(case) and not _in_tunnels(case):
        yield Marks(quiet, sum(found.values()), WINDOW_S, least_share(quiet))


def _heard_all(case: Source) -> bool:
    """Return whether a capture heard nearly all devices, and none was taken at the port of one."""
    found = rows(case.table("vantages", ["heard", "devices", "port_of"]))
    heard, known = (max((row[name] or 0 for row in found), default=0) for name in ("heard", "devices"))
    return heard >= NEARLY * known and not any(row["port_of"] for row in found)


def _in_tunnels(case: Source) -> bool:
    """Return whether something came in a tunnel, which may lead outside."""
    flows = case.table("flows", ["client_outer", "tunnel"])
    outer = pc.not_equal(pc.fill_null(flows["client_outer"], ""), "")
    return bool(pc.any(pc.and_(outer, pc.not_equal(pc.fill_null(flows["tunnel"], ""), "pppoe"))).as_py())
