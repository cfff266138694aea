"""The last step: from the streams of a finished (or interrupted) run to a whole case. Works on tables only."""

from __future__ import annotations

import functools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from netaudit.core.contracts.judgements import STOPPED
from netaudit.core.schema import BY_NAME, EVENTS_CLEAR, FIELDS, FIELDS_CLEAR, PERSONS_CLEAR, SKIPPED
from netaudit.core.signatures.loading import load as load_signatures
from netaudit.core.storage import private_streams
from netaudit.core.storage.object_store import object_path
from netaudit.core.storage.table_streams import TableWriter, drop_streams, read_streams, table_of, table_of_columns
from netaudit.devices.endpoints.declared import contested_by_services
from netaudit.devices.endpoints.floods import without_floods
from netaudit.devices.endpoints.from_tables import answerable, endpoints, vantage_of
from netaudit.devices.endpoints.recorders import answers_left, vantages
from netaudit.devices.endpoints.sightings import not_compared, once, sightings, translated
from netaudit.devices.inventory.from_observations import Link, inventory
from netaudit.devices.observations.event_facts import telling, with_event_facts
from netaudit.devices.observations.from_tables import merge_facts, with_flow_facts
from netaudit.events.inference.from_tables import understand, with_inferred
from netaudit.events.rules.loading import load as load_documents
from netaudit.evidence.case.moments import moment_table, stored
from netaudit.evidence.case.pictures import Pictures
from netaudit.evidence.case.reading import Case
from netaudit.evidence.case.writing import write_json
from netaudit.findings.correlation.from_tables import count_uploads, find_relays, tie_moments, with_sizes
from netaudit.findings.correlation.recordings import recordings
from netaudit.findings.from_tables import (
    BOUNDS,
    IN_SUMS,
    NOT_COMPARED,
    TOLD_APART,
    UNDATED,
    Ends,
    Run,
    actors_of,
    bounds_table,
    ends_of,
    judge,
    judge_moments,
    ledger_table,
    nameless,
)
from netaudit.findings.image_chain import Moves, with_chain
from netaudit.findings.journeys.from_tables import join_journeys, with_ends, with_relayed
from netaudit.findings.moments import INNER
from netaudit.findings.transfers import transfers
from netaudit.images.answers import Answers
from netaudit.images.previews import Shown
from netaudit.pipeline.keys import keep_used
from netaudit.pipeline.manifest import manifest
from netaudit.pipeline.reading import Stop
from netaudit.pipeline.ready import have_rest
from netaudit.pipeline.startup import trim
from netaudit.tables.finalizing.challenged import without_challenged
from netaudit.tables.finalizing.images import image_table
from netaudit.tables.finalizing.joined_uploads import join_parts
from netaudit.tables.finalizing.sorting import name_captures, settle, write_table
from netaudit.tables.media import tie

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from netaudit.core.signatures.signature import SignatureSet
    from netaudit.devices.endpoints.vantage import Vantage
    from netaudit.findings.roles import Actors
    from netaudit.images.answers import EarlyAnswers
    from netaudit.pipeline.outcome import Outcome
    from netaudit.tables.finalizing.images import Known

STREAMED = (
    "flows", "messages", "objects", "evidence", "parts", "observations", "persons", "tls_hellos", "events", "media",
    "encrypted_uploads",
)  # fmt: skip

IN_MEMORY = ("observations", "events")  # of them, those that are written when all is known

FACES = pa.array(["yes", "possible"])  # verdicts on the images that findings carry
MOST_AHEAD = 180  # such images, up to which thumbnails are made before it is known which the report shows

MOST_JOINED = 200_000  # objects of findings that are held in memory to see which the report shows

MOST_HELD = 8 << 20  # bytes of a table that the report need not read again
SETTLERS = 2  # tables that are put in order at once, each with what `ordered.py` holds of one


def conclude(folder: Path, outcome: Outcome, progress: Callable[[str, int, int], None]) -> Case:
    """Write all tables and the manifest. `progress(stage, done, total)` is told of images judged.

    What lies mapped is let go of before its file is removed: Windows keeps a file that anybody has mapped.
    """
    shown = Shown()
    try:
        mapped, held = _write_tables(folder, outcome, progress, shown)
    except BaseException:
        shown.close()
        raise
    drop_streams(folder)
    _keep_clear(folder)
    keep_used(folder)
    case = Case(folder)
    case.mapped, case.held = mapped, held
    case.pictures = Pictures(case, shown)
    return case


def _write_tables(
    folder: Path, outcome: Outcome, progress: Callable[[str, int, int], None], shown: Shown
) -> tuple[frozenset[str], dict[str, pa.Table]]:
    """Make the tables and the manifest; gives the names of those that are as they were settled, and small others."""
    settled = _settled(folder, outcome.capture_ids)
    tables = dict(settled)
    tables["captures"] = outcome.captures
    tables["skipped"] = table_of(
        [
            SKIPPED.row(capture_id=capture, reason=reason, packets=count)
            for (capture, reason), count in outcome.skipped.items()
        ],
        SKIPPED,
    )
    tables["images"] = settled["images"] = _judged_images(folder, tables, outcome, progress, shown)
    shown.ahead(_with_faces(folder, tables["images"]))
    trim()
    signatures = load_signatures(outcome.signatures)
    tables["encrypted_uploads"] = with_sizes(tables["encrypted_uploads"], tables["flows"])
    tables["media"] = tie(tables["media"], tables["flows"])
    tables["events"] = without_challenged(tables["events"], tables["messages"], tables["flows"])
    tables["flows"], aside = without_floods(tables["flows"])
    tables["moments"] = moment_table(stored(folder))
    targets = private_streams.drain(folder, "targets")
    vantage, ends = derive(tables, outcome.inside, signatures, targets)
    shown.ahead(_to_be_shown(folder, tables))
    trim()  # what each step needed and freed would stay, and the next one needs other sizes
    tables["fields"], cut = _understand(folder, tables)
    named = ends_of(tables, ends).renamed(tables["flows"], vantage.scope)
    del ends
    events = with_ends(tables["events"], tables["messages"], named, vantage.scope)
    again = tables["sightings"]
    tables["events"], tables["journeys"] = join_journeys(
        events, tables["objects"], tables["images"], once(tables["messages"], again), named, targets
    )
    tables["events"], tables["journeys"] = with_relayed(
        tables["events"], tables["journeys"], tables["relayed_images"], tables["encrypted_uploads"],
        tables["messages"], named,
    )  # fmt: skip
    trim()
    counted = tables | {"flows": _with_packet_ends(once(tables["flows"], again))}
    sent = private_streams.rows(folder, "sendings")
    tables["after_moments"] = judge_moments(
        counted, sent, vantage.scope, frozenset(vantage.uplink), outcome.moment_window_s
    )
    del sent
    private_streams.drop(folder, "sendings")
    judged = answerable(tables["flows"])
    tables["flows"] = settled["flows"]
    tables["vantages"] = vantages(tables | {"flows": judged}, vantage.scope)
    run = replace(
        _run(outcome, vantage.side, signatures), contested=vantage.contested,
        scraps=private_streams.drain(folder, "scraps"), cut=cut,
        pushes=_pushes(outcome.signatures) if tables["moments"].num_rows else {},
    )  # fmt: skip
    if aside is None:
        run = replace(run, judged=once(judged, again) if again.num_rows else None)
        tables["ledgers"] = ledger_table(tables | {"flows": judged}, run)
    else:
        tables["ledgers"] = ledger_table(tables, replace(run, judged=once(judged, again), aside=aside))
    del tables[TOLD_APART], tables[BOUNDS]
    trim()
    same = {name for name in settled if name not in IN_MEMORY and tables[name] is settled[name]}
    left = [name for name in tables if name not in same]
    with ThreadPoolExecutor(SETTLERS) as pool:
        written = pool.map(lambda name: write_table(folder, BY_NAME[name], tables[name], keep=MOST_HELD), left)
        held = {name: rows for name, rows in zip(left, written, strict=True) if rows is not None}
    write_json(folder / "case.json", manifest(tables, outcome, vantage) | {"signatures": signatures.manifest()})
    return frozenset(same), {name: rows for name, rows in held.items() if rows.schema == BY_NAME[name].schema()}


def _with_packet_ends(flows: pa.Table) -> pa.Table:
    """The flows told of the ends of their tunnels, and by which addresses their packets are known."""
    with_ends = answerable(flows)
    if with_ends is flows:
        return flows
    for name, inner in INNER.items():
        with_ends = with_ends.append_column(inner, flows[name])
    return with_ends


def _understand(folder: Path, tables: dict[str, pa.Table]) -> tuple[pa.Table, Counter[str]]:
    """Add the events that no entry reads, which no finding rests on.

    Gives what the fields of routes mean, and of how many messages bounds cut something off, by what.
    """
    clear = private_streams.rows(folder, "events")
    found = understand(folder, tables, clear)
    del clear
    private_streams.drop(folder, "leaves")
    tables["events"] = with_inferred(tables["events"], found.events, found.filled)
    events = TableWriter(folder, EVENTS_CLEAR, "zz", place="private")
    for row in found.clear:
        events.append(row)
    fields = TableWriter(folder, FIELDS_CLEAR, "zz", place="private")
    if found.fields:
        fields.add(found.fields.clear)
    events.close()
    fields.close()
    return table_of_columns(found.fields.columns, FIELDS), found.cut


def _judged_images(
    folder: Path, tables: dict[str, pa.Table], outcome: Outcome, progress: Callable[[str, int, int], None], shown: Shown
) -> pa.Table:
    """The table of images, once they are judged; Ctrl-C ends that, and what was judged is kept to go on with.

    The process that judged makes the pictures that are `shown`: the report wants thumbnails soon.
    """
    stop = Stop()

    def stopped() -> bool:
        return stop.wanted

    judging = outcome.early_answers = outcome.early_answers or Answers(folder)
    with stop.listening():
        known = _known(outcome, judging, progress, stopped)
        images = image_table(
            folder, tables, known, progress, outcome.capture_ids, count=outcome.count_faces, stopped=stopped
        )
    if (idle := judging.idle()) is not None:
        shown.adopt(idle)
    outcome.stopped = stop.wanted and bool(pc.any(pc.equal(images["why"], STOPPED)).as_py())
    if not outcome.partial:
        judging.drop()
    return images


def _with_faces(folder: Path, images: pa.Table) -> list[Path]:
    """Where the images with a face lie, by time, where they are so few that the report will show most."""
    some = images.filter(pc.is_in(images["face"], value_set=FACES))
    rows = some.sort_by("first_ts").select(["sha256", "kind"]).to_pylist() if some.num_rows <= MOST_AHEAD else []
    return [object_path(folder / "private" / "objects", row["sha256"], row["kind"]) for row in rows]


class _Made(NamedTuple):
    """Tables before they are written, as the report asks for them."""

    tables: dict[str, pa.Table]

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A table, whole or some columns of it."""
        return self.tables[name].select(columns or self.tables[name].column_names)


def _to_be_shown(folder: Path, tables: dict[str, pa.Table]) -> list[Path]:
    """Where the images lie of which the report will show thumbnails, the first ones first; none of very many."""
    from netaudit.report.judgements import Judgements
    from netaudit.report.sections_images import GALLERY, turns

    if (pc.sum(pc.list_value_length(tables["findings"]["object_ids"])).as_py() or 0) > MOST_JOINED:
        return []
    wanted = pa.array([sha256 for sha256, _ in turns(Judgements(_Made(tables)))[:GALLERY]], pa.string())
    kinds = tables["images"]["kind"].take(pc.index_in(wanted, tables["images"]["sha256"].combine_chunks()))
    pairs = zip(wanted.to_pylist(), kinds.to_pylist(), strict=True)
    return [object_path(folder / "private" / "objects", sha256, kind) for sha256, kind in pairs if kind]


def _known(
    outcome: Outcome, judging: EarlyAnswers, progress: Callable[[str, int, int], None], stopped: Callable[[], bool]
) -> Known | None:
    """What is known of images by now, once those under way are judged; None where no face is looked for."""
    if not outcome.faces:
        return None
    for done in judging.finish(stopped):
        progress("images", done, judging.found)
    return judging.known


def _run(outcome: Outcome, side: str, signatures: SignatureSet) -> Run:
    """What the ledgers need of a run beside its tables."""
    return Run(
        outcome.rejected, outcome.failures, outcome.interrupted,
        outcome.read, outcome.faces, side, signatures.manifest(), stopped=outcome.stopped,
        moment_window_s=outcome.moment_window_s,
    )  # fmt: skip


def _pushes(folder: Path | None) -> Counter[str]:
    """Entries of messages that a device sends of its own accord with the picture in them, by maker."""
    entries = load_documents((folder,) if folder else ()).entries
    return Counter(
        one.maker for one in entries if one.act == "pushes" and any(not picture.url for picture in one.images)
    )


class Derived(NamedTuple):
    """What further steps need beside the tables."""

    vantage: Vantage
    ends: Ends  # of the flows that were judged


def derive(
    tables: dict[str, pa.Table], inside: Iterable[str], signatures: SignatureSet, targets: pa.Table | None = None
) -> Derived:
    """Add what follows from the tables of what was seen: endpoints, devices, claims, findings.

    `targets`: under which addresses images were sent and fetched, where that is known.

    Judged are the ends of tunnels, not what is written inside them (`devices/endpoints/tunnels.py`).
    """
    flows = answerable(tables["flows"])
    pictures = pictures_of(tables) if tables.get("captures") is not None else ()
    parts_of = recordings(tables.get("captures"))
    tables["sightings"] = sightings(flows, parts_of, pictures, tables.get("tls_hellos"))
    observations = with_flow_facts(tables["observations"], tables["flows"])
    tables["observations"] = with_event_facts(observations, tables.get("events"), tables["messages"], tables["flows"])
    own = translated(flows, tables["sightings"], parts_of)
    vantage = vantage_of(tables["flows"], tables["observations"], inside, own)
    tables["endpoints"] = endpoints(flows, tables["observations"], vantage, signatures.services)
    vantage.contested |= contested_by_services(vantage, tables["endpoints"], flows)
    link = Link(vantage.gateways, frozenset(vantage.uplink))
    found = inventory(tables["observations"], tables["flows"], link, vantage.scope, signatures)
    tables["devices"], tables["claims"], tables["bindings"] = found.devices, found.claims, found.bindings
    undated = answers_left(tables["messages"])
    tables[BOUNDS] = bounds_table(
        {NOT_COMPARED: not_compared(flows, parts_of), IN_SUMS: found.in_sums, UNDATED: undated}
    )
    flows = once(flows, tables["sightings"])
    ends = Ends(tables | {"flows": flows})
    moves, named = Moves(ends.device), ends.renamed(flows, vantage.scope)
    seen = transfers(tables["objects"], tables["images"], tables["messages"], named)
    if "encrypted_uploads" in tables and tables["encrypted_uploads"].num_rows:
        have_rest()  # their kernels may be under way
    tables["relayed_images"], tables["relay_tests"] = find_relays(tables | {"flows": named}, seen, vantage.scope)
    if "encrypted_uploads" in tables:  # a look at a live run asks for itself
        count_encrypted(tables, flows, vantage, ends)
    rows = transfers(tables["objects"], tables["images"], tables["messages"], flows)
    seen_as = {} if targets is None else {"targets": targets}
    uplink = frozenset(vantage.uplink)
    judged = judge(tables | seen_as | {"flows": flows}, moves.seen(rows), vantage.scope, uplink, ends)
    tables["findings"], tables[TOLD_APART] = judged
    tables["devices"], tables["claims"] = with_chain(
        found.devices, found.claims, moves, frozenset(ends.of_link(*one) for one in telling(tables["observations"]))
    )
    return Derived(vantage, ends)


def pictures_of(tables: dict[str, pa.Table]) -> Iterator[tuple[str, str]]:
    """Which connection carried which picture, in the order of the objects."""
    for row in transfers(tables["objects"], tables["images"], tables["messages"], tables["flows"]):
        yield row.flow_id, row.sha256


def count_encrypted(tables: dict[str, pa.Table], flows: pa.Table, vantage: Vantage, ends: Ends | None = None) -> None:
    """Add what left encrypted in numbers, and whether it follows the moments that were marked."""
    named = ends_of(tables | {"flows": flows}, ends).renamed(flows, vantage.scope)
    seen = tables | {"flows": named}

    @functools.cache
    def actors() -> Actors:  # costs a look at all images: most captures have no encrypted uploads to ask about
        return actors_of(seen, frozenset(vantage.uplink))

    def role(sender: str, flow_id: str) -> str:
        return actors().role(sender, flow_id)[0]

    tables["upload_counts"] = count_uploads(seen, vantage.scope, role, nameless(seen, vantage.scope, actors))
    tables["moment_tests"] = tie_moments(seen, vantage.scope, role)


def _settled(folder: Path, capture_ids: list[str]) -> dict[str, pa.Table]:
    """What was streamed while reading, in order; all but facts and events lie in files and are only mapped."""
    streamed = {name: read_streams(folder, name) for name in STREAMED}
    join_parts(folder, streamed)
    held = [streamed.pop(name) for name in IN_MEMORY]
    with ThreadPoolExecutor(SETTLERS) as pool:  # sorting and packing need no interpreter
        settled = pool.map(lambda name: settle(folder, BY_NAME[name], streamed[name], capture_ids), streamed)
        facts, events = name_captures(merge_facts(held[0]), capture_ids), name_captures(held[1], capture_ids)
        tables = dict(zip(streamed, settled, strict=True))
    trim()
    return tables | dict(zip(IN_MEMORY, (facts, events), strict=True))


def _keep_clear(folder: Path) -> None:
    """Make the streams of clear values private/persons.parquet, private/events.parquet and private/fields.parquet.

    Of events only those that are told: one that came again after a challenge is told once.
    """
    for table in (PERSONS_CLEAR, EVENTS_CLEAR, FIELDS_CLEAR):
        rows = private_streams.rows(folder, table.name)
        if table is EVENTS_CLEAR:
            event_ids = pq.read_table(folder / "tables" / "events.parquet", columns=["event_id"])["event_id"]
            rows = rows.filter(pc.is_in(rows["event_id"], value_set=pc.unique(event_ids)))
        write_table(folder, table, rows, place="private")
        del rows  # of files that are mapped and go next
        (folder / "private" / f"{table.name}.parquet").chmod(0o600)
        private_streams.drop(folder, table.name)
