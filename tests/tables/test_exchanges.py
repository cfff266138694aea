"""Exchanges of HTTP/1 in columns: the same tables as by the readers, whatever is said and however it is cut."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netaudit.core.storage.table_streams import read_streams
from netaudit.evidence.case.writing import make_folders
from netaudit.pipeline.stages import Shard
from netaudit.pipeline.storing import Keep
from netaudit.pipeline.takers import takers
from netaudit.protocols.http1.from_streams import Exchanges
from tests.streams.wire import ACK, FIN, MS, SYN, batch
from tests.streams.wire import packet as wire
from tests.tables.test_documents import bodies
from tests.tables.test_plain_lookups import STREAMED, capture_tables, no_takers
from tests.tables.test_publications import shard_scraps

PCAPS = Path(__file__).parents[2] / "pcaps"
SERVER = (20, 80)
small = (
    st.sampled_from([
        b'{"t":21.5}', b'{"t":1.25,"k2":7}', b"{}", b'{"realName":"Zhang San"}', b'{"eventType":"faceSnap","n":1}', b"",
        b'{"id":"1101**********1234"}', b'{"url":"/a/b.jpg"}', b'{"deviceName":"x"}', b'{"code":500}', b'{"code":0}', b"on",
        b'{"serialNumber":"DS-2CD1234"}', b'{"success":false,"t":3}', b'{"a":[1,2,{"b":null}]}',
    ])
    | bodies
)  # fmt: skip
TARGETS = (
    "/up?n=%d",
    "/up",
    "/a/b%%20c?idNumber=%d",
    "/p/11010519491231002X",
    "/put/a.jpg?uploadId=%d",
    "/ISAPI/System/deviceInfo",
    '/up?person={"name":"Zhang%%20San","age":%d,"gender":"male","address":"Street%%201","birthday":"1990-01-02"}',
)
FIELDS = (
    b"", b"Host: a.example\r\n", b"User-Agent: cam/1.%d\r\n", b"Authorization: Basic YTpi\r\n", b"Content-Type: application/json\r\n",
    b"Content-Type: multipart/form-data; boundary=b\r\n", b"X-Index: 3\r\n", b"Content-Encoding: identity\r\n",
    b"Cookie: a=" + b"Zm9vYmFy" * 9 + b"\r\n", b"X-Card: 11010519491231002X\r\n", b"Content-Disposition: inline; filename=a.json\r\n",
)  # fmt: skip
SAID = (
    b"", b"Server: nginx\r\n", b"Date: Sat, 14 Mar 2026 08:00:0%d GMT\r\n", b"Content-Type: text/html\r\n", b"grpc-status: 3\r\n",
    b'WWW-Authenticate: Basic realm="door"\r\n', b"Location: /login\r\n",
)  # fmt: skip


@st.composite
def exchange(draw):
    """A request and its answer."""
    digit, body, answer = draw(st.integers(0, 9)), draw(small), draw(small)
    head = "".join((
        draw(st.sampled_from(["POST", "POST", "GET", "PUT"])), " ", draw(st.sampled_from(TARGETS)).replace("%d", draw(st.sampled_from([str(digit), "42", "1234567"]))),
        " HTTP/1.1\r\n",
    ))  # fmt: skip
    fields = b"".join(draw(st.lists(st.sampled_from(FIELDS), max_size=2))).replace(b"%d", b"%d" % digit)
    status = draw(st.sampled_from([b"200 OK", b"200 OK", b"201 Created", b"302 Found", b"500 Error"]))
    said = b"".join(draw(st.lists(st.sampled_from(SAID), max_size=2))).replace(b"%d", b"%d" % digit)
    asked = head.replace("%%", "%").encode() + fields + b"Content-Length: %d\r\n\r\n" % len(body) + body
    return asked, b"HTTP/1.1 " + status + b"\r\n" + said + b"Content-Length: %d\r\n\r\n" % len(answer) + answer


ODD = st.sampled_from([(b"odd words", b""), (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nuntil the end")])
connections = st.lists(
    st.tuples(st.lists(exchange(), min_size=1, max_size=3), st.lists(ODD, max_size=1), st.integers(0, 2)),
    min_size=1,
    max_size=4,
)  # fmt: skip


def traffic(talks):
    """Packets of these connections, in turns; clients of a few addresses."""
    out = []
    for number, (exchanges, odd, host) in enumerate(talks):
        client, tick = (10 + host, 40_000 + number), 0
        seq = {client: 100, SERVER: 500}

        def add(source, target, data=b"", flags=ACK, number=number, seq=seq):
            nonlocal tick
            tick += 1
            ts = tick * 7 * MS + number
            out.append(wire(source, target, ts=ts, seq=seq[source], ack=seq[target], data=data, flags=flags))
            seq[source] += len(data) + bool(flags & (SYN | FIN))

        add(client, SERVER, flags=SYN)
        add(SERVER, client, flags=SYN | ACK)
        for asked, answer in [*exchanges, *odd]:
            add(client, SERVER, asked)
            if answer:
                add(SERVER, client, answer)
        add(client, SERVER, flags=FIN | ACK)
        add(SERVER, client, flags=FIN | ACK)
    out.sort(key=lambda one: one["ts"])
    return [{**one, "frame": number + 1} for number, one in enumerate(out)]


def tables_of(folder, packets, cuts, *, taken, bounds=(2048, 48)):
    """All rows of an audit of these packets without its last step, sorted."""
    make_folders(folder)
    (folder / "private" / "key").write_bytes(bytes(range(32)))
    with mock.patch("netaudit.tables.exchanges.LEAST", 1):
        shard, begin = Shard(folder, "0", Keep(), takes=takers if taken else no_takers), 0
        shard.ledger._most, shard.ledger._most_values = bounds
        for end in [*sorted(cuts), len(packets)]:
            shard.feed(*batch(packets[begin:end]))
            begin = max(begin, end)
        assert shard.finish() == []
    found = {table.name: sorted(map(repr, read_streams(folder, table.name).to_pylist())) for table in STREAMED}
    return found | {"scraps": sorted(map(repr, shard_scraps(folder)))}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    talks=connections,
    cuts=st.lists(st.integers(0, 40), max_size=2),
    bounds=st.sampled_from([(2048, 48), (2048, 48), (7, 48), (20, 1)]),
)
def test_by_the_readers_and_in_columns(talks, cuts, bounds, tmp_path_factory):
    packets = traffic(talks)
    cuts = [cut for cut in cuts if cut < len(packets)]
    by_readers, at_once, cut = (
        tables_of(tmp_path_factory.mktemp("case"), packets, at, taken=taken, bounds=bounds)
        for taken, at in ((False, ()), (True, ()), (True, cuts if bounds[0] > 99 else ()))
    )
    assert at_once == by_readers
    assert cut == by_readers


POST = b'POST /up?n=%d HTTP/1.1\r\nHost: a.example\r\nUser-Agent: cam/1\r\nContent-Length: 12\r\n\r\n{"id":%05d}'
OK = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 2\r\n\r\n{}"


def test_no_message_is_made_of_what_says_nothing(tmp_path):
    """What the tests above compare is not the same way twice: objects are made of heads, of which there are two."""
    packets = traffic([([(POST % (turn, turn), OK) for turn in range(5)], [], 0) for _ in range(20)])
    whole = Exchanges.message
    with mock.patch.object(Exchanges, "message", autospec=True, side_effect=whole) as made:
        rows = tables_of(tmp_path, packets, (), taken=True)
    assert (len(rows["messages"]), len(rows["objects"]), len(rows["flows"])) == (200, 200, 20)
    assert made.call_count < 12
    assert any("'count': 100" in row and "cam/1" in row for row in rows["observations"])


@pytest.mark.parametrize(
    "name", ["benign_office/benign.pcap", "carriers/s3.pcapng", "documents/clouds.pcapng", "documents/hikvision.pcapng"]
)
def test_captures_give_the_same_both_ways(name, tmp_path):
    whole = Exchanges.messages
    with mock.patch.object(Exchanges, "messages", autospec=True, side_effect=whole) as made:
        told = [
            capture_tables(PCAPS / name, tmp_path / str(columns), bytes(range(32)), columns=columns)
            for columns in (False, True)
        ]
    assert told[0] == told[1]
    assert made.called, "no connection of it holds exchanges alone"
