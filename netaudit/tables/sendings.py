"""What was sent when, by the second: it tells how much of a long connection fell into the window of a moment.

Made only where there are moments or may be some (live): one row for each direction of a connection and second in which
it carried payload. The rows go with the audit; what they say of moments stays in `after_moments`. A second is never
divided, so that nothing depends on how the capture was cut into windows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netaudit.core.schema import SENDINGS, Row
from netaudit.core.storage.table_streams import TableWriter
from netaudit.core.text.addresses import ip_text
from netaudit.tables.flows import transport_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

_SENDING = SENDINGS.row
SECOND = 1_000_000_000
PLACE = "private"
WAITING = 1024  # rows that wait to be written


class SendingRows:
    """Rows of `sendings` of one worker."""

    def __init__(self, folder: Path, part: str) -> None:
        self._rows = TableWriter(folder, SENDINGS, part, place=PLACE)

    def feed(self, packets: npt.NDArray[np.void]) -> None:
        """Take PACKET rows in any order."""
        rows = packets[(packets["length"] > 0) & (packets["skip"] == 0)]
        if len(rows):
            for row in _summed(rows):
                self._rows.append(row)
            self._rows.flush(least=WAITING)

    def flush(self, *, least: int) -> None:
        """Write rows when at least `least` were collected."""
        self._rows.flush(least=least)

    def close(self) -> None:
        """Write what is left."""
        self._rows.close()


def _summed(rows: npt.NDArray[np.void]) -> Iterator[Row]:
    """One row of `sendings` for each way and second."""
    ts = rows["ts"]
    second = ts // SECOND
    named = ("proto", "src_hi", "src_lo", "sport", "dst_hi", "dst_lo", "dport")
    keys = (*(np.ascontiguousarray(rows[name]) for name in named), second)
    order = np.lexsort(keys)
    new = np.zeros(len(rows), bool)
    new[0] = True
    for key in keys:
        new[1:] |= key[order[1:]] != key[order[:-1]]
    starts = np.flatnonzero(new)
    firsts = [key[order[starts]].tolist() for key in keys]
    octets = np.add.reduceat(rows["length"][order].astype(np.int64), starts).tolist()
    earliest, latest = (of.reduceat(ts[order], starts).tolist() for of in (np.minimum, np.maximum))
    for proto, src_hi, src_lo, sport, dst_hi, dst_lo, dport, at, size, first, last in zip(
        *firsts, octets, earliest, latest, strict=True
    ):
        yield _SENDING(
            transport=transport_of(proto),
            src_ip=ip_text(src_hi, src_lo),
            src_port=sport,
            dst_ip=ip_text(dst_hi, dst_lo),
            dst_port=dport,
            second=at,
            first_ts=first,
            last_ts=last,
            bytes=size,
        )
