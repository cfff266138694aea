"""Ids of many flows, messages and objects at once, as 32 hexadecimal digits each, one behind the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from netaudit.protocols.kernels_ids import BLOCK, DIGEST, blocks_within, digests, flow_blocks, message_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

U1 = npt.NDArray[np.uint8]
Rows = npt.NDArray[Any]

DIGITS = 2 * DIGEST  # of an id
AT_ONCE = 1024  # blocks that lie in memory


def flow_ids(flows: Rows) -> U1:
    """The ids of FLOW rows."""
    return _hashed(flows.size, lambda first, last, blocks: flow_blocks(flows[first:last], blocks))


def message_ids(messages: Rows, flows: U1, protocol: str) -> U1:
    """The ids of messages of a protocol, each the first at its offset.

    `messages`: rows with `flow`, `direction` and `start`, as LOOKUP rows; `flows`: ids of the flows, by `flow`.
    """
    name = np.frombuffer(protocol.encode(), np.uint8)
    return _hashed(messages.size, lambda first, last, blocks: message_blocks(messages[first:last], flows, name, blocks))


def ids_within(messages: U1, way: str) -> U1:
    """The ids of what lies in messages of these ids by this way of unwrapping, of at most 112 bytes."""
    name = np.frombuffer(way.encode(), np.uint8)
    return _hashed(
        len(messages) // DIGITS,
        lambda first, last, blocks: blocks_within(messages[DIGITS * first : DIGITS * last], name, blocks),
    )


def _hashed(count: int, fill: Callable[[int, int, U1], int]) -> U1:
    """Digests of what `fill` writes of some things, from one up to another, into blocks; it gives its length."""
    out, room = np.empty(DIGITS * count, np.uint8), np.zeros(BLOCK * min(count, AT_ONCE), np.uint8)
    for first in range(0, count, AT_ONCE):
        last = min(first + AT_ONCE, count)
        blocks = room[: BLOCK * (last - first)]
        digests(blocks, fill(first, last, blocks), out[DIGITS * first : DIGITS * last])
    return out
