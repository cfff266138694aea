"""Numbers at random that are the same on every platform and version of Python."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A stream of bytes from a seed: SHA-256 over the seed and a counter."""

    def __init__(self, seed: str) -> None:
        self._seed, self._count, self._left = seed.encode(), 0, b""

    def octets(self, size: int) -> bytes:
        """So many bytes."""
        made = [self._left]
        have = len(self._left)
        while have < size:
            made.append(hashlib.sha256(self._seed + self._count.to_bytes(8, "big")).digest())
            self._count += 1
            have += 32
        whole = b"".join(made)
        self._left = whole[size:]
        return whole[:size]

    def below(self, bound: int) -> int:
        """From 0 to `bound` (excluded)."""
        return int.from_bytes(self.octets(8), "big") % bound

    def between(self, least: int, most: int) -> int:
        """Both included."""
        return least + self.below(most - least + 1)

    def one(self, of: Sequence[T]) -> T:
        """One of them."""
        return of[self.below(len(of))]

    def shuffled(self, of: Sequence[T]) -> list[T]:
        """All of them, in another order."""
        rest = list(of)
        return [rest.pop(self.below(len(rest))) for _ in range(len(rest))]

    def word(self, size: int = 8) -> str:
        """Consonants: no word that means or names anything, which a reader might rightly mask."""
        return "".join("bcdfghjkmnpqrstvwxz"[byte % 19] for byte in self.octets(size))
