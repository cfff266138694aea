"""The helper process that decodes key frames: FFmpeg is large native code, and what it is given is hostile.

In: codec name, or `file` and a number, and a newline, 4 bytes of length (big-endian), the elementary stream or the
file. Out: 4 bytes of length, a JPEG; no length means that nothing could be decoded. Of a file come so many, or fewer
and then no length. It ends when its input does.
"""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

from netaudit.core.system import signals
from netaudit.images.processes import LENGTH, answers

if TYPE_CHECKING:
    from collections.abc import Iterator

PIXELS = 40_000_000  # of one still; H.264 level 6.2 allows 35 million
APART = 4  # key frames from one that is looked at to the next
ATTACHED = 0x400  # disposition of a stream that is one attached picture (FFmpeg, AV_DISPOSITION_ATTACHED_PIC)
QUALITY = 95  # of the JPEG that the still becomes


def decode(av: Any, data: bytes, codec: str) -> bytes:
    """First picture of an elementary stream as JPEG; empty where there is none."""
    try:
        context = av.CodecContext.create(codec, "r")
        context.thread_count = 1
        frames = [frame for packet in [*context.parse(data), *context.parse(b"")] for frame in context.decode(packet)]
        frames += context.decode(None)
    except (av.error.FFmpegError, ValueError, EOFError):
        return b""
    if not frames or frames[0].width * frames[0].height > PIXELS:
        return b""
    out = io.BytesIO()
    frames[0].to_image().save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def decode_file(av: Any, data: bytes, most: int) -> Iterator[bytes]:
    """Up to `most` key frames of a file of video as JPEG, each fourth one; an empty one ends what are fewer."""
    made = 0
    try:
        with av.open(io.BytesIO(data), metadata_errors="ignore") as container:
            stream = next((one for one in container.streams if _is_wanted(one)), None)
            if stream is None:
                yield b""
                return
            stream.codec_context.skip_frame = "NONKEY"
            stream.codec_context.thread_count = 1
            for place, frame in enumerate(container.decode(stream)):
                if frame.width * frame.height > PIXELS:
                    break
                if place == made * APART:
                    out = io.BytesIO()
                    frame.to_image().save(out, "JPEG", quality=QUALITY)
                    yield out.getvalue()
                    made += 1
                if made == most:
                    return
    except (av.error.FFmpegError, ValueError, EOFError, TypeError):
        pass
    yield b""


def _is_wanted(stream: Any) -> bool:
    """Whether it is of video: not of pictures that are whole ones by themselves, and no cover."""
    if stream.type != "video" or stream.codec_context is None or stream.codec_context.name == "mjpeg":
        return False
    return not int(stream.disposition) & ATTACHED


def main(_: list[str]) -> None:
    """Answer until the input ends."""
    import av

    signals.ignore()  # Ctrl-C is the audit's to handle
    av.logging.set_level(av.logging.PANIC)
    out = answers()
    while codec := sys.stdin.buffer.readline():
        (size,) = LENGTH.unpack(sys.stdin.buffer.read(LENGTH.size))
        name, _mark, number = codec.decode("ascii").strip().partition(" ")
        data = sys.stdin.buffer.read(size)
        for still in decode_file(av, data, int(number)) if number else (decode(av, data, name),):
            out.write(LENGTH.pack(len(still)) + still)
            out.flush()
