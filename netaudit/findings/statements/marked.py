"""What it is worth that nothing left after marked passes: absence with a number.

From the visit's own marks; from entries that say how a maker's devices push pictures; and from the pictures which the
devices move inside in the same capture: such a one, sent outside, would have been seen.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from netaudit.findings.bounds import lower
from netaudit.findings.marked import AS_MADE, FOLLOWED, NOT_FOLLOWED, WINDOW_S
from netaudit.findings.moments import LEAST_BYTES
from netaudit.findings.roles import CAPTURE, TERMINAL
from netaudit.findings.statements.kind import MOST_NAMED, SECOND, Kind, Statement, Tables
from netaudit.findings.statements.ledger_rows import heard_nearly_all, open_rows
from netaudit.findings.vocabulary import MOVED

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST = 3  # passes: below, only what is sent after most of them would show
SEEN = 95  # of 100 such visits
MOST_SAID = 99  # of 100: no visit shows more


def least_share(passes: int) -> int:
    """Per cent of passes, rounded up, of which an upload would show after one of so many in SEEN of 100 visits.

    Each pass is one trial: none of n is followed with chance (1 - share) ** n.

    >>> least_share(12), least_share(3)
    (23, 64)
    """
    return math.ceil(100 * (1 - math.pow(1 - SEEN / 100, 1 / passes)))


def _in_tunnels(tables: Tables) -> bool:
    """Whether something came in a tunnel, which may be the mirror itself or lead out: nobody can tell."""
    flows = tables["flows"]
    outer = pc.not_equal(pc.fill_null(flows["client_outer"], ""), "")
    return bool(pc.any(pc.and_(outer, pc.not_equal(pc.fill_null(flows["tunnel"], ""), "pppoe"))).as_py())


def _figures(tables: Tables) -> dict[str, int]:
    """Of the marked passes, where none was followed, and what nearly all devices said could be heard; else nothing."""
    rows = [row for row in tables["ledgers"].to_pylist() if row["ledger"] == "marks" and not row["subject"]]
    found = {row["reason"]: row["count"] or 0 for row in rows}
    passes = found.get(NOT_FOLLOWED, 0)
    if passes < LEAST or found.get(FOLLOWED) or open_rows(tables, "stages") or not heard_nearly_all(tables):
        return {}
    if _in_tunnels(tables):
        return {}
    return {
        "n": passes, "all": sum(found.values()), "seconds": WINDOW_S, "bytes": LEAST_BYTES,
        "percent": least_share(passes), "of": SEEN,
    }  # fmt: skip


def _capturing(tables: Tables) -> dict[str, str]:
    """Makers of the capture devices that are there, by device; empty where none is known."""
    devices = tables.get("devices")
    rows = devices.select(["device_id", "vendor", "role_hint"]).to_pylist() if devices is not None else []
    return {row["device_id"]: row["vendor"] or "" for row in rows if row["role_hint"] in {CAPTURE, TERMINAL}}


def _unfollowed(tables: Tables) -> Iterator[Statement]:
    """A statement where no marked pass was followed."""
    if figures := _figures(tables):
        yield Statement("unfollowed", counts=figures | {"devices": len(_capturing(tables))})


def _as_made(tables: Tables) -> Iterator[Statement]:
    """What would have been seen of pictures that are pushed as entries of the devices' makers have it."""
    rows = tables["ledgers"].to_pylist()
    entries = {row["subject"]: row["count"] for row in rows if (row["ledger"], row["reason"]) == ("marks", AS_MADE)}
    makers = _capturing(tables)
    own = sorted(one for one, maker in makers.items() if maker in entries)
    if (figures := _figures(tables)) and own:
        counts = {"devices": len(own), "known": len(makers), "entries": sum(entries.values())}
        yield Statement("as_made", counts=figures | counts, why=entries, subjects=own[:MOST_NAMED])


def _as_seen(tables: Tables) -> Iterator[Statement]:
    """What would have been seen, had a picture been sent outside like those that capture devices move inside here."""
    figures, makers = _figures(tables), _capturing(tables)
    if not figures:
        return
    rows = tables["findings"].select(["finding_id", "act", "sender_device", "object_ids"]).to_pylist()
    moved = [row for row in rows if row["act"] == MOVED.name and row["sender_device"] in makers]
    ids = {one for row in moved for one in row["object_ids"] or ()}
    sizes = [size for one, size in zip(*(tables["objects"][name].to_pylist() for name in ("object_id", "size")),
                                       strict=True) if one in ids]  # fmt: skip
    if not sizes:
        return
    large = sum(size >= LEAST_BYTES for size in sizes)
    seen = 1 - (1 - lower(large, len(sizes))) ** figures["n"]
    senders = {row["sender_device"] for row in moved}
    counts = {
        "devices": len(senders), "known": len(makers), "pictures": len(sizes), "large": large,
        "hidden": min(MOST_SAID, math.floor(100 * seen)),
    }  # fmt: skip
    yield Statement(
        "as_seen", counts=figures | counts, subjects=sorted(senders)[:MOST_NAMED],
        evidence=sorted(row["finding_id"] for row in moved)[:MOST_NAMED],
    )  # fmt: skip


MARKED = (Kind("unfollowed", _unfollowed, SECOND),)
AS_THEY_DO = (
    Kind("as_made", _as_made, SECOND),
    Kind("as_seen", _as_seen, SECOND),
)
