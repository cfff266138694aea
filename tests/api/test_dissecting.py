"""The packets of a finding in the hands of scapy and of Wireshark: the same ones, with the bytes of its objects."""

from __future__ import annotations

import asyncio
import shutil
import signal

import pytest

import netaudit
from netaudit.errors import UsageError
from netaudit.evidence.case.extract import extract
from tests.conftest import ROOT

OFFICE = ROOT / "pcaps" / "sales_office" / "lan.pcapng"


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return netaudit.audit(OFFICE, tmp_path_factory.mktemp("dissecting") / "case")


def chosen(case, **wanted):
    rows = case.findings
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return rows.iloc[0]


@pytest.mark.parametrize(
    "wanted", [{"certainty": "A", "act": "uploaded outside"}, {"certainty": "D"}, {"rule": "go-together/1"}]
)
def test_scapy_gets_the_packets_that_are_written_for_wireshark(case, tmp_path, wanted):
    finding = chosen(case, **wanted).finding_id
    packets = case.packets(finding)
    assert len(packets) == extract(case, finding, tmp_path / "out.pcapng", []) > 0
    from scapy.layers.inet import IP

    ends = {packet[IP].src for packet in packets} | {packet[IP].dst for packet in packets}
    row = chosen(case, **wanted)
    assert {row.sender, row.receiver} <= ends


@pytest.mark.skipif(shutil.which("tshark") is None, reason="NO TSHARK: apt install tshark")
@pytest.mark.tools
def test_pyshark_dissects_the_same_packets(case):
    pytest.importorskip("pyshark")
    row = chosen(case, certainty="A", act="uploaded outside")
    dissected = case.dissect(row.finding_id)
    packets = case.packets(row.finding_id)
    assert [int(one.captured_length) for one in dissected] == [len(one) for one in packets]
    assert {one.ip.src for one in dissected} == {row.sender}
    requests = [one for one in dissected if hasattr(one, "http") and hasattr(one.http, "request_method")]
    objects = case.objects[case.objects["object_id"].isin(row.object_ids)]
    assert len(requests) == objects["message_id"].nunique() > 3
    assert {one.http.request_method for one in requests} <= {"POST", "PUT"}


@pytest.mark.skipif(shutil.which("tshark") is None, reason="NO TSHARK: apt install tshark")
@pytest.mark.tools
def test_pyshark_leaves_no_signal_handler_and_works_where_a_loop_runs(case):
    pytest.importorskip("pyshark")
    before = signal.getsignal(signal.SIGCHLD)
    finding = chosen(case, certainty="A", act="uploaded outside").finding_id

    async def in_a_notebook():
        return case.dissect(finding)

    assert asyncio.run(in_a_notebook())
    assert signal.getsignal(signal.SIGCHLD) == before


def test_what_is_not_there_is_said(case):
    with pytest.raises(UsageError):
        case.packets("no such finding")
