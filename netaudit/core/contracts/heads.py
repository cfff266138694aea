"""The form of a head: its fields, but for what every message has anew. What is said by it is found out once.

Nearly all heads are ones that were seen before, once lengths and dates are left out. Few enough are remembered, and
short ones only, so that invented heads fill no memory.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Fields = tuple[tuple[str, str], ...]  # names in lower case, and values, in order
T = TypeVar("T")

ANEW = frozenset({"content-length", "date"})
REMEMBERED = 1024  # forms
MOST_FIELDS, MOST_CHARACTERS = 32, 4096  # of a form that is remembered


class Form:
    """Fields of a head, and what was read of them so far; of a long head all fields are there."""

    __slots__ = ("_known", "fields")

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self._known: dict[Callable[[Fields], Any], Any] = {}

    def read(self, reader: Callable[[Fields], T]) -> T:
        """What `reader`, a function without any other argument, makes of the fields; nobody may change it."""
        known = self._known
        if reader not in known:
            known[reader] = reader(self.fields)
        found: T = known[reader]
        return found


def form_of(fields: Iterable[tuple[str, str]]) -> Form:
    """The form of a head by its fields."""
    every = tuple(fields)
    if len(every) > MOST_FIELDS:
        return Form(every)
    alike = tuple([one for one in every if one[0] not in ANEW])
    return (_remembered if sum([len(name) + len(value) for name, value in alike]) <= MOST_CHARACTERS else Form)(alike)


_remembered = lru_cache(maxsize=REMEMBERED)(Form)
