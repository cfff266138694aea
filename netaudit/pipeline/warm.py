"""Compiles every kernel by auditing a tiny capture made on the spot: piece by piece, in as many processes, or at once.

A piece is what can be compiled by itself; the longest is a third of the whole.
"""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

ETHERNET = 1


def warm() -> None:
    """Run the whole way once over a few packets, so that all kernels are in the cache."""
    from netaudit.pipeline.options import Options
    from netaudit.pipeline.task import run

    with tempfile.TemporaryDirectory() as folder:
        run(_captures(Path(folder)), Path(folder) / "case", Options(faces=False), lambda *_: None)


def packets() -> None:
    """Compile what walks captures and decodes packets."""
    from netaudit.capture.from_files import open_captures
    from netaudit.packets.from_capture import Decoder

    with tempfile.TemporaryDirectory() as folder:
        decoder = Decoder()
        for window in open_captures(_captures(Path(folder))).windows():
            decoder.feed(window)


def streams() -> None:
    """Compile what puts streams in order."""
    from netaudit.packets.layouts import PACKET
    from netaudit.streams.from_packets import Assembler

    buffer, rows = np.zeros(8, np.uint8), np.zeros(3, PACKET)
    rows["proto"], rows["sport"], rows["dport"], rows["src_lo"], rows["dst_lo"] = 6, 40_000, 80, 1, 2
    rows["seq"], rows["length"], rows["tcp_flags"] = (1, 40, 28), 1, 0x18
    assembler = Assembler()
    assembler.assemble(buffer, rows)
    assembler.end()


def messages() -> None:
    """Compile what looks for images in parts, reads letters and markup, finds silent flows, writes columns of texts."""
    from netaudit.content.from_images import extent, segments_beside
    from netaudit.content.kernels import image_marks, store_marks
    from netaudit.content.kernels_letters import says_nothing, write_bytes
    from netaudit.content.kernels_markup import between_markup
    from netaudit.core.text.charset import unquote
    from netaudit.core.text.json_text import unescape
    from netaudit.core.text.obscure import is_code
    from netaudit.images.images import header_size
    from netaudit.protocols.silent import SilentFlows
    from netaudit.streams.layouts import FLOW, PIECE, RUN
    from netaudit.tables.carriers import evidence_of_drafts
    from netaudit.tables.columns import addresses, link_addresses

    nothing = np.frombuffer(bytes(8), np.uint8)
    unquote(b"%41")
    unescape(b"\\/")
    is_code(b"words of a text")
    write_bytes(nothing, np.empty(8, np.uint8))
    says_nothing(nothing, 1)
    between_markup(nothing, 1, np.empty((9, 2), np.int64))
    image_marks(nothing)
    store_marks(nothing)
    extent(b"\xff\xd8", "jpeg")
    segments_beside(nothing, 0, 0, np.empty((1, 2), np.int64))
    header_size(b"\xff\xd8", "jpeg")
    flows, slots, none = np.zeros(1, FLOW), np.zeros(1, np.int64), np.zeros(1, bool)
    SilentFlows().find(flows, slots, none, none, np.zeros(0, RUN), np.zeros(8, np.uint8))
    addresses(flows["client_hi"], flows["client_lo"])
    link_addresses(flows["client_mac"])
    evidence_of_drafts([("", np.zeros(1, PIECE).tobytes(), 0, 1)])


def lookups() -> None:
    """Compile what reads lookups in columns, ids, and what makes facts distinct."""
    from netaudit.protocols.dns.kernels_lookups import PORT, UDP
    from netaudit.protocols.dns.lookups import LEAST, PlainLookups
    from netaudit.streams.layouts import FLOW, PIECE, RUN
    from netaudit.tables.taker import distinct

    distinct(np.zeros((1, 1), np.uint64), np.zeros(1, PIECE))
    question, answer = _lookup()
    flows, runs, pieces = np.zeros(LEAST, FLOW), np.zeros(2 * LEAST, RUN), np.zeros(2 * LEAST, PIECE)
    flows["serial"], flows["proto"], flows["server_port"], flows["client_port"] = (
        np.arange(1, LEAST + 1),
        UDP,
        PORT,
        4000,
    )
    flows["delivered"] = len(question), len(answer)
    runs["row"], runs["direction"] = np.repeat(np.arange(LEAST), 2), np.tile([0, 1], LEAST)
    runs["length"] = pieces["length"] = np.tile([len(question), len(answer)], LEAST)
    runs["bytes_at"] = np.tile([0, len(question)], LEAST)
    runs["piece_from"] = np.arange(runs.size)
    runs["piece_to"] = runs["piece_from"] + 1
    payload = np.frombuffer(question + answer, np.uint8).copy()
    PlainLookups().feed(flows, np.arange(LEAST), np.ones(LEAST, bool), runs, pieces, payload)


def exchanges() -> None:
    """Compile what reads exchanges of HTTP/1, says which of their bodies are plain documents, and names these."""
    from netaudit.content.from_messages import are_plain_texts, is_plain_text
    from netaudit.protocols.http1.from_streams import ExchangeReader
    from netaudit.protocols.ids import ids_within
    from netaudit.streams.batch import Batch
    from netaudit.streams.layouts import FLOW, PIECE, RUN

    said = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", b"HTTP/1.1 204 No Content\r\n\r\n"
    runs, pieces, payload = np.zeros(2, RUN), np.zeros(2, PIECE), np.frombuffer(b"".join(said), np.uint8).copy()
    runs["length"], runs["direction"] = list(map(len, said)), (0, 1)
    runs["bytes_at"], runs["piece_from"], runs["piece_to"] = (0, len(said[0])), (0, 1), (1, 2)
    batch = Batch(np.zeros(1, FLOW), np.ones(1, bool), runs, pieces, payload)
    found, _ = ExchangeReader().read(batch, np.ones(1, bool))
    are_plain_texts(payload, found.rows)
    is_plain_text(b"{}")
    ids_within(np.zeros(32, np.uint8), "body")


def seldom() -> None:
    """Compile what few captures need: images in unknown streams and their codes, numbers, held datagrams, QUIC."""
    from netaudit.images.kernels_scan import scan_of
    from netaudit.images.kernels_segments import scan_end
    from netaudit.protocols.carve import Search
    from netaudit.protocols.kernels_numbers import next_number
    from netaudit.protocols.kernels_silent import HELD, close_up, hold_datagrams
    from netaudit.streams.layouts import PIECE, RUN

    Search(0).feed(0, bytes(8))
    scan_of(b"")
    scan_end(np.frombuffer(bytes(8), np.uint8), 0)
    data, none = np.zeros(8, np.uint8), np.zeros(0, np.int64)
    next_number(np.frombuffer(bytes(8), np.uint8), 0)
    no_rows = np.zeros(0, HELD), none, np.zeros(0, np.uint64), none, np.zeros(0, np.int32)
    hold_datagrams(*no_rows, np.zeros(0, RUN), np.zeros(0, PIECE), data, data, 0)
    close_up(data, none, none)
    _packets()
    _publications()


def _publications() -> None:
    from netaudit.content.from_messages import are_plain_texts
    from netaudit.protocols.mqtt.publications import publications
    from netaudit.streams.layouts import PIECE
    from netaudit.tables.publications import of_publications

    block = publications(0, b'\x30\x0a\0\1t{"a":1}', 0, sure=True)
    assert block is not None
    block.flow_id, block.pieces = bytes(16), np.zeros(1, PIECE)
    block.place()
    of_publications([(block, are_plain_texts(np.frombuffer(block.data, np.uint8), block.rows))])


def _packets() -> None:
    """Open a datagram of QUIC, and a record of TLS."""
    from netaudit.protocols.decryption.kernels_quic import in_turn
    from netaudit.protocols.decryption.protection import Tls13
    from netaudit.protocols.decryption.quic_keys import Level, Packets
    from netaudit.protocols.decryption.quic_rows import NONE, Row
    from netaudit.protocols.decryption.records import Cutter
    from netaudit.protocols.decryption.suites import suites

    begins, ends = np.zeros(1, np.int64), np.full(1, 60, np.int64)
    Level(suites()[0x1301], 1, bytes(32)).open_row(b"\x40" + bytes(59), begins, ends, b"", -1)
    row = Row(Packets(begins, np.ones(1, np.uint8), begins + 1, begins), begins)
    cutter = Cutter()
    cutter.feed(0, b"\x17\3\3\0\x14" + bytes(20))
    Level(suites()[0x1303], 1, bytes(32)).header.masks(bytes(16 * 5))
    Tls13(suites()[0x1301], bytes(32)).open_row(0, *cutter.row(0x17, 1))
    in_turn(np.zeros(1, np.uint8), *row.columns, *NONE, np.zeros((2, 2), np.int64), np.empty((2, 4), np.int64))


def relays() -> None:
    """Compile what compares images with encrypted uploads, by an office that sends on what it receives."""
    import pyarrow as pa

    from netaudit.findings.correlation.forms import Form
    from netaudit.findings.correlation.from_tables import LEAST
    from netaudit.findings.correlation.judging import Pair, judge_pair
    from netaudit.findings.correlation.kernels_batches import sets_near
    from netaudit.findings.correlation.pair_probabilities import pair
    from netaudit.findings.correlation.series import Images, Names, Units

    second = 1_000_000_000
    count = 8 * LEAST
    row = np.arange(count)
    sizes = 20_000 + row * 997 % 8_000
    came = (1 + row * 7 + row % 3) * second
    named = pa.array([f"{number:064x}" for number in range(count)])
    images = Images(Names(named, named, named), row, sizes, came, came + second // 10)
    plain, none = sizes + 300, np.zeros(count, bool)
    sent = came + second // 2
    units = Units(row.astype(np.int32), np.ones(count, np.int32), row.astype(np.int32), sent, sent + second // 9,
                  plain, plain, np.ones(count, np.int64), none, ~none, none, none)  # fmt: skip
    span = (0, int(sent.max()) + 10 * second)
    for elsewhere in (False, True):
        judge_pair(Pair("10.0.0.1", ("10.0.0.1", "192.0.2.1", ""), images, units, span, elsewhere), 1)
    pair(images, units, Form(base64=False, window_s=1), 300)
    sets_near(sizes, 0, (0, 0, 0, 0), 0, 0, row)
    several = units.chosen(row[1::2])  # two images each
    several.low = several.high = several.low + sizes[::2]
    for sent_on in (several, units.chosen(row[::-1])):
        judge_pair(Pair("10.0.0.1", ("10.0.0.1", "192.0.2.1", ""), images, sent_on, span, elsewhere=False), 1)


PIECES = {
    "streams": (streams, 130),
    "packets": (packets, 84),
    "messages": (messages, 33),
    "lookups": (lookups, 40),
    "exchanges": (exchanges, 16),
    "relays": (relays, 33),
    "seldom": (seldom, 40),
}  # and about how many kernels
LATER = frozenset({"relays", "seldom"})  # needed in the last step where uploads are encrypted, and for few captures


def _captures(folder: Path) -> list[Path]:
    """The same few packets as pcap and pcapng."""
    plain, blocks = folder / "warm.pcap", folder / "warm.pcapng"
    frames = [_frame(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1), _frame(b"later", 40), _frame(b"x", 28), *_lookups()]
    plain.write_bytes(pcap(frames))
    blocks.write_bytes(_pcapng(frames))
    return [plain, blocks]


def _frame(payload: bytes, seq: int) -> bytes:
    tcp = struct.pack(">HHIIBBHHH", 40000, 80, seq, 1, 5 << 4, 0x18, 1024, 0, 0) + payload
    return packet(6, tcp, 1, 2)


def packet(proto: int, payload: bytes, source: int, target: int) -> bytes:
    """A frame of Ethernet between 10.0.0.`source` and 10.0.0.`target`, with a payload of IPv4."""
    ends = bytes((10, 0, 0, source)), bytes((10, 0, 0, target))
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, proto, 0, *ends)
    return bytes(12) + b"\x08\x00" + header + payload


def _lookup() -> tuple[bytes, bytes]:
    asked = b"\x01a\x02cn\0" + struct.pack(">HH", 1, 1)
    question = struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + asked
    answer = struct.pack(">6H", 1, 0x8180, 1, 1, 0, 0) + asked + b"\xc0\x0c" + struct.pack(">HHIH4x", 1, 1, 60, 4)
    return question, answer


def _lookups() -> Iterator[bytes]:
    """As many DNS lookups as it takes for columns to pay."""
    from netaudit.protocols.dns.lookups import LEAST

    question, answer = _lookup()
    for port in range(40_000, 40_000 + LEAST):
        yield packet(17, struct.pack(">HHHH", port, 53, 8 + len(question), 0) + question, 1, 2)
        yield packet(17, struct.pack(">HHHH", 53, port, 8 + len(answer), 0) + answer, 2, 1)


def pcap(frames: list[bytes]) -> bytes:
    """A capture of frames, all of one moment."""
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, ETHERNET)
    return head + b"".join(struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame for frame in frames)


def _pcapng(frames: list[bytes]) -> bytes:
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack("<IIHHII", 1, 20, ETHERNET, 0, 65535, 20)
    blocks = []
    for frame in frames:
        padded = frame + bytes(-len(frame) % 4)
        size = 32 + len(padded)
        blocks.append(
            struct.pack("<IIIIIII", 6, size, 0, 0, 2_000_000, len(frame), len(frame)) + padded + struct.pack("<I", size)
        )
    return section + interface + b"".join(blocks)
