"""What was seen in clear: face images and identity numbers that left, were retrieved, or moved inside."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

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


def _images(kind: str, told: str) -> Callable[[Tables], Iterator[Statement]]:
    """A statement on the images in the findings of a kind."""
    return lambda tables: of_findings(tables, kind, KIND[told])


def _identity(kind: str, told: str) -> Callable[[Tables], Iterator[Statement]]:
    """A statement on the records with an identity number in the findings of a kind."""
    near, far_side = near_and_far(KIND[told])

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
        acts = [row for row in tables["findings"].select(columns).to_pylist() if kind_of(row) == KIND[told]]
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
        "video", _images("video", "video"),
        "{images} 帧视频画面中见人脸",
        "{images:still of video streams shows|stills of video streams show} a face",
        SECOND,
        ("video",),
    ),
)  # fmt: skip
