"""Documents in connections of protocols that nobody knows: cut as they are, however the stream comes."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols import framed
from netaudit.protocols.framed import FramedDatagrams, FramedDocuments, begins, recognise, recognise_datagram
from netaudit.protocols.message import UP
from netaudit.protocols.reader import Opening, Verdict
from tests.content.samples import picture
from tests.processor_time import spent, within
from tests.protocols.examples import up
from tests.reference import messages as reference

if TYPE_CHECKING:
    from netaudit.protocols.message import Message

TEXTS = [json.dumps({"ctrl": "A-1", "n": at, "said": 'a "{[\\" b' * at * 9}).encode() for at in range(7)]
JPEG = picture(seed=3, size=(24, 24))


def lined(at: int) -> bytes:
    return b"SEEN/2\r\nUnit: A-1\r\nNumber: %d\r\nBody-Size: %d\r\n\r\n" % (at, len(JPEG)) + JPEG


WAYS = {
    "head, length, text, check byte": (b"".join(b"SH\x02" + struct.pack(">I", len(one)) + one + b"\x7f" for one in TEXTS), TEXTS),
    "lines": (b"\n".join(TEXTS) + b"\n", TEXTS),
    "marks of begin and end": (b"".join(b"\x02" + one + b"\x03" for one in TEXTS), TEXTS),
    "heads of lines": (b"".join(b"PUB gate.A-1.seen.%b %d\r\n%b\r\n" % (b"x" * 60, len(one), one) for one in TEXTS), TEXTS),
    "heads of several lines": (
        b"".join(b"SEND\ndestination:/queue/gate\ncontent-length:%d\n\n%b\x00\n" % (len(one), one) for one in TEXTS), TEXTS
    ),
    "XML": (b"".join(b"\x00\x00\x01<Pass at='%d'><a>1</a></Pass>" % at for at in range(5)),
            [b"<Pass at='%d'><a>1</a></Pass>" % at for at in range(5)]),
    "lines and a picture": (b"".join(map(lined, range(4))), [lined(at)[: -len(JPEG)] for at in range(4)]),
}  # fmt: skip


def read(data: bytes, cuts: list[int]) -> list[Message]:
    """As a connection: what the reader passes over is searched."""
    return reference.read([up(data)], cuts=cuts, batch=1, segment=1 << 20)[0]


def told(messages: list[Message]) -> list[tuple[int, int, bytes, bool]]:
    return [(one.start, one.end, one.body, one.complete) for one in messages]


@pytest.mark.parametrize("way", WAYS)
def test_documents_are_cut_out_whatever_stands_around_them(way: str) -> None:
    data, wanted = WAYS[way]
    assert recognise(Opening(data[:4096], b"", 40000, 9100, midstream=False)) is Verdict.YES
    found = read(data, [])
    documents = [one for one in found if one.method == "frame"]
    assert [one.body for one in documents] == wanted
    assert all(data[one.start : one.end] == one.body and one.complete for one in documents)
    pictures = [one for one in found if one.method != "frame"]
    assert [one.body for one in pictures] == [JPEG] * (4 if way == "lines and a picture" else 0)


@settings(max_examples=40, deadline=None)
@given(way=st.sampled_from(sorted(WAYS)), cuts=st.lists(st.integers(1, 2000), max_size=12))
def test_no_split_changes_what_is_found(way: str, cuts: list[int]) -> None:
    data = WAYS[way][0]
    assert sorted(told(read(data, cuts))) == sorted(told(read(data, [])))


def test_behind_a_loss_the_next_document_is_found_again() -> None:
    data, texts = WAYS["head, length, text, check byte"]
    reader, hole = FramedDocuments(), data.find(texts[3]) + 20
    found = reader.feed(UP, 0, data[:hole]) + reader.gap(UP, hole, 10) + reader.feed(UP, hole + 10, data[hole + 10 :])
    bodies = [(one.body, one.complete) for one in found + reader.finish()]
    assert bodies == [(one, True) for one in texts[:3]] + [(texts[3][:20], False)] + [(one, True) for one in texts[4:]]


def test_what_only_begins_like_one_is_searched_as_all_unknown_bytes_are() -> None:
    data = b'{"a": 1, "b": [2, 3' + b" 11010519491231002X " + bytes(3000)
    found = read(data, [40, 700])
    assert [one.method for one in found] == ["frame"]  # what was there of it, cut by the end
    assert not found[0].complete
    binary = struct.pack(">I", 900) + b"\x81\xa1a" + b"11010519491231002X" + b"\xff" * 3000
    (number,) = read(binary, [10, 2000])
    assert (number.method, b"11010519491231002X" in number.body) == ("", True)


@pytest.mark.parametrize(
    "opening", [b"SSH-2.0-x\r\n", b"\x00" * 600, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 30, b"*3\r\n$3\r\nSET\r\n" * 40, b"\xff\xd8\xff\xe0" * 99]
)  # fmt: skip
def test_other_protocols_are_none(opening: bytes) -> None:
    assert recognise(Opening(opening, opening * 9, 40000, 9100, midstream=False)) is not Verdict.YES


def accounted(data: bytes, cuts: list[int]) -> list[Message]:
    """Read with splits: no byte is of two documents, and what is handed over goes on where the last one ended."""
    reader, out, at = FramedDocuments(), [], 0
    for cut in [*sorted(set(cuts)), len(data)]:
        if at < cut <= len(data) and reader.hand_over is None:
            out += reader.feed(UP, at, data[at:cut])
            at = cut
            assert 0 <= reader.needed_from(UP) <= at
    out += reader.finish() if reader.hand_over is None else []
    wish = reader.hand_over
    assert wish is None or wish.rest[UP] == data[wish.offsets[UP] : at]
    reached = 0
    for one in sorted(out, key=lambda one: one.end):
        assert reached <= one.start <= one.end <= (at if wish is None else wish.offsets[UP])
        assert one.body in (data[one.start : one.end], b"")
        reached = one.end
    return out


BEGINNINGS = [
    b"",
    b'{"a":',
    b"<ab>",
    b"\x00\x10\x81\xa1a",
    b"A\nb: 12\nc: 3\n\n",
    b'{"a":1}\nPUT /x HTTP/1.1\r\nA:',
    b'<abc {"a":1}\n{"a":2}\n>',
]


@settings(max_examples=80, deadline=None)
@given(data=st.binary(max_size=700), start=st.sampled_from(BEGINNINGS), cuts=st.lists(st.integers(1, 700), max_size=9))
def test_hostile_bytes_are_all_told_or_searched(data: bytes, start: bytes, cuts: list[int]) -> None:
    assert sorted(told(accounted(start + data, cuts))) == sorted(told(accounted(start + data, [])))


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(1, 1500), max_size=12), long=st.integers(180, 420), before=st.integers(0, 3))
def test_a_document_over_the_bound_is_none_however_it_comes(cuts: list[int], long: int, before: int) -> None:
    """And that a bound cut it is told."""
    data = b'{"a":1}\n' * before + b'{"pic":"' + b"A" * long + b'"}\n{"b":2}\n' * 9
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(framed, "MOST", 300)
        found = accounted(data, cuts)
        assert sorted(told(found)) == sorted(told(accounted(data, [])))
    over = long + 10 > 300
    assert [one.notes for one in found if one.notes] == ([["limit: document size"]] if over else [])
    assert len([one for one in found if one.method == "frame"]) == before + (0 if over else 10)


def test_many_small_documents_in_one_run_cost_no_more_each() -> None:
    def seconds(many: int) -> float:
        run = (b'{"a":"' + b"x" * 190 + b'"}\r\n') * many
        return spent(lambda: read(run, []))

    assert len(read(b'{"a":1}\r\n' * 9, [])) == 9
    assert seconds(24_000) < 20 * seconds(3000)  # eightfold


def test_lines_without_an_end_cost_no_more_than_they_are_long() -> None:
    lines = b"HELLO DEV\r\n" + b"".join(b"Key%d: v\r\n" % at for at in range(48))
    with within(1):
        assert not begins(lines + b"x")
        assert begins(lines + b"\r\n") is False  # no line says a length
        assert begins(lines[:-8] + b"Size: 90\r\n\r\n")


def test_a_datagram_with_a_document_behind_a_head_and_one_with_a_picture() -> None:
    text = TEXTS[3]
    first = b"IAM\x00\x00\x00" + text + b"\r\n"
    assert recognise_datagram(Opening(first, b"", 9000, 9001, midstream=False)) is Verdict.YES
    assert recognise_datagram(Opening(first[:-20], b"", 9000, 9001, midstream=False)) is Verdict.NO
    reader = FramedDatagrams()
    out = reader.feed(UP, 0, first) + reader.feed(UP, len(first), JPEG) + reader.finish()
    assert [(one.body, one.method, one.start) for one in out] == [(text, "frame", 0), (JPEG, "", len(first))]
