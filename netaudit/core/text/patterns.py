"""Regular expressions that are compiled when something is first asked of them.

To compile a long one takes as long as to import a small module, and most captures never ask most of those that find
identity data: modules with many, or long ones, declare them so. Elsewhere `re.compile` is what it always was.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, AnyStr, cast

if TYPE_CHECKING:
    from collections.abc import Callable

METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split", "pattern", "flags", "groups")


class _Later:
    """Stands where the pattern would; once compiled, its methods are the pattern's own."""

    def __init__(self, pattern: Any, flags: int) -> None:
        self._asked = pattern, flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(*self._asked)
        vars(self).update((method, getattr(compiled, method)) for method in METHODS)
        return getattr(compiled, name)


def later(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, but what is wrong with a pattern is said only when it is first used."""
    return cast("re.Pattern[AnyStr]", _Later(pattern, flags))


def occurrence(pattern: bytes, *, any_case: bool = False) -> Callable[[bytes], bool]:
    """Whether a pattern occurs anywhere in bytes, which are asked as a whole; `.` is any byte.

    As one automaton of re2, in time that grows with the bytes alone: alternatives without case take `re` fifty times as
    long, on base64 above all. As a set of one pattern, whose answer is a yes or no: a search gives places, at twice the
    cost.
    """
    asked: Callable[[bytes], Any] | None = None

    def occurs(data: bytes) -> bool:
        nonlocal asked
        if asked is None:
            asked = _set_of(pattern, any_case=any_case).Match
        return asked(data) is not None

    return occurs


def _set_of(pattern: bytes, *, any_case: bool) -> Any:
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive, options.dot_nl, options.log_errors = not any_case, True, False
    found = re2.Set.SearchSet(options)
    found.Add(pattern)
    found.Compile()
    return found
