"""After an audit: how to look at it, and what would show more, where nothing was seen to leave."""

from __future__ import annotations

from pathlib import Path

import pytest

import netaudit
from netaudit.cli import next_steps
from netaudit.cli.next_steps import lines, open_ends
from netaudit.errors import UsageError
from tests.report.fakes import CAMERA, SERVER, FakeCase

PCAPS = Path(__file__).parents[2] / "pcaps"


@pytest.mark.parametrize(
    ("capture", "names"),
    [
        ("sales_office/lan.pcapng", set()),  # content was seen
        ("benign_office", {"keys", "marks"}),
        ("second_office", {"rules"}),
    ],
)
def test_what_would_show_more(capture: str, names: set[str], tmp_path: Path) -> None:
    place = PCAPS / capture
    path = place if place.is_file() else min(place.glob("*.pcap*"))
    case = netaudit.audit(path, tmp_path / "case", faces=False)
    found = open_ends(case)
    assert found.keys() == names
    assert all(number > 0 for number in found.values())


def test_each_is_a_sentence_in_both_languages() -> None:
    steps = dict.fromkeys(("keys", "marks", "place", "rules"), 3)
    for lang in ("zh", "en"):
        told = list(lines({"open_ends": steps}, Path("office-case"), lang))
        assert told[0].endswith(" browse office-case")
        assert len(told) == 2 + len(steps)
    assert len(list(lines({}, Path("x"), "en"))) == 1


def test_who_captured_on_both_sides_is_not_sent_inside() -> None:
    ends = {"client_ip": CAMERA, "server_ip": SERVER, "transport": "tcp", "payload_up": 9}
    rows = {"flows": [ends], "endpoints": [{"ip": ip, "scope": "inside"} for ip in (CAMERA, SERVER)]}
    for side, names in (("both", set()), ("lan", set()), ("wan", {"place"})):
        assert open_ends(FakeCase(rows, {"vantage": {"side": side}})).keys() == names


@pytest.mark.parametrize(
    ("called", "said"),
    [(".venv/bin/netaudit", ".venv/bin/netaudit"), ("netaudit", "netaudit"), ("/x/pytest", "netaudit")],
)
def test_the_program_is_named_as_it_was_called(called: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_steps.sys, "argv", [called])
    assert next_steps.command() == said


@pytest.mark.parametrize(("given", "meant"), [("192.168.1.0", "192.168.1.0/24"), ("fd00:1::", "fd00:1::/64")])
def test_an_address_that_looks_like_a_network_is_asked_about(given: str, meant: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=meant):
        netaudit.audit(PCAPS / "sales_office/lan.pcapng", tmp_path / "case", inside=[given])
