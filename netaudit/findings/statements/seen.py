"""What was seen in clear: face images and identity numbers that left, were retrieved, or moved inside."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.contracts.unwrapping_steps import STILL
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
    stills = messages.filter(pc.and_(of_streams, pc.greater(messages["body_size"], 0)))
    wanted = flows.combine_chunks().flatten()
    streamed = int(pc.sum(pc.is_in(stills["flow_id"], value_set=wanted)).as_py() or 0)
    others = messages.filter(pc.and_(pc.is_in(messages["flow_id"], value_set=wanted), pc.invert(of_streams)))
    objects = tables.get("objects")
    if objects is None or not others.num_rows:
        return streamed
    of_files = pc.is_in(objects["message_id"], value_set=others["message_id"].combine_chunks())
    stills_of_files = objects.filter(pc.and_(of_files, pc.match_substring(objects["unwrap_path"], STILL)))
    return streamed + int(stills_of_files.num_rows)


LEFT = (
    Kind(
        "left", _images("left", "uploaded"),
        "{who}向 {endpoints} 个外部端点传出 {images} 张次人脸图像（A 级 {a}，B 级 {b}）",
        "{images:face image|face images} left {who} for "
        "{endpoints:outside endpoint|outside endpoints} (A {a}, B {b})",
        FIRST,
        ("uploaded",),
    ),
    Kind(
        "video_left", _video_left,
        "{who}向 {endpoints} 个外部端点传出视频，其中 {images} 帧画面见人脸（共查看 {frames} 个关键帧）",
        "video left {who} for {endpoints:outside endpoint|outside endpoints}, {images:still|stills} of it with a face "
        "({frames:key frame was|key frames were} looked at)",
        FIRST,
        ("video",),
    ),
    Kind(
        "identity_left", _identity("identity_left", "uploaded"),
        "{who}向 {endpoints} 个外部端点传出 {records} 条含身份证件号码的记录，"
        "涉及 {persons} 个号码（A 级 {a}，B 级 {b}），与之同传的人脸图像 {images} 张次",
        "{records:record|records} with {persons:identity number|identity numbers} left "
        "{who} for {endpoints:outside endpoint|outside endpoints} (A {a}, B {b}), "
        "{images:face image|face images} beside them",
        FIRST,
        ("uploaded",),
    ),
    Kind(
        "retrieved", _images("retrieved", "retrieved"),
        "{images} 张次人脸图像自外部取回",
        "{images:face image was|face images were} retrieved from outside",
        FIRST,
        ("retrieved",),
    ),
    Kind(
        "identity_retrieved", _identity("identity_retrieved", "retrieved"),
        "{records} 条含身份证件号码的记录自外部取回，涉及 {persons} 个号码",
        "{records:record|records} with {persons:identity number|identity numbers} retrieved from outside",
        FIRST,
        ("retrieved",),
    ),
    Kind(
        "delivered", _images("delivered", "delivered"),
        "{images} 张次人脸图像由外部送达",
        "{images:face image was|face images were} delivered from outside",
        FIRST,
        ("delivered",),
    ),
    Kind(
        "identity_delivered", _identity("identity_delivered", "delivered"),
        "{records} 条含身份证件号码的记录由外部送达，涉及 {persons} 个号码",
        "{records:record|records} with {persons:identity number|identity numbers} delivered from outside",
        FIRST,
        ("delivered",),
    ),
    Kind(
        "templates_uploaded", _others("templates_uploaded", "templates_uploaded", "templates"),
        "{who}向 {endpoints} 个外部端点传出不同的生物特征模板 {a} 个（A 级），仅形似模板或不完整者 {b} 个（B 级）；"
        "模板的数值无需图像即可用于比对",
        "{a:biometric template|distinct biometric templates} (A) and {b} in the form of one or not whole (B) left "
        "{who} for {endpoints:outside endpoint|outside endpoints}; a template can be compared without an image",
        FIRST,
        ("templates_uploaded",),
    ),
    Kind(
        "contacts_uploaded", _others("contacts_uploaded", "contacts_uploaded", "contacts"),
        "{who}向 {endpoints} 个外部端点传出 {contacts} 条含姓名与电话的人员或出入记录（B 级）",
        "{contacts:record|records} of persons or passages with a name and a phone number left {who} for "
        "{endpoints:outside endpoint|outside endpoints} (B)",
        FIRST,
        ("contacts_uploaded",),
    ),
    Kind(
        "templates_retrieved", _others("templates_retrieved", "templates_retrieved", "templates"),
        "自外部取回不同的生物特征模板 {a} 个（A 级），仅形似模板或不完整者 {b} 个（B 级）",
        "{a:biometric template|distinct biometric templates} (A) and {b} in the form of one or not whole (B) retrieved "
        "from outside",
        FIRST,
        ("templates_retrieved",),
    ),
    Kind(
        "contacts_retrieved", _others("contacts_retrieved", "contacts_retrieved", "contacts"),
        "{contacts} 条含姓名与电话的人员或出入记录自外部取回",
        "{contacts:record|records} of persons or passages with a name and a phone number retrieved from outside",
        FIRST,
        ("contacts_retrieved",),
    ),
    Kind(
        "templates_delivered", _others("templates_delivered", "templates_delivered", "templates"),
        "由外部送达不同的生物特征模板 {a} 个（A 级），仅形似模板或不完整者 {b} 个（B 级）",
        "{a:biometric template|distinct biometric templates} (A) and {b} in the form of one or not whole (B) delivered "
        "from outside",
        FIRST,
        ("templates_delivered",),
    ),
    Kind(
        "contacts_delivered", _others("contacts_delivered", "contacts_delivered", "contacts"),
        "{contacts} 条含姓名与电话的人员或出入记录由外部送达",
        "{contacts:record|records} of persons or passages with a name and a phone number delivered from outside",
        FIRST,
        ("contacts_delivered",),
    ),
)  # fmt: skip
MOVED_INSIDE = (
    Kind(
        "moved", _images("moved", "moved"),
        "{images} 张次人脸图像在内部设备之间传送",
        "{images:face image|face images} moved between inside devices",
        SECOND,
        ("moved",),
    ),
    Kind(
        "identity_moved", _identity("identity_moved", "moved"),
        "{records} 条含身份证件号码的记录在内部设备之间传送，涉及 {persons} 个号码",
        "{records:record|records} with {persons:identity number|identity numbers} moved between inside devices",
        SECOND,
        ("moved",),
    ),
    Kind(
        "video", _video,
        "{images} 帧视频画面中见人脸",
        "{images:still of video streams shows|stills of video streams show} a face",
        SECOND,
        ("video",),
    ),
    Kind(
        "templates_moved", _others("templates_moved", "templates_moved", "templates"),
        "在内部设备之间传送不同的生物特征模板 {a} 个（A 级），仅形似模板或不完整者 {b} 个（B 级）",
        "{a:biometric template|distinct biometric templates} (A) and {b} in the form of one or not whole (B) moved "
        "between inside devices",
        SECOND,
        ("templates_moved",),
    ),
    Kind(
        "contacts_moved", _others("contacts_moved", "contacts_moved", "contacts"),
        "{contacts} 条含姓名与电话的人员或出入记录在内部设备之间传送",
        "{contacts:record|records} of persons or passages with a name and a phone number moved between inside devices",
        SECOND,
        ("contacts_moved",),
    ),
)  # fmt: skip
