"""Captures that other people made, against the counts of other people's tools."""

from __future__ import annotations

import json

import pytest

from tests.capture.building import read


def nanoseconds(text):
    if text in (None, "n/a", ""):
        return None
    seconds, fraction = text.split(".")
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0"))


@pytest.mark.captures
def test_link_captures_count_as_expected(captures):
    for case in json.loads((captures / "link" / "expected.json").read_text())["cases"]:
        expected = case["expected"]
        source = read(captures / "link" / case["file"])[1].sources[0]
        seen = (source.packets_read, source.sha256, source.first_ts, source.last_ts)
        first, last = nanoseconds(expected["first_ts"]), nanoseconds(expected["last_ts"])
        if first is None:  # capinfos gives no time when one packet has none
            first, last = source.first_ts, source.last_ts
        assert seen == (expected["packets"], case["sha256"], first, last), case["file"]
        assert source.wire_bytes == expected["wire_bytes"], case["file"]
        assert expected["captured_bytes"] in (None, source.captured_bytes), case["file"]
        assert not source.damage, case["file"]


@pytest.mark.captures
@pytest.mark.parametrize("folder", ["files", "tls", "discovery"])
def test_sound_containers_count_as_capinfos_does(captures, folder):
    for case in json.loads((captures / folder / "expected.json").read_text())["cases"]:
        source = read(captures / folder / case["file"])[1].sources[0]
        if "capinfos" in case:
            assert source.packets_read == case["capinfos"]["packets"], case["file"]
            assert source.wire_bytes == case["capinfos"]["wire_bytes"], case["file"]
            assert not source.damage, case["file"]
        else:
            assert source.damage, case["file"]


@pytest.mark.captures
def test_malformed_captures_count_as_expected(captures):
    for case in json.loads((captures / "malformed" / "expected.json").read_text())["cases"]:
        expected = case["expected"]
        found, opened = read(captures / "malformed" / case["file"])
        if expected["capinfos_packets"] is not None:
            assert len(found) == expected["capinfos_packets"], case["file"]
        if not expected["container_broken"] and opened.sources:
            assert not opened.sources[0].damage, case["file"]
