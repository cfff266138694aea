"""The audit of one site, wherever it runs: what is true of it lies on disk, and only a few bytes are told.

OUT/cases/site=NAME/{case/, done.json}   whole and valid, or not there: it comes by one rename
OUT/attempts/NAME.PID…                   what is being written
OUT/failed/NAME.json                     why the last attempt failed
OUT/locks/NAME/                          held while the site is audited
OUT/parts/NAME/                          of a site that is read in parts, until it has its case (`parts.py`)
OUT/started/NAME                         the runs that have begun it since it last ended, one a line
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
import secrets
import shutil
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.campaign.plan import Site, task_digest
from netaudit.campaign.remote import put_file
from netaudit.errors import NetauditError, UsageError
from netaudit.storage.files import MANIFEST, write_json, write_whole
from netaudit.system.disk import have_on_disk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.pipeline.task import Options

CASES, ATTEMPTS, FAILED, LOCKS, STARTED = "cases", "attempts", "failed", "locks", "started"
RETRIES = 2  # of a site whose worker died
DONE, FETCHED = "done.json", "fetched"
LONGEST_REASON = 500
AUDITED, KEPT, BROKEN, ELSEWHERE = "audited", "kept", "failed", "elsewhere"
_one_at_a_time = threading.Lock()  # an audit has the process to itself


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is told. The key itself stays where it is; its place and fingerprint are named."""

    site: Site
    out: str
    run: str  # of this run: what has failed in it is not tried again
    faces: bool = True
    lang: str = "en"
    project_key: str = ""
    key_fingerprint: str = ""
    most_seconds: float = 0.0  # 0: no bound
    most_bytes: int = 0  # of memory; 0: no bound
    may_end: bool = False  # whether a watchdog may end this process
    made_by: str = ""  # versions of who gave the task; a worker with others would make another case
    parts: int = 0  # into how many the site is divided (`parts.py`); 0: not at all
    part: int | None = None  # one of them; None: the case, of the parts where there are some
    store: str = ""  # address of the object store that the case goes to (`remote.py`); `out` is scratch then

    @property
    def name(self) -> str:
        """What it is called on disk."""
        return self.site.folder if self.part is None else f"{self.site.folder}.{self.part}-{self.parts}"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a site."""

    site: str
    state: str
    reason: str = ""
    seconds: float = 0.0
    part: str = ""  # "2/4", where it is a part of a site only


def versions() -> dict[str, Any]:
    """What a case was made by, as far as its tables follow from it."""
    from netaudit import __version__
    from netaudit.tables import TABLES_VERSION

    return {"netaudit": __version__, "tables": TABLES_VERSION}


def made_by() -> str:
    """The versions, in words."""
    return "netaudit {netaudit} (tables {tables})".format(**versions())


def given_up(task: Task) -> Result | None:
    """A failed row for a site over which workers died too often in this run; one that only waited is not charged."""
    times = _begun(task).count(task.run)
    if times <= RETRIES:
        return None
    (Path(task.out) / STARTED / task.name).unlink(missing_ok=True)
    return failed_task(task, f"its worker died {times} times")


def failed_task(task: Task, reason: str) -> Result:
    """A failing site is a row with its reason."""
    note_failure(Path(task.out), task.site, task.run, reason)
    if task.store:
        with contextlib.suppress(NetauditError):  # the store itself may be what fails
            put_file(task.store, f"{FAILED}/{task.site.folder}.json", _failure(task.site, task.run, reason))
    return Result(task.site.site, BROKEN, reason[:LONGEST_REASON])


def _begun(task: Task) -> list[str]:
    """The runs that have begun it since it last ended."""
    try:
        return (Path(task.out) / STARTED / task.name).read_text(encoding="ascii").split()
    except OSError:
        return []


def prepare(out: Path) -> None:
    """Make the folders of a campaign."""
    for name in (CASES, ATTEMPTS, FAILED, LOCKS, STARTED):
        (out / name).mkdir(parents=True, exist_ok=True)


def digest_of(task: Task) -> str:
    """What the result of a task follows from. Raises OSError for files that are not there."""
    return task_digest(task.site, {"faces": task.faces, "lang": task.lang, "key": task.key_fingerprint, **versions()})


def done(out: Path, site: Site) -> dict[str, Any] | None:
    """What done.json says of a site's case; None where there is none, or where the case is not that one."""
    place = out / CASES / site.folder
    try:
        record = orjson.loads((place / DONE).read_bytes())
        found = hashlib.sha256((place / "case" / MANIFEST).read_bytes()).hexdigest()
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and record.get("manifest") == found else None


def failure(out: Path, site: Site) -> dict[str, Any] | None:
    """Why the last attempt at a site failed."""
    try:
        record = orjson.loads((out / FAILED / f"{site.folder}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def note_failure(out: Path, site: Site, run: str, reason: str) -> None:
    """A failing site is a row with its reason."""
    write_whole(out / FAILED / f"{site.folder}.json", _failure(site, run, reason))


def _failure(site: Site, run: str, reason: str) -> bytes:
    return orjson.dumps({"site": site.site, "run": run, "reason": reason[:LONGEST_REASON]})


def audit_site(task: Task) -> Result:
    """Audit a site, or a part of it, unless that was done; never raises for what is wrong with the site."""
    result = _audit_site(task)
    return result if task.part is None else replace(result, part=f"{task.part}/{task.parts}")


def _audit_site(task: Task) -> Result:
    from netaudit.campaign.parts import part_done
    from netaudit.campaign.remote import done_there
    from netaudit.case.lock import writing

    out, site = Path(task.out), task.site
    lock = out / LOCKS / task.name
    lock.mkdir(parents=True, exist_ok=True)
    try:
        holding = writing(lock, "campaign")
        holding.__enter__()
    except UsageError:
        return Result(site.site, ELSEWHERE)
    began = time.monotonic()
    try:
        record = failure(out, site)
        if record is not None and record.get("run") == task.run:
            return Result(site.site, BROKEN, str(record.get("reason")))
        if task.made_by not in ("", made_by()):
            return failed_task(task, f"this worker has {made_by()}, the campaign is run by {task.made_by}")
        digest = digest_of(task)
        there = done_there(task.store, site) if task.store else done(out, site)
        if there is not None and there.get("task") == digest:
            return Result(site.site, KEPT)
        if task.part is not None and part_done(task, digest):
            return Result(site.site, KEPT)
        if task.store and task.part is None and (done(out, site) or {}).get("task") == digest:
            _hand_over(task)  # the store did not take it the last time
            return Result(site.site, AUDITED)
        with _one_at_a_time:
            _audit(task, digest)
    except Exception as error:  # noqa: BLE001  (whatever it was, the others go on)
        reason = str(error) if isinstance(error, NetauditError) else f"{type(error).__name__}: {error}"
        return replace(failed_task(task, reason), seconds=round(time.monotonic() - began, 3))
    finally:
        holding.__exit__(None, None, None)
    return Result(site.site, AUDITED, "", round(time.monotonic() - began, 3))


def _audit(task: Task, digest: str) -> None:
    """Audit into a folder of its own, and put it in the site's place when it is whole."""
    from netaudit.campaign.parts import forget, place_of
    from netaudit.campaign.watchdog import watched

    out, site = Path(task.out), task.site
    for rest in _attempts(out, task.name):  # we hold the lock: whoever made them is dead
        shutil.rmtree(rest)
    place = out / ATTEMPTS / f"{task.name}.{os.getpid()}.{secrets.token_hex(4)}"
    place.mkdir()
    started = out / STARTED / task.name
    begun = [*_begun(task), task.run]
    write_whole(started, "\n".join(begun).encode())
    try:
        with watched(task):
            facts = _part_into(task, place) if task.part is not None else _case_into(task, place / "case")
            shutil.rmtree(place / FETCHED, ignore_errors=True)
        write_json(place / DONE, {"site": site.site, "task": digest, "attempts": len(begun), **facts, **versions()})
        _flush(place)
        goal = out / CASES / site.folder if task.part is None else place_of(task)
        goal.parent.mkdir(mode=0o755 if task.part is None else 0o700, parents=True, exist_ok=True)
        if goal.exists():
            goal.rename(out / ATTEMPTS / f"{task.name}.old.{secrets.token_hex(4)}")
        place.rename(goal)
        if task.part is None:
            (out / FAILED / f"{site.folder}.json").unlink(missing_ok=True)
            forget(task)
            if task.store:
                _hand_over(task)
    finally:
        for rest in _attempts(out, task.name):
            shutil.rmtree(rest, ignore_errors=True)
        started.unlink(missing_ok=True)


def _hand_over(task: Task) -> None:
    """Put a case that is whole into the store; it stays here until it has arrived."""
    from netaudit.campaign.remote import put_case

    place = Path(task.out) / CASES / task.site.folder
    put_case(task.store, task.site, place)
    shutil.rmtree(place)


def _case_into(task: Task, folder: Path) -> dict[str, Any]:
    from netaudit.campaign.parts import whole
    from netaudit.pipeline.task import run

    parts = whole(task, digest_of(task)) if task.parts else ()
    options = replace(_options(task), workers=max(task.parts, 1))  # as run.json tells it
    captures = [] if parts else _captures(task, folder.parent)
    case = run(captures, folder, options, lambda *_: None, parts)
    if case.partial:
        raise UsageError("the audit was interrupted")
    return {
        "manifest": hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest(),
        "finished_utc": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _part_into(task: Task, folder: Path) -> dict[str, Any]:
    from netaudit.campaign.parts import make_part
    from netaudit.pipeline.ready import make_ready

    make_ready(lambda *_: None)
    return make_part(task, folder, _options(task), _captures(task, folder))


def _captures(task: Task, place: Path) -> list[Path]:
    """The captures as paths; those of a store are fetched, and go with the attempt."""
    from netaudit.campaign.remote import fetch, is_url

    return [
        fetch(one, place / FETCHED / str(number)) if is_url(one) else Path(one)
        for number, one in enumerate(task.site.captures)
    ]


def _options(task: Task) -> Options:
    from netaudit.case.moment_files import read_moments
    from netaudit.pipeline.keys import request
    from netaudit.pipeline.project_key import fingerprint, read_project_key
    from netaudit.pipeline.task import Options

    site = task.site
    key = read_project_key(Path(task.project_key)) if task.project_key else None
    if key is not None and fingerprint(key) != task.key_fingerprint:
        raise UsageError("{}: is another key than the one that the campaign was started with", task.project_key)
    return Options(
        site=site.site,
        inside=site.inside,
        faces=task.faces,
        lang=task.lang,
        project_key=key,
        keys=request([Path(one) for one in site.keys], site.keys_for, site.authority or None),
        moments=read_moments(Path(site.moments), site.zone or None) if site.moments else None,
    )


def _attempts(out: Path, name: str) -> Iterator[Path]:
    """What attempts at a site have left. Names are compared whole: one may begin as another does."""
    for path in (out / ATTEMPTS).iterdir():
        if path.name.rsplit(".", 2)[0] == name:
            yield path


def _flush(place: Path) -> None:
    """Have it on the disk before it is named."""
    for path in (one for one in place.rglob("*") if one.is_file()):
        file = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            have_on_disk(file)
        finally:
            os.close(file)
