"""Whole audits of hostile uploads: each face is in a finding with its own ends, and nobody else is in any."""

from __future__ import annotations

import os

import pytest

import netaudit
from netaudit.findings.accounts import UNJUDGED
from tests.findings.quiet import is_quiet
from tests.hostile.fields import FIELDS
from tests.hostile.whole import Case, Told, cases, is_calm, together
from tests.hostile.wire import pcap
from tests.hostile.writings import WRITINGS

SEEDS = int(os.environ.get("HOSTILE_SEEDS", "1"))
CASES = cases(SEEDS)
TOLD_ONLY = {  # in the ledger of what left, not read (docs/threats.md)
    f"behind {words}" for words in
    ("words of SMTP", "a preface of HTTP/2", "a greeting of MQTT", "words of RTSP", "words of SIP")
} | {"a jpeg without a size"}  # fmt: skip  # not judged, and told so
DISGUISED = {  # on purpose by the sender: counted as bytes that nobody can read
    "a jpeg begun with zeros",
    "a jpeg with zeros to its tables",
    "a jpeg without its first segment",
    "a jpeg without its start",
    "a png with another first byte",
    "a png with another line end",
    "a webp with another first byte",
    "ascii85",
    "base32",
    "base32 in json",
    "numbers",
    "numbers without spaces",
    "one byte changed all",
    "yEnc",
}


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "lan.pcap").write_bytes(pcap(together(CASES)))
    return netaudit.audit(folder / "lan.pcap", folder / "case")


@pytest.fixture(scope="module")
def told(audited):
    return Told(audited)


@pytest.fixture(scope="module")
def said(audited):
    """Findings, each with the hashes of its images."""
    objects = {row["object_id"]: row["sha256"] for row in audited.table("objects").to_pylist()}
    findings = audited.table("findings").to_pylist()
    return [(row, {objects[one] for one in row["object_ids"]}) for row in findings]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}/{case.seed}")
def test_each_face_is_told_with_its_own_ends(case, told, said):
    ends = {(row["sender"], row["receiver"]) for row, images in said if case.sha256 in images}
    if not ends:
        open_rows = [row for row in told.open_rows if case.sender in row["subject"].split()]
        assert open_rows, "in no finding and in no ledger"
    assert ends <= {(case.sender, case.receiver)}
    assert not is_calm(told, case)


LIMITS = {"egress": {"egress"}, "images": {"unjudged", "incomplete"}, "faces": {"faces_apart"}, "names": {"names"}}


def unsaid(case, told, summary):
    """Ledgers with an open row of a case's sender of which no limit of the summary tells."""
    open_in = {
        "images" if row["reason"] == UNJUDGED else row["ledger"]  # which the summary tells for all senders together
        for row in told.open_rows
        if case.sender in row["subject"].split()
    }
    said = {one.kind for one in (*summary.limits, *summary.apart)}
    return {ledger for ledger in open_in if not said & LIMITS.get(ledger, {ledger})}


@pytest.mark.parametrize("name", sorted(TOLD_ONLY))
def test_no_verdict_is_calm_while_a_face_is_in_no_finding(name, tmp_path):
    case = Case(name, 0, CASES.index(next(case for case in CASES if case.name == name)))
    (tmp_path / "lan.pcap").write_bytes(pcap(together([*CASES[:3], case])))
    alone = netaudit.audit(tmp_path / "lan.pcap", tmp_path / "case")
    assert not is_quiet(alone.summary)
    assert not unsaid(case, Told(alone), alone.summary)


def test_the_verdict_of_all_says_what_is_in_no_finding(audited, told, said):
    found = set().union(*(images for _, images in said))
    missed = [case for case in CASES if case.sha256 not in found]
    assert missed
    assert not {case.name: some for case in missed if (some := unsaid(case, told, audited.summary))}


def test_nobody_else_is_in_a_finding(said):
    planted = {(case.sender, case.receiver) for case in CASES}
    assert {(row["sender"], row["receiver"]) for row, _ in said} <= planted


def test_most_are_in_findings(said):
    found = set().union(*(images for _, images in said))
    missed = sorted({case.name for case in CASES if case.sha256 not in found})
    assert set(missed) <= TOLD_ONLY | DISGUISED | set(WRITINGS) | set(FIELDS), missed
