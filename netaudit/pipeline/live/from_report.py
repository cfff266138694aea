"""Door from the report: its words for acts, classes, scopes and countries, so that screen and report say the same."""

from __future__ import annotations

from netaudit.report.texts import Texts

__all__ = ["Terms"]


class Terms:
    """Words of one language for values of the tables."""

    def __init__(self, lang: str) -> None:
        self._texts = Texts(lang)

    def word(self, group: str, value: str) -> str:
        """Word for a value of a group (act, class, scope, country, side); the value itself where there is none."""
        return self._texts.known(group, value) or value
