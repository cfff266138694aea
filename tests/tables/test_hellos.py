"""ClientHellos of the shared captures, held against what other programs read in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import netaudit
from netaudit.tables.hellos import MOST_PROTOCOLS
from tests import scoring_tls

OWN = Path(__file__).parents[2] / "pcaps" / "tls"
EXPECTED = json.loads((OWN / "expected.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def score(captures: Path) -> scoring_tls.Score:
    return scoring_tls.score_folder(captures / "tls")


@pytest.mark.captures
def test_hellos_are_what_other_programs_read(score: scoring_tls.Score) -> None:
    assert not score.missed
    assert not score.alone  # what a single program tells is right, too
    assert score.wanted == {
        ("tcp", "sni"): 340, ("tcp", "alpn"): 195, ("tcp", "ja3"): 550, ("tcp", "ja4"): 535,
        ("quic", "sni"): 36, ("quic", "alpn"): 7, ("quic", "ja3"): 39, ("quic", "ja4"): 1,
    }  # fmt: skip


@pytest.mark.captures
def test_no_hello_is_invented(score: scoring_tls.Score) -> None:
    """What is not listed: the same hello said again, after a HelloRetryRequest or in another connection, and old ones."""
    assert {(file, frame) for file, frame, *_ in score.unlisted} == SAID_AGAIN | OLD


OLD = {  # in the form of SSL 2.0
    (file, frame)
    for file in ("tls-decryption__dump.pcapng", "tls-decryption__dsb-dump.pcapng")
    for frame in (964, 1069, 1084)
}
SAID_AGAIN = {
    ("suricata-verify__tcp-fastopen-10-syn-data-ignore__input.pcap", 18),
    ("nDPI__tumblr.pcap", 144),
    ("nDPI__anyconnect-vpn.pcap", 440),
}


@pytest.mark.captures
@pytest.mark.parametrize("name", ["nDPI__sites.pcapng"])
def test_a_case_holds_the_same_hellos(name: str, captures: Path, tmp_path: Path) -> None:
    table = netaudit.audit(captures / "tls" / name, tmp_path / "case", faces=False).table("tls_hellos").to_pylist()
    again = scoring_tls.hellos(captures / "tls" / name)
    own = ("message_id", "frame", "transport", "client", "server", "version", "sni", "alpn", "ja3", "ja4")
    assert [[row[key] for key in own] for row in table] == [[row[key] for key in own] for row in again]
    assert len(table) >= 55


@pytest.mark.parametrize("name", EXPECTED)
def test_hellos_of_real_peers(name: str) -> None:
    """As they were asked for, and as tshark reads them."""
    asked, told = EXPECTED[name]["hellos"], EXPECTED[name]["tshark"]
    rows = scoring_tls.hellos(OWN / name)
    for row in rows:
        row["port"] = int(row["server"].partition(" ")[2])
    assert [{key: row[key] for key in ("transport", "port", "sni", "alpn")} for row in rows] == [
        hello | {"alpn": hello["alpn"][:MOST_PROTOCOLS]} for hello in asked
    ]
    assert [(row["frame"], row["ja4"]) for row in rows] == [(row["frame"], row["ja4"]) for row in told]
    assert [row["ja3"] for row in rows if row["transport"] != "dtls"] == [row["ja3"] for row in told if row["ja3"]]


def test_facts_of_real_peers(tmp_path: Path) -> None:
    case = netaudit.audit([OWN / "tls.pcapng", OWN / "dtls.pcapng"], tmp_path / "case", faces=False)
    facts = {(row["kind"], row["ip"], row["field"], row["value"]) for row in case.table("observations").to_pylist()}
    server, client = "10.99.0.3", "10.99.0.2"
    assert {
        ("tls_server", server, "san", "recorder.example"),
        ("tls_server", server, "san", server),
        ("tls_server", server, "subject", "CN=recorder.example,O=Demo Office"),
        ("tls_server", server, "version", "TLS 1.3"),
        ("tls_server", server, "version", "DTLS 1.2"),
        ("tls_client", client, "alpn", "webrtc"),
        ("tls_client", client, "sni", "ldap.example"),
        ("smtp", server, "banner", "mx.example ESMTP"),
        ("ftp", server, "banner", "ftp.example ready"),
    } <= facts
    assert len(case.table("tls_hellos")) == len(EXPECTED["tls.pcapng"]["hellos"]) + len(
        EXPECTED["dtls.pcapng"]["hellos"]
    )
    flows = case.table("flows", ["transport", "protocol"]).to_pylist()
    assert {row["protocol"] for row in flows if row["transport"] in ("tcp", "udp")} == {"tls", "dtls"}
