"""Documents in datagrams, compressed: each by itself, in chunks in any order, and what never became whole."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from netaudit.messages.hosts import gelf
from netaudit.messages.reader import Opening, Verdict

SAID = json.dumps({"version": "1.1", "host": "gate-7", "short_message": "pass", "_name": "张三"}).encode()
PACKED = zlib.compress(SAID)


def chunk(number: int, count: int, data: bytes, name: bytes = b"12345678") -> bytes:
    return gelf.CHUNK + name + bytes([number, count]) + data


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (PACKED, Verdict.YES),
        (gzip.compress(SAID, mtime=0), Verdict.YES),
        (chunk(0, 2, PACKED[:9]), Verdict.YES),
        (chunk(2, 2, PACKED), Verdict.NO),
        (PACKED[:-5], Verdict.NO),
        (PACKED + b"x", Verdict.NO),
        (b"\x78\x9cxyz", Verdict.NO),
        (SAID, Verdict.NO),
        (b"", Verdict.NO),
    ],
)
def test_recognised(data: bytes, verdict: Verdict) -> None:
    assert gelf.recognise(Opening(data, b"", 40000, 12201, midstream=False)) is verdict


def test_a_document_lies_where_it_was_sent() -> None:
    [message] = gelf.GelfReader().feed(0, 70, PACKED)
    assert (message.body, message.body_start, message.start, message.end) == (PACKED, 70, 70, 70 + len(PACKED))


def test_chunks_in_any_order_are_one_document() -> None:
    reader, at, out = gelf.GelfReader(), 0, []
    for number in (2, 0, 1):
        data = chunk(number, 3, PACKED[number * 30 : number * 30 + 30] if number < 2 else PACKED[60:])
        out += reader.feed(0, at, data)
        assert reader.needed_from(0) == (0 if not out else at + len(data))
        at += len(data)
    assert [(one.body, one.complete, one.start, one.end) for one in out] == [(PACKED, True, 0, at)]
    assert reader.finish() == []


def test_what_never_became_whole_is_told_and_few_are_held() -> None:
    reader = gelf.GelfReader()
    out = [one for n in range(40) for one in reader.feed(0, 14 * n, chunk(0, 2, b"ab", n.to_bytes(8)))]
    assert len(out) == 40 - gelf.MOST_MESSAGES
    left = reader.finish()
    assert len(left) == gelf.MOST_MESSAGES
    assert not any(one.complete for one in out + left)
