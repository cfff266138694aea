"""The words by which fields are known in any dialect: `signatures/fields.yaml`, its meanings, what names a field.

Whether values fit a meaning, and whether the examples of the file hold, says `events/inference/vocabulary.py`.

Whether a text may be a record of somebody whom nobody knows: no number, no picture, but a sex and a time.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from netaudit.core.masking.words import ASCII_WORDS
from netaudit.core.system.user_cache import remembered, stamps
from netaudit.core.text.patterns import later, occurrence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FILE, LANGUAGES = "fields.yaml", "languages.yaml"
BY_NAME, BY_END, BY_STEM = 3, 2, 1  # how surely a name says it
LONG_STEM = 5  # letters of a word that its endings may follow
# names of a time that say nothing of what happened then: an envelope's as often as an event's
_BARE = frozenset({"time", "timestamp", "datetime", "date", "ts", "t", "at", "when", "utc", "hora", "fecha", "zeit"})
EMPTY: frozenset[str] = frozenset()
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")  # of a name: deviceSerial, device_serial
LONGEST = 64  # characters of a name
LEAST_END = 2  # characters of a Chinese word that a label ends with
LONG_LABEL, LONGEST_LABEL = 4, 24  # characters beyond ASCII of a label that words in it make one of a field
_SEPARATORS = re.compile(r"[\s_.-]+")
_LETTERS = str.maketrans({"đ": "d", "Đ": "D", "ı": "i", "ł": "l", "ø": "o", "ß": "ss"})  # whose marks are part of them
_DECORATION = later(r"[（(【\[][^）)】\]]{0,12}[）)】\]]|[*：:?？/]+")
_LABEL = later(r"[^\W\d][\w.-]*")
_PARTS = later(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_VOWELS = later(r"[aeiouy]", re.IGNORECASE)
# keys that say what they mean together with what holds them
GENERIC = frozenset({
    "#text", "addr", "address", "at", "base64", "bh", "buffer", "bytes", "code", "content", "data", "date", "desc",
    "dm", "file", "hm", "id", "image", "img", "info", "jpeg", "jpg", "key", "label", "location", "mc", "name", "no",
    "num", "number", "path", "photo", "pic", "picture", "serial", "sj", "sn", "src", "text", "time", "title", "ts",
    "type", "uri", "url", "val", "value",
})  # fmt: skip
_OF_HOLDER = frozenset({"value", "val", "text", "data", "content", "words", "base64", "image", "data64"})


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
    last: frozenset[str]  # words that end a name: created_at, and no format
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
        if (self.ends and key.endswith(self.ends)) or (len(words) > 1 and words[-1] in self.last):
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
        words = tuple(folded(word) for word in words_of(unmarked(name)))
        return any(groups[0].holds(folded(name), words) for groups in self.groups)


@lru_cache(maxsize=1)
def meanings() -> tuple[Meaning, ...]:
    """All meanings, in the order of the file: of two that a name says as surely the first."""
    texts = "\0".join(map(_text, (FILE, LANGUAGES)))
    return tuple(
        Meaning(*(*told, tuple(tuple(map(Group, one)) for one in groups), re.compile(never), shape, beside))
        for *told, groups, never, shape, beside in remembered(f"meanings {stamps((__file__,))}", texts, _all_folded)
    )


def _all_folded(_: str) -> list[Any]:
    """Of each meaning what makes one: thousands of names in fifty languages, as they are compared."""
    spoken = languages().values()
    limits = [word for one in spoken for word in one.get("never", ())]
    return [
        _folded(raw, [one.get(raw["meaning"], []) for one in spoken], limits if raw["meaning"] == "score" else [])
        for raw in written()
    ]


def _folded(raw: dict[str, Any], spoken: list[list[Any]], limits: list[str]) -> tuple[Any, ...]:
    """Of a meaning with its names in further languages, and words of a limit, which it never is."""

    def words(name: str) -> tuple[str, ...]:
        return tuple(folded(str(word)) for word in raw.get(name) or ())

    made = [folded(f"{head}{tail}") for heads, tails in raw.get("compose") or () for head in heads for tail in tails]
    further = [folded(str(word)) for one in spoken for word in one if not isinstance(word, list)]
    names = tuple(sorted(dict.fromkeys([*words("names"), *made, *further]), key=_BARE.__contains__))
    last = frozenset(folded(word) for word in map(str, raw.get("ends") or ()) if word[:1] == "_")
    never = "|".join(
        str(word) if str(word).endswith("$") else re.escape(folded(str(word))) for word in [*raw["never"], *limits]
    )
    groups = [raw.get("groups"), *([word for word in one if isinstance(word, list)] for one in spoken)]
    return (
        raw["meaning"], raw["zh"], names, frozenset(names), tuple(set(words("ends")) - last), last, words("stems"),
        [[[folded(str(word)) for word in group] for group in one] for one in groups if one],
        never or "(?!)", raw["shape"], frozenset(raw.get("beside") or ()),
    )  # fmt: skip


def words_of(name: str) -> list[str]:
    """The words that a name is made of: deviceSerial, device_serial."""
    return _WORDS.findall(name)


@lru_cache(maxsize=8192)
def named(key: str) -> tuple[tuple[Meaning, int], ...]:
    """Meanings that a name may have, the surest first."""
    name = folded(key)
    words = tuple(folded(word) for word in words_of(unmarked(key)))
    found = [(one, sure) for one in meanings() if (sure := one.named(name, words))]
    return tuple(sorted(found, key=lambda pair: -pair[1]))


@lru_cache(maxsize=8192)
def named_in(key: str, holder: str = "") -> tuple[tuple[Meaning, int], ...]:
    """Meanings that the name of a field and that of what holds it allow, the surest first, each once."""
    own, around = folded(key), folded(holder)
    alone = named(key)
    together = named(around + own) if around else ()
    held = named(around) if around and own in _OF_HOLDER else ()
    found = (*together, *held, *alone) if own in GENERIC else (*alone, *together, *held)
    first: dict[str, tuple[Meaning, int]] = {}
    for meaning, sure in found:
        first.setdefault(meaning.name, (meaning, sure))
    return tuple(sorted(first.values(), key=lambda pair: -pair[1]))


def written() -> list[dict[str, Any]]:
    """The meanings of the file as they are written."""
    found = _read(FILE)
    assert isinstance(found, list)
    return found


def languages() -> dict[str, dict[str, list[Any]]]:
    """Of each further language, by meaning: names, and groups of words as lists."""
    found = _read(LANGUAGES)
    assert isinstance(found, dict)
    return found


def _read(name: str) -> Any:
    from netaudit.core.text.yaml_text import parse_yaml

    return parse_yaml(_text(name))


def _text(name: str) -> str:
    from netaudit.core.signatures.loading import default_folder

    return (default_folder() / name).read_text(encoding="utf-8")


def folded(key: str) -> str:
    """A name without case, separators, prefix and the marks of its letters, as some write it: họ tên, ho ten."""
    bare = _SEPARATORS.sub("", key[:80].rpartition(":")[2].lstrip("@")).lower()
    return bare if key.isascii() else unmarked(bare)


def unmarked(text: str) -> str:
    """A text without the marks of its letters."""
    if text.isascii():
        return text
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", bare).translate(_LETTERS)


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset().union(*(one.names for one in meanings()))


def is_name(text: str) -> bool:
    """Whether a text is the name of a field, word for word."""
    return len(text) <= LONGEST and folded(text) in _known()


@lru_cache(maxsize=8192)
def names_field(text: str) -> bool:
    """Whether a field is called so; a label in other letters than ASCII may be made of several words."""
    if text.isascii() or is_name(text) or len(text) > LONGEST:
        return is_name(text)
    label = folded(_DECORATION.sub("", text))
    if any(label[at:] in _known() for at in range(len(label) - LEAST_END + 1) if not label[at].isascii()):
        return True
    return LONG_LABEL <= len(label) <= LONGEST_LABEL and bool(named(label))


def may_name_field(text: str) -> bool:
    """Whether a field may be called so: known as one, or made of words and abbreviations as no person is called."""
    if names_field(text):
        return True
    if len(text) > LONGEST or not text.isascii() or not _LABEL.fullmatch(text):
        return False
    return all(one.lower() in ASCII_WORDS or not _VOWELS.search(one) for one in _PARTS.findall(text))


def fields_among(names: list[str]) -> list[bool]:
    """Which of the names beside each other name fields: all that could, where most do surely."""
    if 2 * sum(map(names_field, names)) > len(names):
        return [names_field(one) or (len(one) <= LONGEST and _LABEL.fullmatch(one) is not None) for one in names]
    return [may_name_field(one) for one in names]


_TIME = rb"(?:20[0-9]{2}[-/.:]?[01]?[0-9][-/.:]?[0-3]?[0-9]|[^0-9]1[5-9][0-9]{8}|20[0-9]{2}(?:\xe5\xb9\xb4|\xc4\xea))"


def describes(text: bytes) -> bool:
    """Whether a field is called somebody's sex, and a time stands in the text."""
    sexes, times = _automata()
    return times(text) and sexes(text)  # the smaller one first


@lru_cache(maxsize=1)
def _automata() -> tuple[Callable[[bytes], bool], Callable[[bytes], bool]]:
    """Names of the field in every language, as they stand in documents and in texts of GB 18030, and times."""
    (gender,) = (one for one in meanings() if one.name == "gender")
    letters = sorted(name.encode() for name in gender.names if name.isascii())
    words = [name for name in gender.names if not name.isascii()]
    others = {name.encode(charset) for name in words for charset in ("utf-8", "gb18030")}
    titles = [name.capitalize() for name in letters if len(name) > 2]
    named = rb"(?:^|[^A-Za-z])(?i:%b)(?:[^a-z]|$)|(?:%b)(?:[^a-z]|$)" % (b"|".join(letters), b"|".join(titles))
    return occurrence(b"|".join([named, *sorted(one for one in others if len(one) > 3)])), occurrence(_TIME)
