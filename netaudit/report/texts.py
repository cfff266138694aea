"""The report's words in both languages, from the vocabulary of judgement and the YAML files beside this module."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from netaudit.core.contracts.reasons import JOIN, parsed
from netaudit.core.text.yaml_text import yaml_of
from netaudit.findings import vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from netaudit.core.contracts.reasons import Reason

_FILES = ("texts.yaml", "names.yaml", "summary.yaml", "opinions.yaml", "reasons.yaml")
_LONGEST, _MOST = 16_000, 200  # characters of reasons, and reasons, that are worded
_LAST = re.compile(r"(?:%[C-F][0-9A-F])?(?:%[89AB][0-9A-F]){0,3}(?:%[0-9A-F]?)?\Z")  # character that may be cut
_LONGEST_EARLIER, _MOST_EARLIER = 2000, 12  # characters and sentences of cases sealed before
_SEVERAL = {"modes": "mode"}  # places for words of a vocabulary with commas between them
_DEEPEST = 3  # reasons within reasons

Lang = str  # "zh" or "en"
LANGS: tuple[Lang, ...] = ("zh", "en")


@functools.cache
def catalogue() -> dict[str, dict[str, str]]:
    """All texts by key (a group and its value joined by a dot), each with its languages."""
    found = vocabulary.words()
    for name in _FILES:
        found |= flatten(yaml_of(__package__, name))
    return found | _limits()


def _limits() -> dict[str, dict[str, str]]:
    """Notes of bounds that were reached."""
    given = {note: words["zh"] for note, words in vocabulary.TEXTS["ledger"]["limits"].items()}
    return {f"note.{note}": {"zh": f"达到界限：{zh}", "en": f"limit: {note}"} for note, zh in given.items()} | {
        f"note.kept {note}": {"zh": zh, "en": note} for note, zh in given.items() if " over " in note
    }


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

    def reason(self, coded: Reason, show: Callable[[str], str], depth: int = 0) -> str | None:
        """A reason in words, None where the catalogue has none of its code and arguments.

        `show` makes safe what stands in its places.
        """
        return self._filled(f"reason.{coded.code}", coded.arguments, show, depth)

    def _filled(self, key: str, arguments: Mapping[str, object], show: Callable[[str], str], depth: int) -> str | None:
        template = self._texts.get(key)
        if template is None:
            return None
        words = {name: self._value(name, str(value), show, depth) for name, value in arguments.items()}
        try:
            return template.format(**words)
        except KeyError:  # another version wrote it, with other arguments
            return None

    def reasons(self, text: str, show: Callable[[str], str], depth: int = 0) -> str | None:
        """Reasons in words, one that is unknown among them as `show` has it; None where none is known.

        Of very many the first ones, and how many more there are.
        """
        parts = _cut(text).split(JOIN, _MOST)[:_MOST]
        words = [self.reason(parsed(part), show, depth) for part in parts]
        if not any(words):
            return None
        said = self("reasons_join").join(worded or show(part) for worded, part in zip(words, parts, strict=True))
        more = text.count(JOIN) + 1 - len(parts)
        return f"{said} (+{more:,})" if more else said

    def phrase(self, text: str, show: Callable[[str], str], depth: int = 0) -> str:
        """Reasons in words, or a sentence as cases sealed before hold it, in the report's language.

        `show` makes safe what stands in its places, or the whole text where it is nothing that is known.
        """
        if (worded := self.reasons(text, show, depth)) is not None:
            return worded
        worded = self._earlier(text, show, depth) if self.lang != "en" and len(text) <= _LONGEST_EARLIER else None
        return show(text) if worded is None else worded

    def _value(self, name: str, value: str, show: Callable[[str], str], depth: int) -> str:
        """What stands in a place: reasons, words of a vocabulary, the maker that it begins with, else as it stands."""
        if name == "inner":
            return self.phrase(value, show, depth + 1) if depth < _DEEPEST else show(value)
        if name == "ids" and self.lang != "en":  # names of signatures, which are English words of the program
            return ""
        if name in _SEVERAL:
            return self("list_join").join(self._word(_SEVERAL[name], one) or show(one) for one in value.split(", "))
        if word := self._word(name, value):
            return word
        maker, space, rest = value.partition(" ")
        if name == "what" and (known := self.known("vendor", value) or self.known("vendor", maker)):
            return known if self.known("vendor", value) else f"{known}{space}{show(rest)}"
        return show(value)

    def _word(self, group: str, value: str) -> str | None:
        """A word of a vocabulary by its code, or by its English words, which cases sealed before hold."""
        return self.known(group, value) or self.known(group, _codes().get((group, value), ""))

    def _earlier(self, text: str, show: Callable[[str], str], depth: int) -> str | None:
        """Sentences that `text` is, each as short as may be: a value within one may hold a semicolon too."""
        clauses = text.split(JOIN)
        if len(clauses) > _MOST_EARLIER:
            return self._sentence(text, show, depth)
        known: list[list[str] | None] = [*[None] * len(clauses), []]
        for first in reversed(range(len(clauses))):
            for after in range(first + 1, len(clauses) + 1):
                rest = known[after]
                if rest is None or (sentence := self._sentence(JOIN.join(clauses[first:after]), show, depth)) is None:
                    continue
                known[first] = [sentence, *rest]
                break
        return None if known[0] is None else self("reasons_join").join(known[0])

    def _sentence(self, text: str, show: Callable[[str], str], depth: int) -> str | None:
        for key, pattern in _sentences().items():
            if found := pattern.fullmatch(text):
                return self._filled(key, found.groupdict(), show, depth)
        return None


def _cut(text: str) -> str:
    """As many whole reasons as there is room for; of a single one that is longer its beginning."""
    if len(text) <= _LONGEST:
        return text
    head = text[:_LONGEST]
    return head.rpartition(JOIN)[0] or _LAST.sub("", head) + "…"


@functools.cache
def _sentences() -> dict[str, re.Pattern[str]]:
    """English sentences by key, as stages wrote them before tables held codes: `{n}` and `{m}` stand for numbers."""
    found = {}
    for key, words in catalogue().items():
        if key.startswith(("reason.", "earlier.", "note.")):
            literal, *others = re.split(r"\{(\w+)\}", words["en"])
            if not re.search(r"\w{3}", literal + "".join(others[1::2])):  # nothing to know it by
                continue
            pattern = re.escape(literal)
            for name, after in zip(others[::2], others[1::2], strict=True):
                value = r"\d{1,19}" if name in ("n", "m") else ".+?"
                pattern += f"(?P<{name}>{value}){re.escape(after)}"
            found[key] = re.compile(pattern)
    return found


@functools.cache
def _codes() -> dict[tuple[str, str], str]:
    """Codes of vocabularies by group and English words."""
    parted = ((key.partition("."), words["en"]) for key, words in catalogue().items())
    return {(group, words): code for (group, dot, code), words in parted if dot}
