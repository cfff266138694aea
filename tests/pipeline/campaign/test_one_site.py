"""The state of a campaign is on disk. Processes of sites are stood in for by functions that write a manifest."""

from __future__ import annotations

import subprocess
from pathlib import Path

import orjson
import pytest

from netaudit.errors import UsageError
from netaudit.evidence.case.lock import writing
from netaudit.pipeline.campaign import one_site, running
from netaudit.pipeline.campaign.plan import Site
from netaudit.pipeline.campaign.standing import standing


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    (tmp_path / "a.pcap").write_bytes(b"1")
    made: list[str] = []

    def process(command, *, input, timeout, **_):  # noqa: A002
        given = orjson.loads(input)
        site = Site(**given["site"])
        made.append(site.site)
        if site.site == "slow":
            raise subprocess.TimeoutExpired(command, timeout)
        if site.site == "bad":
            return subprocess.CompletedProcess(command, 1, b"", b"more\nnothing could be read\n")
        if site.site == "killed":
            return subprocess.CompletedProcess(command, -9, b"", b"")
        case = Path(given["out"]) / one_site.ATTEMPTS / site.folder / "case"
        case.mkdir()
        (case / "manifest.json").write_text("{}")
        return subprocess.CompletedProcess(command, 0, b"", b"")

    monkeypatch.setattr(one_site.subprocess, "run", process)
    sites = [Site(name, (str(tmp_path / "a.pcap"),)) for name in ("bad", "killed", "one", "one.two", "slow")]
    sites.append(Site("zero", (str(tmp_path / "absent.pcap"),)))

    def again(**options):
        return running.tasks_of(sites, tmp_path / "out", **options)

    again.made, again.out = made, tmp_path / "out"
    return again


def states(results):
    return {one.site: one.state for one in results}


def test_a_valid_case_is_kept_and_a_failure_has_its_reason(tasks):
    first = {one.site: one for one in running.run_campaign(tasks(), 2, seconds=7)}
    assert {name: one.reason for name, one in first.items() if one.state == "failed"} == {
        "bad": "nothing could be read", "killed": "its process ended with code -9", "slow": "took longer than 7 s",
        "zero": first["zero"].reason,
    }  # fmt: skip
    assert "absent.pcap" in first["zero"].reason
    again = states(running.run_campaign(tasks(), 2))
    assert (again["one"], again["one.two"], again["bad"]) == ("kept", "kept", "failed")
    assert tasks.made.count("one") == 1
    assert {row["site"]: row["state"] for row in standing(tasks.out)}["one"] == "done"
    assert not list((tasks.out / one_site.ATTEMPTS).iterdir())


def test_a_changed_case_or_other_options_or_versions_are_audited_anew(tasks, monkeypatch):
    running.run_campaign(tasks())
    case = tasks.out / "cases" / "site=one" / "case"
    (case / "manifest.json").write_text("changed")
    found = states(running.run_campaign(tasks()))
    assert (found["one"], found["one.two"]) == ("audited", "kept")
    assert states(running.run_campaign(tasks(faces=False)))["one.two"] == "audited"
    monkeypatch.setattr(one_site, "versions", lambda: {"netaudit": "9", "tables": 9})
    assert states(running.run_campaign(tasks(faces=False)))["one"] == "audited"


def test_an_attempt_that_was_cut_off_is_removed(tasks):
    (tasks.out / one_site.ATTEMPTS / "site=one" / "case").mkdir(parents=True)
    assert states(running.run_campaign(tasks()))["one"] == "audited"
    assert not list((tasks.out / one_site.ATTEMPTS).iterdir())


def test_one_run_at_a_time(tasks):
    import threading

    held, free = threading.Event(), threading.Event()

    def hold():
        tasks.out.mkdir()
        with writing(tasks.out, "campaign"):
            held.set()
            free.wait(10)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(10)
    with pytest.raises(UsageError):
        running.run_campaign(tasks())
    free.set()
    other.join()
    assert not tasks.made
