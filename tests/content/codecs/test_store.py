"""Signed chunks and browser-form posts, as object stores take them."""

from __future__ import annotations

import base64
import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content.codecs.chunked import with_chunks
from netaudit.content.codecs.store import Target, policy_target
from netaudit.content.from_messages import leaves, upload_body
from netaudit.content.unwrap import Budget
from tests.content.samples import JPEG, MULTI, form_part, multipart, open_all
from tests.content.test_from_messages import message

SIGNATURE = b";chunk-signature=" + b"0f" * 32
LENGTH = f"aws-chunked;length={len(JPEG)}"


def chunked(data: bytes, size: int = 1000, signature: bytes = SIGNATURE, *, last: bool = True) -> bytes:
    body = b"".join(
        b"%x%b\r\n%b\r\n" % (len(data[at : at + size]), signature, data[at : at + size])
        for at in range(0, len(data), size)
    )
    return body + b"0" + signature + b"\r\n\r\n" if last else body


@pytest.mark.parametrize("size", [1, 1000, 65536])
@pytest.mark.parametrize("signature", [SIGNATURE, b""])
def test_chunks_come_off(size: int, signature: bytes) -> None:
    (leaf,) = open_all(chunked(JPEG, size, signature), encoding=LENGTH)
    assert leaf.part.data == JPEG
    assert leaf.part.complete
    assert leaf.part.path == "request body › aws-chunked › jpeg"


def test_one_chunk_lies_where_it_lies() -> None:
    (leaf,) = open_all(chunked(JPEG, 65536), encoding="aws-chunked")
    start = leaf.part.body_range[0] if leaf.part.body_range else -1
    assert chunked(JPEG, 65536)[start : start + len(JPEG)] == JPEG


def test_signed_chunks_need_no_declaration() -> None:
    (leaf,) = open_all(chunked(JPEG))
    assert (leaf.part.data, leaf.part.complete) == (JPEG, True)


def test_trailers_and_other_codings() -> None:
    body = chunked(gzip.compress(JPEG), last=False) + b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
    for declared in ("aws-chunked,gzip", "gzip, aws-chunked"):
        (leaf,) = open_all(body, encoding=declared)
        assert (leaf.part.data, leaf.part.complete) == (JPEG, True)


@pytest.mark.parametrize("encoding", ["aws-chunked", LENGTH])
def test_without_the_last_chunk_not_whole(encoding: str) -> None:
    (leaf,) = open_all(chunked(JPEG, last=False), encoding=encoding)
    assert leaf.part.data == JPEG
    assert leaf.part.unknown_from == len(JPEG)


@pytest.mark.parametrize("said", [str(len(JPEG) - 1), str(len(JPEG) + 1), "x", "²"])
def test_a_length_that_disagrees(said: str) -> None:
    (leaf,) = open_all(chunked(JPEG), encoding=f"aws-chunked;length={said}")
    assert not leaf.part.complete
    assert leaf.notes == ["chunks and declared length disagree"]


def test_holes() -> None:
    body = chunked(JPEG)
    head = len(SIGNATURE) + 5  # "3e8", signature, CRLF
    (leaf,) = open_all(body, encoding="aws-chunked", missing=[(head + 700, head + 800)])
    assert (leaf.part.missing, leaf.part.unknown_from) == ([(700, 800)], None)
    (leaf,) = open_all(body, encoding="aws-chunked", missing=[(head + 900, head + 1010)])
    assert leaf.part.missing == [(900, 1000)]
    assert leaf.part.unknown_from == 1000
    (leaf,) = open_all(body, encoding="aws-chunked", unknown_from=head + 40)
    assert leaf.part.unknown_from == 40


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2200), st.integers(1, 300))
def test_no_hole_gives_a_whole_image(start: int, length: int) -> None:
    body = chunked(JPEG, 500)
    end = min(len(body) - 4, start + length)  # the empty line behind the last chunk says nothing
    start = min(start, end - 1)
    cut = body[:start] + bytes(end - start) + body[end:]
    assert not any(leaf.part.complete for leaf in open_all(cut, encoding=LENGTH, missing=[(start, end)]))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.text(max_size=20))
def test_anything_may_be_called_chunked(data: bytes, extra: str) -> None:
    open_all(data, encoding="aws-chunked" + extra)
    open_all(b"5;" + data, encoding="aws-chunked")


def test_headers_declare_chunks() -> None:
    assert with_chunks("gzip", "UNSIGNED-PAYLOAD", "") == "gzip"
    assert with_chunks("", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "5") == "aws-chunked;length=5"
    assert with_chunks("aws-chunked,gzip", "", "") == "gzip, aws-chunked"
    headers = [
        ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        ("x-amz-decoded-content-length", str(len(JPEG))),
    ]
    said = message(chunked(JPEG), method="PUT", path="/b/a.jpg?partNumber=1&uploadId=x", headers=headers)
    assert upload_body(said).data == JPEG
    assert upload_body(message(JPEG)).data == JPEG
    (leaf,) = leaves(said)
    assert leaf.part.complete


def encoded(said: object) -> bytes:
    return base64.b64encode(json.dumps(said).encode())


def field(name: str, value: bytes) -> bytes:
    return form_part(value, f'Content-Disposition: form-data; name="{name}"\r\n'.encode())


FILE = form_part(JPEG, b'Content-Disposition: form-data; name="file"; filename="a.jpg"\r\n')
POLICY = encoded({"expiration": "2030", "conditions": [["starts-with", "$key", "face/"], {"bucket": "snaps"}]})
TOKEN = b"ak:sig:" + base64.urlsafe_b64encode(json.dumps({"scope": "snaps:face/é.jpg"}).encode())


@pytest.mark.parametrize(
    ("fields", "name", "note"),
    [
        ([field("key", b"face/1.jpg"), field("policy", POLICY)], "1.jpg", "bucket snaps, key face/1.jpg"),
        ([field("policy", POLICY), field("key", b"face/${filename}")], "a.jpg", "bucket snaps, key face/a.jpg"),
        ([field("policy", POLICY)], "a.jpg", "bucket snaps, key face/…"),
        ([field("token", TOKEN)], "é.jpg", "bucket snaps, key face/é.jpg"),
        ([field("key", b"k/2.jpg"), field("token", b"nonsense")], "2.jpg", "key k/2.jpg"),
    ],
)
def test_a_form_names_bucket_and_key(fields: list[bytes], name: str, note: str) -> None:
    budget = Budget()
    found = open_all(multipart(*fields, FILE), budget, content_type=MULTI)
    (leaf,) = (leaf for leaf in found if leaf.kind == "jpeg")
    assert (leaf.part.name, leaf.part.data, leaf.part.complete) == (name, JPEG, True)
    assert budget.notes == [f"object store: {note}"]
    assert leaf.notes == budget.notes


def test_a_form_without_policy_stays_as_it_is() -> None:
    budget = Budget()
    found = open_all(multipart(field("key", b"other"), FILE), budget, content_type=MULTI)
    assert [leaf.part.name for leaf in found if leaf.kind == "jpeg"] == ["a.jpg"]
    assert budget.notes == []


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=60)
    | st.recursive(st.none() | st.text(max_size=9), st.lists).map(lambda x: encoded({"conditions": x}).decode())
)
def test_any_policy_is_read(policy: str) -> None:
    assert isinstance(policy_target(policy, {}), Target)
