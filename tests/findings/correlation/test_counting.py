"""Encrypted uploads counted: by way and hour, own devices in one line, and shapes as far as they tell."""

import numpy as np
import pyarrow as pa
import pytest

from netaudit.core.schema import UPLOAD_COUNTS
from netaudit.findings.correlation.counting import HOUR, answers_of, by_way, count_rows, goes, shape_of
from netaudit.findings.correlation.series import Units

SECOND = 1_000_000_000
T0 = 500_000 * HOUR


def units(times, sizes, flows=None, slack=0):
    n = len(times)
    first = (np.asarray(times, float) * SECOND).astype(np.int64) + T0
    size = np.asarray(sizes, np.int64)
    flow = np.zeros(n, np.int64) if flows is None else np.asarray(flows, np.int64)
    flags = np.zeros(n, bool)
    return Units(
        np.arange(n),
        np.ones(n, np.int64),
        flow,
        first,
        first + SECOND // 10,
        size - slack,
        size,
        np.ones(n, np.int64),
        flags,
        flags,
        flags,
        flags,
    )


def end(sender, receiver, name="", up=10, down=1):
    return {
        "flow_id": sender + receiver,
        "client_ip": sender,
        "server_ip": receiver,
        "server_name": name,
        "payload_up": up,
        "payload_down": down,
    }


def scope(address):
    return "inside" if address.startswith("10.") else "outside"


def rows(some, ends, role=lambda *_: "unknown"):
    none = np.zeros(len(some), np.int64)
    found = list(count_rows(*by_way(some, ends, scope, role), some, none, lambda *_: False))
    assert pa.Table.from_pylist(found, schema=UPLOAD_COUNTS.schema()).num_rows == len(found)
    return found


def test_uploads_are_counted_by_way_and_hour_and_small_units_apart():
    some = units([0, 10, 3700, 3800], [30_000, 300, 50_000, 2047])
    (row,) = rows(some, [end("10.0.0.2", "203.0.113.1", "up.example")])
    assert (row["uploads"], row["smaller"], row["per_hour"]) == (2, 2, [1, 1])
    assert (row["bytes_high"], row["exact"], row["hours_from"]) == (80_000, True, T0)
    assert sum(row["sizes"]) == 2


def test_visitors_own_devices_are_one_row_that_names_nobody():
    some = units([0, 1, 2], [9000, 9000, 9000], [0, 1, 2])
    ends = [
        end("10.0.0.7", "203.0.113.1", "a"),
        end("10.0.0.8", "203.0.113.2", "b"),
        end("10.0.0.2", "203.0.113.3", "c"),
    ]
    first, second = rows(
        some, ends, lambda sender, _: "personal device" if sender in {"10.0.0.7", "10.0.0.8"} else "unknown"
    )
    assert (first["sender"], first["receiver"], first["name"], first["shape"]) == ("", "", "", "")
    assert (first["devices"], first["uploads"]) == (2, 2)
    assert second["sender"] == "10.0.0.2"


def test_what_stays_inside_is_not_counted():
    assert rows(units([0], [9000]), [end("10.0.0.2", "10.0.0.3")]) == []


def _events(random, n=30):
    return np.cumsum(random.exponential(60, n)), random.lognormal(10, 0.3, n)


def _bulk(random, n=60):
    return np.cumsum(random.exponential(0.3, n)), random.lognormal(10, 0.5, n)


def _logs(random, n=30):
    return 60.0 * np.arange(n) + random.normal(0, 1, n), random.lognormal(9, 0.8, n)


def _mixed(random, n=30):
    return np.cumsum(random.exponential(60, n)), random.choice([3e3, 6e4], n)


@pytest.mark.parametrize(
    ("kind", "make"), [("events", _events), ("bulk", _bulk), ("regular", _logs), ("unclear", _mixed)]
)
def test_shapes_are_told_apart(kind, make):
    told = [shape_of(units(*make(np.random.default_rng(seed))), 100, 1) for seed in range(50)]
    assert told.count(kind) >= 48, told


def test_few_are_few_and_what_brings_more_than_it_takes_is_browsing():
    random = np.random.default_rng(1)
    assert shape_of(units(*_events(random, 4)), 100, 1) == "few"
    assert shape_of(units([], []), 100, 1) == "few"
    assert shape_of(units(*_events(random)), 100, 101) == "browsing"
    assert goes(units([], [])).size == 0


def test_a_request_is_judged_by_what_came_back_for_it():
    """Twenty uploads over the connection that a firmware is fetched by are twenty requests."""
    some = units(range(0, 2100, 100), [30_000] * 20 + [900])
    before = np.zeros(21, np.int64)
    answers = answers_of(some, before, [end("10.0.0.2", "203.0.113.1", "up.example", 600_900, 40_000_000)])
    assert answers.tolist() == [0] * 20 + [40_000_000]
    ends = [end("10.0.0.2", "203.0.113.1", "up.example", 600_900, 40_000_000)]
    (row,) = count_rows(*by_way(some, ends, scope, lambda *_: "unknown"), some, answers, lambda *_: False)
    assert (row["uploads"], row["requests"], row["requests_bytes"]) == (20, 20, 600_000)
    before[1:] = 20_000
    answers = answers_of(some, before, ends)
    (row,) = count_rows(*by_way(some, ends, scope, lambda *_: "unknown"), some, answers, lambda *_: False)
    assert (row["uploads"], row["requests"]) == (20, 0)  # a page came back each time


def test_what_people_send_is_one_row_without_names():
    some = units([0, 10, 20], [30_000, 40_000, 50_000], [0, 1, 2])
    ends = [end(f"10.0.0.{n}", "203.0.113.1", f"{n}.example") for n in (2, 3, 4)]
    none = np.zeros(3, np.int64)
    ways = by_way(some, ends, scope, lambda *_: "unknown")
    own, named = count_rows(*ways, some, none, lambda way, *_: way[0] != "10.0.0.4")
    assert (own["sender"], own["receiver"], own["devices"], own["uploads"]) == ("", "", 2, 2)
    assert named["sender"] == "10.0.0.4"


def _goes_of(slices, size, count=6):
    """So many goes a minute apart, each of some requests 0.2 s apart."""
    return [60 * go + 0.2 * n for go in range(count) for n in range(slices)], [size] * (slices * count)


@pytest.mark.parametrize(
    ("slices", "size", "beats", "sliced"),
    [
        (16, 800, 0, 6),
        (16, 800, 300, 6),  # heartbeats of their own beside
        (4, 3000, 300, 6),
        (2, 6000, 300, 0),  # reports in two requests, and heartbeats
        (1, 12_000, 300, 0),
        (6, 800, 300, 0),  # too little for a picture
    ],
)
def test_slices_are_counted_by_the_goes_they_came_in(slices, size, beats, sliced):
    times, sizes = _goes_of(slices, size)
    times, sizes = times + [1.1 * n for n in range(beats)], sizes + [120] * beats
    order = np.argsort(times, kind="stable")
    some = units(np.array(times)[order], np.array(sizes)[order])
    (row,) = rows(some, [end("10.0.0.2", "203.0.113.1", "up.example")])
    assert row["sliced"] == sliced


def test_a_request_for_which_more_came_back_is_no_slice():
    times, sizes = _goes_of(16, 800)
    some = units(times, sizes)
    ends = [end("10.0.0.2", "203.0.113.1", "up.example")]
    answers = np.full(len(some), 2_000)
    (row,) = count_rows(*by_way(some, ends, scope, lambda *_: "unknown"), some, answers, lambda *_: False)
    assert row["sliced"] == 0
