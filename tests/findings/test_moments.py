"""What was sent around a marked moment: which images, which connections, and what is left out."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.core.schema import AFTER_MOMENTS, FLOWS, IMAGES, MESSAGES, MOMENTS, OBJECTS, SENDINGS
from netaudit.devices.endpoints.vantage import Evidence
from netaudit.devices.endpoints.vantage import judge as judge_vantage
from netaudit.findings.from_tables import judge_moments
from netaudit.findings.moments import LEAST_BYTES, MOST_WAYS, Windows
from netaudit.findings.payload_by_second import Portions

CAM, SERVER, CLOUD, PHONE = "192.168.1.20", "192.168.1.2", "47.96.10.20", "192.168.1.50"
SCOPE = judge_vantage(Evidence([(CAM, CLOUD), (CAM, SERVER)], [], [("02:00:00:00:00:02", CAM)], [], [], 0)).scope
S = 1_000_000_000
T0 = 1_700_000_000 * S
BIG = [0, 0, 1, 0, 0]


def filled(table, rows):
    lacking = (
        {
            "payload_up": 0,
            "bursts_up": [0] * 5,
            "protocol": "http",
            "transport": "tcp",
            "client_port": 40_000,
            "server_port": 443,
        }
        if table is FLOWS
        else {}
    )
    return pa.Table.from_pylist([lacking | row for row in rows], schema=table.schema())


def image(number, at, client=CAM, server=CLOUD, *, face="yes", up=True, agent="", host="up.example"):
    flow = {"flow_id": f"f{number}", "client_ip": client, "server_ip": server, "first_ts": T0, "last_ts": T0 + 900 * S}
    message = {
        "message_id": f"m{number}", "flow_id": f"f{number}", "direction": "up" if up else "down", "host": host, "path": "/a",
        "user_agent": agent, "first_ts": T0 + int(at * S), "last_ts": T0 + int(at * S) + 1,
    }  # fmt: skip
    thing = {
        "object_id": f"o{number}",
        "message_id": f"m{number}",
        "sha256": f"{number:064x}",
        "size": 1000,
        "complete": True,
    }
    picture = {"sha256": f"{number:064x}", "face": face, "decodable": True, "problem": ""}
    return flow, message, thing, picture


def hidden(number, first, last, up=100_000, *, client=CAM, server=CLOUD, name="up.example", **more):
    return {
        "flow_id": f"h{number}", "client_ip": client, "server_ip": server, "first_ts": T0 + int(first * S),
        "last_ts": T0 + int(last * S), "payload_up": up, "bursts_up": BIG, "protocol": "tls", "server_name": name,
    } | more  # fmt: skip


def second(at, size, *, client=CAM, server=CLOUD, port=40_000, length=0.5):
    """A row of `sendings`."""
    return {
        "transport": "tcp", "src_ip": client, "src_port": port, "dst_ip": server, "dst_port": 443,
        "second": T0 // S + at, "first_ts": T0 + at * S, "last_ts": T0 + int((at + length) * S), "bytes": size,
    }  # fmt: skip


def after(images=(), flows=(), moments=(0,), window_s=180, scope=SCOPE, sent=()):
    columns = list(zip(*images, strict=True)) or [(), (), (), ()]
    tables = {
        "flows": filled(FLOWS, [*columns[0], *flows]),
        "messages": filled(MESSAGES, columns[1]),
        "objects": filled(OBJECTS, columns[2]),
        "images": filled(IMAGES, columns[3]),
        "moments": filled(
            MOMENTS, [{"moment_id": f"M{at}", "ts": T0 + at * S, "text": "", "source": "screen"} for at in moments]
        ),
    }
    seconds = pa.Table.from_pylist(list(sent), schema=SENDINGS.schema())
    found = judge_moments(tables, seconds, scope, frozenset(), window_s)
    assert found.schema.equals(AFTER_MOMENTS.schema())
    times = [found[name].cast(pa.int64()).to_pylist() for name in ("first_ts", "last_ts")]
    rows = found.drop_columns(["first_ts", "last_ts"]).to_pylist()
    return [row | {"first": (a - T0) / S, "last": (b - T0) / S} for row, a, b in zip(rows, *times, strict=True)]


@pytest.mark.parametrize(
    ("at", "expected"),
    [(-5.001, 0), (-5, 1), (0, 1), (179.999, 1), (180, 0)],
    ids=["long before", "a hand is slow", "at it", "just in time", "too late"],
)
def test_an_image_counts_when_it_was_sent_in_the_window(at, expected) -> None:
    assert sum(row["images"] for row in after([image(1, at)])) == expected


def test_images_of_one_way_are_one_row() -> None:
    (row,) = after([image(1, 1), image(2, 3), image(3, 9, face="no")])
    assert (row["sender"], row["receiver"], row["receiver_scope"], row["visibility"]) == (
        CAM,
        CLOUD,
        "outside",
        "clear",
    )
    assert (row["images"], row["faces"], row["bytes"], row["flows"], row["within"]) == (3, 2, 3000, 3, True)
    assert (row["first"], row["name"], row["object_ids"]) == (1, "up.example", ["o1", "o2", "o3"])


def test_what_comes_in_is_left_out() -> None:
    assert after([image(1, 1, up=False)]) == []


def test_a_visitors_phone_is_known_by_what_it_says() -> None:
    flow, message, thing, picture = image(
        1, 1, PHONE, agent="Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile"
    )
    page, asked, *_ = image(2, 1, PHONE, "1.1.1.1", agent=message["user_agent"])
    own = [
        (flow | {"protocol": "http"}, message, thing, picture),
        (page | {"protocol": "http"}, asked, *image(2, 1, PHONE)[2:]),
    ]
    assert after(own, [hidden(3, 1, 2, client=PHONE)]) == []
    assert len(after(own[:1], [hidden(3, 1, 2, client=PHONE)])) == 2  # one fact hides nothing


def test_sending_to_the_server_inside_is_told_after_sending_outside() -> None:
    assert [row["receiver_scope"] for row in after([image(1, 1, CAM, SERVER), image(2, 2)])] == ["outside", "inside"]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (1, 9, [True]),
        (-60, 9, [False]),
        (100, 400, [False]),
        (-60, 900, [False]),
        (-60, -6, []),
        (180, 190, []),
        (-5, -4, [True]),
    ],
    ids=["inside", "began before", "ends later", "spans all", "over before", "too late", "just before"],
)
def test_a_hidden_connection_says_whether_it_lies_within(first, last, expected) -> None:
    sent = [second(at, 10_000) for at in range(first, last + 1)]
    assert [row["within"] for row in after(flows=[hidden(1, first, last)], sent=sent)] == expected


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({-60: 50_000, 10: 9_000}, (9_000, 50_000, 0, 10, 10.5)),
        ({0: 9_000, 179: 2_000, 180: 70_000, 500: 1}, (11_000, 0, 70_001, 0, 179.5)),
        ({-6: 1, -5: 9_000, 300: 5}, (9_000, 1, 5, -5, -4.5)),
        ({-60: 50_000, 10: 8_000, 300: 50_000}, None),  # too little in the window, however much around it
        ({-60: 50_000, 300: 50_000}, None),
    ],
    ids=["began before", "went on after", "both", "only upkeep in it", "nothing in it"],
)
def test_of_a_long_connection_counts_what_left_in_the_window(sizes, expected) -> None:
    rows = after(
        flows=[hidden(1, -60, 500, up=sum(sizes.values()))], sent=[second(at, size) for at, size in sizes.items()]
    )
    keys = ("bytes", "bytes_before", "bytes_after", "first", "last")
    assert [tuple(row[key] for key in keys) for row in rows] == [expected] * (expected is not None)


def test_long_and_short_connections_of_one_way_are_one_row() -> None:
    flows = [hidden(1, 1, 2), hidden(2, 100, 400, client_port=40_001), hidden(3, -90, 20, client_port=40_002)]
    sent = [second(at, 10_000, port=40_001) for at in (120, 300)]
    sent += [second(at, 10_000, port=40_002) for at in (-80, -70, 5)]
    (row,) = after(flows=flows, sent=sent)
    assert (row["bytes"], row["bytes_before"], row["bytes_after"]) == (120_000, 20_000, 10_000)
    assert (row["flows"], row["within"], row["bursts"]) == (3, False, BIG)  # bursts of the short one alone


def test_what_came_back_and_what_others_sent_is_not_counted() -> None:
    back = {"src_ip": CLOUD, "src_port": 443, "dst_ip": CAM, "dst_port": 40_000}
    sent = [second(1, 9_000), second(1, 1, port=40_001), second(2, 1) | back, second(2, 1) | {"transport": "udp"}]
    (row,) = after(flows=[hidden(1, 0, 400)], sent=sent)
    assert row["bytes"] == 9_000


def test_ports_used_again_are_told_apart_by_time() -> None:
    flows = [hidden(1, -60, 3), hidden(2, 3, 400)]
    (row,) = after(flows=flows, sent=[second(at, 10_000) for at in (-9, 2, 3, 300)])
    assert (row["bytes"], row["bytes_before"], row["bytes_after"]) == (20_000, 10_000, 10_000)


@settings(max_examples=30, deadline=None)
@given(
    spans=st.lists(st.tuples(st.integers(-40, 300), st.integers(0, 200)), min_size=1, max_size=5),
    moments=st.lists(st.integers(0, 250), min_size=1, max_size=4, unique=True),
    data=st.data(),
)
def test_portions_are_those_that_a_count_of_seconds_gives(spans, moments, data) -> None:
    windows = [(T0 + (at - 5) * S, T0 + (at + 30) * S) for at in sorted(moments)]
    flows = [hidden(n, first, first + length, client_port=40_000 + n) for n, (first, length) in enumerate(spans)]
    flows = [{"transport": "tcp", "server_port": 443} | flow for flow in flows]
    sizes = [
        data.draw(st.dictionaries(st.integers(first, first + length), st.integers(1, 99), max_size=9))
        for first, length in spans
    ]
    sent = [second(at, n, port=40_000 + i) for i, one in enumerate(sizes) for at, n in one.items()]
    twice = [row | {"bytes": row["bytes"] - row["bytes"] // 2} for row in sent]
    twice += [row | {"bytes": row["bytes"] // 2} for row in sent]  # as two windows of the capture would give it
    for rows in (sent, twice):
        portions = Portions(windows, flows, pa.Table.from_pylist(rows, schema=SENDINGS.schema()))
        for place, at in enumerate(sorted(moments)):
            for number, one in enumerate(sizes):
                found = portions.of(f"h{number}", place)
                assert found.before == sum(n for t, n in one.items() if t < at - 5)
                assert found.within == sum(n for t, n in one.items() if at - 5 <= t < at + 30)
                assert found.after == sum(n for t, n in one.items() if t >= at + 30)


def test_hidden_connections_are_summed() -> None:
    (row,) = after(flows=[hidden(1, 1, 2), hidden(2, 3, 4), hidden(3, 5, 6, up=0)])
    assert (row["bytes"], row["bursts"], row["flows"], row["images"]) == (200_000, [0, 0, 2, 0, 0], 2, 0)
    assert (row["visibility"], row["first"], row["last"]) == ("encrypted", 1, 4)


@pytest.mark.parametrize(
    ("more", "visibility"),
    [
        ({"protocol": "tls"}, "encrypted"),
        ({"protocol": "unknown"}, "unread"),
        ({"protocol": ""}, "unread"),
        ({"protocol": "unknown", "transport": "udp", "server_port": 443}, "encrypted"),
        ({"protocol": "quic", "transport": "udp", "server_port": 8443}, "encrypted"),
        ({"protocol": "dtls", "transport": "udp", "server_port": 5246}, "encrypted"),
        ({"protocol": "http"}, None),
        ({"protocol": "tls", "keys": "opened"}, None),  # what was in it is judged by itself
        ({"protocol": "tls", "keys": "partly"}, "encrypted"),
        ({"protocol": "unknown", "transport": "icmp"}, "unread"),
        ({"payload_up": LEAST_BYTES - 1}, None),
        ({"payload_up": LEAST_BYTES}, "encrypted"),
    ],
)
def test_what_is_hidden(more, visibility) -> None:
    assert [row["visibility"] for row in after(flows=[hidden(1, 1, 2, **more)])] == [visibility] * (
        visibility is not None
    )


def test_nobody_is_inside_while_the_vantage_is_unknown() -> None:
    assert after([image(1, 1)], [hidden(1, 1, 2)], scope=lambda _: "unknown") == []


def test_each_moment_has_its_own_rows() -> None:
    rows = after([image(1, 1), image(2, 100)], moments=(0, 90, 500), window_s=30)
    assert [(row["moment_id"], row["object_ids"]) for row in rows] == [("M0", ["o1"]), ("M90", ["o2"])]
    both = after([image(1, 100)], moments=(0, 90))
    assert [row["moment_id"] for row in both] == ["M0", "M90"]


def test_rows_of_a_moment_are_bounded_and_the_weightiest_stay() -> None:
    flows = [hidden(n, 1, 2, up=10_000 + n, name=f"n{n}.example") for n in range(MOST_WAYS + 20)]
    rows = after([image(1, 1)], flows)
    assert len(rows) == MOST_WAYS
    assert rows[0]["visibility"] == "clear"
    assert min(row["bytes"] for row in rows[1:]) == 10_000 + 21


def test_windows_find_every_moment_a_span_touches() -> None:
    starts = [0, 7, 7, 20, 400]
    table = filled(MOMENTS, [{"moment_id": f"M{n}", "ts": T0 + at * S} for n, at in enumerate(starts)])
    windows = Windows(table, 10)
    for first in range(-30, 450, 3):
        for length in (0, 4, 60, 500):
            last = first + length
            expected = [n for n, at in enumerate(starts) if first < at + 10 and last >= at - 5]
            assert list(windows.around(T0 + first * S, T0 + last * S)) == expected


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"client": CLOUD, "server": CAM, "up": 0, "payload_down": 100_000}, 100_000),  # fetched by somebody outside
        ({"client": CLOUD, "server": CAM, "up": 100_000, "payload_down": 300}, 0),  # brought in
        ({"client": SERVER, "server": CAM, "up": 0, "payload_down": 100_000}, 0),  # an answer inside
        ({"transport": "esp", "protocol": "", "client_port": 0, "server_port": 0}, 100_000),
        ({"transport": "ip-47", "protocol": "", "client_port": 0, "server_port": 0}, 100_000),
        (
            {"client": CLOUD, "server": CAM, "transport": "esp", "protocol": "", "client_port": 0, "server_port": 0}
            | {"payload_down": 90_000},
            90_000,  # whose first packet came from outside
        ),
    ],
)
def test_whatever_carries_it_and_whoever_opened_it_counts(more: dict, told: int) -> None:
    rows = after(flows=[hidden(1, 1, 9, **more)])
    assert sum(row["bytes"] for row in rows) == told
    assert all((row["sender"], row["receiver"]) == (CAM, CLOUD) for row in rows)


def test_of_a_long_connection_opened_outside_the_seconds_count() -> None:
    asked = {"client": CLOUD, "server": CAM, "up": 10, "payload_down": 500_000}
    sent = [second(2, 20_000) | {"src_ip": CAM, "src_port": 443, "dst_ip": CLOUD, "dst_port": 40_000}]
    (row,) = after(flows=[hidden(1, -400, 900, **asked)], sent=sent)
    assert (row["sender"], row["bytes"], row["within"]) == (CAM, 20_000, False)
