"""Captures of device protocols: pictures and stills whole, facts about the right host, persons masked, media tied."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import netaudit
from netaudit.protocols.rtp.reader import decodes_video
from tests.wording import english

FOLDER = Path(__file__).parents[1] / "pcaps" / "frames"
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))
SERVER_SIDE = {"dahua_client", "sofia_client", "hcnet_client", "ezviz_client"}
HOSTS = {("sip", "200 SIP server"): "10.99.0.3", ("sip", "9901000000"): "10.99.0.3", ("gb28181", "X-2"): "10.99.0.12"}


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    made = {}

    def case(name):
        if name not in made:
            folder = tmp_path_factory.mktemp("frames") / "case"
            asked = "findings" in EXPECTED[name]
            netaudit.audit(FOLDER / name, folder, faces=asked, inside=["10.99.0.0/24"] if asked else [])
            made[name] = netaudit.open_case(folder)
        return made[name]

    return case


def test_every_capture_has_its_truth_and_its_row():
    captures = {path.name for path in FOLDER.glob("*.pcap*")}
    assert captures == EXPECTED.keys(), "expected.json"
    page = (FOLDER / "README.md").read_text("utf-8")
    assert {name for name in captures if name not in page} == set(), "README.md has no row of these"


@pytest.mark.parametrize("name", EXPECTED)
def test_capture(name, cases):
    about, case = EXPECTED[name], cases(name)
    assert about["synthetic"]
    assert about["protocol"] in set(case.flows.protocol)
    assert set(case.flows.protocol) <= {
        "sip", "rtp", "dahua", "sofia", "hcnet", "ezviz", "ehome", "tplink", "idcard", "discovery", "ps",
    }  # fmt: skip
    pictures = case.objects[case.objects.kind == "jpeg"]
    sent = pictures[~pictures.unwrap_path.str.contains("key frame")]
    assert set(sent.sha256) == set(about["images"])
    assert sent.complete.all() == about.get(
        "framed", True
    )  # of what stands between frames nobody says how it is framed
    if decodes_video():
        assert len(pictures) - len(sent) == about.get("stills", 0)
    _facts(about, case.frame("observations"))
    _device(about.get("device", {}), case.devices)
    _persons(about.get("persons", []), case.frame("persons"))
    assert set(about.get("events", [])) <= set(case.frame("events").kind)
    names = ["certainty", "act", "sender", "receiver"]
    assert case.findings[case.findings.records > 0][names].to_numpy().tolist() == about.get("records", [])
    assert case.findings[case.findings.templates > 0][names].to_numpy().tolist() == []
    pictured = case.findings[(case.findings.records == 0) & (case.findings.templates == 0)]
    assert pictured[names].to_numpy().tolist() == (about.get("findings", []) if decodes_video() else [])
    for row in pictured.itertuples():
        assert english(row.reason).endswith("; asked for in a SIP dialogue: Play")


def _facts(about, observations):
    rows = {(row.kind, row.field, row.value): row for row in observations.itertuples()}
    for kind, field, value in about["facts"]:
        row = rows[kind, field, value]
        host = HOSTS.get((kind, value), "10.99.0.3" if kind in SERVER_SIDE else "10.99.0.2")
        outside = "203.0.113.7" if about.get("findings") and host == "10.99.0.3" else host
        assert row.ip in (outside, ""), (kind, field, row.ip)
    assert not observations[observations.value.str.contains("PassWord|XXXXXXXX|0{32}")].shape[0]


def _device(device, devices):
    mine = devices[devices.ips.map(lambda ips: "10.99.0.2" in list(ips))]
    assert len(mine) == 1
    for column, value in device.items():
        assert mine.iloc[0][column] == value, column


def _persons(persons, rows):
    found = {(row.kind, row.value_masked) for row in rows.itertuples()}
    for kind, masked in persons:
        assert any(kind == one and masked in (None, value) for one, value in found), (kind, found)
    assert not rows.value_masked.str.contains("990101199001010019|张示例").any()


@pytest.mark.parametrize("name", [name for name in EXPECTED if "streams" in EXPECTED[name]])
def test_media_are_tied(name, cases):
    case = cases(name)
    media = case.frame("media")
    agreed = media[media.role == "offer"]
    assert [[row.role, row.purpose, row.tied_by] for row in agreed.itertuples()] == EXPECTED[name]["streams"]
    stream = case.flows[case.flows.flow_id == agreed.iloc[0].flow_id].iloc[0]
    assert (stream.protocol, {stream.client_port, stream.server_port} & {30000}) == ("rtp", {30000})
    assert agreed.iloc[0].asked == "990***************01"
