"""Uploads in parts: which request is which part, and what comes out of parts that are whole, missing, doubled, late."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.message import Message
from netaudit.tables.finalizing import joined_parts
from netaudit.tables.finalizing.stored import StoredPart
from netaudit.tables.pieces import BLOCK, END, REPLY
from netaudit.tables.stores import block_reply, mkfile, upload_part
from tests.content.samples import JPEG
from tests.tables.finalizing.joining import joined, stored

CUTS = (0, 700, 1400, len(JPEG))
PIECES = [JPEG[a:b] for a, b in itertools.pairwise(CUTS)]
KEY = base64.urlsafe_b64encode("face/张.jpg".encode()).decode()
for _known in (*PIECES, JPEG, JPEG[::-1]):
    stored(_known)


def part(data: bytes, ts: int, **about: object) -> StoredPart:
    sha256 = hashlib.sha256(data).hexdigest()
    given = {"number": 0, "name": "a.jpg", "message_id": f"m{ts}", "object_id": f"o{ts}", "complete": True} | about
    return StoredPart("u", sha256=sha256, size=len(data), ts=ts, **given)  # type: ignore[arg-type]


def numbered() -> list[StoredPart]:
    return [part(piece, i, number=i) for i, piece in enumerate(PIECES, 1)]


def appended() -> list[StoredPart]:
    return [part(piece, i, offset=at) for i, (piece, at) in enumerate(zip(PIECES, CUTS, strict=False), 1)]


def pieces_of_block() -> list[StoredPart]:
    """mkblk and two bput, each citing what the reply before gave."""
    links = [[], ["c1"], ["c2"]]
    return [replace(row, role=BLOCK, links=links[i]) for i, row in enumerate(appended())]


def replies() -> list[StoredPart]:
    return [part(b"", 10 + i, object_id=f"o{i}", number=-1, role=REPLY, links=[f"c{i}"]) for i in (1, 2, 3)]


def end(size: int = len(JPEG), *links: str) -> StoredPart:
    return replace(part(b"", 20, role=END, name="face.jpg", links=list(links or ("c3",))), size=size)


def whole(rows: list[StoredPart]) -> list[bytes]:
    return [one.leaf.part.data for one in joined(rows) if one.leaf.kind == "jpeg" and one.leaf.part.complete]


WAYS = {"numbered": numbered, "appended": appended, "blocks": lambda: [*pieces_of_block(), *replies(), end()]}


@pytest.mark.parametrize("way", WAYS)
def test_whole_in_any_order(way: str) -> None:
    rows = WAYS[way]()
    assert whole(rows) == whole(rows[::-1]) == [JPEG]
    (one,) = joined(rows)
    assert one.part_ids == ["o1", "o2", "o3"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lost", [0, 1, 2])
def test_without_a_part_never_whole(way: str, lost: int) -> None:
    rows = WAYS[way]()
    assert whole(rows[:lost] + rows[lost + 1 :]) == []
    assert whole([*rows[:lost], replace(rows[lost], complete=False), *rows[lost + 1 :]]) == []


@pytest.mark.parametrize("way", ["numbered", "appended"])
def test_what_was_sent_again_counts(way: str) -> None:
    rows = WAYS[way]()
    broken = replace(rows[1], complete=False, ts=0, message_id="m0", object_id="o0")
    assert whole([broken, *rows]) == [JPEG]
    assert whole([*rows, replace(broken, ts=99)]) == [JPEG]  # no store takes what broke off


def test_an_append_at_0_with_other_content_is_another_object() -> None:
    other = part(JPEG, 50, offset=0, message_id="x", object_id="x")
    found = joined([*appended(), other])
    assert [one.leaf.part.path for one in found] == ["upload append › jpeg", "upload append[2] › jpeg"]
    assert len({one.object_id for one in found}) == 2


def test_blocks_take_their_name_from_the_end() -> None:
    (one,) = joined(WAYS["blocks"]())
    assert (one.leaf.part.name, one.leaf.part.path) == ("face.jpg", "upload blocks › jpeg")


@pytest.mark.parametrize("lost", ["c1", "c2", "c3"])
def test_a_lost_reply_leaves_blocks_apart(lost: str) -> None:
    rows = [row for row in WAYS["blocks"]() if row.role != REPLY or row.links != [lost]]
    assert whole(rows) == []
    assert {identity for one in joined(rows) for identity in one.part_ids} == {"o1", "o2", "o3"}


@pytest.mark.parametrize("size", [0, len(JPEG) - 1, len(JPEG) + 1])
def test_blocks_of_another_size_are_not_whole(size: int) -> None:
    assert whole([*pieces_of_block(), *replies(), end(size)]) == []


def test_one_block_without_its_end_stands_alone() -> None:
    assert whole([replace(part(JPEG, 1, offset=0), role=BLOCK)]) == [JPEG]


def test_contexts_in_a_circle_end() -> None:
    rows = [replace(row, links=["c3" if i == 0 else f"c{i}"]) for i, row in enumerate(pieces_of_block())]
    assert whole([*rows, *replies(), end()]) == []


def test_blocks_cited_without_bound_are_joined_a_few_times() -> None:
    ends = [replace(end(), message_id=f"e{i:02}", ts=20 + i) for i in range(50)]
    assert len(joined([*pieces_of_block(), *replies(), *ends])) == joined_parts._REUSE


@pytest.mark.parametrize(
    ("method", "path", "number", "offset", "name"),
    [
        ("PUT", "/face/%E5%BC%A0.jpg?partNumber=2&uploadId=x", 2, -1, "张.jpg"),
        ("PUT", "/a.jpg?uploadId=x&partNumber=10000", 10000, -1, "a.jpg"),
        ("POST", "/face/a.jpg?append&position=7", 0, 7, "a.jpg"),
        ("POST", "/face/a.jpg?append=&offset=0", 0, 0, "a.jpg"),
        ("PUT", f"/buckets/b/objects/{KEY}/uploads/id/3", 3, -1, "张.jpg"),
        ("PUT", "/buckets/b/objects/~/uploads/id/3", 3, -1, ""),
        ("POST", "/mkblk/4194304", 0, 0, ""),
        ("POST", "/bput/ctx/65536", 0, 65536, ""),
    ],
)
def test_requests_that_carry_parts(method: str, path: str, number: int, offset: int, name: str) -> None:
    found = upload_part(method, "Bucket.Example", path)
    assert found is not None
    assert (found.number, found.offset, found.name) == (number, offset, name)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/a?partNumber=1&uploadId=x"),
        ("PUT", "/a?partNumber=0&uploadId=x"),
        ("PUT", "/a?partNumber=10001&uploadId=x"),
        ("PUT", "/a?partNumber=" + "0" * 9999 + "1&uploadId=x"),
        ("PUT", "/a?partNumber=²&uploadId=x"),
        ("PUT", "/a?partNumber=1&uploadId="),
        ("PUT", "/a?" + "x=1&" * 1000 + "partNumber=1&uploadId=x"),
        ("POST", "/a?position=1&appendix=2"),
        ("POST", "/a?append&position=-1"),
        ("POST", "/a?append&position=999999999999999"),
        ("PUT", "/buckets/b/objects/k/uploads/id/0"),
        ("POST", "/mkblk/many"),
        ("PUT", "/mkblk/4"),
        ("POST", "/bput//4"),
    ],
)
def test_other_requests(method: str, path: str) -> None:
    assert upload_part(method, "h", path) is None


def reply(body: bytes) -> Message:
    return Message("http", 1, 0, len(body), body=body)


def block(path: str) -> Message:
    return Message("http", 0, 0, 0, method="POST", path=path)


def test_links() -> None:
    found = mkfile(f"/mkfile/9/key/{KEY}/fname/x", b"c1,c2")
    assert found is not None
    assert (found.name, found.links, found.size) == ("张.jpg", ("c1", "c2"), 9)
    named = block_reply(block("/mkblk/4"), reply(json.dumps({"ctx": "c1"}).encode()))
    assert named is not None
    assert named.links == ("c1",)
    for body in (b"", b"{}", b"[]", b'{"ctx":1}', b"[" * 8000):
        assert block_reply(block("/mkblk/4"), reply(body)) is None
    assert block_reply(block("/other"), reply(b'{"ctx":"c"}')) is None
    assert mkfile("/mkfile/x", b"c") is None


TARGETS = st.text(max_size=60) | st.builds(
    "{}{}".format,
    st.sampled_from(["/a?uploadId=x&partNumber=", "/a?append&position=", "/mkblk/", "/bput/c/", "/mkfile/", "/mkfile/1/key/"]),
    st.text(max_size=20),
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["PUT", "POST"]), st.text(max_size=9), TARGETS, st.binary(max_size=40))
def test_any_target_is_read(method: str, host: str, path: str, body: bytes) -> None:
    found = upload_part(method, host, path)
    assert found is None or (0 <= found.number <= 10_000 and -1 <= found.offset < 1 << 48)
    ended = mkfile(path, body)
    assert ended is None or ended.size >= 0
    assert block_reply(block(path), reply(body)) is None


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_rows_join_without_falsehood(data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.sampled_from([*pieces_of_block(), *replies(), end(), end(5, "c1", "c3")]), max_size=9))
    assert all(found == JPEG for found in whole(rows))
