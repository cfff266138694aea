"""What the report of a campaign says, in both languages."""

from __future__ import annotations

from netaudit.ground.yaml_text import yaml_of

TEXTS, KINDS = yaml_of(__package__, "texts.yaml").values()
