"""The timeline as geometry: lanes of devices, bars of transfers, lines of encrypted uploads. The template draws it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.findings.vocabulary import grade_of
from netaudit.report import reading
from netaudit.report.judgements import device

if TYPE_CHECKING:
    import pyarrow as pa

    from netaudit.report.judgements import Judgements
    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.sections_endpoints import Hosts
    from netaudit.report.wording import Wording

WIDTH, LEFT, RIGHT = 1000, 216, 34  # of the drawing, in its own units
TOP, LANE, BASE = 26, 46, 30
BARS = 120  # intervals of time
LANES = 14
LABEL = 25  # characters of a label; longer addresses lose their middle
SPANS = 400  # encrypted uploads drawn in all
CAPTURES = 400
STEPS = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800,
    2592000, 31536000,
)  # fmt: skip  # seconds
TICKS = 8
SECOND = 1_000_000_000


@dataclass(slots=True)
class Box:
    """A rectangle; `kind` is the class it is drawn in."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(slots=True)
class Lane:
    """A device: its label, the highest bar as a text, and the line it stands on."""

    label: str
    peak: str
    y: float


@dataclass(slots=True)
class Drawing:
    """All that is drawn; `ticks` are (x, upper line, lower line)."""

    height: float
    width: int = WIDTH
    left: int = LEFT
    right: int = WIDTH - RIGHT
    lanes: list[Lane] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    ticks: list[tuple[float, str, str]] = field(default_factory=list)
    captured: float = 0.0
    more: int = 0


class Axis:
    """Time to x."""

    def __init__(self, first: int, last: int) -> None:
        self.first = first
        self.length = max(SECOND, last - first)

    def x(self, ns: int) -> float:
        """Place of a time, clamped to the drawing."""
        part = min(1.0, max(0.0, (ns - self.first) / self.length))
        return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    def bar(self, ns: int) -> int:
        """Interval of a time."""
        return min(BARS - 1, max(0, (ns - self.first) * BARS // self.length))


def timeline(case: CaseLike, judged: Judgements, hosts: Hosts, w: Wording) -> Drawing | None:
    """The drawing, None when no finding has a time."""
    captures = reading.rows(case.table("captures"), "first_ts", "last_ts")
    times = [f[end] for f in judged.all for end in ("first_ts", "last_ts") if f[end] is not None]
    if not times:
        return None
    covered = [
        (c["first_ts"], c["last_ts"]) for c in captures if c["first_ts"] is not None and c["last_ts"] is not None
    ]
    axis = Axis(min([*times, *(a for a, _ in covered)]), max([*times, *(b for _, b in covered)]))
    order = _devices(judged.all)
    drawing = Drawing(height=TOP + LANE * min(len(order), LANES) + 24 + BASE, more=max(0, len(order) - LANES))
    counted = _counted(judged, axis)
    for place, ip in enumerate(order[:LANES]):
        _lane(drawing, TOP + LANE * (place + 1), ip, counted.get(ip, {}), hosts, w)
    _hidden(drawing, judged.encrypted, axis, {ip: place for place, ip in enumerate(order[:LANES])})
    drawing.captured = TOP + LANE * len(drawing.lanes) + 14
    for first, last in covered[:CAPTURES]:
        x = axis.x(first)
        drawing.boxes.append(Box(x, drawing.captured, max(1.0, round(axis.x(last) - x, 1)), 6, "captured"))
    drawing.ticks = _ticks(axis, w)
    return drawing


def _devices(findings: list[Row]) -> list[str]:
    """Devices by their transfers, then by encrypted bytes."""
    total: dict[str, list[int]] = {}
    for finding in findings:
        sums = total.setdefault(device(finding), [0, 0])
        sums[0] += (finding["images"] or 0) if grade_of(finding).images else 0
        sums[1] += (finding["bytes"] or 0) if not grade_of(finding).images else 0
    return sorted(total, key=lambda ip: (-total[ip][0], -total[ip][1], ip))


def _counted(judged: Judgements, axis: Axis) -> dict[str, dict[int, int]]:
    """Transfers by device and interval."""
    near = {finding["row"]: device(finding) for finding in judged.seen}
    counted: dict[str, dict[int, int]] = {}
    transfers: pa.Table = judged.transfers
    for row, ns in zip(transfers.column("row").to_pylist(), transfers.column("first_ts").to_pylist(), strict=True):
        if ns is not None and row in near:
            bars = counted.setdefault(near[row], {})
            place = axis.bar(ns)
            bars[place] = bars.get(place, 0) + 1
    return counted


def _lane(drawing: Drawing, y: float, ip: str, bars: dict[int, int], hosts: Hosts, w: Wording) -> None:
    peak = max(bars.values(), default=0)
    drawing.lanes.append(
        Lane(_label(str(hosts.full(ip)["ip"])), w.t("timeline_max", n=w.number(peak)) if peak else "", y)
    )
    step = (WIDTH - LEFT - RIGHT) / BARS
    for place, n in sorted(bars.items()):
        height = round(max(2.0, (LANE - 16) * n / peak), 1)
        drawing.boxes.append(
            Box(round(LEFT + place * step, 1), round(y - height, 1), round(step - 1, 1), height, "seen")
        )


def _label(ip: str) -> str:
    return ip if len(ip) <= LABEL else f"{ip[:13]}…{ip[13 - LABEL + 2 :]}"


def _hidden(drawing: Drawing, encrypted: list[Row], axis: Axis, places: dict[str, int]) -> None:
    for finding in encrypted[:SPANS]:
        place, first, last = places.get(device(finding)), finding["first_ts"], finding["last_ts"]
        if place is not None and first is not None and last is not None:
            x = axis.x(first)
            drawing.boxes.append(
                Box(x, TOP + LANE * (place + 1) + 2, max(2.0, round(axis.x(last) - x, 1)), 4, "hidden")
            )


def _ticks(axis: Axis, w: Wording) -> list[tuple[float, str, str]]:
    seconds = axis.length // SECOND
    step = next((s for s in STEPS if seconds // s <= TICKS), STEPS[-1])
    try:
        start = datetime.datetime.fromtimestamp(axis.first // SECOND, w.zone)
        shift = int((start.utcoffset() or datetime.timedelta()).total_seconds())
    except (OverflowError, ValueError, OSError):
        return []
    ticks: list[tuple[float, str, str]] = []
    day = ""
    at = -(-(axis.first // SECOND + shift) // step) * step - shift
    while at * SECOND <= axis.first + axis.length and len(ticks) <= 2 * TICKS:
        moment = w.when(at * SECOND).local
        date, clock = moment[:10], moment[11:19]
        ticks.append((axis.x(at * SECOND), clock, date if date != day else ""))
        day = date
        at += step
    return ticks
