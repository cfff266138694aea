"""docs/observations.md and the vocabulary of signatures name the same fields, and captures tell no others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netaudit.signatures.loading import load
from tests.observations.test_own_captures import EXPECTED, FOLDER, told

if TYPE_CHECKING:
    from tests.observations.scoring import Score

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\| (\w+) \|.*\| ([^|]+) \|$", re.MULTILINE)
FIELDS = load().vocabulary.fields
OTHERS = {"dns.name", "dns_client.ech", "limit.dropped"}  # not for signatures
AS_SENT = ("sadp.",)  # of makers whose every field is noted


def documented(page: str = "observations.md") -> set[str]:
    rows = ROW.findall((DOCS / page).read_text(encoding="utf-8"))
    return {f"{kind}.{field}" for kind, text in rows for field in re.findall(r"`(\w+)`", text)}


@pytest.mark.parametrize("page", ["observations.md", "zh/observations.md"])
def test_the_page_and_the_vocabulary_agree(page: str) -> None:
    assert documented(page) - OTHERS == FIELDS


def test_own_captures_tell_nothing_else(tmp_path: Path) -> None:
    rows = told([FOLDER / name for name in EXPECTED], tmp_path / "case")
    assert {f"{row['kind']}.{row['field']}" for row in rows} - documented() - OTHERS == set()


@pytest.mark.captures
def test_captures_of_others_tell_nothing_else(score: Score) -> None:
    told_of = {name for name in score.fields if not name.startswith(AS_SENT)}
    assert told_of - documented() - OTHERS == set()
