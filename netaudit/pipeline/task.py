"""One audit of files, from what is asked to a written case."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.reasons import JOIN, reason
from netaudit.core.system.clock import now
from netaudit.core.text.time_zones import named_zone
from netaudit.errors import ReasonedError, UnreadableError, UsageError
from netaudit.pipeline.options import Options, Progress, result_options
from netaudit.pipeline.project_key import keep_project_key

if TYPE_CHECKING:
    import os

    import pyarrow as pa

    from netaudit.capture.from_files import Captures
    from netaudit.capture.source import Rejected
    from netaudit.evidence.case.custody import Custody
    from netaudit.evidence.case.reading import Case
    from netaudit.images.judge_pool import Judges
    from netaudit.images.judging_ahead import Beside
    from netaudit.pipeline.keys import Gathered
    from netaudit.pipeline.outcome import Outcome
    from netaudit.pipeline.workers import Member

Read = Callable[[Path, "Beside | None"], "tuple[Outcome, list[Any]]"]
"""Reads into a case that was begun, while a helper judges images; gives what it knows, and the paths read."""


def run(
    paths: Sequence[str | os.PathLike[str]],
    folder: Path,
    options: Options,
    progress: Progress,
) -> Case:
    """Carry out an audit; the CLI and `audit` both come here."""
    from netaudit.core.system.windows_names import ROOM, openable
    from netaudit.pipeline.startup import calm

    with calm():
        return _run(paths, openable(folder, ROOM), options, progress)


def _run(
    paths: Sequence[str | os.PathLike[str]],
    folder: Path,
    options: Options,
    progress: Progress,
) -> Case:

    from netaudit.core.signatures.loading import load
    from netaudit.events.rules.loading import load as load_documents
    from netaudit.evidence.case.reading import open_case
    from netaudit.evidence.case.replacement import COMING, swap_in
    from netaudit.evidence.case.writing import OURS, check_place, place_for
    from netaudit.pipeline.ready import make_ready
    from netaudit.pipeline.workers import dismiss, hire

    started = now()
    clock = time.perf_counter()
    for text in options.inside:
        _network(text)
    if options.zone is not None:
        named_zone(options.zone)
    if options.since is not None and options.until is not None and options.since >= options.until:
        raise UsageError("--since is not before --until: no packet can be in that period")
    load(options.signatures)  # what is wrong with them is said now, not after hours of reading
    load_documents((options.signatures,) if options.signatures else ())
    check_place(folder, overwrite=options.overwrite)
    options = staffed(options, look_for(paths))
    make_ready(progress)
    members = hire(options.workers)  # they get ready meanwhile
    try:
        read = _reading(paths, options, members, progress)
        with place_for(folder, "audit", overwrite=options.overwrite) as place:
            case = _audit_into(place, folder, read, options, progress, (started, clock))
            if place == folder:
                return open_case(folder)
            if case.partial:  # the case that is whole stays; what was read lies beside it
                return open_case(folder / COMING)
            swap_in(folder, OURS)
        return open_case(folder)
    finally:
        dismiss(members)


def _reading(
    paths: Sequence[str | os.PathLike[str]], options: Options, members: list[Member], progress: Progress
) -> Read:
    """Look at the captures; gives what reads them."""
    from netaudit.capture.from_files import open_captures
    from netaudit.pipeline.resume_state import asked_facts, keep_asked

    total = 0  # not known before all inputs were looked at; a pipe is read from while that happens

    def tell(done: int) -> None:
        progress("read", done, total)

    opened = open_captures(paths, progress=tell, sm3=options.sm3)
    total = opened.stored_bytes
    if not opened.sources:
        raise not_read(opened.rejected)

    def read(place: Path, beside: Beside | None) -> tuple[Outcome, list[Any]]:
        keep_asked(place, asked_facts(paths, options, opened))
        return read_captures(opened, place, options, members, beside)

    return read


def read_captures(
    opened: Captures,
    place: Path,
    options: Options,
    members: list[Member],
    beside: Beside | None,
) -> tuple[Outcome, list[Any]]:
    """Read captures into a case that was begun. Raises UnreadableError where there are none."""
    from netaudit.core.system.windows_names import real
    from netaudit.evidence.case.reading import storable
    from netaudit.pipeline.reading import read_all
    from netaudit.pipeline.workers import dismiss

    outcome = read_all(opened, place, options, members, _gathered(options, opened), beside)
    dismiss(members)
    if not outcome.captures.num_rows:
        raise not_read(opened.rejected)
    return outcome, [storable(real(Path(source.path))) for source in opened.sources if source.path]


def _audit_into(
    place: Path, folder: Path, read: Read, options: Options, progress: Progress, began: tuple[str, float]
) -> Case:
    """Read the captures into a case at `place` and seal it; `folder` has the lock."""
    from netaudit.evidence.case.custody import Custody
    from netaudit.evidence.case.moments import keep
    from netaudit.evidence.case.sealed import NOTED

    with Custody(place, folder) as custody:
        custody.note("begun", **_begun(folder, place, options))
        begin_case(place, options)
        keep(place, options.moments)
        if options.moments is not None:
            custody.note(NOTED, **options.moments.facts())
        return carry_out(place, read, options, progress, custody, began)


def carry_out(
    place: Path,
    read: Read,
    options: Options,
    progress: Progress,
    custody: Custody,
    began: tuple[str, float],
    answers: pa.Table | None = None,
) -> Case:
    """Read captures, make the tables and the report, and seal the case.

    `answers` are those of the image helper that an audit knew which is gone on with.
    """
    from netaudit.evidence.case.report_status import WRITTEN
    from netaudit.evidence.case.seal import seal
    from netaudit.pipeline.conclusion import conclude
    from netaudit.pipeline.keys import note_keys
    from netaudit.pipeline.resume_state import forget
    from netaudit.pipeline.startup import trim

    started, clock = began
    note_keys(custody, options.keys)
    with judging(place, options, answers) as beside:
        outcome, paths_read = read(place, beside)
        trim()
        timings = {"read_s": round(time.perf_counter() - clock, 3)}
        for row in outcome.captures.select(["name", "size", "sha256", "packets_read"]).to_pylist():
            custody.note("read", **row)
        case = conclude(place, outcome, progress)
    timings["total_s"] = round(time.perf_counter() - clock, 3)
    from netaudit.findings.ledgers import interruption

    interrupted = interruption({name: case.table(name) for name in ("ledgers", "captures", "images")})
    how_far = {"interrupted": interrupted} if interrupted else {}
    write_run(place, run_facts(options, started, timings) | how_far | {"paths": paths_read})
    trim()
    custody.note(WRITTEN, **write_case_report(case, options))
    custody.note("concluded", partial=outcome.partial, **how_far)
    if not outcome.partial:
        forget(place)
    seal(place, custody)
    return case


def _begun(folder: Path, place: Path, options: Options) -> dict[str, Any]:
    """What the first line of a chain says; of a case that is replaced, the hash of the last line of its own."""
    from netaudit.evidence.case.custody import entries
    from netaudit.version import __version__

    before = entries(folder)[-1:] if place != folder else []
    facts: dict[str, Any] = {"version": __version__, "options": result_options(options)}
    return facts | ({"replaces": before[0]["hash"]} if before else {})


def write_run(folder: Path, facts: dict[str, Any]) -> None:
    """Write run.json; what names the auditor's machine and people goes under private/."""
    from netaudit.core.storage.files import write_json
    from netaudit.evidence.case.reading import PRIVATE_RUN

    private = ("paths", "command")
    write_json(folder / "run.json", {name: value for name, value in facts.items() if name not in private})
    write_json(folder / PRIVATE_RUN, {name: value for name, value in facts.items() if name in private})


def look_for(paths: Sequence[str | os.PathLike[str]]) -> int:
    """Bytes of the files at these paths.

    Raises UnreadableError where nothing is at any: said at once, not after kernels were compiled.
    """
    from netaudit.capture.inputs import find_inputs

    found, rejected = find_inputs(paths)
    if not found:
        raise not_read(rejected)
    return sum(one.status.st_size for one in found if one.status is not None)


def staffed(options: Options, size: int) -> Options:
    """With as many workers as pay for so many bytes of captures, where nobody said how many."""
    from netaudit.pipeline.workers import as_many_as_pay

    return replace(options, workers=options.workers or as_many_as_pay(size, faces=options.faces))


def not_read(rejected: Sequence[Rejected]) -> UnreadableError:
    """Why nothing of what was given could be read."""
    if not rejected:
        return UnreadableError("nothing could be read: no capture was found")
    reasons = JOIN.join(reason("input_unread", name=one.name, inner=one.problem) for one in rejected)
    return UnreadableError("nothing could be read: {}", ReasonedError(reasons))


def begin_case(folder: Path, options: Options) -> None:
    """A manifest from the first moment on, so that a killed audit leaves a readable case."""
    from netaudit.core.schema import TABLES_VERSION
    from netaudit.core.storage.files import MANIFEST, write_json
    from netaudit.version import __version__

    if options.project_key is not None:
        keep_project_key(folder, options.project_key)
    write_json(
        folder / "case.json",
        {
            "netaudit_version": __version__,
            "tables_version": TABLES_VERSION,
            "partial": True,
            "seal": MANIFEST,
            "options": result_options(options),
        },
    )


def _network(text: str) -> None:
    """Raise UsageError where a text is no network, or an address that ends as networks do and names only itself."""
    import ipaddress

    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise UsageError("--inside {}: {}", text, error) from error
    whole = 24 if network.version == 4 else 64
    alone = network.prefixlen == network.max_prefixlen
    if "/" not in text and alone and int(network.network_address) % (1 << (network.max_prefixlen - whole)) == 0:
        raise UsageError(
            "--inside {}: one address; say {}/{} for its network, or {}/{} for the address alone",
            text,
            text,
            whole,
            text,
            network.max_prefixlen,
        )


def judges_for(*, count: bool) -> Judges:
    """Judges of images for an audit, whose helper starts when they are entered."""
    from netaudit.images.judge_pool import POLITE, Judges

    return Judges(count=count, polite=POLITE)


@contextmanager
def judging(folder: Path, options: Options, answers: pa.Table | None = None) -> Iterator[Beside | None]:
    """Images of a case judged while its captures are read; None where no faces are looked for."""
    if not options.faces:
        yield None
        return
    from netaudit.images.judging_ahead import Beside

    follower = None
    if options.so_far is not None:
        from netaudit.pipeline.so_far import SoFar

        follower = SoFar(options.inside, options.signatures, options.so_far)
    beside = Beside(folder, count=options.count_faces, follower=follower, before=answers, judges=options.judges)
    try:
        yield beside
    finally:
        beside.close()  # what they said stays for an audit that goes on after this one, until `forget`


def _gathered(options: Options, opened: Captures) -> Gathered | None:
    """Keys of files and captures, where they were asked for."""
    if options.keys is None:
        return None
    from netaudit.pipeline.keys import gather

    return gather(options.keys, opened.sources)


def run_facts(options: Options, started: str, timings: dict[str, float]) -> dict[str, Any]:
    """When and how it was run: what may differ between two runs over the same captures."""
    system = platform.uname()  # `platform.platform` starts a process to ask for the kind of processor
    return {
        "started_utc": started,
        "finished_utc": now(),
        "workers": options.workers,
        "command": [word.encode("utf-8", "replace").decode() for word in options.command],
        "platform": " ".join(getattr(system, name) for name in ("system", "release", "version", "machine")),
        "python": sys.version.split()[0],
        "timings": timings,
        **({"settings": options.settings} if options.settings else {}),
        **({"moments": options.moments.facts()} if options.moments is not None else {}),
        **({"keys": options.keys.facts()} if options.keys is not None else {}),
    }


def write_case_report(case: Case, options: Options) -> dict[str, Any]:
    """Write the report beside the tables, in the language asked for; its thumbnails stay in the case.

    Gives what the chain is to say of it. What lay mapped or was held for it goes with that.
    """
    from netaudit.report.from_case import written_at
    from netaudit.tables.finalizing.sorting import unsettle

    try:
        with case.pictures.keeping():
            at = written_at(case, case.folder / "report.html", options.lang)
        return {"lang": options.lang, "unmasked": False} | at.facts()
    finally:
        case.mapped, case.held = frozenset(), {}
        unsettle(case.folder)
