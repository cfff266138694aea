"""Who is in these captures: invented persons, and small pictures of the faces that the demo captures use too."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from lab import photos


class Person(NamedTuple):
    """Invented: region 99 does not exist, telephone numbers begin with 199000."""

    name: str
    number: str
    phone: str
    birthday: str


ZHANG = Person("张三丰", "990101199001010019", "19900000001", "1990-01-01")
LI = Person("李四光", "990101198502020029", "19900000002", "1985-02-02")


@cache
def face(seed: int) -> bytes:
    """What a camera cuts out: a face of 96 by 120 pixels or so."""
    return photos.jpeg(photos.portrait(seed, 120), seed)


@cache
def card(seed: int) -> bytes:
    """The photo of an identity card."""
    return photos.jpeg(photos.portrait(seed, 126), seed + 50)


@cache
def scene(seed: int) -> bytes:
    """What the camera saw: the hall with one person in it, downscaled."""
    picture = photos.hall(seed)
    return photos.jpeg(picture.resize((256, 144)), seed)


def sha(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
