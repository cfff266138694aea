"""Small synthetic sites, audited in every way: the same cases to the byte, also after workers were killed."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import multiprocessing
import os
import random
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from netaudit.campaign import across
from netaudit.campaign.catalogue import open_campaign
from netaudit.campaign.plan import read_plan
from netaudit.campaign.report import write_report
from netaudit.campaign.running import run_campaign, tasks_of
from netaudit.errors import UsageError
from tests.campaign.sites import write_sites

OF_A_RUN = {"custody.jsonl", "manifest.json", "run.json", "report.html", ".lock"}  # they have times of the run
SITES = 3  # one of each kind


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sites")
    return read_plan(write_sites(folder, SITES, variants=SITES)), folder / "key"


def tasks(sites, out):
    return tasks_of(sites[0], out, faces=False, project_key=sites[1])


@pytest.fixture(scope="module")
def serial(sites, tmp_path_factory):
    out = tmp_path_factory.mktemp("serial")
    assert {one.state for one in run_campaign(tasks(sites, out))} == {"audited"}
    return out


def bytes_of(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in out.glob("cases/*/case/**/*")
        if path.is_file() and path.name not in OF_A_RUN
    }


def test_processes_give_the_same_cases_though_workers_are_killed(sites, serial, tmp_path):
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        """The process of an attempt, at a random moment of it, twice."""
        rng = random.Random(1)
        while len(killed) < 2 and not over.wait(rng.uniform(0.05, 0.3)):
            for attempt in list((tmp_path / "attempts").glob("*")):
                pid = attempt.name.split(".")[1]
                if pid.isdigit() and int(pid) in {child.pid for child in multiprocessing.active_children()} - set(
                    killed
                ):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)
                        killed.append(int(pid))
                    break

    killer = threading.Thread(target=kill)
    killer.start()
    results = run_campaign(tasks(sites, tmp_path), "processes", 2)
    over.set()
    killer.join()
    assert killed
    assert {one.state for one in results} <= {"audited", "kept"}
    assert bytes_of(tmp_path) == bytes_of(serial)
    assert not list((tmp_path / "attempts").iterdir())


@pytest.mark.parametrize("keyed", [True, False])
def test_a_site_in_parts_is_the_same_case_and_leaves_no_part(sites, serial, tmp_path, keyed):
    told = []
    some = tasks_of(sites[0][: 1 + keyed], tmp_path, faces=False, project_key=sites[1] if keyed else None)
    run_campaign(some, "processes", 2, lambda *said: told.append(said[0]), split_above=1, parts=3)
    assert sorted(one.part for one in told if one.site == sites[0][0].site) == ["", "0/3", "1/3", "2/3", "3/3"]
    assert {one.state for one in told} == {"audited"}
    assert not list((tmp_path / "parts").iterdir())
    made = bytes_of(tmp_path)
    if keyed:
        assert made == {name: value for name, value in bytes_of(serial).items() if name in made}
    assert len(made) > 20
    again = run_campaign(some, "processes", 2, split_above=1, parts=2)
    assert {one.state for one in again} == {"kept"}


def test_parts_that_are_there_are_not_read_again(sites, tmp_path):
    from dataclasses import replace

    from netaudit.campaign import one_site, parts

    first = tasks((sites[0][:1], sites[1]), tmp_path)
    one_site.prepare(tmp_path)
    rounds = parts.in_parts(first, 1, lambda: 2)
    assert [[task.part for task in one] for one in rounds] == [[0, 1, 2], [None]]
    assert one_site.audit_site(rounds[0][1]).state == "audited"
    assert one_site.audit_site(rounds[0][1]).state == "kept"
    failed = one_site.audit_site(replace(rounds[1][0], run="other"))
    assert (failed.state, failed.reason) == ("failed", "parts 0, 2 of 2 are missing; run the campaign again")
    assert [one.state for one in run_campaign(first, "processes", 2, split_above=1, parts=2)] == ["audited"]
    assert one_site.done(tmp_path, first[0].site)["attempts"] == 1


@pytest.mark.filterwarnings("default")  # of Dask itself, on ports and slow processes
def test_a_cluster_gives_the_same_cases(sites, serial, tmp_path):
    pytest.importorskip("distributed", reason="NO DASK: install the extra campaign")
    began = time.time()
    assert {one.state for one in run_campaign(tasks(sites, tmp_path), "dask", 2)} == {"audited"}
    assert bytes_of(tmp_path) == bytes_of(serial)
    assert {one.state for one in run_campaign(tasks(sites, tmp_path))} == {"kept"}
    assert all(path.stat().st_mtime >= began - 1 for path in tmp_path.glob("cases/*/done.json"))


def test_the_catalogue_has_the_sites_and_no_person(sites, serial):
    campaign = open_campaign(serial)
    assert set(campaign.captures["site"]) == {site.site for site in sites[0]}
    for table in ("findings", "events", "images", "objects", "devices"):
        names = set(getattr(campaign, table).columns)
        assert "site" in names
        assert not {name for name in names if re.search(r"hmac|phash", name)}, table
    for table in ("persons", "journeys"):
        with pytest.raises(AttributeError, match="no rows of persons"):
            getattr(campaign, table)
    makers = {row["what"]: row["sites"] for row in across.recurring(campaign, "makers")}
    assert makers["Hikvision"] == SITES
    for what in across.QUESTIONS:
        across.recurring(campaign, what)


def test_persons_are_counted_only_on_request_and_from_five_on(serial):
    campaign = open_campaign(serial)
    with pytest.raises(UsageError, match="purpose"):
        across.persons_at_several(campaign, "", "somebody")
    said = across.persons_at_several(campaign, "does one agency serve all", "the bureau")
    assert said["persons"] is None  # three at most in these captures
    assert "the bureau" in (serial / "campaign.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_says_every_site_and_loads_nothing(sites, serial, tmp_path, lang):
    html = write_report(open_campaign(serial), tmp_path / "report.html", lang).read_text(encoding="utf-8")
    assert all(site.site in html for site in sites[0])
    assert "检查员甲" in html
    assert not re.search(r"src=|https?://", html)
    (own,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert base64.b64encode(hashlib.sha256(own.encode()).digest()).decode() in html  # the policy lets no other run
    heads = re.search(r'<section id="bars">.*?<thead>(.*?)</thead>', html, re.DOTALL)[1]
    assert heads.count('scope="col"') == 7
    assert html.count('<span class="bar minutes">') >= 1
    if lang == "zh":
        prose = re.sub(r"<bdi>.*?</bdi>|<style>.*?</style>|<script>.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL)
        assert not re.findall(r"[A-Za-z]{4,} [A-Za-z]{4,}", prose)
    assert ("未跨场所统计" if lang == "zh" else "were not counted") in html


def test_nothing_of_a_campaign_is_loaded_by_an_audit(sites, tmp_path):
    import subprocess
    import sys

    heavy = ("dask", "distributed", "duckdb", "fsspec", "openpyxl", "s3fs")
    code = f"""
import atexit, sys
from netaudit.cli import main
sys.argv = ["netaudit", "audit", {sites[0][0].captures[0]!r}, "--case", {str(tmp_path / "case")!r}, "--no-faces"]
atexit.register(lambda: print([name for name in sys.modules if name.split(".")[0] in {heavy!r} or name.startswith("netaudit.campaign")]))
main()
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert said.stdout.strip().splitlines()[-1] == "[]"
    assert (tmp_path / "case" / "manifest.json").exists()
