"""Spawned processes do not run the program's main module again: all that they are sent lies in modules of netaudit."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def without_main() -> Iterator[None]:
    """Processes spawned meanwhile leave `__main__` alone, which may be a script that would start a campaign again."""
    main = sys.modules["__main__"]
    kept = {name: vars(main)[name] for name in ("__file__", "__spec__") if name in vars(main)}
    for name in kept:
        delattr(main, name)
    main.__spec__ = None
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(main, name, value)
