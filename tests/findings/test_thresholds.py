"""Thresholds of judgement, as they were measured: who changes one changes what is evidence, and says so here, too."""

from __future__ import annotations

import importlib

import pytest

from netaudit.findings.encrypted import EXPORT_GRADE
from netaudit.findings.intermediaries import VPNS

KIB, SECOND = 1024, 1_000_000_000
THRESHOLDS = {
    "accounts": {"LEAST": 16 * KIB, "LEAST_TELLING": 2 * KIB, "LEAST_ECHO": 256, "LEAST_HIDING": 8 * KIB, "QUIC_PORT": 443,
                 "MOST_SUBJECTS": 1000},
    "acts": {"LEAST_KNOWN": 16 * KIB, "LEAST_BYTES": 64 * KIB, "UPWARD_SHARE": 2},
    "bearing": {"FINAL": 200, "REDIRECTION": 300, "ERROR": 400, "CLOSING": 1000, "MIRRORED": 0.05, "LEAST_BEHIND": 4,
                "LATELY": 600 * SECOND},
    "bounds": {"CONFIDENCE": 0.95},
    "documents": {"LEAST": 18},
    "encrypted": {"MOST_UNLIKE": 1.5, "LEAST_ALIKE": 6},
    "finding": {"MOST_CLAUSES": 24},
    "intermediaries": {"MOST_NAMED": 3},
    "identity": {"OWN": 1},
    "identity_records": {"LEAST_BARE": 3, "SOON": 30 * SECOND, "CHALLENGES": (401, 407), "LENGTHS": (15, 18)},
    "ledgers": {"LONGEST": 300},
    "marked": {"WINDOW_S": 30, "LEAD_S": 1, "SECOND": SECOND},
    "moments": {"WINDOW_S": 180, "LEAD_S": 5, "SECOND": SECOND, "LEAST_BYTES": 8 * KIB, "MOST_WAYS": 500, "MOST_IDS": 500},
    "opaque": {"LEAST_OPAQUE": 64 * KIB, "LEAST_SCATTERED": 256 * KIB, "LEAST_MEMBERS": 3},
    "people": {"MANY_NAMES": 6, "LEAST_FACTS": 2},
    "personal": {"LEAST_FACTS": 2},
    "posters": {"LARGEST": 480, "CLOSE": 4, "SIZES": 0.04, "LEAST": 5, "LEAST_HOURS": 3, "LASTING": 7200 * SECOND,
                "HOUR": 3600 * SECOND, "MOST_FACES": 512},
    "query_names": {"LEAST": 4 * KIB, "LONG": 32},
    "receivers": {"MOST_HOSTS": 3},
    "roles": {"MOST_SIGNATURES": 3, "MOST_PERSONS": 2, "LEAST_CARDS": 3, "LEAST_IMAGES": 3, "MOST_RECEIVERS": 64,
              "MOST_TIMES": 4096, "UNEVEN": 0.35},
    "payload_by_second": {"SECOND": SECOND},
    "summary.marks": {"LEAST": 3, "SEEN": 0.95, "NEARLY": 0.9},
    "summary.limits": {"LEAST_RECORDED": 0.9, "CLOCK_OFF": 5.0},
    "transfers": {"CLEAR": 0.8},
    "visibility": {"QUIC_PORT": 443},
}  # fmt: skip


@pytest.mark.parametrize("module", THRESHOLDS)
def test_thresholds_change_on_purpose_only(module: str) -> None:
    there = importlib.import_module(f"netaudit.findings.{module}")
    assert {name: getattr(there, name) for name in THRESHOLDS[module]} == THRESHOLDS[module]


def test_what_has_keys_of_40_or_56_bits() -> None:
    """RFC 2246, A.5; RFC 2712; draft-ietf-tls-56-bit-ciphersuites-01."""
    assert " ".join(sorted(EXPORT_GRADE)) == (
        "0003 0006 0008 000b 000e 0011 0014 0017 0019 0026 0027 0028 0029 002a 002b 0060 0061 0062 0063 0064 0065"
    )


def test_ports_by_which_a_vpn_is_known() -> None:
    assert {(way, port): name for (way, port), name in VPNS.items()} == {
        ("udp", 51820): "WireGuard", ("udp", 1194): "OpenVPN", ("tcp", 1194): "OpenVPN", ("udp", 500): "IKE",
        ("udp", 4500): "IPsec (NAT-T)", ("udp", 41641): "Tailscale", ("udp", 9993): "ZeroTier", ("udp", 1701): "L2TP",
    }  # fmt: skip
