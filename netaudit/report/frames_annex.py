"""The annex of the report: every frame that carried what a finding rests on, one line for each object (CSV).

The report itself shows a few ranges of each finding; a list of thousands cannot be printed. UTF-8 with a mark, so that
spreadsheets read it; every cell is an identifier, a number or a name made visible.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from netaudit.core.masking.cells import FORMULA
from netaudit.report import reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netaudit.report.judgements import Judgements
    from netaudit.report.reading import CaseLike
    from netaudit.report.wording import Wording

HEADS = (
    "finding",
    "finding_id",
    "certainty",
    "act",
    "sender",
    "receiver",
    "capture",
    "frames",
    "object_sha256",
    "flow",
)
_RANGES = re.compile(r"[\d,-]*")


def annex_path(report: Path) -> Path:
    """Where the annex of a report lies: beside it."""
    return report.with_name(f"{report.stem}-frames.csv")


def annex(case: CaseLike, judged: Judgements, captures: dict[str, str], w: Wording) -> bytes:
    """The whole file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADS)
    for row in _rows(case, judged, captures, w):
        writer.writerow([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")


def _rows(case: CaseLike, judged: Judgements, captures: dict[str, str], w: Wording) -> Iterator[list[str]]:
    seen, hidden = judged.seen, judged.encrypted
    heads = {one["row"]: _head(one, w) for one in judged.all}
    lists = (judged.listed(seen, column) for column in ("object_ids", "document_ids"))
    ids = [[*(images or ()), *(documents or ())] for images, documents in zip(*lists, strict=True)]
    carried = _carried(case, {one for some in ids for one in some}, w)
    for finding, some in zip(seen, ids, strict=True):
        for identity in some:
            for capture, frames, sha256 in carried.get(identity, ()):
                yield [*heads[finding["row"]], captures.get(capture) or w.exact(capture, 40), frames, sha256, ""]
    for finding, flows in zip(hidden, judged.flows(hidden), strict=True):
        for flow in flows:
            first, last = flow["first_frame"], flow["last_frame"]
            name = captures.get(flow["capture_id"]) or w.exact(flow["capture_id"], 40)
            yield [*heads[finding["row"]], name, f"{first}-{last}", "", w.exact(flow["flow_id"])]


def _head(finding: reading.Row, w: Wording) -> list[str]:
    plain = ("finding_id", "certainty")
    ends = ("sender", "receiver")
    return [
        str(finding["number"]), *(w.exact(finding[name]) for name in plain), w.term("act", finding["act"]),
        *(w.exact(finding[name], 60) for name in ends),
    ]  # fmt: skip


def _carried(case: CaseLike, wanted: set[str], w: Wording) -> dict[str, list[tuple[str, str, str]]]:
    """By object: capture, all frames, SHA-256."""
    objects = reading.having(case.table("objects", ["object_id", "sha256"]), "object_id", wanted)
    sums = {row["object_id"]: row["sha256"] or "" for row in reading.rows(objects, "object_id", "sha256")}
    evidence = reading.having(case.table("evidence"), "object_id", wanted)
    found: dict[str, list[tuple[str, str, str]]] = {}
    for row in reading.rows(evidence, "object_id", "capture_id", "frames", "first_frame", "last_frame"):
        frames = row["frames"] or f"{row['first_frame']}-{row['last_frame']}"
        shown = frames if _RANGES.fullmatch(frames) else w.exact(frames)  # what is no list of numbers is cut
        place = (row["capture_id"], shown, w.exact(sums.get(row["object_id"]), 64))
        found.setdefault(row["object_id"], []).append(place)
    return found
