"""Resizing for the detector. What counts is that verdicts stay those that were measured with OpenCV's resizing.

Made smaller by Pillow's triangle filter: of the filters Pillow has, it moved scores least from those with the means of
areas of OpenCV (INTER_AREA). Small pictures are made larger by cubic convolution with a = -0.75, as OpenCV has it
(INTER_CUBIC, within one step of 255): with Pillow's -0.5 the verdicts of one in a hundred icons changed. On larger ones
the two differ little, and Pillow is faster.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.Image import Image

SHARPNESS = -0.75  # of the cubic kernel (Keys' a)
SMALL = 256  # pixels of the long side up to which pictures are enlarged as OpenCV does it
REMEMBERED = 32  # sets of weights
GREY = 128  # of a border
REACH = 5  # pixels of a resized border that what is beside it may reach


def scaled(image: Image, side: int, border: int = 0) -> Image:
    """RGB image with a grey border of some pixels around it, and then its long side at `side`."""
    from PIL.Image import Resampling

    wide, high = image.width + 2 * border, image.height + 2 * border
    share = side / max(wide, high)
    size = (max(1, round(wide * share)), max(1, round(high * share)))
    if share > 1 and max(image.size) <= SMALL:
        return _enlarged(image, size, border)
    if share == 1:
        return _framed(image, border, border)
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


def roughly(image: Image, side: int) -> Image:
    """RGB image with its long side at `side`, made much smaller by block means first: half the time, for a first look.

    Scores move by 0.0003 (median) to 0.06 (largest of 400 uploads); none crossed the line.
    """
    from PIL.Image import Resampling

    share = side / max(image.size)
    if share >= 1:
        return scaled(image, side)
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.resize(size, Resampling.BILINEAR, reducing_gap=1.0)


def _framed(image: Image, across: int, down: int) -> Image:
    """A grey border of so many pixels left and right, above and below."""
    from PIL.Image import new

    if not across and not down:
        return image
    framed = new("RGB", (image.width + 2 * across, image.height + 2 * down), (GREY,) * 3)
    framed.paste(image, (across, down))
    return framed


def _enlarged(image: Image, size: tuple[int, int], border: int) -> Image:
    """Weights of a row sum up to one, so that what differs from the border's grey is all that must be multiplied."""
    from PIL.Image import fromarray

    pixels = np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1), np.float32) - GREY
    height, width = pixels.shape[1:]
    (left, columns), (top, rows) = _weights(width, size[0], border), _weights(height, size[1], border)
    inner = rows @ pixels @ columns.T
    inner += GREY
    np.clip(np.rint(inner, out=inner), 0, 255, out=inner)
    result = np.full((size[1], size[0], 3), GREY, np.uint8)
    result[top : top + len(rows), left : left + len(columns)] = inner.transpose(1, 2, 0)
    return fromarray(result)


@functools.lru_cache(REMEMBERED)
def _weights(before: int, after: int, border: int) -> tuple[int, npt.NDArray[np.float32]]:
    """What each of `after` pixels takes of each of `before` within a border; what is outside is like the edge.

    Only of those pixels that take something (n, before), and the place of the first of them.
    """
    whole = before + 2 * border
    middle = (np.arange(after) + 0.5) * whole / after - 0.5
    left = np.floor(middle).astype(np.int64)
    weights = np.zeros((after, whole), np.float32)
    for tap in range(-1, 3):
        place = np.clip(left + tap, 0, whole - 1)
        np.add.at(weights, (np.arange(after), place), _cubic(np.abs(middle - left - tap)))
    inner = weights[:, border : border + before]
    taking = np.flatnonzero(inner.any(axis=1))
    return int(taking[0]), np.ascontiguousarray(inner[taking[0] : taking[-1] + 1])


def _cubic(distance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Keys' kernel for distances up to 2."""
    near = ((SHARPNESS + 2) * distance - (SHARPNESS + 3)) * distance**2 + 1
    far = SHARPNESS * (((distance - 5) * distance + 8) * distance - 4)
    return np.where(distance <= 1, near, far)
