"""What was seen in clear: face images and identity numbers that left, were retrieved, or moved inside."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.unwrapping_steps import STILL
from netaudit.findings.acts import STREAMS
from netaudit.findings.statements.kind import (
    FIRST,
    MOST_NAMED,
    SECOND,
    Kind,
    Statement,
    Tables,
    near_and_far,
    of_findings,
    parties,
)
from netaudit.findings.vocabulary import KIND, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _images(kind: str, finding_kind: str) -> Callable[[Tables], Iterator[Statement]]:
    """A statement on the images in the findings of a kind."""
    return lambda tables: of_findings(tables, kind, KIND[finding_kind])


def _identity(kind: str, finding_kind: str) -> Callable[[Tables], Iterator[Statement]]:
    """A statement on the records with an identity number in the findings of a kind."""
    near, far_side = near_and_far(KIND[finding_kind])

    def make(tables: Tables) -> Iterator[Statement]:
        columns = [
            "finding_id",
            "certainty",
            "act",
            "sender",
            "receiver",
            "records",
            "person_hmacs",
            "with_identity",
            "rule",
            "sender_device",
            "receiver_device",
        ]
        acts = [row for row in tables["findings"].select(columns).to_pylist() if kind_of(row) == KIND[finding_kind]]
        rows = [row for row in acts if row["records"]]
        if not rows:
            return
        by_grade = Counter[str]()
        for row in rows:
            by_grade[row["certainty"]] += row["records"]
        devices = {row[near] for row in rows}
        far = {row[far_side] for row in rows}
        yield Statement(
            kind,
            "".join(sorted(by_grade)),
            {
                "records": by_grade.total(), "a": by_grade["A"], "b": by_grade["B"],
                "persons": len({one for row in rows for one in row["person_hmacs"] or ()}),
                "images": sum(row["with_identity"] or 0 for row in acts),
                **parties(rows, near), "endpoints": len(far), "findings": len(rows),
            },
            subjects=sorted(devices)[:MOST_NAMED],
            evidence=sorted(row["finding_id"] for row in rows)[:MOST_NAMED],
        )  # fmt: skip

    return make


def _others(kind: str, finding_kind: str, column: str) -> Callable[[Tables], Iterator[Statement]]:
    """A statement on what a column of the findings of a kind counts: templates, names with phone numbers."""
    near, far_side = near_and_far(KIND[finding_kind])

    def make(tables: Tables) -> Iterator[Statement]:
        columns = [
            "finding_id", "certainty", "act", "sender", "receiver", column, "rule", "sender_device", "receiver_device",
        ]  # fmt: skip
        columns += ["person_hmacs"] if column == "templates" else []
        rows = tables["findings"].filter(pc.greater(tables["findings"][column], 0)).select(columns).to_pylist()
        rows = [row for row in rows if kind_of(row) == KIND[finding_kind]]
        if not rows:
            return
        by_grade = Counter[str]()
        for row in rows:
            by_grade[row["certainty"]] += row[column]
        if column == "templates":
            by_grade = _different(rows)
        yield Statement(
            kind,
            "".join(sorted(by_grade)),
            {
                column: by_grade.total(), "a": by_grade["A"], "b": by_grade["B"],
                **parties(rows, near), "endpoints": len({row[far_side] for row in rows}), "findings": len(rows),
            },
            subjects=sorted({row[near] for row in rows})[:MOST_NAMED],
            evidence=sorted(row["finding_id"] for row in rows)[:MOST_NAMED],
        )  # fmt: skip

    return make


def _different(rows: list[dict[str, Any]]) -> Counter[str]:
    """Different templates by certainty, each with the better one; those of cases that name none as they are counted."""
    known: dict[str, str] = {}
    by_grade = Counter[str]()
    for row in rows:
        if not row["person_hmacs"]:
            by_grade[row["certainty"]] += row["templates"]
        for one in row["person_hmacs"] or ():
            known[one] = min(known.get(one, "B"), row["certainty"])
    return by_grade + Counter(known.values())


def _outside(tables: Tables) -> set[str]:
    """Addresses of endpoints outside."""
    endpoints = tables.get("endpoints")
    if endpoints is None:
        return set()
    return set(endpoints.filter(pc.equal(endpoints["scope"], "outside"))["ip"].to_pylist())


def _video(tables: Tables) -> Iterator[Statement]:
    outside = _outside(tables)
    return of_findings(tables, "video", KIND["video"], only=lambda row: row["receiver"] not in outside)


def _video_left(tables: Tables) -> Iterator[Statement]:
    """Video with faces that left in clear, and how many of its key frames were looked at: each is a message."""
    outside = _outside(tables)
    for one in of_findings(tables, "video_left", KIND["video"], only=lambda row: row["receiver"] in outside):
        yield replace(one, counts=one.counts | {"frames": _key_frames(tables, outside)})


def _key_frames(tables: Tables, receivers: set[str]) -> int:
    """Key frames looked at in the streams of findings of video to some receivers."""
    messages, findings = tables.get("messages"), tables["findings"]
    if messages is None:
        return 0
    to = pc.is_in(findings["receiver"], pa.array(sorted(receivers)))
    flows = findings.filter(pc.and_(pc.equal(findings["act"], KIND["video"].act.name), to))["flow_ids"]
    of_streams = pc.is_in(messages["protocol"], pa.array(sorted(STREAMS)))
    stills = messages.select(["flow_id"]).filter(pc.and_(of_streams, pc.greater(messages["body_size"], 0)))
    wanted = flows.combine_chunks().flatten()
    streamed = int(pc.sum(pc.is_in(stills["flow_id"], value_set=wanted)).as_py() or 0)
    others = pc.and_(pc.is_in(messages["flow_id"], value_set=wanted), pc.invert(of_streams))
    others = messages.select(["message_id"]).filter(others)
    objects = tables.get("objects")
    if objects is None or not others.num_rows:
        return streamed
    of_files = pc.is_in(objects["message_id"], value_set=others["message_id"].combine_chunks())
    stills_of_files = objects.filter(pc.and_(of_files, pc.match_substring(objects["unwrap_path"], STILL)))
    return streamed + int(stills_of_files.num_rows)


LEFT = (
    Kind("left", _images("left", "uploaded"), FIRST, ("uploaded",)),
    Kind("video_left", _video_left, FIRST, ("video",)),
    Kind("identity_left", _identity("identity_left", "uploaded"), FIRST, ("uploaded",)),
    Kind("retrieved", _images("retrieved", "retrieved"), FIRST, ("retrieved",)),
    Kind("identity_retrieved", _identity("identity_retrieved", "retrieved"), FIRST, ("retrieved",)),
    Kind("delivered", _images("delivered", "delivered"), FIRST, ("delivered",)),
    Kind("identity_delivered", _identity("identity_delivered", "delivered"), FIRST, ("delivered",)),
    Kind(
        "templates_uploaded",
        _others("templates_uploaded", "templates_uploaded", "templates"),
        FIRST,
        ("templates_uploaded",),
    ),
    Kind(
        "contacts_uploaded",
        _others("contacts_uploaded", "contacts_uploaded", "contacts"),
        FIRST,
        ("contacts_uploaded",),
    ),
    Kind(
        "templates_retrieved",
        _others("templates_retrieved", "templates_retrieved", "templates"),
        FIRST,
        ("templates_retrieved",),
    ),
    Kind(
        "contacts_retrieved",
        _others("contacts_retrieved", "contacts_retrieved", "contacts"),
        FIRST,
        ("contacts_retrieved",),
    ),
    Kind(
        "templates_delivered",
        _others("templates_delivered", "templates_delivered", "templates"),
        FIRST,
        ("templates_delivered",),
    ),
    Kind(
        "contacts_delivered",
        _others("contacts_delivered", "contacts_delivered", "contacts"),
        FIRST,
        ("contacts_delivered",),
    ),
)
MOVED_INSIDE = (
    Kind("moved", _images("moved", "moved"), SECOND, ("moved",)),
    Kind("identity_moved", _identity("identity_moved", "moved"), SECOND, ("moved",)),
    Kind("video", _video, SECOND, ("video",)),
    Kind("templates_moved", _others("templates_moved", "templates_moved", "templates"), SECOND, ("templates_moved",)),
    Kind("contacts_moved", _others("contacts_moved", "contacts_moved", "contacts"), SECOND, ("contacts_moved",)),
)
