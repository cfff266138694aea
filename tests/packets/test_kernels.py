from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.packets.from_capture import reason
from netaudit.packets.layouts import PACKET
from tests.packets import fuzz
from tests.packets.frames import decode
from tests.reference import packets as twin

ROOT = Path(__file__).parents[2]
SEEDS = fuzz.seeds()
UNCOVERED_PORTS = {4790, 1701, 6635, 4754, 2152, 5247, 37008}
COMPARED = [name for name in PACKET.names if name not in {"ts", "frame", "capture", "interface", "shard", "skip"}]


def covered(data):
    """Whether the twin knows all that these bytes may become: no port or GRE protocol it leaves out."""
    pairs = {int.from_bytes(data[i : i + 2], "big") for i in range(len(data) - 1)}
    return not pairs & (UNCOVERED_PORTS | {0x883E, 0x9000} | set(range(0x8200, 0x8211)) | set(range(0x8300, 0x8371)))


def compare(data, linktype, wirelen):
    """The kernel and its twin say the same."""
    code, detail, expected = twin.decode(data, linktype, wirelen, at=7)
    decoder, decoded = decode([data], linktype, wirelens=[wirelen])
    if code:
        from netaudit.packets.layouts import Skip

        skip = Skip.FRAGMENT_INCOMPLETE if code == Skip.FRAGMENT else Skip(code)
        if (0, Skip.MALFORMED_IP) in decoder.skipped and code == Skip.FRAGMENT:
            return  # a piece that ends behind the largest datagram: defragmentation says so
        if len(decoded.packets) and code == Skip.FRAGMENT:
            return  # a first piece that is the last as well cannot be a fragment; see test_defrag
        assert dict(decoder.skipped) == {(0, skip): 1}
        if detail:
            assert dict(decoder.names) == {(0, reason(skip, detail)): 1}
        return
    assert len(decoded.packets) == 1, (dict(decoder.skipped), expected)
    row = decoded.packets[0]
    got = {name: int(row[name]) for name in COMPARED if row[name]}
    assert got == expected


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(twin.COVERED))
def test_mutated_frames_like_the_twin(seed, linktype):
    random_ = random.Random(seed)
    for _ in range(30):
        data = fuzz.mutate(random_, random_.choice(SEEDS))
        if covered(data):
            compare(data, 1 if random_.random() < 0.6 else linktype, len(data) + random_.choice((0, 0, 1, 1000)))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=90), st.sampled_from(twin.COVERED), st.integers(0, 200))
def test_any_bytes_like_the_twin(data, linktype, more):
    if covered(data):
        compare(data, linktype, len(data) + more)


def test_seeds_reach_every_tunnel_like_the_twin():
    for data in SEEDS:
        if covered(data):
            compare(data, 1, len(data))
            for cut in range(0, len(data), 3):
                compare(data[:cut], 1, len(data))


def test_hostile_frames_under_every_link_type():
    assert fuzz.run(3_000) > 500


def run_checked(**environment):
    command = [sys.executable, "-m", "tests.packets.fuzz", "1500"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout)


@pytest.mark.long  # plain Python refuses the same reads, without compiling all kernels with checks first
def test_no_read_outside_the_buffer_in_checked_mode():
    assert run_checked(NUMBA_BOUNDSCHECK="1") == fuzz.run(1500)


def test_no_read_outside_the_buffer_and_the_same_without_compilation():
    assert run_checked(NUMBA_DISABLE_JIT="1") == fuzz.run(1500)


def test_checked_mode_does_raise():
    code = (
        "import numpy as np; from netaudit.packets.kernels_common import u16\n"
        "a = np.zeros(1, np.uint8); a.flags.writeable = False\n"
        "try: u16(a, 0)\n"
        "except IndexError: print('raised')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_BOUNDSCHECK": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "raised"


def test_one_specialisation():
    from netaudit.packets import kernels

    decode([SEEDS[0]])
    decode([])
    if hasattr(kernels.decode, "kinds"):
        assert len(kernels.decode.kinds) == 1
