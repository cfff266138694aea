"""A still out of a video key frame, by PyAV where it is installed (extra `video`)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from netaudit.objects.slices import derive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.objects.budget import Budget
    from netaudit.objects.part import Part

CODECS = {"video/h264": "h264", "video/h265": "hevc"}
PIXELS = 40_000_000  # of one still; H.264 level 6.2 allows 35 million
QUALITY = 95  # of the JPEG that the still becomes
DECODED = "still decoded from a key frame: its bytes are not on the wire"


def is_video(part: Part) -> bool:
    """Declared as the elementary stream of a key frame."""
    return part.content_type in CODECS


def open_video(part: Part, budget: Budget) -> Iterator[Part]:
    """The first picture, as JPEG; nothing without PyAV or when it cannot be decoded."""
    if not part.complete:
        return
    try:
        import av
    except ImportError:
        budget.note("video not decoded: PyAV is not installed")
        return
    still = _decode(av, part.data, CODECS[part.content_type])
    if still is None:
        budget.note("video not decoded")
    elif budget.spend(len(still)):
        budget.note(DECODED)
        yield derive(part, still, "key frame")


def _decode(av: Any, data: bytes, codec: str) -> bytes | None:
    """One picture of an elementary stream as JPEG."""
    try:
        context = av.CodecContext.create(codec, "r")
        context.thread_count = 1
        frames = [frame for packet in [*context.parse(data), *context.parse(b"")] for frame in context.decode(packet)]
        frames += context.decode(None)
    except (av.error.FFmpegError, ValueError, EOFError):
        return None
    if not frames or frames[0].width * frames[0].height > PIXELS:
        return None
    out = io.BytesIO()
    frames[0].to_image().save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
