"""Audit one site of a campaign in a process of its own, so that one site cannot harm another.

OUT/cases/site=NAME/{case/, done.json}   a whole case; it appears by one rename
OUT/attempts/site=NAME                   the case that is being written
OUT/failed/site=NAME.json                why the last attempt failed
"""

from __future__ import annotations

import datetime
import hashlib
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.storage.files import MANIFEST, write_json, write_whole
from netaudit.core.system import programs
from netaudit.errors import NetauditError, UsageError
from netaudit.pipeline.campaign.plan import Site, task_digest

if TYPE_CHECKING:
    from netaudit.pipeline.options import Options

CASES, ATTEMPTS, FAILED, DONE = "cases", "attempts", "failed", "done.json"
LONGEST_REASON = 500
AUDITED, KEPT, BROKEN = "audited", "kept", "failed"


@dataclass(frozen=True, slots=True)
class Task:
    """One site and the options of its audit. The project key is named by its path and fingerprint."""

    site: Site
    out: str
    faces: bool = True
    lang: str = "en"
    project_key: str = ""
    key_fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a site."""

    site: str
    state: str
    reason: str = ""


def versions() -> dict[str, Any]:
    """Return the versions that determine a case's tables."""
    from netaudit.core.schema import TABLES_VERSION
    from netaudit.version import __version__

    return {"netaudit": __version__, "tables": TABLES_VERSION}


def prepare(out: Path) -> None:
    """Make the folders of a campaign; remove attempts that an earlier run left."""
    shutil.rmtree(out / ATTEMPTS, ignore_errors=True)
    for name in (CASES, ATTEMPTS, FAILED):
        (out / name).mkdir(parents=True, exist_ok=True)


def digest_of(task: Task) -> str:
    """Hash everything that a case follows from. Raises OSError for captures that do not exist."""
    return task_digest(task.site, {"faces": task.faces, "lang": task.lang, "key": task.key_fingerprint, **versions()})


def done(out: Path, site: Site) -> dict[str, Any] | None:
    """Read done.json of a site; None without a case, or if the case is not the one that it describes."""
    place = out / CASES / site.folder
    try:
        record = orjson.loads((place / DONE).read_bytes())
        found = hashlib.sha256((place / "case" / MANIFEST).read_bytes()).hexdigest()
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and record.get("manifest") == found else None


def failure(out: Path, site: Site) -> dict[str, Any] | None:
    """Read why the last attempt at a site failed."""
    try:
        record = orjson.loads((out / FAILED / f"{site.folder}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def audit_site(task: Task, seconds: float = 0) -> Result:
    """Audit a site unless its case is there; a process that takes longer than `seconds` (0: no limit) is ended."""
    out, site = Path(task.out), task.site
    try:
        digest = digest_of(task)
        if (done(out, site) or {}).get("task") == digest:
            return Result(site.site, KEPT)
        _audit(task, digest, seconds)
    except (NetauditError, OSError) as error:
        reason = str(error)[:LONGEST_REASON]
        write_whole(out / FAILED / f"{site.folder}.json", orjson.dumps({"site": site.site, "reason": reason}))
        return Result(site.site, BROKEN, reason)
    (out / FAILED / f"{site.folder}.json").unlink(missing_ok=True)
    return Result(site.site, AUDITED)


def _audit(task: Task, digest: str, seconds: float) -> None:
    out, site = Path(task.out), task.site
    place, goal = out / ATTEMPTS / site.folder, out / CASES / site.folder
    place.mkdir()
    try:
        ran = subprocess.run(  # noqa: S603 - our own helper
            programs.helper(__name__), input=orjson.dumps(asdict(task)), capture_output=True, check=False,
            timeout=seconds or None,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        shutil.rmtree(place, ignore_errors=True)
        raise NetauditError("took longer than {} s", round(seconds)) from None
    if ran.returncode:
        shutil.rmtree(place, ignore_errors=True)
        said = ran.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise NetauditError("{}", said or f"its process ended with code {ran.returncode}")
    facts = {
        "manifest": hashlib.sha256((place / "case" / MANIFEST).read_bytes()).hexdigest(),
        "finished_utc": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    write_json(place / DONE, {"site": site.site, "task": digest, **facts, **versions()})
    if goal.exists():
        goal.rename(out / ATTEMPTS / f"{site.folder}.old{time.time_ns()}")
    place.rename(goal)
    for old in (out / ATTEMPTS).glob("*.old*"):
        shutil.rmtree(old, ignore_errors=True)


def main(_: list[str]) -> int:
    """Run in the process of the site: read a task from standard input and write its case."""
    from netaudit.pipeline.task import run

    given = orjson.loads(sys.stdin.buffer.read())
    fields: dict[str, Any] = {
        name: tuple(one) if isinstance(one, list) else one for name, one in given.pop("site").items()
    }
    site = Site(**fields)
    task = Task(site, **given)
    try:
        folder = Path(task.out) / ATTEMPTS / site.folder / "case"
        case = run([Path(one) for one in site.captures], folder, _options(task), lambda *_: None)
    except NetauditError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if case.partial:
        sys.stderr.write("the audit was interrupted\n")
    return int(case.partial)


def _options(task: Task) -> Options:
    from netaudit.evidence.case.moment_files import read_moments
    from netaudit.pipeline.keys import request
    from netaudit.pipeline.options import Options
    from netaudit.pipeline.project_key import fingerprint, read_project_key

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
        workers=1,
        keys=request([Path(one) for one in site.keys], site.keys_for, site.authority or None),
        moments=read_moments(Path(site.moments), site.zone or None) if site.moments else None,
    )
