"""Texts in both languages: the YAML files of the rooms that speak have them by key, `say` says them.

Words for values of tables (acts, classes, countries …) are the report's (`report/texts.yaml`), whoever says them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Texts = Mapping[str, Mapping[str, str]]  # by key, then by language: "zh" and "en"


def speaker(texts: Texts) -> Callable[..., str]:
    """The `say(key, lang, **figures)` of some texts: KeyError for an unknown key or a missing figure."""

    def say(key: str, lang: str, **figures: object) -> str:
        return texts[key][lang].format(**figures)

    return say
