"""SM3 beside SHA-256, when asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

import netaudit
from netaudit.cli.app import app
from netaudit.cli.exits import Exit

CAPTURE = Path(__file__).parents[2] / "pcaps" / "sales_office" / "wan.pcapng"


def test_the_digest_of_the_standard():
    """GB/T 32905, example 1."""
    if "sm3" not in hashlib.algorithms_available:
        pytest.skip("NO SM3 in this OpenSSL")
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert hashlib.new("sm3", b"abc").hexdigest() == expected


def test_captures_have_it_when_asked_for(tmp_path):
    if "sm3" not in hashlib.algorithms_available:
        pytest.skip("NO SM3 in this OpenSSL")
    folder = str(tmp_path / "case")
    done = CliRunner().invoke(app, ["audit", str(CAPTURE), "--case", folder, "--sm3", "--no-faces", "--lang", "en"])
    assert done.exit_code == Exit.UNJUDGED, done.output  # faces, as asked for
    digest = hashlib.new("sm3", CAPTURE.read_bytes()).hexdigest()
    assert netaudit.open_case(folder).captures["sm3"].tolist() == [digest]
    assert digest in (tmp_path / "case" / "report.html").read_text(encoding="utf-8")


def test_not_computed_when_not_asked_for(tmp_path):
    assert netaudit.audit(CAPTURE, tmp_path / "case", faces=False).captures["sm3"].tolist() == [""]
