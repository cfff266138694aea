"""Texts of the pages, in both languages. Words for tables and columns are in `report/column_words.py`."""

from __future__ import annotations

from netaudit.core.text.bilingual import speaker
from netaudit.core.text.yaml_text import yaml_of
from netaudit.report.column_words import TITLES

TEXTS = {**yaml_of(__package__, "texts.yaml"), **TITLES}


def title(name: str, lang: str) -> str:
    """Return the title of a page or table; the name itself when it has none."""
    return say(name, lang) if name in TEXTS else name


say = speaker(TEXTS)
