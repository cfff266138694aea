"""RTP/JPEG (RFC 2435): fragments of a scan become a JPEG file whose headers are rebuilt from what the packets say.

The tables that RTP/JPEG leaves out (RFC 2435, appendices A and B): those of ITU-T T.81, annex K, in zigzag order.
"""

from __future__ import annotations

from netaudit.protocols.message import Message

LUMA = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933383740485c4e404457453738506d51575f626768673e4d"
    "71797064785c656763"
)
CHROMA = bytes.fromhex(
    "1112121815182f1a1a2f634238426363636363636363636363636363636363636363636363636363636363636363636363636363636363"
    "636363636363636363"
)

# table class and destination, counts per length, values (T.81, B.2.4.2)
HUFFMAN = tuple(
    bytes.fromhex(table)
    for table in (
        "0000010501010101010100000000000000000102030405060708090a0b",
        (
            "100002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f0243362728209"
            "0a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a83848586"
            "8788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6"
            "e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
        ),
        "0100030101010101010101010000000000000102030405060708090a0b",
        (
            "1100020102040403040705040400010277000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a16"
            "2434e125f11718191a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a828384"
            "85868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5"
            "e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
        ),
    )
)


def scaled(quality: int) -> tuple[bytes, bytes]:
    """Luma and chroma quantisers of a quality from 1 to 99 (RFC 2435, 4.2)."""
    quality = min(max(quality, 1), 99)
    factor = 5000 // quality if quality < 50 else 200 - 2 * quality
    luma, chroma = (
        bytes(min(max((value * factor + 50) // 100, 1), 255) for value in table) for table in (LUMA, CHROMA)
    )
    return luma, chroma


LIMIT = 4 << 20  # bytes of a scan; the offset field allows 16 MiB
FRAGMENTS = 8192  # of one picture
REBUILT = "headers rebuilt by RFC 2435: they are not on the wire"
_CACHED = range(128, 255)  # qualities whose tables stay valid for later pictures (RFC 2435, 3.1.8)


class _Picture:
    """One picture under way."""

    def __init__(self, stamp: int, start: int) -> None:
        self.stamp, self.start, self.end = stamp, start, start
        self.kind = self.quality = self.width = self.height = self.restart = 0
        self.fragments: dict[int, bytes] = {}
        self.size = -1  # bytes of the scan, known by the marker
        self.kept = 0
        self.tables: bytes | None = None
        self.headed = False


class JpegTrack:
    """Puts the pictures of one stream together."""

    def __init__(self) -> None:
        self.picture: _Picture | None = None
        self.tables: dict[int, bytes] = {}
        self.last_stamp = -1

    def packet(self, data: bytes, stamp: int, start: int, end: int, *, marker: bool, lost: bool) -> list[Message]:  # noqa: ARG002
        """Take a payload; `start` and `end` are its packet's place in the stream. Losses show in the offsets."""
        if len(data) < 8:
            return []
        out: list[Message] = []
        if self.picture is not None and stamp != self.picture.stamp:
            out = self.finish()
        if self.picture is None:
            if stamp == self.last_stamp:  # a straggler of a picture that is given already
                return out
            self.picture = _Picture(stamp, start)
        picture = self.picture
        picture.end = max(picture.end, end)
        self._fragment(picture, data, marker=marker)
        if picture.size >= 0 and picture.kept >= picture.size:
            out += self.finish()
        return out

    def _fragment(self, picture: _Picture, data: bytes, *, marker: bool) -> None:
        offset = int.from_bytes(data[1:4], "big")
        kind, quality, at = data[4], data[5], 8
        picture.kind, picture.quality = kind, quality
        picture.width, picture.height, picture.headed = data[6] * 8, data[7] * 8, True
        if 64 <= kind < 128:  # a restart marker header (3.1.7)
            picture.restart = int.from_bytes(data[at : at + 2], "big")
            at += 4
        if quality >= 128 and not offset:
            size = int.from_bytes(data[at + 2 : at + 4], "big")
            tables = data[at + 4 : at + 4 + size]
            at += 4 + size
            if size and len(tables) == size:
                picture.tables = tables
                if quality in _CACHED:
                    self.tables[quality] = tables
        piece = data[at:]
        if offset + len(piece) <= LIMIT and len(picture.fragments) < FRAGMENTS and offset not in picture.fragments:
            picture.fragments[offset] = piece
            picture.kept += len(piece)
        if marker:
            picture.size = min(offset + len(piece), LIMIT)

    def needed_from(self) -> int | None:
        """Stream offset of the picture under way."""
        return self.picture.start if self.picture else None

    def finish(self) -> list[Message]:
        """Give the picture under way, with what is missing of it."""
        picture, self.picture = self.picture, None
        if picture is None:
            return []
        self.last_stamp = picture.stamp
        message = Message("rtp", 0, picture.start, picture.end, content_type="image/jpeg", notes=[REBUILT])
        tables = self._quantisers(picture)
        if tables is None or picture.kind & 63 > 1 or picture.kind >= 128 or not picture.width or not picture.height:
            message.complete, message.unknown_from = False, 0
            message.notes = ["RTP/JPEG whose tables, size or type are not in the capture"]
            return [message]
        head = _headers(picture, tables)
        scan, missing = _scan(picture)
        message.body = head + scan
        message.missing = [(first + len(head), last + len(head)) for first, last in missing]
        if picture.size < 0:
            message.unknown_from = len(message.body)
        elif scan[-2:] != b"\xff\xd9":
            message.body += b"\xff\xd9"
        message.body_size = len(message.body)
        message.complete = not missing and picture.size >= 0
        return [message]

    def _quantisers(self, picture: _Picture) -> bytes | None:
        if picture.tables is not None:
            return picture.tables if len(picture.tables) in (64, 128) else None
        if picture.quality >= 128:
            kept = self.tables.get(picture.quality)
            return kept if kept and len(kept) in (64, 128) else None
        return b"".join(scaled(picture.quality)) if 0 < picture.quality < 100 else None


def _scan(picture: _Picture) -> tuple[bytes, list[tuple[int, int]]]:
    """The scan in order, zero bytes where fragments are missing."""
    out, missing = bytearray(), []
    for offset in sorted(picture.fragments):
        piece = picture.fragments[offset]
        if offset > len(out):
            missing.append((len(out), offset))
            out += bytes(offset - len(out))
        out += piece[max(0, len(out) - offset) :]
    return bytes(out), missing


def _segment(code: int, data: bytes) -> bytes:
    return bytes((0xFF, code)) + (len(data) + 2).to_bytes(2, "big") + data


def _headers(picture: _Picture, tables: bytes) -> bytes:
    """From SOI to SOS (RFC 2435, appendix B): three components, chroma halved across, for type 1 also down."""
    second = tables[64:] or tables
    out = b"\xff\xd8" + _segment(0xDB, b"\x00" + tables[:64]) + _segment(0xDB, b"\x01" + second)
    if picture.restart:
        out += _segment(0xDD, picture.restart.to_bytes(2, "big"))
    sampling = 0x22 if picture.kind & 63 else 0x21
    size = picture.height.to_bytes(2, "big") + picture.width.to_bytes(2, "big")
    out += _segment(0xC0, b"\x08" + size + bytes((3, 1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1)))
    out += b"".join(_segment(0xC4, table) for table in HUFFMAN)
    return out + _segment(0xDA, b"\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00")
