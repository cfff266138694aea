"""What streams hand on: runs of ordered bytes of a flow, the packets they came in, and the flow's counters."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

UP, DOWN = 0, 1  # client to server, server to client
SYNS, MIDWAY = 1 | 2, 32  # bits of FLOW.handshake

PIECE = np.dtype(
    [
        ("offset", "u8"),  # of its first byte in the stream of its direction
        ("ts", "i8"),
        ("frame", "u8"),
        ("length", "u4"),
        ("capture", "u2"),
    ],
    align=True,
)


class Doubt(IntEnum):
    """Bits of FLOW.doubts: why a packet may not have counted for the receiver, and what came of it.

    The first eight are noted only where it mattered: bytes that others contradict, or a SYN, FIN or RST not believed.
    """

    CHECKSUM = 1  # wrong, while others of its direction are right (so it is no offloading)
    TTL = 2  # lower than that of its direction
    STAMP = 4  # an older timestamp than was received (PAWS: RFC 7323, 5)
    NO_ACK = 8  # data without the ACK flag (RFC 9293, 3.10.7.4)
    LINK = 16  # other link addresses, VLAN or tunnel than its direction has
    WINDOW = 32  # behind what the receiver lets the other side send
    LENGTH = 64  # IP length 0 in a frame that needed no offloading
    FRAGMENTS = 128  # of fragments that contradict each other
    SYN = 256  # a SYN with another number, which the connection outlived
    RESET = 512  # a RST, which it outlived
    FIN = 1024  # bytes went on behind a FIN
    ACK = 2048  # bytes were acknowledged, then not any more
    CONFLICT = 4096  # other bytes in the same place
    VARIANT = 8192  # this row is the other reading of a flow with conflicts
    CUT_SHORT = 16384  # ended for a bound while it was going on
    URGENT = 32768  # a byte was sent out of band (RFC 6093): it is not in the stream
    STRANGER_UP = 65536  # upward bytes were taken that another link address sent than those before
    STRANGER_DOWN = 131072  # downward ones likewise
    TAIL_UP = 262144  # the connection was reset before its last upward bytes were acknowledged
    TAIL_DOWN = 524288  # downward ones likewise
    SHORT_UP = 1048576  # an answer that came after the last upward bytes acknowledged fewer of them
    SHORT_DOWN = 2097152  # downward ones likewise
    SUMS_UP = 4194304  # upward bytes were taken of segments whose checksums are wrong, while others are right
    SUMS_DOWN = 8388608  # downward ones likewise
    CLEAR = 16777216  # words in clear where it calls its bytes encrypted (TLS, DTLS, QUIC)


BURSTS = 5  # bursts of upward bytes by size: < 8 KiB, < 32 KiB, < 128 KiB, < 512 KiB, more

FLOW = np.dtype(
    [
        ("serial", "u8"),  # running number in this worker; names the flow while the audit runs, never written
        ("variant_of", "u8"),  # serial of the flow of which this is the other reading, 0 none
        ("client_hi", "u8"),
        ("client_lo", "u8"),
        ("server_hi", "u8"),
        ("server_lo", "u8"),
        ("client_mac", "u8"),
        ("server_mac", "u8"),
        ("client_outer_hi", "u8"),  # sender of the bearer of a tunnel, of packets from the client; 0 without a tunnel
        ("client_outer_lo", "u8"),
        ("server_outer_hi", "u8"),
        ("server_outer_lo", "u8"),
        ("first_ts", "i8"),
        ("last_ts", "i8"),
        ("first_frame", "u8"),
        ("last_frame", "u8"),
        ("first_seq", "u4"),  # of the first packet seen (part of the flow's identity), 0 for UDP
        ("vlan", "u4"),
        ("doubts", "u4"),  # Doubt bits
        ("client_port", "u2"),
        ("server_port", "u2"),
        ("capture", "u2"),  # of the first packet
        ("last_capture", "u2"),
        ("proto", "u1"),  # 6 TCP, 17 UDP, others counted by IP protocol with ports 0
        ("tunnel", "u1"),
        ("shard", "u1"),
        ("state", "u1"),  # streams' own
        ("handshake", "u1"),  # 1 SYN seen, 2 SYN-ACK seen, 4 FIN up, 8 FIN down, 16 RST, 32 bytes before any SYN
        ("ignored", "u1"),  # bytes are counted, not delivered, from now on
        ("packets", "u8", (2,)),  # [UP, DOWN]
        ("bytes", "u8", (2,)),  # frame bytes on the wire
        ("payload", "u8", (2,)),  # transport payload bytes captured (ledger: = sum of the next five)
        ("delivered", "u8", (2,)),  # handed on in order, or counted only when ignored
        ("duplicate", "u8", (2,)),  # bytes already delivered or already waiting
        ("conflicting", "u8", (2,)),  # like duplicate, but with other content
        ("evicted", "u8", (2,)),  # dropped under a budget
        ("after_close", "u8", (2,)),
        ("missing", "u8", (2,)),  # never captured: gaps, snaplen, acknowledged but unseen
        ("start_seq", "i8", (2,)),  # sequence number of stream offset 0, -1 where it is not known
        ("bursts", "u4", (BURSTS,)),  # of upward payload between two downward payloads or 1 s of silence
    ],
    align=True,
)


class Kind(IntEnum):
    """What a run is."""

    BYTES = 0
    GAP = 1


NO_PIECES = np.frombuffer(b"", PIECE)


@dataclass(slots=True)
class Run:
    """Consecutive bytes of one direction, or a gap in them."""

    direction: int  # UP or DOWN
    offset: int  # of the first byte in the stream of this direction
    length: int
    data: bytes  # empty for a gap
    pieces: npt.NDArray[np.void]  # PIECE rows, one per packet (UDP: one per datagram); empty for a gap

    @property
    def is_gap(self) -> bool:
        """Whether these bytes were never captured."""
        return not self.data


class Columns(NamedTuple):
    """Runs as they lie in a batch; hold only as long as that."""

    runs: npt.NDArray[np.void]  # RUN rows
    pieces: npt.NDArray[np.void]  # PIECE rows they point into
    payload: npt.NDArray[np.uint8]  # bytes they point into

    def delivered(self, direction: int) -> int:
        """Bytes of a direction."""
        own = self.runs[(self.runs["direction"] == direction) & (self.runs["kind"] == Kind.BYTES)]
        return int(own["length"].sum())

    def objects(self) -> Iterator[tuple[int, Run]]:
        """Each as an object, and its row; it owns its bytes, so that keeping one does not keep its batch."""
        raw, payload, size, gap = self.pieces.view(np.uint8).data, self.payload.data, PIECE.itemsize, int(Kind.GAP)
        for row, direction, offset, length, at, piece_from, piece_to, kind in self.runs.tolist():
            if kind == gap:
                run = Run(direction, offset, length, b"", NO_PIECES)
            else:
                own = np.frombuffer(bytes(raw[piece_from * size : piece_to * size]), PIECE)
                run = Run(direction, offset, length, bytes(payload[at : at + length]), own)
            yield row, run


@dataclass(slots=True)
class Delivery:
    """What one window brought for one flow: runs in the order of the capture, directions interleaved as they came."""

    flow: np.void  # FLOW row as of now (a copy)
    runs: list[Run] = field(default_factory=list)
    closed: bool = False  # nothing will follow; `flow` has the final counters
    columns: Columns | None = None  # instead of runs, where these are many and may be taken together

    @property
    def brings(self) -> bool:
        """Whether there is any run."""
        return bool(self.runs) or self.columns is not None


# What follows is the stage's own working state; nothing outside streams reads it.

RECENT_SEGMENTS = 4  # delivered segments remembered per direction, to notice a retransmission with other bytes
LISTS = 4  # per shard, least recently used first: TCP, UDP and others, closing TCP, TCP that has only begun

CONNECTION = np.dtype(
    [
        ("serial", "i8"),  # 0: free slot; else running number << SLOT_BITS | slot
        ("client_hi", "u8"),
        ("client_lo", "u8"),
        ("server_hi", "u8"),
        ("server_lo", "u8"),
        ("client_mac", "u8"),
        ("server_mac", "u8"),
        ("client_outer_hi", "u8"),  # sender of the bearer of a tunnel, of packets from the client; 0 without a tunnel
        ("client_outer_lo", "u8"),
        ("server_outer_hi", "u8"),
        ("server_outer_lo", "u8"),
        ("first_ts", "i8"),
        ("last_ts", "i8"),
        ("first_frame", "u8"),
        ("last_frame", "u8"),
        ("clock", "i8"),  # shard clock at the last packet
        ("used", "i8"),  # number of the last packet within the shard
        ("epoch", "i8"),  # batch in which the flow got its output row
        ("seen", "i8"),  # batch in which the slot was put on the list of touched ones
        ("burst", "i8"),  # bytes of the open upward burst
        ("burst_clock", "i8"),
        ("bursts", "u4", (BURSTS,)),
        ("first_seq", "u4"),
        ("vlan", "u4"),
        ("doubts", "u4"),
        ("shadow", "i4"),  # slot of the other reading, -1 none
        ("main", "i4"),  # slot of the flow of which this is the other reading, -1 none
        ("chain", "i4"),  # next slot of the hash bucket, or of the free list
        ("bucket", "i4"),
        ("older", "i4"),  # neighbours in the list of least recent use
        ("newer", "i4"),
        ("row", "i4"),  # output row of this batch
        ("client_port", "u2"),
        ("server_port", "u2"),
        ("capture", "u2"),
        ("last_capture", "u2"),
        ("proto", "u1"),
        ("tunnel", "u1"),
        ("shard", "u1"),
        ("list", "u1"),  # index of the list of least recent use
        ("depth", "u1"),
        ("handshake", "u1"),
        ("ignored", "u1"),
    ],
    align=True,
)

SIDE = np.dtype(  # one direction of a connection: row 2 * slot + direction
    [
        ("packets", "i8"),
        ("bytes", "i8"),
        ("payload", "i8"),
        ("delivered", "i8"),
        ("duplicate", "i8"),
        ("conflicting", "i8"),
        ("evicted", "i8"),
        ("after_close", "i8"),
        ("missing", "i8"),
        ("base", "i8"),  # sequence number of stream offset 0
        ("next", "i8"),  # offset of the next byte to hand on
        ("highest", "i8"),  # offset behind the furthest byte seen
        ("acked", "i8"),  # offset up to which the other side acknowledges
        ("fin", "i8"),  # offset of the end, NO_END unknown
        ("waiting", "i8"),  # bytes behind a hole
        ("ripe", "i8"),  # holes below this offset were acknowledged long enough ago to be given up
        ("mark", "i8"),  # acknowledged offset that ripens next, -1 none
        ("mark_clock", "i8"),
        ("mark_packets", "i8"),
        ("odd_seq", "i8"),  # where a segment after the last implausible one would begin
        ("heard", "i8"),  # offset that the other side acknowledged last
        ("limit", "i8"),  # offset up to which the other side lets it send, NO_END unknown
        ("from_mac", "u8"),  # the link its packets come over
        ("to_mac", "u8"),
        ("syn_ts", "i8"),  # a SYN with another number that may yet prove to begin another connection
        ("syn_frame", "u8"),
        ("syn_bytes", "i8"),
        ("syn_seq", "u4"),
        ("stamp", "u4"),  # latest timestamp received in order
        ("vlan", "u4"),
        ("head", "i4"),  # waiting segments in order, -1 none
        ("tail", "i4"),
        ("count", "i4"),  # of waiting segments
        ("doubtful", "i4"),  # of those, doubtful ones
        ("hole_older", "i4"),  # neighbours in the shard's list of directions with waiting segments
        ("hole_newer", "i4"),
        ("odd", "u1"),  # implausible segments in a row
        ("based", "u1"),  # how `base` is known: a Base code
        ("starting", "u1"),  # the first segment of a connection met midway is held for one packet
        ("recent", "u1"),  # next place in the ring of delivered segments
        ("syn_capture", "u2"),
        ("syn_flags", "u1"),  # of the SYN held, 0 none
        ("syn_scale", "u1"),
        ("ttl", "u1"),
        ("tunnel", "u1"),
        ("stamped", "u1"),  # whether `stamp` is known
        ("scale", "u1"),  # 1 + window scale it offered, 0 none
        ("summed", "u1"),  # whether a packet of it had a right checksum
        ("trusted", "u1"),  # a doubtful segment of it was acknowledged: the next packet shows how it looks now
        ("reset", "u1"),  # it sent a RST
        ("strange", "u1"),  # bytes from another link address than those before wait to be acknowledged
        ("short", "u1"),  # the other side's last payload came after its own, and acknowledged less
    ],
    align=True,
)

WAITING = np.dtype(
    [
        ("offset", "i8"),
        ("source", "i8"),  # of its bytes: offset in the buffer of this batch, or -1 - offset in the arena
        ("ts", "i8"),
        ("frame", "u8"),
        ("clock", "i8"),  # shard clock when it came
        ("length", "u4"),
        ("cut", "u4"),  # bytes behind it that the snap length took
        ("next", "i4"),  # in stream order, or of the free list
        ("capture", "u2"),
        ("used", "u1"),
        ("doubt", "u1"),  # reasons of doubt (the first eight of Doubt): waits until acknowledged, or something better
    ],
    align=True,
)

RECENT = np.dtype(
    [
        ("offset", "i8"),
        ("value", "i8"),  # checksum, or while `fresh` the place of the bytes (as WAITING.source)
        ("length", "u4"),  # 0: empty
        ("fresh", "u1"),
    ],
    align=True,
)

SHARD = np.dtype(
    [
        ("clock", "i8"),  # latest capture time seen, never going back
        ("counter", "i8"),  # packets so far
        ("expiry", "i8"),  # no flow times out before
        ("scan", "i8"),  # holes are looked through again at
        ("waiting", "i8"),  # bytes
        ("segments", "i8"),  # waiting segments
        ("flows", "i8"),
        ("begun", "i8"),  # flows that have only begun
        ("oldest", "i4", (LISTS,)),
        ("newest", "i4", (LISTS,)),
        ("hole_oldest", "i4"),
        ("hole_newest", "i4"),
    ],
    align=True,
)

EMITTED = np.dtype(
    [
        ("offset", "i8"),
        ("length", "i8"),
        ("source", "i8"),
        ("ts", "i8"),
        ("frame", "u8"),
        ("acked", "i8"),  # offset up to which its sender had acknowledged the other direction
        ("settled", "i8"),  # offset up to which its own direction had been acknowledged
        ("row", "i4"),  # output row of its flow
        ("capture", "u2"),
        ("direction", "u1"),
        ("kind", "u1"),  # a Kind; + COUNTED where nobody wants the bytes any more, but records are still walked
    ],
    align=True,
)

RUN = np.dtype(
    [
        ("row", "i8"),
        ("direction", "i8"),
        ("offset", "i8"),
        ("length", "i8"),
        ("bytes_at", "i8"),
        ("piece_from", "i8"),
        ("piece_to", "i8"),
        ("kind", "i8"),
    ],
    align=True,
)

CURSOR = np.dtype(
    [
        ("position", "i8"),  # next packet of the batch
        ("epoch", "i8"),  # number of the batch
        ("serial", "i8"),  # running number of the last flow
        ("seed", "u8"),  # of the hash
        ("emitted", "i8"),
        ("rows", "i8"),
        ("touched", "i8"),
        ("free_slot", "i8"),  # heads of the free lists, -1 none
        ("free_segment", "i8"),
        ("free_segments", "i8"),  # length of that list
        ("arena", "i8"),  # bytes used from its start
        ("side", "i8"),  # of the packet under way, where it acknowledges
        ("ack", "i8"),  # its acknowledgement number
    ],
    align=True,
)

LIMITS = np.dtype(
    [
        (name, "i8")
        for name in (
            "flows", "shard_bytes", "shard_segments", "side_bytes", "side_segments",
            "tcp_idle", "udp_idle", "linger", "hole_age", "ack_age", "ack_packets", "lone_age", "lone_segments",
        )
    ],
    align=True,
)  # fmt: skip

UNDECIDED, NO_RECORDS, TLS, QUIC, PLAIN = 0, 1, 2, 3, 4  # WALK.kind, UNIT.kind
COUNTED = 2  # added to EMITTED.kind

UNIT = np.dtype(  # a request-shaped run of what a client sent encrypted
    [
        ("serial", "i8"),  # FLOW.serial
        ("first_ts", "i8"),
        ("last_ts", "i8"),
        ("answered_ts", "i8"),  # 0: the unit ended otherwise
        ("first_frame", "u8"),
        ("last_frame", "u8"),
        ("octets", "i8"),  # sum of the lengths of its records (without their 5 bytes of head) or datagrams
        ("before_octets", "i8"),  # the same of the server's application records since the unit before
        ("records", "u4"),
        ("before_records", "u4"),
        ("ordinal", "u4"),  # within the flow
        ("first_capture", "u2"),
        ("last_capture", "u2"),
        ("kind", "u1"),  # TLS, QUIC or PLAIN
        ("from_start", "u1"),  # the flow was followed from its first record
        ("lossy", "u1"),  # records may be missing, or its ends be wrong
    ],
    align=True,
)

SPAN = np.dtype(  # records of equal length in a row
    [("serial", "i8"), ("ordinal", "u4"), ("length", "u4"), ("repeats", "u4")],
    align=True,
)

LATE = 32  # a hole is given up within 64 packets: no more requests with an answer to each come behind it

ANSWERS = np.dtype(  # a server's records that came while bytes of the client waited behind a hole
    [
        ("ts", "i8", (LATE,)),
        ("acked", "i8", (LATE,)),  # offset of the client's bytes that they acknowledged
        ("octets", "i8", (LATE,)),  # with those that followed and acknowledged no more
        ("records", "u4", (LATE,)),
    ],
    align=True,
)

WALK = np.dtype(  # state of the walk along the records of a flow
    [
        ("serial", "i8"),
        ("sent", "i8"),  # stream offset behind the client's last byte
        ("octets", "i8"),
        ("first_ts", "i8"),
        ("last_ts", "i8"),
        ("answered_ts", "i8"),
        ("before_octets", "i8"),
        ("hello_ts", "i8"),  # QUIC: of the client's first datagram
        ("trip", "i8"),  # QUIC: ns until its first answer
        ("first_frame", "u8"),
        ("last_frame", "u8"),
        ("head", "u8", (2,)),  # last bytes of a record's head
        ("need", "i8", (2,)),  # bytes of the record to come; QUIC: bytes of the datagram under way
        ("searched", "i8", (2,)),
        ("size", "u4", (2,)),  # of the record under way
        ("earlier", "u4", (4,)),  # of each direction: sizes of the first two records of a chain not yet believed
        ("records", "u4"),
        ("before_records", "u4"),
        ("ordinal", "u4"),
        ("span_length", "u4"),
        ("span_repeats", "u4"),
        ("spans", "u4"),
        ("first_capture", "u2"),
        ("last_capture", "u2"),
        ("got", "u1", (2,)),  # bytes in head
        ("mode", "u1", (2,)),
        ("chained", "u1", (2,)),
        ("type", "u1", (2,)),
        ("words", "u1", (2,)),  # bytes of text that the last ones of a record are
        ("kind", "u1"),
        ("client", "u1"),  # direction of the client
        ("open", "u1"),  # a unit is under way
        ("lossy", "u1"),
        ("from_start", "u1"),
        ("late", "u1"),  # how many of its row of ANSWERS are kept
    ],
    align=True,
)

WALKED = np.dtype(
    [("position", "i8"), ("kept", "i8"), ("units", "i8"), ("spans", "i8"), ("row", "i8")],
    align=True,
)

NO_END = -(1 << 62)  # SIDE.fin; a direction met midway can have a negative one until it starts
SLOT_BITS = 20  # low bits of a serial: the slot of the flow


class Base(IntEnum):
    """How the sequence number of stream offset 0 is known."""

    NONE = 0
    ACK = 1  # the other side expects it; corrected by the first payload
    DATA = 2
    SYN = 3


class Tables(NamedTuple):
    """All state of an assembler, as kernels take it."""

    connections: npt.NDArray[Any]
    sides: npt.NDArray[Any]
    waiting: npt.NDArray[Any]
    recents: npt.NDArray[Any]  # RECENT_SEGMENTS rows per side
    shards: npt.NDArray[Any]
    buckets: npt.NDArray[Any]  # i4 slots, -1 empty
    cursor: npt.NDArray[Any]  # one CURSOR row
    limits: npt.NDArray[Any]  # one LIMITS row, times in ns
    emitted: npt.NDArray[Any]
    rows: npt.NDArray[Any]  # FLOW rows of this batch
    row_slots: npt.NDArray[Any]  # i4 slot of each row, -1 once closed
    touched: npt.NDArray[Any]  # i4 slots whose ring may hold fresh entries
    walks: npt.NDArray[Any]  # WALK row per slot
    answers: npt.NDArray[Any]  # ANSWERS row per slot; apart, since hardly any flow has some
