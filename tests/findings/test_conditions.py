"""What became of a transfer: who is named as its sender only where the capture bears it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import netaudit
from netaudit.findings.conditions import NO, UNKNOWN, Conditions, accepted_by, status_of
from netaudit.findings.summary.sentences import Sentences
from netaudit.findings.summary.summarise import summarise
from pcaps.lab import web
from tests.site import CAMERA, CLOUD, DELL, NEWS, ROUTER, Machine, Site, answer, face, get, push

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"
OTHER = Machine("02:11:22:33:44:55", "192.168.1.77")


def page_push(origin: str) -> bytes:
    headers = {"Content-Type": "image/jpeg", "User-Agent": BROWSER} | ({"Origin": origin} if origin else {})
    return web.request("POST", "/collect", "www.example.org", headers, face(1))


def sent(tmp_path: Path, site: Site) -> list[dict[str, Any]]:
    """Return findings on images that left."""
    case = netaudit.audit(site.write(tmp_path / "a.pcap"), tmp_path / "case")
    return [row for row in case.table("findings").to_pylist() if row["act"] == "uploaded outside" and row["images"]]


def outcomes(tmp_path: Path, site: Site) -> list[tuple[str, list[str]]]:
    return sorted((row["outcome"], row["outcome_reasons"]) for row in sent(tmp_path, site))


def office() -> Site:
    site = Site()
    for who in (CAMERA, DELL):
        site.arp(who)
        site.lease(who)
    return site


def test_an_upload_that_was_taken_is_completed(tmp_path: Path) -> None:
    site = office()
    site.talk(CAMERA, CLOUD, (push(1), answer()))
    (row,) = sent(tmp_path, site)
    values = [row[name] for name in Conditions._fields]
    assert (row["outcome"], row["outcome_reasons"], values) == ("completed", [], ["yes"] * 5)


@pytest.mark.parametrize("status", ["413 Content Too Large", "403 Forbidden", "500 Internal Server Error"])
def test_an_upload_that_the_server_refused_is_none(status: str, tmp_path: Path) -> None:
    site = office()
    site.talk(CAMERA, CLOUD, (push(1), answer(status=status)))
    site.talk(CAMERA, CLOUD, (push(2), answer()))
    assert outcomes(tmp_path, site) == [
        ("completed", []),
        ("refused", [f"outcome_refused_status?status={status[:3]}&n=1"]),
    ]


@pytest.mark.parametrize("how", [{"answered": False}, {"reset": True}, {"answered": False, "opened": False}])
def test_an_upload_that_nobody_acknowledged_is_none(how: dict[str, bool], tmp_path: Path) -> None:
    site = office()
    site.talk(DELL, NEWS, (get("news.example.cn"), answer(b"<html>a</html>", "text/html")))
    site.talk(CAMERA, CLOUD, (push(1), b""), **how)
    assert [outcome for outcome, _ in outcomes(tmp_path, site)] == ["unanswered"]


def test_datagrams_without_an_answer_are_no_upload(tmp_path: Path) -> None:
    site = office()
    site.talk(DELL, NEWS, (get("news.example.cn"), answer(b"<html>a</html>", "text/html")))
    for number, at in enumerate(range(0, len(face(1)), 1200)):
        near, far = (CAMERA.mac, CAMERA.ip, 40_000 + number), (ROUTER.mac, CLOUD, 9000)
        site.datagram(near, far, face(1)[at : at + 1200])
    assert [outcome for outcome, _ in outcomes(tmp_path, site) if outcome == "completed"] == []


@pytest.mark.parametrize("connections", [1, 2])
def test_what_only_goes_back_is_returned(connections: int, tmp_path: Path) -> None:
    site = office()
    exchanges = [(get("www.example.org", "/a.jpg"), answer(face(1), "image/jpeg")), (page_push(""), answer())]
    for some in [exchanges] if connections == 1 else [[one] for one in exchanges]:
        site.talk(DELL, CLOUD, *some)
        site.wait(60)
    assert outcomes(tmp_path, site) == [("returned", [f"outcome_returned?host={CLOUD}&n=1"])]


def test_what_the_site_had_sent_itself_is_not_returned(tmp_path: Path) -> None:
    site = office()
    site.talk(CAMERA, CLOUD, (push(1), answer()))
    site.talk(DELL, CLOUD, (get("www.example.org", "/a.jpg"), answer(face(1), "image/jpeg")))
    site.talk(DELL, CLOUD, (page_push(""), answer()))
    assert {outcome for outcome, _ in outcomes(tmp_path, site)} == {"completed"}


@pytest.mark.parametrize(
    ("origin", "wait", "expected"),
    [
        ("https://evil.example.net", 60, [("caused", ["outcome_caused?host=evil.example.net&n=1"])]),
        ("http://crm.example.org", 60, [("completed", [])]),  # of the same site
        ("", 60, [("completed", [])]),
        ("", 0, [("caused", ["outcome_caused?host=www.example.org&n=1"])]),  # at once: nobody chose a file
    ],
)
def test_what_a_web_page_made_a_browser_send(
    origin: str, wait: float, expected: list[tuple[str, list[str]]], tmp_path: Path
) -> None:
    site = office()
    site.talk(DELL, CLOUD, (get("www.example.org", "/", BROWSER), answer(b"<html>a</html>", "text/html")))
    site.wait(wait)
    site.talk(DELL, CLOUD, (page_push(origin), answer()))
    assert outcomes(tmp_path, site) == expected


@pytest.mark.parametrize(
    ("conditions", "outcome"),
    [
        (Conditions(own_content=NO, accepted=NO), "returned"),
        (Conditions(initiated=NO), "unanswered"),
        (Conditions(acknowledged=NO, accepted=NO), "unanswered"),
        (Conditions(accepted=NO, address_bound=NO), "refused"),
        (Conditions(address_bound=NO), "disputed"),
        (Conditions(*[UNKNOWN] * 5), "completed"),  # what a capture cannot show accuses and excuses nobody
    ],
)
def test_the_first_condition_that_fails_decides(conditions: Conditions, outcome: str) -> None:
    assert status_of(conditions).outcome == outcome


@pytest.mark.parametrize(
    ("status", "refusal", "accepted"),
    [
        (200, "", "yes"),
        (302, "", "yes"),
        (307, "", "no"),
        (413, "", "no"),
        (0, "", "unknown"),
        (200, "answer: refuses in its body", "no"),
        (0, "answer: never came, though the protocol asks for one", "unknown"),
    ],
)
def test_an_answer_says_whether_the_body_was_taken(status: int, refusal: str, accepted: str) -> None:
    assert accepted_by(status, refusal) == accepted


def test_the_summary_says_what_became_of_each(tmp_path: Path) -> None:
    site = office()
    site.talk(CAMERA, CLOUD, (push(2), answer(status="413 Content Too Large")))
    site.talk(DELL, NEWS, (get("www.example.org", "/", BROWSER), answer(b"<html>a</html>", "text/html")))
    site.wait(60)
    site.talk(DELL, CLOUD, (page_push("https://evil.example.net"), answer()))
    case = netaudit.audit(site.write(tmp_path / "a.pcap"), tmp_path / "case")
    summary = summarise(case)
    assert (summary.sent, summary.state) == ((), "consistent_with_transfer")
    texts = " ".join(Sentences(summary, "en").sentence(one) for one in summary.doubtful)
    assert "the server refused (HTTP 413)" in texts
    assert "a web page of evil.example.net caused it" in texts
