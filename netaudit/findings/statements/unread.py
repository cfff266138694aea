"""What was not read, judged or understood, from the rows of `ledgers` and of `vantages`."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.judgements import HIDING
from netaudit.findings.accounts import POSSIBLE, SHOWN, SPREAD, UNPLACED, UNSURE
from netaudit.findings.apart import CHANCE
from netaudit.findings.ledgers import JUDGING, REFUSED, SET_ASIDE
from netaudit.findings.statements.kind import LAST, MOST_NAMED, Kind, Statement, Tables
from netaudit.findings.statements.ledger_rows import left_open, open_rows, total, vantages
from netaudit.findings.understanding import LEARNED_FROM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _posters(tables: Tables) -> Iterator[Statement]:
    """Images of faces that stay alike for hours: counted apart, left out nowhere."""
    table = tables["ledgers"]
    rows = table.filter(pc.equal(table["ledger"], "posters")).to_pylist()
    if rows:
        counts = {"n": sum(row["count"] or 0 for row in rows), "subjects": len(rows)}
        subjects = sorted({row["subject"] for row in rows})
        yield Statement("posters", counts=counts, subjects=subjects[:MOST_NAMED])


def _stage(kind: str, *reasons: str) -> Callable[[Tables], Iterator[Statement]]:
    """A statement on a stage that did not come to its end."""

    def make(tables: Tables) -> Iterator[Statement]:
        rows = [row for row in open_rows(tables, "stages") if row["reason"] in reasons]
        if rows:
            yield Statement(kind, counts={"packets": rows[0]["count"] or 0})

    return make


def _interruptions(tables: Tables) -> list[dict[str, Any]]:
    return [row for row in open_rows(tables, "stages") if row["reason"] == "interrupted"]


def _judging_interrupted(tables: Tables) -> Iterator[Statement]:
    """That somebody ended an audit while its images were judged, and how many are left."""
    for row in _interruptions(tables):
        if row["subject"] == JUDGING:
            yield Statement("judging_interrupted", counts={"n": row["count"] or 0, "all": tables["images"].num_rows})


def _interrupted(tables: Tables) -> Iterator[Statement]:
    """How far an audit had got that did not come to its end."""
    stages = [row for row in _interruptions(tables) if row["subject"] != JUDGING]
    if not stages:
        return
    ledgers, captures = tables["ledgers"], tables["captures"]
    inputs = ledgers.filter(pc.equal(ledgers["ledger"], "inputs")).to_pylist()
    files = Counter[str]()
    for row in inputs:
        files[row["reason"]] += row["count"] or 0
    last = pc.max(captures["last_ts"].cast("int64")).as_py()
    read = captures.num_rows
    counts = {
        "packets": stages[0]["count"] or 0,
        "until": last or 0,
        "bytes": sum(row["bytes"] or 0 for row in inputs),
        "all_bytes": pc.sum(captures["size"]).as_py() or 0,
        "files": read,
        "part": files["read in part"],
        "unread": files["not read"],
    }
    yield Statement("interrupted", counts=counts | {"whole": read - counts["part"] - counts["unread"]})


def _inputs(tables: Tables) -> Iterator[Statement]:
    """Inputs that are damaged or could not be read, of those that are captures or should have been."""
    for one in left_open("inputs", "inputs", "damaged", REFUSED, subjects=True)(tables):
        aside = pc.is_in(tables["ledgers"]["reason"], pa.array(SET_ASIDE))
        captures = tables["ledgers"].filter(pc.invert(aside))
        yield replace(one, counts=one.counts | {"all": total({"ledgers": captures}, "inputs")})


def _not_understood(tables: Tables) -> Iterator[Statement]:
    """Messages with a face or a person; those of which bounds cut something off are told apart."""
    ledgers = tables["ledgers"]
    about = ledgers.filter(pc.not_equal(ledgers["subject"], LEARNED_FROM))
    yield from left_open("not_understood", "understanding")({"ledgers": about})


def _outside_period(tables: Tables) -> Iterator[Statement]:
    count = sum(row["count"] for row in open_rows(tables, "packets") if row["reason"] == "outside_period")
    if count:
        yield Statement("outside_period", counts={"n": count, "all": total(tables, "packets")})


def _undecoded(tables: Tables) -> Iterator[Statement]:
    rows = [row for row in open_rows(tables, "packets") if row["reason"] != "outside_period"]
    if rows:
        yield Statement(
            "undecoded", counts={"n": sum(row["count"] or 0 for row in rows), "all": total(tables, "packets")}
        )


CLOCK_OFF = 5.0  # seconds from which on a clock is said to be off


def _heard(tables: Tables) -> Iterator[Statement]:
    """Captures that heard the unicast of some devices only, where not all is one device's."""
    rows = [row for row in vantages(tables) if row["heard"] < row["devices"] and not row["port_of"]]
    if rows:
        one = min(rows, key=lambda row: (row["heard"] - row["devices"], row["capture_id"]))
        counts = {"heard": one["heard"], "devices": one["devices"], "captures": len(rows)}
        yield Statement("heard", counts=counts, subjects=[row["capture_id"] for row in rows][:MOST_NAMED])


def _one_port(tables: Tables) -> Iterator[Statement]:
    """Captures in which one device is an end of everything."""
    rows = [row for row in vantages(tables) if row["port_of"]]
    if rows:
        others = sum(row["devices"] - 1 for row in rows)
        counts = {"captures": len(rows), "others": others}
        yield Statement("one_port", counts=counts, subjects=sorted({row["port_of"] for row in rows})[:MOST_NAMED])


def _clock_off(tables: Tables) -> Iterator[Statement]:
    """Captures whose clock is off by what servers outside state."""
    rows = [row for row in vantages(tables) if abs(row["clock_off_s"] or 0) >= CLOCK_OFF]
    if rows:
        seconds = round(max(abs(row["clock_off_s"]) for row in rows))
        counts = {"captures": len(rows), "seconds": seconds}
        yield Statement("clock_off", counts=counts, subjects=[row["capture_id"] for row in rows][:MOST_NAMED])


def _incomplete(tables: Tables) -> Iterator[Statement]:
    count = pc.sum(pc.invert(tables["images"]["complete"])).as_py() if tables["images"].num_rows else 0
    if count:
        yield Statement("incomplete", counts={"images": count, "all": tables["images"].num_rows})


UNREAD = (
    Kind("interrupted", _interrupted, LAST),
    Kind("judging_interrupted", _judging_interrupted, LAST),
    Kind("no_packets", _stage("no_packets", "no packets"), LAST),
    Kind("none_decoded", _stage("none_decoded", "none decoded"), LAST),
    Kind("no_vantage", _stage("no_vantage", "vantage unknown"), LAST),
    Kind("contested", left_open("contested", "contested", "called a phone", subjects=True), LAST),
    Kind("contested_addresses", left_open("contested_addresses", "contested", "address", subjects=True), LAST),
    Kind("contested_inside", left_open("contested_inside", "contested", "declared inside", subjects=True), LAST),
    Kind("contradictions", left_open("contradictions", "contradictions"), LAST),
    Kind("evicted", left_open("evicted", "evicted"), LAST),
    Kind("bounds", left_open("bounds", "bounds"), LAST),
    Kind("numbers_by_chance", left_open("numbers_by_chance", "apart", CHANCE, subjects=True), LAST),
    Kind("faces_apart", left_open("faces_apart", "faces", POSSIBLE, UNSURE, SHOWN, SPREAD, UNPLACED), LAST),
    Kind("left_unread", left_open("left_unread", "egress", unit="bytes"), LAST),
    Kind("names", left_open("names", "names", subjects=True), LAST),
    Kind("documents", left_open("documents", "documents", subjects=True), LAST),
    Kind("not_understood", _not_understood, LAST),
    Kind("posters", _posters, LAST),
    Kind("templates", left_open("templates", "templates", subjects=True), LAST),
    Kind("not_learned", left_open("not_learned", "understanding", *sorted(HIDING)), LAST),
    Kind("unjudged", left_open("unjudged", "images"), LAST),
    Kind("key_frames", left_open("key_frames", "key frames"), LAST),
    Kind("inputs", _inputs, LAST),
    Kind("signatures", left_open("signatures", "signatures"), LAST),
    Kind("outside_period", _outside_period, LAST),
    Kind("keys", left_open("keys", "keys"), LAST),
    Kind("readers", left_open("readers", "readers", subjects=True), LAST),
    Kind("one_port", _one_port, LAST),
    Kind("heard", _heard, LAST),
    Kind("clock_off", _clock_off, LAST),
    Kind("undecoded", _undecoded, LAST),
    Kind("dropped", left_open("dropped", "lost", "lost while capturing"), LAST),
    Kind("missing", left_open("missing", "lost", "missing bytes"), LAST),
    Kind("limits", left_open("limits", "limits"), LAST),
    Kind("payload", left_open("payload", "payload", unit="bytes"), LAST),
    Kind("incomplete", _incomplete, LAST),
)
