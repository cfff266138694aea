"""What inside devices sent around each marked moment: the physical test tied to the wire.

The window of a moment begins LEAD_S before it (a hand is slower than an eye) and lasts as long after it as asked. An
image is in it when its first byte was sent in it. Of a connection whose content is not visible (of any protocol of IP,
whoever opened it: an endpoint outside may fetch what follows a pass) those bytes are in it that left in it, to the
second where the connection also lasted before or after (`within` is false then, and what left before and after is told
apart). That something follows a moment is no judgement on what it is: rows here are no findings, and visitors' own
devices are left out as there.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.encrypted import sent_once
from netaudit.findings.payload_by_second import Portions
from netaudit.findings.roles import PERSONAL_DEVICE, Actors
from netaudit.findings.visibility import CLEAR, encrypted, unrecognised, visibility

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netaudit.findings.payload_by_second import Portion
    from netaudit.findings.transfers import Transfer
    from netaudit.findings.uploads import Scope

LEAD_S = 5
WINDOW_S = 180  # how long after a moment what is sent is told with it, unless asked for otherwise
SECOND = 1_000_000_000
LEAST_BYTES = 8 * 1024  # upward payload of a sender to an endpoint before it is worth a line: less is upkeep
MOST_WAYS = 500  # rows for one moment: the outward ones first, then by bytes
MOST_IDS = 500
COLUMNS = [
    "flow_id", "transport", "protocol", "client_ip", "client_port", "server_ip", "server_port", "server_name",
    "first_ts", "last_ts", "payload_up", "duplicate_up", "conflicting_up", "unread_up", "bursts_up", "payload_down",
    "duplicate_down", "conflicting_down", "unread_down",
]  # fmt: skip
ENDS = ("ip", "port")
INNER = {"client_ip": "client_inner", "server_ip": "server_inner"}  # of flows in tunnels: addresses of their packets
TURNED = (("client", "server"), ("server", "client"))
SIDES = (("client_ip", "client_port"), ("server_ip", "server_port"))


class Windows:
    """The windows of the moments, for looking up which of them a time or a span falls into."""

    def __init__(self, moments: pa.Table, window_s: float) -> None:
        rows = sorted(zip(moments["ts"].cast(pa.int64()).to_pylist(), moments["moment_id"].to_pylist(), strict=True))
        self.ids = [moment_id for _, moment_id in rows]
        self._starts: list[int] = [ts - LEAD_S * SECOND for ts, _ in rows]
        self._ends: list[int] = [ts + int(window_s * SECOND) for ts, _ in rows]  # sorted as well: all are equally long

    def around(self, first: int, last: int) -> range:
        """Places of the moments whose window the span from `first` to `last` touches."""
        return range(bisect.bisect_right(self._ends, first), bisect.bisect_right(self._starts, last))

    def spans(self) -> Iterator[tuple[int, int]]:
        """First ns of each window, and the one after its last."""
        return zip(self._starts, self._ends, strict=True)

    def hold(self, place: int, first: int, last: int) -> bool:
        """Whether the whole span lies in that moment's window."""
        return self._starts[place] <= first and last < self._ends[place]


@dataclass(slots=True)
class Way:
    """What one device sent to one receiver, under one name, within one window."""

    images: int = 0
    faces: int = 0
    bytes: int = 0
    before: int = 0
    after: int = 0
    bursts: list[int] = field(default_factory=list)
    within: bool = True
    first: int = 1 << 62
    last: int = 0
    objects: list[str] = field(default_factory=list)
    flows: set[str] = field(default_factory=set)

    def span(self, first: int, last: int) -> None:
        """Take the times of one more thing sent."""
        self.first, self.last = min(self.first, first), max(self.last, last)


Ways = dict[tuple[int, str, str, str, str], Way]  # place of the moment, visibility, sender, receiver, name


def rows_after(
    windows: Windows, transfers: Iterable[Transfer], flows: pa.Table, sent: pa.Table, scope: Scope, actors: Actors
) -> list[dict[str, Any]]:
    """Rows of `after_moments`. Nobody is inside while the vantage is unknown, and there are no rows then."""
    ways: Ways = defaultdict(Way)
    _record_images(windows, transfers, scope, actors, ways)
    _record_hidden(windows, flows, sent, scope, actors, ways)
    by_moment: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for (place, seen, sender, receiver, name), way in sorted(ways.items()):
        if seen == CLEAR or way.bytes >= LEAST_BYTES:
            row = {"moment_id": windows.ids[place], "visibility": seen, "name": name}
            row |= {"sender": sender, "receiver": receiver, "receiver_scope": scope(receiver)}
            by_moment[place].append(row | _figures(way, hidden=seen != CLEAR))
    return [row for _, found in sorted(by_moment.items()) for row in sorted(found, key=_rank)[:MOST_WAYS]]


def _rank(row: dict[str, Any]) -> tuple[Any, ...]:
    outward = row["receiver_scope"] == "outside"
    return (not outward, row["visibility"] != CLEAR, -row["faces"], -row["bytes"], row["sender"], row["receiver"])


def _figures(way: Way, *, hidden: bool) -> dict[str, Any]:
    return {
        "images": way.images,
        "faces": way.faces,
        "bytes": way.bytes,
        "bytes_before": way.before if hidden else None,
        "bytes_after": way.after if hidden else None,
        "bursts": way.bursts,
        "flows": len(way.flows),
        "within": way.within,
        "first_ts": way.first,
        "last_ts": way.last,
        "object_ids": sorted(way.objects)[:MOST_IDS],
        "flow_ids": sorted(way.flows)[:MOST_IDS],
    }


def _sent(sender: str, receiver: str, flow_id: str, scope: Scope, actors: Actors) -> bool:
    """Whether an inside device that is not a visitor's own sent it to somebody."""
    return (
        scope(sender) == "inside"
        and scope(receiver) in {"inside", "outside"}
        and actors.role(sender, flow_id)[0] != PERSONAL_DEVICE
    )


def _record_images(windows: Windows, transfers: Iterable[Transfer], scope: Scope, actors: Actors, ways: Ways) -> None:
    for one in transfers:
        places = windows.around(one.first_ts, one.first_ts)
        if places and _sent(one.sender, one.receiver, one.flow_id, scope, actors):
            for place in places:
                ends = one.sender, one.receiver
                sender, receiver = (actors.ends.named(ip, one.flow_id, scope(ip)) for ip in ends)
                way = ways[place, CLEAR, sender, receiver, one.host]
                way.images += 1
                way.faces += one.face == "yes"
                way.bytes += one.size
                way.span(one.first_ts, one.last_ts)
                way.objects.append(one.object_id)
                way.flows.add(one.flow_id)


def _record_hidden(windows: Windows, flows: pa.Table, sent: pa.Table, scope: Scope, actors: Actors, ways: Ways) -> None:
    beyond: list[tuple[dict[str, Any], list[int]]] = []  # connections, and the windows that do not hold all of them
    for row in _hidden(flows, scope):
        places = windows.around(row["first_ts"], row["last_ts"])
        if places and _sent(row["client_ip"], row["server_ip"], row["flow_id"], scope, actors):
            held = [place for place in places if windows.hold(place, row["first_ts"], row["last_ts"])]
            for place in held:
                _record_whole(ways[place, *_way(row, scope, actors)], row)
            if len(held) < len(places):
                beyond.append((row, [place for place in places if place not in held]))
    portions = Portions(windows.spans(), (row for row, _ in beyond), sent)
    for row, places_left in beyond:
        for place in places_left:
            portion = portions.of(row["flow_id"], place)
            if portion.within:
                _record_portion(ways[place, *_way(row, scope, actors)], row["flow_id"], portion)


def _way(row: dict[str, Any], scope: Scope, actors: Actors) -> tuple[str, str, str, str]:
    seen = visibility(row["protocol"] or "", row["transport"], row["asked_port"] or 0)
    ends = row["client_ip"], row["server_ip"]
    client, server = (actors.ends.named(ip, row["flow_id"], scope(ip)) for ip in ends)
    return seen, client, server, row["server_name"]


def _record_whole(way: Way, row: dict[str, Any]) -> None:
    way.bytes += sent_once(row, row["way"])
    if row["way"] == "up":
        before = way.bursts or [0] * len(row["bursts_up"])
        way.bursts = [a + b for a, b in zip(before, row["bursts_up"], strict=True)]
    way.span(row["first_ts"], row["last_ts"])
    way.flows.add(row["flow_id"])


def _record_portion(way: Way, flow_id: str, portion: Portion) -> None:
    way.bytes += portion.within
    way.before += portion.before
    way.after += portion.after
    way.within = False
    way.span(portion.first_ts, portion.last_ts)
    way.flows.add(flow_id)


def _hidden(flows: pa.Table, scope: Scope) -> Iterator[dict[str, Any]]:
    """Flows that sent something of which the content is not visible, `client_*` being who sent it and `way` how.

    Upwards, and to clients outside downwards. `asked_port` is the server's.
    """
    hidden = pc.or_(encrypted(flows), unrecognised(flows))
    sent = pc.or_(pc.greater(flows["payload_up"], 0), pc.greater(pc.fill_null(flows["payload_down"], 0), 0))
    inner = [name for name in INNER.values() if name in flows.column_names]
    chosen = flows.select([*COLUMNS, *inner]).filter(pc.and_(hidden, sent))
    for place, field_ in enumerate(chosen.schema):
        if pa.types.is_timestamp(field_.type):
            chosen = chosen.set_column(place, field_.name, chosen.column(place).cast(pa.int64()))
    for batch in chosen.to_batches(max_chunksize=8192):
        for row in batch.to_pylist():
            row["asked_port"] = row["server_port"]
            ends = [(row.get(INNER[ip]) or row[ip], row[port]) for ip, port in SIDES]
            if scope(row["client_ip"]) == "outside" and scope(row["server_ip"]) == "inside":
                turned = {f"{end}_{name}": row[f"{other}_{name}"] for end, other in TURNED for name in ENDS}
                yield row | turned | {"way": "down", "packets": (row["transport"], *ends[1], *ends[0])}
            elif row["payload_up"]:
                yield row | {"way": "up", "packets": (row["transport"], *ends[0], *ends[1])}
