"""YAML texts that come with netaudit or are added to it: signatures, and what is said in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.core.system.user_cache import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]


MOST_TEXT = 16 << 20  # characters
MOST_VALUES = 1_000_000  # with those that names of others (aliases) stand for
DEEPEST = 64


def parse_yaml(text: str) -> Any:
    """Plain values of a YAML text, by a safe loader. Raises ValueError for what is none, or would become too much."""
    return remembered("yaml", text, _parse)


def yaml_of(package: str, name: str) -> Any:
    """What a YAML file says that comes with a package (`__package__`)."""
    return parse_yaml(ROOT.joinpath(*package.split(".")[1:], name).read_text(encoding="utf-8"))


def _parse(text: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where there, is ten times faster
    if len(text) > MOST_TEXT:
        raise ValueError(f"more than {MOST_TEXT:,} characters")
    try:
        _weigh(yaml.parse(text, Loader=loader))
        return yaml.load(text, Loader=loader)  # noqa: S506  (both loaders are the safe ones)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _weigh(events: Iterable[Any]) -> None:
    """Look at a text piece by piece before anything is made of it. Raises ValueError with the place."""
    import yaml

    sizes: dict[str, int] = {}  # of what has a name
    open_ones: list[tuple[str | None, int]] = [(None, 0)]
    for event in events:
        ended = None
        if isinstance(event, yaml.CollectionStartEvent):
            open_ones.append((event.anchor, 1))
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = open_ones.pop()
        elif isinstance(event, yaml.AliasEvent):
            ended = None, sizes.get(event.anchor or "", MOST_VALUES + 1)
        elif isinstance(event, yaml.ScalarEvent):
            ended = event.anchor, 1
        if ended is not None:
            name, size = ended
            sizes |= {name: size} if name else {}
            open_ones[-1] = open_ones[-1][0], open_ones[-1][1] + size
        if len(open_ones) > DEEPEST or open_ones[-1][1] > MOST_VALUES:
            mark = event.start_mark
            deep = len(open_ones) > DEEPEST
            why = f"deeper than {DEEPEST}" if deep else f"stands for more than {MOST_VALUES:,} values"
            raise ValueError(f"line {mark.line + 1}, column {mark.column + 1}: {why}")
