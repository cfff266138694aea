"""What was sent when, by the second: every payload byte once, however the packets are cut, and gone at the end."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netaudit
from netaudit.core.storage import private_streams
from netaudit.tables.sendings import SECOND, SendingRows
from tests.conftest import ROOT
from tests.streams.wire import batch, packet

if TYPE_CHECKING:
    from pathlib import Path

T0 = 1_700_000_000
OFFICE = ROOT / "pcaps" / "sales_office" / "lan.pcapng"
ONE, OTHER = (10, 40000), (20, 443)

PACKETS = st.lists(
    st.builds(
        packet,
        src=st.sampled_from([ONE, (10, 40001)]),
        dst=st.sampled_from([OTHER, (21, 443)]),
        ts=st.integers(0, 4 * SECOND).map(lambda ns: T0 * SECOND + ns),
        data=st.binary(max_size=3),
        proto=st.sampled_from([6, 17, 1, 47]),
        skip=st.sampled_from([0, 0, 2]),
    ),
    max_size=30,
)


def rows_of(folder: Path, packets, cuts=()):
    (folder / "private").mkdir(exist_ok=True)
    rows, begin = SendingRows(folder, "0"), 0
    for end in [*sorted(cuts), len(packets)]:
        rows.feed(batch(packets[begin:end])[1])
        begin = end
    rows.close()
    found = private_streams.rows(folder, "sendings").to_pylist()
    private_streams.drop(folder, "sendings")
    return found


@settings(deadline=None, max_examples=50)
@given(packets=PACKETS, cuts=st.lists(st.integers(0, 30), max_size=3))
def test_every_byte_is_counted_once(packets, cuts, tmp_path_factory) -> None:
    expected: Counter = Counter()
    for one in packets:
        if one["data"] and not one["skip"]:
            way = (
                {6: "tcp", 17: "udp", 1: "icmp", 47: "ip-47"}[one["proto"]],
                one["src"][1],
                one["dst"][1],
                one["ts"] // SECOND,
            )
            expected[(*way, one["dst"][0])] += len(one["data"])
    cuts = [min(cut, len(packets)) for cut in cuts]
    found: Counter = Counter()
    for row in rows_of(tmp_path_factory.mktemp("case"), packets, cuts):
        way = row["transport"], row["src_port"], row["dst_port"], row["second"]
        found[(*way, int(row["dst_ip"].rpartition(":")[2], 16))] += row["bytes"]
        assert row["second"] == int(row["first_ts"].value) // SECOND == int(row["last_ts"].value) // SECOND
    assert found == expected


def test_a_second_is_one_row_with_its_first_and_last_packet(tmp_path) -> None:
    times = [T0 * SECOND + ns for ns in (900, 5, SECOND - 1)]
    (row,) = rows_of(tmp_path, [packet(ONE, OTHER, ts=ts, data=b"ab") for ts in times])
    assert (row["bytes"], row["first_ts"].value, row["last_ts"].value) == (6, times[1], times[2])


@pytest.mark.parametrize("workers", [1, 2])
def test_moments_are_told_what_left_after_them(workers, tmp_path) -> None:
    """The last of the office's encrypted connections is cut by a moment; what it sends adds up to what its flow has."""
    flows = audited(tmp_path / "plain").table("flows").to_pylist()
    assert not list((tmp_path / "plain" / "private").glob("sendings*"))
    longest = max(
        (f for f in flows if f["protocol"] == "tls" and f["payload_up"] > 20_000), key=lambda f: f["payload_up"]
    )
    middle = (longest["first_ts"].value + longest["last_ts"].value) // 2
    notes = tmp_path / "notes.csv"
    with notes.open("w", newline="") as file:
        csv.writer(file).writerows([["time", "text"], [longest["first_ts"].isoformat()[:19] + "Z", "x"]])
    window = (middle - longest["first_ts"].value) / SECOND
    case = audited(tmp_path / "case", moments=notes, moment_window_s=window, workers=workers)
    rows = [row for row in case.table("after_moments").to_pylist() if longest["flow_id"] in row["flow_ids"]]
    assert len(rows) == 1
    assert not rows[0]["within"]
    assert rows[0]["bytes"] > 0
    alone = [flow for flow in flows if flow["flow_id"] in rows[0]["flow_ids"]]
    told = rows[0]["bytes"] + rows[0]["bytes_before"] + rows[0]["bytes_after"]
    assert told == sum(flow["payload_up"] for flow in alone)
    assert not list((tmp_path / "case" / "private").glob("sendings*"))


def audited(folder: Path, **more):
    return netaudit.audit(OFFICE, folder, faces=False, **more)
