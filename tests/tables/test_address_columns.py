"""Texts of addresses by columns are those that are made one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netaudit.core.text.addresses import ip_text, mac_text
from netaudit.tables.columns import addresses, link_addresses

GROUPS = st.lists(st.sampled_from((0, 0, 0, 1, 0x10, 0xABC, 0xFFFF)), min_size=8, max_size=8)
HALF = 1 << 64


def halves(groups):
    whole = int.from_bytes(b"".join(group.to_bytes(2, "big") for group in groups), "big")
    return whole // HALF, whole % HALF


MAPPED = st.integers(0, (1 << 32) - 1).map(lambda low: (0, 0xFFFF << 32 | low))
ANY = st.tuples(st.integers(0, HALF - 1), st.integers(0, HALF - 1))


@settings(max_examples=400, deadline=None)
@given(ends=st.lists(st.one_of(GROUPS.map(halves), MAPPED, ANY), max_size=30))
@example(ends=[(0, 0), (0, 1), (1, 0), (1 << 48, 1), (HALF - 1, HALF - 1), (0, 0xFFFF << 32), (0, 0xFFFE << 32)])
@example(
    ends=[halves(groups) for groups in ([1, 0, 0, 1, 0, 0, 0, 1], [1, 0, 0, 1, 1, 0, 0, 1], [0, 1] * 4, [1, 0] * 4)]
)
def test_every_address(ends):
    high, low = (np.array([pair[side] for pair in ends], np.uint64) for side in (0, 1))
    assert addresses(high, low, none=False).to_pylist() == [ip_text(*pair) for pair in ends]
    assert addresses(high, low).to_pylist() == [ip_text(*pair) if any(pair) else "" for pair in ends]


@settings(max_examples=100, deadline=None)
@given(macs=st.lists(st.one_of(st.just(0), st.integers(0, (1 << 48) - 1)), max_size=30))
def test_every_link_address(macs):
    assert link_addresses(np.array(macs, np.uint64)).to_pylist() == list(map(mac_text, macs))
