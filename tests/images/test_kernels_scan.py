"""The walk over the codes of a JPEG: honest pictures of every kind fit; what holds other bytes mostly does not."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from netaudit.images.extents import extent
from netaudit.images.images import inspect
from netaudit.images.kernels_scan import FITS, LEFT_OVER, NO_CODE, NOT_FULL, NOT_WALKED, RESTART, VALUES, scan_of
from tests.images.pictures import astronaut, texture

WAYS = [
    {"quality": 30}, {"quality": 75}, {"quality": 95, "subsampling": 0}, {"quality": 100, "subsampling": 1},
    {"optimize": True}, {"progressive": True}, {"progressive": True, "quality": 95, "subsampling": 0},
    {"restart_marker_blocks": 7}, {"restart_marker_rows": 1}, {"progressive": True, "restart_marker_blocks": 5},
]  # fmt: skip
SIZES = [(1, 1), (8, 8), (17, 33), (96, 57)]


def jpeg(image: Image.Image, **how: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "jpeg", **how)
    return out.getvalue()


def pictures(size: tuple[int, int]) -> list[Image.Image]:
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8)
    sharp = ((np.indices((size[1], size[0])).sum(axis=0) // 3 % 2) * 255).astype(np.uint8)
    face = astronaut().convert("RGB").resize(size)
    return [face, face.convert("L"), Image.fromarray(noise), Image.fromarray(sharp), face.convert("CMYK")]


@pytest.mark.parametrize("how", WAYS, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_honest_pictures_fit(size: tuple[int, int], how: dict[str, object]) -> None:
    assert {scan_of(jpeg(one, **how)) for one in pictures(size)} == {FITS}


def test_padding_before_the_end_is_no_other_picture() -> None:
    data = jpeg(astronaut().convert("RGB"))
    for padding in (b"\0" * 7, b"\xff\0" * 4, b"\xff\xff\xff"):
        assert scan_of(data[:-2] + padding + data[-2:]) == FITS
    assert scan_of(data[:-2] + b"secret" + data[-2:]) == LEFT_OVER


@pytest.mark.parametrize("how", WAYS, ids=str)
def test_other_bytes_in_its_data_are_mostly_noticed(how: dict[str, object]) -> None:
    """A heartbeat in the middle of a body: there are no sums in a JPEG, so that one in some passes for codes."""
    chance = random.Random(7)
    data = jpeg(astronaut().convert("RGB").resize((240, 240)), **how)
    start, end = extent(data, "jpeg").scan
    found = []
    for _ in range(60):
        at = chance.randrange(start + (end - start) // 10, end - (end - start) // 10)
        beat = b"\x10\0\0\0" + chance.randbytes(12).replace(b"\xff", b"\x7f")
        found.append(scan_of(data[:at] + beat + data[at:]))
    assert sum(code > FITS for code in found) >= 42
    assert NOT_WALKED not in found


def test_what_is_wrong_is_said() -> None:
    data = jpeg(astronaut().convert("RGB").resize((240, 240)))
    start, end = extent(data, "jpeg").scan
    half = data[: (start + end) // 2] + b"\xff\xd9"
    assert scan_of(half) == NOT_FULL
    assert scan_of(data[:start] + b"\xff\0" * 64 + data[start:]) == NO_CODE
    restarts = jpeg(astronaut().convert("RGB").resize((240, 240)), restart_marker_rows=1)
    assert scan_of(restarts.replace(b"\xff\xd2", b"\xff\xd3", 1)) == RESTART
    told = inspect(data[:start] + b"\xff\0" * 64 + data[start:], "jpeg")
    assert told.problem == "image_strange?inner=scan_code"
    assert inspect(data, "jpeg").problem == ""


@pytest.mark.parametrize("place", [0, 1, 5, 63])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_coefficient_that_no_samples_give_is_noticed_wherever_it_lies(place: int, progressive: bool) -> None:
    """With a step as wide as can be at one place of each table, the same codes say values beyond all samples."""
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8))
    data = bytearray(jpeg(noise, quality=95, progressive=progressive))
    tables = data.index(b"\xff\xdb")
    assert scan_of(bytes(data)) == FITS
    for table in (tables + 4, data.index(b"\xff\xdb", tables + 2) + 4):
        data[table + 1 + place] = 255
    assert scan_of(bytes(data)) == VALUES


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2000), st.integers(0, 2000), st.integers(0, 2000))
def test_any_bytes_give_an_answer(other: bytes, at: int, behind: int) -> None:
    data = jpeg(texture(1, (64, 64)), progressive=bool(at & 1))
    assert NOT_WALKED <= scan_of(data[:at] + other + data[behind:]) <= 5
    assert NOT_WALKED <= scan_of(b"\xff\xd8" + other) <= 5
