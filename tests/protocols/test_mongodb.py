"""MongoDB: messages of all kinds, compressed ones, gaps and lies about lengths."""

from __future__ import annotations

import struct
import zlib

import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols import mongodb
from netaudit.protocols.reader import Opening, Verdict
from tests.protocols.carrier import JPEG, check_cuts, check_gaps, check_noise
from tests.reference.messages import down, read, up


def document(*elements):
    body = b"".join(elements) + b"\0"
    return struct.pack("<i", len(body) + 4) + body


def string(name, value):
    return b"\x02" + name + b"\0" + struct.pack("<i", len(value) + 1) + value + b"\0"


def binary(name, value):
    return b"\x05" + name + b"\0" + struct.pack("<i", len(value)) + b"\0" + value


def packet(operation, body, ident=1, answered=0):
    return struct.pack("<iiii", len(body) + 16, ident, answered, operation) + body


COMMAND = document(string(b"insert", b"faceDetectCustomer"), string(b"$db", b"wcb-core"))
FACE = document(binary(b"faceImage", JPEG), string(b"name", b"x"))
SEQUENCE = b"\x01" + struct.pack("<i", 4 + 10 + len(FACE)) + b"documents\0" + FACE
INSERT = packet(2013, b"\0\0\0\0\0" + COMMAND + SEQUENCE)
OK = packet(2013, b"\0\0\0\0\0" + document(string(b"ok", b"1")), 9, 1)
EVENTS = [up(INSERT), down(OK)]


def compressed(method, pack, size=None):
    inner = INSERT[16:]
    return packet(2012, struct.pack("<iiB", 2013, len(inner) if size is None else size, method) + pack(inner))


def test_insert():
    messages, summary = check_cuts(EVENTS, server_port=27017)
    assert [(m.method, m.path, m.complete) for m in messages] == [("insert", "wcb-core.faceDetectCustomer", True)] * 2
    assert messages[0].body == COMMAND + FACE
    assert messages[1].request.message_id == messages[0].message_id
    assert messages[1].body_start == len(OK) - len(messages[1].body)
    assert summary.protocol == "mongodb"


def test_older_operations():
    query = packet(2004, b"\0\0\0\0db.$cmd\0" + b"\0" * 8 + document(string(b"find", b"c")))
    insert = packet(2002, b"\0\0\0\0wcb.faces\0" + FACE)
    reply = packet(1, b"\0" * 20 + FACE, 5, 1)
    messages, _ = check_cuts([up(query), down(reply), up(insert)], server_port=27017)
    assert [(m.method, m.path) for m in messages] == [("find", "c"), ("find", "c"), ("insert", "wcb.faces")]
    assert [m.body for m in messages[1:]] == [FACE, FACE]


def test_compressed():
    for method, pack in ((0, bytes), (2, zlib.compress), (3, zstandard.compress)):
        (message,), _ = read([up(compressed(method, pack))], server_port=27017)
        assert message.body == COMMAND + FACE, method
        assert (message.path, message.body_start) == ("wcb-core.faceDetectCustomer", -1)


def test_what_is_not_decompressed_is_incomplete():
    bomb = compressed(2, lambda _: zlib.compress(bytes(1 << 24)), 100)
    for data, note in (
        (compressed(1, bytes), "snappy"),
        (bomb, "damaged"),
        (compressed(2, bytes, 1 << 30), "limit"),
        (compressed(3, bytes), "damaged"),
        (compressed(9, bytes), "unknown"),
    ):
        (message,), _ = read([up(data)], server_port=27017)
        assert not message.complete
        assert note in message.notes[0]


def test_gaps():
    check_gaps(EVENTS, {COMMAND + FACE, OK[21:], JPEG}, server_port=27017)


def test_midway_and_cut():
    (picture, message), _ = read([up(INSERT[40:] + INSERT)], server_port=27017, handshake=0)
    assert (picture.protocol, picture.body) == ("carved", JPEG)  # of the message whose beginning is missing
    assert message.body == COMMAND + FACE
    (message,), _ = read([up(INSERT[:-20])], server_port=27017)
    assert not message.complete
    assert message.body == (COMMAND + FACE)[:-20]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.binary(max_size=60)
            | st.integers(1, 40)
            | st.sampled_from([INSERT, INSERT[:30], packet(2013, b"\0\0\0\0\x01\xff\xff\xff\xff")]),
        ),
        max_size=10,
    )
)
def test_noise(chunks):
    check_noise(mongodb.MongoReader, chunks)


def test_the_greeting_of_mysql_to_its_first_client_is_no_reply():
    """Its version ends where the operation stands, and the number of the connection is that of OP_REPLY."""
    greeting = b"\x4a\x00\x00\x00\x0a5.7.30\x00\x01\x00\x00\x00" + bytes(62)
    opening = Opening(b"", greeting, 40_000, 3306, midstream=False)
    assert mongodb.recognise(opening) is Verdict.NO
