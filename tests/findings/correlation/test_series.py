"""What is compared, from tables: units by way, however the tables are cut, and images by host."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from netaudit.core.schema import ENCRYPTED_UPLOADS, FLOWS, LEAST_UNIT
from netaudit.findings.correlation.series import images_by_host, joined_units, picked, units_by_way
from tests.findings.correlation.offices import SECOND

FIVE = {"a": ("10.0.0.1", "192.0.2.1", "h2"), "b": ("10.0.0.1", "192.0.2.2", "h2"),
        "c": ("10.0.0.1", "192.0.2.1", "http/1.1"), "d": ("10.0.0.2", "192.0.2.1", "h2")}  # fmt: skip
#        flow, ordinal, begins, ends, plaintext, of the server before
SENT = [("a", 0, 10, 11, 30_000, 0), ("c", 0, 5, 6, 20_000, 0), ("a", 2, 40, 41, 9_000, 900), ("b", 0, 7, 8, 8_000, 0),
        ("a", 1, 11.5, 12, 4_000, 30), ("c", 1, 6.5, 7, 21_000, 30), ("d", 0, 3, 4, LEAST_UNIT - 1, 0),
        ("e", 0, 1, 2, 50_000, 0), ("b", 1, 8.5, 9, 100, 30), ("d", 1, 9, 9.5, 5_000, 700)]  # fmt: skip


def flows():
    rows = [
        {"flow_id": flow, "client_ip": client, "server_ip": server, "server_name": "", "payload_up": 9,
         "payload_down": 1, "tls_alpn": alpn}
        for flow, (client, server, alpn) in FIVE.items()
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=FLOWS.schema())


def uploads(chunk=None):
    rows = [
        {"unit_id": f"{flow}{ordinal}", "flow_id": flow, "capture_id": "two" if flow == "c" else "one",
         "first_ts": int(first * SECOND), "last_ts": int(last * SECOND), "ordinal": ordinal, "records": 2,
         "before_records": int(before > 0), "before_octets": before, "rule": "aead13",
         "plaintext_low": size, "plaintext_high": size}
        for flow, ordinal, first, last, size, before in SENT
    ]  # fmt: skip
    whole = pa.Table.from_pylist(rows, schema=ENCRYPTED_UPLOADS.schema())
    return whole if chunk is None else pa.Table.from_batches(whole.to_batches(chunk))


@pytest.mark.parametrize("chunk", [None, 3, 1])
def test_units_of_a_way_are_joined_in_order_and_large(chunk):
    ways = units_by_way(uploads(chunk), flows(), {})
    told = {way: ways.units(way) for way in ways.places}
    assert {way: list(zip((sent.first / SECOND).tolist(), sent.high.tolist(), sent.rows.tolist(), sent.opens.tolist(),
                          strict=True)) for way, sent in told.items()} == {
        ("10.0.0.1", "192.0.2.1", "one"): [(10, 34_000, 2, True), (40, 9_000, 1, False)],
        ("10.0.0.1", "192.0.2.1", "two"): [(5, 20_000, 1, True), (6.5, 21_000, 1, False)],
        ("10.0.0.1", "192.0.2.2", "one"): [(7, 8_100, 2, True)],
        ("10.0.0.2", "192.0.2.1", "one"): [(9, 5_000, 1, False)],
    }  # fmt: skip
    assert told["10.0.0.1", "192.0.2.1", "one"].row.tolist() == [0, 2]
    assert ways.extents()["10.0.0.1", "192.0.2.1", "one"] == (2, 10 * SECOND, 41 * SECOND)


def test_captures_of_one_recording_are_one_way():
    ways = units_by_way(uploads(), flows(), {"two": "one"})
    assert len(ways.units(("10.0.0.1", "192.0.2.1", "one"))) == 4


def test_all_units_have_their_ends_by_flow():
    units, ends = joined_units(uploads(2), flows())
    named = [ends[flow] and ends[flow]["flow_id"] for flow in units.flow.tolist()]
    assert named == ["a", "a", "c", "c", "b", "d", "d", None]
    assert (units.high.sum(), units.rows.sum()) == (sum(size for *_, size, _ in SENT), len(SENT))


@pytest.mark.parametrize("cuts", [[], [1], [4, 4, 9]])
def test_picked_values_do_not_depend_on_chunks(cuts):
    values = np.arange(12) * 7
    column = pa.chunked_array(np.split(values, cuts), pa.int64())
    rows = np.array([11, 0, 4, 4, 9, 3], np.int32)
    assert picked(column, rows).tolist() == values[rows].tolist()
    assert picked(column.cast(pa.timestamp("ns")), rows).tolist() == values[rows].tolist()


def test_images_by_host_are_in_order_and_once_for_each_message():
    def row(sha256, message, last, **other):
        facts = {"receiver": "h", "capture_id": "c", "complete": True, "size": 5_000, "object_id": f"o{sha256}"}
        return SimpleNamespace(sha256=sha256, message_id=message, last_ts=last, first_ts=last - 1, **(facts | other))

    rows = [
        row("b", "2", 30),
        row("a", "1", 30),
        row("b", "2", 10),
        row("b", "3", 20),
        row("c", "4", 5, complete=False),
    ]
    (found,) = images_by_host(rows, {}).values()
    names = found.names
    told = zip(names.sha256.to_pylist(), names.message_ids.to_pylist(), found.last.tolist(), strict=True)
    assert list(told) == [("b", "3", 20), ("a", "1", 30), ("b", "2", 30)]
    assert (found.first.tolist(), found.row.tolist(), found.size.tolist()) == ([19, 29, 29], [0, 1, 2], [5_000] * 3)
