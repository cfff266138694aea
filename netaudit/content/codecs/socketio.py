"""Packets of Socket.IO and Engine.IO (protocol revisions 4 and 5): types and an id in digits, then JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netaudit.content.slices import narrow
from netaudit.core.contracts.unwrapping_steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

FIRST = b"0123456789"
# types of both, number of attachments, namespace, id of an acknowledgement; an event is a list, its name first
_HEAD = re.compile(rb'[0-6]{1,2}(?:\d{1,3}-)?(?:/[^,\[{\x00-\x1f]{0,64},)?\d{0,9}(?=\[\s{0,8}"|\{\s{0,8}")', re.ASCII)


def is_socketio(part: Part) -> bool:
    """Digits, and a list with a text or an object behind them."""
    return _HEAD.match(part.data) is not None


def open_socketio(part: Part, budget: Budget) -> Iterator[Part]:
    """The JSON."""
    found = _HEAD.match(part.data)
    if found is not None and budget.part():
        yield narrow(part, found.end(), len(part.data), Step("socket.io"))
