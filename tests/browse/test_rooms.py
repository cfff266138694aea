"""Rooms beyond tables: the picture, journeys, decisions by a form, two cases beside each other."""

from __future__ import annotations

import re
import shutil

import pytest
from starlette.testclient import TestClient

from netaudit.browse.access import Gate
from netaudit.browse.comparing import FIGURES, TOPICS
from netaudit.browse.server import application
from netaudit.browse.shelf import Shelf
from netaudit.browse.texts import TEXTS
from netaudit.errors import UsageError
from netaudit.evidence.case.custody import broken, entries
from netaudit.evidence.case.decisions import latest
from tests.browse.conftest import EVIL, HOST, MOUNT

HOME = f"{MOUNT}/c/0"
DEVICE = "02:00:00:00:00:01"


@pytest.fixture
def own(made, tmp_path):
    """A copy of the case that may be written to, and a browser that was let in."""
    folder = tmp_path / "mine"
    shutil.copytree(made, folder)
    gate = Gate(application(Shelf([folder, made]), MOUNT, "en"), HOST, MOUNT, lambda _: None)
    client = TestClient(gate, base_url=f"http://{HOST}")
    client.get(gate.address)
    client.headers["origin"] = f"http://{HOST}"
    client.folder = folder
    return client


def test_a_decision_is_kept_beside_what_was_found(own) -> None:
    before = (own.folder / "tables" / "devices.parquet").read_bytes()
    said = {"class": "ip_camera", "vendor": "Acme", "alias": EVIL, "note": "label seen", "by": "A"}
    answer = own.post(f"{HOME}/decide/{DEVICE}", data=said)
    assert answer.status_code == 200
    assert "#decisions" in str(answer.url)
    one = latest(own.folder)[DEVICE]
    assert (one.kind, one.vendor, one.note, one.by) == ("ip_camera", "Acme", "label seen", "A")
    assert len(one.alias) <= 60
    assert entries(own.folder)[-1]["what"] == "decided"
    assert not broken(own.folder)
    assert (own.folder / "tables" / "devices.parquet").read_bytes() == before
    for page in ("devices", "row/devices/0"):
        text = own.get(f"{HOME}/{page}").text
        assert "&lt;script&gt;" in text
        assert "<script>alert" not in text
        assert "\u202e" not in text
    assert TEXTS["report_stale"]["en"] in own.get(f"{HOME}/row/devices/0").text


@pytest.mark.parametrize(
    ("device", "said"),
    [
        (DEVICE, {}),
        (DEVICE, {"class": "no_such_class"}),
        ("02:00:00:00:00:99", {"note": "x"}),
        (DEVICE, {"alias": "  "}),
    ],
)
def test_what_is_no_decision_is_refused(own, device, said) -> None:
    assert own.post(f"{HOME}/decide/{device}", data=said).status_code == 400
    assert not latest(own.folder)


def test_a_decision_needs_our_own_page(own) -> None:
    del own.headers["origin"]
    assert own.post(f"{HOME}/decide/{DEVICE}", data={"note": "x"}).status_code == 403


def test_journeys_are_told_leg_by_leg(browser) -> None:
    text = browser.get(f"{HOME}/journeys?lang=en").text
    assert text.count('<section class="journey">') == 2
    assert re.findall(r"<bdi>(10\.0\.0\.\d)</bdi>", text) == [f"10.0.0.{n}" for n in range(4)]
    assert text.count("/thumbnail/") == 4
    one = browser.get(f"{HOME}/journeys?host=10.0.0.3&lang=en").text
    assert one.count('<section class="journey">') == 1
    assert 'class="journey"' not in browser.get(f"{HOME}/journeys?host=nobody").text


def test_encrypted_uploads_name_their_ends(browser) -> None:
    assert "203.0.113.9" in browser.get(f"{HOME}/encrypted").text


def test_the_picture_names_devices_that_lead_to_their_rows(own) -> None:
    text = own.get(f"{HOME}/topology?lang=en").text
    assert text.count("<svg") == 1
    assert f'href="{HOME}/row/devices/0"' in text
    assert re.search(r'<tr id="device-0"', text)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_two_cases_beside_each_other(own, lang) -> None:
    own.post(f"{HOME}/decide/{DEVICE}", data={"note": "x"})
    text = own.get(f"{MOUNT}/compare?a=0&b=1&lang={lang}").text
    for topic in TOPICS:
        assert TEXTS[f"compare_{topic.name}"][lang] in text
    for figure in FIGURES:
        assert TEXTS[f"figure_{figure}"][lang] in text
    counts = [int(one) for one in re.findall(r"<b>(\d+)</b>", text)]
    assert len(counts) == 3 * len(TOPICS)
    assert not any(counts[0::3] + counts[2::3])  # the same tables
    assert any(counts[1::3])
    assert "<script>alert" not in text
    images = text[text.index(TEXTS["compare_images"][lang]) :]
    assert not re.search("[0-9a-f]{16}", images.partition("</section>")[0])  # counted, never listed


@pytest.mark.parametrize("query", ["a=0&b=7", "a=x&b=1", "a=-1&b=0", "a=0"])
def test_cases_that_are_not_there_are_not_compared(own, query) -> None:
    assert own.get(f"{MOUNT}/compare?{query}").status_code in (404, 409)


def test_one_case_says_how_to_compare(browser) -> None:
    assert TEXTS["compare_one"]["en"] in browser.get(f"{MOUNT}/compare?lang=en").text


def test_several_folders_are_one_shelf(made, tmp_path) -> None:
    shutil.copytree(made, tmp_path / "a" / "b" / "case")
    assert [one.name for one in Shelf([made, tmp_path, made]).folders] == [made.name, "case"]
    with pytest.raises(UsageError):
        Shelf([tmp_path / "nothing"])
