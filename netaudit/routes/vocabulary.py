"""The words by which fields are known: `signatures/fields.yaml`, its meanings, and whether its examples hold."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from netaudit.identity_data.naming import plain
from netaudit.routes.shapes import SHAPES
from netaudit.signatures.loading import default_folder
from netaudit.text.yaml_text import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FILE, LANGUAGES = "fields.yaml", "languages.yaml"
BY_NAME, BY_END, BY_STEM = 3, 2, 1  # how surely a name says it
_KEYS = {"meaning", "zh", "names", "compose", "ends", "stems", "groups", "never", "shape", "beside", "examples"}
LONG_LABEL = 4  # characters beyond ASCII of a name that words in it make one of a field
LONG_STEM = 5  # letters of a word that its endings may follow
PICTURES = "picture."
# names of a time that say nothing of what happened then: an envelope's as often as an event's
_BARE = frozenset({"time", "timestamp", "datetime", "date", "ts", "t", "at", "when", "utc", "hora", "fecha", "zeit"})
EMPTY: frozenset[str] = frozenset()
_LETTERS = str.maketrans({"đ": "d", "Đ": "D", "ı": "i", "ł": "l", "ø": "o", "ß": "ss"})  # whose marks are part of them
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")  # of a name: deviceSerial, device_serial


class Group:
    """Words of one language, apart by how a name may hold them."""

    __slots__ = ("_long", "_unspaced", "_words")

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._long = tuple(word for word in self._words if word.isascii() and len(word) >= LONG_STEM)
        self._unspaced = tuple(word for word in self._words if not word.isascii())

    def holds(self, key: str, words: tuple[str, ...]) -> bool:
        """Whether a name holds a word of it: one of its words, a long one their beginning, others anywhere."""
        if not self._words.isdisjoint(words):
            return True
        for word in words:
            if word.startswith(self._long):
                return True
        return not key.isascii() and any(one in key for one in self._unspaced)


@dataclass(frozen=True)
class Meaning:
    """One meaning of a field."""

    name: str
    zh: str
    order: tuple[str, ...]  # its names, the more telling ones first
    names: frozenset[str]
    ends: tuple[str, ...]
    stems: tuple[str, ...]
    groups: tuple[tuple[Group, ...], ...]  # a name that holds a word of each, of one language, says so
    never: re.Pattern[str]
    shape: str
    beside: frozenset[str]

    def named(self, key: str, words: tuple[str, ...] = ()) -> int:
        """How surely a name, or one of the words that it is made of, says so: 0 where it does not."""
        if key in self.names:
            return BY_NAME
        if self.is_never(key, words):
            return 0
        tokens = frozenset(word for word in words if len(word) > 2 or not word.isascii()) if len(words) > 1 else EMPTY
        if self.ends and key.endswith(self.ends):
            return BY_END
        spoken = tokens & self.names and not self.name.startswith("act.")
        if spoken or any(stem in key for stem in self.stems):
            return BY_STEM
        for groups in self.groups:  # of some fifty languages
            for group in groups:
                if not group.holds(key, words):
                    break
            else:
                return BY_STEM
        return 0

    def is_never(self, key: str, words: tuple[str, ...] = ()) -> bool:
        """Whether a name is of something else, by what it holds: within one of its words, or whole words of it."""
        ends = set(accumulate(map(len, words))) if "".join(words) == key else set()
        return any(
            {found.start(), found.end()} <= ends | {0} or not any(found.start() < end < found.end() for end in ends)
            for found in self.never.finditer(key)
        )

    def holds(self, name: str) -> bool:
        """Whether a name holds a word of its first group."""
        words = tuple(folded(word) for word in words_of(_unmarked(name)))
        return any(groups[0].holds(folded(name), words) for groups in self.groups)

    def fits(self, value: str) -> bool:
        """Whether a value may be of this meaning."""
        return SHAPES[self.shape](value)


@lru_cache(maxsize=1)
def meanings() -> tuple[Meaning, ...]:
    """All meanings, in the order of the file: of two that a name says as surely the first."""
    languages = _languages().values()
    limits = [word for one in languages for word in one.get("never", ())]
    return tuple(
        _compiled(raw, [one.get(raw["meaning"], []) for one in languages], limits if raw["meaning"] == "score" else [])
        for raw in _raw()
    )


def _raw() -> list[dict[str, Any]]:
    found = parse_yaml((default_folder() / FILE).read_text(encoding="utf-8"))
    assert isinstance(found, list)
    return found


def _languages() -> dict[str, dict[str, list[Any]]]:
    """Of each language, by meaning: names, and groups of words as lists."""
    found = parse_yaml((default_folder() / LANGUAGES).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def _compiled(raw: dict[str, Any], spoken: list[list[Any]], limits: list[str]) -> Meaning:
    """A meaning with its names in further languages, and words of a limit, which it never is."""

    def words(name: str) -> tuple[str, ...]:
        return tuple(folded(str(word)) for word in raw.get(name) or ())

    made = [folded(f"{head}{tail}") for heads, tails in raw.get("compose") or () for head in heads for tail in tails]
    further = [folded(str(word)) for one in spoken for word in one if not isinstance(word, list)]
    names = tuple(sorted(dict.fromkeys([*words("names"), *made, *further]), key=_BARE.__contains__))
    never = "|".join(
        str(word) if str(word).endswith("$") else re.escape(folded(str(word))) for word in [*raw["never"], *limits]
    )
    groups = [raw.get("groups"), *([word for word in one if isinstance(word, list)] for one in spoken)]
    return Meaning(
        raw["meaning"], raw["zh"], names, frozenset(names), words("ends"), words("stems"),
        tuple(tuple(Group(folded(str(word)) for word in group) for group in one) for one in groups if one),
        re.compile(never or "(?!)"), raw["shape"], frozenset(raw.get("beside") or ()),
    )  # fmt: skip


def folded(key: str) -> str:
    """The plain name without the marks of its letters, as some write it: họ tên, ho ten."""
    return plain(key) if key.isascii() else _unmarked(plain(key))


def _unmarked(text: str) -> str:
    if text.isascii():
        return text
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", bare).translate(_LETTERS)


def words_of(name: str) -> list[str]:
    """The words that a name is made of: deviceSerial, device_serial."""
    return _WORDS.findall(name)


@lru_cache(maxsize=8192)
def named(key: str) -> tuple[tuple[Meaning, int], ...]:
    """Meanings that a name may have, the surest first."""
    name = folded(key)
    words = tuple(folded(word) for word in words_of(_unmarked(key)))
    found = [(one, sure) for one in meanings() if (sure := one.named(name, words))]
    return tuple(sorted(found, key=lambda pair: -pair[1]))


def names_field(text: str) -> bool:
    """Whether a field is called so."""
    return any(sure == BY_NAME or (not text.isascii() and len(text) >= LONG_LABEL) for _, sure in named(text))


def meaning_of(key: str, value: str, beside: Iterable[str] = ()) -> str:
    """What a field of this name with this value means, what stands beside it known; the empty string for nothing."""
    around = set(beside)
    for one, _ in named(key):
        if one.fits(value) and (not one.beside or one.beside & around):
            return one.name
    return ""


def problems() -> list[str]:
    """What is wrong with the file: unknown words, shapes, examples that do not hold."""
    out: list[str] = []
    for raw in _raw():
        name = raw.get("meaning", "?")
        if wrong := raw.keys() - _KEYS or {"meaning", "zh", "names", "shape", "examples"} - raw.keys():
            out.append(f"{name}: {sorted(wrong)}")
        elif raw["shape"] not in SHAPES:
            out.append(f"{name}: no shape {raw['shape']}")
        elif False in (found := [*_texts([raw.get(key) for key in _KEYS - {"examples"}])]) or True in found:
            out.append(f"{name}: `no`, `on` and `yes` are words only between quotes")
    spoken = _languages()
    meant = {raw.get("meaning") for raw in _raw()} | {"never"}
    out += [f"{language}: {name} is no meaning" for language, one in spoken.items() for name in one.keys() - meant]
    out += [
        f"{language}: words between quotes"
        for language, one in spoken.items()
        if False in [*_texts(list(one.values()))]
    ]
    if out:
        return out
    out += [f"{raw['meaning']}: {problem}" for raw in _raw() for problem in _examples(raw)]
    known: dict[tuple[str, str], str] = {}
    for one in meanings():
        for word in sorted(one.names):
            if (other := known.setdefault((word, one.shape), one.name)) != one.name:
                out.append(f"{one.name}: {word} is {other} already, for values of the same shape")
    return out


def _texts(values: Any) -> Iterator[Any]:
    """All words of nested lists."""
    if isinstance(values, list):
        for one in values:
            yield from _texts(one)
    else:
        yield values


def _examples(raw: dict[str, Any]) -> list[str]:
    told = raw["examples"]
    if not told.get("match") or not told.get("no_match"):
        return ["needs examples of both kinds"]
    right = [one for one in told["match"] if meaning_of(str(one[0]), str(one[1]), *one[2:3]) != raw["meaning"]]
    wrong = [one for one in told["no_match"] if meaning_of(str(one[0]), str(one[1]), *one[2:3]) == raw["meaning"]]
    return [f"{one} is not found" for one in right] + [f"{one} is found" for one in wrong]
