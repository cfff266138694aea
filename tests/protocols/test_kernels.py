"""The kernel and its plain twin agree, also at the edges of blocks, and with bounds checks on."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from netaudit.protocols.kernels import BLOCK, next_image_mark
from tests.reference import messages as twin

MARKS = [b"\xff\xd8\xff\xe0", b"\x89PNG", b"GIF8", b"RIFF", b"BM12", b"/9j/", b"iVBO"]


def agree(data):
    array = np.frombuffer(bytes(data), np.uint8)
    at = 0
    while True:
        found = next_image_mark(array, at)
        assert found == twin.next_image_mark(data, at), at
        if found < 0:
            return
        at = found + 1


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("at", [0, 1, 7, 8, 8 * BLOCK - 2, 8 * BLOCK - 1, 8 * BLOCK, 16 * BLOCK + 5, 24 * BLOCK - 4])
def test_every_mark_everywhere(mark, at):
    data = bytearray(24 * BLOCK + 3)
    data[at : at + 4] = mark
    agree(data)
    agree(data[: at + 3])
    assert next_image_mark(np.frombuffer(bytes(data), np.uint8), 0) == at


def test_random_bytes():
    rng = random.Random(3)
    letters = b"\xff\xd8\x89PNGIF8RBM/9jiVO\x00"
    for size in (0, 1, 3, 4, 5, 511, 512, 513, 519, 520, 521, 3000):
        agree(rng.randbytes(size))
        agree(bytes(rng.choice(letters) for _ in range(size)))
    assert next_image_mark(np.frombuffer(b"\xff\xd8\xff\xe0", np.uint8), -5) == 0


def test_checked_mode(tmp_path):
    code = "from tests.protocols import test_kernels as t; t.test_random_bytes(); t.test_every_mark_everywhere(b'GIF8', 511)"
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NETAUDIT_CACHE": str(tmp_path)}
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
