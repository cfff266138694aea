"""Pictures for the tests, made by Pillow from scikit-image's public-domain photographs."""

from __future__ import annotations

import functools
import io
from typing import Any

import numpy as np
from PIL import Image
from skimage import data

FORMATS: list[tuple[str, dict[str, Any]]] = [
    ("jpeg", {"quality": 85}),
    ("jpeg", {"progressive": True}),
    ("jpeg", {"restart_marker_rows": 1}),
    ("png", {}),
    ("webp", {"quality": 80}),
    ("webp", {"lossless": True}),
    ("bmp", {}),
    ("gif", {}),
    ("avif", {"speed": 9}),
    ("tiff", {}),
    ("tiff", {"compression": "tiff_lzw"}),
    ("jp2", {}),
    ("pnm", {}),
]
NAMES = [f"{kind}-{'-'.join(options) or 'plain'}" for kind, options in FORMATS]


@functools.cache
def astronaut() -> Image.Image:
    """Eileen Collins, NASA: 512 x 512, one clear face at about (175, 70)–(270, 205)."""
    return Image.fromarray(data.astronaut())


@functools.cache
def texture(seed: int = 0, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Smooth coloured noise, like an image that shows nobody."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (size[1] // 8, size[0] // 8, 3)).astype(np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, {"jp2": "JPEG2000", "pnm": "PPM"}.get(kind, kind.upper()), **options)
    return out.getvalue()


@functools.cache
def sample(index: int, width: int = 96, height: int = 64) -> bytes:
    """A small picture in FORMATS[index]."""
    kind, options = FORMATS[index]
    return encode(astronaut().resize((width, height)), kind, **options)
