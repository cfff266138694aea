"""What the report of a campaign says, in both languages."""

from __future__ import annotations

from netaudit.ground.yaml_text import yaml_of

_SAID: dict[str, dict[str, dict[str, str]]] = yaml_of(__package__, "texts.yaml")
TEXTS, KINDS = _SAID["texts"], _SAID["kinds"]
