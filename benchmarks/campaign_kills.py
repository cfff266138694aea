"""Kills workers and schedulers of a campaign at random moments, and looks whether anything was lost or done twice.

    python benchmarks/campaign_kills.py DIR --sites 200 --workers-killed 50 --schedulers-killed 5

A scheduler of Dask and its workers run as processes of their own on 127.0.0.1, and `netaudit campaign run` beside them.
Again and again a worker is killed (SIGKILL) at a random moment of an audit; now and then the scheduler instead, which
is started again. Nothing is audited more often than it was killed: audits begun are at
most one a site and one a worker that ended.

With `--go-on` the same line goes on where the one before it ended after `--longest` seconds, its cluster and all its
workers killed as well: one run of many sites, in pieces.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil

from benchmarks.campaign import bytes_of, write_sites
from netaudit.campaign.one_site import BROKEN, done
from netaudit.campaign.plan import read_plan
from netaudit.campaign.running import run_campaign, tasks_of

START = 10  # seconds for which a worker that begins an audit is waited for
QUIET = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "null", "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "3"}


class Cluster:
    """A scheduler and a nanny with its workers, each started again when it has ended."""

    def __init__(self, folder: Path, workers: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = str(probe.getsockname()[1])
        self.address = f"tcp://127.0.0.1:{self._port}"
        self._folder, self._workers = folder, str(workers)
        self._members: dict[str, subprocess.Popen[bytes]] = {}

    def keep_up(self) -> None:
        """Start what does not run."""
        words = {
            "scheduler": ["--host", "127.0.0.1", "--port", self._port],
            "worker": [self.address, "--nworkers", self._workers, "--nthreads", "1", "--memory-limit", "0"],
        }
        words["worker"] += ["--local-directory", str(self._folder / "scratch")]
        for what, more in words.items():
            member = self._members.get(what)
            if member is None or member.poll() is not None:
                with (self._folder / f"{what}.log").open("ab") as log:
                    command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *more, "--no-dashboard"]
                    self._members[what] = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | QUIET)

    def _kill_worker(self, rng: random.Random, busy: set[int]) -> bool:
        """Kill a worker, not its nanny, if possible one that is `busy`; False where there is none at this moment."""
        found = [
            one
            for one in psutil.Process(self._members["worker"].pid).children()
            if one.status() != psutil.STATUS_ZOMBIE and "resource_tracker" not in " ".join(one.cmdline())
        ]
        if not found:
            return False
        rng.choice([one for one in found if one.pid in busy] or found).kill()
        return True

    def kill_worker(self, rng: random.Random, busy: set[int]) -> bool:
        """The same; a worker that ended meanwhile is none."""
        try:
            return self._kill_worker(rng, busy)
        except psutil.NoSuchProcess:  # of which a zombie is one
            return False

    def kill_scheduler(self) -> None:
        """Kill the scheduler, and wait until it is gone."""
        self._members["scheduler"].kill()
        self._members["scheduler"].wait()

    def end(self) -> None:
        """End everything."""
        for member in self._members.values():
            for one in psutil.Process(member.pid).children(recursive=True) if member.poll() is None else ():
                one.kill()
            member.kill()
            member.wait()


def at_work(out: Path) -> set[int]:
    """Processes that have an audit in hand, by the names of the attempts; those that were killed left theirs."""
    pids = {int(path.name.split(".")[-2]) for path in (out / "attempts").glob("*.*.*") if ".old." not in path.name}
    return {pid for pid in pids if psutil.pid_exists(pid)}


def soon_at_work(out: Path) -> set[int]:
    """The same, once there are some: workers take seconds to start."""
    until = time.monotonic() + START
    while not (busy := at_work(out)) and time.monotonic() < until:
        time.sleep(0.02)
    return busy


def killing(command: list[str], out: Path, cluster: Cluster, given: argparse.Namespace, killed: Counter[str]) -> int:
    """Run a campaign while members are killed and counted; gives the exit code."""
    rng = random.Random(given.seed + killed.total())
    run = subprocess.Popen(command)
    until = time.monotonic() + given.longest
    while run.poll() is None:
        given.counts.write_text(json.dumps(killed))  # this process may be killed as well
        busy = soon_at_work(out)
        time.sleep(rng.uniform(0, given.pause))
        cluster.keep_up()
        if time.monotonic() > until:
            run.kill()
            run.wait()
            killed["pieces"] += 1
            return run.returncode
        if killed["workers"] >= given.workers_killed and killed["schedulers"] >= given.schedulers_killed:
            continue
        if killed["schedulers"] * given.workers_killed < killed["workers"] * given.schedulers_killed:
            cluster.kill_scheduler()
            killed["schedulers"] += 1
        elif killed["workers"] < given.workers_killed:
            killed["workers"] += cluster.kill_worker(rng, busy)
    return run.returncode


def undisturbed(plan: Path, out: Path) -> None:
    """The same campaign alone; what is done already is kept."""
    tasks = tasks_of(read_plan(plan), out, faces=False, project_key=plan.parent / "key")
    if wrong := [one for one in run_campaign(tasks) if one.state == BROKEN]:
        sys.exit(f"{len(wrong)} sites without a case: {wrong[0]}")


def main() -> None:
    """Make the sites, run them once alone and once among kills, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--workers-killed", type=int, default=50)
    parser.add_argument("--schedulers-killed", type=int, default=5)
    parser.add_argument(
        "--pause", type=float, default=0.5, help="longest time from when an audit is seen to the kill, seconds"
    )
    parser.add_argument("--longest", type=float, default=1400, help="seconds until it is given up")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--go-on", action="store_true", help="go on with what is in the folder")
    given = parser.parse_args()
    if not given.go_on:
        shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True, exist_ok=True)
    plan, out = given.folder / "captures" / "plan.csv", given.folder / "killed"
    given.counts = given.folder / "killed.json"
    if not plan.exists():
        write_sites(plan.parent, given.sites)
    key = plan.parent / "key"
    undisturbed(plan, given.folder / "alone")
    killed = Counter(json.loads(given.counts.read_text()) if given.counts.exists() else {})
    command = [sys.executable, "-m", "netaudit", "campaign", "run", str(plan), "--out", str(out), "--no-faces"]
    cluster = Cluster(given.folder, given.workers)
    cluster.keep_up()
    time.sleep(5)
    began = time.perf_counter()
    try:
        command += ["--project-key", str(key), "--on", cluster.address]
        code = killing(command, out, cluster, given, killed)
    finally:
        cluster.end()
        given.counts.write_text(json.dumps(killed))
    sites = read_plan(plan)
    finished = [found for site in sites if (found := done(out, site)) is not None]
    attempts = sum(found["attempts"] for found in finished)
    same = bytes_of(out) == bytes_of(given.folder / "alone")
    most = len(sites) + killed["workers"] + (killed["schedulers"] + killed["pieces"]) * given.workers
    left = len(list((out / "attempts").iterdir()))
    print(
        f"{len(finished)} of {len(sites)} sites, {time.perf_counter() - began:.0f} s, exit code {code}; "
        f"killed: {killed['workers']} workers, {killed['schedulers']} schedulers, {killed['pieces']} whole clusters; "
        f"audits begun {attempts} (at most {most}); "
        f"cases {'the same' if same else 'DIFFERENT or not done'}; attempts left over: {left}"
    )


if __name__ == "__main__":
    main()
