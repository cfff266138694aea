"""Every bound that reading may reach has its words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netaudit
from netaudit.content.codecs import content_coding
from netaudit.findings.ledgers import BY_NAME, reason_word
from netaudit.findings.marked import WINDOW_S
from netaudit.findings.moments import LEAST_BYTES

LIMITS = BY_NAME["limits"].reasons


def test_every_bound_that_is_reached_has_words() -> None:
    said = set()
    for path in Path(netaudit.__file__).parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if "content" in path.parts or "limit: " in source or "64 MiB: only" in source:
            found = re.findall(r'(?:\.limit\("|RefusedError\("|self\.problem = "|"limit: )([^"{}]+)"', source)
            said |= {*found, *re.findall(r'"((?:body|file) over \d[^"]+)"', source)}
    said.discard("…")
    assert len(said) > 18
    assert said <= LIMITS.keys(), said - LIMITS.keys()
    assert {note.split()[0] for note in LIMITS if note.endswith("ratio or expansion")} == {
        *content_coding._CODINGS,
        "zip",
    }


def test_they_are_said_in_both_languages() -> None:
    assert reason_word("limits", "carving", "zh") == "在未知数据中的搜索量"
    assert reason_word("limits", "carving", "en") == "searching in unknown data"
    assert reason_word("limits", "something new", "zh") == "something new"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_words_of_marks_have_their_figures(lang) -> None:
    words = [reason_word("marks", code, lang) for code in ("followed", "not followed")]
    assert all(re.search(rf"\b{WINDOW_S} (s|秒)", one) for one in words)
    assert f"{LEAST_BYTES // 1024} KiB" in words[0]
