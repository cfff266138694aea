"""Small publications told together: the same tables as one by one, whatever they say and however they are cut."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from netaudit.content.from_messages import are_plain_texts, is_plain_text
from netaudit.core.storage import private_streams
from netaudit.core.storage.table_streams import read_streams
from netaudit.evidence.case.writing import make_folders
from netaudit.pipeline.stages import Shard
from netaudit.pipeline.storing import Keep
from netaudit.protocols.from_streams import Conversations
from netaudit.protocols.mqtt.layouts import PUBLICATION
from netaudit.protocols.mqtt.publications import Publications, publications
from netaudit.tables.documents import MANY, Documents
from netaudit.tables.publications import of_publications
from tests.protocols.mqtt.test_reader import connect, packet, publish
from tests.reference.messages import read, up
from tests.streams.wire import ACK, FIN, MS, SYN, batch
from tests.streams.wire import packet as wire
from tests.tables.test_documents import bodies

TABLES = ("messages", "objects", "evidence", "observations", "flows", "persons", "events")
BROKER = (20, 1883)
GREETED = 3  # packets of a flow up to its CONNECT: what comes in one run with that is read one by one
TOPICS = (b"t/1", b"hall/temp", b"", b"a/b%20c?idNumber=1", "温度/一".encode("gb18030"), b"p/11010519491231002X")
small = st.sampled_from([b'{"t":21.5}', b'{"id":1,"on":true}', b'{"realName":"Zhang San"}', b"on", b"", b"{}"])
said = st.builds(
    publish, st.sampled_from(TOPICS), small | bodies.map(lambda body: body[:140]), st.sampled_from([0, 0, 0, 1, 2])
)
other = st.sampled_from([packet(0xC0, b""), publish(b"cam/face", b"\xff\xd8\xff" + bytes(300))])
flows = st.lists(
    st.tuples(
        st.sampled_from([0, 3, 4, 4, 4, 5]),  # level of the CONNECT, none for a flow met midway
        st.lists(said | said | said | other, max_size=14),
        st.sampled_from([0, 7, 40, 1460]),  # bytes of a segment; 0: a packet each
        st.booleans(),  # from the broker
    ),
    min_size=1,
    max_size=3,
)  # fmt: skip


def traffic(conversations):
    """Packets of these conversations, in turns; some came a little late."""
    out = []
    for number, (level, packets, segment, down) in enumerate(conversations):
        client, tick = (10 + number, 40_000 + number), [0]

        def add(source, target, seq, data=b"", flags=ACK, number=number, tick=tick):
            tick[0] += 1
            out.append(wire(source, target, ts=(1 + tick[0]) * 7 * MS + number, seq=seq, data=data, flags=flags))

        seq = {client: 100, BROKER: 500}
        if level:
            add(client, BROKER, 99, flags=SYN)
            add(BROKER, client, 499, flags=SYN | ACK)
            add(client, BROKER, 100, connect(level))
            seq[client] += len(connect(level))
        source, target = (BROKER, client) if down and level else (client, BROKER)
        stream = b"".join(packets)
        parts = packets if not segment else [stream[at : at + segment] for at in range(0, len(stream), segment)]
        for part in parts:
            add(source, target, seq[source], part)
            seq[source] += len(part)
        add(source, target, seq[source], flags=FIN | ACK)
    out.sort(key=lambda one: one["ts"])
    return [{**one, "frame": number + 1} for number, one in enumerate(out)]


def tables_of(folder, packets, cuts, *, together):
    """All rows of an audit of these packets without its last step, sorted."""
    make_folders(folder)
    (folder / "private" / "key").write_bytes(bytes(range(32)))
    with (
        mock.patch("netaudit.protocols.mqtt.reader.LEAST", 2 if together else 1 << 30),
        mock.patch("netaudit.tables.documents.LEAST", 1),
    ):
        shard, begin = Shard(folder, "0", Keep()), 0
        shard.ledger._most_values = 3
        for end in [*sorted(cuts), len(packets)]:
            shard.feed(*batch(packets[begin:end]))
            begin = max(begin, end)
        assert shard.finish() == []
    found = {name: sorted(map(repr, read_streams(folder, name).to_pylist())) for name in TABLES}
    return found | {"scraps": sorted(repr(row) for row in shard_scraps(folder))}


def shard_scraps(folder):
    return private_streams.drain(folder, "scraps").to_pylist()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(conversations=[(3, [publish(b"t/1", b'{"t":21.5}'), *[publish(b"t/1", b"on")] * 2], 0, False)], cuts=[])
@given(conversations=flows, cuts=st.lists(st.integers(0, 40), max_size=2))
def test_together_and_one_by_one(conversations, cuts, tmp_path_factory):
    packets = traffic(conversations)
    cuts = [cut for cut in cuts if cut < len(packets)]
    one_by_one, at_once, cut = (
        tables_of(tmp_path_factory.mktemp("case"), packets, at, together=together)
        for together, at in ((False, ()), (True, (min(GREETED * len(conversations), len(packets) - 1),)), (True, cuts))
    )
    assert at_once == one_by_one
    assert cut == one_by_one


def test_they_are_told_together(tmp_path):
    """What the tests above compare is not the same way twice."""
    packets = traffic([(4, [publish(b"t/1", b'{"t":%d}' % number) for number in range(9)], 1460, False)])
    with mock.patch("netaudit.tables.documents.Documents.add", side_effect=AssertionError):
        found = tables_of(tmp_path, packets, (GREETED,), together=True)
    assert len(found["objects"]) == len(found["evidence"]) == 9


def test_only_flows_that_are_asked_tell_them_together():
    events = [up(connect()), up(publish(b"t/1", b'{"a":1}') * 3)]
    (_, *messages), _ = read(events, server_port=1883)
    (_, block), _ = read(events, server_port=1883, conversations=Conversations(together=True))
    assert isinstance(block, Publications)
    assert block.place()
    assert [repr(one) for one in block.messages()] == [repr(one) for one in messages]
    assert block.topics() == [("t/1", 0, 3)]


def test_packets_out_of_time_are_said():
    events = [up(connect()), up(publish(b"t/1", b'{"a":1}') * 3)]
    (_, block), _ = read(events, server_port=1883, segment=14, conversations=Conversations(together=True))
    assert block.place()
    pieces = block.pieces.copy()
    pieces["ts"][-1] = 0
    block.pieces = pieces
    assert not block.place()
    block.pieces = None
    assert not block.place()


def test_topics_that_follow_each_other():
    topics = [b"a", b"a", b"b", b"bb", b"a", b"c" * 90, b"c" * 89 + b"d"]
    block = publications(0, b"".join(publish(topic, b"x") for topic in topics), 7, sure=True)
    assert block.rows.dtype == PUBLICATION
    assert [(topic[:2], first, times) for topic, first, times in block.topics()] == [
        ("a", 0, 2), ("b", 2, 1), ("bb", 3, 1), ("a", 4, 1), ("cc", 5, 1), ("cc", 6, 1)
    ]  # fmt: skip
    assert block.topics()[-1][0] == "c" * 89 + "d"


@given(st.lists(bodies | st.binary(max_size=260), max_size=6))
def test_plain_texts(texts):
    rows, data = np.zeros(len(texts), PUBLICATION), np.frombuffer(b"".join(texts), np.uint8)
    rows["stop"] = np.cumsum([len(text) for text in texts])
    rows["body"][1:] = rows["stop"][:-1]
    assert are_plain_texts(data, rows).tolist() == [is_plain_text(text) for text in texts]


@pytest.mark.parametrize("count", [10, 200])
def test_few_are_taken_as_messages(count, tmp_path):
    from netaudit.tables.events import EventRows
    from netaudit.tables.writers import row_writer

    make_folders(tmp_path)
    rows = row_writer(tmp_path, "0")
    found = Documents(rows, EventRows(tmp_path, "0"))
    events = [
        up(connect()),
        up(b"".join(publish(b"t/1", b'{"t":%d}' % number) for number in range(count)) + publish(b"t/1", b"on")),
    ]
    (_, block), _ = read(events, server_port=1883, conversations=Conversations(together=True))
    block.place()
    assert [message.body for message in found.add_block(block)] == [b"on"]
    assert not found.full
    with mock.patch("netaudit.tables.documents.of_publications", side_effect=of_publications) as columns:
        assert found.flush() == []
    assert columns.called == (count >= 64)
    rows.flush(least=1)
    assert len(read_streams(tmp_path, "messages")) == count
    for _ in range(MANY // count + 1):
        found.add_block(block)
    assert found.full


@pytest.mark.parametrize("segment", [0, 1460])
def test_what_is_in_those_that_are_no_documents(segment, tmp_path):
    """Bytes that nobody reads are counted, and an object's packets are those of its own message."""
    rng = np.random.default_rng(5)
    told = [publish(b"t/1", body) for body in (b'{"n":"\\u0041"}', *(rng.bytes(100) for _ in range(9)))]
    packets = traffic([(4, told, segment, False)])
    one_by_one, at_once = (
        tables_of(tmp_path / str(together), packets, (GREETED,), together=together) for together in (False, True)
    )
    assert len(one_by_one["scraps"]) == 9
    assert at_once == one_by_one
