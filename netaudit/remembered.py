"""What every process would make anew from files that rarely change is kept in the user's cache, beside the kernels.

Reading the signatures (YAML) and the report's templates takes a quarter of a second: a tenth of a small audit.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_FILES = 256
_KNOWN = "netaudit.jit"


def remembered(kind: str, source: str, make: Callable[[str], Any]) -> Any:
    """`make(source)`, from the cache where it was made before; `kind` names the way of making and its version.

    Kept is only what consists of plain values (lists, dicts, texts, numbers); exceptions of `make` pass through.
    """
    folder = cache_folder()
    if folder is None:
        return make(source)
    stamp = f"{kind}\0{sys.version}\0{source}".encode("utf-8", "surrogatepass")
    path = folder / hashlib.sha256(stamp).hexdigest()[:32]
    with contextlib.suppress(OSError, ValueError, EOFError, TypeError):
        return marshal.loads(path.read_bytes())  # noqa: S302  (of this user's own cache, as the kernels are)
    made = make(source)
    with contextlib.suppress(OSError, ValueError):  # no room, no rights; or a value that is not plain
        _keep(path, marshal.dumps(made))
    return made


def cache_folder() -> Path | None:
    """Where things are kept; None in a process without kernels: it makes no audit, and is in no hurry."""
    jit = sys.modules.get(_KNOWN)
    return None if jit is None else Path(jit.user_cache()) / "remembered"


def _keep(path: Path, content: bytes) -> None:
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)
    others = [other for other in folder.iterdir() if other.is_file()]
    if len(others) > MOST_FILES:  # what was made of files that have changed since
        for other in sorted(others, key=lambda other: other.stat().st_mtime)[: -MOST_FILES // 2]:
            other.unlink(missing_ok=True)
