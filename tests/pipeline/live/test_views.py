"""Rows of the screen: never wider than asked, never steering the terminal, bounded, in the right order."""

from __future__ import annotations

import ast
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from netaudit.pipeline.live.board import MOST, Board
from netaudit.pipeline.live.from_report import Terms
from netaudit.pipeline.live.news import MomentNews, Note
from netaudit.pipeline.live.views import PANELS, Words, columns, fit, head_of, rows_of, size, status
from netaudit.pipeline.live.wording import TEXTS, note_text
from tests.conftest import ROOT
from tests.pipeline.live import samples

ZH, EN = Words("zh", Terms("zh")), Words("en", Terms("en"))


def board_of(*news) -> Board:
    board = Board()
    for one in news:
        board.show(one)
    return board


@pytest.mark.parametrize("width", [1, 2, 3, 10, 39, 80, 200])
@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
@pytest.mark.parametrize("news", [samples.everything(), samples.hostile(), []], ids=["ordinary", "hostile", "none"])
def test_rows_fit_and_steer_nothing(news, words, width) -> None:
    board = board_of(*news)
    lines = [line for panel in PANELS for line in rows_of(panel, board, width, words)]
    lines += status(board.rate, width, words.lang)
    for text, _ in lines:
        assert cell_len(text) <= width
        assert not any(
            ord(char) < 32 or 127 <= ord(char) < 160 or 0xD800 <= ord(char) < 0xE000 or char == "\u202e"
            for char in text
        )


def test_a_row_says_what_happened() -> None:
    board = board_of(*samples.everything())
    rows = [line.text for line in rows_of("uploads", board, 160, EN)]
    assert (
        "D 48.2 kB encrypted, content not visible  192.168.1.64 Hikvision face capture camera > face.cloud.example (outside)"
        in rows[0]
    )
    assert "A 48.2 kB FACE jpeg  192.168.1.64 Hikvision face capture camera > face.cloud.example (outside)" in rows[1]
    assert "face" not in rows[0].lower().partition("visible")[0]  # never said of what cannot be seen
    (alert,) = rows_of("alerts", board, 160, ZH)
    assert alert.text == "A 向外部上传: 3 张图像  192.168.1.64 Hikvision 人脸抓拍摄像机 > 47.96.10.20"
    notes = [line.text[9:] for line in rows_of("notes", board, 160, EN)]
    assert notes == [
        "WARNING: no such code n 3",
        "note: where the tap is: inside the router (LAN side)",
        "MOMENT 1  测试人员经过门口摄像头",
    ]


def test_what_is_unsure_is_said_to_be() -> None:
    sure, unsure = (
        rows_of("devices", board_of(samples.device(confidence=one)), 80, EN)[0].text for one in ("strong", "weak")
    )
    assert unsure == f"{sure} ?"


@pytest.mark.parametrize(
    ("drops", "words", "style"),
    [
        ({"drops_kernel": None}, "lost: kernel ?  interface ?  netaudit 0", ""),
        ({"drops_kernel": 17}, "LOST PACKETS  lost: kernel 17  interface ?  netaudit 0", "bold red"),
        ({"drops_own": 2, "drops_interface": 0}, "LOST PACKETS  lost: kernel 0  interface 0  netaudit 2", "bold red"),
    ],
)
def test_losses_are_said_in_words(drops, words, style) -> None:
    assert status(samples.rate(**drops), 100, "en")[2] == (words, style)


@pytest.mark.parametrize(("waiting", "told"), [(0, ""), (49, ""), (1234, "so far 266 of 1,500 images judged   disk ")])
def test_images_that_wait_are_told(waiting, told) -> None:
    recorded = status(samples.rate(images_waiting=waiting, images_found=1500), 100, "en")[1].text
    assert told in recorded
    assert ("so far" in recorded) == bool(told)


def test_lists_are_bounded_and_count_on() -> None:
    board = Board()
    for number in range(3 * MOST):
        board.show(samples.upload(number))
        board.show(samples.device(number, device_id=str(number)))
        board.show(samples.endpoint(ip=f"10.0.{number}.1"))
        board.show(samples.alert(receiver=str(number)))
        board.show(Note("info", "x"))
    for rows in (board.uploads(), board.devices(), board.endpoints(), board.alerts(), board.notes()):
        assert 0 < len(rows) <= MOST
    assert head_of("uploads", board, "en") == "Sent  1,500"
    assert board.uploads()[0].object_id == f"{3 * MOST - 1:032x}"


def test_the_latest_row_of_a_device_and_an_alert_holds() -> None:
    board = board_of(
        samples.device(),
        samples.device(65),
        samples.device(vendor="Dahua"),
        samples.alert(images=1),
        samples.alert(images=9),
    )
    assert [row.vendor for row in board.devices()] == ["Dahua", "Hikvision"]
    assert [row.images for row in board.alerts()] == [9]


def test_alerts_come_by_certainty() -> None:
    board = board_of(
        *(samples.alert(certainty=grade, images=images) for grade, images in (("D", 0), ("B", 5), ("A", 1)))
    )
    assert [row.certainty for row in board.alerts()] == ["A", "B", "D"]
    assert head_of("alerts", board, "en") == "Alerts  A 1  B 1  D 1"


def test_what_went_outside_comes_before_what_moved_inside() -> None:
    acts = ["moved inside", "retrieved from outside", "uploaded outside"]
    board = board_of(*(samples.alert(act=act, images=9 - number) for number, act in enumerate(acts)))
    assert [row.act for row in board.alerts()] == [acts[2], acts[1], acts[0]]


def test_marks_are_handed_on_once() -> None:
    board = Board()
    board.mark(17, "door")
    assert [(mark.ts, mark.text, mark.source) for mark in board.moments()] == [(17, "door", "screen")]
    assert board.moments() == []


def test_two_threads_may_use_it() -> None:
    board = Board()
    writer = threading.Thread(target=lambda: [board.show(one) for _ in range(300) for one in samples.everything()])
    writer.start()
    while writer.is_alive():
        for panel in PANELS:
            rows_of(panel, board, 80, EN)
    writer.join()
    assert board.counts["uploads"] == 600


@given(st.text(max_size=60), st.integers(-3, 70))
def test_fit_never_exceeds(text, width) -> None:
    assert cell_len(fit(text, width)) <= max(0, width)
    assert cell_len(columns([(text, 5), (text, 9)], max(0, width))) <= max(0, width)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (48_213, "48.2 kB"),
        (123_456_789, "123 MB"),
        (float("nan"), "?"),
        (float("inf"), "?"),
        (1e29, "100000000000000 PB"),
    ],
)
def test_sizes(value, text) -> None:
    assert size(value) == text


@pytest.mark.parametrize("figures", [{}, {"side": "{0.__class__}"}, {"free": "x"}, {"side": 5, "\x1b": 3}])
@pytest.mark.parametrize("code", ["vantage", "disk_full", "none of ours", "\x1b[2J", "{0}"])
def test_notes_are_always_said(code, figures) -> None:
    for lang in ("zh", "en"):
        assert "\x1b" not in note_text(Note("info", code, figures), lang)
        assert note_text(Note("info", code, figures), lang)


def test_a_moment_without_words_is_shown() -> None:
    assert rows_of("notes", board_of(MomentNews(1, samples.T0, "")), 80, EN)[0].text.endswith("MOMENT 1  (no text)")


def test_every_note_that_the_engine_tells_has_a_text() -> None:
    told = set()
    for path in (ROOT / "netaudit" / "pipeline" / "live").glob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        for call in calls:
            place = {"Note": 1, "_note": 1, "_stop_for": 0}.get(
                getattr(call.func, "id", getattr(call.func, "attr", "")), -1
            )
            said = ast.walk(call.args[place]) if 0 <= place < len(call.args) else ()
            told |= {one.value for one in said if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    assert {"warming", "disk_full", "slow_method", "lines_dropped", "interface_lost"} <= told
    assert {code for code in told if f"note_{code}" not in TEXTS} == set()


def test_a_judgement_goes_to_the_row_it_is_of() -> None:
    board = board_of(
        samples.upload(1, face="waiting", certainty=""),
        samples.upload(2),
        samples.upload(1, again=True, face="no", certainty=""),
    )
    rows = [line.text for line in rows_of("uploads", board, 160, EN)]
    assert ["FACE" in row for row in rows] == [True, False]
    assert "no face jpeg" in rows[1]
    assert board.counts["uploads"] == 2


@pytest.mark.parametrize(("face", "shown"), [("yes", 1), ("no", 0)])
def test_a_late_face_is_shown_though_its_row_has_gone(face, shown) -> None:
    board = board_of(samples.upload(1, face="waiting"), *(samples.upload(number) for number in range(2, MOST + 2)))
    board.show(samples.upload(1, again=True, face=face))
    assert [row.object_id for row in board.uploads()].count(f"{1:032x}") == shown
    assert (len(board.uploads()), board.counts["uploads"]) == (MOST, MOST + 1)
