"""The kernels of capture: uncompiled and with bounds checks they give the same, and nothing reads beyond a buffer."""

from __future__ import annotations

from pathlib import Path

import pytest

from netaudit.capture import kernels
from netaudit.capture.layouts import NO_TIME, SHIFT
from tests.reference import capture as reference
from tests.uncompiled import copy_tree, run_tests


@pytest.mark.parametrize("checked", [pytest.param(True, marks=pytest.mark.long), False])
def test_walks_hold_with_checks_and_uncompiled(tmp_path: Path, checked: bool) -> None:
    run_tests(copy_tree(tmp_path, checked=checked), "tests/capture/test_pcap.py", "tests/capture/test_pcapng.py")


@pytest.mark.parametrize(
    "resolution", [0x80, 0x80 | 9, 0x80 | 31, 0x80 | 32, 0x80 | 33, 0x80 | 63, 0x80 | 64, 0x80 | 95, 0x80 | 127]
)
@pytest.mark.parametrize("ticks", [0, 1, 2**32 - 1, 2**32, 2**63 - 1, 2**64 - 1])
def test_powers_of_two_are_exact_at_the_edges(resolution, ticks):
    time = kernels.nanoseconds(ticks >> 32, ticks & 0xFFFFFFFF, SHIFT, resolution & 0x7F, 0)
    expected = reference.ticks_to_ns(ticks, resolution)
    assert time == (NO_TIME if expected is None else expected)
