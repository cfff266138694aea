"""The report's words in both languages, from texts.yaml."""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import TYPE_CHECKING

from netaudit.ground.yaml_text import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 2000  # characters; longer texts are none of ours

Lang = str  # "zh" or "en"
LANGS: tuple[Lang, ...] = ("zh", "en")


@functools.cache
def catalogue() -> dict[str, dict[str, str]]:
    """All texts by key (a group and its value joined by a dot), each with its languages."""
    source = resources.files(__package__).joinpath("texts.yaml").read_text(encoding="utf-8")
    return flatten(parse_yaml(source))


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

    def phrase(self, text: str, show: Callable[[str], str]) -> str:
        """A sentence that another stage wrote into a table in English, in the report's language.

        `show` makes safe what stands in its placeholders, or the whole text where it is no sentence that is known.
        """
        if self.lang == "en" or len(text) > _LONGEST:
            return show(text)
        if (known := self._phrase(text, show)) is not None:
            return known
        clauses = [self._phrase(clause, show) for clause in text.split("; ")]
        return "；".join(clause for clause in clauses if clause) if None not in clauses else show(text)

    def _phrase(self, text: str, show: Callable[[str], str]) -> str | None:
        for key, pattern in phrases().items():
            if found := pattern.fullmatch(text):
                words = {name: self.known(name, value) or show(value) for name, value in found.groupdict().items()}
                return self(key, **words)
        return None


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
