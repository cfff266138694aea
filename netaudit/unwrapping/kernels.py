"""Which marks stand anywhere in bytes: one vectorised pass for all of them, so that what has none is not searched."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.ground.jit import kernel

ONES = np.uint64(0x0101010101010101)
TOPS = np.uint64(0x8080808080808080)
EIGHT, SIXTEEN, TWENTY_FOUR = np.uint64(8), np.uint64(16), np.uint64(24)
FORTY, FORTY_EIGHT, FIFTY_SIX = np.uint64(40), np.uint64(48), np.uint64(56)

JPEG, PNG, WEBP = 1, 2, 4  # FF D8 FF, 89 'PNG', 'RIFF'
TABLES, IHDR, VP8 = 1, 2, 4  # FF DB 00, 'IHDR', 'WEBP': what stands behind the first bytes of an image
BASE32, ASCII85, NUMBERS = 1, 2, 4  # '77MP' or 'RFIE'; 's4I' and '@', 'A' or less than '0'; '255,' or '255 '


@kernel
def _none(x: np.uint64) -> np.uint64:
    """A top bit for (at least) the lowest byte of x that is zero, none where no byte is zero."""
    return np.uint64((x - ONES) & ~x)


@kernel
def _image_mark(data: npt.NDArray[np.uint8], at: int) -> int:
    x, y, z = data[at], data[at + 1], data[at + 2]
    v = data[at + 3] if at + 3 < data.size else np.uint8(0)
    if x == 0xFF and y == 0xD8 and z == 0xFF:
        return JPEG
    if x == 0x89 and y == 0x50 and z == 0x4E and v == 0x47:
        return PNG
    return WEBP if x == 0x52 and y == 0x49 and z == 0x46 and v == 0x46 else 0


@kernel
def image_marks(data: npt.NDArray[np.uint8]) -> int:
    """`JPEG`, `PNG` and `WEBP` for what stands anywhere in data[1:] (uint8, contiguous).

    A byte of x is zero where all bytes of a mark match; little-endian: the byte behind is the next higher one.
    """
    words = data[: data.size // 8 * 8].view(np.uint64)
    here, behind = words[1:-1], words[2:]
    jpeg = png = webp = np.uint64(0)
    for k in range(here.size):
        w, next_ = here[k], behind[k]
        a = (w >> EIGHT) | (next_ << FIFTY_SIX)
        b = (w >> SIXTEEN) | (next_ << FORTY_EIGHT)
        c = (w >> TWENTY_FOUR) | (next_ << FORTY)
        jpeg |= _none((w ^ ONES * np.uint64(0xFF)) | (a ^ ONES * np.uint64(0xD8)) | (b ^ ONES * np.uint64(0xFF)))
        png |= _none(
            (w ^ ONES * np.uint64(0x89))
            | (a ^ ONES * np.uint64(0x50))
            | (b ^ ONES * np.uint64(0x4E))
            | (c ^ ONES * np.uint64(0x47))
        )
        webp |= _none(
            (w ^ ONES * np.uint64(0x52))
            | (a ^ ONES * np.uint64(0x49))
            | (b ^ ONES * np.uint64(0x46))
            | (c ^ ONES * np.uint64(0x46))
        )
    found = 0
    if jpeg & TOPS:
        found |= JPEG
    if png & TOPS:
        found |= PNG
    if webp & TOPS:
        found |= WEBP
    for at in range(1, min(8, data.size - 2)):
        found |= _image_mark(data, at)
    for at in range(max(8, data.size // 8 * 8 - 8), data.size - 2):
        found |= _image_mark(data, at)
    return found


@kernel
def _text_mark(data: npt.NDArray[np.uint8], at: int) -> int:
    x, y, z = data[at], data[at + 1], data[at + 2]
    v = data[at + 3] if at + 3 < data.size else np.uint8(0)
    if (x == 0x37 and y == 0x37 and z == 0x4D and v == 0x50) or (x == 0x52 and y == 0x46 and z == 0x49 and v == 0x45):
        return BASE32
    if x == 0x73 and y == 0x34 and z == 0x49 and (v | 1 == 0x41 or v & 0xD0 == 0):
        return ASCII85
    return NUMBERS if x == 0x32 and y == 0x35 and z == 0x35 and v in (0x2C, 0x20) else 0


@kernel
def _base32(words: npt.NDArray[np.uint64]) -> np.uint64:
    here, behind = words[:-1], words[1:]
    found = np.uint64(0)
    for k in range(here.size):
        w, next_ = here[k], behind[k]
        a = (w >> EIGHT) | (next_ << FIFTY_SIX)
        b = (w >> SIXTEEN) | (next_ << FORTY_EIGHT)
        c = (w >> TWENTY_FOUR) | (next_ << FORTY)
        seven = ONES * np.uint64(0x37)
        found |= _none((w ^ seven) | (a ^ seven) | (b ^ ONES * np.uint64(0x4D)) | (c ^ ONES * np.uint64(0x50)))
        found |= _none(
            (w ^ ONES * np.uint64(0x52))
            | (a ^ ONES * np.uint64(0x46))
            | (b ^ ONES * np.uint64(0x49))
            | (c ^ ONES * np.uint64(0x45))
        )
    return found


@kernel
def _ascii85(words: npt.NDArray[np.uint64]) -> np.uint64:
    here, behind = words[:-1], words[1:]
    found = np.uint64(0)
    for k in range(here.size):
        w, next_ = here[k], behind[k]
        a = (w >> EIGHT) | (next_ << FIFTY_SIX)
        b = (w >> SIXTEEN) | (next_ << FORTY_EIGHT)
        c = (w >> TWENTY_FOUR) | (next_ << FORTY)
        begins = (w ^ ONES * np.uint64(0x73)) | (a ^ ONES * np.uint64(0x34)) | (b ^ ONES * np.uint64(0x49))
        found |= _none(begins | ((c | ONES) ^ ONES * np.uint64(0x41))) | _none(begins | (c & ONES * np.uint64(0xD0)))
    return found


@kernel
def _numbers(words: npt.NDArray[np.uint64]) -> np.uint64:
    here, behind = words[:-1], words[1:]
    found = np.uint64(0)
    for k in range(here.size):
        w, next_ = here[k], behind[k]
        a = (w >> EIGHT) | (next_ << FIFTY_SIX)
        b = (w >> SIXTEEN) | (next_ << FORTY_EIGHT)
        c = (w >> TWENTY_FOUR) | (next_ << FORTY)
        five = ONES * np.uint64(0x35)
        number = (w ^ ONES * np.uint64(0x32)) | (a ^ five) | (b ^ five)
        found |= _none(number | (c ^ ONES * np.uint64(0x2C))) | _none(number | (c ^ ONES * np.uint64(0x20)))
    return found


@kernel
def text_marks(data: npt.NDArray[np.uint8]) -> int:
    """`BASE32`, `ASCII85` and `NUMBERS` for what stands anywhere in a text (uint8, contiguous).

    A pass for each: all in one have more values than a processor has registers, are not vectorised, and take nine times
    as long.
    """
    words = data[: data.size // 8 * 8].view(np.uint64)
    found = 0
    if _base32(words) & TOPS:
        found |= BASE32
    if _ascii85(words) & TOPS:
        found |= ASCII85
    if _numbers(words) & TOPS:
        found |= NUMBERS
    for at in range(max(0, data.size // 8 * 8 - 8), data.size - 2):
        found |= _text_mark(data, at)
    return found


@kernel
def _head_mark(data: npt.NDArray[np.uint8], at: int) -> int:
    x, y, z = data[at], data[at + 1], data[at + 2]
    v = data[at + 3] if at + 3 < data.size else np.uint8(0)
    if x == 0xFF and y == 0xDB and z == 0x00:
        return TABLES
    if x == 0x49 and y == 0x48 and z == 0x44 and v == 0x52:
        return IHDR
    return VP8 if x == 0x57 and y == 0x45 and z == 0x42 and v == 0x50 else 0


@kernel
def head_marks(data: npt.NDArray[np.uint8]) -> int:
    """`TABLES`, `IHDR` and `VP8` for what stands anywhere in data (uint8, contiguous)."""
    words = data[: data.size // 8 * 8].view(np.uint64)
    here, behind = words[:-1], words[1:]
    tables = ihdr = vp8 = np.uint64(0)
    for k in range(here.size):
        w, next_ = here[k], behind[k]
        a = (w >> EIGHT) | (next_ << FIFTY_SIX)
        b = (w >> SIXTEEN) | (next_ << FORTY_EIGHT)
        c = (w >> TWENTY_FOUR) | (next_ << FORTY)
        tables |= _none((w ^ ONES * np.uint64(0xFF)) | (a ^ ONES * np.uint64(0xDB)) | b)
        ihdr |= _none(
            (w ^ ONES * np.uint64(0x49))
            | (a ^ ONES * np.uint64(0x48))
            | (b ^ ONES * np.uint64(0x44))
            | (c ^ ONES * np.uint64(0x52))
        )
        vp8 |= _none(
            (w ^ ONES * np.uint64(0x57))
            | (a ^ ONES * np.uint64(0x45))
            | (b ^ ONES * np.uint64(0x42))
            | (c ^ ONES * np.uint64(0x50))
        )
    found = 0
    if tables & TOPS:
        found |= TABLES
    if ihdr & TOPS:
        found |= IHDR
    if vp8 & TOPS:
        found |= VP8
    for at in range(max(0, data.size // 8 * 8 - 8), data.size - 2):
        found |= _head_mark(data, at)
    return found
