"""Where an image ends, found while its bytes arrive: one small walker per format.

A walker is asked again and again with what is there: `NEED` more, `REJECT` (no image after all), or the image's length.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NEED, REJECT = -1, -2
CAP = 32 << 20  # bytes of one image that are kept
HEADER_CAP = 4 << 20  # bytes before the pixels of a JPEG
BRIDGE = 256 << 10  # longest gap within JPEG pixels behind which its end is still looked for
SHORTEST_BASE64 = 256

Buffer = bytes | bytearray

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\r\n\\]|\n\r?\n|=[^=\r\n\\]|\\[^/rn]")


class Walker:
    """Common state. `pos` counts from the beginning of the image; `broken` says that wrong bytes forced the end."""

    kind = ""
    content_type = ""

    def __init__(self) -> None:
        self.pos = 0
        self.broken = False

    def step(self, work: Buffer, start: int, base: int, dead: set[int]) -> int:
        """Walk on in work[start:]; `base` is the stream offset of work[0], `dead` knows offsets that lead nowhere."""
        raise NotImplementedError

    @property
    def sure(self) -> bool:
        """Whether it is an image whatever follows."""
        return True

    def bridges(self, have: int, length: int) -> bool:
        """Whether a gap of `length` after `have` bytes can be filled with zeros without losing the way."""
        return self.pos > have + length


class Jpeg(Walker):
    """JPEG: marker segments, entropy-coded data, EOI (ITU-T T.81, annex B)."""

    kind = "jpeg"
    content_type = "image/jpeg"

    def __init__(self) -> None:
        super().__init__()
        self.pos = 2
        self.pixels = False  # in entropy-coded data
        self.scans = 0
        self.visited: list[int] = []

    @property
    def sure(self) -> bool:
        """Once there are pixels."""
        return self.scans > 0

    def step(self, work: Buffer, start: int, base: int, dead: set[int]) -> int:
        """Walk segments and pixels."""
        size = len(work) - start
        while True:
            if self.pixels:
                found = _MARKER.search(work, start + self.pos)
                if not found:
                    self.pos = max(self.pos, size - (1 if size and work[-1] == 0xFF else 0))
                    return NEED
                self.pos = found.start() - start
                code = work[found.start() + 1]
                if code == 0xD9:
                    return self.pos + 2
                if code < 0xC0 or code == 0xD8:
                    return self._fail()
                self.pixels = False
            if self.pos + 4 > size:
                if self.scans and self.pos + 2 <= size and work[start + self.pos : start + self.pos + 2] == b"\xff\xd9":
                    return self.pos + 2
                return NEED
            at = start + self.pos
            code = work[at + 1]
            if work[at] != 0xFF or (not self.scans and (base + at in dead or self.pos > HEADER_CAP)):
                return self._fail(dead)
            if code == 0xFF:  # fill byte
                self.pos += 1
                continue
            if code == 0xD9 and self.scans:
                return self.pos + 2
            length = work[at + 2] << 8 | work[at + 3]
            if code < 0xC0 or 0xD0 <= code <= 0xD9 or length < 2:
                return self._fail(dead)
            if not self.scans:
                self.visited.append(base + at)
            self.pos += 2 + length
            if code == 0xDA:
                self.pixels = True
                self.scans += 1
                self.visited = []

    def _fail(self, dead: set[int] | None = None) -> int:
        if self.scans:
            self.broken = True
            return self.pos
        if dead is not None:
            dead.update(self.visited)
        return REJECT

    def bridges(self, have: int, length: int) -> bool:
        """Zeros are harmless in pixels, and in a segment that reaches over the gap."""
        return length <= BRIDGE if self.pixels and self.pos <= have else self.pos > have + length


class Png(Walker):
    """PNG: signature, chunks, IEND (W3C PNG, 5)."""

    kind = "png"
    content_type = "image/png"

    def __init__(self) -> None:
        super().__init__()
        self.pos = 8
        self.ended = False  # the last chunk's header was seen

    def step(self, work: Buffer, start: int, base: int, dead: set[int]) -> int:  # noqa: ARG002
        """Walk chunks."""
        size = len(work) - start
        while not self.ended and self.pos + 8 <= size:
            at = start + self.pos
            length = int.from_bytes(work[at : at + 4], "big")
            name = bytes(work[at + 4 : at + 8])
            if self.pos == 8 and name != b"IHDR":
                return REJECT
            if not name.isalpha() or length >= 1 << 31:
                self.broken = True
                return self.pos
            self.pos += 12 + length
            self.ended = name == b"IEND"
        return self.pos if self.ended and size >= self.pos else NEED


class Gif(Walker):
    """GIF: header, blocks of sub-blocks, trailer (GIF89a specification, 15 to 27)."""

    kind = "gif"
    content_type = "image/gif"

    def __init__(self) -> None:
        super().__init__()
        self.images = 0
        self.sub_blocks = False

    @property
    def sure(self) -> bool:
        """Once there is a picture."""
        return self.images > 0

    def step(self, work: Buffer, start: int, base: int, dead: set[int]) -> int:  # noqa: ARG002
        """Walk blocks."""
        size = len(work) - start
        if not self.pos:
            if size < 13:
                return NEED
            flags = work[start + 10]
            self.pos = 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
        while self.pos < size:
            code = work[start + self.pos]
            if self.sub_blocks:
                self.sub_blocks = code != 0
                self.pos += 1 + code
            elif code == 0x3B:
                return self.pos + 1 if self.images else REJECT
            elif code == 0x21:
                self.pos += 2
                self.sub_blocks = True
            elif code == 0x2C:
                if self.pos + 10 > size:
                    return NEED
                flags = work[start + self.pos + 9]
                self.pos += 11 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
                self.images += 1
                self.sub_blocks = True
            else:
                self.broken = True
                return self.pos if self.images else REJECT
        return NEED


class Fixed(Walker):
    """A format that declares its length."""

    def __init__(self, length: int, kind: str = "", content_type: str = "") -> None:
        super().__init__()
        self.pos = length
        self.kind = kind
        self.content_type = content_type

    def step(self, work: Buffer, start: int, base: int, dead: set[int]) -> int:  # noqa: ARG002
        """Wait for the declared length."""
        return self.pos if len(work) - start >= self.pos else NEED

    def bridges(self, have: int, length: int) -> bool:
        """Within the declared length."""
        return have + length <= self.pos


class Base64(Walker):
    """A run of base64 text that begins like a JPEG or PNG; folded and JSON-escaped text is taken too."""

    kind = "base64"

    def __init__(self, content_type: str) -> None:
        super().__init__()
        self.content_type = content_type

    def step(self, work: Buffer, start: int, base: int, dead: set[int]) -> int:  # noqa: ARG002
        """Take letters up to the first that is none."""
        found = _NO_BASE64.search(work, start + max(self.pos - 3, 0))
        if not found:
            self.pos = len(work) - start
            return NEED
        end = found.start() + (1 if work[found.start()] == 0x3D else 0) - start
        return end if end >= SHORTEST_BASE64 else REJECT

    def bridges(self, have: int, length: int) -> bool:  # noqa: ARG002
        """What a letter is missing cannot be told."""
        return False


def classify(work: Buffer, at: int) -> Walker | int:
    """The walker for what begins at `at`, `NEED` when that takes more bytes, or `REJECT`."""
    head = bytes(work[at : at + 30])
    if head[:3] == b"\xff\xd8\xff":
        return Jpeg()
    if head[:1] == b"\x89":
        return _magic(head, b"\x89PNG\r\n\x1a\n", Png)
    if head[:4] == b"GIF8":
        return NEED if len(head) < 6 else Gif() if head[4:6] in (b"7a", b"9a") else REJECT
    if head[:4] == b"RIFF":
        length = int.from_bytes(head[4:8], "little") + 8
        return NEED if len(head) < 12 else Fixed(length, "webp", "image/webp") if head[8:12] == b"WEBP" else REJECT
    if head[:2] == b"BM":
        return _bmp(head)
    if head[:4] == b"/9j/":
        return Base64("image/jpeg")
    return _magic(head, b"iVBORw0KGgo", lambda: Base64("image/png"))


def _magic(head: bytes, magic: bytes, make: Callable[[], Walker]) -> Walker | int:
    if head.startswith(magic):
        return make()
    return NEED if magic.startswith(head) else REJECT


def _bmp(head: bytes) -> Walker | int:
    """Two letters are a weak magic: the header fields must fit each other (BITMAPFILEHEADER, BITMAPINFOHEADER)."""
    if any(head[6:10]):
        return REJECT
    if len(head) < 30:
        return NEED
    size, pixels, info = (int.from_bytes(head[i : i + 4], "little") for i in (2, 10, 14))
    planes, depth = int.from_bytes(head[26:28], "little"), int.from_bytes(head[28:30], "little")
    sound = info in (40, 52, 56, 64, 108, 124) and planes == 1 and depth in (1, 4, 8, 16, 24, 32)
    return Fixed(size, "bmp", "image/bmp") if sound and 14 + info <= pixels < size <= CAP else REJECT
