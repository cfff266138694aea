"""What the report of a campaign says, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.text.yaml_text import yaml_of

if TYPE_CHECKING:
    from netaudit.core.text.bilingual import Texts

_FILE = yaml_of(__package__, "texts.yaml")
TEXTS: Texts = _FILE["texts"]
KINDS: Texts = _FILE["kinds"]
