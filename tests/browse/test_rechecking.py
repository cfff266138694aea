"""Two visits on the page that sets cases beside each other, whichever is named first."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from netaudit.browse import comparing
from netaudit.browse.access import Gate
from netaudit.browse.server import application
from netaudit.browse.shelf import Shelf
from netaudit.findings.recheck.saying import TEXTS
from tests.browse.conftest import HOST, MOUNT
from tests.findings.recheck.measure import one


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("visits")
    one(10, "stopped", folder)
    return [folder / "after", folder / "before"]


@pytest.fixture
def browser(visits):
    gate = Gate(application(Shelf(visits), MOUNT, "en"), HOST, MOUNT, lambda _: None)
    client = TestClient(gate, base_url=f"http://{HOST}")
    client.get(gate.address)
    return client


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_became_of_each_transfer_stands_beside_the_figures(browser, lang) -> None:
    text = browser.get(f"{MOUNT}/compare?a=0&b=1&lang={lang}").text
    assert TEXTS["title"][lang] in text
    assert f"<b>{TEXTS['status.gone'][lang]}</b>" in text
    number = "100 次这样的检查中至少" if lang == "zh" else "of 100 such visits"
    assert number in text
    assert text.index(TEXTS["before"][lang]) < text.index(f"<b>{TEXTS['status.gone'][lang]}</b>")


def test_cases_that_are_too_large_for_a_page_are_left_to_the_command(browser, monkeypatch) -> None:
    monkeypatch.setattr(comparing, "MOST_FLOWS", 1)
    text = browser.get(f"{MOUNT}/compare?a=0&b=1&lang=en").text
    assert "More than 1 connections: netaudit recheck" in text
    assert TEXTS["status.gone"]["en"] not in text


def test_why_two_cases_are_no_two_visits_is_said(browser, visits, tmp_path) -> None:
    import shutil

    again = shutil.copytree(visits[0], tmp_path / "again")
    gate = Gate(application(Shelf([visits[0], again]), MOUNT, "en"), HOST, MOUNT, lambda _: None)
    client = TestClient(gate, base_url=f"http://{HOST}")
    client.get(gate.address)
    assert "has a capture that another of the visits has" in client.get(f"{MOUNT}/compare?a=0&b=1&lang=en").text
