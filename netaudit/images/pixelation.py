"""Faces hidden by a few block means, before anything else is made of a picture; `face_verdict.py` finds them.

Where no clear face was found the whole picture is made coarse: a face that the detector missed must not slip through.
It decodes: it belongs into a helper process (preview_helper.py).
"""

from __future__ import annotations

import io
import os
import threading
from typing import TYPE_CHECKING

import numpy as np

from netaudit.images.extents import sniff
from netaudit.images.face_verdict import SIDE_A, Box, FaceDetector, FaceVerdict
from netaudit.images.pictures import Picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["Box", "FaceDetector", "FaceVerdict", "coarsen", "pixelate", "thumbnail"]

BLOCKS = 6  # across a face with its margin: nobody is recognised by 36 means
MARGIN = 0.3  # of the face's size, on every side
WHOLE_BLOCKS = 8  # across the long side, where no clear face is known
QUALITY = 75
MAX_FILE = 128 << 20  # bytes

_own = threading.local()  # one detector for each thread that asks


def pixelate(image: npt.NDArray[np.uint8], boxes: Sequence[Box]) -> npt.NDArray[np.uint8]:
    """Copy of `image` (height, width, 3), every box with a margin around it replaced by at most 6 x 6 block means."""
    result = image.copy()
    height, width = image.shape[:2]
    for left, top, across, down in boxes:
        wide, high = round(across * MARGIN), round(down * MARGIN)
        rows = slice(max(0, top - high), min(height, top + down + high))
        columns = slice(max(0, left - wide), min(width, left + across + wide))
        if rows.start < rows.stop and columns.start < columns.stop:
            result[rows, columns] = _coarse(result[rows, columns], BLOCKS)
    return result


def coarsen(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Copy of `image` (height, width, 3) as at most 8 x 8 block means."""
    return _coarse(image, WHOLE_BLOCKS)


def thumbnail(source: Path | bytes, boxes: Sequence[Box] | None = None, max_side: int = 160) -> bytes | None:
    """A small JPEG without recognisable faces, None where the image does not decode.

    `boxes` as `FaceDetector.locate` gives them; None looks for them here. An empty sequence makes all of it coarse.
    """
    safe = _safe(source, boxes, max_side)
    return None if safe is None else _jpeg(safe, max_side)


def get_ready() -> None:
    """Load what this thread needs to find faces."""
    from PIL import JpegImagePlugin  # noqa: F401 - most pictures are JPEGs

    _detector()


def _safe(source: Path | bytes, boxes: Sequence[Box] | None, side: int) -> npt.NDArray[np.uint8] | None:
    data = source if isinstance(source, bytes) else _read(source)
    picture = Picture(data, sniff(data) or "unknown")
    if boxes is None and picture.decodable:
        boxes = _detector().locate(picture, side)
    image = picture.image(max(side, SIDE_A))
    if image is None:
        return None
    pixels = np.asarray(image)
    if not boxes:
        return coarsen(pixels)
    share = max(pixels.shape) / max(picture.upright_size)
    return pixelate(pixels, [_scaled(box, share) for box in boxes])


def _detector() -> FaceDetector:
    if not hasattr(_own, "detector"):
        _own.detector = FaceDetector()
    detector: FaceDetector = _own.detector
    return detector


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(min(os.fstat(file.fileno()).st_size, MAX_FILE))


def _scaled(box: Box, share: float) -> Box:
    left, top, across, down = (value * share for value in box)
    return int(left), int(top), int(np.ceil(across)) + 1, int(np.ceil(down)) + 1


def _coarse(image: npt.NDArray[np.uint8], blocks: int) -> npt.NDArray[np.uint8]:
    """Means of square blocks, at most `blocks` of them across the longer side."""
    height, width = image.shape[:2]
    side = -(-max(height, width) // blocks)
    tops, lefts = np.arange(0, height, side), np.arange(0, width, side)
    sums = np.add.reduceat(np.add.reduceat(image.astype(np.uint32), tops, axis=0), lefts, axis=1)
    high, wide = np.diff([*tops, height]), np.diff([*lefts, width])
    means = (sums // (high[:, None] * wide)[:, :, None]).astype(np.uint8)
    return np.repeat(np.repeat(means, high, axis=0), wide, axis=1)


def _jpeg(pixels: npt.NDArray[np.uint8], max_side: int) -> bytes:
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail((max_side, max_side))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
