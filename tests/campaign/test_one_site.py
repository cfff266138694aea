"""What is true of a site lies on disk: audits are stood in for by a folder with a manifest."""

from __future__ import annotations

import json
import threading

import pytest

from netaudit.campaign import one_site, running
from netaudit.campaign.plan import Site
from netaudit.campaign.standing import standing
from netaudit.errors import UnreadableError


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    (tmp_path / "a.pcap").write_bytes(b"1")
    made: list[str] = []

    def case_into(task, folder):
        made.append(task.site.site)
        folder.mkdir()
        if task.site.site == "bad":
            raise UnreadableError("nothing could be read")
        (folder / "manifest.json").write_text("{}")
        return {"manifest": one_site.hashlib.sha256(b"{}").hexdigest(), "finished_utc": "2026-01-01T00:00:00+00:00"}

    monkeypatch.setattr(one_site, "_case_into", case_into)
    sites = [Site(name, (str(tmp_path / "a.pcap"),)) for name in ("bad", "one", "one.two")]
    out = tmp_path / "out"

    def again(**options):
        return running.tasks_of(sites, out, **options)

    again.made, again.out = made, out
    return again


def states(results):
    return [(one.site, one.state) for one in results]


def test_a_valid_case_is_not_audited_again_and_a_failure_is_a_row(tasks):
    first = running.run_campaign(tasks())
    assert states(first) == [("bad", "failed"), ("one", "audited"), ("one.two", "audited")]
    assert first[0].reason == "nothing could be read"
    assert states(running.run_campaign(tasks())) == [("bad", "failed"), ("one", "kept"), ("one.two", "kept")]
    assert sorted(tasks.made) == ["bad", "bad", "one", "one.two"]
    assert [(row["state"], row["reason"]) for row in standing(tasks.out)] == [
        ("failed", "nothing could be read"), ("done", ""), ("done", ""),
    ]  # fmt: skip
    assert not list((tasks.out / one_site.ATTEMPTS).iterdir())


def test_a_changed_case_or_other_options_are_audited_anew(tasks):
    running.run_campaign(tasks())
    case = tasks.out / "cases" / "site=one" / "case"
    (case / "manifest.json").write_text("changed")
    assert states(running.run_campaign(tasks()))[1:] == [("one", "audited"), ("one.two", "kept")]
    assert states(running.run_campaign(tasks(faces=False)))[1:] == [("one", "audited"), ("one.two", "audited")]


def test_done_of_other_versions_does_not_count(tasks, monkeypatch):
    running.run_campaign(tasks())
    monkeypatch.setattr(one_site, "versions", lambda: {"netaudit": "9", "tables": 9})
    assert states(running.run_campaign(tasks()))[1:] == [("one", "audited"), ("one.two", "audited")]


def test_what_a_dead_attempt_left_is_taken_away(tasks):
    one_site.prepare(tasks.out)
    for name in ("site=one.77.abcd", "site=other.77.abcd"):
        (tasks.out / "attempts" / name).mkdir()
    running.run_campaign(tasks())
    assert [path.name for path in (tasks.out / "attempts").iterdir()] == ["site=other.77.abcd"]


def test_two_runs_at_once_audit_each_site_once(tasks, monkeypatch):
    monkeypatch.setattr(running, "WAIT", 0.01)
    monkeypatch.setattr(one_site, "_one_at_a_time", threading.Lock())
    found: list = [None, None]
    runs = [threading.Thread(target=lambda n=n: found.__setitem__(n, running.run_campaign(tasks()))) for n in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert all({one.site for one in result} == {"bad", "one", "one.two"} for result in found)
    assert tasks.made.count("one") == tasks.made.count("one.two") == 1


def test_what_failed_in_a_run_is_not_tried_again_in_it(tasks):
    one_site.prepare(tasks.out)
    again = tasks()
    assert one_site.audit_site(again[0]).state == "failed"
    assert one_site.audit_site(again[0]).state == "failed"
    assert tasks.made == ["bad"]


def test_workers_that_die_over_a_site_are_counted(tasks):
    one_site.prepare(tasks.out)
    task = tasks()[1]
    assert one_site.given_up(task) is None  # it had not begun
    started = tasks.out / "started" / task.name
    for number in range(one_site.RETRIES + 1):
        before = started.read_text().split() if started.exists() else ["another-run"]
        started.write_text("\n".join([*before, task.run]))
        result = one_site.given_up(task)
        assert (result is None) == (number < one_site.RETRIES)
    assert result.reason == "its worker died 3 times"
    assert json.loads((tasks.out / "failed" / "site=one.json").read_bytes())["reason"] == result.reason


def test_a_case_says_how_often_it_was_begun(tasks):
    one_site.prepare(tasks.out)
    task = tasks()[1]
    (tasks.out / "started" / task.name).write_text("a-run\nanother-run")
    assert one_site.audit_site(task).state == "audited"
    assert one_site.done(tasks.out, task.site)["attempts"] == 3
    assert not (tasks.out / "started" / task.name).exists()


def test_a_worker_with_another_version_makes_no_case(tasks):
    from dataclasses import replace

    one_site.prepare(tasks.out)
    result = one_site.audit_site(replace(tasks()[1], made_by="netaudit 0.0 (tables 1)"))
    assert result.state == "failed"
    assert "the campaign is run by netaudit 0.0" in result.reason


def test_a_slow_disk_makes_nothing_twice_and_shows_no_half_case(tasks, monkeypatch):
    import time
    from pathlib import Path

    real = Path.rename

    def slow(path, goal):
        time.sleep(0.05)
        real(path, goal)
        time.sleep(0.05)

    monkeypatch.setattr(Path, "rename", slow)
    monkeypatch.setattr(running, "WAIT", 0.01)
    monkeypatch.setattr(one_site, "_flush", lambda _: time.sleep(0.1))
    monkeypatch.setattr(one_site, "_one_at_a_time", threading.Lock())
    seen, over = [], threading.Event()
    one_site.prepare(tasks.out)
    sites = [task.site for task in tasks()]

    def look():
        while not over.is_set():
            seen.append(tuple(bool(one_site.done(tasks.out, site)) for site in sites))

    runs = [threading.Thread(target=lambda: running.run_campaign(tasks())) for _ in range(3)]
    for run in [looking := threading.Thread(target=look), *runs]:
        run.start()
    for run in runs:
        run.join()
    over.set()
    looking.join()
    assert tasks.made.count("one") == tasks.made.count("one.two") == 1
    assert all(list(column) == sorted(column) for column in zip(*seen, strict=True))  # once there, it stays
    assert seen[-1] == (False, True, True)


def test_what_another_run_has_in_hand_is_waited_for_without_beginning_again(tasks, monkeypatch):
    from netaudit.case.lock import writing

    one_site.prepare(tasks.out)
    begun = []
    real = running._serial
    monkeypatch.setattr(running, "_serial", lambda *given: begun.append(len(given[0])) or real(*given))
    monkeypatch.setattr(running, "WAIT", 0.01)
    some = tasks()
    locks = [tasks.out / "locks" / task.name for task in some]
    held, free = threading.Event(), threading.Event()

    def hold():
        for lock in locks:
            lock.mkdir(parents=True)
        with writing(locks[0], "a"), writing(locks[1], "a"), writing(locks[2], "a"):
            held.set()
            free.wait(10)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(10)
    threading.Timer(0.5, free.set).start()
    running.run_campaign(some)
    other.join()
    assert 2 <= len(begun) <= 5
    assert sorted(tasks.made) == ["bad", "one", "one.two"]
