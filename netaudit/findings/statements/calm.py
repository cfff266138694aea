"""The calm sentences, which need that nothing was seen and nothing left unread, and what takes their right away."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.judgements import HIDING
from netaudit.core.schema.holders import Holders
from netaudit.core.storage.arrow_rows import integer_times
from netaudit.findings.accounts import LEAST_HIDING, SENT_HIDDEN, SMALL, UNSURE
from netaudit.findings.apart import CHANCE, IMAGES, NOBODYS, NUMBERS, OWNS, RECORDS, UNCHECKED
from netaudit.findings.statements.kind import FIRST, MOST_NAMED, Kind, Statement, Tables
from netaudit.findings.statements.ledger_rows import heard_nearly_all, leaves_open, left_open, open_rows, total
from netaudit.findings.visibility import CLEAR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

NOTHING, BUT_UPLOADS, SO_FAR = "nothing_seen", "nothing_seen_but_uploads", "nothing_seen_so_far"  # headlines
MOST_BY_CHANCE = 4  # numbers of a sender that chance made right in series: more would need some fifty wrong ones
CALM_NEEDS = (  # no open row in any of these
    "stages", "inputs", "packets", "images", "key frames", "readers", "limits", "lost", "egress", "names",
    "contradictions", "evicted", "faces", "apart", "bounds", "documents", "templates",
)  # fmt: skip


def _senders(tables: Tables, rows: Iterable[dict[str, Any]]) -> list[str]:
    """Who sent each of some rows: the device where it alone held several addresses, else the address."""
    rows = list(rows)
    joined = Holders(tables.get("bindings"), tables.get("devices")).joined({row["sender"] for row in rows})
    return [joined.get(row["sender"], row["sender"]) for row in rows]


def _uploads(tables: Tables) -> dict[str, int]:
    """Encrypted uploads counted, and who sent them: addresses of one device are one sender."""
    counts = tables.get("upload_counts")
    if counts is None:
        return {"n": 0, "senders": 0}
    rows = counts.filter(pc.greater(counts["uploads"], 0)).select(["sender", "uploads", "devices"]).to_pylist()
    named = set(_senders(tables, (row for row in rows if row["sender"])))
    own = sum(row["devices"] for row in rows if not row["sender"])
    return {"n": sum(row["uploads"] for row in rows), "senders": max(len(named), own)}


def _after_moments(tables: Tables) -> bool:
    """Whether something whose content is not visible was sent after a marked moment."""
    after = tables.get("after_moments")
    return after is not None and bool(pc.any(pc.not_equal(after["visibility"], CLEAR)).as_py())


def _headline(tables: Tables) -> str:
    """Which sentence says that nothing was seen leaving; empty where there is a finding, or nothing to say it of.

    The first needs that all was read and judged, and nothing was hidden; the second that nothing but the content of
    encrypted uploads was; the third is said of what was read.
    """
    stages = {row["reason"] for row in open_rows(tables, "stages")}
    if tables["findings"].num_rows or stages & {"vantage unknown", "no packets", "none decoded"}:
        return ""
    if any(row["reason"] != CHANCE or row["count"] > MOST_BY_CHANCE for row in open_rows(tables, "apart")) or any(
        row["reason"] == UNSURE for row in open_rows(tables, "faces")
    ):
        return ""  # faces or numbers were seen leaving, though nobody is accused, or faint ones
    unjudged = sum(row["count"] or 0 for row in open_rows(tables, "images"))
    if unjudged and unjudged == total(tables, "images"):
        return ""  # nothing was looked at: there is nothing to be calm about
    # a period is the auditor's choice: what is said is said of it
    if leaves_open(tables, *CALM_NEEDS, but="outside_period") or any(
        row["reason"] in HIDING for row in open_rows(tables, "understanding")
    ):
        return SO_FAR
    if not heard_nearly_all(tables):
        return SO_FAR  # of the others nothing was heard
    if _uploads(tables)["n"]:
        return BUT_UPLOADS
    return SO_FAR if _after_moments(tables) or _may_hide(tables) else NOTHING


def _may_hide(tables: Tables) -> bool:
    """Whether somebody sent enough, all its ways together, that was encrypted and mostly sent, or not understood."""
    table, sums, counts = tables["ledgers"], Counter[tuple[str, str]](), tables.get("upload_counts")
    rows = [row for row in integer_times(counts).to_pylist() if row["sender"]] if counts is not None else []
    for sender, row in zip(_senders(tables, rows), rows, strict=True):
        sums[sender, "requests"] += row["sent_bytes"] or 0  # too small each to be counted
    hidden = pc.is_in(table["reason"], pa.array([SENT_HIDDEN, SMALL]))
    for row in table.filter(pc.and_(pc.equal(table["ledger"], "egress"), hidden)).to_pylist():
        sums[row["subject"].partition(" > ")[0], ""] += row["bytes"] or 0
    return max(sums.values(), default=0) >= LEAST_HIDING


def _told_apart(tables: Tables) -> Iterator[Statement]:
    """What calls itself a personal device sent: counted, and said of nobody."""
    rows = [row for row in open_rows(tables, "apart") if row["reason"] in {IMAGES, RECORDS}]
    if rows:
        sums = Counter[str]()
        for row in rows:
            sums[row["reason"]] += row["count"] or 0
        subjects = sorted({row["subject"] for row in rows})
        counts = {"images": sums[IMAGES], "records": sums[RECORDS], "devices": len(subjects)}
        yield Statement("told_apart", counts=counts, subjects=subjects[:MOST_NAMED])


def _when(headline: str) -> Callable[[Tables], Iterator[Statement]]:
    """A statement that is the headline."""

    def make(tables: Tables) -> Iterator[Statement]:
        if _headline(tables) == headline:
            yield Statement(headline, counts=_uploads(tables) if headline == BUT_UPLOADS else {})

    return make


def _uploads_unjudged(tables: Tables) -> Iterator[Statement]:
    """Encrypted uploads beside a sentence on what was read only, which does not speak of them."""
    counts = _uploads(tables)
    if counts["n"] and _headline(tables) == SO_FAR:
        yield Statement("uploads_unjudged", counts=counts)


CALM = (
    Kind("told_apart", _told_apart, FIRST),
    Kind("unattributed", left_open("unattributed", "apart", NOBODYS, subjects=True), FIRST),
    Kind("numbers_alone", left_open("numbers_alone", "apart", NUMBERS, subjects=True), FIRST),
    Kind("numbers_unchecked", left_open("numbers_unchecked", "apart", UNCHECKED, subjects=True), FIRST),
    Kind("numbers_own", left_open("numbers_own", "apart", OWNS, subjects=True), FIRST),
    Kind(NOTHING, _when(NOTHING), FIRST),
    Kind(BUT_UPLOADS, _when(BUT_UPLOADS), FIRST),
    Kind(SO_FAR, _when(SO_FAR), FIRST),
    Kind("uploads_unjudged", _uploads_unjudged, FIRST),
)
