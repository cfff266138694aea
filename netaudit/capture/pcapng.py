"""pcapng: sections of either byte order, any number of interfaces, every block; a kernel walks the packet blocks."""

from __future__ import annotations

import struct

import numpy as np

from netaudit.capture import blocks, kernels
from netaudit.capture.layouts import (
    BAD,
    CUSTOM,
    CUSTOM_LOCAL,
    CUT,
    ENHANCED,
    FOUND,
    FULL,
    INTERFACE,
    INTERFACE_BLOCK,
    JOURNAL,
    MAX_BLOCK,
    MORE,
    NAMES,
    NO_TIME,
    OBSOLETE,
    RARE,
    SECRETS,
    SECTION,
    SIMPLE,
    STATISTICS,
)
from netaudit.capture.source import MAX_TEXTS, Source
from netaudit.capture.walking import Bytes, Losses, Rows
from netaudit.core.contracts.reasons import reason

MAGIC = b"\x0a\x0d\x0d\x0a"
# Blocks that Wireshark shows as frames though they are no packets: they take a frame number, so that ours are the same.
NUMBERED = (CUSTOM, CUSTOM_LOCAL, JOURNAL, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222, 0x223)
SHORTEST = {SECTION: 28, INTERFACE_BLOCK: 20, OBSOLETE: 32, SIMPLE: 16, STATISTICS: 24, ENHANCED: 32, SECRETS: 20}
MAX_INTERFACES = 65_536  # per section
MORE_BYTES, TRUST, SEARCH = 0, -1, -2  # what `_other` says instead of a length


def order_of(head: bytes) -> str | None:
    """Byte order, as struct writes it, of the section header that `head` (>= 12 bytes) begins with; None for none."""
    if len(head) < 12 or head[:4] != MAGIC:
        return None
    return {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}.get(head[8:12])


class PcapngWalker:
    """Walks the blocks of one pcapng; see `walking.Walker`. The windows begin with the first section header."""

    def __init__(self, source: Source, capture: int, order: str) -> None:
        self.rows = Rows()
        self._source = source
        self._capture = capture
        self._losses = Losses(source)
        self._order = self._first_order = order
        self._frame = 0
        self._last_time = NO_TIME
        self._untimed = 0
        self._table = np.zeros(16, INTERFACE)  # room for this section's interfaces
        self._interfaces = self._table[:0]  # those declared
        self._interfaces.flags.writeable = False
        self._count = 0  # of interfaces in all sections
        self._section = 0
        self._drops: dict[tuple[int, int], int] = {}
        self._noted = np.empty((MAX_TEXTS, 2), np.int64)
        source.file_format = f"pcapng, {'little' if order == '<' else 'big'}-endian"

    def walk(self, buffer: Bytes, end: int, base: int, at_eof: bool) -> int:  # noqa: FBT001
        """See `walking.Walker`."""
        position, trusted = 0, -1
        while True:
            if self._losses.searching:
                position, found = self._find(buffer, position, end, at_eof)
                if found != FOUND:
                    if at_eof:
                        self._losses.end(base + end, sound=False)
                        return end
                    return position
                self._losses.end(base + position, sound=True)
            position, why = self._packets(buffer, position, end, at_eof, trusted)
            if why == MORE:
                return position
            if why == FULL:
                self.rows.grow()
            elif why == CUT:
                self._losses.cut(base + position, end - position)
                return end
            elif why == BAD:  # the block is framed well, its packet claims more than it holds
                self._losses.begin(base + position, "long_packet")
                position += (kernels.u4(buffer, position + 4, self._order == ">") + 3) & ~3
                self._losses.end(base + position, sound=True)
            else:
                step = self._other(buffer, position, end, base, at_eof, is_packet=why != RARE)
                if step == MORE_BYTES:
                    return position
                if step == TRUST and trusted != position:
                    trusted = position
                elif step < 0:
                    self._losses.begin(base + position, "corrupt_block")
                    position += 1
                else:
                    position += step

    def _packets(self, buffer: Bytes, position: int, end: int, at_eof: bool, trusted: int) -> tuple[int, int]:  # noqa: FBT001
        """Walk packet blocks up to something else."""
        untimed = self._untimed
        position, self._frame, self._last_time, self.rows.used, noted, self._untimed, why = kernels.walk_pcapng(
            buffer, position, end, at_eof, trusted, self._order == ">", self._interfaces, self._capture, self._frame,
            self._last_time, self.rows.array, self.rows.used, self._noted, 0, self._untimed,
        )  # fmt: skip
        if self._untimed and not untimed:
            self._source.report(reason("capture_times", n=self._untimed))
        for frame, at in self._noted[:noted]:
            self._note_comments(buffer, int(frame), int(at))
        return int(position), int(why)

    def _find(self, buffer: Bytes, position: int, end: int, at_eof: bool) -> tuple[int, int]:  # noqa: FBT001
        place, found = kernels.find_block(
            buffer, position, end, at_eof, self._order == ">", self._interfaces, self._last_time
        )
        return int(place), int(found)

    def _other(self, buffer: Bytes, position: int, end: int, base: int, at_eof: bool, *, is_packet: bool) -> int:  # noqa: FBT001
        """Take the block at `position` that the kernel left: any but packets, and packets whose framing is doubtful.

        Returns its length, or TRUST for a packet that the kernel may take, SEARCH for a corrupt block, MORE_BYTES.
        """
        order = self._order
        kind = kernels.u4(buffer, position, order == ">")
        if kind == SECTION:
            found = order_of(buffer[position : position + 12].tobytes())
            if found is None:
                return SEARCH
            order = found
        big = order == ">"
        total = kernels.u4(buffer, position + 4, big)
        length = int(total + 3) & ~3  # the draft demands multiples of 4, and some writers forget it
        if length < SHORTEST.get(kind, 12) or length > MAX_BLOCK:
            return SEARCH
        if position + length > end:
            if not at_eof:
                return MORE_BYTES
            if (
                not self._is_cut(buffer, position, end, kind)
                and self._find(buffer, position + 1, end, at_eof)[1] == FOUND
            ):
                return SEARCH
            self._losses.cut(base + position, end - position)
            return end - position
        if total not in (kernels.u4(buffer, position + length - 4, big), kernels.u4(buffer, position + total - 4, big)):
            verdict = self._chain(buffer, position + length, end, at_eof, big=big)
            if verdict != FOUND:
                return MORE_BYTES if verdict == MORE else SEARCH
            self._source.report(reason("capture_lengths", n=base + position))
        elif total != length:
            self._source.report(reason("capture_length", n=base + position, m=total))
        if is_packet:
            return TRUST
        self._order = order
        self._apply(kind, buffer[position + 8 : position + length - 4].tobytes(), base + position)
        return length

    def _is_cut(self, buffer: Bytes, position: int, end: int, kind: int) -> bool:
        """Whether what the file ends in is the beginning of a sound packet block."""
        if kind != ENHANCED or end - position < 28:
            return False
        big = self._order == ">"
        total, caplen = kernels.u4(buffer, position + 4, big), kernels.u4(buffer, position + 20, big)
        return bool(caplen <= kernels.u4(buffer, position + 24, big) and caplen + 32 <= total)

    def _chain(self, buffer: Bytes, position: int, end: int, at_eof: bool, *, big: bool) -> int:  # noqa: FBT001
        return int(kernels.check_blocks(buffer, position, end, at_eof, big, self._interfaces, self._last_time))

    def _apply(self, kind: int, body: bytes, offset: int) -> None:
        """Take what a block other than a packet says."""
        source, order = self._source, self._order
        if kind == SECTION:
            self._begin_section(body, offset)
        elif kind == INTERFACE_BLOCK:
            self._declare(body)
        elif kind == NAMES:
            for pair in blocks.names(body, order):
                if len(source.names) >= MAX_TEXTS:
                    source.left_out += 1
                    break
                source.names.append(pair)
        elif kind == STATISTICS:
            number, lost = blocks.statistics(body, order)
            if lost is not None and (len(self._drops) < MAX_INTERFACES or (self._section, number) in self._drops):
                self._drops[self._section, number] = lost  # counters of the whole capture so far: the last one holds
                source.drops = sum(self._drops.values())
        elif kind == SECRETS:
            blocks.keep_secrets(source, body, order)
            if not self._frame:
                source.early_secrets = len(source.secrets)
        elif kind in NUMBERED:
            self._frame += 1
        else:
            source.unknown_blocks += 1

    def _begin_section(self, body: bytes, offset: int) -> None:
        source = self._source
        self._section += 1
        self._interfaces = self._interfaces[:0]
        if self._order != self._first_order:
            source.file_format = "pcapng, little-endian and big-endian sections"
        major = struct.unpack_from(self._order + "H", body, 4)[0]
        if major != 1:
            source.report(reason("capture_version", n=offset, m=major))
        if (text := blocks.section_text(body, self._order)) and len(source.sections) < MAX_TEXTS:
            source.sections.append(text)

    def _declare(self, body: bytes) -> None:
        """Add an interface to this section."""
        number = len(self._interfaces)
        if number >= MAX_INTERFACES:
            self._source.left_out += 1
            return
        shown, row, problems = blocks.interface(body, self._order, self._count)
        self._count += 1
        for problem in problems:
            self._source.report(problem)
        if len(self._source.interfaces) < MAX_TEXTS:
            self._source.interfaces.append(shown)
        self._source.add_link_type(shown.link_type)
        if number == len(self._table):
            self._table = np.concatenate([self._table, np.zeros_like(self._table)])
        self._table[number] = row
        self._interfaces = self._table[: number + 1]
        self._interfaces.flags.writeable = False

    def _note_comments(self, buffer: Bytes, frame: int, at: int) -> None:
        """Keep the comments of the packet block at `at`."""
        big = self._order == ">"
        total, caplen = kernels.u4(buffer, at + 4, big), kernels.u4(buffer, at + 20, big)
        start = at + 28 + ((caplen + 3) & ~3)
        for text in blocks.comments(buffer[start : at + total - 4].tobytes(), self._order):
            if len(self._source.comments) < MAX_TEXTS:
                self._source.comments.append((frame, text))
            else:
                self._source.left_out += 1
