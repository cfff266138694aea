"""Parts out of parts: cutting, decoding, and the numbers of their steps."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from netaudit.content.part import Part

if TYPE_CHECKING:
    from netaudit.core.contracts.ranges import Ranges
    from netaudit.core.contracts.unwrapping_steps import Step

_LOOK = 2048


def cut(ranges: Ranges, start: int, end: int) -> Ranges:
    """The ranges inside [start, end), in coordinates of `start`."""
    inside: Ranges = []
    for i in range(bisect_right(ranges, start, key=_end), len(ranges)):
        a, b = ranges[i]
        if a >= end:
            break
        inside.append((max(a, start) - start, min(b, end) - start))
    return inside


def _end(span: tuple[int, int]) -> int:
    return span[1]


def one_to_one(part: Part) -> bool:
    """Whether the bytes of the part lie one to one in the message body."""
    return part.body_range is not None and part.body_range[1] - part.body_range[0] == len(part.data)


def carrier(part: Part, start: int, end: int) -> tuple[int, int] | None:
    """Bytes of the message body that carry data[start:end] of the part."""
    if part.body_range is None or not one_to_one(part):
        return part.body_range
    return part.body_range[0] + start, part.body_range[0] + end


def narrow(part: Part, start: int, end: int, step: Step, *, closed: bool = True) -> Part:
    """The part data[start:end], one layer further in.

    `closed` says that a delimiter was seen at `end`; without it the end is as unknown as that of the surrounding part.
    """
    unknown = part.unknown_from
    if unknown is not None:
        unknown = None if closed and end <= unknown else max(0, min(unknown, end) - start)
    return Part(
        data=part.data[start:end],
        way=part.way.then(step),
        missing=cut(part.missing, start, end) if part.missing else [],
        unknown_from=unknown,
        body_range=carrier(part, start, end),
        depth=part.depth + 1,
    )


def derive(
    part: Part, data: bytes, step: Step | None, missing: Ranges | None = None, unknown_from: int | None = None
) -> Part:
    """The part that decoding made of `part`: the name, and the bytes of the body that carry it, stay.

    Without a step the part is the same thing in other bytes.
    """
    carried = part.body_range
    if carried is not None and carried[1] - carried[0] == len(data):
        carried = None  # equal length would claim that the bytes lie there one to one
    return Part(
        data=data,
        way=part.way if step is None else part.way.then(step),
        name=part.name,
        field=part.field,
        content_id=part.content_id,
        missing=missing or [],
        unknown_from=unknown_from,
        body_range=carried,
        depth=part.depth + 1,
    )


def readable(part: Part) -> bytes:
    """The bytes for a look at their kind: gaps near the beginning are filled with a digit, so that text stays text."""
    if not part.missing or part.missing[0][0] >= _LOOK:
        return part.data
    head = bytearray(part.data[:_LOOK])
    for a, b in cut(part.missing, 0, len(head)):
        head[a:b] = b"0" * (b - a)
    return bytes(head) + part.data[_LOOK:] if head.strip(b"0") else part.data


def present(part: Part) -> bytes:
    """The bytes of the part without those of its gaps."""
    return outside(part.data, part.missing)


def outside(data: bytes, ranges: Ranges) -> bytes:
    """Bytes without those in the ranges."""
    if not ranges:
        return data
    edges = [0, *(edge for span in ranges for edge in span), len(data)]
    return b"".join(data[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))


def known(part: Part) -> int:
    """Length of the prefix in which every byte is there."""
    size = len(part.data) if part.unknown_from is None else min(part.unknown_from, len(part.data))
    return min(size, part.missing[0][0]) if part.missing else size


class Numbering:
    """Makes steps unique: the second "image" becomes "image[2]"."""

    def __init__(self) -> None:
        self._seen: dict[Step, int] = {}

    def __call__(self, step: Step) -> Step:
        """The step, numbered from its second use on."""
        count = self._seen[step] = self._seen.get(step, 0) + 1
        return step if count == 1 else step._replace(number=count)
