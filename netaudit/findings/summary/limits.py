"""What a case does not show: bytes that were not recorded, content that could not be read, images that were not judged.

Limits of the traffic come first, then those of images and messages; the largest share first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pyarrow.compute as pc

from netaudit.findings.accounts import POSSIBLE, SHOWN, SPREAD, UNPLACED, UNSURE
from netaudit.findings.ledgers import JUDGING, REFUSED, SET_ASIDE
from netaudit.findings.summary.model import Limit
from netaudit.findings.summary.reading import rows, total
from netaudit.findings.understanding import LEARNED_FROM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netaudit.findings.summary.reading import Row, Source

LEAST_RECORDED = 0.9  # of the bytes on the wire: below, a case cannot be assessed
CLOCK_OFF = 5.0  # seconds
READ = frozenset({"read", "duplicate"})  # reasons of the ledger of payload
SIMPLE = {  # other ledgers whose open rows are one limit each, in the order of the list
    "contradictions": "contradictions",
    "evicted": "evicted",
    "bounds": "bounds",
    "names": "names",
    "documents": "documents",
    "templates": "templates",
    "key frames": "key_frames",
    "signatures": "signatures",
    "keys": "keys",
    "readers": "readers",
    "limits": "bounds",
}


class Content(NamedTuple):
    """Shares of the recorded content."""

    readable: float | None
    hidden: float | None
    other: float | None  # neither encrypted nor readable


def open_rows(ledgers: Iterable[Row], ledger: str) -> list[Row]:
    """Return the rows of a ledger that say what was not done or not understood."""
    return [row for row in ledgers if row["ledger"] == ledger and not row["understood"]]


def content(ledgers: Iterable[Row]) -> Content:
    """Return which share of the recorded content was readable, encrypted, or neither."""
    sums: Counter[str] = Counter()
    for row in ledgers:
        if row["ledger"] == "payload":
            kind = "read" if row["reason"] in READ else "encrypted" if row["reason"] == "encrypted" else "other"
            sums[kind] += row["bytes"] or 0
    if not (everything := sums.total()):
        return Content(None, None, None)
    return Content(*(sums[kind] / everything for kind in ("read", "encrypted", "other")))


def recorded(case: Source) -> float | None:
    """Return which share of the bytes on the wire the files hold."""
    captures = case.table("captures", ["wire_bytes", "captured_bytes"])
    wire = total(captures, "wire_bytes")
    return min(1.0, total(captures, "captured_bytes") / wire) if wire else None


def limits(case: Source, ledgers: list[Row]) -> tuple[Limit, ...]:
    """Return all limits of a case, those with the largest share first."""
    traffic = [replace(one, of_traffic=True) for one in (*_recording(case, ledgers), *_content(ledgers))]
    others = [*_judging(case, ledgers), *_others(case, ledgers)]
    return tuple(one for some in (traffic, others) for one in sorted(some, key=lambda one: -(one.share or 0)))


def _recording(case: Source, ledgers: list[Row]) -> Iterator[Limit]:
    """What was sent and is not in the files, and files that were not read to their end."""
    share = recorded(case)
    cut = share is not None and share < 1
    if share is not None and cut:
        yield Limit("cut", 1 - share, _snap_length(case), total(case.table("captures"), "packets_read"))
    for row in open_rows(ledgers, "lost"):
        if row["reason"] == "missing bytes" and not cut:
            got = sum(one["bytes"] or 0 for one in ledgers if one["ledger"] == "payload")
            yield Limit("gaps", row["bytes"] / (row["bytes"] + got) if row["bytes"] else None, row["count"] or 0)
        elif row["reason"] != "missing bytes":
            read = total(case.table("captures"), "packets_read")
            yield Limit("dropped", row["count"] / (row["count"] + read), row["count"])
    begun, connections = _begun_before(case)
    if begun:
        yield Limit("begun_before", None, begun, connections)
    for row in open_rows(ledgers, "stages"):
        if row["reason"] == "interrupted" and row["subject"] != JUDGING:
            inputs = [one for one in ledgers if one["ledger"] == "inputs"]
            size, read = total(case.table("captures"), "size"), sum(one["bytes"] or 0 for one in inputs)
            yield Limit("interrupted", 1 - read / size if size and read < size else None)
    packets = [row for row in ledgers if row["ledger"] == "packets"]
    everything = sum(row["count"] or 0 for row in packets)
    for kind, outside in (("outside_period", True), ("undecoded", False)):
        n = sum(
            row["count"] or 0 for row in open_rows(packets, "packets") if (row["reason"] == "outside_period") == outside
        )
        if n:
            yield Limit(kind, n / everything, n, everything)
    inputs = [row for row in ledgers if row["ledger"] == "inputs" and row["reason"] not in SET_ASIDE]
    if damaged := sum(row["reason"] in {"damaged", REFUSED} for row in inputs):
        yield Limit("inputs", None, damaged, len(inputs))


def _snap_length(case: Source) -> int:
    """Return the length that packets were cut to, 0 when they differ or it is not known."""
    lengths = {match for match in (case.manifest.get("snap_lengths") or ()) if isinstance(match, int)}
    return lengths.pop() if len(lengths) == 1 else 0


def _begun_before(case: Source) -> tuple[int, int]:
    """Return how many connections had begun before the recording, and how many there are."""
    flows = case.table("flows", ["transport", "handshake", "payload_up", "payload_down"])
    tcp = flows.filter(pc.equal(flows["transport"], "tcp"))
    carried = pc.greater(pc.add(pc.fill_null(tcp["payload_up"], 0), pc.fill_null(tcp["payload_down"], 0)), 0)
    tcp = tcp.filter(carried)
    opened = pc.match_substring_regex(pc.fill_null(tcp["handshake"], ""), "[SA]")
    return int(pc.sum(pc.invert(opened)).as_py() or 0), tcp.num_rows


def _content(ledgers: list[Row]) -> Iterator[Limit]:
    """What was recorded and could not be read."""
    shares = content(ledgers)
    for kind, share in (("encrypted", shares.hidden), ("unreadable", shares.other)):
        if share:
            yield Limit(kind, share)
    sent = [row for row in open_rows(ledgers, "egress") if row["bytes"]]
    everything = sum(row["bytes"] or 0 for row in ledgers if row["ledger"] == "egress")
    if sent:
        n = sum(row["bytes"] for row in sent)
        yield Limit("egress", n / everything if everything else None, n)


def _judging(case: Source, ledgers: list[Row]) -> Iterator[Limit]:
    """Images and messages that were not judged or not understood."""
    images = [row for row in ledgers if row["ledger"] == "images"]
    everything = sum(row["count"] or 0 for row in images)
    unjudged = [row for row in images if not row["understood"]]
    n = sum(row["count"] or 0 for row in unjudged)
    if n and all(row["reason"] == "not asked" for row in unjudged):
        yield Limit("faces_off", n / everything, n, everything)
    elif n:
        yield Limit("unjudged", n / everything, n, everything)
    if incomplete := int(pc.sum(pc.invert(case.table("images", ["complete"])["complete"])).as_py() or 0):
        yield Limit("incomplete", incomplete / max(1, everything), incomplete, everything)
    about = [row for row in ledgers if row["ledger"] == "understanding" and row["subject"] != LEARNED_FROM]
    if n := sum(row["count"] or 0 for row in about if not row["understood"]):
        everything = sum(row["count"] or 0 for row in about)
        yield Limit("not_understood", n / everything, n, everything)
    apart = {POSSIBLE, UNSURE, SHOWN, SPREAD, UNPLACED}
    if n := sum(row["count"] or 0 for row in open_rows(ledgers, "faces") if row["reason"] in apart):
        yield Limit("faces_apart", None, n)


def _others(case: Source, ledgers: list[Row]) -> Iterator[Limit]:
    """All other limits that the ledgers and the capture points tell of."""
    vantages = rows(case.table("vantages"))
    for row in vantages:
        if row["port_of"] and (row["devices"] or 0) > 1:
            yield Limit("one_port", None, row["devices"] - 1, row["devices"])
        elif (row["heard"] or 0) < (row["devices"] or 0):
            yield Limit("heard", 1 - row["heard"] / row["devices"], row["heard"], row["devices"])
    off = max((abs(row["clock_off_s"] or 0) for row in vantages), default=0)
    if off >= CLOCK_OFF:
        yield Limit("clock_off", None, round(off))
    contested = [row for row in open_rows(ledgers, "contested") if row["reason"] != "called a phone"]
    if contested:
        yield Limit("contested", None, len(contested))
    if n := sum(row["count"] or 0 for row in ledgers if row["ledger"] == "posters"):
        yield Limit("posters", None, n)
    sums: dict[str, int] = defaultdict(int)
    for ledger, kind in SIMPLE.items():
        for row in open_rows(ledgers, ledger):
            sums[kind] += row["count"] or 1
    yield from (Limit(kind, None, n) for kind, n in sums.items() if n)
