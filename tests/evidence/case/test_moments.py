"""Moments: stored as they are marked, read from notes of many kinds, refused with file and line."""

from __future__ import annotations

import datetime
import unicodedata
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import netaudit
from netaudit.errors import UsageError
from netaudit.evidence.case.moment_files import read_moments
from netaudit.evidence.case.moments import FILE, MOST_TEXT, Moment, MomentBook, Notes, keep, moment_table, stored
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NOON = int(datetime.datetime(2026, 5, 1, 4, 0, 30, tzinfo=datetime.UTC).timestamp()) * 1_000_000_000
CSV = "time,text\n2026-05-01T12:00:30+08:00,door camera\n"


def test_a_moment_is_on_the_disk_when_mark_returns(tmp_path: Path) -> None:
    book = MomentBook(tmp_path)
    number, moment = book.mark(NOON, "  test person passes\x1b[2J the door\u202e ", "screen")
    assert (number, moment.text) == (1, "test person passes\\x1b[2J the door\\u202e")
    assert stored(tmp_path) == [moment]
    assert MomentBook(tmp_path).mark(NOON + 1, "x" * 9999, "stdin")[0] == 2
    assert len(stored(tmp_path)[1].text) == MOST_TEXT


def test_a_line_cut_off_by_a_crash_costs_only_itself(tmp_path: Path) -> None:
    MomentBook(tmp_path).mark(NOON, "one", "screen")
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"ts": 17, "te')
    MomentBook(tmp_path).mark(NOON + 2, "two", "screen")
    assert [moment.text for moment in stored(tmp_path)] == ["one", "two"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"[]\n3\nnull\n",
        b'{"ts": "x", "text": 1, "source": 2}\n',
        b"\xff\xfe",
        b'{"ts": 1e400}',
        b'{"ts": 1e300, "text": "no time of a table", "source": "screen"}\n',
        b'{"ts": -1, "text": "before 1970", "source": "screen"}\n',
    ],
)
def test_a_spoiled_file_gives_no_moments(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert stored(tmp_path) == []


def test_no_file_gives_no_moments(tmp_path: Path) -> None:
    assert stored(tmp_path) == []
    assert moment_table([]).num_rows == 0


def test_the_table_is_by_time_and_knows_the_same_moment(tmp_path: Path) -> None:
    moments = Moment(NOON + 5, "b", "notes.csv"), Moment(NOON, "a", "notes.csv"), Moment(NOON, "a", "screen")
    keep(tmp_path, Notes("notes.csv", "0", moments))
    keep(tmp_path, Notes("notes.csv", "0", moments[:1]))  # read again
    assert len(stored(tmp_path)) == 3
    assert moment_table(stored(tmp_path))["text"].to_pylist() == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    [
        CSV,
        "\ufeff" + CSV,
        CSV.replace("\n", "\r\n"),
        CSV.replace(",", ";"),
        CSV.replace(",", "\t"),
        "2026-05-01T12:00:30+08:00,door camera",
        "Text,Time\ndoor camera,2026-05-01 12:00:30+08:00\n\n",
        "时间,内容\n2026-05-01 12:00:30,door camera\n",
        "time,text\n2026/5/1 12:00:30,door camera\n",
        'time,text\n"2026-05-01T04:00:30Z","door camera"\n',
        '[{"time": "2026-05-01T12:00:30+08:00", "text": "door camera"}]',
        '{"time": "2026-05-01T12:00:30", "text": "door camera"}\n',
        ' \n{"Time": "2026-05-01T12:00:30.000+08:00", "note": "door camera"}',
    ],
)
def test_notes_of_many_kinds(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(text.encode())
    assert read_moments(path, "+08:00").moments == (Moment(NOON, "door camera", "notes.txt"),)


def test_notes_from_a_chinese_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "记录.csv"
    path.write_bytes("时间,内容\n2026/5/1 12:00:30,测试人员经过门口摄像头\n".encode("gb18030"))
    assert read_moments(path, "Asia/Shanghai").moments == (Moment(NOON, "测试人员经过门口摄像头", "记录.csv"),)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no moments in it"),
        (b"time,text\n", "no moments in it"),
        (b"time,text\n2026-05-01T12:00:30,door\n", "line 2: 2026-05-01T12:00:30: in which zone"),
        (b"time,text\n\n12:00,door\n", "line 3: 12:00: no ISO 8601 time"),
        (b"text,time\ndoor\n", "line 2: no time in it"),
        (b"time\n\x1b[2Jx\n", "\\x1b[2Jx: no ISO 8601"),
        (b"1600-01-01T00:00:00Z,door\n", "out of range"),
        (b"0001-01-01T00:00:00+08:00,door\n", "out of range"),
        (b'[{"text": "door"}]', 'entry 1: give each moment as {"time"'),
        (b'[{"time": 5}]', "entry 1"),
        (b'{"time": "2026-05-01T12:00:30Z"}\n{oops', "line 2: neither JSON"),
        (b"\xff\xff\xff", "neither UTF-8 nor GB 18030"),
        (b'2026-05-01T12:00:30Z,"' + b"x" * 200_000 + b'"\n', "field larger than"),
        (b"x" * (5 << 20), "larger than 4,194,304 bytes"),
        (b"2026-05-01T12:00:30Z,door\n" * 2001, "line 2001: more than 2,000 moments"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "notes.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_moments(path)
    assert problem in str(caught.value)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("zone", ["", "+25:00", "Nowhere/Land", "../../etc/passwd", "+8"])
def test_an_unknown_zone_is_refused(tmp_path: Path, zone: str) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("2026-05-01T12:00:30,door", encoding="utf-8")
    with pytest.raises(UsageError):
        read_moments(path, zone)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_moments(tmp_path / "none.csv")


@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_give_moments_or_a_named_error(tmp_path_factory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("notes") / "notes.csv"
    path.write_bytes(content)
    moments, said = [], ""
    try:
        moments = list(read_moments(path, "+08:00").moments)
    except UsageError as error:
        said = str(error)
    shown = [said, *(moment.text for moment in moments)]
    assert not any(unicodedata.category(char) == "Cc" for text in shown for char in text)
    assert all(moment.ts >= 0 for moment in moments)
    assert orjson.dumps(shown)


def test_notes_come_into_the_case_with_what_followed(tmp_path: Path) -> None:
    capture = ROOT / "pcaps" / "carriers" / "ftp.pcapng"
    first = netaudit.audit(capture, tmp_path / "first", faces=False, inside=["0.0.0.0/0"])
    assert first.manifest["moments"] is None
    sent = first.table("images")["first_ts"].cast("int64").to_pylist()
    notes = tmp_path / "notes.jsonl"
    at = datetime.datetime.fromtimestamp(min(sent) // 1_000_000_000, datetime.UTC)
    notes.write_bytes(orjson.dumps({"time": at.isoformat(), "text": "door"}))
    case = netaudit.audit(
        capture, tmp_path / "case", faces=False, inside=["0.0.0.0/0"], moments=notes, moment_window_s=30
    )
    assert case.table("moments").to_pydict()["text"] == ["door"]
    assert case.manifest["moments"] == {"lead_s": 5, "window_s": 30}
    rows = case.table("after_moments")
    assert sum(rows["images"].to_pylist()) == sum(one // 1_000_000_000 < at.timestamp() + 30 for one in sent)
    assert set(rows["visibility"].to_pylist()) >= {"clear"}
    assert "door" in (tmp_path / "case" / "report.html").read_text(encoding="utf-8")


def test_notes_that_cannot_be_read_cost_no_audit(tmp_path: Path) -> None:
    notes = tmp_path / "notes.csv"
    notes.write_text("12:00,door\n", encoding="utf-8")
    with pytest.raises(UsageError, match="line 1: 12:00"):
        netaudit.audit(tmp_path / "none.pcap", tmp_path / "case", moments=notes)
    assert not (tmp_path / "case").exists()
