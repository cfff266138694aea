"""YAML texts that come with netaudit or are added to it: signatures, and the report's words."""

from __future__ import annotations

from typing import Any

from netaudit.ground.remembered import remembered


def parse_yaml(text: str) -> Any:
    """Plain values of a YAML text, by a safe loader. Raises yaml.YAMLError."""
    return remembered("yaml", text, _parse)


def _parse(text: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where there, is ten times faster
    return yaml.load(text, Loader=loader)  # noqa: S506  (both loaders are the safe ones)
