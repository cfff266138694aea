"""The report's words in both languages, from the vocabulary of judgement and the YAML files beside this module."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from netaudit.contracts.reasons import parsed
from netaudit.findings import vocabulary
from netaudit.text.yaml_text import yaml_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.contracts.reasons import Reason

_FILES = ("texts.yaml", "names.yaml", "summary.yaml", "opinions.yaml", "problems.yaml", "reasons.yaml")
_LONGEST = 2000  # characters; longer texts are none of ours
_CLAUSES = 12  # of a sentence of another stage
_DEEPEST = 3  # reasons within reasons

Lang = str  # "zh" or "en"
LANGS: tuple[Lang, ...] = ("zh", "en")


@functools.cache
def catalogue() -> dict[str, dict[str, str]]:
    """All texts by key (a group and its value joined by a dot), each with its languages."""
    found = vocabulary.words()
    for name in _FILES:
        found |= flatten(yaml_of(__package__, name))
    return found


def flatten(tree: dict[str, dict[str, object]]) -> dict[str, dict[str, str]]:
    """Bring texts and groups of texts to one level."""
    flat: dict[str, dict[str, str]] = {}
    for key, entry in tree.items():
        if set(entry) <= set(LANGS):
            flat[key] = {lang: str(text) for lang, text in entry.items()}
        else:
            flat |= {f"{key}.{value}": dict(words) for value, words in entry.items()}  # type: ignore[call-overload]
    return flat


class Texts:
    """The texts of one language: `texts("inputs")`, `texts("finding_no", n=3)`."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self._texts = {key: words[lang] for key, words in catalogue().items()}

    def __call__(self, key: str, **values: object) -> str:
        """Text of `key` with its placeholders filled; KeyError for an unknown key or a missing placeholder."""
        text = self._texts[key]
        return text.format(**values) if values else text

    def known(self, group: str, value: str) -> str | None:
        """Word for a value of a table, None when the catalogue has none."""
        return self._texts.get(f"{group}.{value}")

    def group(self, group: str) -> dict[str, str]:
        """All words of a group by value, in the order of the file."""
        return {key.partition(".")[2]: text for key, text in self._texts.items() if key.partition(".")[0] == group}

    def reason(self, told: Reason, show: Callable[[str], str], depth: int = 0) -> str | None:
        """A reason in words, None where the catalogue has none of its code and arguments.

        `show` makes safe what stands in its places.
        """
        template = self._texts.get(f"reason.{told.code}")
        if template is None:
            return None
        said = {name: str(value) for name, value in told.arguments.items()}
        words = {name: self.known(name, value) or show(value) for name, value in said.items()}
        if "inner" in words and depth < _DEEPEST:
            words["inner"] = self.reason(parsed(said["inner"]), show, depth + 1) or words["inner"]
        try:
            return template.format(**words)
        except KeyError:  # another version wrote it, with other arguments
            return None

    def phrase(self, text: str, show: Callable[[str], str]) -> str:
        """A reason in words, or a sentence that another stage wrote into a table in English, in the report's language.

        `show` makes safe what stands in its placeholders, or the whole text where it is no sentence that is known.
        """
        if len(text) > _LONGEST:
            return show(text)
        if (said := self.reason(parsed(text), show)) is not None:
            return said
        if self.lang == "en":
            return show(text)
        clauses = text.split("; ")
        if len(clauses) > _CLAUSES:
            return self._phrase(text, show) or show(text)
        found = self._clauses(clauses, show)
        return show(text) if found is None else "；".join(found)

    def _clauses(self, clauses: list[str], show: Callable[[str], str]) -> list[str] | None:
        """Sentences that `clauses` are, each as short as may be: a value within one may hold a semicolon too."""
        known: list[list[str] | None] = [*[None] * len(clauses), []]
        for first in reversed(range(len(clauses))):
            for after in range(first + 1, len(clauses) + 1):
                rest = known[after]
                if rest is None or (said := self._phrase("; ".join(clauses[first:after]), show)) is None:
                    continue
                known[first] = [said, *rest]
                break
        return known[0]

    def _phrase(self, text: str, show: Callable[[str], str]) -> str | None:
        for key, pattern in phrases().items():
            if found := pattern.fullmatch(text):
                words = {name: self._value(name, value, show) for name, value in found.groupdict().items()}
                return self(key, **words)
        return None

    def _value(self, name: str, value: str, show: Callable[[str], str]) -> str:
        """A value within a sentence: a word of a vocabulary, the maker that it begins with, else as it stands."""
        if word := self.known(name, value):
            return word
        if name == "ids":  # names of signatures, which are English words of the program
            return ""
        if name == "inner":  # a sentence within this one
            return self._phrase(value, show) or show(value)
        if name == "modes":
            return "、".join(self.known("mode", part) or show(part) for part in value.split(", "))
        maker, space, rest = value.partition(" ")
        if name == "what" and (known := self.known("vendor", value) or self.known("vendor", maker)):
            return known if self.known("vendor", value) else f"{known}{space}{show(rest)}"
        return show(value)


@functools.cache
def phrases() -> dict[str, re.Pattern[str]]:
    """Patterns of the known English sentences: `{n}` and `{m}` stand for numbers, other placeholders for any text."""
    patterns = {}
    for key, words in catalogue().items():
        if key.startswith("phrase."):
            literal, *others = re.split(r"\{(\w+)\}", words["en"])
            pattern = re.escape(literal)
            for name, after in zip(others[::2], others[1::2], strict=True):
                value = r"\d{1,19}" if name in ("n", "m") else ".+?"
                pattern += f"(?P<{name}>{value}){re.escape(after)}"
            patterns[key] = re.compile(pattern)
    return patterns
