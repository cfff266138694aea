"""Small JSON documents, many at a time: the same tables as one by one, whatever stands in them."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netaudit.content.from_messages import body_name, is_plain_document, is_plain_text, leaves, plain_path
from netaudit.core.schema import EVIDENCE, MESSAGES
from netaudit.core.storage.table_streams import TableWriter, read_streams, table_of
from netaudit.core.text.json_document import JsonDocument
from netaudit.evidence.case.writing import make_folders
from netaudit.protocols.message import Message
from netaudit.streams.layouts import PIECE
from netaudit.tables.document_batch import of_messages
from netaudit.tables.documents import AT_ONCE, HELD, Documents, hits
from netaudit.tables.events import EventRows
from netaudit.tables.messages import message_batch, message_draft, message_row
from netaudit.tables.writers import row_writer
from tests.tables.test_plain_lookups import PCAPS, capture_tables

TYPES = ("", "application/json", "application/json;charset=UTF-8", "text/plain", "application/grpc+json",
         "multipart/form-data; boundary=b", "image/x-wlt", "text/plain; a=urlencoded", "x" * 300, "application/x-www-form-urlencoded", "application/bson", "video/h264")  # fmt: skip
HEADERS = (("content-type", "application/x-protobuf"), ("content-encoding", "identity"), ("content-encoding", "gzip"),
           ("x-amz-content-sha256", "STREAMING-AWS4"), ("content-disposition", "attachment; filename=a.json"),
           ("server", "x"))  # fmt: skip
words = st.text("ab9/+=jfty{}[]:,'&<\\\"% é\x00", max_size=70) | st.just("ftyp") | st.just("/9j/4AAQ" * 8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**18) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
bodies = st.dictionaries(words, values, min_size=1, max_size=4).map(orjson.dumps) | st.binary(max_size=40).map(
    lambda raw: b'{"' + raw + b'"}'
)


@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(body=bodies, kind=st.sampled_from(TYPES), headers=st.lists(st.sampled_from(HEADERS), max_size=2),
       fields=st.sampled_from([{}, {"part": 1}, {"file_range": "0-1/9"}, {"file_name": "x"}]),
       protocol=st.sampled_from(["http", "mqtt", "carved"]))  # fmt: skip
def test_what_is_called_plain_is_one_object_as_it_was_sent(body, kind, headers, fields, protocol):
    message = Message(protocol, 0, 0, len(body), path="/a/b%20c?d", content_type=kind, headers=headers, **fields)
    message.body, message.body_size = body, len(body)
    if not is_plain_document(message):
        return
    (leaf,) = leaves(message)
    part = leaf.part
    assert (leaf.kind, leaf.notes, part.path, part.name) == ("json", [], plain_path(message), body_name(message))
    assert part.data == body
    assert part.complete
    assert message.notes == []


@pytest.mark.parametrize(
    ("changes", "plain"),
    [
        ({}, True),
        ({"content_type": "application/json"}, True),
        ({"content_type": "application/grpc"}, False),
        ({"content_type": "image/x-WLT"}, False),
        ({"content_type": "application/json; " + "x" * 300}, False),
        ({"headers": [("content-encoding", "gzip")]}, False),
        ({"headers": [("content-type", "application/grpc")]}, False),
        ({"part": 0}, False),
        ({"complete": False}, False),
        ({"missing": [(1, 2)]}, False),
        ({"unknown_from": 3}, False),
        ({"body": b'{"a":"\\u0041"}'}, False),
        ({"body": b'{"a":"' + b"b" * 63 + b'"}'}, True),
        ({"body": b'{"a":"' + b"b" * 64 + b'"}'}, False),
        ({"body": b'{"a' + b'","b' * 80 + b'":1}'}, False),
        ({"body": b'{"t":21.5,"id":0066}'}, True),
        ({"body": b'{"t":-007,"id":00.50}'}, True),
        ({"body": b"{}"}, True),
        ({"body": b"{}", "content_type": "application/grpc"}, False),
        ({"body": b"{ }"}, False),
        ({"body": b"[]"}, False),
        ({"body": b'{"id":0066a}'}, False),
        ({"body": b'{"id":0x66}'}, False),
        ({"body": b'{"id":.5}'}, False),
        ({"body": b'{"id":00.}'}, False),
        ({"body": b'["a"]'}, False),
        ({"body": b'{"a"'}, False),
    ],
)
def test_what_is_plain(changes, plain):
    message = Message("http", 0, 0, 9, body=b'{"a":21.5,"b":"c"}')
    for name, value in changes.items():
        setattr(message, name, value)
    assert is_plain_document(message) == plain


numbers = st.from_regex(r"-?[0-9]{1,5}(\.[0-9]{0,3})?", fullmatch=True) | st.sampled_from(
    ["true", "nul", "0x1", "1e3", "[01]", "{}"]
)


@given(st.lists(numbers, min_size=1, max_size=4))
def test_what_is_plain_is_understood_to_its_end(told):
    """The slow twin: what the kernel lets through, the tolerant reader reads as one object of as many fields."""
    body = ("{" + ",".join(f'"k{place}":{one}' for place, one in enumerate(told)) + "}").encode()
    document = JsonDocument(body)
    if is_plain_text(body):
        assert document.unread == 0
        assert document.mapping is not None
        assert len(document.mapping) == len(told)
    elif all(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", one) for one in told):
        raise AssertionError(body)


@given(st.lists(st.binary(max_size=6)), st.binary(min_size=1, max_size=1))
def test_hits_are_those_that_looking_at_each_finds(texts, word):
    asked = []

    def says(text):
        asked.append(text)
        return word in text

    if word != b"\0":
        assert sorted(hits(texts, says)) == [place for place, text in enumerate(texts) if word in text]
        assert len(asked) <= max(1, 2 * len(texts))


@pytest.mark.parametrize(
    "path",
    sorted(PCAPS.glob("documents/*.pcapng")) + sorted(PCAPS.glob("carriers/*.pcap*")),
    ids=lambda path: path.stem,
)
def test_captures_with_and_without(path, tmp_path):
    one_by_one, together = (
        capture_tables(path, tmp_path / str(columns), bytes(range(32)), columns=columns) for columns in (False, True)
    )
    assert together == one_by_one


def said(number, body, path="/status"):
    pieces = [(0, 1_000 + number, number + 1, len(body), 0)]
    return Message(
        "http", 0, 0, len(body), method="POST", path=path, body=body, body_size=len(body), body_start=0,
        message_id=number.to_bytes(16, "big"), flow_id=bytes(16), pieces=np.array(pieces, PIECE),
    )  # fmt: skip


def test_rows_of_many_are_those_of_each(tmp_path):
    """Every column of `messages`, by columns and by rows, of messages that differ in all of them."""
    asked = said(70, b'{"a":1}', "/asked?x")
    asked.host = "cam.example"
    messages = [
        said(1, b'{"t":1}'),
        replace(said(2, b'{"t":2}'), request=asked, status=200, direction=1, content_type="application/json"),
        replace(
            said(3, b'{"t":3}'), headers=[("user-agent", "a"), ("user-agent", "b"), ("server", "s"), ("date", "d")]
        ),
        replace(said(4, b'{"t":4}'), host="h\ud800.example", notes=["n"], opened="keys"),
        replace(said(5, b'{"t":5}'), protocol="mqtt", direction=1),
        replace(said(6, b'{"t":6}'), pieces=np.array([(0, 5, 6, 3, 1), (3, 8, 9, 4, 1)], PIECE)),
    ]
    rows = message_batch([message_draft(one) for one in messages])
    assert of_messages(messages).rows().to_pylist() == rows.to_pylist()
    assert table_of([message_row(one) for one in messages], MESSAGES).to_pylist() == rows.to_pylist()


def test_columns_are_written_as_rows(tmp_path):
    make_folders(tmp_path)
    writer = TableWriter(tmp_path, EVIDENCE, "0")
    row = {"object_id": "o", "capture_id": "#0", "first_frame": 1, "last_frame": 2, "frames": "1-2"}
    columns = {name: [value, value] for name, value in row.items()}
    writer.append(EVIDENCE.row(**row))
    writer.add(columns)
    for wrong in (columns | {"else": [1, 1]}, {"object_id": ["o", "o"]}):
        with pytest.raises(KeyError, match="columns of evidence"):
            writer.add(wrong)
    writer.close()
    assert read_streams(tmp_path, "evidence").to_pylist() == [row] * 3


def test_those_that_may_name_somebody_are_given_back(tmp_path):
    make_folders(tmp_path)
    rows = row_writer(tmp_path, "0")
    documents = Documents(rows, EventRows(tmp_path, "0"))
    for number in range(AT_ONCE):
        assert not documents.full
        named = number in (7, 200)
        documents.add(said(number, b'{"realName":"Zhang San"}' if named else b'{"t":%d}' % number))
    assert documents.full
    assert [message.message_id[-1] for message in documents.flush()] == [7, 200]
    assert documents.flush() == []
    rows.close()
    objects = read_streams(tmp_path, "objects").to_pylist()
    assert len(objects) == AT_ONCE - 2
    assert {row["kind"] for row in objects} == {"json"}
    assert len(read_streams(tmp_path, "messages")) == AT_ONCE
    evidence = read_streams(tmp_path, "evidence").to_pylist()
    assert {row["object_id"]: row["frames"] for row in evidence}[objects[0]["object_id"]] == "1"


def test_those_whose_head_may_name_somebody_are_given_back(tmp_path):
    make_folders(tmp_path)
    documents = Documents(row_writer(tmp_path, "0"), EventRows(tmp_path, "0"))
    number = "11010519491231002X"
    for place, changes in enumerate(
        [{}, {"headers": [("x-id-card", number)]}, {"path": f"/p/{number}"}, {"headers": [("etag", "1" * 12)]}]
    ):
        message = said(place, b'{"t":1}')
        for name, value in changes.items():
            setattr(message, name, value)
        documents.add(message)
    assert [message.message_id[-1] for message in documents.flush()] == [1, 2]


def test_replies_to_large_requests_are_not_held_for_long(tmp_path):
    make_folders(tmp_path)
    documents = Documents(row_writer(tmp_path, "0"), EventRows(tmp_path, "0"))
    for number in range(16):
        assert not documents.full
        reply = said(number, b'{"ok":1}')
        reply.request = said(number + 100, bytes(HELD // 16))
        documents.add(reply)
    assert documents.full
    assert documents.flush() == []
    assert not documents.full
