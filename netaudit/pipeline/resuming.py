"""Goes on with an audit of files that was interrupted or killed: `audit --resume CASE`.

What was asked for stays as it was. Where a checkpoint was kept (`checkpoint.py`) reading goes on behind it, and the
case is the one that an undisturbed audit gives; where none can be used, everything is read anew, and why is said.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.errors import ReasonedError, UsageError
from netaudit.pipeline.checkpoint import PLACE, Keeper, asked_of, kept_answers, reached_by, restore
from netaudit.pipeline.state import Unbelievable
from netaudit.pipeline.task import Options, begin_case, carry_out, not_read, read_captures
from netaudit.system.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netaudit.capture.from_files import Captures
    from netaudit.case.reading import Case
    from netaudit.finalizing.outcome import Outcome
    from netaudit.images.judging_ahead import Beside
    from netaudit.pipeline.checkpoint import Reached
    from netaudit.pipeline.task import Progress

PLAIN = (
    "site", "zone", "inside", "since", "until", "faces", "count_faces", "workers", "lang", "keep_all", "sm3",
    "moment_window_s",
)  # fmt: skip
"""Options that are kept as they are."""
MAY_DIFFER = frozenset(
    {"workers", "lang", "overwrite", "command", "keys", "so_far"}
)  # nothing of the result depends on them
KEPT = ("resume", "objects", "key", "unmasked.jsonl")  # of private/


def asked_facts(paths: Sequence[str | os.PathLike[str]], options: Options) -> dict[str, Any]:
    """What has to be known to do the same once more; names in any encoding, as hexadecimal digits."""
    facts = {name: getattr(options, name) for name in PLAIN}
    return facts | {
        "site": options.site.encode("utf-8", "surrogateescape").hex() if options.site is not None else None,
        "paths": [os.fsencode(path if os.fspath(path) == "-" else Path(path).absolute()).hex() for path in paths],
        "signatures": os.fsencode(options.signatures.absolute()).hex() if options.signatures is not None else None,
        "project_key": options.project_key is not None,
        "keys": options.keys is not None,
    }


def resumable(opened: Captures) -> bool:
    """Whether all captures can be read a second time."""
    return all(source.path is not None and source.path.is_file() for source in opened.sources)


def resume_audit(folder: Path, options: Options, progress: Progress, begun_anew: Callable[[str, str], None]) -> Case:
    """Go on with the audit of the case at `folder`; `begun_anew` hears why everything had to be read anew, if it had.

    Raises UsageError where nothing can be gone on with, and for options that would change the result.
    """
    from netaudit.case.custody import Custody, broken
    from netaudit.case.lock import writing
    from netaudit.case.reading import open_case
    from netaudit.case.swap import COMING, swap_in, taken_up
    from netaudit.case.writing import OURS
    from netaudit.pipeline.collector import calm

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
            case = _go_on(place, asked, chosen, progress, begun_anew, custody, began)
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
    from netaudit.case.integrity import integrity

    found = integrity(place)
    if found.state in ("sealed", "broken") and (found.problems or found.changed or found.missing):
        what = [*map(ReasonedError, found.problems), *found.changed, *found.missing][0]
        raise UsageError("{}: is not as it was sealed ({}); audit it anew with --overwrite", place, what)


def _go_on(
    place: Path,
    asked: dict[str, Any],
    options: Options,
    progress: Progress,
    begun_anew: Callable[[str, str], None],
    custody: Any,
    began: tuple[str, float],
) -> Case:
    from netaudit.capture.from_files import open_captures
    from netaudit.pipeline.ready import make_ready
    from netaudit.pipeline.workers import dismiss, hire

    paths = [os.fsdecode(bytes.fromhex(path)) for path in asked["paths"]]
    total = 0
    opened = open_captures(paths, progress=lambda done: progress("read", done, total), sm3=options.sm3)
    total = opened.stored_bytes
    if not opened.sources:
        raise not_read(opened.rejected)
    make_ready(progress)
    reached, answers = None, kept_answers(place)
    try:
        reached = _reached(place, opened)
        options = dataclasses.replace(options, workers=reached.workers)
        _clear(place, streams=True)
        restore(place, reached)
    except Unbelievable as error:
        begun_anew(error.why, error.name)
        custody.note("begun anew", why=error.why, file=error.name)
        reached = None
        _clear(place, streams=False)
    begin_case(place, options)
    keeper = Keeper(place, options.workers, possible=resumable(opened) and options.keys is None)
    keeper.asked(asked)
    if reached is not None:
        keeper.generation, keeper.kept = reached.generation, True
    members = hire(options.workers)
    try:

        def read(place: Path, beside: Beside | None) -> tuple[Outcome, list[Any]]:
            return read_captures(opened, place, options, members, keeper, reached, beside)

        return carry_out(place, read, options, progress, custody, began, answers)
    finally:
        dismiss(members)


def _reached(place: Path, opened: Captures) -> Reached:
    reached = reached_by(place)
    if [path for path, *_ in reached.read] != [path for path, *_ in opened.read_so_far()]:
        raise Unbelievable("others")
    return reached


def _clear(place: Path, *, streams: bool) -> None:
    """Remove what the interrupted audit made of its rows; `streams`: but not what it goes on from."""
    from netaudit.case.writing import MANIFEST, make_folders

    for name in ("run.json", "report.html", MANIFEST):
        (place / name).unlink(missing_ok=True)
    shutil.rmtree(place / "signature", ignore_errors=True)
    for folder in (place / "tables", place / "private"):
        for path in folder.iterdir():
            if streams and (path.suffix == ".arrows" or path.name in KEPT):
                continue
            if not streams and path.name in ("key", "unmasked.jsonl"):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    make_folders(place)
    (place / PLACE).mkdir(mode=0o700, exist_ok=True)
