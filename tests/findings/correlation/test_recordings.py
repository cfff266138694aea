"""Files that a recorder cut are one recording; captures of two places, and of other days, are not."""

from __future__ import annotations

import pyarrow as pa
import pytest

from netaudit.core.schema import CAPTURES
from netaudit.findings.correlation.recordings import recordings
from tests.findings.correlation.offices import SECOND


def captures(*spans, interfaces=None):
    rows = [
        {"capture_id": name, "link_types": ["EN10MB"], "interfaces": ["eth0"] if interfaces is None else interfaces[k],
         "first_ts": first * SECOND, "last_ts": last * SECOND}
        for k, (name, first, last) in enumerate(spans)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=CAPTURES.schema())


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([("a", 0, 10), ("b", 10, 20), ("c", 21, 30)], {"a": "a", "b": "a", "c": "a"}),
        ([("c", 21, 30), ("a", 0, 10), ("b", 10, 20)], {"a": "a", "b": "a", "c": "a"}),
        ([("a", 0, 30), ("b", 10, 20)], {"a": "a", "b": "b"}),  # of two places
        ([("a", 0, 10), ("b", 311, 320)], {"a": "a", "b": "b"}),  # of two occasions
    ],
)
def test_files_that_follow_each_other_are_one_recording(spans, expected):
    assert recordings(captures(*spans)) == expected


def test_files_of_other_interfaces_are_other_recordings():
    both = captures(("a", 0, 10), ("b", 10, 20), ("c", 20, 30), interfaces=[["eth0"], ["wlan0"], ["eth0"]])
    assert recordings(both) == {"a": "a", "b": "b", "c": "a"}


def test_captures_without_packets_are_by_themselves():
    assert recordings(None) == {}
    assert recordings(CAPTURES.schema().empty_table()) == {}
