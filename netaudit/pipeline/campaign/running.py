"""Run the audits of a plan on this computer, some at a time. A run that was cut off is simply run again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.evidence.case.lock import writing
from netaudit.pipeline.campaign.one_site import Result, Task, audit_site, prepare
from netaudit.pipeline.campaign.plan import PLAN, write_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netaudit.pipeline.campaign.plan import Site

    Tell = Callable[[Result, int], None]


def tasks_of(
    sites: Sequence[Site], out: Path, *, faces: bool = True, lang: str = "en", project_key: Path | None = None
) -> list[Task]:
    """Make the tasks of a run. Raises UsageError if the project key cannot be read."""
    from netaudit.pipeline.project_key import fingerprint, read_project_key

    key = fingerprint(read_project_key(project_key)) if project_key else ""
    held = str(project_key.absolute()) if project_key else ""
    return [Task(site, str(out.absolute()), faces, lang, held, key) for site in sites]


def run_campaign(tasks: Sequence[Task], workers: int = 1, tell: Tell | None = None, seconds: float = 0) -> list[Result]:
    """Audit every site without a valid case, `workers` at a time; results in the order of the tasks.

    `tell` is called with each result and its number; `seconds` limits one audit, 0 does not. Raises UsageError where
    another run has the campaign in hand.
    """
    out = Path(tasks[0].out)
    out.mkdir(parents=True, exist_ok=True)
    results: dict[str, Result] = {}
    with writing(out, "campaign"):
        prepare(out)
        write_plan(out / PLAN, [task.site for task in tasks])
        with ThreadPoolExecutor(workers) as pool:  # each waits for a process
            futures = [pool.submit(audit_site, task, seconds) for task in tasks]
            try:
                for future in as_completed(futures):
                    result = future.result()
                    results[result.site] = result
                    if tell is not None:
                        tell(result, len(results))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return [results[task.site.site] for task in tasks]
