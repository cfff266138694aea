"""Runs the audits of a plan: in this process, in processes of this machine, or on a Dask cluster.

Whatever runs them, the truth lies on disk (`one_site.py`): a run that was cut off is simply run again.

Spawned processes do not run the program's main module again: all that they are sent lies in modules of netaudit.
"""

from __future__ import annotations

import contextlib
import secrets
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.campaign.one_site import ELSEWHERE, LOCKS, Result, Task, audit_site, given_up, made_by, prepare
from netaudit.campaign.parts import in_parts
from netaudit.campaign.plan import PLAN, write_plan
from netaudit.campaign.remote import is_url, put_file, scratch_of
from netaudit.case.lock import holder
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from netaudit.campaign.plan import Site

    Tell = Callable[[Result, int, int], None]
    Notice = Callable[[str], None]
    Way = Callable[[Sequence[Task], str, int, Notice], Iterator[tuple[Task, Result]]]


@contextlib.contextmanager
def without_main() -> Iterator[None]:
    """Processes spawned meanwhile leave `__main__` alone, which may be a script that would start a campaign again."""
    main = sys.modules["__main__"]
    kept = {name: vars(main)[name] for name in ("__file__", "__spec__") if name in vars(main)}
    for name in kept:
        delattr(main, name)
    main.__spec__ = None
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(main, name, value)


SPLIT_ABOVE = 4 << 30  # bytes of a site's captures from which on several workers share it
WAIT = 0.5  # seconds between looks at what another run has in hand


def tasks_of(
    sites: Sequence[Site],
    out: Path | str,
    *,
    faces: bool = True,
    lang: str = "en",
    project_key: Path | None = None,
    most_seconds: float = 0,
    most_bytes: int = 0,
) -> list[Task]:
    """Tasks of one run, into a folder or the address of a store. Raises UsageError when the key cannot be read."""
    from netaudit.pipeline.project_key import fingerprint, read_project_key

    key = fingerprint(read_project_key(project_key)) if project_key else ""
    store = str(out).rstrip("/") if is_url(str(out)) else ""
    place, run = str(scratch_of(store) if store else Path(out).absolute()), secrets.token_hex(8)
    held = str(project_key.absolute()) if project_key else ""
    shared = (place, run, faces, lang, held, key, most_seconds, most_bytes)
    return [Task(site, *shared, made_by=made_by(), store=store) for site in sites]


def run_campaign(
    tasks: Sequence[Task],
    on: str = "local",
    workers: int = 1,
    tell: Tell | None = None,
    notice: Notice = lambda _: None,
    *,
    split_above: int = SPLIT_ABOVE,
    parts: int = 0,
) -> list[Result]:
    """Audit what has no valid case yet; results in the order of the tasks.

    Sites of more than `split_above` bytes of captures are read in so many `parts` at once; 0: as many as there are
    workers, 1: never.
    """
    out = Path(tasks[0].out)
    way = _way(on)
    prepare(out)
    own = out / f"{PLAN}.{tasks[0].run}"  # another run may be writing it, too
    write_plan(own, [task.site for task in tasks])
    own.replace(out / PLAN)
    if tasks[0].store:
        put_file(tasks[0].store, PLAN, (out / PLAN).read_bytes())
    results: dict[str, Result] = {}

    apart = tasks[0].store and "://" in on  # parts lie in scratch, which machines do not share
    many = 1 if on == "local" or apart else parts
    rounds = in_parts(tasks, split_above, lambda: many or _at_hand(on, workers))
    of = sum(map(len, rounds))

    def note(task: Task, result: Result) -> None:
        results[task.name] = result
        if tell is not None and result.state != ELSEWHERE:
            tell(result, sum(one.state != ELSEWHERE for one in results.values()), of)

    if "://" not in on:
        _compile_once(notice)
    with without_main():
        for each in rounds:
            left = each
            while left:  # what another run has in hand: see what it makes of it, or go on where it died
                for task, result in way(left, on, workers, notice):
                    note(task, result)
                left = [task for task in left if results[task.name].state == ELSEWHERE]
                _wait(left)
    return [results[task.name] for task in tasks]


def _at_hand(on: str, workers: int) -> int:
    """How many audits may run at once."""
    if "://" not in on:
        return workers
    from netaudit.campaign.on_dask import at_hand

    return at_hand(on)


def _wait(left: Sequence[Task]) -> None:
    """Return when another run has let go of one of them: to begin processes in vain costs seconds."""
    while left and all(holder(Path(task.out) / LOCKS / task.name) is not None for task in left):
        time.sleep(WAIT)


def _compile_once(notice: Notice) -> None:
    """Where kernels are to be compiled, before there are workers that wait for it without a word."""
    from netaudit.pipeline.ready import make_ready

    make_ready(lambda _, done, __: None if done else notice("compiling"))


def _way(on: str) -> Way:
    if on == "local":
        return _serial
    if on == "processes":
        return _processes
    if on == "dask" or "://" in on:
        from netaudit.campaign.on_dask import on_dask

        return on_dask
    raise UsageError("--on {}: say local, processes, dask or the address of a Dask scheduler (tcp://HOST:8786)", on)


def _serial(tasks: Sequence[Task], _: str, __: int, ___: Notice) -> Iterator[tuple[Task, Result]]:
    for task in tasks:
        yield task, audit_site(task)


def _processes(tasks: Sequence[Task], _: str, workers: int, __: Notice) -> Iterator[tuple[Task, Result]]:
    """Spawned processes; when one dies its pool is given up, and what has no result yet is tried in another."""
    import concurrent.futures as cf
    import multiprocessing

    waiting = [replace(task, may_end=True) for task in tasks]
    while waiting:
        broken = []
        with cf.ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            futures = {pool.submit(audit_site, task): task for task in waiting}
            for future in cf.as_completed(futures):
                try:
                    yield futures[future], future.result()
                except cf.BrokenExecutor:
                    broken.append(futures[future])
        waiting = []
        for task in broken:
            if (failed := given_up(task)) is not None:
                yield task, failed
            else:
                waiting.append(task)
