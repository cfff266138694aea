"""The way on site, as an officer goes it: live on a wire, a moment marked, uploads seen, stopped, the report read."""

from __future__ import annotations

import sys

import pytest

from netaudit.evidence.case.reading import open_case


@pytest.mark.tools
def test_a_marked_moment_is_tied_to_what_left_after_it(wire, terminals, tmp_path) -> None:
    folder = tmp_path / "case"
    live = [sys.executable, "-m", "netaudit", "live", "vb", "--case", str(folder), "--lang", "zh", "--no-faces"]
    screen = terminals(wire.command(*live), PYTHONWARNINGS="default")
    screen.shown("netaudit 现场取证  vb")
    screen.shown("丢包", 120)  # kernels may have to be compiled
    screen.keys("m")
    screen.tmux("send-keys", "-l", "测试人员经过门口摄像头")
    screen.keys("Enter")
    screen.shown("时刻 1  测试人员经过门口摄像头")
    sent = wire.replay(mbps=20)
    screen.shown(f"共 {sent:,} 个数据包")
    screen.shown("Dahua 人脸抓拍摄像机", 60)
    screen.shown("图像 jpeg")
    screen.keys("s", "y")
    screen.shown("ended 5", 120)  # images were not judged

    case = open_case(folder)
    assert case.table("moments")["text"].to_pylist() == ["测试人员经过门口摄像头"]
    rows = case.table("after_moments").to_pandas()
    assert {"outside", "inside"} == set(rows["receiver_scope"])
    assert {"clear", "encrypted"} == set(rows["visibility"])
    assert rows[rows["visibility"] == "clear"]["images"].sum() > 50
    assert rows["within"].all()
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "测试人员经过门口摄像头" in report
    assert "采集仅覆盖该时段的一部分" in report  # stopped before the three minutes were over
