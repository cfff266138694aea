"""The report's templates as jinja compiles them, kept in the user's cache: filling them in takes less time."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import jinja2

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2.bccache import Bucket


class Kept(jinja2.BytecodeCache):
    """Files in a folder; what cannot be read is compiled again, what cannot be written is not kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.{jinja2.__version__}.html"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the compiled template where it was made of the same source, by the same versions."""
        with contextlib.suppress(OSError, ValueError, EOFError, TypeError):
            bucket.bytecode_from_string(self._path(bucket).read_bytes())

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it; a reader sees the old file or the whole new one."""
        path = self._path(bucket)
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(bucket.bytecode_to_string())
            temporary.replace(path)
