"""The words that signatures may claim, the fields that they may ask, and what kind of device somebody's words mean.

Plain files, one word a line. `vendors.txt`, `fields.txt`, `services.txt` and `module_makers.txt` are lists; a line of
`classes.txt` may name a wider class behind `<`, one of `kinds.txt` gives the words of a class, in whatever language.
What stands behind `#` is a remark. Somebody's own folder may add words to those of netaudit.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.errors import SignatureError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

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


LISTS = ("vendors", "fields", "services", "module_makers")
FORMS = {
    "fields": re.compile(r"[a-z_0-9]+\.\w+"),
    "services": re.compile(r"[a-z_]+"),
    "classes": re.compile(r"[a-z_]+"),
}


@dataclass(frozen=True)
class Vocabulary:
    """Allowed words; a class may have a wider one above it (`ip_camera` above `face_capture_camera`)."""

    vendors: frozenset[str] = frozenset()
    classes: dict[str, str] = field(default_factory=dict)  # class → the wider class, empty for none
    fields: frozenset[str] = frozenset()  # "kind.field"
    services: frozenset[str] = frozenset()
    module_makers: frozenset[str] = frozenset()  # beginnings of names, in small letters
    kinds: Kinds = field(default_factory=Kinds)

    def makes_modules(self, holder: str) -> bool:
        """Whether the holder of an address block makes network chips or modules, and need not have made the device."""
        name = holder.casefold()
        return any(name.startswith(word) for word in self.module_makers)

    def ancestors(self, name: str) -> list[str]:
        """The wider classes of a class, nearest first."""
        found: list[str] = []
        while (name := self.classes.get(name, "")) and name not in found:
            found.append(name)
        return found


def read_vocabulary(folder: Path, base: Vocabulary, problems: list[str]) -> Vocabulary:
    """The words of a folder and those of `base`; what is wrong with a file is added to `problems`."""
    words = {name: _words(folder / f"{name}.txt", problems) for name in LISTS}
    classes = dict(base.classes)
    for line in _words(folder / "classes.txt", problems):
        name, _, wider = (part.strip() for part in line.partition("<"))
        classes[name] = wider
    for name, wider in classes.items():
        if wider and wider not in classes:
            problems.append(f"classes.txt: {name}: unknown wider class {wider}")
        if _in_a_circle(name, classes):
            problems.append(f"classes.txt: {name}: is wider than itself")
    kinds = base.kinds.with_lines(_words(folder / "kinds.txt", problems))
    problems += [f"kinds.txt: unknown class {name}" for name in kinds.classes() if name and name not in classes]
    return Vocabulary(
        base.vendors | set(words["vendors"]),
        classes,
        base.fields | set(words["fields"]),
        base.services | set(words["services"]),
        base.module_makers | {word.casefold() for word in words["module_makers"]},
        kinds,
    )


def _in_a_circle(name: str, classes: dict[str, str]) -> bool:
    above, steps = classes[name], 0
    while above and steps <= len(classes):
        if above == name:
            return True
        above, steps = classes.get(above, ""), steps + 1
    return False


def _words(path: Path, problems: list[str]) -> list[str]:
    """Words of a file in its order; none when it is missing."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    except (OSError, UnicodeDecodeError) as error:
        raise SignatureError("{}: cannot be read: {}", path, error) from error
    words = [word for line in lines if (word := line.partition("#")[0].strip())]
    problems += [f"{path.name}: {word}: stands there {n} times" for word, n in Counter(words).items() if n > 1]
    form = FORMS.get(path.stem)
    for word in words:
        if form and not form.fullmatch(word.partition("<")[0].strip()):
            problems.append(f"{path.name}: {word}: is no word of the form {form.pattern}")
        if not word.isprintable():
            problems.append(f"{path.name}: {word!r}: holds characters that do not print")
    return words
