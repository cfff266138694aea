"""Files sent in several messages, put together once more: by Content-Range, part numbers, else in order of packets."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from netaudit.crosscheck.contents import contents

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netaudit.crosscheck.http1 import Sent

_NUMBER = re.compile(r"[?&]partNumber=(\d{1,6})(?:&|$)")  # of uploads in parts to object stores
MOST_PIECES = 4096
MOST_BYTES = 256 << 20


def joined(pieces: Sequence[Sent]) -> Iterator[bytes]:
    """What the messages give together, in every way that is known here; nothing where they are too many or too much."""
    if not 1 < len(pieces) <= MOST_PIECES or sum(len(one.body) for one in pieces) > MOST_BYTES:
        return
    ranged = sorted((one for one in pieces if one.span), key=lambda one: one.span or (0, 0, None))
    if len(ranged) > 1 and (whole := _by_range(ranged)) is not None:
        yield whole
    numbered = [(int(found[1]), one) for one in pieces if (found := _NUMBER.search(one.target))]
    if len(numbered) > 1:  # the last one sent under a number counts
        yield b"".join(one.body for _, one in sorted(dict(numbered).items()))
    in_order = sorted(pieces, key=lambda one: (one.last_frame, one.first_frame))
    yield b"".join(_largest(one) for one in in_order)
    yield b"".join(one.body for one in in_order)


def _by_range(pieces: Sequence[Sent]) -> bytes | None:
    """The file where its ranges touch or overlap; None where one is missing, or is not as long as it says."""
    whole = bytearray()
    for one in pieces:
        first, last, _ = one.span or (0, -1, None)
        if first > len(whole) or last - first + 1 != len(one.body):
            return None
        whole[first : last + 1] = one.body
    sizes = {one.span[2] for one in pieces if one.span and one.span[2] is not None}
    return bytes(whole) if all(a == b for a, b in pairwise(sorted(sizes))) and sizes <= {len(whole)} else None


def _largest(sent: Sent) -> bytes:
    """The largest part of a form, else the body: numbers and names of pieces stand in the small ones."""
    parts = list(contents(sent.body, sent.content_type))[1:] if "multipart" in sent.content_type.lower() else []
    return max(parts, key=len, default=sent.body)
