"""Pictures, each unique: faces from two public-domain portraits, and camera scenes without anybody.

Portraits: Eileen Collins (NASA, `skimage.data.astronaut`) and Grace Hopper (US Navy, sample data of matplotlib), both
works of the United States government that ship inside installed packages. Scenes: images of scikit-image without
people.
Nothing here identifies a visitor of anything.
"""

from __future__ import annotations

import functools
import io
from pathlib import Path

import matplotlib
import numpy as np
import skimage.data
from PIL import Image, ImageEnhance

# (photo, box of head and shoulders: left, top, right, bottom)
PORTRAITS = (("astronaut", (125, 5, 325, 255)), ("hopper", (135, 20, 385, 332)))
SCENES = ("rocket", "brick", "gravel", "grass", "moon")


@functools.cache
def _photo(name: str) -> Image.Image:
    if name == "hopper":
        return Image.open(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg").convert("RGB")
    return Image.fromarray(getattr(skimage.data, name)()).convert("RGB")


def _vary(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Brightness, colour and sensor noise, so that no two files are alike."""
    image = ImageEnhance.Brightness(image).enhance(rng.uniform(0.75, 1.2))
    image = ImageEnhance.Color(image).enhance(rng.uniform(0.4, 1.2))
    noise = rng.normal(0, rng.uniform(1, 4), (image.height, image.width, 3))
    return Image.fromarray(np.clip(np.asarray(image, dtype=np.float64) + noise, 0, 255).astype(np.uint8))


def portrait(seed: int, long_side: int) -> Image.Image:
    """One face, head and shoulders, `long_side` pixels high; the seed chooses photo, crop, flip and light."""
    rng = np.random.default_rng(seed)
    name, (left, top, right, bottom) = PORTRAITS[seed % len(PORTRAITS)]
    dx, dy = (int(rng.integers(-14, 15)) for _ in range(2))
    image = _photo(name).crop((left + dx, max(0, top + dy), right + dx, bottom + dy))
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    size = (round(long_side * image.width / image.height), long_side)
    return _vary(image.resize(size, Image.Resampling.LANCZOS), rng)


def scene(seed: int, size: tuple[int, int] = (640, 360)) -> Image.Image:
    """A picture with nobody in it."""
    rng = np.random.default_rng(seed + 1_000_000)
    photo = _photo(SCENES[seed % len(SCENES)])
    scale = rng.uniform(1.0, 1.3) * max(size[0] / photo.width, size[1] / photo.height)
    photo = photo.resize((round(photo.width * scale) + 1, round(photo.height * scale) + 1), Image.Resampling.BICUBIC)
    left, top = (int(rng.integers(0, room + 1)) for room in (photo.width - size[0], photo.height - size[1]))
    return _vary(photo.crop((left, top, left + size[0], top + size[1])), rng)


def hall(seed: int) -> Image.Image:
    """A scene with one person in it: what a capture camera sends beside the face."""
    rng = np.random.default_rng(seed + 2_000_000)
    picture, person = scene(seed), portrait(seed, int(rng.integers(200, 300)))
    picture.paste(person, (int(rng.integers(0, picture.width - person.width)), picture.height - person.height))
    return picture


def jpeg(image: Image.Image, seed: int, exif: dict[int, str] | None = None) -> bytes:
    """JPEG file; the seed chooses the quality, `exif` gives IFD0 tags."""
    rng = np.random.default_rng(seed + 3_000_000)
    tags = Image.Exif()
    tags.update(exif or {})
    out = io.BytesIO()
    image.save(out, "JPEG", quality=int(rng.integers(72, 88)), exif=tags if exif else b"")
    return out.getvalue()


def encode(image: Image.Image, kind: str) -> bytes:
    """File in another format (PNG, WEBP, BMP, GIF)."""
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()
