"""Chinese for what is written in English where it arises: help texts, usage errors, and messages of errors.

An error of ours is a template and parts (`errors.py`), and its template is looked up; a part may be an error itself.
Texts that others write (the system, Typer, libraries), and those that went through a table, are known by patterns. What
is not known stays as it is, since a wrong translation would be worse than none.
"""

from __future__ import annotations

import functools
import re

from netaudit.core.text.yaml_text import yaml_of
from netaudit.errors import NetauditError, ReasonedError

LONGEST = 4000  # characters of a message that is looked at
DEEPEST = 4  # messages within messages


@functools.cache
def catalogue() -> dict[str, dict[str, str]]:
    """Groups `help`, `words`, `errors` (templates of ours) and `texts` (patterns), each from English to Chinese."""
    found: dict[str, dict[str, str]] = yaml_of(__package__, "chinese.yaml")
    return found


def helped(text: str, lang: str) -> str:
    """A help text in a language."""
    return catalogue()["help"].get(text, text) if lang == "zh" else text


def worded(text: str, lang: str) -> str:
    """A word of a usage line, as `FILE` or `[CAPTURE]...`, in a language."""
    if lang != "zh":
        return text
    whole = catalogue()["words"].get(text)
    return whole or re.sub(r"[A-Za-z]+", lambda found: catalogue()["words"].get(found[0], found[0]), text)


def error_text(error: Exception, lang: str, depth: int = 0) -> str:
    """An error in a language; one of others is known by its text."""
    if not isinstance(error, NetauditError):
        return message(str(error), lang, depth)
    if isinstance(error, ReasonedError):
        from netaudit.report.texts import Texts

        return Texts(lang).phrase(error.template, lambda part: message(part, lang, depth + 1))
    chinese = catalogue()["errors"].get(error.template) if lang == "zh" and depth <= DEEPEST else None
    if chinese is None:
        return message(str(error), lang, depth)
    parts = (
        error_text(one, lang, depth + 1) if isinstance(one, NetauditError) else _part(one, lang, depth + 1)
        for one in error.parts
    )
    return chinese.format(*parts)


def message(text: str, lang: str, depth: int = 0) -> str:
    """A text that is no error of ours, in a language; each line and each part of it by itself."""
    if lang != "zh" or len(text) > LONGEST or depth > DEEPEST:
        return text
    if "\n" in text:
        return "\n".join(message(line, lang, depth + 1) for line in text.split("\n"))
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(text):
            return chinese.format(*(_part(part, lang, depth + 1) for part in found.groups()))
    return text


def _part(text: str, lang: str, depth: int) -> str:
    """What stands in a place: a message, some of them, or a name."""
    translated = message(text, lang, depth)
    if translated == text and "; " in text:
        translated = "；".join(message(part, lang, depth) for part in text.split("; "))
    return translated


@functools.cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Templates as patterns, those with most words of their own first."""
    texts = sorted(catalogue()["texts"].items(), key=lambda pair: -len(pair[0].replace("{}", "")))
    return [(re.compile("(.+?)".join(map(re.escape, english.split("{}")))), chinese) for english, chinese in texts]
