"""Bounds of unwrapping, per message: a bomb becomes a note, never a crash."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.content.from_images import Patience

if TYPE_CHECKING:
    from netaudit.content.part import Known

__all__ = ["Budget", "Patience"]

MIB = 1 << 20
RATIO = 200  # bytes out per byte in
LEAST, EXPANSION = 256 << 10, 256 * MIB  # bytes that the smallest message may become in all, and the largest
FEW, PARTS = 2000, 20_000  # parts of the smallest message, and of the largest
KNOWN_BY = 32  # first bytes by which images are looked up


@dataclass(slots=True)
class Budget:
    """What one message may still cost. Numbers go down as they are used; reached limits are named in `notes`."""

    depth: int = 12  # layers
    expansion: int = EXPANSION  # bytes that codecs may make
    single: int = 64 * MIB  # bytes that one stream may become: what is held in memory at once
    ratio: int = RATIO  # beyond the first MiB of one stream
    parts: int = PARTS  # parts and values that are looked at
    document: int = 32 * MIB  # longer documents are only searched for images, not taken apart
    patience: Patience = field(default_factory=Patience)  # of several messages
    notes: list[str] = field(default_factory=list)
    paths: dict[str, int] = field(default_factory=dict)  # leaf paths given out, with how often
    given: dict[bytes, list[bytes]] = field(default_factory=dict)  # images handed out, by their first bytes
    # of pictures that came in base64: where it stands in the body, and of how many steps the way of its document is
    spelled: list[tuple[int, int, int]] = field(default_factory=list)
    alone: dict[tuple[int, int], bool] = field(default_factory=dict)  # whether that says nothing beside, once asked
    documents: Known = field(default_factory=dict)  # small JSON texts so far
    obscure: int = 0  # bytes so far that are in no writing that anybody would read
    unread: int = 0  # bytes so far of documents that were not understood to their end
    scraps: list[tuple[int, int]] = field(default_factory=list)  # words in small bodies that nobody would read
    taken: int = 0  # notes already put on a leaf

    @classmethod
    def of(cls, size: int, patience: Patience) -> Budget:
        """What a message of `size` bytes may cost: work grows with what was sent, so that small bombs stay cheap."""
        expansion = min(max(LEAST, RATIO * size), EXPANSION)
        return cls(expansion=expansion, parts=min(FEW + size // 4, PARTS), patience=patience)

    def give(self, image: bytes) -> None:
        """Remember an image that is handed out."""
        self.given.setdefault(image[:KNOWN_BY], []).append(image)

    def gave(self, data: bytes, at: int) -> int:
        """Bytes of the longest image that was handed out and stands at data[at:]; 0 for none."""
        likely = self.given.get(data[at : at + KNOWN_BY], ())
        return max((len(image) for image in likely if data.startswith(image, at)), default=0)

    def note(self, text: str) -> None:
        """Remember something met on the way, once."""
        if text not in self.notes:
            self.notes.append(text)

    def limit(self, what: str) -> None:
        """Remember that a limit was reached."""
        self.note(f"limit: {what}")

    def flush(self) -> list[str]:
        """Notes since the last call: those of the leaf about to be handed out."""
        fresh, self.taken = self.notes[self.taken :], len(self.notes)
        return fresh

    def room(self, size: int) -> int:
        """Bytes that `size` encoded bytes may become."""
        return min(self.expansion, self.single, max(MIB, self.ratio * size))

    def spend(self, size: int) -> bool:
        """Account for `size` bytes made by a codec; False when they are more than is left."""
        if size > self.expansion:
            self.limit("expansion")
            return False
        self.expansion -= size
        return True

    def part(self) -> bool:
        """Account for one part; False when there were too many."""
        if self.parts <= 0:
            self.limit("parts")
            return False
        self.parts -= 1
        return True
