"""What kind of device somebody's words mean, in whatever language: `signatures/vocabulary/kinds.txt`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

LONGEST = 160  # characters of a text
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[^\W\d_][^\W\d_A-Z]*")  # words, also those of one in mixed case: IPCamera


@dataclass(frozen=True)
class Kinds:
    """Words of classes.

    Attributes:
        phrases: words in small letters with blanks between and about them → class, and whether it counts only where
            no other is said: what a device can do. The class is empty for phrases that hide a word in them.
        pieces: the same of scripts that have no blanks.

    """

    phrases: dict[str, tuple[str, bool]] = field(default_factory=dict)
    pieces: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def with_lines(self, lines: Iterable[str]) -> Kinds:
        """These words and those of lines `class: word, several words, …`; `class ~: …` for what a device can do."""
        phrases, pieces = dict(self.phrases), dict(self.pieces)
        for line in lines:
            name, _, words = line.partition(":")
            meant = name.strip(" ~-"), name.rstrip().endswith("~")
            for word in filter(None, map(str.strip, words.split(","))):
                if _parted(word):
                    phrases[f" {word.casefold()} "] = meant
                else:
                    pieces[word] = meant
        return Kinds(phrases, pieces)

    def classes(self) -> set[str]:
        """All classes that have words."""
        return {name for name, _ in (*self.phrases.values(), *self.pieces.values())}

    def of(self, text: str) -> str:
        """Class that a text means: the last word that names one, the longest of several that end there; or empty."""
        text = text[:LONGEST]
        spoken = f" {' '.join(word.casefold() for word in _TOKEN.findall(text))} "
        found = [
            (not weak, spoken.rfind(phrase) + len(phrase), len(phrase), name)
            for phrase, (name, weak) in self.phrases.items()
            if phrase in spoken
        ]
        found += [
            (not weak, text.rfind(piece) + len(piece), len(piece), name)
            for piece, (name, weak) in self.pieces.items()
            if piece in text
        ]
        return max(found)[3] if found else ""

    def ends(self, text: str) -> str:
        """Class that the end of a text in a script without blanks means: names that people give; or empty."""
        found = [(len(piece), name) for piece, (name, _) in self.pieces.items() if text.endswith(piece)]
        return max(found)[1] if found else ""


def _parted(word: str) -> bool:
    """Whether a word is of a script that parts words by blanks."""
    return all(one < "\u0e00" or "\u1e00" <= one <= "\u1fff" for one in word)
