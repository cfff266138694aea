"""Goes on with an audit of files that was interrupted or killed: `audit --resume CASE`.

The captures are read again from their beginning, which costs little beside judging images: what was judged is kept
(`images/answers.py`). What was asked for stays as it was, and the case is the one that an undisturbed audit gives.

CASE/private/resume/asked.json          what was asked for, from the first moment on
CASE/private/resume/answers.N.arrows    what the image helper has said so far
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.core.system.clock import now
from netaudit.errors import CaseError, ReasonedError, UsageError
from netaudit.images.answers import believed
from netaudit.pipeline.options import Options
from netaudit.pipeline.resume_state import PLAIN, _inputs, asked_of
from netaudit.pipeline.task import begin_case, carry_out, not_read, read_captures, staffed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.evidence.case.custody import Custody
    from netaudit.evidence.case.reading import Case
    from netaudit.images.judging_ahead import Beside
    from netaudit.pipeline.options import Progress
    from netaudit.pipeline.outcome import Outcome

MAY_DIFFER = frozenset(
    {"workers", "lang", "overwrite", "command", "keys", "so_far"}
)  # nothing of the result depends on them
KEPT = ("resume", "key", "unmasked.jsonl")  # of private/


def resume_audit(folder: Path, options: Options, progress: Progress) -> Case:
    """Go on with the audit of the case at `folder`.

    Raises UsageError where nothing can be gone on with, and for options that would change the result; CaseError where a
    capture that was read to its end is another one now.
    """
    from netaudit.evidence.case.custody import Custody, broken
    from netaudit.evidence.case.lock import writing
    from netaudit.evidence.case.reading import open_case
    from netaudit.evidence.case.replacement import COMING, swap_in, taken_up
    from netaudit.evidence.case.writing import OURS
    from netaudit.pipeline.startup import calm

    began = now(), time.perf_counter()
    with writing(folder, "audit"), calm():
        taken_up(folder)
        place = folder / COMING if asked_of(folder / COMING) is not None else folder
        asked = _asked(folder, place)
        _refuse_other(options)
        chosen = _as_asked(asked, place, options)
        _hold_against_seal(place)
        with Custody(place, folder) as custody:
            custody.note("resumed", chain=broken(place))
            case = _read_again(place, asked, chosen, progress, custody, began)
        if place != folder and not case.partial:
            swap_in(folder, OURS)
            place = folder
    return open_case(place)


def _asked(folder: Path, place: Path) -> dict[str, Any]:
    asked = asked_of(place)
    if asked is None:
        raise UsageError(
            "{}: holds no recording, and no audit was interrupted there; nothing is left to go on with", folder
        )
    if any(path == b"-".hex() for path in asked["paths"]):
        raise UsageError("{}: was read from standard input, which cannot be read again", folder)
    return asked


def _refuse_other(options: Options) -> None:
    plain = Options()
    for one in dataclasses.fields(Options):
        if one.name not in MAY_DIFFER and getattr(options, one.name) not in (getattr(plain, one.name), ()):
            name = one.name.replace("_", "-")
            raise UsageError("--{}: an interrupted audit goes on with what it was asked for; leave it out", name)


def _as_asked(asked: dict[str, Any], place: Path, options: Options) -> Options:
    if asked["keys"] and options.keys is None:
        raise UsageError("connections were to be opened with keys: say --tls-keys, --keys-for and --authority again")
    key = (place / "private" / "key").read_bytes() if asked["project_key"] else None
    return dataclasses.replace(
        options,
        **{name: asked[name] for name in PLAIN if name not in ("inside", "site", "lang")},
        inside=tuple(asked["inside"]),
        site=bytes.fromhex(asked["site"]).decode("utf-8", "surrogateescape") if asked["site"] is not None else None,
        signatures=Path(os.fsdecode(bytes.fromhex(asked["signatures"]))) if asked["signatures"] else None,
        project_key=key,
    )


def _hold_against_seal(place: Path) -> None:
    """What Ctrl-C left is sealed: nothing is built on what somebody has changed since."""
    from netaudit.evidence.case.integrity import integrity

    found = integrity(place)
    if found.state in ("sealed", "broken") and (found.problems or found.changed or found.missing):
        what = [*map(ReasonedError, found.problems), *found.changed, *found.missing][0]
        raise UsageError("{}: is not as it was sealed ({}); audit it anew with --overwrite", place, what)


def _read_again(
    place: Path, asked: dict[str, Any], options: Options, progress: Progress, custody: Custody, began: tuple[str, float]
) -> Case:
    from netaudit.capture.from_files import open_captures
    from netaudit.evidence.case.custody import entries
    from netaudit.pipeline.ready import make_ready
    from netaudit.pipeline.workers import dismiss, hire

    paths = [os.fsdecode(bytes.fromhex(path)) for path in asked["paths"]]
    total = 0
    opened = open_captures(paths, progress=lambda done: progress("read", done, total), sm3=options.sm3)
    total = opened.stored_bytes
    if not opened.sources:
        raise not_read(opened.rejected)
    if other := sorted(set(asked["inputs"]) ^ set(_inputs(opened))):
        name = bytes.fromhex(other[0]).decode("utf-8", "surrogateescape")
        raise CaseError("{}: was not there then, or is not there now; audit anew with --overwrite", name)
    options = staffed(options, total)
    make_ready(progress)
    before = [entry for entry in entries(place) if entry["what"] == "read" and entry.get("sha256")]
    answers = believed(place)
    _clear(place)
    begin_case(place, options)
    members = hire(options.workers)

    def read(place: Path, beside: Beside | None) -> tuple[Outcome, list[Any]]:
        outcome, paths_read = read_captures(opened, place, options, members, beside)
        _compare(before, outcome.captures.select(["name", "sha256"]).to_pylist())
        return outcome, paths_read

    try:
        return carry_out(place, read, options, progress, custody, began, answers)
    finally:
        dismiss(members)


def _compare(before: Sequence[dict[str, Any]], captures: Sequence[dict[str, Any]]) -> None:
    """Raise CaseError where a capture that was read to its end then has other bytes now."""
    then: dict[str, set[str]] = defaultdict(set)
    for entry in before:
        then[str(entry["name"])].add(str(entry["sha256"]))
    for one in captures:
        if one["sha256"] and then[one["name"]] and one["sha256"] not in then[one["name"]]:
            raise CaseError("{}: is not what the interrupted audit read; audit it anew with --overwrite", one["name"])


def _clear(place: Path) -> None:
    """Remove what the interrupted audit made of the captures."""
    from netaudit.evidence.case.writing import MANIFEST, make_folders

    for name in ("run.json", "report.html", MANIFEST):
        (place / name).unlink(missing_ok=True)
    shutil.rmtree(place / "signature", ignore_errors=True)
    for folder in (place / "tables", place / "private"):
        for path in folder.iterdir():
            if folder.name == "private" and path.name in KEPT:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    make_folders(place)
