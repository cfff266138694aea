"""Audits on a Dask cluster: one task a site, at most as many at once as there are worker threads.

A worker that dies takes results with it that the scheduler then has made again; a site with a valid case answers at
once, so nothing is audited twice.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netaudit.campaign.one_site import BROKEN, Result, audit_site, note_failure
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netaudit.campaign.one_site import Task

RETRIES = 2


def on_dask(tasks: Sequence[Task], on: str, workers: int) -> Iterator[Result]:
    """Results as they come. `on` is "dask" (a cluster of this machine, for as long as it takes) or an address."""
    from pathlib import Path

    try:
        import distributed
    except ImportError as error:
        raise UsageError("a Dask cluster needs the extra: pip install 'netaudit[campaign]'") from error
    dask: Any = distributed  # it has no types
    with contextlib.ExitStack() as stack:
        address: Any = on
        if on == "dask":
            address = stack.enter_context(_own_cluster(workers))
        try:
            client = stack.enter_context(dask.Client(address, timeout=30))
        except OSError as error:
            raise UsageError(f"--on {on}: no scheduler answers: {error}") from error
        futures = {
            client.submit(
                audit_site,
                replace(task, may_end=True),
                key=f"audit-{task.site.folder}-{task.run}",
                pure=False,
                retries=RETRIES,
            ): task
            for task in tasks
        }
        for future in dask.as_completed(list(futures)):
            task = futures[future]
            try:
                yield future.result()
            except Exception as error:  # noqa: BLE001  (KilledWorker: it died more often than the scheduler allows)
                reason = f"its worker died: {type(error).__name__}"
                note_failure(Path(task.out), task.site, task.run, reason)
                yield Result(task.site.site, BROKEN, reason)
            future.release()


def _own_cluster(workers: int) -> Any:
    """Processes of this machine with one thread each; an audit is not cut off for holding the interpreter long."""
    import dask
    import distributed

    made: Any = distributed

    dask.config.set(
        {
            "distributed.scheduler.worker-ttl": None,
            "distributed.scheduler.work-stealing": False,
            "distributed.worker.memory.terminate": False,  # the watchdog bounds an audit, and says why
            "distributed.worker.memory.pause": False,
        }
    )
    return made.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1"
    )
