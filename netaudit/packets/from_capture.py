"""The door from capture: windows of records become decoded packets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from netaudit.capture.layouts import NO_TIME, RECORD, Window
from netaudit.packets.defrag import Defragmenter, Frame, Piece, Whole
from netaudit.packets.kernels import decode
from netaudit.packets.kernels_common import IPV4, IPV6, LINK
from netaudit.packets.layouts import FRAGMENT, GRE_DETAIL, MISSED, PACKET, Flag, Foreign, Skip
from netaudit.packets.unread import unread

if TYPE_CHECKING:
    from collections.abc import Iterator

# https://www.tcpdump.org/linktypes.html, without those that are decoded
LINKTYPES = {
    3: "AX25", 7: "ARCNET_BSD", 99: "SYMANTEC_FIREWALL", 106: "ATM_CLIP", 114: "LTALK", 118: "CISCO_IOS",
    120: "AIRONET_HEADER", 121: "HHDLC", 123: "SUNATM", 129: "ARCNET_LINUX", 130: "JUNIPER_MLPPP",
    131: "JUNIPER_MLFR", 132: "JUNIPER_ES", 133: "JUNIPER_GGSN", 134: "JUNIPER_MFR", 135: "JUNIPER_ATM2",
    136: "JUNIPER_SERVICES", 137: "JUNIPER_ATM1", 139: "MTP2_WITH_PHDR", 140: "MTP2", 141: "MTP3", 142: "SCCP",
    143: "DOCSIS", 144: "LINUX_IRDA", 165: "BACNET_MS_TP", 167: "JUNIPER_PPPOE", 168: "JUNIPER_PPPOE_ATM",
    169: "GPRS_LLC", 170: "GPF_T", 171: "GPF_F", 177: "LINUX_LAPD", 178: "JUNIPER_ETHER", 179: "JUNIPER_PPP",
    180: "JUNIPER_FRELAY", 181: "JUNIPER_CHDLC", 182: "MFR", 187: "BLUETOOTH_HCI_H4", 189: "USB_LINUX",
    195: "IEEE802_15_4_WITHFCS", 196: "SITA", 197: "ERF", 201: "BLUETOOTH_HCI_H4_WITH_PHDR", 202: "AX25_KISS",
    203: "LAPD", 207: "LAPB_WITH_DIR", 215: "IEEE802_15_4_NONASK_PHY", 220: "USB_LINUX_MMAPPED", 224: "FC_2",
    225: "FC_2_WITH_FRAME_DELIMS", 226: "IPNET", 227: "CAN_SOCKETCAN", 230: "IEEE802_15_4_NOFCS", 231: "DBUS",
    235: "DVB_CI", 236: "MUX27010", 237: "STANAG_5066_D_PDU", 243: "MPEG_2_TS", 244: "NG40", 245: "NFC_LLCP",
    247: "INFINIBAND", 248: "SCTP", 249: "USBPCAP", 250: "RTAC_SERIAL", 251: "BLUETOOTH_LE_LL",
    252: "WIRESHARK_UPPER_PDU", 253: "NETLINK", 254: "BLUETOOTH_LINUX_MONITOR", 255: "BLUETOOTH_BREDR_BB",
    256: "BLUETOOTH_LE_LL_WITH_PHDR", 257: "PROFIBUS_DL", 259: "EPON", 260: "IPMI_HPM_2", 261: "ZWAVE_R1_R2",
    262: "ZWAVE_R3", 263: "WATTSTOPPER_DLM", 264: "ISO_14443", 265: "RDS", 266: "USB_DARWIN", 268: "SDLC",
    270: "LORATAP", 271: "VSOCK", 272: "NORDIC_BLE", 273: "DOCSIS31_XRA31", 275: "DISPLAYPORT_AUX",
    278: "OPENVIZSLA", 279: "EBHSCR", 280: "VPP_DISPATCH", 283: "IEEE802_15_4_TAP", 286: "ELEE", 287: "Z_WAVE_SERIAL",
    288: "USB_2_0", 289: "ATSC_ALP", 290: "ETW", 292: "ZBOSS_NCP", 293: "USB_2_0_LOW_SPEED",
    294: "USB_2_0_FULL_SPEED", 295: "USB_2_0_HIGH_SPEED", 296: "AUERSWALD_LOG", 297: "ZWAVE_TAP",
    298: "SILABS_DEBUG_CHANNEL", 299: "FIRA_UCI",
}  # fmt: skip


def linktype_name(linktype: int) -> str:
    """Registry name of a link type that is not decoded, its number where it has none here."""
    if 147 <= linktype <= 162:
        return f"USER{linktype - 147}"
    return LINKTYPES.get(linktype, str(linktype))


def reason(skip: Skip, detail: int) -> str:
    """What was met, in the form 'reason:name'; the bare reason where there is nothing to name."""
    name = skip.name.lower()
    if skip is Skip.LINKTYPE_UNKNOWN:
        return f"{name}:{linktype_name(detail)}"
    if skip in (Skip.TUNNEL_UNKNOWN, Skip.ENCRYPTED):
        if detail >= GRE_DETAIL:
            return f"{name}:gre_0x{detail - GRE_DETAIL:04x}"
        return f"{name}:{Foreign(detail).name.lower()}"
    return name


CAPTURES = 1 << 16  # RECORD.capture is u2
MOST_NAMES = 1000  # of what is not read: the first ones, all others together
REMEMBERED = 16_384  # reassembled datagrams whose frames are kept
ALWAYS = (int(np.iinfo(np.int64).min), int(np.iinfo(np.int64).max))
NAMED = (Skip.LINKTYPE_UNKNOWN, Skip.TUNNEL_UNKNOWN, Skip.ENCRYPTED)

NOTES = ("start", "data", "length", "wire_length", "offset", "id", "next_at", "more", "next", "version")
CONTEXTS = ("src_hi", "src_lo", "dst_hi", "dst_lo", "vlan", "shard", "ts", "capture", "frame", "frame_length")

Array = npt.NDArray[np.void]
Bytes = npt.NDArray[np.uint8]


@dataclass(slots=True)
class Decoded:
    """What one window brought."""

    buffer: Bytes  # read-only, C-contiguous: the window's, or a longer copy with reassembled datagrams at its end
    packets: Array  # PACKET rows in the order of the capture, decoded ones only; read-only


class Decoder:
    """Decodes windows in the order of the audit, and keeps the books: packets read = decoded + skipped.

    Fragments that wait for the rest of their datagram are in neither count until it comes, or `finish`.
    """

    def __init__(self, *, since: int | None = None, until: int | None = None) -> None:
        """Decode packets with since <= time < until (UTC nanoseconds); None: no limit."""
        self._period = (ALWAYS[0] if since is None else since, ALWAYS[1] if until is None else until)
        self._times = np.full(CAPTURES, NO_TIME)
        self._scratch = self._times.copy()  # datagrams put together must not turn the clock back
        self._defragmenter = Defragmenter()
        self._twice: Counter[int] = Counter()  # second readings in this window
        self.decoded: Counter[int] = Counter()  # by capture
        self.skipped: Counter[tuple[int, Skip]] = Counter()
        self.unread: Counter[int] = Counter()  # of those skipped, packets that were handed on
        self.names: Counter[tuple[int, str]] = Counter()  # "linktype_unknown:USER0", "tunnel_unknown:gtp" …
        self.overlaps: Counter[int] = Counter()  # fragments that say other bytes than an earlier one, by capture
        self.contested: Counter[int] = Counter()  # second readings of datagrams, by capture: not packets of it
        self.fragments: dict[Frame, tuple[Frame, ...]] = {}  # completing frame → the others of its datagram

    def feed(self, window: Window) -> Decoded:
        """Decode a window. The buffer of the result is valid as long as the window's."""
        buffer, records = readonly(window.buffer), readonly(window.records)
        packets, fragments, contexts, missed = decode_rows(
            buffer, records, self._times, self._period, blank(len(records)), LINK
        )
        self._skip(records["capture"][missed["record"]], missed)
        if len(fragments):
            buffer, packets = self._defragment(buffer, packets, fragments, contexts)
        if len(packets):
            for capture, count in zip(*np.unique(packets["capture"], return_counts=True), strict=True):
                self.decoded[int(capture)] += int(count) - self._twice.pop(int(capture), 0)
            self._set_apart(buffer, packets)
        return Decoded(buffer, readonly(packets))

    def finish(self) -> None:
        """Give up the fragments that never became a datagram."""
        self._drop(self._defragmenter.finish())

    def _skip(self, captures: npt.NDArray[np.uint16], missed: Array) -> None:
        """Count packets that were not decoded."""
        if not len(missed):
            return
        keys = np.empty(len(missed), [("capture", "u8"), ("skip", "u8"), ("detail", "u8")])
        keys["capture"], keys["skip"], keys["detail"] = captures, missed["skip"], missed["detail"]
        for (capture, code, detail), count in zip(
            *map(np.ndarray.tolist, np.unique(keys, return_counts=True)), strict=True
        ):
            skip = Skip(code)
            self.skipped[capture, skip] += count
            if skip in NAMED:
                self.names[capture, reason(skip, detail)] += count

    def _set_apart(self, buffer: Bytes, packets: Array) -> None:
        """Count packets that are handed on and that nobody reads: they are not called decoded."""
        last = (-1, -1)
        for row, capture, skip, name in unread(buffer, packets):
            frame = capture, int(packets["frame"][row])
            if frame == last:  # the other reading of a datagram
                continue
            last = frame
            self.decoded[capture] -= 1
            self.unread[capture] += 1
            self.skipped[capture, skip] += 1
            if name:
                known = (capture, name) in self.names or len(self.names) < MOST_NAMES
                self.names[capture, name if known else f"{skip.name.lower()}:others"] += 1

    def _drop(self, pieces: list[Piece] | tuple[Piece, ...]) -> None:
        for piece in pieces:
            self.skipped[piece.frame[0], Skip.FRAGMENT_INCOMPLETE] += 1

    def _defragment(self, buffer: Bytes, packets: Array, fragments: Array, contexts: Array) -> tuple[Bytes, Array]:
        """Put fragments together; gives the buffer and the packets with those that became whole in their places."""
        places: list[int] = []
        rows: list[Array] = []
        added: list[bytes] = []
        size = len(buffer)
        view = buffer.data
        for i, (note, piece) in enumerate(zip(fragments, pieces_of(view, fragments, contexts), strict=True)):
            for row, packet in self._add(piece, contexts[i : i + 1]):
                row["payload"] += size
                places.append(int(note["place"]))
                rows.append(row)
                added.append(packet)
                size += len(packet)
        if not rows:
            return buffer, packets
        longer = np.empty(size, np.uint8)
        longer[: len(buffer)] = buffer
        longer[len(buffer) :] = np.frombuffer(b"".join(added), np.uint8)
        order = np.concatenate([2 * np.arange(len(packets)) + 1, 2 * np.array(places)])
        return readonly(longer), np.concatenate([packets, *rows])[np.argsort(order, kind="stable")]

    def _add(self, piece: Piece, context: Array) -> list[tuple[Array, bytes]]:
        """Hand a fragment on; where it completes a datagram, decode that, and again where that is a fragment.

        Where its fragments contradict each other, the other reading follows: a packet more than was captured.
        """
        while True:
            outcome = self._defragmenter.add(piece)
            self._drop(outcome.dropped)
            capture = piece.frame[0]
            self.overlaps[capture] += outcome.conflict
            if outcome.repeated:
                self.skipped[capture, Skip.FRAGMENT] += 1
            if outcome.oversized:
                self.skipped[capture, Skip.MALFORMED_IP] += 1
            if outcome.whole is None:
                return []
            packets, fragments, contexts, missed = self._resume(outcome.whole, outcome.whole[:2], context)
            others = self._used(outcome.whole)
            self._skip(np.full(len(missed), capture, np.uint16), missed)
            if len(packets):
                self._remember(piece.frame, others)
                return [(packets, outcome.whole.packet), *self._other_reading(outcome.whole, context)]
            if not len(fragments):
                return []
            piece = next(pieces_of(memoryview(outcome.whole.packet), fragments, contexts))
            piece, context = piece._replace(others=others), contexts

    def _other_reading(self, whole: Whole, context: Array) -> list[tuple[Array, bytes]]:
        """The second reading of a datagram, where it has one that decodes."""
        if whole.other is None:
            return []
        packets, _, _, _ = self._resume(whole, whole.other, context)
        self.contested[whole.pieces[-1].frame[0]] += len(packets)
        self._twice[whole.pieces[-1].frame[0]] += len(packets)
        return [(packets, whole.other[0])] if len(packets) else []

    def _resume(self, whole: Whole, reading: tuple[bytes, int], context: Array) -> tuple[Array, Array, Array, Array]:
        """Decode a reading (bytes, length on the wire) of a datagram in the context of the packet that completed it."""
        packet, wire_length = reading
        rows = context.copy()
        rows["flags"] |= np.uint8(Flag.REASSEMBLED | (Flag.CONTESTED if whole.other else 0))
        rows["frame_length"] = min(sum(piece.frame_length for piece in whole.pieces), 0xFFFFFFFF)
        record = np.zeros(1, RECORD)
        for name in ("ts", "frame", "capture", "interface"):
            record[name] = rows[name]
        record["caplen"], record["wirelen"] = len(packet), wire_length
        buffer = np.frombuffer(packet, np.uint8)
        begin = IPV4 if whole.pieces[0].version == 4 else IPV6
        return decode_rows(buffer, readonly(record), self._scratch, ALWAYS, rows, begin)

    def _used(self, whole: Whole) -> tuple[Frame, ...]:
        """Count the fragments of a datagram but the last; gives all frames that fed it but the last's own."""
        *earlier, last = whole.pieces
        for piece in earlier:
            self.skipped[piece.frame[0], Skip.FRAGMENT] += 1
        return tuple(frame for piece in earlier for frame in (*piece.others, piece.frame)) + last.others

    def _remember(self, frame: Frame, others: tuple[Frame, ...]) -> None:
        self.fragments[frame] = others
        if len(self.fragments) > REMEMBERED:
            del self.fragments[next(iter(self.fragments))]


def decode_rows(
    buffer: Bytes, records: Array, times: npt.NDArray[np.int64], period: tuple[int, int], packets: Array, begin: int
) -> tuple[Array, Array, Array, Array]:
    """Run the kernel; gives packets, fragments with their contexts, and missed, each cut to its length."""
    count = len(records)
    fragments, contexts = np.zeros(count + 1, FRAGMENT), blank(count)
    missed = np.zeros(count + 1, MISSED)
    done, lost, held = decode(buffer, records, NO_TIME, *period, times, packets, fragments, contexts, missed, begin)
    return packets[:done], fragments[:held], contexts[:held], missed[:lost]


def pieces_of(view: memoryview, fragments: Array, contexts: Array) -> Iterator[Piece]:
    """Fragments with their bytes, from the kernel's notes and the packets' contexts."""
    notes = zip(*(fragments[name].tolist() for name in NOTES), strict=True)
    rows = zip(*(contexts[name].tolist() for name in CONTEXTS), strict=True)
    for note, row in zip(notes, rows, strict=True):
        start, data, length, wire_length, offset, number, next_at, more, following, version = note
        src_hi, src_lo, dst_hi, dst_lo, vlan, shard, ts, capture, frame, frame_length = row
        protocol = following if version == 4 else 0  # RFC 8200 leaves it out of the key
        yield Piece(
            key=(version, src_hi, src_lo, dst_hi, dst_lo, number, protocol, vlan),
            shard=shard,
            ts=ts,
            frame=(capture, frame),
            others=(),
            frame_length=frame_length,
            version=version,
            header=bytes(view[start : data if version == 4 else data - 8]),
            next_at=next_at - start,
            next=following,
            offset=offset,
            wire_length=wire_length,
            more=bool(more),
            data=bytes(view[data : data + length]),
        )


def blank(count: int) -> Array:
    """PACKET rows for `count` records; the kernel needs one at least."""
    return np.zeros(count + 1, PACKET)


def readonly(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Read-only, C-contiguous view: the one form in which arrays go into kernels."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
