"""Lookups in columns: the same tables as without them, whatever goes by and however it is cut."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netaudit.case_writer import make_folders, read_streams
from netaudit.messages import lookups
from netaudit.pipeline import Keep, Shard
from tests.messages.lookup_traffic import traffic
from tests.streams.wire import batch

TABLES = ("messages", "flows", "observations")


def tables_of(folder, packets, cuts, *, columns, most=2048, most_values=48):
    """Rows of the tables of an audit of these packets, sorted."""
    make_folders(folder)
    shard = Shard(folder, "0", Keep(), columns=columns)
    shard.ledger._most, shard.ledger._most_values = most, most_values
    begin = 0
    for end in [*sorted(cuts), len(packets)]:
        shard.feed(*batch(packets[begin:end]))
        if end % 5 == 0:
            shard.checkpoint()
        begin = end
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
