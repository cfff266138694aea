"""ClientHellos of the shared captures, held against what other programs read in them."""

from __future__ import annotations

from pathlib import Path

import pytest

import netaudit
from tests import scoring_tls

pytestmark = pytest.mark.captures


@pytest.fixture(scope="module")
def score(captures: Path) -> scoring_tls.Score:
    return scoring_tls.score_folder(captures / "tls")


def test_hellos_over_tcp_are_what_other_programs_read(score: scoring_tls.Score) -> None:
    right = {field: score.right["tcp", field] for field in scoring_tls.FIELDS}
    assert right == {"sni": 340, "alpn": 195, "ja3": 547, "ja4": 532}, score.missed


@pytest.mark.parametrize("name", ["nDPI__sites.pcapng"])
def test_a_case_holds_the_same_hellos(name: str, captures: Path, tmp_path: Path) -> None:
    table = netaudit.audit(captures / "tls" / name, tmp_path / "case", faces=False).table("tls_hellos").to_pylist()
    again = scoring_tls.hellos(captures / "tls" / name)
    own = ("message_id", "frame", "transport", "client", "server", "version", "sni", "alpn", "ja3", "ja4")
    assert [[row[key] for key in own] for row in table] == [[row[key] for key in own] for row in again]
    assert len(table) >= 55
