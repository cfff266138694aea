"""Small synthetic sites: the same cases one by one and several at a time, and what the catalogue shows of them."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from netaudit.errors import UsageError
from netaudit.pipeline.campaign import across
from netaudit.pipeline.campaign.catalogue import open_campaign
from netaudit.pipeline.campaign.plan import Site, read_plan
from netaudit.pipeline.campaign.report import write_report
from netaudit.pipeline.campaign.running import run_campaign, tasks_of
from tests.pipeline.campaign.sites import write_sites

if TYPE_CHECKING:
    from pathlib import Path

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


def test_several_at_a_time_give_the_same_cases(sites, serial, tmp_path):
    assert {one.state for one in run_campaign(tasks(sites, tmp_path), 2)} == {"audited"}
    assert bytes_of(tmp_path) == bytes_of(serial)
    assert {one.state for one in run_campaign(tasks(sites, tmp_path))} == {"kept"}


def test_a_capture_that_is_none_is_a_failure_with_its_reason(tmp_path):
    (tmp_path / "a.pcap").write_bytes(b"none")
    (found,) = run_campaign(tasks_of([Site("a", (str(tmp_path / "a.pcap"),))], tmp_path / "out"))
    assert found.state == "failed"
    assert "a.pcap" in found.reason


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
atexit.register(lambda: print([name for name in sys.modules if name.split(".")[0] in {heavy!r} or name.startswith("netaudit.pipeline.campaign")]))
main()
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert said.stdout.strip().splitlines()[-1] == "[]"
    assert (tmp_path / "case" / "manifest.json").exists()
