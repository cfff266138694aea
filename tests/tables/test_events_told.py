"""What private/ has of events is of events that the table has: one that came again after a challenge is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq

import netaudit
from tests.spoken import Capture, reply, request

if TYPE_CHECKING:
    from pathlib import Path

BEAT = {"operator": "HeartBeat", "info": {"DeviceID": 1234567, "Time": "2025-06-01T10:15:00"}}


def test_no_clear_value_is_left_of_an_event_that_is_not_told(tmp_path: Path) -> None:
    capture = Capture()
    asked = request("POST", "/Subscribe/heartbeat", BEAT)
    again = request("POST", "/Subscribe/heartbeat", BEAT, authorization='Digest username="a", realm="b", nonce="1"')
    refused = reply(b"", status="401 Unauthorized", www_authenticate='Digest realm="b", nonce="1"')
    capture.talk("192.168.1.9", "203.0.113.5", (asked, refused), (again, reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    told = set(case.table("events")["event_id"].to_pylist())
    clear = set(pq.read_table(case.folder / "private" / "events.parquet")["event_id"].to_pylist())
    assert len(told) == 1
    assert clear == told
