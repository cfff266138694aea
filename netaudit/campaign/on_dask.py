"""Audits on a Dask cluster: one task a site, at most as many at once as there are worker threads.

A worker that dies takes results with it that the scheduler then has made again; a site with a valid case answers at
once, so nothing is audited twice. A scheduler that is lost takes all tasks with it: they are given to the next one
that answers under its address.
"""

from __future__ import annotations

import concurrent.futures as cf
import contextlib
import logging
import queue
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netaudit.campaign.one_site import audit_site, failed_task, given_up
from netaudit.errors import NetauditError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from netaudit.campaign.one_site import Result, Task

    Notice = Callable[[str], None]

RETRIES = 2
CONNECT = 30  # seconds for which a scheduler is waited for at the start
COME_BACK = 120  # and when it was lost
NOBODY = 60  # seconds without any worker until that is told
ABANDONED = 900  # and until the run ends
LOOK = 5.0  # seconds between looks whether anybody is there


class LostError(NetauditError):
    """The scheduler is gone, and none came in its place."""


def at_hand(on: str) -> int:
    """Threads of all workers that a scheduler has now. Raises UsageError where none answers."""
    dask = _distributed()
    try:
        with dask.Client(on, timeout=CONNECT, set_as_default=False) as client:
            return sum(client.nthreads().values())
    except (OSError, ValueError) as error:
        raise UsageError("--on {}: no scheduler answers: {}", on, error) from error


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise UsageError("a Dask cluster needs Dask: python -m pip install dask distributed") from error
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what it would tell is told by `notice`
    return distributed  # it has no types


def on_dask(tasks: Sequence[Task], on: str, workers: int, notice: Notice) -> Iterator[tuple[Task, Result]]:
    """Results as they come. `on` is "dask" (a cluster of this machine, for as long as it takes) or an address.

    `notice` is told "lost" and "nobody" when that is so. Raises UsageError where no scheduler answers at the start or
    no worker comes, LostError where one was lost for good.
    """
    dask = _distributed()
    waiting = {task.name: replace(task, may_end=True) for task in tasks}
    with contextlib.ExitStack() as stack:
        address: Any = stack.enter_context(_own_cluster(workers)) if on == "dask" else on
        limit = CONNECT
        while waiting:
            try:
                client = dask.Client(address, timeout=limit, set_as_default=False)
            except (OSError, ValueError) as error:
                if limit == CONNECT:
                    raise UsageError("--on {}: no scheduler answers: {}", on, error) from error
                raise LostError("--on {}: the scheduler was lost; run the same command again", on) from error
            with client:
                for task, result in _through(dask, client, list(waiting.values()), on, notice):
                    del waiting[task.name]
                    yield task, result
            if waiting:
                notice("lost")
                limit = COME_BACK


def _through(dask: Any, client: Any, tasks: Sequence[Task], on: str, notice: Notice) -> Iterator[tuple[Task, Result]]:
    """Tasks and their results, until all are there or the scheduler is lost."""
    ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
    futures: dict[str, tuple[Any, Task]] = {}

    def submit(task: Task) -> None:
        key = f"audit-{task.name}-{task.run}-{secrets.token_hex(4)}"
        future = client.submit(audit_site, task, key=key, pure=False, retries=RETRIES)
        futures[key] = future, task
        future.add_done_callback(ended.put)

    for task in tasks:
        submit(task)
    watch = _Watch(on, notice)
    while futures:
        try:
            future = ended.get(timeout=LOOK)
        except queue.Empty:
            if client.status != "running":
                return
            watch.look(client)
            continue
        watch.seen()
        _, task = futures.pop(future.key)
        try:
            result = future.result()
        except (cf.CancelledError, OSError):  # not the fault of a site
            return
        except dask.KilledWorker:  # those that only waited at workers that died are among them
            if (failed := given_up(task)) is None:
                submit(task)
                continue
            result = failed
        except Exception as error:  # noqa: BLE001  (netaudit is missing there, say)
            result = failed_task(task, f"a worker could not take it: {type(error).__name__}: {error}")
        yield task, result


class _Watch:
    """Sees that there are workers, and says so where there are none."""

    def __init__(self, on: str, notice: Notice) -> None:
        self._on, self._notice = on, notice
        self.seen()

    def seen(self) -> None:
        """Somebody is at work."""
        self._since, self._told = time.monotonic(), False

    def look(self, client: Any) -> None:
        """Ask the scheduler. Raises UsageError where nobody has been there for too long."""
        with contextlib.suppress(OSError):
            if client.nthreads():
                self.seen()
        alone = time.monotonic() - self._since
        if alone > ABANDONED:
            raise UsageError(
                "--on {}: the scheduler has no worker; start one, and run the same command again", self._on
            )
        if alone > NOBODY and not self._told:
            self._notice("nobody")
            self._told = True


@contextlib.contextmanager
def _own_cluster(workers: int) -> Iterator[Any]:
    """Processes of this machine with one thread each; an audit is not cut off for holding the interpreter long."""
    import dask
    import distributed

    made: Any = distributed
    settings = {
        "distributed.scheduler.worker-ttl": None,
        "distributed.scheduler.work-stealing": False,
        "distributed.worker.memory.terminate": False,  # the watchdog bounds an audit, and says why
        "distributed.worker.memory.pause": False,
    }
    with (
        dask.config.set(settings),
        made.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1"
        ) as cluster,
    ):
        yield cluster
