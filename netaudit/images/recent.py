"""Pictures that are decoded at one time are bounded, and those that hold others are remembered for a while, small."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.core.contracts.reasons import reason
from netaudit.core.system.reasons import why
from netaudit.images.images import FACTS_SIDE
from netaudit.images.pictures import Picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

    Small = tuple[Image, int, int]

MOST_RECENT = 64  # pictures: 5 MB
MAX_FILE = 128 << 20  # bytes; larger ones are not images of a person


class PixelBudget:
    """Bounds the pixels that are being decoded at one time, over all threads; a lone one always gets in."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, pixels: int) -> Iterator[None]:
        """Wait until `pixels` more fit."""
        with self._changed:
            self._changed.wait_for(lambda: self._used == 0 or self._used + pixels <= self._most)
            self._used += pixels
        try:
            yield
        finally:
            with self._changed:
                self._used -= pixels
                self._changed.notify_all()


class Recent:
    """Pictures that were decoded lately, small: what lies within them is mostly asked for next. For all threads."""

    def __init__(self, budget: PixelBudget) -> None:
        self._budget = budget
        self._pictures: OrderedDict[str, Small] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, sha256: str, picture: Picture) -> None:
        """Remember a picture that facts were taken of."""
        if (small := _small(picture)) is not None:
            with self._lock:
                self._pictures[sha256] = small
                self._pictures.move_to_end(sha256)
                if len(self._pictures) > MOST_RECENT:
                    self._pictures.popitem(last=False)

    def of(self, sha256: str, path: str, kind: str) -> Small | None:
        """A picture, decoded anew where it is no longer remembered; None where that fails. Who asks holds no pixels."""
        with self._lock:
            if sha256 in self._pictures:
                self._pictures.move_to_end(sha256)
                return self._pictures[sha256]
        data = data_of(path)
        if isinstance(data, str):
            return None
        picture = Picture(data, kind)
        with self._budget.hold(pixels_of(picture)):
            self.note(sha256, picture)
        with self._lock:
            return self._pictures.get(sha256)


def pixels_of(picture: Picture) -> int:
    """Pixels that decoding it takes, as declared."""
    return picture.width * picture.height if picture.decodable else 0


def _small(picture: Picture) -> Small | None:
    from PIL.Image import Resampling

    image = picture.image(FACTS_SIDE)
    if image is None:
        return None
    less = max(image.size) // FACTS_SIDE
    if less > 1:
        image = image.resize((max(1, round(image.width / less)), max(1, round(image.height / less))), Resampling.BOX)
    return image, picture.quarter_turns, max(picture.width, picture.height)


def data_of(path: str) -> bytes | str:
    """The bytes of an image, or why they cannot be had."""
    try:
        with Path(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size  # room for no more: that of the largest would be mapped each time
            data = file.read(min(size, MAX_FILE) + 1)
    except OSError as error:
        return reason("image_unreadable", said=why(error))
    return data if len(data) <= MAX_FILE else reason("image_large_file", n=MAX_FILE >> 20)
