"""Which messages carry pieces of a file, and which are left alone."""

from __future__ import annotations

import pytest

from netaudit.protocols.message import DOWN, UP, Message
from netaudit.tables.ranges import MOST_RUNS, pieces_of
from tests.content.samples import JPEG

CHANGED, LATER = "Tue, 24 Nov 2026 10:00:00 GMT", "Tue, 24 Nov 2026 10:00:01 GMT"
TAGGED = [("etag", '"abc"'), ("content-type", "image/jpeg")]


def fetched(place="100-199/1000", headers=TAGGED, **about):
    message = Message("http", DOWN, 0, 0, method="GET", host="cam.example", path="/face.jpg", status=206)
    message.headers = list(headers)
    message.content_type = message.header("content-type")
    message.file_range = place
    message.body = JPEG[:100]
    message.body_size = 100
    for name, value in about.items():
        setattr(message, name, value)
    return message


def file_of(message, client=""):
    (file,) = {piece.file for piece in pieces_of(message, client)}
    return file


def runs_of(message):
    return [(piece.offset, piece.part.data) for piece in pieces_of(message) if piece.part is not None]


def test_a_range():
    piece, end = pieces_of(fetched())
    assert (piece.role, end.role, end.size) == ("range", "end", 1000)
    offset, part = piece.offset, piece.part
    assert (offset, part.data, part.name, part.complete) == (100, JPEG[:100], "face.jpg", True)
    assert part.path == "response body bytes 100-199/1000 piece 100-199"


def test_the_same_content_only():
    base = file_of(fetched())
    assert file_of(fetched("0-99/1000")) == base
    changed = [("last-modified", CHANGED), ("date", LATER), TAGGED[1]]
    others = [
        fetched("0-99/1001"), fetched(host="other.example"), fetched(path="/face.jpg?x"), fetched(headers=changed),
        fetched(headers=[("etag", '"abd"'), TAGGED[1]]),
    ]  # fmt: skip
    names = {file_of(other) for other in others}
    assert len(names) == len(others)
    assert base not in names


@pytest.mark.parametrize(
    "message",
    [
        fetched(headers=[TAGGED[1]]),  # nothing says that the content is the same
        fetched(headers=[("etag", 'W/"abc"'), TAGGED[1]]),
        fetched(headers=[("etag", 'W/"abc"'), ("last-modified", CHANGED), ("date", LATER), TAGGED[1]]),
        fetched(headers=[("last-modified", CHANGED), TAGGED[1]]),
        fetched(headers=[("last-modified", CHANGED), ("date", CHANGED), TAGGED[1]]),  # may have changed since
        fetched(headers=[("last-modified", LATER), ("date", CHANGED), TAGGED[1]]),
        fetched(headers=[("last-modified", LATER), ("date", "Tue, 24 Nov 2026 18:00:00 +0800"), TAGGED[1]]),
        fetched(headers=[("last-modified", "Tue, 99 Nov 2026"), ("date", LATER), TAGGED[1]]),
        fetched(headers=[*TAGGED, ("content-encoding", "gzip")]),
        fetched(headers=[TAGGED[0], ("content-type", "video/mp4")]),
        fetched("100-199/*"),
        fetched("100-198/1000"),  # more bytes than the range has
        fetched("100-199/150"),
        fetched("199-100/1000"),
        fetched("0-99/100"),  # all of it
        fetched("multipart"),
        fetched("100-199/99999999999"),
        fetched(body=b"", body_size=0),
        fetched(method="POST"),
        fetched(protocol="rtsp"),
    ],
)
def test_left_alone(message):
    assert pieces_of(message) == []


def test_runs_between_holes():
    message = fetched(missing=[(10, 20), (50, 60)], complete=False)
    assert runs_of(message) == [
        (100, JPEG[:10]),
        (120, JPEG[20:50]),
        (160, JPEG[60:100]),
    ]
    message = fetched(missing=[(0, 10)], unknown_from=40, complete=False)
    assert runs_of(message) == [(110, JPEG[10:40])]
    message = fetched(
        missing=[(2 * at, 2 * at + 1) for at in range(1500)], complete=False, body=bytes(3000), body_size=100
    )
    assert len(runs_of(message)) == MOST_RUNS


def test_an_answer_that_was_broken_off_begins_what_a_range_goes_on_with():
    headers = [*TAGGED, ("accept-ranges", "bytes"), ("content-length", "1000")]
    cut = {"status": 200, "file_range": None, "complete": False, "missing": [(100, 1000)], "body_size": 1000}
    begun = fetched(headers=headers, **cut)
    assert file_of(begun) == file_of(fetched())
    assert runs_of(begun) == [(0, JPEG[:100])]
    assert pieces_of(fetched(headers=TAGGED, **cut)) == []
    assert pieces_of(fetched(headers=headers, **{**cut, "complete": True, "missing": []})) == []


@pytest.mark.parametrize(
    "length", ["", "0", "-5", "1e3", "\u0661\u0660\u0660\u0660", "1" * 5000, "0" * 20 + "1" * 5000, "9" * 15]
)
def test_a_length_that_is_none_begins_nothing(length):
    headers = [*TAGGED, ("accept-ranges", "bytes"), ("content-length", length)]
    cut = {"status": 200, "file_range": None, "complete": False, "missing": [(100, 1000)], "body_size": 1000}
    assert pieces_of(fetched(headers=headers, **cut)) == []


def test_what_is_sent_in_ranges():
    sent = fetched(direction=UP, status=0, method="PUT", headers=[TAGGED[1]])
    assert pieces_of(sent)[0].role == "sent"
    assert file_of(sent).startswith("to\0\0PUT\0cam.example\0/face.jpg")
    assert pieces_of(fetched(direction=UP, status=0, method="GET", headers=[TAGGED[1]])) == []


def test_clients_are_told_apart():
    """Two may send to one place by turns; and that each of two fetched a picture must not become one fetching."""
    sent = fetched(direction=UP, status=0, method="PUT", headers=[TAGGED[1]])
    for message in (sent, fetched()):
        one, again, other = (file_of(message, client) for client in ("10.0.0.1", "10.0.0.1", "10.0.0.2"))
        assert one == again != other


def test_pieces_of_a_spread_file():
    message = Message("smb", UP, 0, 0, method="WRITE", path="\\\\srv\\snap\\a.jpg", complete=False, missing=[(0, 40)])
    message.body, message.body_size = JPEG[:100], 100
    assert pieces_of(message) == []
    message.spread, message.file_name = ("smb\0x", 300), "a.jpg"
    piece, end = pieces_of(message)
    assert (piece.role, end.size, piece.file, end.file) == ("piece", 300, "smb\0x", "smb\0x")
    assert (piece.offset, piece.part.data, piece.part.name) == (40, JPEG[40:100], "a.jpg")
