"""JSON lines: as declared, harmless, never holding up the engine; marks and stop from standard input."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import jsonschema
import orjson
import pytest

from netaudit.pipeline.live import lines as module
from netaudit.pipeline.live.lines import LONGEST, MOST_TEXT, Lines, line_of, schema
from netaudit.pipeline.live.news import Note
from tests.pipeline.live import samples

DOCS = Path(__file__).parents[3] / "docs"


def until(true, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not (met := true()) and time.monotonic() < end:
        time.sleep(0.01)
    return met


@pytest.mark.parametrize("news", samples.everything(), ids=lambda news: type(news).__name__)
def test_a_line_is_as_the_schema_says(news) -> None:
    jsonschema.validate(orjson.loads(line_of(news)), schema())


@pytest.mark.parametrize("news", samples.hostile(), ids=lambda news: type(news).__name__)
def test_hostile_strings_stay_in_their_line(news) -> None:
    line = line_of(news)
    assert line.count(b"\n") == 1
    assert not any(byte < 32 for byte in line[:-1])
    assert "\u202e".encode() not in line
    for value in orjson.loads(line).values():
        assert not isinstance(value, str) or len(value) <= MOST_TEXT


def test_the_documented_schema_is_that_of_the_code() -> None:
    assert orjson.loads((DOCS / "live-lines.schema.json").read_bytes()) == schema()


def test_lines_come_in_order_and_whole() -> None:
    out = io.BytesIO()
    show = Lines(out)
    for number in range(500):
        show.show(samples.upload(number))
    show.close()
    show.close()
    assert [orjson.loads(line)["object_id"] for line in out.getvalue().splitlines()] == [
        f"{n:032x}" for n in range(500)
    ]


def test_a_slow_reader_never_holds_up_the_engine(monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 50)
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb", buffering=0) as out, os.fdopen(reading, "rb") as back:
        show = Lines(out)
        began = time.monotonic()
        for number in range(5000):  # more than a pipe holds
            show.show(samples.upload(number))
        assert time.monotonic() - began < 2
        got: list[bytes] = []
        reader = threading.Thread(target=lambda: got.extend(back), daemon=True)
        reader.start()
        show.close()
        out.close()
        reader.join(5)
    rows = [orjson.loads(line) for line in got]
    assert rows[-1].get("object_id") == f"{4999:032x}"
    dropped = sum(row["figures"]["lines"] for row in rows if row["news"] == "note")
    assert dropped + sum(row["news"] == "upload" for row in rows) == 5000


def test_a_reader_that_goes_away_does_not_stop_the_run() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as out:
        show = Lines(out)
        for number in range(100):
            show.show(samples.upload(number))
        assert until(lambda: not show._writer.is_alive())
        show.show(Note("info", "warming"))
        assert not show.stopping()
        show.close()


def test_marks_and_stop_from_input() -> None:
    text = "mark test person passes\x1b[2J the door\nMARK\nnonsense\n\nmark " + "x" * LONGEST + "\nmark 门口\n"
    show = Lines(io.BytesIO(), io.BytesIO(text.encode()))
    marks = []
    assert until(lambda: bool(marks.extend(show.moments())) or len(marks) >= 4)
    assert [mark.text[:20] for mark in marks] == ["test person passes\x1b[", "", "x" * 20, "门口"]
    assert {mark.source for mark in marks} == {"stdin"}
    assert abs(marks[0].ts - time.time_ns()) < 60e9
    assert not show.stopping()
    show = Lines(io.BytesIO(), io.BytesIO(b"\xff\xfe\nstop\n"))
    assert until(show.stopping)


SCRIPT = """
import sys, time
from netaudit.pipeline.live.lines import standard_lines
from netaudit.pipeline.live.news import MomentNews
show = standard_lines()
with show.signals():
    number = 0
    while not show.stopping():
        for mark in show.moments():
            number += 1
            show.show(MomentNews(number, mark.ts, mark.text))
        time.sleep(0.01)
show.close()
"""


@pytest.mark.parametrize("how", ["stop", signal.SIGINT, signal.SIGTERM], ids=str)
def test_a_script_can_drive_it(how) -> None:
    root = str(Path(__file__).parents[3])
    run = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": root},
    )
    run.stdin.write("mark 门口\n".encode())
    run.stdin.flush()
    row = orjson.loads(run.stdout.readline())
    assert (row["news"], row["number"], row["text"]) == ("moment", 1, "门口")
    if how == "stop":
        run.stdin.write(b"stop\n")
        run.stdin.flush()
    else:
        run.send_signal(how)
    assert run.wait(10) == 0
    run.stdin.close()
    run.stdout.close()
