"""Encrypted uploads counted: by who sent them, to whom, under which name; per hour, by size, and of which shape.

What is counted are uploads (units of requests), never images: one request may carry several pictures, and a picture may
come in several. Units below `LEAST_UPLOAD` are counted apart: they are requests, heartbeats and steering.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netaudit.findings.correlation.series import I8, Units

FEW, BROWSING, BULK, REGULAR, EVENTS, UNCLEAR = "few", "browsing", "bulk", "regular", "events", "unclear"
SECOND = 1_000_000_000
VIDEO = "video"  # by `video.py`, asked before all others
LEAST, LEAST_GOES = 5, 3  # uploads, and goes, that make a pattern
TOGETHER = 3 * SECOND // 2  # ns of silence up to which uploads are of one go
BULK_SHARE, BULK_UPLOADS, BULK_BYTES = 0.6, 12, 2 << 20  # of all bytes in goes that are as large as these
EVEN = 0.2  # spread of the intervals between goes, over their middle, below which they are a clock's
ALIKE = 1.5  # doublings between the quartiles of size within which uploads are alike


def shape_of(uploads: Units, up: int, down: int) -> str:
    """Shape of uploads (by time) in connections that carried `up` and `down` bytes of payload."""
    if down > up:
        return BROWSING  # more came than went
    size = (uploads.low + uploads.high) // 2
    starts = goes(uploads)
    if not len(size):
        return FEW
    bytes_of = np.add.reduceat(size, starts)
    count_of = np.diff(np.r_[starts, len(size)])
    large = (count_of >= BULK_UPLOADS) | (bytes_of >= BULK_BYTES)
    if bytes_of[large].sum() >= BULK_SHARE * size.sum():
        return BULK
    if len(size) < LEAST:
        return FEW
    if len(starts) > LEAST and _even(uploads.first[starts]):
        return REGULAR
    low, high = np.quantile(np.log2(np.maximum(size, 1)), (0.25, 0.75))
    return EVENTS if len(starts) >= LEAST_GOES and high - low <= ALIKE else UNCLEAR


def goes(uploads: Units) -> I8:
    """Index of the first upload of each go: those that follow each other without much silence are one."""
    if not len(uploads):
        return np.empty(0, np.int64)
    until = np.maximum.accumulate(uploads.last)
    return np.flatnonzero(np.r_[True, uploads.first[1:] - until[:-1] > TOGETHER])


def _even(times: I8) -> bool:
    """Whether goes come at even intervals: the middle half of the intervals is narrow."""
    low, middle, high = np.quantile(np.diff(times), (0.25, 0.5, 0.75))
    return bool(high - low <= EVEN * middle)


LEAST_UPLOAD = 2048  # bytes of plaintext; less is no photograph worth the name
HOUR = 3_600_000_000_000  # ns
MOST_HOURS = 24 * 31  # of one row; what is later is in its sums only
QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
LEAST_REQUEST = 8192  # bytes of plaintext of a request that may carry a photograph
LEAST_SLICE, SLICES = (
    512,
    4,
)  # bytes of a slice of one, more than a heartbeat; slices of a photograph: else a report and more
ANSWER_SHARE = 2  # and so many times as much as came back for it: nobody is sent pages for a picture
CLASSES = tuple(1 << k for k in range(11, 24))  # lower ends of classes of size, from 2 KiB to 8 MiB
SIDES = (("client_ip", "server_ip"), ("payload_up", "payload_down"))
PERSONAL = "personal device"  # role of visitors' and staff's own devices
HEADS = 16  # of answers at most one byte in so many is of heads and tags of records
INWARD = ("outside", "inside")  # scopes of client and server
Way = tuple[str, str, str]  # sender, receiver, server name


@dataclass(slots=True)
class Sent:
    """What one sender sent to one endpoint under one name; of own devices, all that they sent."""

    places: list[I8] = field(default_factory=list)  # of units
    flows: set[int] = field(default_factory=set)
    senders: set[str] = field(default_factory=set)
    up: int = 0  # payload of the connections, bytes
    down: int = 0

    def add(self, other: Sent) -> None:
        """What another sent, too."""
        self.places += other.places
        self.flows |= other.flows
        self.senders |= other.senders
        self.up, self.down = self.up + other.up, self.down + other.down

    def units(self, all_units: Units) -> Units:
        """Its units by time."""
        units = all_units.chosen(np.concatenate(self.places))
        return units.chosen(np.argsort(units.first, kind="stable"))


def by_way(
    units: Units, ends: list[dict[str, Any] | None], scope: Callable[[str], str], role: Callable[[str, str], str]
) -> tuple[dict[Way, Sent], Sent]:
    """What inside hosts sent outside, by way; and what visitors' own devices sent, all in one."""
    order = np.argsort(units.flow, kind="stable")
    bounds = np.searchsorted(units.flow[order], np.arange(len(ends) + 1))
    ways: dict[Way, Sent] = defaultdict(Sent)
    own = Sent()
    for flow, end in enumerate(ends):
        places = order[bounds[flow] : bounds[flow + 1]]
        if end is None or not len(places):
            continue
        sender, receiver = end["client_ip"], end["server_ip"]
        if (scope(sender), scope(receiver)) != ("inside", "outside"):
            continue
        personal = role(sender, end["flow_id"]) == PERSONAL
        sent = own if personal else ways[sender, receiver, end["server_name"]]
        sent.places.append(places)
        sent.flows.add(flow)
        sent.senders.add(sender)
        sent.up += end["payload_up"] or 0
        sent.down += end["payload_down"] or 0
    return dict(sorted(ways.items())), own


def count_rows(
    ways: dict[Way, Sent],
    own: Sent,
    units: Units,
    answers: I8,
    nameless: Callable[[Way, Sent, str], bool],
    are_video: Callable[[Units], bool] = lambda _: False,
) -> Iterator[dict[str, Any]]:
    """Rows of `upload_counts`; the one of people's own devices says neither who nor to whom, and comes first.

    `answers`: bytes that came back for each unit. `are_video` says whether uploads are video, `nameless` of a way and
    its shape whether it goes into that row.
    """
    rows = []
    for way, sent in ways.items():
        row = _row(way, sent, units, answers, are_video)
        if nameless(way, sent, row["shape"]):
            own.add(sent)
        else:
            rows.append(row)
    if own.places:
        yield _row(("", "", ""), own, units, answers, are_video)
    yield from rows


def answers_of(units: Units, before: I8, ends: list[dict[str, Any] | None]) -> I8:
    """Bytes that the server sent after each unit and before the next one of its flow; of the last, what is left.

    `units` by flow and as they were sent in it, as `joined_units` gives them; `before`: bytes before each.
    """
    down = np.array([(end or {}).get("payload_down") or 0 for end in ends], np.int64)
    sums = np.bincount(units.flow, before, len(ends)).astype(np.int64)
    answers: I8 = np.maximum(0, down - sums)[units.flow]
    follows = np.flatnonzero(units.flow[1:] == units.flow[:-1])
    answers[follows] = before[follows + 1]
    return answers


def outward(
    units: Units, answers: I8, ends: list[dict[str, Any] | None], scope: Callable[[str], str]
) -> tuple[Units, I8, list[dict[str, Any] | None]]:
    """The same with connections turned that somebody outside opened: what left there are the answers to each unit."""
    sides = [(scope(end["client_ip"]), scope(end["server_ip"])) if end else () for end in ends]
    here = np.array([of == INWARD for of in sides], bool)[units.flow]
    low = np.where(here, answers - answers // HEADS, units.low)
    high, asked = np.where(here, answers, units.high), np.where(here, units.high, answers)
    ends = [_turned(end) if end and of == INWARD else end for end, of in zip(ends, sides, strict=True)]
    return replace(units, low=low, high=high), asked, ends


def _turned(end: dict[str, Any]) -> dict[str, Any]:
    sides = {one: end[other] for names in SIDES for one, other in (names, names[::-1])}
    return end | sides | {"server_name": ""}


def _row(way: Way, sent: Sent, all_units: Units, all_answers: I8, are_video: Callable[[Units], bool]) -> dict[str, Any]:
    places = np.concatenate(sent.places)
    places = places[np.argsort(all_units.first[places], kind="stable")]
    units, answers = all_units.chosen(places), all_answers[places]
    requests = (units.high >= LEAST_REQUEST) & (units.high >= ANSWER_SHARE * answers)
    uploads = units.chosen(units.high >= LEAST_UPLOAD)
    size = (uploads.low + uploads.high) // 2
    began = int(units.first.min()) // HOUR * HOUR
    hours = (uploads.first - began) // HOUR
    named = bool(way[0])
    return {
        "sender": way[0],
        "receiver": way[1],
        "name": way[2],
        "devices": len(sent.senders),
        "flows": len(sent.flows),
        "uploads": len(uploads),
        "requests": int(requests.sum()),
        "requests_bytes": int(units.high[requests].sum()),
        "smaller": len(units) - len(uploads),
        "sent_bytes": int(units.high[(units.high >= LEAST_SLICE) & (units.high >= ANSWER_SHARE * answers)].sum()),
        "sliced": _sliced(units, answers),
        "bytes_low": int(uploads.low.sum()),
        "bytes_high": int(uploads.high.sum()),
        "exact": bool((uploads.low == uploads.high).all()),
        "first_ts": int(units.first.min()),
        "last_ts": int(units.last.max()),
        "hours_from": began,
        "per_hour": np.bincount(hours[hours < MOST_HOURS]).tolist() if len(uploads) else [],
        "size_quantiles": np.quantile(size, QUANTILES).astype(int).tolist() if len(uploads) else [],
        "sizes": _classes(size),
        "shape": (VIDEO if are_video(uploads) else _shape(uploads, units.chosen(requests), sent)) if named else "",
    }


def _sliced(units: Units, answers: I8) -> int:
    """How often several requests, each too small for a photograph and together as large as one, went in one go.

    Units by time. What is no larger than a heartbeat is none of them, whatever goes on beside.
    """
    size, half = (units.low + units.high) // 2, ANSWER_SHARE * answers
    some = units.chosen((size >= LEAST_SLICE) & (units.high < LEAST_REQUEST) & (units.high >= half))
    starts = goes(some)
    if not len(starts):
        return 0
    large = np.add.reduceat((some.low + some.high) // 2, starts) >= LEAST_REQUEST
    return int((large & (np.diff(np.r_[starts, len(some)]) >= SLICES)).sum())


def _shape(uploads: Units, requests: Units, sent: Sent) -> str:
    """Shape of the uploads; of the requests that may carry pictures where these alone look like events."""
    shape = shape_of(uploads, sent.up, sent.down)
    return EVENTS if shape != EVENTS and shape_of(requests, 1, 0) == EVENTS else shape


def _classes(size: I8) -> list[int]:
    """How many uploads are in each class of size: from 2 KiB on, each twice as wide; the last is open."""
    place = np.searchsorted(np.array(CLASSES), size, "right") - 1
    counts: list[int] = np.bincount(np.maximum(place, 0), minlength=len(CLASSES)).tolist()
    return counts
