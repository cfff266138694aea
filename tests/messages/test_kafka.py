"""Kafka: records of Produce requests in both forms of lengths, their answers, compression, any cut, noise."""

from __future__ import annotations

import gzip
import struct
from functools import partial

import lz4.frame
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.contracts.answers import IN_FIELD
from netaudit.findings.ledgers import BY_NAME, LIMIT
from netaudit.messages.kafka import KafkaReader, recognise
from netaudit.messages.kafka_records import DAMAGED, TOO_LARGE, TOO_MANY, UNKNOWN, Budget
from netaudit.messages.reader import Opening, Verdict
from tests.messages.carrier import check_noise
from tests.reference.messages import down, read, up
from tests.unwrapping.samples import picture

PICTURE = picture(seed=13)
ROW = {"proto": 6, "client_port": 41000, "server_port": 9092}


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def zigzag(value: int) -> bytes:
    return varint(value << 1 ^ value >> 31)


def record(value: bytes, heads: dict[str, str] | None = None, key: bytes = b"k") -> bytes:
    said = b"".join(
        zigzag(len(name)) + name.encode() + zigzag(len(text)) + text.encode() for name, text in (heads or {}).items()
    )
    rest = b"\0" + zigzag(0) + zigzag(0) + zigzag(len(key)) + key + zigzag(len(value)) + value
    rest += zigzag(len(heads or {})) + said
    return zigzag(len(rest)) + rest


def xerial(data: bytes) -> bytes:
    """As Java writes snappy."""
    blocks = [bytes(pa.compress(data[at : at + 700], "snappy")) for at in range(0, len(data), 700)]
    return b"\x82SNAPPY\0" + struct.pack(">II", 1, 1) + b"".join(struct.pack(">I", len(one)) + one for one in blocks)


PACK = {
    0: bytes,
    1: partial(gzip.compress, mtime=0),  # its bytes stand in names of tests, the same for each worker
    2: lambda data: bytes(pa.compress(data, "snappy")),
    3: lz4.frame.compress,
    4: zstandard.ZstdCompressor().compress,
    5: bytes,  # there is no such method
}


def batch(*some: bytes, packed: int = 0) -> bytes:
    data = b"".join(some)
    data = PACK[packed](data)
    head = struct.pack(">iBIHiqqqhii", 0, 2, 0, packed, len(some) - 1, 0, 0, -1, -1, -1, len(some))
    return struct.pack(">qi", 0, len(head) + len(data)) + head + data


def old(value: bytes, magic: int = 1, packed: int = 0) -> bytes:
    head = struct.pack(">IBB", 0, magic, packed) + (struct.pack(">q", 0) if magic else b"")
    data = head + struct.pack(">i", -1) + struct.pack(">i", len(value)) + value
    return struct.pack(">qi", 0, len(data)) + data


def text(value: str, compact: bool) -> bytes:
    return varint(len(value) + 1) + value.encode() if compact else struct.pack(">h", len(value)) + value.encode()


def produce(batches: bytes, version: int = 7, number: int = 5, topic: str = "faces", acks: int = 1) -> bytes:
    new, tags = version >= 9, b"\0" * (version >= 9)
    array = (lambda n: varint(n + 1)) if new else (lambda n: struct.pack(">i", n))
    size = varint(len(batches) + 1) if new else struct.pack(">i", len(batches))
    body = struct.pack(">hhi", 0, version, number) + text("cam", compact=False) + tags
    body += (b"\0" if new else b"\xff\xff") if version >= 3 else b""
    body += struct.pack(">hi", acks, 30_000) + array(1) + text(topic, new) + array(1) + struct.pack(">i", 0)
    body += size + batches + tags + tags + tags
    return struct.pack(">i", len(body)) + body


def answer(error: int, version: int = 7, number: int = 5, topic: str = "faces") -> bytes:
    new, tags = version >= 9, b"\0" * (version >= 9)
    array = (lambda n: varint(n + 1)) if new else (lambda n: struct.pack(">i", n))
    body = struct.pack(">i", number) + tags + array(1) + text(topic, new) + array(1) + struct.pack(">ihq", 0, error, 9)
    body += b"\0" * (8 * (version >= 2) + 8 * (version >= 5))
    body += array(0) + (b"\0" if new else b"\xff\xff") if version >= 8 else b""
    body += tags + tags + struct.pack(">i", 0) + tags
    return struct.pack(">i", len(body)) + body


@pytest.mark.parametrize("version", [0, 2, 3, 5, 7, 8, 9, 12])
@pytest.mark.parametrize("error", [0, 29])
def test_a_record_is_a_message_and_an_error_refuses_it(version: int, error: int) -> None:
    sent = batch(record(PICTURE, {"Content-Type": "image/jpeg"}))
    messages, summary = read([up(produce(sent, version)), down(answer(error, version))], **ROW)
    assert summary.protocol == "kafka"
    (one,) = [one for one in messages if one.body]
    assert (one.method, one.path, one.content_type, one.body) == ("produce", "faces", "image/jpeg", PICTURE)
    assert one.complete
    refused = [(answer.method, answer.request.message_id) for answer in messages if IN_FIELD in answer.notes]
    assert refused == ([("error 29", one.message_id)] if error else [])


@pytest.mark.parametrize(
    "batches",
    [
        batch(record(b"a" * 20), record(PICTURE)),
        batch(record(b"a" * 20)) + batch(record(PICTURE)),
        *(batch(record(b"a" * 20), record(PICTURE), packed=packed) for packed in (1, 2, 3, 4)),
        *(old(PACK[packed](old(b"a" * 20) + old(PICTURE, 0)), packed=packed) for packed in (1, 2, 3)),
        old(xerial(old(b"a" * 20) + old(PICTURE, 0)), packed=2),
        old(b"a" * 20) + old(PICTURE, 0),
    ],
)
def test_records_of_every_form(batches: bytes) -> None:
    messages, _ = read([up(produce(batches))], **ROW)
    assert [one.body for one in messages if one.body] == [b"a" * 20, PICTURE]


def test_an_error_refuses_every_record_of_its_partition() -> None:
    sent = batch(record(PICTURE), record(b"b" * 30), record(b"c" * 30))
    messages, _ = read([up(produce(sent)), down(answer(87))], **ROW)
    ids = [one.message_id for one in messages if one.body]
    assert len(set(ids)) == 3
    assert [one.request.message_id for one in messages if IN_FIELD in one.notes] == ids


def cut(packed: int) -> bytes:
    """A batch of which the compressed bytes lack their end."""
    data = PACK[packed](record(PICTURE))[:-90]
    head = struct.pack(">iBIHiqqqhii", 0, 2, 0, packed, 0, 0, 0, -1, -1, -1, 1)
    return struct.pack(">qi", 0, len(head) + len(data)) + head + data


def notes(messages) -> set[str]:
    return {note for one in messages for note in one.notes}


@pytest.mark.parametrize(
    ("batches", "note"),
    [
        (batch(record(PICTURE))[:-9], DAMAGED),
        (batch(record(b"x" * 40), packed=0)[:60], DAMAGED),
        (b"\xff" * 90, DAMAGED),
        (batch(record(PICTURE), packed=5), UNKNOWN),
        (batch(record(PICTURE), b"hidden behind them"), DAMAGED),
        *((cut(packed), DAMAGED) for packed in (1, 2, 3, 4)),
    ],
)
def test_what_cannot_be_read_is_told(batches: bytes, note: str) -> None:
    messages, _ = read([up(produce(batches))], **ROW)
    assert notes(messages) == {note}
    assert note.removeprefix(LIMIT) in BY_NAME["limits"].reasons
    assert not any(PICTURE in one.body for one in messages if not one.notes) or b"hidden" in batches


@pytest.mark.parametrize("packed", [0, 1, 2, 3, 4])
def test_what_is_behind_the_damage_in_a_batch_is_there(packed: int) -> None:
    """What was read of it is given once, the rest as it is, and the next batch is read."""
    batches = batch(record(b"a" * 20), b"\1rest", packed=packed) + batch(record(PICTURE))
    messages, _ = read([up(produce(batches))], **ROW)
    assert [(one.body, set(one.notes)) for one in messages if one.body] == [
        (b"a" * 20, set()),
        (b"\1rest", {DAMAGED}),
        (PICTURE, set()),
    ]


def test_records_are_there_though_the_request_is_damaged_behind_them() -> None:
    whole = produce(batch(record(PICTURE)))
    damaged = struct.pack(">i", len(whole) + 2) + whole[4:].replace(b"faces\0\0\0\1", b"faces\0\0\0\2") + b"12xy12"
    messages, _ = read([up(damaged)], **ROW)
    assert [(one.body, one.notes) for one in messages if one.body] == [(PICTURE, []), (b"12xy12", [DAMAGED])]


@pytest.mark.parametrize("packed", [1, 2, 3, 4])
def test_what_a_request_unpacks_to_is_bounded(packed: int, monkeypatch) -> None:
    """In all its batches together."""
    monkeypatch.setattr("netaudit.messages.kafka.Budget", partial(Budget, size=100_000))
    batches = b"".join(batch(record(bytes([n]) * 40_000), packed=packed) for n in range(6))
    messages, _ = read([up(produce(batches))], **ROW)
    assert sum(len(one.body) for one in messages) <= 100_000
    assert [one.body for one in messages if not one.notes] == [bytes([n]) * 40_000 for n in range(2)]
    assert notes(messages) == {TOO_LARGE}


def test_blocks_without_bytes_are_bounded_too(monkeypatch) -> None:
    monkeypatch.setattr("netaudit.messages.kafka.Budget", partial(Budget, size=10_000))
    data = xerial(b"") + (struct.pack(">I", 1) + b"\0") * 200
    head = struct.pack(">iBIHiqqqhii", 0, 2, 0, 2, 0, 0, 0, -1, -1, -1, 1)
    messages, _ = read([up(produce(struct.pack(">qi", 0, len(head) + len(data)) + head + data))], **ROW)
    assert notes(messages) == {TOO_LARGE}


@pytest.mark.parametrize(
    "batches",
    [
        batch(*[record(b"x")] * 90),
        batch(record(b"x")) * 90,
        batch(*[record(b"x")] * 90, packed=1),
        old(b"x") * 90,
        batch() * 90,
        batch(*[record(b"x")] * 30, packed=1) * 3,
    ],
)
def test_the_records_of_a_request_are_bounded(batches: bytes, monkeypatch) -> None:
    monkeypatch.setattr("netaudit.messages.kafka.Budget", partial(Budget, records=50))
    messages, _ = read([up(produce(batches))], **ROW)
    assert len([one for one in messages if not one.notes]) < 50
    assert notes(messages) == {TOO_MANY}


def test_the_partitions_of_a_request_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr("netaudit.messages.kafka.Budget", partial(Budget, records=50))
    begin, one = produce(b"")[:-12], struct.pack(">ii", 0, 1) + b"?"
    data = begin[4:] + struct.pack(">i", 900) + one * 900
    messages, _ = read([up(struct.pack(">i", len(data)) + data)], **ROW)
    assert len(messages) < 60
    assert TOO_MANY in messages[-1].notes
    assert messages[-1].body.endswith(one * 800)


def test_compressed_messages_hold_no_compressed_ones_again() -> None:
    data = old(PICTURE)
    for _ in range(600):
        data = old(gzip.compress(data, 1), packed=1)
    messages, summary = read([up(produce(data)), up(produce(batch(record(PICTURE)), number=6))], **ROW)
    assert summary.protocol == "kafka"
    assert notes(messages) == {DAMAGED}
    assert messages[-1].body == PICTURE


def test_nothing_is_kept_where_no_answer_will_come() -> None:
    reader, at = KafkaReader(), 0
    data = produce(batch(*[record(b"x")] * 40), acks=0)
    for _ in range(3):
        reader.feed(0, at, data)
        at += len(data)
    assert not reader.asked


def test_what_waits_for_answers_is_bounded_by_its_records(monkeypatch) -> None:
    monkeypatch.setattr("netaudit.messages.kafka.MOST_KEPT", 100)
    reader, at = KafkaReader(), 0
    for number in range(8):
        data = produce(batch(*[record(b"x")] * 40), number=number)
        reader.feed(0, at, data)
        at += len(data)
    assert list(reader.asked) == [6, 7]
    (*_, last) = reader.feed(1, 0, answer(29, number=7))
    assert last.notes == [IN_FIELD]
    assert (list(reader.asked), reader.kept) == ([6], 40)


@pytest.mark.parametrize("error", [-1, 7, 20, 46, 56])
def test_an_error_behind_which_records_may_be_taken_refuses_none(error: int) -> None:
    messages, _ = read([up(produce(batch(record(PICTURE)))), down(answer(error))], **ROW)
    assert not any(IN_FIELD in one.notes for one in messages)


@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(1, 900), min_size=1, max_size=30))
def test_any_cut_gives_the_same(cuts: list[int]) -> None:
    data, events, at = produce(batch(record(PICTURE))) + produce(batch(record(b"x" * 30)), number=6), [], 0
    for size in [*cuts, len(data)]:
        events += [up(data[at : at + size])] if data[at : at + size] else []
        at += size
    messages, _ = read(events, **ROW)
    assert [one.body for one in messages if one.body] == [PICTURE, b"x" * 30]


VERSIONS = struct.pack(">ihhih", 13, 18, 0, 1, 3) + b"cam"


@pytest.mark.parametrize(
    ("data", "port", "verdict"),
    [
        (produce(b"x"), 9092, Verdict.YES),
        (produce(b"x"), 4000, Verdict.NO),
        (VERSIONS, 4000, Verdict.YES),
        (VERSIONS[:9], 9092, Verdict.MORE),
        (b"\0\0\0\x10" + b"\0\x03\0\x01" + bytes(4) + b"\0\x04a\0bc" + bytes(9), 9092, Verdict.NO),
        (b"\x16\x03\x01\x00\x2f\x01" + bytes(40), 9092, Verdict.NO),
    ],
)
def test_what_is_recognised(data: bytes, port: int, verdict: Verdict) -> None:
    assert recognise(Opening(data, b"", 41_000, port, midstream=False)) is verdict


@settings(deadline=None, max_examples=30)
@given(chunks=st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=60)), max_size=8))
def test_noise_is_no_error(chunks) -> None:
    check_noise(KafkaReader, chunks)
