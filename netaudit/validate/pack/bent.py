"""Captures of which something was changed at random: packets within sound files, and the files themselves.

What a change makes of a capture is not known beforehand, so nothing is asked but what the released copy told (A90).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from netaudit.validate.pack.answers import Made
from netaudit.validate.pack.draw import Draw

if TYPE_CHECKING:
    from netaudit.validate.pack.containers import Packet

MOST = 140  # packets of a capture
ODDS = 6  # one packet in so many is changed
HEADS = 90  # bytes of a frame in which its heads mostly lie
COPIES = 5  # of each kind of file
KEPT = 9000  # bytes of a file whose structure is changed
BY_BYTE = ("rare", "links")  # rooms that `edges.py` changes byte by byte
EDGES = (0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF)


def bent(known: Sequence[Made]) -> Iterator[Made]:
    """Of captures one each with changed packets, of every kind of file some that are changed as files."""
    for made in known:
        if made.write is not None and made.packets and made.room not in BY_BYTE:
            draw = Draw(f"bent {made.name}")
            yield Made(
                f"bent-{made.name}", made.write(list(_packets(draw, made.packets[:MOST]))), room=f"bent-{made.room}"
            )
    for made in (one for one in known if one.room == "containers"):
        for number in range(COPIES):
            draw = Draw(f"broken {number} {made.name}")
            yield Made(f"broken{number}-{made.name}", _file(draw, made.data), room=f"broken-{number}")


def _packets(draw: Draw, packets: Sequence[Packet]) -> Iterator[Packet]:
    """Lost, doubled, late, cut and changed ones among the others."""
    late: list[Packet] = []
    for packet in packets:
        what = draw.below(ODDS * 8)
        if what == 0:
            continue
        if what == 1:
            yield packet
        if what == 2:
            late.append(packet)
            continue
        if what == 3:
            yield replace(packet, data=packet.data[: draw.below(len(packet.data)) + 1], wire=packet.length)
        elif what < 8:
            yield replace(packet, data=_changed(draw, packet.data, HEADS)) if what > 3 else packet
        else:
            yield packet
        if late and draw.below(3) == 0:
            yield replace(late.pop(), ts=packet.ts)
    yield from (replace(one, ts=packets[-1].ts) for one in late)


def _changed(draw: Draw, data: bytes, within: int) -> bytes:
    """One byte or word another one: at an edge of what it can be, one bit, one more, or anything."""
    at = draw.below(min(len(data), within))
    how = draw.below(5)
    if how == 0:
        value = draw.one(EDGES)
    elif how == 1:
        value = data[at] ^ 1 << draw.below(8)
    elif how == 2:
        value = (data[at] + draw.one((1, 255))) & 0xFF
    elif how == 3:
        value = draw.below(256)
    else:
        return data[:at] + struct.pack(">H", draw.below(1 << 16))[: len(data) - at] + data[at + 2 :]
    return data[:at] + bytes([value]) + data[at + 1 :]


def _file(draw: Draw, data: bytes) -> bytes:
    """The beginning of a file, with bytes changed, left out, put in, or cut off; early ones more often."""
    kept = bytearray(data[:KEPT])
    for _ in range(draw.between(1, 3)):
        within = draw.one((30, 200, len(kept)))
        at = draw.below(min(within, len(kept)))
        how = draw.below(6)
        if how < 3:
            kept = bytearray(_changed(draw, bytes(kept), within))
        elif how == 3:
            del kept[at : at + draw.between(1, 40)]
        elif how == 4:
            kept[at:at] = draw.octets(draw.between(1, 40))
        else:
            del kept[len(kept) - draw.below(200) :]
    return bytes(kept)
