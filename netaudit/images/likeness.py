"""Whether a thumbnail shows the picture within which it lies, by their pixels.

Both are made as small as they are compared, in the thumbnail's proportions (some programs press all into a square),
and their brightness is compared block by block: another face put into a thumbnail is another picture. That holds of
thumbnails only: of what is larger than `LARGEST`, or than its holder, a face that was put in vanishes when it is made
small, so it is judged by itself. One that was cut, turned or retouched is, too, which costs time and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.Image import Image

LARGEST = 320  # pixels of the long side of what may be compared
SIDE = 160  # pixels of the long side at which pictures are compared, at most
BLOCK = 8  # pixels
LIKE, LIKE_BLOCK = 8.0, 24.0  # mean difference (of 255) over all, and in each block


def shows(small: Image, large: Image) -> bool:
    """Whether `small` shows what `large` does; both RGB."""
    share = min(SIDE, max(small.size), max(large.size)) / max(small.size)
    size = max(1, round(small.width * share)), max(1, round(small.height * share))
    apart = np.abs(_grey(small, size) - _grey(large, size))
    return float(apart.mean()) <= LIKE and float(_blocks(apart).max()) <= LIKE_BLOCK


def _grey(image: Image, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    from PIL.Image import Resampling

    grey = image.convert("L")
    return np.asarray(grey if grey.size == size else grey.resize(size, Resampling.BOX), np.float32)


def _blocks(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Means of blocks; those at the right and below may be smaller."""
    rows, columns = (np.arange(0, side, BLOCK) for side in values.shape)
    sums = np.add.reduceat(np.add.reduceat(values, rows, axis=0), columns, axis=1)
    high, wide = np.diff([*rows, values.shape[0]]), np.diff([*columns, values.shape[1]])
    means: npt.NDArray[np.float32] = sums / (high[:, None] * wide)
    return means
