"""Whether a text may be a record of somebody whom nobody knows: no number, no picture, but a sex and a time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from netaudit.signatures.field_words import meanings

_TIME = rb"(?:20[0-9]{2}[-/.:]?[01]?[0-9][-/.:]?[0-3]?[0-9]|[^0-9]1[5-9][0-9]{8}|20[0-9]{2}(?:\xe5\xb9\xb4|\xc4\xea))"


def describes(text: bytes) -> bool:
    """Whether a field is called somebody's sex, and a time stands in the text."""
    sexes, times = _automata()
    return bool(sexes.Match(text)) and bool(times.Match(text))


@lru_cache(maxsize=1)
def _automata() -> tuple[Any, Any]:
    """Names of the field in every language, as they stand in documents and in texts of GB 18030, and times."""
    (gender,) = (one for one in meanings() if one.name == "gender")
    letters = sorted(name.encode() for name in gender.names if name.isascii())
    words = [name for name in gender.names if not name.isascii()]
    others = {name.encode(charset) for name in words for charset in ("utf-8", "gb18030")}
    titles = [name.capitalize() for name in letters if len(name) > 2]
    named = rb"(?:^|[^A-Za-z])(?i:%b)(?:[^a-z]|$)|(?:%b)(?:[^a-z]|$)" % (b"|".join(letters), b"|".join(titles))
    return _automaton(b"|".join([named, *sorted(one for one in others if len(one) > 3)])), _automaton(_TIME)


def _automaton(pattern: bytes) -> Any:
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    found = re2.Set.SearchSet(options)
    found.Add(pattern)
    found.Compile()
    return found
