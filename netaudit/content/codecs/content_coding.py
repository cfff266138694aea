"""Content codings (RFC 9110 section 8.4.1) and transfer encodings of parts (RFC 2045), declared or by magic number."""

from __future__ import annotations

import bz2
import lzma
import quopri
import re
import zlib
from typing import TYPE_CHECKING

from netaudit.content.budget import MIB, Budget
from netaudit.content.codecs.binary_to_text import open_base64
from netaudit.content.part import Part
from netaudit.content.slices import derive, known
from netaudit.content.sniff import sniff
from netaudit.core.contracts.unwrapping_steps import Step, clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# data, most bytes to give -> bytes, whether the end was reached, whether a limit cut it; None: not this coding
_Result = tuple[bytes, bool, bool] | None
_PEEK = 4096
_SMALL = 4 * MIB
_STEP = 4096
_BROTLI_STEP = 1 << 16
_FLUSHED = b"\0\0\xff\xff"  # a sender that flushes instead of finishing: all that it had to say is there
_XZ_MEMORY = 72 << 20  # bytes that a decoder may take: `xz -9` asks for 65 MiB; what needs more is refused
_BZIP2, _XZ = b"1AY&SY", b"\xfd7zXZ\0"  # of a first block, behind 'BZh' and a digit; of a file
_BEGINNINGS = {0x1F: "gzip", 0x28: "zstd", 0x42: "bzip2", 0xFD: "xz", 0x5D: "lzma"}
_LZW = b"\x1f\x9d"
# usual properties; a dictionary of a power of two; a size that is unknown, or less than 1 TiB
_LZMA = re.compile(rb"\x5d\x00\x00[\x00\x01\x02\x04\x08\x10\x20\x40\x80][\x00-\x04](?:\xff{8}|.{5}\x00{3})", re.DOTALL)
_ZSTD_WINDOW = 1 << 25  # RFC 8878 asks decoders for 8 MiB; what needs more than 32 MiB is refused


def _inflate(data: bytes, room: int, wbits: int) -> _Result:
    """One stream of zlib, gzip (several members too) or raw deflate (RFC 1950 to 1952)."""
    out: list[bytes] = []
    size, whole = 0, data
    while True:
        decoder = zlib.decompressobj(wbits)
        try:
            piece = decoder.decompress(data, room - size + 1)
        except zlib.error:
            piece = _inflate_until_broken(data, room - size + 1, wbits)
            out.append(piece)
            return (b"".join(out), False, False) if out != [b""] else None
        out.append(piece)
        size += len(piece)
        if size > room:
            return b"".join(out)[:room], False, True
        data = decoder.unused_data
        if not decoder.eof or wbits != 31 or data[:3] != b"\x1f\x8b\x08":
            flushed = wbits != 31 and not decoder.eof and data == b"" and whole.endswith(_FLUSHED)
            return b"".join(out), decoder.eof or flushed, False


def _inflate_until_broken(data: bytes, room: int, wbits: int) -> bytes:
    """zlib drops what a failing call has made: feed small steps, at last bytes, and keep what comes before the failure.

    So of a stream whose checksum alone is untrue all is kept. What has no head of its own may be anything: of that, no
    more than whole steps.
    """
    decoder = zlib.decompressobj(wbits)
    out, start, step = [], 0, _STEP
    while start < len(data):
        before = decoder.copy()
        try:
            piece = decoder.decompress(data[start : start + step], room)
        except zlib.error:
            if step == 1 or wbits < 0:
                break
            decoder, step = before, 1
            continue
        start += step
        out.append(piece)
        room -= len(piece)
        if room <= 0 or decoder.eof:
            break
    return b"".join(out)


def _gzip(data: bytes, room: int) -> _Result:
    return _inflate(data, room, 31)


def _deflate(data: bytes, room: int) -> _Result:
    """zlib as the standard says, or raw as some senders do."""
    zlib_header = len(data) >= 2 and data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
    if zlib_header and (result := _inflate(data, room, 15)) is not None:
        return result
    return _inflate(data, room, -15)


def _brotli(data: bytes, room: int) -> _Result:
    """Brotli (RFC 7932), in bounded steps of output."""
    import brotli

    decoder = brotli.Decompressor()
    out: list[bytes] = []
    size = 0
    feed = data
    try:
        while True:
            piece = decoder.process(feed, output_buffer_limit=_BROTLI_STEP)
            feed = b""
            out.append(piece)
            size += len(piece)
            if size > room:
                return b"".join(out)[:room], False, True
            if decoder.is_finished() or (not piece and decoder.can_accept_more_data()):
                break
    except brotli.error:
        return (b"".join(out), False, False) if size else None
    return b"".join(out), decoder.is_finished(), False


def _zstd(data: bytes, room: int) -> _Result:
    """Zstandard (RFC 8878)."""
    import io

    import zstandard

    out: list[bytes] = []
    size = 0
    try:
        with zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).stream_reader(
            io.BytesIO(data), read_across_frames=True
        ) as reader:
            while piece := reader.read(min(MIB, room - size + 1)):
                out.append(piece)
                size += len(piece)
                if size > room:
                    return b"".join(out)[:room], False, True
    except zstandard.ZstdError:
        return (b"".join(out), False, False) if size else None
    return (b"".join(out), _zstd_ended(data), False) if size else None


def _zstd_ended(data: bytes) -> bool:
    """Whether the last frame is whole, by its block headers: the stream reader ends quietly on a cut frame."""
    at = 0
    while data[at : at + 4] == b"\x28\xb5\x2f\xfd" and at + 5 < len(data):
        descriptor = data[at + 4]
        single = descriptor >> 5 & 1
        at += 5 + (1 - single) + (0, 1, 2, 4)[descriptor & 3] + ((single, 2, 4, 8)[descriptor >> 6])
        last = False
        while not last:
            if at + 3 > len(data):
                return False
            header = int.from_bytes(data[at : at + 3], "little")
            last = bool(header & 1)
            at += 3 + (1 if header >> 1 & 3 == 1 else header >> 3)  # an RLE block is one byte, whatever its size
        at += 4 * (descriptor >> 2 & 1)
    return at == len(data)


def _bzip2(data: bytes, room: int) -> _Result:
    return _unpacked(bz2.BZ2Decompressor(), data, room)


def _xz(data: bytes, room: int) -> _Result:
    return _unpacked(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY), data, room)


def _lzma(data: bytes, room: int) -> _Result:
    """LZMA alone, as before xz."""
    return _unpacked(lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_XZ_MEMORY), data, room)


def _compress(data: bytes, room: int) -> _Result:
    """LZW of Unix compress (RFC 9110, 8.4.1.1): codes of 9 bits and more, from the lowest bit on, eight by eight."""
    most = data[2] & 31 if len(data) > 3 and data[:2] == _LZW else 0
    if not 9 <= most <= 16:
        return None
    words = [bytes([byte]) for byte in range(256)] + [b""] * (data[2] >> 7)  # code 256 begins anew
    out: list[bytes] = []
    size, before, width, begun, at = 0, b"", 9, 24, 24
    while at + width <= 8 * len(data) and size <= room:
        code = int.from_bytes(data[at >> 3 : (at >> 3) + 4], "little") >> (at & 7) & ((1 << width) - 1)
        at += width
        again = code == 256 and data[2] >> 7
        if not again:
            if code > len(words) or (code == len(words) and not before):
                return (b"".join(out), False, False) if out else None
            word = words[code] if code < len(words) else before + before[:1]
            out.append(word)
            size += len(word)
            if before and len(words) < 1 << most:
                words.append(before + word[:1])
            before = word
        if again or (len(words) == 1 << width and width < most):
            begun = at = begun - (begun - at) // (8 * width) * 8 * width
            width = 9 if again else width + 1
        if again:
            before = b""
            del words[257:]
    return b"".join(out)[:room], size <= room, size > room


def _unpacked(decoder: bz2.BZ2Decompressor | lzma.LZMADecompressor, data: bytes, room: int) -> _Result:
    """One stream, in steps: what comes before a failure is kept."""
    out: list[bytes] = []
    size = 0
    try:
        for start in range(0, len(data), _STEP):
            piece = decoder.decompress(data[start : start + _STEP], room - size + 1)
            out.append(piece)
            size += len(piece)
            if size > room:
                return b"".join(out)[:room], False, True
            if decoder.eof:
                break
    except (OSError, lzma.LZMAError):
        pass
    return (b"".join(out), decoder.eof, False) if size else None


def _quoted_printable(data: bytes, _: int) -> _Result:
    """Quoted-printable (RFC 2045 section 6.7)."""
    return quopri.decodestring(data), True, False


_CODINGS: dict[str, Callable[[bytes, int], _Result]] = {
    "gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
    "bzip2": _bzip2,
    "xz": _xz,
    "lzma": _lzma,
    "compress": _compress,
    "quoted-printable": _quoted_printable,
}
_NAME = re.compile(r"[0-9a-z-]+")  # what stands around it, a zero byte even, is no part of a coding's name
_PLAIN = frozenset({"identity", "7bit", "8bit", "binary", "none", "utf-8", ""})


def has_coding(part: Part) -> bool:
    """Whether a coding is declared and not yet taken off."""
    return bool(part.encoding)


def open_coding(part: Part, budget: Budget) -> Iterator[Part]:
    """Take the outermost declared coding off; where the declaration is not true, take the bytes as they are."""
    rest, _, name = part.encoding.lower().rpartition(",")
    name, rest = (found[0] if (found := _NAME.search(name)) else "").removeprefix("x-"), rest.strip(" ,")
    child: Part | None = None
    if name == "base64":
        child = next(open_base64(part, budget), None)
    elif name in _CODINGS:
        child = _decode(part, name, _CODINGS[name], budget)
    if child is None:
        if name not in _PLAIN and part.data:
            known_one = name in _CODINGS or name == "base64"
            budget.note(f"{clean(name, 40)} {'declared, but the bytes are not' if known_one else 'is no known coding'}")
        child = Part(**{slot: getattr(part, slot) for slot in Part.__slots__})
    child.encoding, child.content_type = rest, part.content_type
    child.depth = part.depth + 1
    yield child


def is_compressed(part: Part) -> bool:
    """gzip, Zstandard, bzip2, xz or compress by magic, LZMA and zlib by their headers."""
    if part.data[:2] == _LZW or _LZMA.match(part.data) is not None:
        return True
    if part.data[:3] == b"\x1f\x8b\x08" or part.data[:4] == b"\x28\xb5\x2f\xfd" or part.data[:6] == _XZ:
        return True
    if part.data[:3] == b"BZh" and part.data[4:10] == _BZIP2:
        return True
    return len(part.data) > 64 and part.data[:2] in (b"\x78\x01", b"\x78\x9c", b"\x78\xda")


def open_compressed(part: Part, budget: Budget) -> Iterator[Part]:
    """Open what nobody declared. Large archives are opened only when something readable is at their beginning."""
    name = _BEGINNINGS.get(part.data[0], "deflate") if part.data[:2] != _LZW else "compress"
    if len(part.data) > _SMALL:
        peek = _CODINGS[name](part.data[:MIB], _PEEK)  # a block of bzip2 is not shorter
        if peek is None or sniff(peek[0]) in {"opaque", "empty"}:
            return
    child = _decode(part, name, _CODINGS[name], budget)
    if child is not None and child.data:
        yield child


def _decode(part: Part, name: str, coding: Callable[[bytes, int], _Result], budget: Budget) -> Part | None:
    """Decode the bytes before the first gap."""
    end = known(part)
    result = coding(part.data[:end], budget.room(end))
    if result is None:
        return None
    data, ended, limited = result
    if not data and not ended:
        return None  # nothing decodes: the bytes themselves say more
    if limited:
        budget.limit(f"{name} ratio or expansion")
    budget.spend(len(data))
    # behind a stream that has ended another one may have stood in what is missing
    return derive(part, data, Step(name), None, None if ended and part.complete else len(data))
