"""What the kernels of plain lookups write: DNS messages, facts, and names, in columns."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

ADDRESS4, ADDRESS6, ASKED = 0, 1, 2  # SAYING.kind
ORDINARY, PLAIN, RESUMED = 0, 1, 2  # of a flow; resumed: plain so far, from here on read by a reader

LOOKUP = np.dtype(  # a DNS message
    [
        ("start", "u8"),  # stream offset of its first byte
        ("ts", "i8"),
        ("frame", "u8"),
        ("length", "u4"),
        ("flow", "i4"),  # index of its flow in the batch
        ("request", "i4"),  # index of the question it answers, -1 none
        ("name", "i4"),  # number of the name asked for
        ("id", "u2"),
        ("kind", "u2"),  # type asked for
        ("capture", "u2"),
        ("direction", "u1"),
        ("response", "u1"),
        ("status", "u1"),
        ("settled", "u1"),  # a question that waits for no answer any more
    ],
    align=True,
)

SAYING = np.dtype(  # a fact
    [
        ("high", "u8"),  # address it is about
        ("low", "u8"),
        ("mac", "u8"),
        ("message", "i4"),  # index of the message that says it
        ("name", "i4"),
        ("shard", "u1"),
        ("kind", "u1"),  # the address has this name, or asked for it
    ],
    align=True,
)

NAME = np.dtype([("hash", "u8"), ("begin", "i4"), ("end", "i4")], align=True)  # place of a name's text


class Room(NamedTuple):
    """Where the kernels of plain lookups write."""

    messages: npt.NDArray[Any]  # LOOKUP rows
    sayings: npt.NDArray[Any]  # SAYING rows, in the order in which things are said
    names: npt.NDArray[Any]  # NAME rows
    letters: npt.NDArray[np.uint8]  # text of the names
    table: npt.NDArray[np.int32]  # -1 everywhere; its size a power of two
    text: npt.NDArray[np.uint8]  # for one name
    used: npt.NDArray[np.int64]  # zeroed; rows of messages, sayings and names, and letters
    seed: npt.NDArray[np.uint64]  # one number; where a name lies in the table changes no result
