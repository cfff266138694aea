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


def test_hellos_are_what_other_programs_read(score: scoring_tls.Score) -> None:
    assert not score.missed
    assert not score.alone  # what a single program tells is right, too
    assert score.wanted == {
        ("tcp", "sni"): 340, ("tcp", "alpn"): 195, ("tcp", "ja3"): 550, ("tcp", "ja4"): 535,
        ("quic", "sni"): 36, ("quic", "alpn"): 7, ("quic", "ja3"): 39, ("quic", "ja4"): 1,
    }  # fmt: skip


def test_no_hello_is_invented(score: scoring_tls.Score) -> None:
    """What is not listed: the same hello said again, in a second connection or after a HelloRetryRequest."""
    assert {(file, frame) for file, frame, *_ in score.unlisted} <= SAID_AGAIN


SAID_AGAIN = {
    ("suricata-verify__tcp-fastopen-10-syn-data-ignore__input.pcap", 18),
    ("suricata-verify__tcp-fastopen-10-syn-data-ignore__input.pcap", 23),
    ("nDPI__tumblr.pcap", 144),
    ("nDPI__anyconnect-vpn.pcap", 440),
}


@pytest.mark.parametrize("name", ["nDPI__sites.pcapng"])
def test_a_case_holds_the_same_hellos(name: str, captures: Path, tmp_path: Path) -> None:
    table = netaudit.audit(captures / "tls" / name, tmp_path / "case", faces=False).table("tls_hellos").to_pylist()
    again = scoring_tls.hellos(captures / "tls" / name)
    own = ("message_id", "frame", "transport", "client", "server", "version", "sni", "alpn", "ja3", "ja4")
    assert [[row[key] for key in own] for row in table] == [[row[key] for key in own] for row in again]
    assert len(table) >= 55
