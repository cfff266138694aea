"""The helper process that makes pictures to be shown: decoders are native code, and what they are given is hostile.

In: a JSON line {"path", "way": "masked" or "clear", "side"}. Out: 4 bytes of length (big-endian), a JPEG; no length
means that the image does not decode. It ends when its input does.
"""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from pathlib import Path
from typing import IO, Any

import orjson

from netaudit.core.system import signals
from netaudit.images.pixelation import get_ready, thumbnail
from netaudit.images.processes import LENGTH, answers

MOST_PIXELS = 40_000_000  # larger pictures are not shown in clear: a few bytes can claim gigapixels
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
QUALITY = 85


def picture(question: dict[str, Any]) -> bytes | None:
    """What is asked for as JPEG, None where there is none."""
    path, side = Path(question["path"]), int(question["side"])
    try:
        return clear(path, side) if question["way"] == "clear" else thumbnail(path, max_side=side)
    except Exception:  # noqa: BLE001  (decoders fail in many ways on hostile bytes; no picture is the answer to all)
        return None


def clear(path: Path, side: int) -> bytes:
    """The picture without any metadata, its long side at most `side` pixels: nothing is shown as it was sent.

    Raises ValueError for one that is too large, and whatever decoders raise.
    """
    from PIL import Image

    with Image.open(path, formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise ValueError("too large")
        opened.draft("RGB", (side, side))
        small = opened.convert("RGB")
    small.thumbnail((side, side))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def main(_: list[str]) -> None:
    """Answer until the input ends."""
    signals.ignore()  # Ctrl-C is the audit's to handle
    warnings.simplefilter("ignore")  # of decoders, about hostile images
    show(answers())


def show(out: IO[bytes]) -> None:
    """Answer what comes from standard input, until that ends."""
    with contextlib.suppress(Exception):  # where there is no detector, no picture is the answer to what is asked
        get_ready()
    for line in sys.stdin.buffer:
        made = picture(orjson.loads(line)) or b""
        out.write(LENGTH.pack(len(made)) + made)
        out.flush()
