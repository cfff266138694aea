"""What stages hand on is the same whenever the same is read, and shows what tables do not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from netaudit.capture.layouts import RECORD, Window
from netaudit.messages.message import Message
from netaudit.validate import stages
from netaudit.validate.pack.cases import pack
from netaudit.validate.running import write


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pack")
    write([one for one in pack() if one.room in ("damaged", "connections")], folder)
    return folder


AGAIN = """
import sys
from pathlib import Path
from netaudit.validate.stages import of_stages
print(sorted(of_stages(Path(sys.argv[1]) / "connections", "connections").items()))
"""


def test_another_process_says_the_same(room: Path) -> None:
    words = [sys.executable, "-c", AGAIN, str(room)]
    said = subprocess.run(
        words, env={**os.environ, "PYTHONHASHSEED": "5"}, capture_output=True, text=True, check=True
    ).stdout
    assert said.strip() == str(sorted(stages.of_stages(room / "connections", "connections").items()))


def test_every_way_and_every_stage_is_there(room: Path) -> None:
    found = stages.of_stages(room / "connections", "connections")
    for way in stages.WAYS:
        for stage in (
            "records.ts",
            "packets.seq",
            "flows.missing",
            "runs.offset",
            "pieces.frame",
            "messages.http",
            "leaves",
            "values",
        ):
            looked_at = way != "cuts" or stage not in ("leaves", "values")
            assert (f"connections/{way}/{stage}" in found) is looked_at


class Words(stages.Hashes):
    """What is said of messages, but for their pieces: what is cut has more of them."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def text(self, stage: str, text: str) -> None:
        if stage.startswith("messages"):
            self.said.append(re.sub(r" pieces=\S.*", "", text))


def test_cuts_change_no_message(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any split of the same bytes gives the same messages."""
    found = []
    monkeypatch.setattr(stages, "Hashes", lambda: found.append(Words()) or found[-1])
    for cuts in (1, 6, 40):
        stages.of_stages(room / "connections", "connections", {"cuts": stages.WAYS["cuts"]._replace(cuts=cuts)})
    assert found[0].said == found[1].said == found[2].said
    assert len(found[0].said) > 40


def test_ways_that_change_nothing_but_how_much_is_held_tell_the_same_packets(room: Path) -> None:
    found = stages.of_stages(room / "connections", "connections")
    for name in ("seq", "ts", "length", "sport"):
        assert found[f"connections/windows/packets.{name}"] == found[f"connections/bounds/packets.{name}"]
    for way in ("losses", "heads"):
        assert found["connections/windows/packets.seq"] != found[f"connections/{way}/packets.seq"]
    assert found["connections/windows/flows.evicted"] != found["connections/bounds/flows.evicted"]


def test_a_byte_of_a_capture_shows(room: Path, tmp_path: Path) -> None:
    first = stages.of_stages(room / "damaged", "damaged")
    for path in (room / "damaged").iterdir():
        data = bytearray(path.read_bytes())
        data[data.index(b"\r\n\r\n") + 60] ^= 1  # within a body
        (tmp_path / path.name).write_bytes(data)
    second = stages.of_stages(tmp_path, "damaged")
    assert "damaged/windows/payload" in {name for name in first if first[name] != second[name]}


def test_changed_windows_are_the_same_records_lost_doubled_and_cut() -> None:
    records = np.zeros(300, RECORD)
    records["caplen"], records["frame"], records["offset"] = 40, np.arange(300), np.arange(300) * 40
    whole = Window(np.zeros(300 * 40, np.uint8), records)
    lost = stages.changed(whole, stages.WAYS["losses"], 0)
    times = np.bincount(lost.records["frame"].astype(np.int64), minlength=300)
    assert set(times.tolist()) == {0, 1, 2}
    sizes = set(lost.records["caplen"].tolist())
    assert max(sizes) == 40
    assert len(sizes) > 10  # cut off at any place
    assert not whole.buffer.any()
    heads = stages.changed(whole, stages.WAYS["heads"], 0)
    assert 110 < np.count_nonzero(heads.buffer) < 190
    assert not whole.buffer.any()


def test_other_bodies_are_other_ones() -> None:
    message = Message("http", 0, 0, 60, body=bytes(range(60)), notes=["x"])
    found = [one.body for one in stages.others(message, 7)]
    assert [len(one) - 60 for one in found[1:]] == [0, -1, 1, 1, 0, 0]
    assert len(set(found) - {message.body}) == 7
    assert message.notes == ["x"]


def test_what_a_bound_that_nobody_would_set_raises_is_told(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the next file is read."""
    monkeypatch.setattr(stages, "_read", lambda *_: {}[0])
    found = stages.of_stages(room / "connections", "connections", {"scarce": stages.WAYS["scarce"]})
    assert list(found) == ["connections/scarce/raised"]
