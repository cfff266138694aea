"""Resizing for the detector. What counts is that verdicts stay those that were measured with OpenCV's resizing.

Made smaller by Pillow's triangle filter: of the filters Pillow has, it moved scores least from those with the means of
areas of OpenCV (INTER_AREA). Small pictures are made larger by cubic convolution with a = -0.75, as OpenCV has it
(INTER_CUBIC, within one step of 255): with Pillow's -0.5 the verdicts of one in a hundred icons changed. On larger ones
the two differ little, and Pillow is faster.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL.Image import Image

Plane = npt.NDArray[np.uint8] | npt.NDArray[np.float32]
Planes = Sequence[Plane]
"""Blue, green and red of a picture, as the network takes them: each (height, width), whole numbers of 0 to 255."""

SHARPNESS = -0.75  # of the cubic kernel (Keys' a)
SMALL = 256  # pixels of the long side up to which pictures are enlarged as OpenCV does it
REMEMBERED = 32  # sets of weights
GREY = 128  # of a border
REACH = 5  # pixels of a resized border that what is beside it may reach
BAND = 32  # pixels of a row or column of an enlarged picture that are reckoned together


def planes(image: Image) -> Planes:
    """Planes of an RGB image; Pillow takes them out faster than numpy."""
    shape = (image.height, image.width)
    return [np.frombuffer(image.tobytes("raw", colour), np.uint8).reshape(shape) for colour in "BGR"]


def scaled(image: Image, side: int, border: int = 0) -> Planes:
    """Planes of an RGB image with a grey border of some pixels around it, and then its long side at `side`."""
    wide, high = image.width + 2 * border, image.height + 2 * border
    share = side / max(wide, high)
    size = (max(1, round(wide * share)), max(1, round(high * share)))
    if share > 1 and max(image.size) <= SMALL:
        return _enlarged(image, size, border)
    return planes(_framed(image, border, border) if share == 1 else _resized(image, size, border))


def _resized(image: Image, size: tuple[int, int], border: int) -> Image:
    """By Pillow, and of a border only what the picture reaches: the rest is grey before and after."""
    from PIL.Image import Resampling

    wide, high = image.width + 2 * border, image.height + 2 * border
    share = max(size) / max(wide, high)
    way, reach = (Resampling.BILINEAR, 1 / share) if share < 1 else (Resampling.BICUBIC, 2.0)
    outer = max(0, int(border * share) - REACH)  # of the border, grey before and after
    width, height = size[0] - 2 * outer, size[1] - 2 * outer
    left, top = outer * wide / size[0], outer * high / size[1]  # of what the rest is made of
    cut_x, cut_y = max(0, int(left - reach) - 1), max(0, int(top - reach) - 1)  # nothing takes of these
    left, top = left - cut_x, top - cut_y
    inner = _framed(image, border - cut_x, border - cut_y)
    inner = inner.resize((width, inner.height), way, box=(left, 0, inner.width - left, inner.height))
    inner = inner.resize((width, height), way, box=(0, top, width, inner.height - top))  # both at once: less exact
    return _framed(inner, outer, outer)


def roughly(image: Image, side: int) -> Planes:
    """Planes of an RGB image by means of whole blocks, its long side near `side`, for a first look.

    Between two thirds and three halves of it, which spares three fifths of what resizing to it exactly takes. What is
    smaller than `side` is enlarged to it.
    """
    longest = max(image.size)
    if longest < side:
        return scaled(image, side)
    blocks = max(1, round(longest / side))
    return planes(image.reduce(blocks) if blocks > 1 else image)


def _framed(image: Image, across: int, down: int) -> Image:
    """A grey border of so many pixels left and right, above and below."""
    from PIL.Image import new

    if not across and not down:
        return image
    framed = new("RGB", (image.width + 2 * across, image.height + 2 * down), (GREY,) * 3)
    framed.paste(image, (across, down))
    return framed


def _enlarged(image: Image, size: tuple[int, int], border: int) -> Planes:
    """Weights of a row sum up to one, so that what differs from the border's grey is all that must be multiplied."""
    height, width = image.height, image.width
    pixels = np.subtract(np.asarray(image)[:, :, ::-1].transpose(0, 2, 1), GREY, dtype=np.float32, order="C")
    across, down = _bands(width, size[0], border), _bands(height, size[1], border)
    tall = np.empty((down.count, 3 * width), np.float32)
    for gives, takes, weights in down.bands:
        np.matmul(weights, pixels[takes].reshape(-1, 3 * width), out=tall[gives])
    tall = tall.reshape(3 * down.count, width)
    inner = np.empty((3 * down.count, across.count), np.float32)
    for gives, takes, weights in across.bands:
        np.matmul(tall[:, takes], weights.T, out=inner[:, gives])
    inner += GREY
    np.clip(np.rint(inner, out=inner), 0, 255, out=inner)
    result = np.full((3, size[1], size[0]), GREY, np.float32)
    inside = result[:, down.first : down.first + down.count, across.first : across.first + across.count]
    inside[:] = inner.reshape(down.count, 3, across.count).transpose(1, 0, 2)
    return list(result)


@dataclass(frozen=True, slots=True)
class _Bands:
    """What pixels of a row take of pixels of one before: each of a few, so few are multiplied at a time."""

    first: int  # of those that take something
    count: int  # of them
    bands: list[tuple[slice, slice, npt.NDArray[np.float32]]]  # gives, takes, weights of each by each


@functools.lru_cache(REMEMBERED)
def _bands(before: int, after: int, border: int) -> _Bands:
    """What each of `after` pixels takes of each of `before` within a border; what is outside is like the edge."""
    whole = before + 2 * border
    middle = (np.arange(after) + 0.5) * whole / after - 0.5
    left = np.floor(middle).astype(np.int64)
    weights = np.zeros((after, whole), np.float32)
    for tap in range(-1, 3):
        place = np.clip(left + tap, 0, whole - 1)
        np.add.at(weights, (np.arange(after), place), _cubic(np.abs(middle - left - tap)))
    inner = weights[:, border : border + before]
    taking = np.flatnonzero(inner.any(axis=1))
    first, end = int(taking[0]), int(taking[-1]) + 1
    bands = []
    for start in range(first, end, BAND):
        some = inner[start : min(end, start + BAND)]
        taken = np.flatnonzero(some.any(axis=0))
        takes = slice(int(taken[0]), int(taken[-1]) + 1)
        bands.append((slice(start - first, start - first + len(some)), takes, np.ascontiguousarray(some[:, takes])))
    return _Bands(first, end - first, bands)


def _cubic(distance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Keys' kernel for distances up to 2."""
    near = ((SHARPNESS + 2) * distance - (SHARPNESS + 3)) * distance**2 + 1
    far = SHARPNESS * (((distance - 5) * distance + 8) * distance - 4)
    return np.where(distance <= 1, near, far)
