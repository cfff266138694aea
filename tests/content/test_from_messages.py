"""The door from messages: the root part, ranges of larger things, evidence frames, ids."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content.from_messages import leaves, object_id
from netaudit.content.part import Leaf, Part
from netaudit.core.schema import EVIDENCE
from netaudit.core.storage.table_streams import TableWriter
from netaudit.core.text.frame_ranges import capture_name
from netaudit.protocols.message import Message
from netaudit.streams.layouts import PIECE
from netaudit.tables.carriers import EvidenceRows, evidence_of, evidence_of_drafts
from tests.content.samples import B64, JPEG, MULTI, form_part, multipart
from tests.tables.frame_texts import frame_ranges


def message(body: bytes, **about: object) -> Message:
    values = {
        "protocol": "http",
        "direction": 0,
        "start": 0,
        "end": len(body),
        "method": "POST",
        "message_id": bytes(16),
    }
    return Message(**{**values, "body": body, "body_size": len(body), **about})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("about", "path"),
    [
        ({}, "request body › jpeg"),
        ({"status": 200}, "response body › jpeg"),
        ({"protocol": "carved", "method": ""}, "carved › jpeg"),
        ({"protocol": "websocket", "method": ""}, "websocket body › jpeg"),
    ],
)
def test_root_is_named_by_where_it_was(about: dict[str, object], path: str) -> None:
    (leaf,) = leaves(message(JPEG, **about))
    assert leaf.part.path == path
    assert leaf.part.body_range == (0, len(JPEG))


@pytest.mark.parametrize(
    ("about", "name"),
    [
        ({"path": "/faces/%E5%BC%A0.jpg?x=/y"}, "张.jpg"),
        ({"path": "/a", "headers": [("content-disposition", 'attachment; filename="b.jpg"')]}, "b.jpg"),
        ({"file_name": "c.jpg"}, "c.jpg"),
        ({"path": "/"}, ""),
    ],
)
def test_name(about: dict[str, object], name: str) -> None:
    (leaf,) = leaves(message(JPEG, **about))
    assert leaf.part.name == name


def test_headers_say_the_codings() -> None:
    coded = message(gzip.compress(JPEG), headers=[("content-encoding", "gzip")])
    (leaf,) = leaves(coded)
    assert leaf.part.path == "request body › gzip › jpeg"
    coded = message(B64, headers=[("content-transfer-encoding", "base64")])
    assert next(leaves(coded)).part.data == JPEG


@pytest.mark.parametrize(
    ("declared", "complete"),
    [
        (f"0-{len(JPEG) - 1}/{len(JPEG)}", True),
        (f"bytes 0-{len(JPEG) - 1}/{len(JPEG)}", True),
        (f"0-{len(JPEG) - 1}/{len(JPEG) + 1}", False),
        (f"0-{len(JPEG) - 1}/*", False),
        (f"10-{len(JPEG) + 9}/{len(JPEG) + 10}", False),
        ("nonsense", False),
        ("multipart", True),
    ],
)
def test_partial_content_is_whole_only_when_it_is_all(declared: str, complete: bool) -> None:
    (leaf,) = leaves(message(JPEG, status=206, file_range=declared))
    assert leaf.part.complete is complete


@pytest.mark.parametrize(
    "about",
    [
        {"complete": False},
        {"missing": [(5, 9)], "complete": False},
        {"unknown_from": 50, "complete": False},
        {"missing": [(len(JPEG), len(JPEG) + 5)]},
    ],
)
def test_an_incomplete_message_gives_nothing_whole(about: dict[str, object]) -> None:
    for leaf in leaves(message(JPEG, **about)):
        assert not leaf.part.complete


@pytest.mark.parametrize(
    ("missing", "unknown_from", "told"),
    [
        ([(6, 900), (950, 990)], None, 9),
        ([(9, 900)], 900, 9),  # a hole too long: bytes behind it are not kept, the end is not known
        ([(6, 900)], 950, 9),
        ([(2, 3)], 5, 5),
    ],
)
def test_nothing_is_said_of_bytes_that_a_part_has_not(missing, unknown_from, told) -> None:
    """A message counts bytes of its body as sent; its part is what was kept of them."""
    (leaf,) = leaves(message(b"some text", missing=missing, unknown_from=unknown_from, complete=False))
    assert (leaf.part.unknown_from, len(leaf.part.data)) == (told, 9)


def test_limits_reach_the_message() -> None:
    bomb = message(gzip.compress(bytes(50 << 20)), headers=[("content-encoding", "gzip")])
    assert [leaf.kind for leaf in leaves(bomb)] == ["opaque"]
    assert bomb.notes == ["limit: gzip ratio or expansion"]


def test_ids_are_stable_and_distinct() -> None:
    one = message(JPEG, message_id=b"a" * 16)
    assert len(object_id(one, "request body › jpeg")) == 16
    assert object_id(one, "x") == object_id(message(b"y", message_id=b"a" * 16), "x")
    assert object_id(one, "x") != object_id(one, "y") != object_id(message(JPEG, message_id=b"b" * 16), "y")


def pieces(*rows: tuple[int, int, int, int]) -> np.ndarray:
    """(offset, length, frame, capture)"""
    out = np.zeros(len(rows), PIECE)
    for name, column in zip(("offset", "length", "frame", "capture"), zip(*rows, strict=True), strict=True):
        out[name] = column
    return out


def carried(said: Message, part: Part) -> list[tuple[object, ...]]:
    """Rows of `evidence` of an object in a message."""
    writer = TableWriter(Path(), EVIDENCE, "0", columns=evidence_of_drafts)  # holds drafts, and writes nothing
    rows = EvidenceRows(writer)
    rows.of(said)
    rows.append("o", part)
    return [tuple(row.values()) for row in evidence_of_drafts(writer._rows).to_pylist()] if writer._rows else []


def test_frames_are_those_that_carry_the_bytes() -> None:
    body = multipart(form_part(JPEG), form_part(JPEG[:-2] + b"\xff\xd9"))
    rows = [(100 + at, 100, 10 + i + (i > 5), 0) for i, at in enumerate(range(0, len(body) + 200, 100))]
    said = message(body, start=100, body_start=300, end=300 + len(body), content_type=MULTI, pieces=pieces(*rows))
    first, second = leaves(said)
    for leaf in (first, second):
        ((_, capture, low, high, text),) = carried(said, leaf.part)
        start, end = (300 + edge for edge in leaf.part.body_range)  # type: ignore[union-attr]
        expected = [frame for offset, length, frame, _ in rows if offset < end and offset + length > start]
        assert capture == capture_name(0)
        assert (low, high) == (expected[0], expected[-1])
        assert text == frame_ranges(expected)
    assert carried(said, first.part) != carried(said, second.part)


def test_frames_of_two_captures_and_unknown_places() -> None:
    said = message(JPEG, pieces=pieces((0, 500, 7, 1), (500, 500, 8, 1), (1000, 500, 1, 2)))
    leaf = Leaf(Part(JPEG), "jpeg")
    rows = [("o", capture_name(1), 7, 8, "7-8"), ("o", capture_name(2), 1, 1, "1")]
    assert carried(said, leaf.part) == rows
    assert carried(message(JPEG), leaf.part) == []


@settings(max_examples=50, deadline=None)
@given(st.sets(st.integers(1, 60), min_size=1))
def test_ranges_name_exactly_the_frames(frames: set[int]) -> None:
    numbers = np.array(sorted(frames))
    span = np.zeros(1, np.int64), np.array([numbers.size])
    (text,) = evidence_of(["o"], np.zeros(numbers.size, np.int64), numbers, *span)["frames"].to_pylist()
    back = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        back |= set(range(int(first), int(last or first) + 1))
    assert back == frames
    assert len(text.split(",")) == sum(frame - 1 not in frames for frame in frames)
