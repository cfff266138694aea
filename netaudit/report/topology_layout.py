"""Where the boxes and lines of the topology stand: inside left, outside right, the boundary between them.

Lines between inside devices bend out to the left, so that only what leaves the site crosses the boundary. The order of
the right side follows that of the left, which keeps crossings few. The template draws what is decided here.
"""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.report.wording import short_size

if TYPE_CHECKING:
    from netaudit.report.wording import Wording


@dataclass(slots=True)
class Node:
    """A device, a far endpoint or service, or all that are not shown one by one."""

    key: str
    inside: bool
    title: str
    below: str
    parts: list[str] = field(default_factory=list)  # in the chain, as words
    kind: str = ""  # what the box is coloured by: a part of the chain, router, rest
    link: str = ""
    rank: int = 0


@dataclass(slots=True)
class Way:
    """Traffic between two nodes. For findings from `a` to `b`; else either way."""

    a: str
    b: str
    kind: str
    size: int = 0  # bytes
    images: int = 0


WIDTH = 1080  # of the drawing, in its own units
LEFT, LEFT_WIDTH = 150, 300  # where the inside boxes begin, and their width
RIGHT, RIGHT_WIDTH = 780, 290
BOUNDARY = 615
TOP, BOTTOM = 34, 12
ROOMY = 18  # boxes on the longer side with which each gets two lines
TALL, SHORT = 46, 23  # from one box to the next
GAP = 6  # between boxes
EM = 12.0  # size of the text
THINNEST, THICKEST, PLAIN = 0.8, 7.0, 3.5  # of lines; the last for those of no finding
ASIDE = 5  # by which an encrypted upload stands beside faces that went the same way
PLACES = tuple(number / 50 for number in range(4, 47))  # on a curve, where its label may stand
LABEL = 15.0  # height of a label
LABELLED = 14  # ways with faces that carry a number
ROLE_ORDER = ("captures", "verifies", "relays", "stores", "", "router", "views", "rest")  # from top to bottom
Curve = tuple[tuple[float, float], ...]  # four points
Span = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(slots=True)
class Box:
    """A node: its corner, its size, the two lines of text cut to fit, the text in full, its parts."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str
    below: str
    full: str
    parts: str
    link: str
    roomy: bool  # whether it holds two lines


@dataclass(slots=True)
class Line:
    """A way: an SVG path, its width, and a number at a place on it."""

    path: str
    kind: str
    width: float
    label: str
    x: float
    y: float
    full: str


@dataclass(slots=True)
class Drawing:
    """All that is drawn."""

    height: float
    width: int = WIDTH
    boundary: int = BOUNDARY
    left: int = LEFT
    right: int = RIGHT
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    left_out: int = 0


def lay_out(nodes: list[Node], ways: list[Way], w: Wording, *, left_out: int) -> Drawing:
    """Place nodes and ways."""
    inside = sorted((node for node in nodes if node.inside), key=lambda node: (_role(node), node.rank))
    outside = _following(inside, [node for node in nodes if not node.inside], ways)
    longest = max(len(inside), len(outside))
    step = TALL if longest <= ROOMY else SHORT
    drawing = Drawing(TOP + step * longest + BOTTOM, left_out=left_out)
    boxes: dict[str, Box] = {}
    for column, x, width in ((inside, LEFT, LEFT_WIDTH), (outside, RIGHT, RIGHT_WIDTH)):
        spread = step * longest / len(column) if column else step
        tall = TALL if spread >= TALL else SHORT
        for number, node in enumerate(column):
            y = TOP + spread * number + (spread - tall) / 2
            boxes[node.key] = _box(node, x, round(y, 1), width, tall - GAP, roomy=tall == TALL)
    drawing.boxes = list(boxes.values())
    drawing.lines = _lines(ways, boxes, w)
    return drawing


def _role(node: Node) -> int:
    return ROLE_ORDER.index(node.kind) if node.kind in ROLE_ORDER else ROLE_ORDER.index("")


def _following(inside: list[Node], outside: list[Node], ways: list[Way]) -> list[Node]:
    """Outside nodes in the order of the middle of those that they talk to."""
    order = {node.key: number for number, node in enumerate(inside)}
    pulls: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for way in ways:
        for near, far in ((way.a, way.b), (way.b, way.a)):
            if near in order and far not in order:
                pulls[far].append((order[near], math.log2(2 + way.size)))

    def middle(node: Node) -> tuple[bool, float, int]:
        own = pulls.get(node.key)
        weight = sum(by for _, by in own) if own else 1.0
        return (node.kind == "rest", sum(at * by for at, by in own) / weight if own else len(inside), node.rank)

    return sorted(outside, key=middle)


def _box(node: Node, x: float, y: float, width: float, height: float, *, roomy: bool) -> Box:
    parts = " ".join(node.parts)
    room = (width - 20) / EM
    first = room - (_ems(parts) + 1 if parts else 0)
    full = " · ".join(part for part in (node.title, node.below, parts) if part)
    below = fitting(node.below, room * 1.08 if roomy else room * 0.45)  # in smaller letters
    title = fitting(node.title, first if roomy else first - _ems(below) - 1)
    return Box(x, y, width, height, node.kind, title, below, full, parts, node.link, roomy)


def fitting(text: str, room: float) -> str:
    """The text, cut to `room` widths of a Chinese character."""
    if _ems(text) <= room:
        return text
    kept, used = "", 1.0
    for char in text:
        used += _em(char)
        if used > room:
            break
        kept += char
    return kept + "…"


def _ems(text: str) -> float:
    return sum(map(_em, text))


def _em(char: str) -> float:
    """Width of a character in widths of a Chinese one, rather too wide than too narrow."""
    if unicodedata.east_asian_width(char) in {"W", "F", "A"}:
        return 1.0
    return 0.68 if char.isupper() or char in "mw@%—" else 0.32 if char in "ijl.,:;|'! " else 0.55


def _lines(ways: list[Way], boxes: dict[str, Box], w: Wording) -> list[Line]:
    sizes = [math.log10(max(10, way.size)) for way in ways]
    least, most = min(sizes, default=1.0), max(sizes, default=1.0)
    labelled = 0
    found = []
    taken = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in boxes.values()]
    for way, size in zip(ways, sizes, strict=True):
        a, b = boxes[way.a], boxes[way.b]
        thickest = PLAIN if way.kind == "other" else THICKEST
        thick = THINNEST + (thickest - THINNEST) * (size - least) / max(0.1, most - least)
        path, curve, part = _path(a, b, labelled, ASIDE if way.kind == "hidden" else 0)
        label = w.t("topology_images", n=w.number(way.images)) if way.images and labelled < LABELLED else ""
        labelled += bool(label)
        x, y = _label_place(curve, part, _ems(label) * EM, taken) if label else _on(curve, part)
        arrow = "–" if way.kind == "other" else "→"
        full = f"{a.title} {arrow} {b.title}: {short_size(way.size)}"
        found.append(Line(path, way.kind, round(thick, 1), label, x, y, full))
    return found


def _label_place(curve: Curve, part: float, width: float, taken: list[Span]) -> tuple[float, float]:
    """Where a label overlaps no box and no other label: on its curve, as near as can be to `part`; else below there."""
    for place in sorted(PLACES, key=lambda one: abs(one - part)):
        x, y = _on(curve, place)
        if _free(span := _span(x, y, width), taken):
            break
    else:
        x, y = _on(curve, part)
        while not _free(span := _span(x, y, width), taken):
            y = round(y + LABEL, 1)
    taken.append(span)
    return x, y


def _span(x: float, y: float, width: float) -> Span:
    """The room of a label whose text stands in the middle on `y`."""
    return x - width / 2 - 2, y - LABEL + 3, x + width / 2 + 2, y + 4


def _free(span: Span, taken: list[Span]) -> bool:
    return not any(span[0] < c and a < span[2] and span[1] < d and b < span[3] for a, b, c, d in taken)


def _on(curve: Curve, part: float) -> tuple[float, float]:
    """A place on a cubic curve."""
    weights = ((1 - part) ** 3, 3 * (1 - part) ** 2 * part, 3 * (1 - part) * part**2, part**3)
    x = sum(weight * point[0] for weight, point in zip(weights, curve, strict=True))
    y = sum(weight * point[1] for weight, point in zip(weights, curve, strict=True))
    return round(x, 1), round(y, 1)


def _path(a: Box, b: Box, number: int, aside: float) -> tuple[str, Curve, float]:
    """A curve from `a` to `b`, and where its label is best: beside its sender, or at one of three places on the way."""
    ay, by = a.y + a.height / 2 + aside, b.y + b.height / 2 + aside
    if a.x == b.x:  # on the same side: bend outwards
        outwards = -1 if a.x < BOUNDARY else 1
        edge = a.x if outwards < 0 else a.x + a.width
        far = edge + outwards * min(LEFT - 14, 26 + abs(by - ay) * 0.42)
        points, part = ((edge, ay), (far, ay), (far, by), (edge, by)), 0.16
    else:
        start = a.x + a.width if a.x < b.x else a.x
        end = b.x if a.x < b.x else b.x + b.width
        half = (start + end) / 2
        points, part = ((start, ay), (half, ay), (half, by), (end, by)), 0.3 + 0.2 * (number % 3)
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = ((round(x, 1), round(y, 1)) for x, y in points)
    return f"M{x0} {y0}C{x1} {y1} {x2} {y2} {x3} {y3}", points, part
