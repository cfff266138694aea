"""The facts sheet: every citation in signatures and code resolves to it, and nothing claims more than its sources bear."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from netaudit.core.signatures.loading import default_folder, load
from netaudit.core.signatures.signature import DECIDING
from netaudit.events.rules.loading import load as load_documents

ROOT = Path(__file__).parents[3]
RANK = {"documented": 3, "code": 2, "capture": 2, "hearsay": 1, "recalled": 0}
UNSOURCED = 1  # at most as good as hearsay
CITATION = re.compile(r"\b[Ff]acts (\d+(?:\.\d+)*)")


@cache
def sheet() -> tuple[dict[str, list[str]], dict[str, str]]:
    """Sources by section, grades by source."""
    text = (ROOT / "signatures" / "facts.md").read_text(encoding="utf-8")
    sections = {
        found[1]: [name for name in found[2].split() if name != "none"]
        for found in re.finditer(r"^## ([\d.]+) .+\nSources: (.+)$", text, re.MULTILINE)
    }
    rows = re.findall(r"^\| (S\w+) \| (\w+) \| (.+) \|$", text, re.MULTILINE)
    return sections, {name: grade for name, grade, _ in rows}


def cited(source: str) -> list[str]:
    """Grades of what a source cites; raises KeyError and AssertionError where it resolves to nothing."""
    sections, grades = sheet()
    assert source.startswith("facts "), source
    found: list[str] = []
    for part in re.sub(r" \(.*\)$", "", source)[len("facts ") :].split("; "):
        section, _, names = part.partition(": ")
        known = sections[section]
        chosen = names.split() or known
        assert set(chosen) <= set(known), source
        found += [grades[name] for name in chosen]
    return found


def provenances() -> list[tuple[str, str, str]]:
    """Id, kind and source of everything that ships."""
    signatures = load()
    own = [(one.id, one.provenance, one.source) for one in (*signatures.devices, *signatures.services)]
    return own + [(one.id, one.provenance, one.source) for one in load_documents().entries]


def test_the_sheet_is_sound() -> None:
    sections, grades = sheet()
    assert len(sections) > 30
    assert set(grades.values()) <= set(RANK)
    assert {name for names in sections.values() for name in names} == set(grades)
    text = (ROOT / "signatures" / "facts.md").read_text(encoding="utf-8")
    assert text.count("\n## ") == len(sections) + 1  # and the table of sources
    assert not re.search(r"\bfid\b", text)  # a number of a look-up is no source


@pytest.mark.parametrize(("name", "kind", "source"), provenances(), ids=lambda value: value[:40])
def test_a_provenance_resolves_and_claims_no_more_than_its_sources_bear(name: str, kind: str, source: str) -> None:
    grades = cited(source)
    assert RANK[kind] <= max((RANK[grade] for grade in grades), default=UNSOURCED), (name, source, grades)
    if not grades:
        assert kind not in DECIDING, name


def test_every_source_of_the_sheet_says_where_it_is() -> None:
    text = (ROOT / "signatures" / "facts.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (S\w+) \| \w+ \| (.+) \|$", text, re.MULTILINE))
    assert {name for name, where in rows.items() if "://" not in where} <= {"S91"}  # the captures in this project


def test_citations_in_code_and_comments_resolve() -> None:
    sections, _ = sheet()
    lost = []
    paths = [path for top in ("netaudit", "pcaps", "tests") for path in (ROOT / top).rglob("*.py")]
    for path in [*paths, *default_folder().rglob("*.yaml")]:
        for line in path.read_text(encoding="utf-8").splitlines():
            for found in CITATION.finditer(line):
                if found[1] not in sections:
                    lost.append((path.name, found[1]))
    assert lost == []
