"""Images: format, extent, declared size; and what decoding tells about them.

`sniff`, `extent` and `header_size` read bytes only and may be called anywhere. `inspect` decodes: it belongs into
the judging helper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netaudit.core.contracts.reasons import reason
from netaudit.images.extents import Extent, extent, sniff
from netaudit.images.headers import header_size
from netaudit.images.pictures import Picture, with_sums

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.Image import Image

__all__ = [
    "Extent",
    "ImageFacts",
    "extent",
    "facts_of",
    "header_size",
    "inspect",
    "perceptual_hash",
    "sniff",
]

FACTS_SIDE = (
    160  # pixels of the long side that facts are taken from: of the first look, so that one decoding serves both
)
STRANGE = {  # by what the walk over its codes gives (`kernels_scan.py`)
    1: "scan_left",
    2: "scan_code",
    3: "scan_short",
    4: "scan_restart",
    5: "scan_values",
}
MAX_TEXT = 64  # characters kept of an EXIF text
_MAKE, _MODEL, _TIME, _TIME_ORIGINAL = 271, 272, 306, 36867


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known about an image's content. `decodable` is None when it was not tried."""

    width: int = 0  # pixels, as declared
    height: int = 0
    decodable: bool | None = None
    problem: str = ""  # a reason
    exif_make: str = ""  # hostile text, as in the image
    exif_model: str = ""
    exif_time: str = ""
    phash: str = ""  # 16 hexadecimal digits, empty when not decodable


def inspect(data: bytes, kind: str) -> ImageFacts:
    """Facts about one image of format `kind`. Any bytes give an answer (short of a native decoder's crash)."""
    picture = Picture(data, kind)
    picture.image(FACTS_SIDE)
    return facts_of(picture, flaw_of(picture, data, kind))


def flaw_of(picture: Picture, data: bytes, kind: str) -> str:
    """What is wrong with a picture that decodes without complaint: a reason, empty where nothing is."""
    if picture.problem or picture.image(FACTS_SIDE) is None:
        return ""
    end = extent(data, kind)
    return _complaint(data[: end.end], kind) if end.whole else reason("image_not_whole", inner=end.problem)


def facts_of(picture: Picture, flaw: str) -> ImageFacts:
    """Facts about a picture, decoding it as small as they allow; `flaw` is what `flaw_of` says."""
    shown = picture.image(FACTS_SIDE)
    problem = picture.problem or flaw
    return ImageFacts(
        width=picture.width,
        height=picture.height,
        decodable=picture.decodable,
        problem=problem,
        exif_make=_text(picture.exif.get(_MAKE)),
        exif_model=_text(picture.exif.get(_MODEL)),
        exif_time=_text(picture.exif.get(_TIME_ORIGINAL) or picture.exif.get(_TIME)),
        phash="" if shown is None else perceptual_hash(shown),
    )


def _complaint(data: bytes, kind: str) -> str:
    """What is wrong within a whole picture, of which decoders say nothing; empty where nothing is."""
    if kind == "png" and with_sums(data) != data:
        return "image_sum"
    if kind != "jpeg":
        return ""
    from netaudit.images.kernels_scan import scan_of

    found = STRANGE.get(scan_of(data), "")
    return reason("image_strange", inner=found) if found else ""


def perceptual_hash(image: Image) -> str:
    """64-bit DCT hash of a picture.

    The lowest 8 x 8 frequencies of its 32 x 32 grey picture, each one bit: above the median of all but the DC term.
    """
    from PIL.Image import Resampling

    grey = np.asarray(image.convert("L").resize((32, 32), Resampling.BOX), np.float64)
    low = _DCT @ grey @ _DCT.T
    flat = low.ravel()
    bits = flat > np.sort(flat[1:])[31]  # the median of 63
    return np.packbits(bits).tobytes().hex()


def _dct_rows() -> npt.NDArray[np.float64]:
    """First 8 basis functions of the 32-point DCT-II, one a row."""
    frequency, place = np.arange(8)[:, None], np.arange(32)[None, :]
    return np.cos(np.pi * frequency * (2 * place + 1) / 64)


_DCT = _dct_rows()


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    return "".join(c for c in value if c.isprintable()).strip()[:MAX_TEXT]
