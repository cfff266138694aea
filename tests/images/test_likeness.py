"""A thumbnail shows the picture that holds it, or another: by pixels, whatever made it small."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageOps

from netaudit.images.likeness import shows
from tests.images.pictures import astronaut, encode, texture

HOLDER = astronaut().resize((256, 256), Image.Resampling.BOX)


def small(image: Image.Image, size: tuple[int, int], quality: int = 60) -> Image.Image:
    """As a camera makes it."""
    made = image.resize(size, Image.Resampling.LANCZOS)
    return Image.open(io.BytesIO(encode(made, "jpeg", quality=quality))).convert("RGB")


@pytest.mark.parametrize("size", [(96, 96), (160, 120), (160, 160), (64, 48), (320, 320)])
@pytest.mark.parametrize("quality", [60, 95])
def test_a_reduced_copy_shows_the_picture_in_whatever_proportions(size, quality):
    assert shows(small(astronaut(), size, quality), HOLDER)


@pytest.mark.parametrize("side", [12, 24, 48])
def test_another_face_put_into_it_is_another_picture(side):
    made = astronaut().resize((160, 160))
    head = astronaut().crop((170, 60, 280, 210)).resize((side, side))
    made.paste(head, (100, 100))
    assert not shows(small(made, (160, 160)), HOLDER)


@pytest.mark.parametrize("other", [ImageOps.mirror, ImageOps.flip, ImageOps.invert, lambda image: image.rotate(180)])
def test_what_was_turned_or_retouched_is_another_picture(other):
    assert not shows(small(other(astronaut()), (160, 160)), HOLDER)


def test_another_picture_is_another_picture():
    assert not shows(small(texture(), (160, 120)), HOLDER)
    assert shows(small(texture(), (160, 120)), texture().reduce(4))
