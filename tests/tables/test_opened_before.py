"""A form that was opened when chunks were looked for gives what one gives that nobody opened, though it is opened once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content.budget import Budget, Patience
from netaudit.content.codecs import multipart
from netaudit.content.from_messages import leaves, root
from netaudit.protocols.message import Message
from netaudit.tables import named_chunks
from netaudit.tables.chunks import chunk_of
from tests.content.samples import JPEG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.part import Leaf, Part

HEADS = st.sampled_from([
    'Content-Disposition: form-data; name="{}"',
    'Content-Disposition: form-data; name="{}"; filename="a.jpg"\r\nContent-Type: image/jpeg',
    'Content-Disposition: form-data; name="file"; filename="{}.bin"',
    "Content-Type: application/json\r\nContent-Length: 3",
    "Content-Type: image/jpeg",
    "X",
])  # fmt: skip
NAMES = st.sampled_from(["policy", "key", "token", "face", "index", "total", "name"])
BODIES = st.sampled_from(
    [b"", b"7", b"abc", JPEG, b'{"a":1}', b'{"index":"2","total":"9"}', b"--xx\r\nA-b: c\r\n\r\nd"]
)
PARTS = st.lists(st.tuples(HEADS, NAMES, BODIES), max_size=6)


def message(parts: list[tuple[str, str, bytes]], before: bytes, end: bytes, gap: int, declared: str) -> Message:
    body = before
    for head, name, data in parts:
        body += b"--xx\r\n" + head.format(name).encode() + b"\r\n\r\n" + data + b"\r\n"
    one = Message("http", 0, 0, 0, "POST", "h", "/up", content_type=declared)
    one.body, one.complete = body + end, True
    if 0 <= gap < len(one.body):
        one.missing, one.complete = [(gap, min(gap + 5, len(one.body)))], False
    return one


def told(leaf: Leaf) -> tuple[object, ...]:
    part = leaf.part
    return (
        part.data, part.path, part.name, part.field, part.content_id, part.content_type, part.encoding, part.missing,
        part.unknown_from, part.body_range, part.depth, leaf.kind, leaf.notes, leaf.spelled,
    )  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    PARTS,
    st.sampled_from([b"", b"x" * 80 + b"\r\n", b"\r\n"]),
    st.sampled_from([b"--xx--\r\n", b"", b"--xx--\r\nbehind"]),
    st.integers(-400, 300),
    st.sampled_from(["multipart/form-data; boundary=xx", "", "multipart/mixed"]),
)
def test_what_was_opened_before_says_the_same(parts, before, end, gap, declared) -> None:
    opened, anew = (message(parts, before, end, gap, declared) for _ in range(2))
    chunk_of(opened, "10.0.0.1")
    said = [list(map(told, leaves(one, Budget.of(len(one.body), Patience())))) for one in (opened, anew)]
    assert said[0] == said[1]
    assert (opened.notes, opened.obscure, opened.unread, opened.scraps) == (
        anew.notes, anew.obscure, anew.unread, anew.scraps,
    )  # fmt: skip


def test_a_form_is_opened_once() -> None:
    one = message([("Content-Disposition: form-data; name={}", "face", JPEG)], b"", b"--xx--", -1, "multipart/x")
    made = []

    def part(*of: object, **more: object) -> Part:
        made.append(of)
        return original(*of, **more)

    original = multipart._part
    with mock.patch.object(multipart, "_part", part):
        assert chunk_of(one, "10.0.0.1") is None
        assert list(leaves(one))
    assert len(made) == 1


def test_large_forms_are_not_kept() -> None:
    one = message([("Content-Disposition: form-data; name={}", "face", JPEG)], b"", b"--xx--", -1, "multipart/x")
    with mock.patch.object(named_chunks, "LARGEST_OPENED", len(one.body) - 1):
        assert chunk_of(one, "10.0.0.1") is None
    assert one.parts is None


def test_no_more_parts_are_given_than_a_message_may_have() -> None:
    parts = [("Content-Disposition: form-data; name={}", "face", b"x")] * 5
    one = message(parts, b"", b"--xx--", -1, "multipart/x")

    def taken(known: bool) -> Iterator[int]:
        body = multipart_root(one, known=known)
        budget = Budget(parts=3)
        yield len(list(multipart.open_multipart(body, budget)))
        yield from map(len, budget.notes)

    assert list(taken(known=True)) == list(taken(known=False)) == [3, len("limit: parts")]


def multipart_root(one: Message, *, known: bool) -> Part:
    body = root(one)
    if known:
        body.parts = list(multipart.open_multipart(root(one), Budget()))
    return body
