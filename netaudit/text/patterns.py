"""Regular expressions that are compiled when something is first asked of them.

To compile a long one takes as long as to import a small module, and most captures never ask most of those that find
identity data: modules with many, or long ones, declare them so. Elsewhere `re.compile` is what it always was.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

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
