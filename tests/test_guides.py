"""Guides name places that exist: files, folders, commands of the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "CONTRIBUTING.md", ROOT / "docs" / "glossary.md", *sorted((ROOT / "docs" / "decisions").glob("*.md"))]
PLACES = re.compile(r"`((?:netaudit/|tests/|docs/|pcaps/|signatures/|[a-z]+/)[\w./-]+\.(?:py|md|yaml|json))`")
LINKS = re.compile(r"\]\(([^)#:]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_places_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = [ROOT / name for name in PLACES.findall(text)]
    missing = [
        place for place in named if not place.exists() and not (ROOT / "netaudit" / place.relative_to(ROOT)).exists()
    ]
    missing += [page.parent / link for link in LINKS.findall(text) if not (page.parent / link).exists()]
    assert not missing


def test_every_room_is_explained_somewhere() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [path.name for path in (ROOT / "netaudit").iterdir() if path.is_dir() and not path.name.startswith("_")]
    assert not [room for room in rooms if room not in page]
