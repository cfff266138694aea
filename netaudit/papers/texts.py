"""What the papers say, in both languages."""

from __future__ import annotations

from netaudit.ground.bilingual import speaker
from netaudit.ground.yaml_text import yaml_of

TEXTS = yaml_of(__package__, "texts.yaml")

say = speaker(TEXTS)
