"""Rows of `evidence` made of many objects, held against a slow twin."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from operator import itemgetter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.content.part import Part
from netaudit.core.schema import EVIDENCE
from netaudit.core.storage.table_streams import TableWriter, read_streams
from netaudit.core.text.frame_ranges import capture_name
from netaudit.evidence.case.writing import make_folders
from netaudit.protocols.message import Message
from netaudit.streams.layouts import PIECE
from netaudit.tables import carriers
from netaudit.tables.carriers import EvidenceRows, evidence_of_drafts
from netaudit.tables.writers import row_writer
from tests.tables.frame_texts import frame_ranges

frames = st.one_of(st.integers(1, 12), st.sampled_from([99, 100, 10**12]))
packets = st.tuples(st.integers(1, 9), st.integers(0, 3), frames, st.sampled_from([0, 0, 0, 1]))  # length, gap …
messages = st.tuples(
    st.lists(packets, min_size=1, max_size=8), st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=3)
)


def pieces_of(some: list[tuple[int, int, int, int]]) -> np.ndarray:
    pieces, at = np.zeros(len(some), PIECE), 0
    for row, (length, gap, frame, capture) in zip(pieces, some, strict=True):
        row["offset"], row["length"], row["frame"], row["capture"] = at, length, frame, capture
        at += length + gap
    return pieces


def slow(name: str, pieces: np.ndarray, start: int, end: int) -> list[dict[str, object]]:
    """Which packets share bytes with a stretch, all where none does; a row for each capture."""
    behind = (pieces["offset"] + pieces["length"]).tolist()
    first, last = bisect_right(behind, start), bisect_left(pieces["offset"].tolist(), end)
    by_capture: dict[int, set[int]] = defaultdict(set)
    for piece in pieces[first:last] if first < last else pieces:
        by_capture[int(piece["capture"])].add(int(piece["frame"]))
    return [
        {
            "object_id": name,
            "capture_id": capture_name(capture),
            "first_frame": min(numbers),
            "last_frame": max(numbers),
            "frames": frame_ranges(numbers),
        }
        for capture, numbers in by_capture.items()
    ]


@given(st.lists(messages, min_size=1, max_size=6))
def test_rows_of_many_are_those_of_each(
    some: list[tuple[list[tuple[int, int, int, int]], list[tuple[int, int]]]],
) -> None:
    drafts, expected = [], []
    for number, (sent, objects) in enumerate(some):
        pieces = pieces_of(sent)
        data = pieces.tobytes()
        for place, (start, length) in enumerate(objects):
            drafts.append((f"{number}.{place}", data, start, start + length))
            expected += slow(f"{number}.{place}", pieces, start, start + length)
    if drafts:
        key = itemgetter("object_id", "capture_id")
        assert sorted(evidence_of_drafts(drafts).to_pylist(), key=key) == sorted(expected, key=key)


def test_few_pieces_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many objects lie in a message of many packets."""
    make_folders(tmp_path)
    monkeypatch.setattr(carriers, "MOST_HELD", 40 * PIECE.itemsize)
    writers = row_writer(tmp_path, "0")
    rows = EvidenceRows(writers["evidence"])
    written = []
    for number in range(5):
        rows.of(Message("http", 0, 0, 30, pieces=pieces_of([(1, 0, at + 1, 0) for at in range(15)])))
        rows.append(f"{number}", Part(b""))
        written.append(len(read_streams(tmp_path, "evidence")))
    assert written == [0, 0, 3, 3, 3]
    writers.close()
    assert read_streams(tmp_path, "evidence")["frames"].to_pylist() == ["1-15"] * 5


def test_a_long_message_is_written_with_many_of_its_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes its own packets: to look through all of them for each object would take time without an end."""
    make_folders(tmp_path)
    monkeypatch.setattr(carriers, "MOST_HELD", 150 * PIECE.itemsize)
    monkeypatch.setattr(carriers, "MANY", 100)
    made: list[int] = []
    writers = row_writer(tmp_path, "0")
    rows, flush = EvidenceRows(writers["evidence"]), writers["evidence"].flush
    monkeypatch.setattr(writers["evidence"], "flush", lambda *least: (made.append(1), flush(*least)))
    rows.of(Message("http", 0, 0, 300, body_start=0, pieces=pieces_of([(1, 0, at + 1, 0) for at in range(300)])))
    for number in range(200):
        rows.append(f"{number:03}", Part(b"", body_range=(number, number + 1)))
    assert len(made) == 1
    writers.close()
    assert read_streams(tmp_path, "evidence")["frames"].to_pylist() == [str(at + 1) for at in range(200)]


def test_objects_that_all_packets_of_a_long_message_carried_do_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frames of each become a text, as long as all of them."""
    make_folders(tmp_path)
    monkeypatch.setattr(carriers, "MOST_HELD", 500 * PIECE.itemsize)
    monkeypatch.setattr(carriers, "MANY", 100)
    writers = row_writer(tmp_path, "0")
    rows = EvidenceRows(writers["evidence"])
    rows.of(Message("http", 0, 0, 300, pieces=pieces_of([(1, 0, 2 * at + 1, 0) for at in range(300)])))
    written = []
    for number in range(4):
        rows.append(f"{number}", Part(b""))
        written.append(len(read_streams(tmp_path, "evidence")))
    assert written == [0, 2, 2, 4]
    writers.close()
    text = ",".join(str(2 * at + 1) for at in range(300))
    assert read_streams(tmp_path, "evidence")["frames"].to_pylist() == [text] * 4


@given(messages)
def test_what_an_object_of_a_long_message_takes_gives_the_same_rows(
    one: tuple[list[tuple[int, int, int, int]], list[tuple[int, int]]],
) -> None:
    pieces = pieces_of(one[0])
    for start, length in one[1]:
        said = Message("http", 0, 0, 300, body_start=0, pieces=pieces)
        part, expected = Part(b"", body_range=(start, start + length)), slow("o", pieces, start, start + length)
        for many in (1, 100):
            writer = TableWriter(Path(), EVIDENCE, "0", columns=evidence_of_drafts)  # holds drafts, and writes nothing
            rows = EvidenceRows(writer)
            rows.of(said)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(carriers, "MANY", many)
                rows.append("o", part)
            key = itemgetter("capture_id")
            assert sorted(evidence_of_drafts(writer._rows).to_pylist(), key=key) == sorted(expected, key=key)
