"""The stated rules of confidence, one case each."""

from __future__ import annotations

import pytest

from netaudit.core.signatures.conditions import Fact, compile_condition
from netaudit.core.signatures.loading import load
from netaudit.core.signatures.signature import Signature
from netaudit.devices.inventory.judging import judge
from netaudit.devices.inventory.matching import Match, Matcher

VOCABULARY = load().vocabulary


def match(strength: str, source: str = "dhcp.hostname", provenance: str = "code", **claims: str) -> Match:
    names = {("class" if name == "kind" else name): value for name, value in claims.items()}
    condition = compile_condition({"fact": source, "exists": True})
    signature = Signature(f"{strength}-{source}", "", condition, names, strength, provenance, "facts", (), (), "")
    return Match(signature, names, (Fact(source, "x"),))


@pytest.mark.parametrize(
    ("matches", "value", "confidence"),
    [
        ([], "", "unknown"),
        ([match("weak", kind="pc")], "pc", "weak"),
        ([match("strong", kind="pc")], "pc", "strong"),
        ([match("declared", kind="pc"), match("strong", kind="printer")], "pc", "declared"),
        ([match("weak", kind="pc"), match("weak", kind="pc")], "pc", "weak"),  # the same source twice is one witness
        ([match("weak", kind="pc"), match("weak", "mdns.service", kind="pc")], "pc", "strong"),
        ([match("declared", provenance="hearsay", kind="pc")], "", "unknown"),
        ([match("declared", provenance="recalled", kind="pc"), match("weak", kind="pc")], "pc", "weak"),
        ([match("strong", kind="pc"), match("strong", kind="printer")], "", "unknown"),  # contradiction
        (
            [match("strong", kind="ip_camera"), match("strong", kind="face_capture_camera")],
            "face_capture_camera",
            "strong",
        ),
        (
            [match("declared", kind="ip_camera"), match("strong", kind="face_capture_camera")],
            "face_capture_camera",
            "strong",
        ),
        ([match("strong", kind="ip_camera"), match("weak", kind="face_capture_camera")], "ip_camera", "strong"),
        ([match("weak", kind="computer"), match("weak", kind="pc")], "pc", "weak"),
        # two witnesses, one of whom is more exact than he can carry: they agree on the wider class
        (
            [match("weak", kind="ip_camera"), match("weak", "mdns.txt", kind="face_capture_camera")],
            "ip_camera",
            "strong",
        ),
        ([match("weak", kind="ip_camera"), match("weak", kind="face_capture_camera")], "face_capture_camera", "weak"),
        (
            [match("weak", kind="ip_camera"), match("weak", "mdns.txt", "recalled", kind="face_capture_camera")],
            "ip_camera",
            "weak",
        ),
    ],
)
def test_rules(matches: list[Match], value: str, confidence: str) -> None:
    claim = judge(matches, "class", VOCABULARY)
    assert (claim.value, claim.confidence) == (value, confidence)


def test_a_contradiction_is_told() -> None:
    claim = judge([match("strong", kind="pc"), match("strong", kind="printer")], "class", VOCABULARY)
    assert claim.conflict == ("pc", "printer")


def test_an_address_block_is_one_witness_among_others() -> None:
    block, hostname = match("weak", "oui.vendor", vendor="Hikvision"), match("weak", vendor="Hikvision")
    assert judge([block], "vendor").confidence == "weak"
    assert judge([block, hostname], "vendor").confidence == "strong"


def test_only_signatures_that_can_hold_are_tried() -> None:
    class Never:
        def fields(self) -> set[str]:
            return {"lldp.port"}

        def leaves(self) -> list:
            return []

        def given(self, hit_of: object) -> None:
            raise AssertionError

    signature = Signature("never", "", Never(), {"class": "pc"}, "weak", "code", "", (), (), "")  # type: ignore[arg-type]
    assert Matcher([signature]).matches({"dhcp.hostname": [Fact("dhcp.hostname", "x")]}) == []


@pytest.mark.parametrize(
    ("announced", "answered", "value", "confidence"),
    [
        ("strong", "weak", "", "unknown"),  # anybody can announce: two weak ones contradict each other
        ("strong", "strong", "pc", "strong"),
        ("declared", "strong", "pc", "strong"),
    ],
)
def test_an_announcement_does_not_stand_against_what_others_answered(announced, answered, value, confidence) -> None:
    said = match(announced, "mdns.service", kind="printer")
    claim = judge([said, match(answered, "http_client.user_agent", kind="pc")], "class", VOCABULARY)
    assert (claim.value, claim.confidence) == (value, confidence)
    assert judge([said], "class", VOCABULARY).confidence == announced
    wider = [
        match("strong", "sadp.DeviceType", kind="face_capture_camera"),
        match("weak", "rtsp_server.realm", kind="ip_camera"),
    ]
    assert judge(wider, "class", VOCABULARY).value == "face_capture_camera"
