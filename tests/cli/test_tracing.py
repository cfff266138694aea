"""`netaudit explain`: by id or by packet, in both languages; hostile text stays text, what is lost is said."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

import netaudit
from netaudit.cli.explaining import explain_command
from netaudit.errors import UsageError

LAN = Path(__file__).parents[2] / "pcaps" / "sales_office" / "wan.pcapng"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> netaudit.Case:
    return netaudit.audit(LAN, tmp_path_factory.mktemp("explain") / "case", faces=False)


def told(case: netaudit.Case, what: str, capsys: pytest.CaptureFixture[str]) -> dict:
    explain_command(case.folder, what, [], None, as_json=True, lang="en")
    return orjson.loads(capsys.readouterr().out)


def test_an_object_leads_to_its_flow_and_back(case: netaudit.Case, capsys: pytest.CaptureFixture[str]) -> None:
    objects = [row for row in case.table("objects").to_pylist() if row["kind"] == "jpeg"]
    row = objects[0]
    said = told(case, row["object_id"][:16], capsys)
    found = [one for message in said["messages"] for one in message["objects"]]
    assert row["object_id"] in {one["object_id"] for one in found}
    assert said["asked"][-1]["said"] == "yes"
    assert not said["failures"]
    flow = told(case, said["flow"]["flow_id"][:16], capsys)
    own = {"kind", "id", "occurrences"}
    assert {name: flow[name] for name in said if name not in own} == {k: v for k, v in said.items() if k not in own}


def test_a_packet_leads_to_its_flow(case: netaudit.Case, capsys: pytest.CaptureFixture[str]) -> None:
    flow = next(row for row in case.table("flows").to_pylist() if row["protocol"] == "http")
    assert told(case, str(flow["first_frame"]), capsys)["flow"]["flow_id"] == flow["flow_id"]
    assert told(case, f"{flow['capture_id']}:{flow['first_frame']}", capsys)["flow"]["flow_id"] == flow["flow_id"]


@pytest.mark.parametrize("what", ["zz", "99999999", "", "nowhere:1"])
def test_nothing_is_meant(what: str, case: netaudit.Case) -> None:
    with pytest.raises(UsageError):
        explain_command(case.folder, what, [], None, as_json=False, lang="en")


@pytest.mark.parametrize(("lang", "word"), [("en", "Readers asked"), ("zh", "协议解析器")])
def test_in_both_languages(lang: str, word: str, case: netaudit.Case, capsys: pytest.CaptureFixture[str]) -> None:
    flow = next(row for row in case.table("flows").to_pylist() if row["protocol"] == "http")
    explain_command(case.folder, flow["flow_id"], [], None, as_json=False, lang=lang)
    assert word in capsys.readouterr().out
