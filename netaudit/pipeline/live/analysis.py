"""What the tables would say now: vantage, devices, endpoints and findings of what a live audit remembers.

The same functions as at the end of an audit, on tables of bounded size, in a thread beside the audit.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from netaudit.core.schema import ENCRYPTED_UPLOADS, EVENTS, MESSAGES, OBJECTS, OBSERVATIONS, PERSONS, TARGETS, Row
from netaudit.core.signatures.loading import load
from netaudit.core.storage.table_streams import table_of
from netaudit.devices.endpoints.from_tables import answerable
from netaudit.devices.observations.from_tables import merge_facts
from netaudit.evidence.case.moments import moment_table
from netaudit.findings.correlation.from_tables import CLAIMED, with_sizes
from netaudit.findings.from_tables import actors_of, bearing_of
from netaudit.findings.identity import back_ends_of
from netaudit.findings.retrieval import Own, own_of
from netaudit.findings.transfers import transfers
from netaudit.findings.uploads import faces_sent_outside, telling
from netaudit.pipeline.conclusion import count_encrypted, derive
from netaudit.pipeline.so_far import flow_table, image_table
from netaudit.pipeline.startup import trim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from netaudit.devices.endpoints.vantage import Vantage
    from netaudit.evidence.case.moments import Moment
    from netaudit.findings.bearing import Bearing
    from netaudit.findings.roles import Actors
    from netaudit.images.answers import Answer, Look
    from netaudit.pipeline.finds import Find, Known
    from netaudit.pipeline.live.witness import Memory, Named, Spoken

MOST_FACTS = 50_000  # observations looked at
FIRST, SHORTEST = 1.0, 5.0  # seconds until the first analysis, and between two
SHARE = 10  # an analysis may take this part of the time


@dataclass(slots=True)
class Snapshot:
    """What an analysis works on: lists of its own."""

    flows: list[Known]
    facts: list[Row]
    finds: list[Find]
    persons: list[Named]
    agents: list[Row]
    judged: dict[Look, Answer]
    units: list[Row] = field(default_factory=list)  # of `encrypted_uploads`
    moments: list[Moment] = field(default_factory=list)  # marked so far
    targets: list[Row] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)
    until: int = 0  # time of the latest packet, ns


@dataclass(slots=True)
class Analysis:
    """What follows from it; rows as dictionaries by the columns of their tables."""

    vantage: Vantage
    devices: list[dict[str, Any]] = field(default_factory=list)
    endpoints: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    actors: Actors | None = None  # who sends
    bearing: Bearing | None = None  # what bears what was sent
    own: Own = field(default_factory=Own)  # what of the site's own comes back
    counted: list[tuple[dict[str, Any], dict[str, Any] | None]] = field(default_factory=list)  # as `counted` gives


def snapshot(
    memory: Memory,
    facts: Iterable[Row],
    known: Callable[[Look], Answer | None],
    moments: Sequence[Moment] = (),
    until: int = 0,
) -> Snapshot:
    """Copy what is remembered; quick, for it holds up the audit."""
    finds, persons = list(memory.finds), list(memory.persons)
    flows = {known.flow_id: known for known in (*memory.senders, *memory.closed)}
    carrying = [one.known for some in (finds, persons, memory.spoken) for one in some]
    flows |= {known.flow_id: known for known in carrying if known.flow_id not in flows}
    flows |= {known.flow_id: known for known in memory.open.values()}
    wanted = {(find.sha256, find.up) for find in finds}
    return Snapshot(
        list(flows.values()),
        list(itertools.islice(facts, MOST_FACTS)),
        finds,
        persons,
        list(memory.agents.values()),
        {key: answer for key in wanted if (answer := known(key)) is not None},
        list(memory.units),
        list(moments),
        list(memory.targets),
        list(memory.spoken),
        until,
    )


def analyse(seen: Snapshot, inside: Iterable[str], signatures_folder: Path | None = None) -> Analysis:
    """Judge a snapshot as `conclusion` would judge a whole case."""
    carriers = [one.message_row for some in (seen.finds, seen.persons, seen.spoken) for one in some]
    messages = {row.message_id: row for row in (*seen.agents, *carriers)}
    objects = {find.object_id: find.object_row for find in seen.finds}
    tables = {
        "flows": flow_table(seen.flows),
        "messages": table_of(list(messages.values()), MESSAGES),
        "objects": table_of(list(objects.values()), OBJECTS),
        "images": image_table(seen.finds, seen.judged),
        "persons": table_of([one.person_row for one in seen.persons], PERSONS),
        "observations": merge_facts(table_of(seen.facts, OBSERVATIONS)),
        "events": table_of([row for one in seen.spoken for row in one.events], EVENTS),
    }
    targets = table_of(seen.targets, TARGETS)
    vantage, _ = derive(tables, inside, load(signatures_folder), targets)
    devices, places, findings = (_plain(tables[name]) for name in ("devices", "endpoints", "findings"))
    _count(tables, seen, vantage)
    actors = actors_of(tables, frozenset(vantage.uplink))
    moved = transfers(tables["objects"], tables["images"], tables["messages"], tables["flows"])
    faces = list(filter(telling, moved))
    bearing = bearing_of(tables, faces, vantage.scope, actors)
    whereto = faces_sent_outside(faces, vantage.scope, actors, bearing).whereto
    collectors = whereto | back_ends_of(tables["endpoints"])
    own = own_of(faces, tables | {"targets": targets}, collectors, vantage.scope, actors)
    return Analysis(vantage, devices, places, findings, actors, bearing, own, counted(tables.__getitem__))


def counted(table: Callable[[str], pa.Table]) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Rows of `upload_counts`, each with the test of `moment_tests` that says most of it, if there is one; times ns."""
    tests: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in sorted(_plain(table("moment_tests")), key=_says_most, reverse=True):
        tests[row["sender"], row["receiver"], row["name"]] = row
    counts = table("upload_counts")
    for name in ("first_ts", "last_ts", "hours_from"):
        counts = counts.set_column(counts.column_names.index(name), name, counts[name].cast(pa.int64()))
    rows = counts.to_pylist()
    return [(row, tests.get((row["sender"], row["receiver"], row["name"]))) for row in rows]


def _says_most(test: dict[str, Any]) -> tuple[bool, float, int]:
    """Order of tests of the same uploads: claims, then by chance, then the shorter window."""
    return test["standing"] != CLAIMED, 2.0 if test["p"] is None else test["p"], test["window_s"]


def _count(tables: dict[str, pa.Table], seen: Snapshot, vantage: Vantage) -> None:
    """Add what left encrypted in numbers, and whether it follows the moments marked so far."""
    uploads = table_of(seen.units, ENCRYPTED_UPLOADS)
    tables["encrypted_uploads"] = with_sizes(uploads, tables["flows"])
    tables["moments"] = moment_table(seen.moments)
    begun = [row.first_ts for row in seen.units] + [int(known.row()["first_ts"]) for known in seen.flows]
    times = {"first_ts": min(begun, default=None), "last_ts": max([seen.until, *begun])}
    tables["captures"] = pa.table({name: pa.array([ts], pa.int64()) for name, ts in times.items()})
    count_encrypted(tables, answerable(tables["flows"]), vantage)


def _plain(table: pa.Table) -> list[dict[str, Any]]:
    """Rows without their times."""
    rows: list[dict[str, Any]] = table.select([name for name in table.column_names if name[-3:] != "_ts"]).to_pylist()
    return rows


class Analyst:
    """Analyses from time to time, in a thread of its own; the more it costs, the seldomer."""

    def __init__(self, inside: Iterable[str], signatures: Path | None) -> None:
        self._inside, self._signatures = list(inside), signatures
        self._due = time.monotonic() + FIRST
        self._busy = False
        self._asked: queue.SimpleQueue[Snapshot | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Analysis | str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="analyst", daemon=True)
        self._thread.start()

    def step(self, snapshot: Callable[[], Snapshot]) -> Analysis | str | None:
        """Begin an analysis when it is time; gives one that has ended, or why it failed."""
        if self._busy:
            with contextlib.suppress(queue.Empty):
                done = self._done.get_nowait()
                self._busy = False
                return done
        elif time.monotonic() >= self._due:
            self._busy = True
            self._asked.put(snapshot())
        return None

    def close(self) -> None:
        """Wait for what is under way."""
        self._asked.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (seen := self._asked.get()) is not None:
            began = time.monotonic()
            try:
                done: Analysis | str = analyse(seen, self._inside, self._signatures)
            except Exception as error:  # noqa: BLE001 - the audit goes on without; the case is judged at its end
                done = f"{type(error).__name__}: {error}"
            del seen
            trim()
            now = time.monotonic()
            self._due = now + max(SHORTEST, SHARE * (now - began))
            self._done.put(done)
