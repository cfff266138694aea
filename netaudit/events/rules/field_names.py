"""What a field is by its name, in whatever language: whole names first, then the words that a name is made of."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from netaudit.events.rules.nodes import plain

LONGEST = 48  # characters of a name that is taken apart
SHORT = 6  # letters of a stem that stands in many a longer word
_ENDING = 3  # letters behind a stem: faces, people's, usuarios
_GLOBAL = re.compile(r"(?:g|m|s|str|sz)_(?=[^\W\d_])")  # of a variable
_WORDS = re.compile(
    r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])"
)  # of a name as it was written: numUsers, num_users, NUM users


@dataclass(frozen=True)
class FieldNames:
    """Names of fields and what they mean; those that are known are plain (`nodes.plain`).

    Attributes:
        whole: name → meaning.
        ranks: name → its place among those of its meaning.
        stems: meaning → groups of parts of words; a name that holds one of each group has the meaning. Short ones in
            letters have to begin a word where the meaning is one of `begun`.
        begun: meanings of which something is said to somebody's charge: a compound is no word of theirs.
        never: parts of words; names that hold one have no meaning but as a whole.
        variants: characters of traditional Chinese → the simplified ones.
        beside: what names begin with that say of what they are a field: the device, a global variable.

    """

    whole: dict[str, str]
    ranks: dict[str, int]
    stems: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    begun: frozenset[str]
    never: dict[str, tuple[str, ...]]
    variants: dict[int, str]
    beside: re.Pattern[str]  # at the beginning of a name: of what it is a field

    def meaning(self, name: str) -> str:
        """Meaning of a name, as it was written or plain; empty for none."""
        return self.whole.get(plain(name)) or _by_stems(self, name)

    def bare(self, name: str) -> str:
        """A plain name without words for the device: deviceAlias, g_brand; empty where it has none."""
        own = _GLOBAL.sub("", name)
        found = self.beside.match(own) if own == name or plain(own) not in self.whole else None
        bare = plain(own[found.end() :]) if found else ""
        return bare or (plain(own) if own != name else "")

    def counted(self, name: str) -> str:
        """What a name says is counted, where what holds it says that it is a number: `faces` of what is stored."""
        folded = self.folded(plain(name))
        for meaning, groups in self.stems:
            vetoed = any(one in folded for one in (*self.never[""], *self.never.get(meaning, ())))
            if meaning in self.begun and not vetoed:
                short = [one for one in groups[0] if len(folded) - len(one) <= _ENDING]
                if any(folded.startswith(one) if one.isascii() else one in folded for one in short):
                    return meaning
        return ""

    def rank(self, name: str) -> int:
        """Place of a name among those of its meaning: whole names first."""
        return self.ranks.get(name, len(self.ranks))

    def folded(self, name: str) -> str:
        """A name without accents and marks, in simplified characters."""
        marked = unicodedata.normalize("NFKD", name.translate(self.variants))
        return "".join(one for one in marked if not unicodedata.combining(one) and one.isalnum())

    def traditional(self, name: str) -> str:
        """A name in traditional characters."""
        return name.translate({ord(one): chr(other) for other, one in self.variants.items()})

    def __hash__(self) -> int:
        return id(self)


@lru_cache(maxsize=8192)
def _by_stems(names: FieldNames, name: str) -> str:
    if not name or len(name) > LONGEST:
        return ""
    folded = names.folded(plain(name))
    words = [names.folded(word.lower()) for word in _WORDS.findall(name)]
    if known := names.whole.get(folded):
        return known
    for meaning, groups in names.stems:
        vetoed = any(one in folded for one in (*names.never[""], *names.never.get(meaning, ())))
        begun = words if meaning in names.begun else None
        if not vetoed and all(any(_holds(folded, begun, one) for one in group) for group in groups):
            return meaning
    return names.whole.get(names.bare(name), "")


def _holds(folded: str, begun: list[str] | None, stem: str) -> bool:
    if begun is not None and stem.isascii() and len(stem) <= SHORT:
        return any(word.startswith(stem) for word in begun)
    return stem in folded


def compiled(raw: dict[str, Any]) -> FieldNames:
    """The names of `signatures/statements.yaml`."""
    fields = raw["fields"]
    variants = {ord(one): other for one, other in (pair for pair in raw["variants"].split())}
    beside = re.compile(f"(?:(?:{'|'.join(raw['beside'])})[_. -]?)+", re.IGNORECASE)
    bare = FieldNames({}, {}, (), frozenset(), {"": ()}, variants, beside)
    return FieldNames(
        {key: name for name, one in fields.items() for key in one["keys"]},
        {key: rank for one in fields.values() for rank, key in enumerate(one["keys"])},
        tuple(
            (name, tuple(tuple(bare.folded(stem) for stem in group) for group in one["stems"]))
            for name, one in fields.items()
            if "stems" in one
        ),
        frozenset(raw["begun"]),
        {name: tuple(map(bare.folded, words)) for name, words in raw["never"].items()},
        variants,
        beside,
    )
