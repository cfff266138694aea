"""Words for tables, columns and values in both languages, beyond those of `report/texts.yaml`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from netaudit.core.schema import BY_NAME
from netaudit.core.text.yaml_text import yaml_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLES: dict[str, dict[str, str]] = yaml_of(__package__, "table_titles.yaml")


@functools.cache
def chinese() -> dict[str, dict[str, str]]:
    """Chinese for names of columns, for what tables are, and for names of ledgers."""
    found: dict[str, dict[str, str]] = yaml_of(__package__, "chinese.yaml")
    return found


def heading(column: str, lang: str) -> str:
    """Name of a column for people; the table's own name where no other is known."""
    return chinese()["columns"].get(column, column) if lang == "zh" else column.replace("_", " ")


def table_title(name: str, lang: str) -> str:
    """Return the title of a table; its name when it has none."""
    return TITLES[name][lang] if name in TITLES else name


def meaning(table: str, lang: str) -> str:
    """What a table is."""
    return chinese()["tables"].get(table, "") if lang == "zh" else BY_NAME[table].meaning


def value_word(table: str, column: str, value: str, lang: str) -> str | None:
    """A word for a value of a column; None where the report has it, or nobody."""
    if lang != "zh":
        return None
    words: Mapping[str, Mapping[str, str]] = chinese()["values"]  # type: ignore[assignment]
    return (words.get(f"{table}.{column}") or words.get(column) or {}).get(value)


@functools.cache
def _meanings() -> dict[str, str]:
    """Chinese for the meanings of columns, by the English ones."""
    words = yaml_of(__package__, "meanings.yaml")["meanings"]
    places = ((one.meaning, f"{table.name}.{one.name}") for table in BY_NAME.values() for one in table.columns)
    return {meaning: words[place] for meaning, place in places if place in words}


def column_meaning(meaning: str, lang: str) -> str:
    """What a column is, in a language."""
    return _meanings().get(meaning, meaning) if lang == "zh" and meaning else meaning


def ledger(name: str, lang: str) -> str:
    """Name of a ledger."""
    return chinese()["ledgers"].get(name, name) if lang == "zh" else name
