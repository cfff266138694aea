"""Lookups in columns: the same tables as without them, whatever goes by and however it is cut."""

from __future__ import annotations

import random
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netaudit.capture.from_files import open_captures
from netaudit.content.from_messages import is_plain_document
from netaudit.core.schema import BY_NAME
from netaudit.core.storage.table_streams import read_streams
from netaudit.evidence.case.writing import make_folders
from netaudit.packets.from_capture import Decoder
from netaudit.pipeline.stages import Shard
from netaudit.pipeline.storing import Keep
from netaudit.pipeline.takers import takers
from netaudit.protocols.dns import lookups
from tests.protocols.dns.lookup_traffic import traffic
from tests.streams.wire import batch

PCAPS = Path(__file__).parents[2] / "pcaps"
TABLES = ("messages", "flows", "observations")
STREAMED = [BY_NAME[name] for name in (*TABLES, "objects", "events", "persons", "evidence", "tls_hellos", "media")]


def no_takers(*_, **__):
    """All flows to the readers."""
    return []


def tables_of(folder, packets, cuts, *, columns, most=2048, most_values=48, workers=1):
    """Rows of the tables of an audit of these packets, sorted."""
    make_folders(folder)
    for number in range(workers):
        own = [packet for packet in packets if packet["shard"] % workers == number]
        shard = Shard(folder, str(number), Keep(), takes=takers if columns else no_takers)
        shard.ledger._most, shard.ledger._most_values = most, most_values
        begin = 0
        for end in [*sorted(cuts), len(own)]:
            shard.feed(*batch(own[begin:end]))
            if end % 5 == 0:
                shard.checkpoint()
            begin = max(begin, end)
        assert shard.finish() == []
    return {name: sorted(read_streams(folder, name).to_pylist(), key=repr) for name in TABLES}


@pytest.fixture(scope="module", autouse=True)
def _columns_at_once():
    """Columns even for one flow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookups, "LEAST", 1)
        yield


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 1 << 32),
    size=st.integers(1, 40),
    bounds=st.sampled_from([(2048, 48), (7, 48), (20, 1)]),
    data=st.data(),
)
def test_the_same_with_and_without_columns(tmp_path_factory, seed, size, bounds, data):
    packets = traffic(random.Random(seed), size)
    cuts = data.draw(st.lists(st.integers(0, len(packets)), max_size=4))
    told = [
        tables_of(
            tmp_path_factory.mktemp("case"), packets, cuts, columns=columns, most=bounds[0], most_values=bounds[1]
        )
        for columns in (False, True)
    ]
    for name in TABLES:
        assert told[1][name] == told[0][name], name


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 32), size=st.integers(1, 40), data=st.data())
def test_the_same_for_any_cuts_and_workers(tmp_path_factory, seed, size, data):
    packets = traffic(random.Random(seed), size)
    told = [
        tables_of(
            tmp_path_factory.mktemp("case"),
            packets,
            data.draw(st.lists(st.integers(0, len(packets)), max_size=6)),
            columns=True,
            workers=workers,
        )
        for workers in (1, 1, 2)
    ]
    assert told[1] == told[0]
    assert told[2] == told[0]


def capture_tables(path, folder, key, *, columns):
    """All rows of an audit of a capture without its last step, sorted."""
    make_folders(folder)
    (folder / "private" / "key").write_bytes(key)
    taken = takers if columns else no_takers
    shard, captures, decoder = Shard(folder, "0", Keep(), takes=taken), open_captures([path]), Decoder()
    with (
        mock.patch(
            "netaudit.pipeline.message_stages.is_plain_document", lambda one: columns and is_plain_document(one)
        ),
        mock.patch("netaudit.protocols.mqtt.reader.LEAST", 2 if columns else 1 << 30),
        mock.patch("netaudit.tables.documents.LEAST", 1),
    ):
        for window in captures.windows():
            decoded = decoder.feed(window)
            shard.feed(decoded.buffer, decoded.packets)
    captures.close()
    assert shard.finish() == []
    return {table.name: sorted(map(repr, read_streams(folder, table.name).to_pylist())) for table in STREAMED}


@pytest.mark.parametrize("name", ["lan", "wan", "ipv6"])
def test_an_office_with_and_without_columns(name, tmp_path):
    path = PCAPS / "sales_office" / f"{name}.pcapng"
    told = [
        capture_tables(path, tmp_path / str(columns), bytes(range(32)), columns=columns) for columns in (False, True)
    ]
    assert any("'dns'" in row for row in told[0]["messages"])
    assert told[1] == told[0]
