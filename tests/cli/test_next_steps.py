"""How the program is named in commands that it prints, and what it asks of networks."""

from __future__ import annotations

from pathlib import Path

import pytest

import netaudit
from netaudit.cli import next_steps
from netaudit.errors import UsageError

PCAPS = Path(__file__).parents[2] / "pcaps"


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
