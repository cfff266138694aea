"""Every bound that reading may reach has its words."""

from __future__ import annotations

import re
from pathlib import Path

import netaudit
from netaudit.findings.ledgers import reason_word
from netaudit.findings.limit_words import CODINGS, LIMITS
from netaudit.unwrapping.codecs import coding


def test_every_bound_that_is_reached_has_words() -> None:
    said = set()
    for path in Path(netaudit.__file__).parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if "unwrapping" in path.parts or "limit: " in source or "64 MiB: only" in source:
            found = re.findall(r'(?:\.limit\("|RefusedError\("|self\.problem = "|"limit: )([^"{}]+)"', source)
            said |= {*found, *re.findall(r'"((?:body|file) over \d[^"]+)"', source)}
    said.discard("…")
    assert len(said) > 18
    assert said <= LIMITS.keys(), said - LIMITS.keys()
    assert set(CODINGS) == set(coding._CODINGS)


def test_they_are_said_in_both_languages() -> None:
    assert reason_word("limits", "carving", "zh") == "在未知数据中的搜索量"
    assert reason_word("limits", "carving", "en") == "searching in unknown data"
    assert reason_word("limits", "something new", "zh") == "something new"
