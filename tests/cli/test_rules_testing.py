"""Devices shown and decided about, `netaudit rules new|test` and `explain` on a small case, and what they refuse."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from typer.testing import CliRunner

import netaudit
from netaudit.cli.app import app
from netaudit.cli.wording import contradictions, graded
from netaudit.errors import UsageError
from netaudit.evidence.rule_drafting import drafting
from netaudit.evidence.rule_drafting.naming import find_device

BENIGN = Path(__file__).parents[2] / "pcaps" / "benign_office" / "benign.pcap"
DRAFTED = "pc"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return netaudit.audit(BENIGN, tmp_path_factory.mktemp("naming") / "case", faces=False).folder


def run(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result.output


def first(folder: Path, kind: str) -> dict:
    rows = netaudit.open_case(folder).table("devices").drop_columns(["first_ts", "last_ts"]).to_pylist()
    return next(row for row in rows if row["class"] == kind)


def tables(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "tables").iterdir()}


def test_devices_are_listed_in_both_languages(folder: Path) -> None:
    router = first(folder, "router")
    english, chinese = run("show", folder, "devices", "--lang", "en"), run("show", folder, "devices", "--lang", "zh")
    assert f"{router['ips'][0]} · {router['device_id']}" in english
    assert "router (" in english
    assert "路由器（" in chinese
    lines = [json.loads(line) for line in run("show", folder, "devices", "--json").splitlines()]
    assert {line["device_id"] for line in lines} >= {router["device_id"]}


def test_a_decision_stands_beside_what_was_found(folder: Path) -> None:
    router, before = first(folder, "router"), tables(folder)
    said = run(
        "decide",
        folder,
        router["ips"][0],
        "--class",
        "switch",
        "--note",
        "seen \x1b[31m on site",
        "--by",
        "A",
        "--lang",
        "en",
    )
    assert "your decision is noted" in said
    assert "\x1b" not in said
    listed = run("show", folder, "devices", "--lang", "zh")
    assert "人工判断： 交换机" in listed
    assert "路由器（" in listed
    assert tables(folder) == before
    assert "人工判断：" in run("explain", folder, router["device_id"], "--lang", "zh")
    told = json.loads(run("explain", folder, router["device_id"], "--json"))
    decision = told["decision"]
    assert (told["device"]["class"], decision["kind"], decision["found_kind"]) == ("router", "switch", "router")


def test_what_is_no_class_or_no_device_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="say one of"):
        CliRunner().invoke(app, ["decide", str(folder), "x", "--class", "spaceship"], catch_exceptions=False)
    with pytest.raises(UsageError, match="no device"):
        CliRunner().invoke(app, ["decide", str(folder), "203.0.113.9", "--note", "x"], catch_exceptions=False)


def test_devices_are_found_by_address_name_and_beginning() -> None:
    rows = [
        {"device_id": "02:00:00:00:00:01", "macs": ["02:00:00:00:00:01"], "ips": ["10.0.0.1"], "name": "One"},
        {"device_id": "02:00:00:00:00:02", "macs": [], "ips": ["10.0.0.2"], "name": None},
    ]
    for text in ("02:00:00:00:00:01", "10.0.0.1", "one", " ONE "):
        assert find_device(rows, text) is rows[0]
    with pytest.raises(UsageError, match="any of 2"):
        find_device(rows, "02:00")


def test_an_explanation_names_claim_signature_facts_and_frames(folder: Path) -> None:
    router = first(folder, "router")
    said = run("explain", folder, router["device_id"], "--lang", "en")
    assert re.search(r"class = router \[taken\] <- gateway-\S+, .*<- \S+=.*\(frame \d+\)", said)
    assert re.search(r"class: \d+ signatures for another answer looked at its facts", said)


def test_an_explanation_as_json_has_the_same(folder: Path) -> None:
    router = first(folder, "router")
    told = json.loads(run("explain", folder, router["device_id"], "--json"))
    assert (told["device"]["device_id"], told["same_set"]) == (router["device_id"], True)
    assert {claim["by"] for claim in told["claims"] if claim["claim"] == "class"} >= {"gateway-dhcp"}
    assert told["tried"]["class"]


def test_a_case_and_its_capture_are_named_alike(folder: Path) -> None:
    by_case, by_capture = (
        run("rules", "test", folder, "--lang", "en"),
        run("rules", "test", BENIGN, "--lang", "en"),
    )
    assert by_capture.startswith(by_case.rpartition("\n")[0].rpartition("\n")[0])
    assert re.search(r"\d+ signatures fired on \d+ devices", by_case)


def test_a_draft_is_filled_in_and_used(folder: Path, tmp_path: Path) -> None:
    device = first(folder, DRAFTED)
    text = run("rules", "new", folder, device["device_id"], "--vendor", "Dell", "--class", DRAFTED)
    (entry,) = yaml.safe_load(text)
    entry["about"] = "The desk computer of this office"
    mine = tmp_path / "mine" / "devices"
    mine.mkdir(parents=True)
    (mine / "desk.yaml").write_text(yaml.safe_dump([entry]), encoding="utf-8")
    assert "1 of them added" in run("rules", "check", tmp_path / "mine")
    said = run("rules", "test", folder, "--signatures", tmp_path / "mine", "--added", "--lang", "en")
    assert entry["id"] in said
    assert "1 signatures fired on 1 devices" in said
    case = netaudit.audit(BENIGN, tmp_path / "case", faces=False, signatures=tmp_path / "mine")
    noted = case.manifest["signatures"]["added"]
    assert (noted["devices"], noted["services"], len(noted["sha256"])) == (1, 0, 64)
    assert {row["origin"] for row in case.table("claims").to_pylist() if row["by"] == entry["id"]} == {"added"}
    assert "another set of signatures" in run("explain", case.folder, device["device_id"], "--lang", "en")


def test_unsound_signatures_stop_an_audit_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "mine" / "devices").mkdir(parents=True)
    (tmp_path / "mine" / "devices" / "a.yaml").write_text("- {id: a}\n", encoding="utf-8")
    with pytest.raises(netaudit.NetauditError, match=r"a\.yaml: a: lacks about"):
        netaudit.audit(BENIGN, tmp_path / "case", signatures=tmp_path / "mine")
    assert not (tmp_path / "case").exists()


def test_nothing_is_drafted_from_silence() -> None:
    named = SimpleNamespace(facts={"d": {"arp.address": []}}, places=[])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drafting, "name_devices", lambda case, signatures: named)
        with pytest.raises(UsageError, match="nothing to draft from"):
            drafting.draft(None, {"device_id": "d", "name": ""}, None)  # type: ignore[arg-type]


def test_contradictions_are_told() -> None:
    table = SimpleNamespace(to_pylist=lambda: [
        {"device_id": "d", "claim": "class", "value": value, "standing": standing}
        for value, standing in (("pc", "contradicts"), ("router", "contradicts"), ("pc", "contradicts"), ("nas", "outvoted"))
    ])  # fmt: skip
    found = contradictions(SimpleNamespace(table=lambda name, columns: table))  # type: ignore[arg-type]
    assert found == {"d": {"class": ["pc", "router"]}}
    device = {"class": "", "class_confidence": "unknown", "contradicted": found["d"]}
    assert graded(device, "class", "zh") == "类别未知（特征相互矛盾：个人电脑 / 路由器）"
