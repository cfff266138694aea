"""The screen: keys and what they do, in a terminal that tmux gives, on terminals of many kinds, whatever comes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest
from textual.events import Key

from netaudit.pipeline.live.board import Board
from netaudit.pipeline.live.onscreen import prints_chinese
from netaudit.pipeline.live.screen import LiveScreen
from tests.pipeline.live import samples

if TYPE_CHECKING:
    from pathlib import Path


def driven(keys, news=(), lang="en", width=80, height=24):
    """Press keys on a screen without a terminal; gives the board, and the rows of the screen after each key."""
    board = Board()
    for one in news:
        board.show(one)
    seen = []

    async def drive() -> None:
        app = LiveScreen(board, "eth1", lang)
        async with app.run_test(size=(width, height)) as pilot:
            await pilot.pause(0.1)
            for key in ("", *keys):
                if key:
                    await pilot.press(key)
                    await pilot.pause()
                seen.append(
                    "\n".join(
                        "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
                    )
                )
            board.close()
            until = time.monotonic() + 20  # it looks four times a second, on a machine with time for it
            while app.return_code is None and time.monotonic() < until:
                await pilot.pause(0.1)
        assert app.return_code == 0

    asyncio.run(drive())
    return board, seen


def test_everything_is_on_a_screen_of_80_by_24() -> None:
    _, (screen,) = driven([], samples.everything())
    rows = screen.splitlines()
    assert len(rows) == 24
    for text in ("netaudit live  eth1  00:00:0", "850/s", "1,234 packets", "1 Alerts  A 1", "2 Sent  2",
                 "3 Sent encrypted, counted", "71 uploads (11 from ",
                 "4 Devices  1", "5 Endpoints  1", "6 Moments and notes", "m mark a moment"):  # fmt: skip
        assert text in screen


def test_a_moment_has_the_time_of_its_key_not_of_its_text() -> None:
    before = time.time_ns()
    board, screens = driven(["m", *"door", "enter"])
    (mark,) = board.moments()
    assert mark.text == "door"
    assert before < mark.ts < time.time_ns()
    assert "what happens?" in screens[1]
    assert "what happens?" not in screens[-1]
    board, _ = driven(["m", *"door", "escape", "m", "enter"])
    assert [mark.text for mark in board.moments()] == [""]


def at_once(*keys):
    """Press keys with nothing between them, as a terminal hands on what was typed ahead; gives the board."""
    board = Board()

    async def drive() -> None:
        app = LiveScreen(board, "eth1", "en")
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause(0.1)
            for key in keys:
                app.post_message(Key(key, " " if key == "space" else key if len(key) == 1 else None))
            await pilot.pause(0.3)
            board.close()
            await pilot.pause(0.3)

    asyncio.run(drive())
    return board


def test_keys_act_in_the_order_in_which_they_were_pressed() -> None:
    assert not at_once("s", "n", "ctrl+c").stopping()  # Ctrl-C asks anew: it never answers a question that "n" closed
    assert at_once("s", "n", "ctrl+c", "ctrl+c").stopping()
    board = at_once("m", "d", "o", "r", "left", "o", "end", "s", "space", "门", "enter", "ctrl+c", "ctrl+c")
    assert [mark.text for mark in board.moments()] == ["doors 门"]
    assert board.stopping()
    board = at_once("m", "x", "ctrl+c", "n", "m", "y", "enter", "s", "y")
    assert [mark.text for mark in board.moments()] == ["y"]
    assert board.stopping()


def test_stopping_is_asked_for_and_can_be_taken_back() -> None:
    board, screens = driven(["s", "n", "enter", "y"])
    assert "Stop recording" in screens[1]
    assert not board.stopping()
    for keys in (
        ["s", "y"],
        ["ctrl+c", "ctrl+c"],
        ["ctrl+c", "y"],
        ["ctrl+q", "y", "s", "n"],
        ["m", "x", "ctrl+c", "y"],
    ):
        board, screens = driven(keys)
        assert board.stopping(), keys
        assert "stopping" in screens[-1]


def test_a_list_can_be_enlarged_and_scrolled() -> None:
    news = [samples.upload(number, receiver_name=f"n{number}.example") for number in range(60)]
    _, screens = driven(["2", "down", "pagedown", "home", "end", "3", "6", "0"], news)
    assert "n59.example" in screens[1]
    assert "n44.example" in screens[1]
    assert "Devices" not in screens[1]
    assert "n59.example" not in screens[2]
    assert "n48.example" in screens[3]
    assert "n59.example" in screens[4]
    assert "n0.example" in screens[5]
    assert "3 Sent encrypted, counted" in screens[6]
    assert "2 Sent" not in screens[6]
    assert "6 Moments" in screens[7]
    assert all(f"{n} " in screens[8] for n in range(1, 7))


def test_the_language_can_be_changed() -> None:
    _, screens = driven(["l", "l"], samples.everything(), lang="zh")
    assert "2 传输" in screens[0]
    assert "2 Sent" in screens[1]
    assert "2 传输" in screens[2]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 60), (5, 2)])
def test_hostile_news_on_small_and_large_screens(width, height) -> None:
    _, screens = driven(
        ["1", "2", "3", "4", "5", "6", "0", "m", "escape", "s", "n", "l"],
        samples.hostile() * 3,
        width=width,
        height=height,
    )
    assert not any(char in "".join(screens) for char in "\x1b\x07\x00\u202e")


def test_a_flood_of_news_leaves_the_keys_alive() -> None:
    board, screens = driven(["s", "y"], samples.everything() * 3000)
    assert board.stopping()
    assert "Sent  6,000" in screens[-1]


@pytest.mark.parametrize(
    ("term", "encoding", "expected"),
    [("xterm", "utf-8", True), ("linux", "utf-8", False), ("xterm", "ascii", False), ("xterm", "gbk", True)],
)
def test_where_chinese_can_be_printed(monkeypatch, term, encoding, expected) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys, "__stderr__", type("Stream", (), {"encoding": encoding})())
    assert prints_chinese() is expected


def playing(lang: str, log: Path) -> list[str]:
    """Command that plays the demo office."""
    return [sys.executable, "-m", "tests.pipeline.live.office", lang, str(log)]


@pytest.fixture
def terminal(terminals, tmp_path):
    """A screen that plays the demo office; `log` has the moments that its engine was given."""

    def open_one(lang="en", **env):
        one = terminals(playing(lang, log := tmp_path / "moments.log"), **env)
        one.log = log
        return one

    return open_one


@pytest.mark.tools
def test_an_officer_marks_a_moment_and_stops(terminal) -> None:
    screen = terminal("zh")
    rows = screen.shown("4 设备  4").splitlines()
    assert len(rows) == 24
    screen.keys("m")
    screen.shown("说明（回车保存")
    screen.tmux("send-keys", "-l", "测试人员经过 [bold]door")
    screen.keys("Enter")
    screen.shown("时刻 1  测试人员经过 [bold]door")
    assert screen.log.read_text(encoding="utf-8") == "screen 测试人员经过 [bold]door\n"
    screen.keys("s")
    screen.shown("停止记录并生成分析结果？")
    screen.keys("n", "C-c")
    screen.shown("停止记录并生成分析结果？")
    screen.keys("y")
    screen.shown("moments: 1")
    screen.shown("ended 0")


@pytest.mark.tools
@pytest.mark.parametrize(
    "env",
    [
        {"NO_COLOR": "1"},
        {"TERM": "vt100"},
        {"TERM": "linux"},
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    ],
    ids=str,
)
def test_poor_terminals(terminal, env) -> None:
    screen = terminal("zh", **env)
    chinese = "NO_COLOR" in env or env.get("TERM") == "vt100"
    screen.shown("4 设备  4" if chinese else "4 Devices  4")
    screen.keys("m", "x", "Enter")
    screen.shown("时刻 1  x" if chinese else "MOMENT 1  x")
    screen.keys("s", "y")
    screen.shown("ended 0")


@pytest.mark.tools
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=str)
def test_signals_end_the_run_cleanly(terminal, number) -> None:
    screen = terminal()
    screen.shown("4 Devices")
    os.kill(screen.pid("tests.pipeline.live.office"), number)
    screen.shown("moments: 0")
    screen.shown("ended 0")


@pytest.mark.tools
def test_a_terminal_that_goes_away_ends_the_run_cleanly(terminals, tmp_path) -> None:
    done = tmp_path / "done"
    screen = terminals([sys.executable, "-c", ENDING, str(done)])
    screen.shown("4 Devices")
    screen.keys("m", "x", "Enter")
    screen.shown("MOMENT 1  x")
    screen.tmux("kill-server")
    until = time.monotonic() + 20
    while not done.exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert done.exists(), "it hangs, or ended by the signal"
    assert done.read_text() == "1"


@pytest.mark.tools
def test_a_window_may_change_its_size(terminal) -> None:
    screen = terminal()
    screen.shown("4 Devices")
    screen.tmux("resize-window", "-x", "30", "-y", "8")
    screen.shown(" files ..")  # as narrow as that
    screen.tmux("resize-window", "-x", "150", "-y", "50")
    screen.shown("encrypted, content not visible")
    screen.keys("s", "y")
    screen.shown("ended 0")


ENDING = """
import pathlib, sys
from netaudit.pipeline.live.onscreen import run_on_screen
from tests.pipeline.live.office import play
marks = run_on_screen(play, "eth1", "en")
pathlib.Path(sys.argv[1]).write_text(str(marks))
"""
FAILING = """
from netaudit.errors import UsageError
from netaudit.pipeline.live.onscreen import run_on_screen
from netaudit.pipeline.live.screen import LiveScreen
def work(show):
    raise UsageError("vb: cannot be recorded")
def works(show):
    while not show.stopping():
        pass
    return 7
try:
    run_on_screen(work, "vb", "en")
except UsageError as error:
    print("said:", error)
LiveScreen._draw = lambda self: 1 / 0
print("gave:", run_on_screen(works, "vb", "en"))
"""


@pytest.mark.tools
def test_errors_of_the_engine_are_raised_and_those_of_the_screen_end_the_run_cleanly(terminals) -> None:
    screen = terminals([sys.executable, "-c", FAILING])
    screen.shown("gave: 7")
    screen.shown("ended 0")
    history = screen.tmux("capture-pane", "-p", "-S", "-200")
    assert "said: vb: cannot be recorded" in history
    assert "ZeroDivisionError" in history
