"""Slow JPEG walker: one byte at a time, straight from T.81 B.1."""

from __future__ import annotations


def jpeg_end(data: bytes) -> tuple[int, bool]:
    """End of the JPEG at the start of `data`, and whether its own end marker was found behind a scan."""
    if data[:2] != b"\xff\xd8":
        return len(data), False
    pos, in_scan, scanned = 2, False, False
    while pos < len(data):
        if data[pos] != 0xFF:
            pos += 1
            continue
        if pos + 1 >= len(data):
            break
        code = data[pos + 1]
        if code == 0xFF:
            pos += 1
        elif code in {0x00, 0x01} or 0xD0 <= code <= 0xD7:
            in_scan = in_scan and code != 0x01
            pos += 2
        elif code == 0xD9:
            return pos + 2, scanned
        elif code == 0xD8:
            return pos, False
        else:
            length = int.from_bytes(data[pos + 2 : pos + 4], "big")
            if pos + 4 > len(data) or length < 2 or pos + 2 + length > len(data):
                break
            pos += 2 + length
            if code == 0xDA:
                in_scan = scanned = True
    return len(data), False
