"""Small clear pictures for a report that is not masked."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

EDGE = 160  # pixels of the longer side
MOST_PIXELS = 40_000_000  # larger pictures are left out: a few bytes can claim gigapixels
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")


def clear_thumbnail(path: Path) -> bytes | None:
    """The picture at `path` as a small JPEG without any metadata, None when it does not decode or is too large."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sizes are judged here, and a damaged EXIF block is no matter
            with Image.open(path, formats=FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    return None
                picture.draft("RGB", (EDGE, EDGE))
                small = picture.convert("RGB")
        small.thumbnail((EDGE, EDGE))
        out = io.BytesIO()
        small.save(out, "JPEG", quality=80)
    except Exception:  # noqa: BLE001  (decoders fail in many ways on hostile bytes; no picture is the answer to all)
        return None
    return out.getvalue()
