"""The kernels themselves: one specialisation each, and no read beyond a buffer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from netaudit.capture import kernels, kernels_pcapng
from tests.capture.building import enhanced, frames, interface, pcap, read, section, write
from tests.reference import capture as reference

HERE = Path(__file__).parent


# plain Python refuses the same reads, without compiling all kernels with checks first
@pytest.mark.parametrize("mode", [pytest.param("NUMBA_BOUNDSCHECK", marks=pytest.mark.long), "NUMBA_DISABLE_JIT"])
def test_walks_hold_in_checked_mode_and_in_plain_python(mode):
    tests = [str(HERE / name) for name in ("test_pcap.py", "test_pcapng.py")]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-x", *tests]
    run = subprocess.run(command, env=os.environ | {mode: "1"}, capture_output=True, text=True, cwd=HERE.parent.parent)
    assert run.returncode == 0, run.stdout[-3000:]


def test_checked_mode_does_check():
    script = "import numpy as np; from netaudit.capture.kernels import u4; b = np.zeros(3, np.uint8); u4(b, 0, False)"
    run = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | {"NUMBA_BOUNDSCHECK": "1"}, capture_output=True, text=True
    )
    assert "IndexError" in run.stderr


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_each_kernel_is_compiled_once(tmp_path):
    a = write(tmp_path, "a", pcap(frames(500))[:-3])
    b = write(tmp_path, "b", section() + interface() + enhanced(1, b"x") + b"rubbish" * 5 + section() + interface())
    read(a, b, window_size=300)
    read(a, window_size=1 << 20)
    for kernel in (
        kernels.walk_pcap,
        kernels.find_pcap,
        kernels.summarise,
        kernels_pcapng.walk_pcapng,
        kernels_pcapng.find_block,
    ):
        assert len(kernel.kinds) <= 1, (kernel, kernel.kinds)


@pytest.mark.parametrize(
    "resolution", [0x80, 0x80 | 9, 0x80 | 31, 0x80 | 32, 0x80 | 33, 0x80 | 63, 0x80 | 64, 0x80 | 95, 0x80 | 127]
)
@pytest.mark.parametrize("ticks", [0, 1, 2**32 - 1, 2**32, 2**63 - 1, 2**64 - 1])
def test_powers_of_two_are_exact_at_the_edges(resolution, ticks):
    time = kernels_pcapng.nanoseconds(
        ticks >> 32, ticks & 0xFFFFFFFF, kernels_pcapng.SHIFT, np.uint64(resolution & 0x7F), np.int64(0)
    )
    expected = reference.ticks_to_ns(ticks, resolution)
    assert time == (kernels.NO_TIME if expected is None else expected)
