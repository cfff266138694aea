"""YAML texts that come with netaudit or are added to it: signatures, and what is said in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netaudit.system.user_cache import remembered

ROOT = Path(__file__).parents[1]


def parse_yaml(text: str) -> Any:
    """Plain values of a YAML text, by a safe loader. Raises ValueError."""
    return remembered("yaml", text, _parse)


def yaml_of(package: str, name: str) -> Any:
    """What a YAML file says that comes with a package (`__package__`)."""
    return parse_yaml(ROOT.joinpath(*package.split(".")[1:], name).read_text(encoding="utf-8"))


def _parse(text: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where there, is ten times faster
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506  (both loaders are the safe ones)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
