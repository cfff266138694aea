"""Decode one image, small and bounded. Runs in the judging helper (and in tests): the audit itself never decodes.

Native decoders may crash on hostile bytes, so nothing here may be called by the process that reads captures.

The sums of a PNG's chunks put right: a wrong one makes some decoders refuse what others show.
"""

from __future__ import annotations

import contextlib
import io
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.core.contracts.reasons import reason
from netaudit.images.headers import header_size, is_progressive, with_lines

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_CHUNKS = 100_000


def with_sums(data: bytes) -> bytes:
    """A PNG with the CRC of each chunk as its bytes have it (PNG, W3C 2nd edition, 5.3); what is no chunk stays."""
    whole, at = bytearray(data), 8
    for _ in range(MOST_CHUNKS):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 > len(data):
            break
        whole[end : end + 4] = zlib.crc32(memoryview(data)[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(whole)


MAX_PIXELS = 64_000_000  # by header, before anything is decoded
MAX_WHOLE_PIXELS = 25_000_000  # where the decoder must hold the whole picture (all but sequential JPEG)
MAX_SCAN_PIXELS = 640_000_000  # of all scans of a JPEG: 25 over the largest picture, some two seconds; common are ten
MIN_SCAN = 4096  # pixels that a scan counts at least: beginning one takes time too
MAX_SIDE = 1280  # no consumer needs more; bigger pictures are reduced while or right after decoding
STRIP = 64  # rows of a reduced picture made at a time
PLUGINS = {
    "jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "bmp": "BMP", "gif": "GIF", "avif": "AVIF",
    "tiff": "TIFF", "jp2": "JPEG2000", "pnm": "PPM", "tga": "TGA",
}  # fmt: skip
FRAMES = 32  # pictures of one file that are looked at; of more, so many spread over it
SEVERAL = frozenset({"gif", "png", "webp", "avif", "tiff"})  # may hold more than one picture
SUMS = "sums"  # what is missing from a picture whose sums are wrong
SCAN = b"\xff\xda"  # begins a scan (T.81 B.1.1.3)
_ORIENTATION = 274
_TURNS = {3: 2, 6: 3, 8: 1}  # EXIF orientation → quarter turns counter-clockwise that set the picture upright


class Picture:
    """An image's bytes, decoded on demand.

    `problem` is empty, or a reason: why the picture does not decode, or does only in part.
    """

    def __init__(self, data: bytes, kind: str, frame: int = 0) -> None:
        self._data = with_lines(data) if kind == "jpeg" else data
        self._kind = kind
        self._frame = frame
        self._image: Image | None = None
        self.width, self.height = header_size(data, kind) or (0, 0)
        self.exif: dict[int, Any] = {}
        self.work = 0  # pixels that are decoded: of a sequential JPEG, which is made small meanwhile, a quarter counts
        self.problem = self._refusal()
        self.decodable = not self.problem

    def _refusal(self) -> str:
        if self._kind not in PLUGINS:
            return "image_never"
        if not self.width or not self.height:
            return "image_no_size"
        whole = self._kind != "jpeg" or is_progressive(self._data)
        if self.width * self.height > (MAX_WHOLE_PIXELS if whole else MAX_PIXELS):
            return reason("image_large", n=self.width, m=self.height)
        scans = self._data.count(SCAN) if whole and self._kind == "jpeg" else 1
        self.work = scans * max(self.width * self.height, MIN_SCAN) // (1 if whole else 4)
        if self.work > MAX_SCAN_PIXELS and scans > 1:
            return reason("image_work", scans=scans, n=self.width, m=self.height)
        return ""

    def image(self, side: int) -> Image | None:
        """The picture as RGB, upright; None where it does not decode.

        Its long side is at least min(`side`, the picture's own, MAX_SIDE).
        """
        side = min(side, MAX_SIDE, max(self.width, self.height))
        if self.decodable and (self._image is None or max(self._image.size) < side):
            self._image = None
            try:
                self._image = self._decode(side)
            except Exception as error:  # noqa: BLE001 - decoders raise anything on hostile bytes, and each means the same
                self.problem = reason("image_not", said=_words(error))
            self.decodable = self._image is not None
        return self._image

    def forget(self) -> None:
        """Hold no pixels any more; who asks again has them decoded again."""
        self._image = None

    def later(self) -> tuple[list[Picture], bool]:
        """The other pictures of a file of several, at most `FRAMES`, as many as work allows; whether these are all."""
        from PIL import Image

        try:
            with Image.open(io.BytesIO(self._data), formats=[PLUGINS[self._kind]]) as image:
                count = int(getattr(image, "n_frames", 1))
        except Exception:  # noqa: BLE001 - as in `image`
            return [], True
        work = max(self.width * self.height, MIN_SCAN)
        most = min(FRAMES, int((MAX_SCAN_PIXELS / work) ** 0.5))  # to see one, all before it are decoded
        chosen = range(1, count) if count <= most else sorted({count * k // most for k in range(1, most)} - {0})
        return [Picture(self._data, self._kind, frame) for frame in chosen], count <= most

    @property
    def upright_size(self) -> tuple[int, int]:
        """(width, height) as declared, after the EXIF orientation; known once pixels were asked for."""
        return (self.height, self.width) if self.quarter_turns % 2 else (self.width, self.height)

    @property
    def quarter_turns(self) -> int:
        """Quarter turns, counter-clockwise, by which the picture is set upright; known as `upright_size` is."""
        return _TURNS.get(self.exif.get(_ORIENTATION, 1), 0)

    def _decode(self, side: int) -> Image | None:
        try:
            image, partial = self._attempt(self._data, side)
        except (OSError, ValueError, SyntaxError):  # of wrong sums in a PNG, which other decoders pass over
            summed = with_sums(self._data) if self._kind == "png" else self._data
            if summed == self._data:
                raise
            image, partial = self._attempt(summed, side)
            partial = partial or SUMS
        if partial and self._kind == "jpeg":  # with an end marker the decoder gives all it has, progressive scans too
            with contextlib.suppress(OSError, ValueError, SyntaxError):
                image = self._attempt(self._data + b"\xff\xd9", side)[0]
        if image is not None or not self.problem:
            self.problem = _in_part(partial)
        return image

    def _attempt(self, data: bytes, side: int) -> tuple[Image | None, str]:
        """The picture, or None with `problem` set; and what is missing from the picture, in the decoder's words."""
        from PIL import Image

        with Image.open(io.BytesIO(data), formats=[PLUGINS[self._kind]]) as image:
            if image.width * image.height > MAX_PIXELS:  # the decoder reads another header than we do
                self.problem = reason("image_large", n=image.width, m=image.height)
                return None, ""
            if self._frame:
                image.seek(self._frame)
            share = min(1.0, side / max(image.size))
            if self._kind == "jpeg":  # reduces by 2, 4 or 8 within the inverse DCT, never below the size asked for
                image.draft("RGB", (max(1, int(image.width * share)), max(1, int(image.height * share))))
            partial = _load(image)
            if partial and image.getbbox() is None:  # nothing but zeros came out
                self.problem = reason("image_not", said=partial)
                return None, partial
            self._read_exif(image)
            return turned(_to_rgb(image), self.quarter_turns), partial

    def _read_exif(self, image: Image) -> None:
        if self.exif or "exif" not in image.info:
            return
        try:
            exif = image.getexif()
            tags = {**exif, **exif.get_ifd(0x8769)}
            self.exif = {tag: value for tag, value in tags.items() if isinstance(value, str | bytes | int)}
        except Exception:  # noqa: BLE001 - broken EXIF in a sound picture is common
            self.exif = {}


def _load(image: Any) -> str:
    """Decode; on failure keep what was decoded and give the reason."""
    try:
        image.load()
    except (OSError, ValueError, SyntaxError) as error:
        if getattr(image, "_im", None) is None:
            raise
        image.tile = []  # what is there counts as loaded
        return _words(error)
    return ""


def _to_rgb(image: Image) -> Image:
    import PIL.Image

    if image.mode.startswith("I;16"):
        image = PIL.Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    elif image.mode in {"I", "F"}:
        image = PIL.Image.fromarray(np.clip(np.asarray(image, np.float64) / 256, 0, 255).astype(np.uint8))
    factor = max(image.size) // MAX_SIDE
    if factor > 1:
        image = _reduced(image, factor)
    if max(image.size) > MAX_SIDE:
        share = MAX_SIDE / max(image.size)
        size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
        image = image.resize(size, PIL.Image.Resampling.BOX)
    return image if image.mode == "RGB" else image.convert("RGB")


def _reduced(image: Image, factor: int) -> Image:
    """Block means of `factor` x `factor` pixels as RGB, strip by strip: a whole copy would double the memory."""
    import PIL.Image

    width, height = -(-image.width // factor), -(-image.height // factor)
    result = PIL.Image.new("RGB", (width, height))
    rows = STRIP * factor
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(image.height, top + rows))).convert("RGB")
        result.paste(strip.reduce(factor), (0, top // factor))
    return result


def _in_part(partial: str) -> str:
    if partial == SUMS:
        return "image_part_sums"
    return reason("image_part", said=partial) if partial else ""


def turned(image: Image, quarters: int) -> Image:
    """A picture turned by quarter turns, counter-clockwise."""
    import PIL.Image

    way = {2: "ROTATE_180", 3: "ROTATE_270", 1: "ROTATE_90"}.get(quarters)
    return image.transpose(PIL.Image.Transpose[way]) if way else image


def _words(error: Exception) -> str:
    """One short line about a decoder's error, without object addresses and paths."""
    text = str(error).split("\n", 1)[0]
    if "<" in text or "0x" in text or not text.isprintable():
        text = ""
    return text[:120] or type(error).__name__
