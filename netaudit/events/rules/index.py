"""Which entries come into question for a message, found without looking at the others.

Paths are asked all at once (re2 set, remembered by path); bodies are asked once, with one pattern of the keys by which
entries are found. So a message that nobody knows costs two looks; where one is promising, the words of each way are.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import re2

from netaudit.events.rules.entries import Entry, When, anchors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.events.rules.head import Head
    from netaudit.events.rules.scope import Scope

_DROPPED = b" \t_-."
_SHORT = 2048  # bytes


class Way(NamedTuple):
    """One way to recognise one entry's message."""

    entry: Entry
    when: When


class Index:
    """All entries, ready to be asked."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._by_path: list[Way] = []
        self._by_key: list[Way] = []
        for entry in self.entries:
            for when in entry.when:
                (self._by_path if when.path else self._by_key).append(Way(entry, when))
        self._paths = _set((way.when.path for way in self._by_path), plain=False)
        self._words = {reply: Words(self._by_key, reply=reply) for reply in (False, True)}
        self.on_path = lru_cache(maxsize=4096)(self._on_path)
        self.worded = (self._words[False].stand_in, self._words[True].stand_in)

    def _on_path(self, path: str) -> tuple[Way, ...]:
        """Ways whose path matches."""
        if self._paths is None:
            return ()
        return tuple(self._by_path[place] for place in sorted(self._paths.Match(path) or ()))

    def ways(self, head: Head, text: bytes) -> list[Way]:
        """Ways that path and words bring up and that the head does not rule out, those that ask most first.

        `text` holds the texts of all documents of the message, plain. That their keys stand in it as words is asked
        here, so that documents are taken apart only where an entry may fit.
        """
        found = list(self.on_path(head.path))
        found += self._words[head.reply].ways(text) if text else ()
        if not found:
            return found
        fitting = [way for way in found if head_fits(way.when, head) and _words_fit(way.when, text)]
        return sorted(fitting, key=lambda way: (-way.when.weight, way.entry.id)) if len(fitting) > 1 else fitting


def plain_text(text: bytes) -> bytes:
    """A text as keys are searched in it: without case and what stands between words."""
    return text.lower().translate(None, _DROPPED)


def _direction_fits(when: When, *, reply: bool) -> bool:
    return when.direction == "any" or reply == (when.direction == "reply")


def _words_fit(when: When, text: bytes) -> bool:
    """Whether the text holds, as words or parts of words, keys of every group and the beginnings of values."""
    for word in when.literals:
        if word not in text:
            return False
    for ways in when.keys:
        for way in ways:
            if way.source or _all_there(way.keys, text):
                break
        else:
            return False
    return True


def _all_there(keys: tuple[str, ...], text: bytes) -> bool:
    for key in keys:
        for spelled in spellings(key):
            if spelled in text:
                break
        else:
            return False
    return True


def head_fits(when: When, head: Head) -> bool:
    """Whether everything that the way says of the head holds (the path was asked already)."""
    if not _direction_fits(when, reply=head.reply):
        return False
    if when.protocols and head.protocol not in when.protocols:
        return False
    if when.methods and head.method.upper() not in when.methods:
        return False
    if when.host is not None and not when.host.search(head.host):
        return False
    if any(not pattern.search(head.query.get(name, "")) for name, pattern in when.query):
        return False
    return all(pattern.search(head.header(name)) for name, pattern in when.header)


def says(when: When, scope: Scope) -> bool:
    """Whether the keys that the way asks for are there, and none that it excludes."""
    for ways in when.keys:
        for way in ways:
            if scope.nodes(way):
                break
        else:
            return False
    return not any(map(scope.nodes, when.none))


class Words:
    """The keys by which ways are found, asked of a text all at once."""

    def __init__(self, ways: Iterable[Way], *, reply: bool) -> None:
        owners: dict[bytes, list[Way]] = defaultdict(list)
        for way in ways:
            if _direction_fits(way.when, reply=reply):
                for word in anchors(way.when.keys):
                    for spelled in spellings(word):
                        owners[spelled].append(way)
        self._owners = list(owners.values())
        self._all = list({id(way): way for way in chain.from_iterable(self._owners)}.values())
        self._set = _set(map(re2.escape, owners), plain=True)
        self._any = re2.compile(b"|".join(map(re2.escape, owners)), _bytes()) if owners else None

    def stand_in(self, text: bytes) -> bool:
        """Whether a word of a way stands in a text as it was sent."""
        return bool(self.ways(plain_text(text)))

    def ways(self, text: bytes) -> list[Way]:
        """Ways one of whose words stands in the text, which is plain."""
        if self._set is None or self._any is None:
            return []
        hits = self._set.Match(text)
        if hits:
            return list({id(way): way for hit in hits for way in self._owners[hit]}.values())
        # a set that runs out of memory says nothing, which only a long text can bring about
        return self._all if len(text) > _SHORT and self._any.search(text) else []


def _bytes() -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return options


def _set(patterns: Iterable[str | bytes], *, plain: bool) -> Any:
    """Patterns to be searched for at once, `plain` ones as bytes, others as texts without case; None for no pattern."""
    options = _bytes()
    if not plain:
        options.encoding = re2.Options.Encoding.UTF8
        options.case_sensitive = False
    found = re2.Set.SearchSet(options)
    count = 0
    for pattern in patterns:
        found.Add(pattern)
        count += 1
    if not count:
        return None
    found.Compile()
    return found


@lru_cache(maxsize=8192)
def spellings(word: str) -> tuple[bytes, ...]:
    """A plain key as bytes: UTF-8; where it is not ASCII also GBK, and as JSON escapes it."""
    plain = word.encode("utf-8", "replace")
    if word.isascii():
        return (plain,)
    return plain, word.encode("gb18030", "replace").lower(), word.encode("ascii", "backslashreplace")
