"""Small publications of MQTT, many at a time: where they lie, and which packets brought them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.protocols.dns.kernels_lookups import is_earlier

U1 = npt.NDArray[np.uint8]
Rows = npt.NDArray[Any]

HEAD = 0x30  # PUBLISH, sent once without an acknowledgement; bit 0: retained
MOST = 0x7F  # bytes behind the length


@lean_kernel
def find_publications(data: U1, sure: bool, rows: Rows) -> int:  # noqa: FBT001
    """Write where the publications lie that `data` begins with; gives how many.

    Each is whole, of at most 127 bytes, sent once without an acknowledgement, and without properties.

    Args:
        data: bytes from the first byte of a packet on.
        sure: whether there can be no properties; else a payload must begin with what can be no length of properties.
        rows: room for PUBLICATION rows.

    """
    at, found, before = np.int64(0), 0, np.int64(0)
    while found < rows.size and at + 4 <= data.size and data[at] | 1 == HEAD | 1:
        length = np.int64(data[at + 1])
        body = at + 4 + (np.int64(data[at + 2]) << 8 | np.int64(data[at + 3]))
        stop = at + 2 + length
        if length > MOST or body > stop or stop > data.size:
            break
        if not sure:
            says = np.int64(data[body]) if body < data.size else 0xFF
            if stop - body > says or says >= 0x80:
                break
        row = rows[found]
        size = body - at
        again = found > 0 and size == np.int64(rows[found - 1]["body"]) - before
        if again:
            for k in range(4, size):
                if data[at + k] != data[before + k]:
                    again = False
                    break
        row["at"], row["body"], row["stop"] = at, body, stop
        row["again"] = 1 if again else 0
        before, at, found = at, stop, found + 1
    return found


@lean_kernel
def find_pieces(rows: Rows, offset: int, pieces: Rows) -> bool:
    """Write which pieces each publication lies in; gives whether none begins in an earlier packet than one before it.

    Args:
        rows: PUBLICATION rows, one behind the other.
        offset: stream offset of the first byte of their block.
        pieces: PIECE rows that hold them all, in order.

    """
    ordered, which = True, 0
    for index in range(rows.size):
        row = rows[index]
        start, end = offset + np.int64(row["at"]), offset + np.int64(row["stop"])
        before = which
        while which + 1 < pieces.size and np.int64(pieces[which + 1]["offset"]) <= start:
            which += 1
        last = which
        while last + 1 < pieces.size and np.int64(pieces[last + 1]["offset"]) < end:
            last += 1
        row["first"], row["last"] = which, last
        for k in range(before, which):
            ordered = ordered and not is_earlier(pieces[k + 1], pieces[k])
    return ordered
