"""NFS version 3: files by their reads and writes, over TCP and UDP; what the server says of their size is believed."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.file_transfer import nfs
from tests.protocols.carrier import JPEG, check_cuts, check_gaps, check_noise
from tests.reference.messages import down, read, up

FOLDER, FILE = b"D" * 32, b"F" * 29
NULL = struct.pack(">II", 0, 0)
TCP = {"server_port": 2049}
UDP = {"server_port": 2049, "proto": 17, "handshake": 0}


def opaque(data):
    return struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)


def record(data):
    return struct.pack(">I", 0x8000_0000 | len(data)) + data


def call(xid, procedure, *arguments):
    return struct.pack(">IIIIII", xid, 0, 2, 100_003, 3, procedure) + NULL + NULL + b"".join(arguments)


def reply(xid, *results):
    return struct.pack(">III", xid, 1, 0) + NULL + struct.pack(">II", 0, 0) + b"".join(results)


def attributes(size):
    return struct.pack(">I", 1) + bytes(20) + struct.pack(">Q", size) + bytes(56)


def changed(size):
    return struct.pack(">I", 0) + attributes(size)


def create(xid, name=b"a.jpg"):
    return call(xid, 8, opaque(FOLDER), opaque(name), struct.pack(">I", 0), bytes(24)), reply(
        xid, struct.pack(">I", 1), opaque(FILE), attributes(0), changed(0)
    )


def write(xid, offset, data, size):
    asked = call(xid, 7, opaque(FILE), struct.pack(">QII", offset, len(data), 0), opaque(data))
    return asked, reply(xid, changed(size), struct.pack(">II", len(data), 0), bytes(8))


def lookup(xid, size, name=b"b.jpg"):
    return call(xid, 3, opaque(FOLDER), opaque(name)), reply(xid, opaque(FILE), attributes(size), attributes(9))


def fetch(xid, offset, data, size):
    ended = offset + len(data) >= size
    answer = reply(xid, attributes(size), struct.pack(">II", len(data), ended), opaque(data))
    return call(xid, 6, opaque(FILE), struct.pack(">QI", offset, len(data))), answer


def talk(*exchanges, frame=record):
    return [event for asked, answer in exchanges for event in (up(frame(asked)), down(frame(answer)))]


HALF = 50
UPLOAD = (create(1), write(2, 0, JPEG[:HALF], HALF), write(3, HALF, JPEG[HALF:], len(JPEG)))
DOWNLOAD = (lookup(1, len(JPEG)), fetch(2, 0, JPEG[:HALF], len(JPEG)), fetch(3, HALF, JPEG[HALF:], len(JPEG)))


def said(messages):
    return [(m.protocol, m.method, m.path, m.body, m.complete) for m in messages]


def test_upload():
    messages, summary = check_cuts(talk(*UPLOAD), **TCP)
    assert said(messages) == [("nfs", "WRITE", "a.jpg", JPEG, True)]
    assert messages[0].file_name == "a.jpg"
    assert summary.protocol == "nfs"


def test_download_ends_with_the_file():
    messages, _ = check_cuts(talk(*DOWNLOAD, lookup(9, 1, b"c")), **TCP)
    assert said(messages) == [("nfs", "READ", "b.jpg", JPEG, True)]


def test_over_udp():
    messages, summary = read(talk(*UPLOAD, frame=bytes), **UDP)
    assert said(messages) == [("nfs", "WRITE", "a.jpg", JPEG, True)]
    assert summary.protocol == "nfs"


def test_a_write_that_was_not_captured_is_missed():
    """Over UDP nothing but the size that the server tells gives it away."""
    first, _, last = UPLOAD
    messages, _ = read([*talk(first, last, frame=bytes)], **UDP)
    assert messages[0].missing == [(0, HALF)]
    commit = call(5, 21, opaque(FILE), bytes(12)), reply(5, changed(len(JPEG)))
    messages, _ = read(talk(first, UPLOAD[1], commit, frame=bytes), **UDP)
    assert messages[0].missing == [(HALF, len(JPEG))]
    assert not messages[0].complete


def test_committed_and_left_alone_is_given():
    commit = call(4, 21, opaque(FILE), bytes(12)), reply(4, changed(len(JPEG)))
    idle = [(call(10 + i, 0), reply(10 + i)) for i in range(nfs.SETTLED + 1)]
    events = talk(*UPLOAD, commit, *idle)
    reader = nfs.NfsReader()
    at, out = [0, 0], []
    for direction, data in events:
        out += reader.feed(direction, at[direction], data)
        at[direction] += len(data)
    assert [message.body for message in out] == [JPEG]


def test_gaps():
    check_gaps(talk(*UPLOAD), {JPEG}, step=7, **TCP)
    check_gaps(talk(*DOWNLOAD), {JPEG}, step=7, **TCP)


def test_a_gap_within_a_write_is_exact():
    events = talk(*UPLOAD)
    place = events[2][1].index(JPEG[:HALF])
    whole = events[2][1]
    events[2:3] = [(0, whole[: place + 5]), (0, 10), (0, whole[place + 15 :])]
    messages, _ = read(events, **TCP)
    assert messages[0].missing == [(5, 15)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=200) | st.integers(1, 50)), max_size=8),
    st.integers(0, 200),
)
def test_noise(chunks, at):
    data = b"".join(event for _, event in talk(*UPLOAD))
    check_noise(nfs.NfsReader, [(0, data[at : at + 120]), *chunks])
