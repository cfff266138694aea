"""What the papers say, in both languages."""

from __future__ import annotations

from netaudit.text.bilingual import speaker
from netaudit.text.yaml_text import yaml_of

TEXTS = yaml_of(__package__, "texts.yaml")

say = speaker(TEXTS)
