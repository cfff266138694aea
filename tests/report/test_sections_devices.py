"""Devices in the report: how sure each word is, what is unknown, and that nothing a device says can do harm."""

from __future__ import annotations

import pytest

from netaudit.core.signatures.loading import load
from netaudit.evidence.case.decisions import Decision
from netaudit.report.judgements import Judgements
from netaudit.report.reasons import Reasons
from netaudit.report.sections_devices import MOST, Inventory, devices
from netaudit.report.sections_endpoints import Hosts
from netaudit.report.sections_matrix import matrix
from netaudit.report.texts import Texts
from netaudit.report.wording import Wording
from tests.report import fakes

RULES = (
    "class", "camera that sends images", "passed on unchanged", "gives out images", "looks at images", "forwards for",
    "systems of User-Agents", "several times to live", "address block",
)  # fmt: skip
CAPTURES = {"0123456789abcdef": "lan.pcapng"}


def told(case, lang="en"):
    w = Wording(lang)
    return devices(Inventory(case, w), Judgements(case), CAPTURES, w, Reasons(case, w), case.decided())


def test_each_word_stands_with_its_confidence():
    camera, weak, unknown = told(fakes.office())["rows"]
    assert (camera["class"], camera["vendor"]) == (
        "face capture camera (strong evidence)", "Hikvision (declared by the device)",
    )  # fmt: skip
    assert dict(camera["said"])["Serial number"] == "DS-2CD8A26AAWREXAMPLE01"
    assert camera["role"] == "capture device"
    assert (weak["class"], weak["vendor"]) == ("IP camera (weak evidence)", "unknown")
    assert (unknown["class"], unknown["vendor"]) == ("unknown (HP)", "HP (weak evidence)")


def test_reasons_are_told_with_their_frames_and_capped():
    camera = told(fakes.office())["rows"][0]
    conflict, *reasons = camera["reasons"]
    assert conflict["claim"] == (
        "Class: signatures contradict each other, so none is taken: network video recorder / switch".replace(
            "Class", "class"
        )
    )
    assert reasons[0] == {
        "claim": "vendor: Hikvision; model: DS-2CD8A26",
        "by": "declared by the device · documented · hikvision-sadp · facts 3.1 (form)",
        "id": "hikvision-sadp",
        "facts": "SADP Types = inquiry (frame 57)",
    }
    assert reasons[1]["facts"] == "class = face capture camera; face images = 20"
    assert reasons[2]["by"].startswith("contradicted, so not taken · strong evidence · seen in code · x-nvr")
    assert reasons[3]["by"].endswith(" · from the added signatures")
    assert camera["reasons_more"] == "… and 2 more reasons; see table claims"
    assert (camera["chain"], camera["behind"]) == ("captures", "at least 2 hosts use its address or hide behind it")
    assert camera["frames"] == ["lan.pcapng: 10, 57–58"]


def test_chinese_words():
    camera = told(fakes.office(), "zh")["rows"][0]
    assert (camera["class"], camera["vendor"]) == ("人脸抓拍摄像机（依据充分）", "海康威视（设备自述）")
    assert camera["reasons"][0]["claim"] == "类别：特征相互矛盾，不作判断：网络硬盘录像机 / 交换机"
    assert camera["reasons"][1]["claim"] == "厂商：海康威视；型号：DS-2CD8A26"
    assert camera["reasons"][1]["by"] == "设备自述 · 有文档 · 事实汇编 3.1"
    assert camera["reasons"][1]["facts"] == "海康 SADP Types = inquiry（第 57 帧）"
    assert camera["reasons"][2] == {
        "claim": "人脸流转作用：抓拍", "by": "规则：由其类别得出", "id": "rule: class", "facts": "类别 = 人脸抓拍摄像机；人脸图像数 = 20",
    }  # fmt: skip
    assert camera["chain"] == "抓拍"


def test_no_reason_of_the_demo_office_is_left_in_english():
    """Words of a capture and names of signatures stay as they are; nothing else does."""
    t = Texts("zh")
    asked = sorted({leaf.field for signature in load().devices for leaf in signature.condition.leaves()})
    for field in asked:
        kind, _, what = field.partition(".")
        assert t.known("fact_kind", kind), field
        assert t.known("fact_field", what) or not what.islower(), field  # others are names that devices give them
    for rule in RULES:
        assert t.known("rule", rule), rule


def test_a_decision_stands_beside_what_was_found():
    case = fakes.office()
    case.decisions = {
        "44:19:b6:00:00:21": Decision(
            "2025-10-21T00:00:00+00:00", "44:19:b6:00:00:21", "nvr", "Acme <b>", "a \u202elabel", "A", "", ""
        )
    }
    camera, other, _ = told(case, "zh")["rows"]
    assert camera["class"] == "人脸抓拍摄像机（依据充分）"
    assert camera["decision"] == {
        "said": "网络硬盘录像机；Acme <b>",
        "note": "a \\u202elabel",
        "by": "A；2025-10-21T00:00:00+00:00",
    }
    assert other["decision"] is None


def test_addresses_of_findings_and_rows_of_the_matrix_carry_the_device():
    case = fakes.office()
    w = Wording("en")
    hosts = Hosts(case, w)
    name = "“HIK-DS-2CD8A26” · face capture camera · Hikvision"
    assert hosts.short(fakes.CAMERA) == f"{fakes.CAMERA} ({name})"
    assert hosts.full(fakes.CAMERA_6)["device"] == name
    assert hosts.short(fakes.CAMERA_2) == f"{fakes.CAMERA_2} (IP camera (weak evidence))"
    assert hosts.short(fakes.CLOUD) == f"{fakes.CLOUD} (api.example.cn)"
    assert name in [row["device"]["device"] for row in matrix(Judgements(case), hosts, w)["rows"]]


def test_an_address_that_two_devices_held_names_neither():
    rows = [{"device_id": name, "ips": ["10.0.0.1"], "name": name} for name in ("one", "two")]
    inventory = Inventory(fakes.FakeCase({"devices": rows}), Wording("en"))
    assert inventory.label("10.0.0.1") == ""


def test_devices_of_findings_first_then_those_with_a_class_and_no_more_than_fit():
    rows = [{"device_id": f"{n:03d}", "ips": [f"10.0.0.{n}"], "class": "pc" if n % 2 else ""} for n in range(100)]
    case = fakes.FakeCase({"devices": rows, "findings": [fakes.finding(sender="10.0.0.98", object_ids=[])]})
    shown = told(case)
    assert [row["title"] for row in shown["rows"]][:4] == ["098", "001", "003", "005"]
    assert [row["named"] for row in shown["rows"]].count(True) == 1
    assert (len(shown["rows"]), shown["n"], shown["more"]) == (MOST, 100, 40)


def test_no_devices_and_a_device_of_which_nothing_is_known():
    assert told(fakes.FakeCase()) == {"n": 0, "rows": [], "more": 0}
    (one,) = told(fakes.FakeCase({"devices": [{"device_id": "02:00:00:00:00:01"}]}))["rows"]
    assert (one["title"], one["class"], one["reasons"], one["ips"]) == (
        "02:00:00:00:00:01", "unknown (nothing but its addresses is known)", [], [],
    )  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_devices_are_short_and_visible(lang):
    text = str(told(fakes.hostile(), lang))
    assert len(text) < 150_000
    for hidden in "\u202e\u2066\u2069\u200b\ufeff\x00\x1b\x07":
        assert hidden not in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_reasons_made_to_look_like_signatures_are_bounded(lang):
    long = "class \u202e" + "pc, " * 100_000
    claims = [
        fakes.claim(
            "class",
            long,
            by=f"{n} {long}",
            source=long,
            facts=[f"class={long}", "=", "a.b", f"x.y={long}"],
            evidence=["c:" + "9" * 4000, ":", "", long],
        )
        for n in range(9)
    ]
    for row in claims:
        row["device_id"] = "d"
    claims.append({"device_id": "d", "by": "nulls"})
    rows = [{"device_id": "d", "evidence": ["c:" + "9" * 400_000, ":", "c:1", ""]}]
    text = str(told(fakes.FakeCase({"devices": rows, "claims": claims}), lang))
    assert "\u202e" not in text
    assert len(text) < 20_000
