"""How much of a long connection left before, in and after each window, by the seconds of `sendings`.

Windows are taken as whole seconds here: a connection's payload is known by the second, not by the packet.
"""

from __future__ import annotations

import bisect
import functools
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SECOND = 1_000_000_000
AT_ONCE = 8192  # rows looked at
WAY = ("transport", "src_ip", "src_port", "dst_ip", "dst_port")
FLOW_WAY = ("transport", "client_ip", "client_port", "server_ip", "server_port")
TIMES = ("first_ts", "last_ts")


class Portion(NamedTuple):
    """Bytes of payload that left before a window, in it and after it; times of the first and last in the window."""

    before: int
    within: int
    after: int
    first_ts: int
    last_ts: int


@dataclass(slots=True)
class _Sum:
    bytes: int = 0
    first: int = 1 << 62
    last: int = 0

    def add(self, size: int, first: int, last: int) -> None:
        self.bytes, self.first, self.last = self.bytes + size, min(self.first, first), max(self.last, last)


@dataclass(slots=True)
class _Flow:
    first_second: int
    last_second: int
    sums: dict[int, _Sum] = field(default_factory=lambda: defaultdict(_Sum))  # by piece of time


class Portions:
    """The portions of some connections. `spans` are the windows, each from its first ns to the one after its last."""

    def __init__(self, spans: Iterable[tuple[int, int]], flows: Iterable[dict[str, Any]], sent: pa.Table) -> None:
        """`flows`: rows of `flows` with `FLOW_WAY`, flow_id, first_ts and last_ts in ns; `sent`: `sendings`.

        `packets` of a row is the same way as its packets have it, where they are known by other ends (tunnels).
        """
        self._spans = [(first // SECOND, (end - 1) // SECOND) for first, end in spans]
        self._cuts = sorted({cut for first, last in self._spans for cut in (first, last + 1)})
        self._flows: dict[str, _Flow] = {}
        by_way: dict[tuple[Any, ...], list[_Flow]] = defaultdict(list)
        for row in flows:
            flow = _Flow(row["first_ts"] // SECOND, row["last_ts"] // SECOND)
            self._flows[row["flow_id"]] = flow
            by_way[row.get("packets") or tuple(row[name] for name in FLOW_WAY)].append(flow)
        for ways in by_way.values():
            ways.sort(key=lambda flow: flow.first_second, reverse=True)
        for row in _rows(sent, by_way):
            self._record(by_way.get(tuple(row[name] for name in WAY), ()), row)

    def _record(self, flows: Iterable[_Flow], row: dict[str, Any]) -> None:
        """Give a second to the connection of that time; the later one where two share addresses, ports and second."""
        at = row["second"]
        for flow in flows:
            if flow.first_second <= at <= flow.last_second:
                flow.sums[bisect.bisect_right(self._cuts, at)].add(row["bytes"], row["first_ts"], row["last_ts"])
                return

    def of(self, flow_id: str, place: int) -> Portion:
        """What of a connection left before, in and after a window."""
        first, last = self._spans[place]
        low, high = bisect.bisect_right(self._cuts, first), bisect.bisect_right(self._cuts, last)
        before, within, after = _Sum(), _Sum(), _Sum()
        for piece, part in self._flows[flow_id].sums.items():
            side = before if piece < low else after if piece > high else within
            side.add(part.bytes, part.first, part.last)
        return Portion(before.bytes, within.bytes, after.bytes, within.first, within.last)


def _rows(sent: pa.Table, ways: Iterable[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    """The rows that may belong to one of these ways."""
    ways = list(ways)
    if not ways:
        return
    wanted = {
        name: pa.array({way[place] for way in ways}, sent.schema.field(name).type) for place, name in enumerate(WAY)
    }
    for batch in sent.to_batches(max_chunksize=AT_ONCE):
        asked = functools.reduce(pc.and_, (pc.is_in(batch[name], values) for name, values in wanted.items()))
        yield from _in_nanoseconds(batch.filter(asked)).to_pylist()


def _in_nanoseconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    fields = [field.with_type(pa.int64()) if field.name in TIMES else field for field in batch.schema]
    return batch.cast(pa.schema(fields))
