"""A scheduler that is lost, and one that nobody works for; real ones, in processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from netaudit.campaign.one_site import done
from netaudit.campaign.plan import read_plan
from netaudit.campaign.running import run_campaign, tasks_of
from netaudit.errors import UsageError
from tests.campaign.sites import write_sites

pytest.importorskip("distributed", reason="NO DASK: install the extra campaign")
pytestmark = pytest.mark.filterwarnings("default")  # of Dask itself
on_dask = pytest.importorskip("netaudit.campaign.on_dask")
PLAIN = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "null"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """A scheduler, and one worker."""

    def __init__(self, folder, port: int) -> None:
        self._folder, self.address = folder, f"tcp://127.0.0.1:{port}"
        self._port, self.members = port, []

    def start(self, what: str, *words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *words, "--no-dashboard"]
        with (self._folder / f"{what}.log").open("ab") as log:
            member = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | PLAIN)
        self.members.append(member)
        return member

    def scheduler(self) -> subprocess.Popen:
        return self.start("scheduler", "--host", "127.0.0.1", "--port", str(self._port))

    def worker(self) -> subprocess.Popen:
        words = ("--nthreads", "1", "--memory-limit", "0", "--local-directory", str(self._folder))
        return self.start("worker", self.address, *words)

    def end(self) -> None:
        for member in self.members:
            if member.poll() is None:
                member.send_signal(signal.SIGTERM)
                try:
                    member.wait(5)
                except subprocess.TimeoutExpired:
                    member.kill()
                    member.wait()


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path, free_port())
    yield made
    made.end()


@pytest.fixture
def tasks(tmp_path):
    sites = read_plan(write_sites(tmp_path / "sites", 8, variants=2))
    return tasks_of(sites, tmp_path / "out", faces=False)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_scheduler_that_was_lost_fails_no_site_and_the_next_one_goes_on(cluster, tasks, tmp_path):
    first = [cluster.scheduler(), cluster.worker()]
    told = []

    def tell(result, number, of):
        if number == 2:
            for member in first:
                member.kill()
            cluster.scheduler()
            cluster.worker()

    results = run_campaign(tasks, cluster.address, tell=tell, notice=told.append)
    assert told[0] == "lost"
    assert {one.state for one in results} <= {"audited", "kept"}
    assert on_dask.at_hand(cluster.address) == 1
    attempts = [done(tmp_path / "out", task.site)["attempts"] for task in tasks]
    assert sum(attempts) <= len(tasks) + 1
    assert not list((tmp_path / "out" / "failed").iterdir())


def test_a_scheduler_that_never_comes_back_ends_the_run_and_fails_no_site(cluster, tasks, tmp_path, monkeypatch):
    monkeypatch.setattr(on_dask, "COME_BACK", 2)
    first = [cluster.scheduler(), cluster.worker()]

    def tell(result, number, of):
        for member in first:
            member.kill()

    with pytest.raises(on_dask.LostError, match="run the same command again"):
        run_campaign(tasks, cluster.address, tell=tell)
    assert not list((tmp_path / "out" / "failed").iterdir())


def test_nobody_at_work_is_told_and_not_waited_for_for_ever(cluster, tasks, monkeypatch):
    for name, seconds in (("NOBODY", 0.5), ("ABANDONED", 2), ("LOOK", 0.2)):
        monkeypatch.setattr(on_dask, name, seconds)
    cluster.scheduler()
    told = []
    began = time.monotonic()
    with pytest.raises(UsageError, match="has no worker"):
        run_campaign(tasks, cluster.address, notice=told.append)
    assert told == ["nobody"]
    assert time.monotonic() - began < 60
