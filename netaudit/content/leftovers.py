"""Find images in a part that no codec returned.

Every part is searched after its codecs. An image is never returned twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netaudit.content.carving import SMALLEST, images_from
from netaudit.content.kernels import (
    image_marks,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

PACKED = (b"PK\x03\x04", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ")  # for codecs: what is in them is coded


def leftovers(
    part: Part, budget: Budget, *, opened: bool = False, beside: bytes = b"", scan: tuple[int, int] = (0, 0)
) -> Iterator[Part]:
    """Images of a part that were not given yet; where a codec opened it, only such as have their own end.

    `beside` is what stands beside letters of which pictures were made: where no mark is, none is searched for.
    `scan` is where the coded data of a JPEG lie.
    """
    if len(part.data) < SMALLEST or part.encoding or part.data.startswith(PACKED):
        return
    octets = np.frombuffer(beside or part.data, np.uint8)
    if marks := image_marks(octets):
        yield from images_from(part, budget, marks, broken=not opened, scan=scan)
