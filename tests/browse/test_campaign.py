"""A campaign in the browser: its sites with their verdicts, and from there each case."""

from __future__ import annotations

import hashlib
import shutil

import orjson
import pytest

pytest.importorskip("duckdb", reason="NO DUCKDB: install the extra campaign")

from starlette.testclient import TestClient

from netaudit.browse.access import Gate
from netaudit.browse.server import application
from netaudit.browse.shelf import Shelf
from netaudit.pipeline.campaign.one_site import CASES, prepare, versions
from netaudit.pipeline.campaign.plan import PLAN, Site, write_plan
from tests.browse.conftest import EVIL, HOST, MOUNT

WAITING = "<b>waiting</b>"


@pytest.fixture(scope="module")
def campaign(made, tmp_path_factory):
    out = tmp_path_factory.mktemp("campaign")
    prepare(out)
    sites = [Site(name, ("a.pcap",), district="<i>东区</i>") for name in ("一号", "二号", WAITING)]
    for site in sites[:2]:
        place = out / CASES / site.folder
        shutil.copytree(made, place / "case")
        seal = hashlib.sha256((place / "case" / "manifest.json").read_bytes()).hexdigest()
        (place / "done.json").write_bytes(orjson.dumps({"manifest": seal, **versions()}))
    write_plan(out / PLAN, sites)
    return out


@pytest.fixture
def browser(campaign):
    gate = Gate(application(Shelf(campaign), MOUNT, "en"), HOST, MOUNT, lambda _: None)
    client = TestClient(gate, base_url=f"http://{HOST}", follow_redirects=True)
    assert client.get(gate.address.removeprefix(f"http://{HOST}")).status_code == 200
    return client


@pytest.mark.parametrize(("lang", "said"), [("en", "By district"), ("zh", "各区概览")])
def test_the_sites_are_shown_and_lead_to_their_cases(browser, lang, said):
    page = browser.get(f"{MOUNT}/?lang={lang}").text
    assert said in page
    for number, name in enumerate(("一号", "二号")):
        assert f'<a href="{MOUNT}/c/{number}/verdict">{name}</a>' in page
        assert browser.get(f"{MOUNT}/c/{number}/verdict").status_code == 200
    assert "&lt;b&gt;waiting&lt;/b&gt;" in page
    assert "<b>waiting" not in page
    assert "<i>东区" not in page
    assert EVIL not in page


def test_a_case_leads_back(browser):
    assert f'<a href="{MOUNT}/">' in browser.get(f"{MOUNT}/c/0/verdict").text
