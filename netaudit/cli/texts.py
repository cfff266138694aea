"""What the command line says, in both languages."""

from __future__ import annotations

import itertools
import locale
import os

from netaudit.core.text.bilingual import speaker
from netaudit.core.text.yaml_text import yaml_of

TEXTS = yaml_of(__package__, "texts.yaml")


_spoken: list[str] = []  # the language of this process, where somebody said one


def speak(lang: str | None) -> None:
    """Let this process speak a language, as the command line or its settings ask for; None or another: the locale's."""
    _spoken[:] = [lang] if lang in {"zh", "en"} else []


def asked(words: list[str]) -> str | None:
    """The language that the words of a command line ask for, before they are understood: help and errors have it."""
    for word, after in itertools.pairwise([*words, ""]):
        if word == "--":
            return None
        if word == "--lang":
            return after
        if word.startswith("--lang="):
            return word.partition("=")[2]
    return None


def default_language() -> str:
    """The language that was asked for, else zh in Chinese locales, en otherwise."""
    if _spoken:
        return _spoken[0]
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    try:
        language = locale.getlocale()[0] or ""
    except ValueError:
        language = ""
    return "zh" if language.lower().startswith(("zh", "chinese")) else "en"


say = speaker(TEXTS)
