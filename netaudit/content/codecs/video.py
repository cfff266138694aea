"""Stills out of video, by PyAV where it is installed (extra `video`): of a key frame, and of files of video.

Of a file the first key frames are looked at, each fourth one; how many, or that none was, is noted whatever they show.
"""

from __future__ import annotations

import atexit
import functools
import importlib.util
import re
from typing import TYPE_CHECKING

from netaudit.content.from_images import Stills
from netaudit.content.slices import derive
from netaudit.content.sniff import image
from netaudit.core.contracts.unwrapping_steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

CODECS = {"video/h264": "h264", "video/h265": "hevc"}
LOOKED_AT = 4  # key frames of a file
NOT_LOOKED_AT = "video not looked at"
CLUSTER = 188  # bytes of a packet of MPEG-TS (ISO/IEC 13818-1, 2.4.3.2)
FIRST = b"\0\x1aFRGYDO0"  # first bytes of files of video
# how files begin: Matroska, Flash, MPEG program streams, frames as they are (yuv4mpeg), IVF, Ogg, ASF, Dahua's
MARKS = (
    b"\x1aE\xdf\xa3", b"FLV\x01", b"\0\0\x01\xba", b"YUV4MPEG2 ", b"DKIF\0\0\x20\0", b"OggS\0\x02",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", b"DHAV\xfd",
)  # fmt: skip
# elementary streams that begin with the parameter sets of a key frame, as they are handed to decoders (annex B of
# ITU-T H.264 and H.265); a delimiter may stand before them
STREAMS = {
    "h264": re.compile(
        rb"\x00{2,3}\x01(?:\x09.\x00{2,3}\x01)?[\x27\x47\x67][\x2c\x42\x4d\x58\x64\x6e\x7a\xf4]", re.DOTALL
    ),
    "hevc": re.compile(rb"\x00{2,3}\x01(?:\x46\x01.\x00{2,3}\x01)?\x40\x01", re.DOTALL),
}
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
    """The elementary stream of a key frame, declared or by its first bytes, or a file of video."""
    return bool(codec_of(part)) or is_file(part.data)


def codec_of(part: Part) -> str:
    """By which codec a part is the elementary stream of a key frame; empty where it is none."""
    if part.content_type in CODECS:
        return CODECS[part.content_type]
    if not part.data.startswith(b"\0\0"):
        return ""
    return next((codec for codec, begins in STREAMS.items() if begins.match(part.data)), "")


def is_file(data: bytes) -> bool:
    """Whether bytes begin as a file of video: ISO media, AVI, MPEG transport stream, or one of `MARKS`."""
    if data[:1] not in {bytes((one,)) for one in FIRST}:
        return False
    if data[4:8] == b"ftyp":
        return image(data) == ""
    if data.startswith(b"RIFF"):
        return data[8:12] == b"AVI "
    if data[:1] == b"G":
        return len(data) > 2 * CLUSTER and data[CLUSTER : CLUSTER + 1] == data[2 * CLUSTER : 2 * CLUSTER + 1] == b"G"
    return data.startswith(MARKS)


def open_video(part: Part, budget: Budget) -> Iterator[Part]:
    """The first picture of a key frame, some of a file, as JPEG; nothing without PyAV or where none can be decoded."""
    codec = codec_of(part)
    if not codec:
        yield from _open_file(part, budget)
        return
    if not part.complete:
        return
    stills = _stills()
    if stills is None:
        budget.note("video not decoded: PyAV is not installed")
        return
    still, problem = stills.decode(part.data, codec, budget.patience)
    if not still:
        budget.note(f"video not decoded: {problem}" if problem else "video not decoded")
    elif budget.spend(len(still)):
        budget.note(DECODED)
        yield derive(part, still, Step("key frame"))


def _open_file(part: Part, budget: Budget) -> Iterator[Part]:
    stills = _stills()
    if stills is None:
        budget.note("video not looked at: PyAV is not installed")
        return
    seen = 0
    for still in stills.decode_file(part.data, LOOKED_AT, budget.patience):
        if not budget.spend(len(still)):
            break
        seen += 1
        budget.note(DECODED)
        yield derive(part, still, Step("key frame"))
    budget.note(f"{NOT_LOOKED_AT} but for {seen} of its key frames" if seen else NOT_LOOKED_AT)
