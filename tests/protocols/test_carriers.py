"""Captures of real peers: every picture that was sent comes out whole, with its name, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import netaudit
from netaudit.core.masking.mask import mask_name, mask_path

FOLDER = Path(__file__).parents[2] / "pcaps" / "carriers"
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))
MINE = sorted(name for name, about in EXPECTED.items() if {"images", "peers", "protocol"} <= set(about))


@pytest.mark.parametrize("name", MINE)
def test_every_picture_comes_out(name, tmp_path):
    about = EXPECTED[name]
    netaudit.audit(FOLDER / name, tmp_path / "case", faces=False)
    case = netaudit.open_case(tmp_path / "case")
    objects = case.objects.merge(
        case.messages[["message_id", "protocol", "direction", "path"]], on="message_id", suffixes=("", "_message")
    )
    whole = objects[objects.complete & (objects.kind == "jpeg")]
    sent = {(row["sha256"], mask_name(row["name"]).rpartition("/")[2]) for row in about["images"]}
    assert {(sha, found.rpartition("/")[2]) for sha, found in zip(whole.sha256, whole.name, strict=True)} == sent
    assert set(whole.protocol) == {about["protocol"]}
    assert len(objects[~objects.complete & (objects.kind == "jpeg")]) <= len(about.get("partial", []))
    carried = case.table("evidence").to_pandas()
    assert set(whole.object_id) <= set(carried.object_id)
    for row in about.get("partial", []):
        if "missing" in row:
            (torn,) = objects[
                ~objects.complete & (objects.kind == "jpeg") & (objects.name == mask_name(row["name"]))
            ].itertuples()
            assert (torn.size, list(torn.missing)) == (row["size"], ["{}-{}".format(*span) for span in row["missing"]])
    for path in about.get("paths", []):
        assert mask_path(path) in set(case.messages.path)
