"""Which entries come into question for a message, found without looking at the others.

Paths are asked all at once (re2 set, remembered by path); bodies are asked once, with one pattern of the keys by which
entries are found. So a message that nobody knows costs two looks.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import re2

from netaudit.documents.entries import Entry, When, anchors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.documents.head import Head
    from netaudit.documents.nodes import Tree
    from netaudit.documents.scope import Scope

_DROPPED = b" \t_-."


class Way(NamedTuple):
    """One way to recognise one entry's message."""

    entry: Entry
    when: When


class Index:
    """All entries, ready to be asked."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._by_path: list[Way] = []
        self._by_key: dict[str, list[Way]] = defaultdict(list)
        paths: list[str] = []
        for entry in self.entries:
            for when in entry.when:
                if when.path:
                    paths.append(when.path)
                    self._by_path.append(Way(entry, when))
                else:
                    for anchor in anchors(when.keys):
                        self._by_key[anchor].append(Way(entry, when))
        self._paths = _path_set(paths)
        self._keys = _key_pattern(self._by_key)
        self.on_path = lru_cache(maxsize=4096)(self._on_path)

    def _on_path(self, path: str) -> tuple[Way, ...]:
        """Ways whose path matches."""
        if self._paths is None:
            return ()
        return tuple(self._by_path[place] for place in sorted(self._paths.Match(path) or ()))

    def promising(self, text: bytes) -> bool:
        """Whether a document's text holds a key by which an entry may be found."""
        if self._keys is None:
            return False
        return self._keys.search(text.lower().translate(None, _DROPPED)) is not None

    def candidates(self, head: Head, tree: Tree) -> list[Way]:
        """Ways that the path or a key brings up and that the head does not rule out, those that ask most first."""
        found = list(self.on_path(head.path))
        seen = set()
        for key in tree.by_key.keys() & self._by_key.keys():
            for way in self._by_key[key]:
                if id(way) not in seen:
                    seen.add(id(way))
                    found.append(way)
        return sorted(
            (way for way in found if head_fits(way.when, head)), key=lambda way: (-way.when.weight, way.entry.id)
        )


def head_fits(when: When, head: Head) -> bool:
    """Whether everything that the way says of the head holds (the path was asked already)."""
    if when.direction != "any" and head.reply != (when.direction == "reply"):
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
    if not all(any(scope.nodes(way) for way in ways) for ways in when.keys):
        return False
    return not any(scope.nodes(key) for key in when.none)


def _path_set(paths: list[str]) -> Any:
    if not paths:
        return None
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    found = re2.Set.SearchSet(options)
    for path in paths:
        found.Add(path)
    found.Compile()
    return found


def _key_pattern(keys: Iterable[str]) -> Any:
    """One pattern for all keys; those with other letters than ASCII also as JSON escapes them."""
    words = sorted(key for key in keys if key)
    if not words:
        return None
    spelled = {word for key in words for word in (key, key.encode("gb18030"), key.encode("ascii", "backslashreplace"))}
    raw = sorted((word.encode() if isinstance(word, str) else word).lower() for word in spelled)
    options = re2.Options()
    options.case_sensitive = True
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return re2.compile(b"|".join(re2.escape(word) for word in raw), options)
