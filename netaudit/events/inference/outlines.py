"""The outline of a message: paths and keys of its leaves, and which of them are pictures.

Messages of one kind share it, and what follows from it is found once.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from netaudit.events.identity.naming import plain

if TYPE_CHECKING:
    from collections.abc import Sequence


class Leaf(NamedTuple):
    """One leaf: where it is, under which key, what it says; a picture by its SHA-256."""

    path: str
    key: str
    value: str
    sha256: str
    form: str  # the path with lists as []: leaves of one meaning have it in common; of a target each step has its own
    head: bool  # whether it stands in the head of the message


KEPT = 256  # outlines; one has up to 400 leaves
COMMANDS = frozenset({
    "cmd", "command", "method", "operator", "action", "op", "type", "msgtype", "event", "api", "service",
    "func", "interface",
})  # fmt: skip
Places = tuple[int, ...]  # of leaves in their message


class Outline:
    """What of a message does not change with its values; leaves are told by their places in it."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self.paths = tuple(one.path for one in leaves)
        self.keys = tuple(one.key for one in leaves)
        self.forms = tuple(one.form for one in leaves)
        self.heads = tuple(one.head for one in leaves)
        self.shown = tuple(bool(one.sha256) for one in leaves)
        self.pictures: Places = tuple(at for at, shown in enumerate(self.shown) if shown)
        self.steps: Places = tuple(at for at, path in enumerate(self.paths) if path.startswith("path["))
        self.path: Places = tuple(at for at in self.steps if self.heads[at])
        self.bare = all(map(any, zip(self.heads, self.shown, strict=True)))  # pictures, and nothing else
        self.of_files = all(  # and names of their files
            head or shown or key == "filename"
            for head, shown, key in zip(self.heads, self.shown, self.keys, strict=True)
        )

    @cached_property
    def commands(self) -> Places:
        """Leaves that are called as commands are."""
        return tuple(at for at, key in enumerate(self.keys) if plain(key) in COMMANDS)

    @cached_property
    def named(self) -> Places:
        """Steps of the path, and names of files."""
        return tuple(at for at in range(len(self.keys)) if self.keys[at] == "filename" or at in self.steps)

    @cached_property
    def words(self) -> Places:
        """The same with keys of stores: by these a picture may be called."""
        return tuple(at for at in range(len(self.keys)) if self.keys[at] in {"filename", "key"} or at in self.steps)

    @cached_property
    def keyed(self) -> Places:
        """Leaves of the document that have a key and are no pictures."""
        return tuple(at for at, key in enumerate(self.keys) if key and not self.heads[at] and not self.shown[at])

    @cached_property
    def elements(self) -> dict[str, list[int]]:
        """Leaves of elements of lists, by the elements' paths."""
        found: dict[str, list[int]] = defaultdict(list)
        for at, path in enumerate(self.paths):
            place, bracket, _ = path.rpartition("]")
            if bracket and not self.heads[at]:
                found[place].append(at)
        return dict(found)

    @cached_property
    def numbered(self) -> bool:
        """Whether elements of lists have keys that are numbers."""
        return any(key.isdecimal() and "]" in path for key, path in zip(self.keys, self.paths, strict=True))


_met: dict[tuple[tuple[str, str, bool], ...], Outline] = {}  # lately


def outline_of(leaves: Sequence[Leaf]) -> Outline:
    """The outline of leaves: of alike ones the same, as long as it is kept."""
    alike = tuple([(one.path, one.key, one.sha256 != "") for one in leaves])
    known = _met.get(alike)
    if known is None:
        if len(_met) >= KEPT:
            _met.clear()
        known = _met[alike] = Outline(leaves)
    return known
