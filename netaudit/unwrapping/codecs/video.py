"""A still out of a video key frame, by PyAV where it is installed (extra `video`)."""

from __future__ import annotations

import atexit
import functools
import importlib.util
from typing import TYPE_CHECKING

from netaudit.contracts.unwrapping_steps import Step
from netaudit.unwrapping.from_images import Stills
from netaudit.unwrapping.slices import derive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.unwrapping.budget import Budget
    from netaudit.unwrapping.part import Part

CODECS = {"video/h264": "h264", "video/h265": "hevc"}
DECODED = "still decoded from a key frame: its bytes are not on the wire"


@functools.cache
def _stills() -> Stills | None:
    """The decoder of this process; None without PyAV."""
    if importlib.util.find_spec("av") is None:
        return None
    stills = Stills()
    atexit.register(stills.close)
    return stills


def is_video(part: Part) -> bool:
    """Declared as the elementary stream of a key frame."""
    return part.content_type in CODECS


def open_video(part: Part, budget: Budget) -> Iterator[Part]:
    """The first picture, as JPEG; nothing without PyAV or when it cannot be decoded."""
    if not part.complete:
        return
    stills = _stills()
    if stills is None:
        budget.note("video not decoded: PyAV is not installed")
        return
    still, problem = stills.decode(part.data, CODECS[part.content_type], budget.patience)
    if not still:
        budget.note(f"video not decoded: {problem}" if problem else "video not decoded")
    elif budget.spend(len(still)):
        budget.note(DECODED)
        yield derive(part, still, Step("key frame"))
