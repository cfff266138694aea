"""The interim result: what the images that were judged first show, told while the rest is read and judged.

It says at least what was seen, and never that nothing was: of what is not judged yet nothing follows. Whose devices
they are and how certain it is, is the end's to say, for which all facts are needed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from netaudit.core.schema import FLOWS, IMAGES, MESSAGES, OBJECTS, OBSERVATIONS, PERSONS
from netaudit.core.storage.table_streams import table_of
from netaudit.pipeline.options import Standing
from netaudit.streams.layouts import FLOW
from netaudit.tables.flows import FlowRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from netaudit.findings.summary.model import Summary
    from netaudit.images.answers import Answer, Look
    from netaudit.pipeline.finds import Find, Known

FIRST, SHORTEST = 2.0, 2.0  # seconds until the first verdict, and to the next: a short audit ends before
LONGER, LONGEST = 1.5, 60.0  # times as long to each further one, up to so many seconds: nobody reads hundreds
SHARE = 40  # making them may take this part of the time
PATIENCE = 0.5  # seconds that those of the first images which were judged wait for the others


class SoFar:
    """Follows the first images of each way (`images/judging_ahead.py`), and tells when they change what can be said."""

    def __init__(self, inside: Iterable[str], signatures: Path | None, tell: Callable[[Standing], None]) -> None:
        self._inside, self._signatures, self._tell = list(inside), signatures, tell
        self._finds: list[Find] = []
        self._answers: dict[Look, Answer] = {}
        self._due = time.monotonic() + FIRST
        self._pause = SHORTEST
        self._since = 0.0  # when the first of those was judged that nothing was told of yet
        self._reported: Any = None

    def judged(self, find: Find, answer: Answer) -> None:
        """The first image of a way has its answer."""
        self._finds.append(find)
        self._answers[find.sha256, find.up] = answer
        self._since = self._since or time.monotonic()

    def stands(self, judged: int, found: int, waiting: int) -> None:
        """Tell what can be said now, when it is time and something is new."""
        clock = time.monotonic()
        if not self._since or clock < self._due or (waiting and clock < self._since + PATIENCE):
            return
        self._since = 0.0
        faces = sum(verdict.face == "yes" for _, verdict in self._answers.values())
        seen = self._seen(judged, found) if faces else None
        ended = time.monotonic()
        self._due = ended + max(self._pause, SHARE * (ended - clock))
        self._pause = min(LONGEST, LONGER * self._pause)
        shown = (faces > 0, seen and (seen.images, seen.servers))
        if shown != self._reported:
            self._reported = shown
            self._tell(Standing(judged, found, faces, seen))

    def _seen(self, judged: int, found: int) -> Summary:
        from netaudit.core.signatures.loading import load
        from netaudit.findings.summary.reading import Unfinished
        from netaudit.findings.summary.summarise import summarise
        from netaudit.pipeline.conclusion import derive

        finds = self._finds
        tables = {
            "flows": flow_table({find.known.flow_id: find.known for find in finds}.values()),
            "messages": table_of(list({find.message_id: find.message_row for find in finds}.values()), MESSAGES),
            "objects": table_of(list({find.object_id: find.object_row for find in finds}.values()), OBJECTS),
            "images": image_table(finds, self._answers),
            "persons": table_of([], PERSONS),
            "observations": table_of([], OBSERVATIONS),
        }
        derive(tables, self._inside, load(self._signatures))
        return summarise(Unfinished(tables), (judged, found))


def flow_table(known: Iterable[Known]) -> pa.Table:
    """Rows of `flows`, of flows as they stand."""
    some, rows = list(known), FlowRows()
    for one, flow in zip(some, np.frombuffer(b"".join(one.flow for one in some), FLOW), strict=True):
        rows.add(flow, one)
    return pa.Table.from_batches(rows.flush(), FLOWS.schema())


def image_table(finds: Iterable[Find], judged: Mapping[Look, Answer]) -> pa.Table:
    """Rows of `images`, with what the image helper has said."""
    rows: dict[str, dict[str, Any]] = {}
    for find in finds:
        row = rows.setdefault(find.sha256, {"sha256": find.sha256, "kind": find.kind, "face": "not judged"})
        known = judged.get((find.sha256, find.up))
        if known is not None and row["face"] in {"not judged", "no"}:
            facts, verdict = known
            row |= {"face": verdict.face, "face_score": verdict.score}
            row |= {"decodable": facts.decodable, "problem": facts.problem}
    return table_of([{name: row.get(name) for name in IMAGES.names} for row in rows.values()], IMAGES)
