"""Units of what left encrypted become rows: all of many at once, and the same one by one."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from netaudit.streams.layouts import PLAIN, QUIC, SPAN, TLS, UNIT
from netaudit.tables.encrypted_uploads import upload_rows, uploads_of_drafts

TCP, UDP, ESP = 6, 17, 50
FLOWS = bytes(range(16)), bytes(range(16, 32))


def draft(flow, proto, lengths, **unit):
    row = np.zeros(1, UNIT)
    for name, value in unit.items():
        row[name] = value
    spans = np.array([(7, unit.get("ordinal", 0), length, times) for length, times in lengths], SPAN)
    return row.tobytes(), flow, spans.tobytes(), proto


DRAFTS = [
    draft(FLOWS[0], TCP, [(1400, 3), (17, 1)], kind=TLS, ordinal=0, octets=4217, records=4, answered_ts=0, first_ts=5),
    draft(FLOWS[0], TCP, [], kind=PLAIN, ordinal=1, octets=90_000, answered_ts=9, first_capture=2, lossy=1),
    draft(FLOWS[1], UDP, [(1200, 1)], kind=QUIC, ordinal=4, from_start=1, before_octets=1 << 40),
    draft(FLOWS[1], ESP, [(1, 1), (2, 2)], kind=PLAIN, ordinal=5, first_frame=7, last_frame=9),
]


def test_what_a_row_says():
    rows = uploads_of_drafts(DRAFTS).to_pydict()
    assert rows["rule"] == ["tls", "tcp", "quic", "udp"]
    assert rows["lengths"] == [[1400, 17], [], [1200], [1, 2]]
    assert rows["repeats"] == [[3, 1], [], [1], [1, 2]]
    assert [one is None for one in rows["answered_ts"]] == [True, False, True, True]
    assert rows["flow_id"] == [flow.hex() for flow in (FLOWS[0], FLOWS[0], FLOWS[1], FLOWS[1])]
    assert rows["unit_id"][2] == blake2b(FLOWS[1] + (4).to_bytes(8), digest_size=16).hexdigest()
    assert (rows["lossy"], rows["from_start"]) == ([False, True, False, False], [False, False, True, False])
    assert rows["before_octets"][2] == 1 << 40
    assert rows["plaintext_low"] == rows["plaintext_high"] == [None] * 4
    assert len(set(rows["capture_id"])) == 2


def test_one_by_one_they_are_the_same():
    rows = uploads_of_drafts(DRAFTS)
    for place, row in enumerate(upload_rows(DRAFTS)):
        alone = uploads_of_drafts(DRAFTS[place : place + 1])
        assert alone.to_pylist() == rows.slice(place, 1).to_pylist()
        assert (row.unit_id, row.lengths) == (rows["unit_id"][place].as_py(), rows["lengths"][place].as_py())
    assert [row.first_ts for row in upload_rows(DRAFTS)] == [5, 0, 0, 0]
    assert [row.answered_ts for row in upload_rows(DRAFTS)] == [None, 9, None, None]
    assert upload_rows([]) == []
