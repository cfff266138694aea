"""Streams inside others: how many records are handed on at once changes nothing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from netaudit.protocols.decryption.carried import Carried
from netaudit.protocols.flow import Within
from netaudit.protocols.message import UP

SENT = b"".join(
    b"POST /face/%d HTTP/1.1\r\nHost: cloud.example\r\nContent-Length: %d\r\n\r\n" % (size, size) + bytes(size)
    for size in (40, 900, 3, 2000)
)
RECORD = 50


def read(most: int) -> list[tuple[object, ...]]:
    """Messages of records that are brought so many at once; each lies behind 5 bytes and before 16."""
    inner = Within(SimpleNamespace(serial=1, transport="tcp", ports=(40000, 443), id=bytes(16), keys=None))
    records = [SENT[at : at + RECORD] for at in range(0, len(SENT), RECORD)]
    spans, at = [], 0
    for record in records:
        spans.append((len(record), at + 5, at + 5 + len(record)))
        at += len(record) + 21
    for first in range(0, len(records), most):
        data = b"".join(records[first : first + most])
        counts, starts, ends = map(list, zip(*spans[first : first + most], strict=True))
        inner.bring(Carried(UP, data, len(data), (counts, starts, ends)), None)
    inner.close(0, (0, 0))
    return [(m.message_id, m.start, m.end, m.body_start, m.body, m.complete) for m in inner.out]


@pytest.mark.parametrize("kept", [4, 16, 4096])
@pytest.mark.parametrize("most", [3, 10, 1000])
def test_any_number_at_once(most, kept, monkeypatch):
    """Also where more places would be kept than may be: which are thinned is decided record by record."""
    monkeypatch.setattr("netaudit.protocols.places.MOST_RUNS", kept)
    monkeypatch.setattr("netaudit.protocols.flow.MOST_RUNS", kept)
    alone = read(1)
    assert len(alone) == 4
    assert read(most) == alone
