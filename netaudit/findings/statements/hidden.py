"""What was sent encrypted: opened with keys, fitting what was seen in clear, after marked moments, or only counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from netaudit.findings.relayed import FOLLOWING, together_tests, tried_for
from netaudit.findings.statements.kind import CAP, LAST, MOST_NAMED, SECOND, Kind, Statement, Tables, of_findings
from netaudit.findings.vocabulary import KIND

if TYPE_CHECKING:
    from collections.abc import Iterator


def _opened(tables: Tables) -> Iterator[Statement]:
    """What is told above and was sent encrypted: read with keys that somebody handed over."""
    table = tables["ledgers"]
    rows = table.filter(pc.equal(table["ledger"], "keys")).to_pylist()
    count = sum(row["count"] or 0 for row in rows if row["reason"] in {"opened", "partly"})
    if count:
        found = tables["findings"].select(["images", "opened"]).to_pylist()
        images = sum(row["images"] or 0 for row in found if row["opened"])
        yield Statement("opened", counts={"n": count, "images": images})


def _matched(tables: Tables) -> Iterator[Statement]:
    """What was sent encrypted and fits images seen in clear; all images that fit. C says nothing of faces."""
    relayed = tables.get("relayed_images")
    for statement in of_findings(tables, "matched_sharply", KIND["matched"]):
        rows = relayed.num_rows if relayed is not None else statement.counts["images"]
        yield replace(statement, counts=statement.counts | {"fitting": rows, "odds": CAP})


def _calibrated(tables: Tables) -> Iterator[Statement]:
    """How far what sizes and times alone told of connections opened with keys was found in them."""
    relayed = tables.get("relayed_images")
    if relayed is not None:
        found = Counter(relayed["opened"].to_pylist())
        counts = {"n": found["found"], "all": found["found"] + found["absent"]}
        if counts["all"]:
            yield Statement("calibrated", counts=counts)


def _alike(tables: Tables, kind: str) -> Iterator[Statement]:
    """What was sent encrypted and goes together with images seen in clear, or follows them; without odds and images."""
    tests, counts = tables.get("relay_tests"), Counter[str]()
    if tests is not None:
        ends = ["holder", "sender", "receiver"]
        rows = tests.select(
            [*ends, "standing", "p_model", "mode", "fitting", "images", "units", "window_s"]
        ).to_pylist()
        for row in together_tests(rows):
            if (row["mode"] == FOLLOWING) == (kind == "following"):
                counts["n"] += row["fitting"]
                counts["all"] += row["units"] if row["mode"] == "batch" else row["images"]
                counts["seconds"] = max(counts["seconds"], row["window_s"] or 0)
    for statement in of_findings(tables, kind, KIND[kind]):
        yield replace(statement, counts=statement.counts | {name: counts[name] for name in ("n", "all", "seconds")})


def _together(tables: Tables) -> Iterator[Statement]:
    return _alike(tables, "together")


def _following(tables: Tables) -> Iterator[Statement]:
    return _alike(tables, "following")


def _uploads(tables: Tables) -> Counter[tuple[str, str]]:
    """Encrypted uploads counted, by sender and endpoint, without those that are told to fit images."""
    counted: Counter[tuple[str, str]] = Counter()
    counts, relayed = tables.get("upload_counts"), tables.get("relayed_images")
    if counts is not None:
        for row in counts.select(["sender", "receiver", "uploads"]).to_pylist():
            counted[row["sender"], row["receiver"]] += row["uploads"]
        fitting = relayed.select(["sender", "receiver", "unit_id"]).to_pylist() if relayed is not None else []
        counted -= Counter((sender, receiver) for sender, receiver, _ in {tuple(row.values()) for row in fitting})
    return counted


def _tied(tables: Tables) -> Iterator[Statement]:
    """Devices whose encrypted uploads follow marked moments: for each and its endpoint the best window."""
    tests = tables.get("moment_tests")
    if tests is None:
        return
    columns = ["sender", "receiver", "name", "window_s", "moments", "followed", "standing", "p_model"]
    best: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in tests.select(columns).to_pylist():
        way = (row["sender"], row["receiver"], row["name"])
        if row["standing"] == "claimed" and (way not in best or row["p_model"] < best[way]["p_model"]):
            best[way] = row
    for (sender, receiver, _), row in sorted(best.items()):
        counts = {"n": row["followed"], "all": row["moments"], "seconds": row["window_s"], "odds": CAP}
        yield Statement(
            "tied",
            "D",
            counts | {"devices": 1, "addresses": 0, "endpoints": 1},
            subjects=[sender],
            endpoints=[receiver],
        )


def _counted(tables: Tables) -> Iterator[Statement]:
    """What was sent encrypted where uploads were counted: uploads, never images."""
    uploads = _uploads(tables)
    ways: set[tuple[str, str]] = set()

    def counted(row: dict[str, Any]) -> bool:
        ways.add(way := (row["sender"], row["receiver"]))
        return uploads[way] > 0

    for statement in of_findings(tables, "counted", KIND["hidden"], counted):
        yield replace(statement, counts=statement.counts | {"uploads": sum(uploads[way] for way in ways)})


def _hidden(tables: Tables) -> Iterator[Statement]:
    uploads = _uploads(tables)
    return of_findings(tables, "hidden", KIND["hidden"], lambda row: not uploads[row["sender"], row["receiver"]])


def _unmatched(tables: Tables) -> Iterator[Statement]:
    """Hosts and endpoints that were tested and gave nothing: said too, with what it does not exclude."""
    tests = tables.get("relay_tests")
    if tests is None or not tests.num_rows:
        return
    rows = tests.select(["holder", "sender", "receiver", "standing", "longest_s"]).to_pylist()
    matched = {(row["holder"], row["sender"], row["receiver"]) for row in rows if row["standing"] != "by chance"}
    others = {(row["holder"], row["sender"], row["receiver"]) for row in rows} - matched
    if others:
        counts = {"n": len(others), "seconds": tried_for(rows, others)}
        yield Statement("unmatched", counts=counts, subjects=sorted({row[2] for row in others})[:MOST_NAMED])


HIDDEN = (
    Kind("opened", _opened, SECOND),
    Kind("matched_sharply", _matched, SECOND, ("matched",)),
    Kind("calibrated", _calibrated, SECOND),
    Kind("together", _together, SECOND, ("together",)),
    Kind("following", _following, SECOND, ("following",)),
    Kind("tied", _tied, SECOND),
    Kind("counted", _counted, SECOND, ("hidden",)),
    Kind("hidden", _hidden, SECOND, ("hidden",)),
)
UNMATCHED = (Kind("unmatched", _unmatched, LAST),)
