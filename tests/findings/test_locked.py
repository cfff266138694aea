"""Archives with a password that leave in clear: told as D of who sends them, and of nobody's own computer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import netaudit
from tests.spoken import Capture, reply, request
from tests.unwrapping.test_locked import zipped
from tests.wording import english

if TYPE_CHECKING:
    from pathlib import Path

CAM, SERVER, CLOUD = "192.168.1.30", "192.168.1.40", "47.96.10.20"


def sent(folder: Path, to: str, *, locked: bool, size: int = 9_000, count: int = 8, agent: str = "") -> netaudit.Case:
    capture = Capture()
    more = {"User_Agent": agent} if agent else {}
    archive = zipped(locked=locked)
    for n in range(count):
        data = archive[:40] + bytes((n * 31 + 7 * k * k) % 256 for k in range(size))
        capture.talk(CAM, to, (request("PUT", f"/b/{n}.zip", data, "application/zip", **more), reply()))
    return netaudit.audit(capture.write(folder / "a.pcap"), folder / "case", faces=False)


def test_they_are_a_finding_that_says_so(tmp_path: Path) -> None:
    case = sent(tmp_path, CLOUD, locked=True)
    (row,) = case.table("findings").to_pylist()
    assert (row["certainty"], row["sender"], row["receiver"], row["rule"]) == ("D", CAM, CLOUD, "locked-files/1")
    assert english(row["reason"]).startswith("8 files locked with a password or a key, ")
    assert "face" not in english(row["reason"])


@pytest.mark.parametrize(
    ("to", "locked", "count"),
    [(CLOUD, False, 8), (SERVER, True, 8), (CLOUD, True, 2)],  # open; inside; too little
)
def test_others_are_none(to: str, locked: bool, count: int, tmp_path: Path) -> None:
    assert sent(tmp_path, to, locked=locked, count=count).table("findings").num_rows == 0
