"""Lines of EVE: every flow, recovered object and finding is one, in words that Suricata has."""

from __future__ import annotations

import datetime
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

import netaudit
from netaudit.exports import eve
from netaudit.exports.eve import write_eve

DEMO = Path(__file__).parents[2] / "pcaps" / "sales_office" / "lan.pcapng"
WORDS = {  # of Suricata 8: its schema allows no others
    "": {
        "timestamp", "flow_id", "event_type", "src_ip", "src_port", "dest_ip", "dest_port", "proto", "community_id",
        "app_proto", "vlan", "flow", "fileinfo", "http", "alert",
    },
    "flow": {"pkts_toserver", "pkts_toclient", "bytes_toserver", "bytes_toclient", "start", "end", "age", "alerted"},
    "fileinfo": {"filename", "magic", "gaps", "state", "sha256", "stored", "size"},
    "http": {"hostname", "url", "http_method", "status"},
    "alert": {"action", "gid", "signature_id", "rev", "signature", "category", "severity", "metadata"},
}  # fmt: skip


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> netaudit.Case:
    return netaudit.audit(DEMO, tmp_path_factory.mktemp("eve") / "case")


@pytest.fixture(scope="module")
def lines(case: netaudit.Case, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    path = tmp_path_factory.mktemp("out") / "eve.jsonl"
    count = write_eve(case, path)
    told = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert len(told) == count
    return told


def test_everything_is_a_line(case: netaudit.Case, lines: list[dict[str, Any]]) -> None:
    recovered = (case.objects.sha256 != "").sum()
    assert Counter(line["event_type"] for line in lines) == {
        "flow": len(case.flows), "fileinfo": recovered, "alert": len(case.findings),
    }  # fmt: skip


def test_only_words_of_suricata(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        assert line.keys() <= WORDS[""]
        for name in line.keys() & WORDS.keys():
            assert line[name].keys() <= WORDS[name]
        datetime.datetime.strptime(line["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z")
        assert 0 <= line["flow_id"] < 1 << 63


def test_lines_of_one_flow_have_its_number_and_name(case: netaudit.Case, lines: list[dict[str, Any]]) -> None:
    flows = {line["flow_id"]: line for line in lines if line["event_type"] == "flow"}
    assert len(flows) == len(case.flows)
    for line in lines:
        assert flows[line["flow_id"]]["community_id"] == line["community_id"]
    assert set(case.flows.community_id) == {line["community_id"] for line in flows.values()}


def test_an_alert_names_its_finding_and_goes_as_it_went(case: netaudit.Case, lines: list[dict[str, Any]]) -> None:
    known = case.findings.set_index("finding_id")
    for line in (one for one in lines if one["event_type"] == "alert"):
        finding = known.loc[line["alert"]["metadata"]["netaudit_finding"][0]]
        assert (line["src_ip"], line["dest_ip"]) == (finding.sender, finding.receiver)
        assert line["alert"]["signature"] == f"netaudit {finding.certainty}: {finding.act}"


def test_what_has_no_time_or_no_flow_ends_nothing() -> None:
    flow = dict.fromkeys(eve._FLOW, 0) | {
        "flow_id": "a" * 32, "transport": "tcp", "client_ip": "10.0.0.1", "server_ip": "10.0.0.2", "protocol": "http",
        "vlan": "", "first_ts": None, "last_ts": "2025-06-01T10:20:30.123456789Z",
    }  # fmt: skip
    line = eve._flow(flow, alerted=False)
    assert (line["timestamp"], line["flow"]["age"]) == ("2025-06-01T10:20:30.123456+0000", 0)
    message = {"direction": "up", "path": "/a", "first_ts": None, "protocol": "mqtt"}
    row = {"name": "", "kind": "jpeg", "complete": True, "sha256": "b" * 64, "stored": True, "size": 1}
    assert eve._file(row, message, flow)["event_type"] == "fileinfo"
