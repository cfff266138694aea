"""Slow twins of unwrapping: what a gap in encoded text costs, character by character, and long JSON strings by a state machine."""

from __future__ import annotations

import string

ALPHABET = (string.ascii_letters + string.digits + "+/-_").encode()


def base64_missing(text: bytes, missing: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges of decoded bytes of which at least one bit stands in a missing character. `text` is the whole, undamaged text."""
    gone = {i for a, b in missing for i in range(a, b)}
    lost = []
    bits: list[bool] = []
    for i, char in enumerate(text):
        if char in ALPHABET:
            bits += [i in gone] * 6
    for at in range(0, len(bits) - 7, 8):
        lost.append(any(bits[at : at + 8]))
    return ranges_of(lost)


def ranges_of(flags: list[bool]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for i, flag in enumerate(flags):
        if flag and ranges and ranges[-1][1] == i:
            ranges[-1] = (ranges[-1][0], i + 1)
        elif flag:
            ranges.append((i, i + 1))
    return ranges


def long_strings(text: bytes, least: int) -> list[tuple[int, int, bool]]:
    """(start, end, closed) of the content of each JSON string of at least `least` bytes, by reading one byte after the other."""
    found = []
    start = -1
    escaped = False
    for i, byte in enumerate(text):
        if start < 0:
            if byte == 0x22:
                start, escaped = i + 1, False
        elif escaped:
            escaped = False
        elif byte == 0x5C:
            escaped = True
        elif byte == 0x22:
            if i - start >= least:
                found.append((start, i, True))
            start = -1
    if start >= 0 and len(text) - start >= least:
        found.append((start, len(text), False))
    return found


def unquote(data: bytes) -> bytes:
    """Percent escapes taken off, one character after the other."""
    out = bytearray()
    i = 0
    digits = b"0123456789abcdefABCDEF"
    while i < len(data):
        if data[i] == 0x25 and i + 2 < len(data) and data[i + 1] in digits and data[i + 2] in digits:
            out.append(int(data[i + 1 : i + 3], 16))
            i += 3
        else:
            out.append(data[i])
            i += 1
    return bytes(out)


def decode_base64(data: bytes) -> tuple[bytes, list[tuple[int, int]], int | None] | None:
    """Base64 without gaps: (bytes, no gaps, where their end is no longer known); None where it is none.

    Folding is passed over, padding is not needed. A character of no alphabet ends it, when it is padding or when what
    stands before it is most of the text, and long enough.
    """
    text = bytes(char for char in data if char not in b" \t\r\n\x0b\x0c\\").rstrip(b"=\x00")
    values = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/").encode()
    bits = ""
    taken = 0
    for char in text.replace(b"-", b"+").replace(b"_", b"/"):
        if char not in values:
            if taken < 64 or not (char == 0x3D or taken >= len(text) // 2):
                return None
            break
        bits += f"{values.index(char):06b}"
        taken += 1
    out = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8))
    return out, [], len(out) if taken < len(text) or taken % 4 == 1 else None
