"""Decisions stand beside what was found, in their order, and show when they were changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.decisions import FILE, LONGEST, decide, decisions, latest
from netaudit.evidence.case.export import shareable
from netaudit.evidence.case.reading import Case
from netaudit.evidence.case.replacement import swap_in
from netaudit.evidence.case.writing import OURS, make_folders, place_for

if TYPE_CHECKING:
    from pathlib import Path

DEVICE = {"device_id": "02:00:00:00:00:01", "class": "ip_camera", "vendor": "Hikvision"}


def test_the_latest_answer_to_each_question_counts_and_all_are_kept(tmp_path: Path) -> None:
    decide(tmp_path, DEVICE, kind="face_capture_camera", note="first")
    decide(tmp_path, DEVICE, vendor="Acme", by="inspector 1")
    now = latest(tmp_path)[DEVICE["device_id"]]
    assert (now.kind, now.vendor, now.note, now.by) == ("face_capture_camera", "Acme", "first", "inspector 1")
    assert (now.found_kind, now.found_vendor) == ("ip_camera", "Hikvision")
    assert [one.vendor for one in decisions(tmp_path)] == ["", "Acme"]


@pytest.mark.parametrize("harm", ["change", "drop", "swap", "garbage", "type"])
def test_a_line_changed_or_taken_out_shows(tmp_path: Path, harm: str) -> None:
    for number in range(3):
        decide(tmp_path, DEVICE, note=f"note {number}")
    path = tmp_path / FILE
    lines = path.read_bytes().splitlines(keepends=True)
    changed = {
        "change": [lines[0].replace(b"note 0", b"note 9"), *lines[1:]],
        "drop": lines[1:],
        "swap": [lines[1], lines[0], lines[2]],
        "garbage": [*lines, b"{\n"],
        "type": [orjson.dumps(orjson.loads(lines[0]) | {"note": 1}) + b"\n", *lines[1:]],
    }
    path.write_bytes(b"".join(changed[harm]))
    with pytest.raises(CaseError, match="line"):
        decisions(tmp_path)
    with pytest.raises(CaseError, match="line"):
        decide(tmp_path, DEVICE, note="more")


def test_nothing_and_too_much_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="say what you decide"):
        decide(tmp_path, DEVICE)
    with pytest.raises(UsageError, match="at most"):
        decide(tmp_path, DEVICE, note="x" * (LONGEST + 1))
    assert decisions(tmp_path) == []
    assert latest(tmp_path) == {}


def test_decisions_are_passed_on_and_outlive_the_replacement_of_their_case(tmp_path: Path) -> None:
    case = tmp_path / "case"
    make_folders(case)
    (case / "case.json").write_text('{"tables_version": 1, "totals": {}}', encoding="utf-8")
    decide(case, DEVICE, note="first")
    assert FILE in shareable(Case(case, check=False))
    for number in range(2):
        before = (case / FILE).read_bytes()
        with place_for(case, "test", overwrite=True) as place:
            (place / "case.json").write_text("{}", encoding="utf-8")
            assert not (place / FILE).exists()
            assert (place / "decisions.replaced.jsonl").read_bytes().endswith(before)
            swap_in(case, OURS)
        decide(case, DEVICE, note=f"again {number}")
