"""Whether a message may say where devices stand: such lists give events their places, whose records name ids alone."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import re2

from netaudit.signatures.field_words import meanings

if TYPE_CHECKING:
    from netaudit.documents.head import Head

LONGEST = 64 << 10  # bytes of a text
_SHORTEST = 3  # letters of a name; shorter ones stand in any text
_TOPICS = frozenset({"mqtt", "nats", "amqp", "kafka"})  # whose targets name devices


def places_devices(text: bytes, head: Head) -> bool:
    """Whether a plain text holds names of fields for a place and for a device, which a topic may name itself."""
    if len(text) > LONGEST or not _names("place").Match(text):
        return False
    return head.protocol in _TOPICS or bool(_names("device").Match(text))


@lru_cache(maxsize=2)
def _names(meaning: str) -> Any:
    """Names of a meaning as a set of one pattern, which says yes or no without a call of Python."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    (one,) = (one for one in meanings() if one.name == meaning)
    plain = (name for name in one.order if name.isascii() and len(name) >= _SHORTEST)
    words, others = (
        b"|".join(re2.escape(name).encode() for name in some)
        for some in (plain, (name for name in one.order if not name.isascii()))
    )
    found = re2.Set.SearchSet(options)
    found.Add(b"[\"'<&;{,\n](?:" + words + b")[\"'=:>]|(?:" + others + b")")
    found.Compile()
    return found
