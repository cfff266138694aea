"""The report's templates as jinja compiles them, kept in the user's cache: filling them in takes less time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jinja2

from netaudit import __version__
from netaudit.system.user_cache import keep, recalled

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2.bccache import Bucket


class Kept(jinja2.BytecodeCache):
    """Files in a folder; what cannot be read is compiled again, what cannot be written is not kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, bucket: Bucket) -> Path:
        """One file for each template and edition: how the environment is set up is compiled into it."""
        return self._folder / f"{bucket.key}.{jinja2.__version__}.{__version__}.html"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the compiled template where it was made of the same source, by the same versions."""
        if (kept := recalled(self._path(bucket))) is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        keep(self._path(bucket), bucket.bytecode_to_string())
