"""The list of private words that text for users must not hold."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

BANNED = yaml.safe_load((Path(__file__).parent / "banned_words.yaml").read_text("utf-8"))
PATTERNS = {re.compile(word, re.IGNORECASE): instead for word, instead in BANNED["en"].items()}


def banned(text: str) -> list[tuple[str, str]]:
    """Return the private words of a text, each with the term to use instead."""
    found = [(word, instead) for word, instead in BANNED["zh"].items() if word in text]
    return found + [(match[0], instead) for word, instead in PATTERNS.items() for match in word.finditer(text)]
