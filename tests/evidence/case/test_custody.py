"""The chain of custody: whole, taken up again, cut, and tampered with."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import orjson
import pytest

from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.custody import START, Custody, broken, entries, forged, seal
from tests.wording import english

if TYPE_CHECKING:
    from pathlib import Path


def chain(case: Path, count: int = 4) -> Path:
    custody = Custody(case)
    for number in range(count):
        custody.note("recorded", file=f"record-{number}", sha256="ab" * 32)
    custody.close()
    return case / "custody.jsonl"


def test_a_chain_holds_and_goes_on(tmp_path: Path) -> None:
    chain(tmp_path, 3)
    chain(tmp_path, 2)
    assert broken(tmp_path) == []
    lines = entries(tmp_path)
    assert [line["number"] for line in lines] == [1, 2, 3, 4, 5]
    assert lines[0]["previous"] == START
    assert all(one["hash"] == two["previous"] for one, two in itertools.pairwise(lines))


def test_no_chain_is_no_problem(tmp_path: Path) -> None:
    assert broken(tmp_path) == []
    assert entries(tmp_path) == []


def test_every_change_is_noticed(tmp_path: Path) -> None:
    """Any byte of any line changed, but for white space at the ends."""
    path = chain(tmp_path, 2)
    whole = path.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        assert broken(tmp_path), f"byte {place}, {whole[place : place + 1]!r}"


@pytest.mark.parametrize("gone", range(4))
def test_a_line_taken_out_is_noticed_but_at_the_end(tmp_path: Path, gone: int) -> None:
    path = chain(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:gone] + lines[gone + 1 :]))
    assert bool(broken(tmp_path)) == (gone != 3), "what is cut off at the end shows by the last hash, noted elsewhere"


def test_lines_in_another_order_are_noticed(tmp_path: Path) -> None:
    path = chain(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[2], lines[1], lines[3]]))
    assert broken(tmp_path)


def test_a_line_sealed_anew_is_noticed_by_the_next(tmp_path: Path) -> None:
    path = chain(tmp_path)
    rows = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    rows[1]["file"] = "another"
    rows[1]["hash"] = seal(rows[1])
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    assert list(map(english, broken(tmp_path))) == ["line 3: does not follow the line before it"]


@pytest.mark.parametrize("left", [1, 20, 200])
def test_a_line_cut_by_a_crash_stays_and_the_chain_goes_on(tmp_path: Path, left: int) -> None:
    path = chain(tmp_path, 2)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][:left])
    assert list(map(english, broken(tmp_path))) == ["line 2: not readable (cut at the end of the file)"]
    chain(tmp_path, 1)
    assert list(map(english, broken(tmp_path))) == ["line 2: not readable"]
    assert [line["number"] for line in entries(tmp_path)] == [1, 2]


@pytest.mark.parametrize(
    "line",
    [b"\xff\xfe", b"[]", b"null", b"{}", b'{"number":"1"}', b"{" * 100_000, b'{"number":1,"hash":2}', b"\0" * 50],
)
def test_strange_lines_are_problems_not_crashes(tmp_path: Path, line: bytes) -> None:
    path = chain(tmp_path, 1)
    path.write_bytes(path.read_bytes() + line + b"\n")
    assert list(map(english, broken(tmp_path))) == ["line 2: not readable"]
    chain(tmp_path, 1)
    assert len(entries(tmp_path)) == 2


def test_two_at_once_would_break_the_chain(tmp_path: Path) -> None:
    with Custody(tmp_path) as first, ThreadPoolExecutor(1) as other:
        with pytest.raises(UsageError, match="at work"):
            other.submit(Custody, tmp_path).result()
        first.note("begun")
        with Custody(tmp_path) as within:  # of the same thread: one chain
            within.note("meanwhile")
        first.note("ended")
    chain(tmp_path, 1)
    assert broken(tmp_path) == []


@pytest.mark.parametrize("change", [b'{ "', b'"hash" :'])
def test_every_byte_of_a_line_counts(tmp_path: Path, change: bytes) -> None:
    """Also those that JSON does not care for."""
    path = chain(tmp_path, 1)
    path.write_bytes(path.read_bytes().replace(change.replace(b" ", b""), change, 1))
    assert list(map(english, broken(tmp_path))) == ["line 1: was changed"]


def test_gigabytes_of_garbage_are_not_read(tmp_path: Path) -> None:
    with chain(tmp_path).open("ab") as file:
        file.truncate(200 << 20)
    for ask in (entries, broken, Custody):
        with pytest.raises(CaseError, match=r"custody\.jsonl: 209,715,200 bytes, where a chain"):
            ask(tmp_path)


def test_of_many_problems_the_first_are_told(tmp_path: Path) -> None:
    with chain(tmp_path, 2).open("ab") as file:
        file.write(b"{}\n" * 3_000_000)
    problems = broken(tmp_path)
    assert english(problems[0]) == "line 3: not readable"
    assert len(problems) == 1001
    assert english(problems[-1]) == "line 1004: and more behind it"
    assert english(forged(tmp_path)).startswith("custody.jsonl: line 3: not readable")


def test_a_crash_explains_a_line_that_was_cut_and_nothing_else(tmp_path: Path) -> None:
    path = chain(tmp_path, 2)
    whole = path.read_bytes()
    with path.open("ab") as file:
        file.write(b'{"file":"rec')
    chain(tmp_path, 1)
    assert broken(tmp_path)
    assert forged(tmp_path) == ""
    path.write_bytes(whole.replace(b"record-0", b"record-9"))
    assert english(forged(tmp_path)).startswith("custody.jsonl: line 1: was changed")
