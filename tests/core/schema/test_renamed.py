"""No column of a released version is gone, or called otherwise, without a line that tells it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netaudit.core.schema import BY_NAME, TABLES, TABLES_VERSION
from netaudit.core.schema.renamed import RENAMED, WORDED, renamed_since

HERE = Path(__file__).parent
CHANGELOG = (HERE.parents[2] / "CHANGELOG.md").read_text("utf-8")
NOW = {f"{table.name}.{name}" for table in TABLES for name in table.names}


@pytest.mark.parametrize("file", sorted(HERE.glob("columns_of_version_*.txt")), ids=lambda path: path.stem)
def test_columns_of_earlier_versions_are_there_or_told(file: Path) -> None:
    (version,) = map(int, re.findall(r"\d+", file.stem))
    told = {one.old for one in renamed_since(version) if not one.place}
    gone = set(file.read_text("utf-8").split()) - NOW
    assert version < TABLES_VERSION
    assert gone == told


def test_what_they_are_called_now_is_there_and_the_changelog_has_it() -> None:
    for one in RENAMED:
        assert one.since <= TABLES_VERSION
        place = one.place or one.new
        assert not place or place.partition(".")[0] in BY_NAME, one
        assert one.place or not one.new or one.new in NOW, one
        assert one.old not in NOW or one.place, one
        assert one.place or f"`{one.old}`" in CHANGELOG, one


def test_every_column_that_came_since_a_release_is_named_in_the_changelog() -> None:
    """By its name, behind others of its table, or by that of a table that is new."""
    latest = max(HERE.glob("columns_of_version_*.txt"), key=lambda file: int(re.findall(r"\d+", file.stem)[0]))
    before = set(latest.read_text("utf-8").split())
    tables = {one.partition(".")[0] for one in before}
    untold = set()
    for one in sorted(NOW - before):
        table, _, name = one.partition(".")
        named = rf"`{table}\.{name}`|`{table}\.\w+`(, `\w+`)*, `{name}`" if table in tables else rf"`{table}`"
        if not re.search(named, CHANGELOG):
            untold.add(one)
    assert not untold, f"no line of CHANGELOG.md names {', '.join(sorted(untold))}"


def test_versions_are_told_from_the_one_of_the_case_on() -> None:
    assert WORDED <= TABLES_VERSION
    assert renamed_since(TABLES_VERSION) == []
    assert renamed_since(3) == list(RENAMED)
