"""YAML texts that come with netaudit or are added to it: signatures, and what is said in both languages."""

from __future__ import annotations

from importlib import resources
from typing import Any

from netaudit.ground.remembered import remembered


def parse_yaml(text: str) -> Any:
    """Plain values of a YAML text, by a safe loader. Raises yaml.YAMLError."""
    return remembered("yaml", text, _parse)


def yaml_of(package: str, name: str) -> Any:
    """What a YAML file says that comes with a package (`__package__`)."""
    return parse_yaml(resources.files(package).joinpath(name).read_text(encoding="utf-8"))


def _parse(text: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where there, is ten times faster
    return yaml.load(text, Loader=loader)  # noqa: S506  (both loaders are the safe ones)
