"""The section on relays: what only goes together is told at grade D, without odds, with how the test is redone."""

from __future__ import annotations

import pytest

from netaudit.core.schema import BY_NAME
from netaudit.findings.relayed import relayed_findings
from netaudit.findings.roles import Actors
from netaudit.findings.vocabulary import kind_of
from netaudit.report.from_case import write_report
from netaudit.report.sections_endpoints import Hosts
from netaudit.report.sections_relays import relays
from netaudit.report.wording import Wording
from tests.report.fakes import CLOUD, SECOND, SERVER, STORE, T0, FakeCase, filled

WAY = {"holder": SERVER, "sender": SERVER, "receiver": CLOUD, "capture_id": "c"}
ANEW = WAY | {
    "test_id": "ab" * 16, "mode": "reencoded", "images": 62, "units": 32, "tried": 6, "fitting": 19, "told": 0,
    "window_s": 3, "draws": 1000, "exceeded": 0, "p": 0.001, "p_model": 1.4e-5, "standing": "go together", "seed": "5eed",
    "longest_s": 300,
}  # fmt: skip
BATCH = ANEW | {"mode": "batch", "fitting": 5, "expected": 1.8, "window_s": None}
EXACT = ANEW | {"mode": "padded", "fitting": 10, "expected": 1.6, "overhead": 700}
EXACT |= {"differences": [0, 3], "differences_low": [0, 0], "differences_high": [1, 1]}
NOTHING = WAY | {
    "receiver": STORE,
    "mode": "exact",
    "p": 1.0,
    "p_model": 1.0,
    "told": 0,
    "standing": "by chance",
    "longest_s": 300,
}


def case_of(test):
    flow = {"flow_id": "f", "client_ip": SERVER, "server_ip": CLOUD, "transport": "tcp", "server_port": 443}
    unit = {"unit_id": "u", "flow_id": "f", "capture_id": "c", "first_ts": T0, "last_ts": T0 + SECOND}
    units = [unit | {"plaintext_low": size, "plaintext_high": size} for size in (9_000, 5_000, 300)]
    tables = {"relay_tests": [test, NOTHING], "flows": [flow], "encrypted_uploads": units}
    rows = tables | {"captures": [{"capture_id": "c", "name": "lan.pcap"}]}
    made = {name: filled(name, rows.get(name, [])) for name in BY_NAME}
    found = [one.row() for one in relayed_findings(made, Actors((), made), made["flows"])]
    return FakeCase(rows | {"findings": found}), found


def section(test, lang):
    case, _ = case_of(test)
    w = Wording(lang)
    return relays(case, Hosts(case, w), {"c": "lan.pcap"}, w)


@pytest.mark.parametrize("test", [ANEW, BATCH, EXACT], ids=lambda test: test["mode"])
def test_its_reason_is_said_in_chinese(test):
    _, [found] = case_of(test)
    said = Wording("zh").sentence(found["reason"])
    assert "同一时刻的其他图像也可能如此" in said
    assert str(test["fitting"]) in said
    assert not set("abcdefghijklmnopqrstuvwxyz") & set(said)


@pytest.mark.parametrize(
    ("test", "line", "beside"),
    [
        (ANEW, "Of 62 images received in clear 19 go together with encrypted uploads", "divide"),
        (BATCH, "Of 32 encrypted uploads 5 go together, in sizes and times, with sums of images", "runs of images"),
        (EXACT, "Of 62 images received in clear 10 go together with encrypted uploads", "take the image"),
    ],
    ids=["anew", "batch", "exact"],
)
def test_the_report_says_why_no_more_is_said_and_how_the_test_is_redone(test, line, beside):
    found = section(test, "en")
    [told] = found["told"]
    assert told["grade"] == "D"
    assert told["line"].startswith(line)
    assert "no odds are given, and no image is named" in told["through"]
    assert told["lanes"] is None
    assert bool(told["bars"]["n"]) == (test["mode"] == "padded")
    assert [beside in step for step in told["hand"]] == [False, True, False]
    assert f"ip.src == {SERVER} && ip.dst == {CLOUD}" in told["hand"][0]
    assert found["negative"].startswith("Tested without a match: 1 pair")
    assert "delays up to 300 s, and any delay by sizes alone" in found["negative"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_tells_it(lang, tmp_path):
    case, _ = case_of(ANEW)
    html = write_report(case, tmp_path / "report.html", lang).read_text(encoding="utf-8")
    assert {"zh": "存在相关性", "en": "go together"}[lang] in html
    assert {"zh": "手工复核整个检验", "en": "Redo the whole test by hand"}[lang] in html


@pytest.mark.parametrize(
    ("rule", "framed", "steps"),
    [
        ("aead13", False, ["Application Data records"]),
        ("aead13", True, ["Application Data records", "frames of 16,384 bytes, each with a head of 9, 18 bytes"]),
        ("quic", False, ["payloads of the client's datagrams"]),
    ],
)
def test_a_pair_is_redone_by_hand_whatever_carried_it(rule, framed, steps):
    image = {
        **WAY,
        "sha256": "0" * 64,
        "object_id": "o",
        "flow_id": "f",
        "unit_id": "u",
        "mode": "exact",
        "size": 20_000,
    }
    image |= {"received_ts": T0, "sent_ts": T0 + SECOND, "image_capture_id": "c", "together": 1, "framed": framed}
    image |= {"plaintext_low": 20_300, "plaintext_high": 20_300, "overhead": 282, "delay_s": 1.0, "base64": False}
    case, _ = case_of(ANEW | {"told": 1, "standing": "claimed"})
    tables = {"relayed_images": [image], "encrypted_uploads": [{"unit_id": "u", "flow_id": "f", "rule": rule}]}
    case.tables |= {name: filled(name, rows) for name, rows in tables.items()}
    w = Wording("en")
    [told] = relays(case, Hosts(case, w), {"c": "lan.pcap"}, w)["told"]
    assert [words in step for words, step in zip(steps, told["hand"][1:], strict=False)] == [True] * len(steps)
    assert len(told["hand"]) == 2 + len(steps)
    assert "do not steer both" in told["line"]


@pytest.mark.parametrize(("lang", "words"), [("zh", "按分析时版本的检验"), ("en", "by the test of the version")])
def test_a_case_of_an_earlier_version_keeps_what_its_test_bears(lang, words):
    image = {**WAY, "sha256": "0" * 64, "flow_id": "f", "unit_id": "u", "mode": "exact", "size": 9, "received_ts": T0}
    image |= {"sent_ts": T0 + SECOND, "plaintext_low": 19, "plaintext_high": 19, "overhead": 10, "together": 1}
    image |= {"delay_s": 1.0, "base64": False, "image_capture_id": "c"}
    case, _ = case_of(ANEW | {"told": 1, "standing": None, "expected": 1.9})
    case.tables["relayed_images"] = filled("relayed_images", [image])
    w = Wording(lang)
    told = relays(case, Hosts(case, w), {"c": "lan.pcap"}, w)["told"][0]
    assert words in told["line"]
    assert not any(steered in told["line"] for steered in ("steer both", "同时左右"))
    reason = "by chance 1.9 would fit, chance of as much below 1 in 1,000; consistent with their being sent on, "
    said = {"zh": "偶然达到如此程度的概率低于 1/1,000", "en": "chance of as much below 1 in 1,000"}
    assert said[lang] in w.sentence(reason + "content not seen")


@pytest.mark.parametrize(("lang", "words"), [("zh", "同样多的其他时刻"), ("en", "as many other times")])
def test_what_follows_pictures_is_told_beside_other_times(lang, words):
    follows = ANEW | {"mode": "following", "fitting": 43, "images": 57, "window_s": 1, "expected": 9.3}
    case, [found] = case_of(follows)
    assert kind_of(found).name == "following"
    w = Wording(lang)
    [told] = relays(case, Hosts(case, w), {"c": "lan.pcap"}, w)["told"]
    for said in (told["line"], w.sentence(found["reason"])):
        assert words in said
        assert "9.3" in said


def test_images_that_fit_encrypted_uploads_are_a_match():
    image = {**WAY, "flow_id": "f", "mode": "exact", "size": 9, "received_ts": T0, "sent_ts": T0 + SECOND}
    images = [image | {"sha256": f"{k:064x}", "object_id": f"o{k}", "image_capture_id": "c"} for k in range(3)]
    case, _ = case_of(ANEW | {"told": 3, "standing": "claimed"})
    case.tables["relayed_images"] = filled("relayed_images", images)
    case.tables["images"] = filled("images", [{"sha256": f"{0:064x}", "face": "yes"}])
    found = relayed_findings(case.tables, Actors((), case.tables), case.tables["flows"])
    assert [kind_of(one.row()).name for one in found] == ["matched"]
