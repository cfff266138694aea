"""Methods of dataclasses, kept in the user's cache.

Python writes them as texts and compiles these anew in every process: for some 200 classes, a twentieth of a small
audit. Here a text that was compiled once is taken from the cache; classes are made of it as ever.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import hashlib
import marshal
import sys
from typing import TYPE_CHECKING, Any

from netaudit.system.user_cache import cache_folder, keep, recalled

if TYPE_CHECKING:
    from pathlib import Path
    from types import CodeType

MOST = 8192  # texts: those of classes that are no more among them
Codes = dict[str, "CodeType"]  # by text


def remember_methods() -> None:
    """From now on in this process, one of our own: what is compiled anew is kept when it ends."""
    path = _place()
    known, fresh = _known(path), dict[str, Any]()

    def run(text: str, names: dict[str, Any], found: dict[str, Any]) -> None:
        code = known.get(text) or fresh.get(text)
        if code is None:
            code = fresh[text] = compile(text, "<string>", "exec", dont_inherit=True)
        exec(code, names, found)  # noqa: S102  (as dataclasses does)

    dataclasses.exec = run  # type: ignore[attr-defined]  # found before the built-in one
    atexit.register(_keep, path, known, fresh)


def _place() -> Path:
    compiler = hashlib.sha256(f"{sys.version}\0{sys.flags.optimize}".encode()).hexdigest()[:16]
    return cache_folder() / f"methods-{compiler}"


def _known(path: Path) -> Codes:
    kept = recalled(path)
    if kept is not None:
        with contextlib.suppress(ValueError, EOFError, TypeError):
            codes: Codes = marshal.loads(kept)  # noqa: S302  (whole, and of this user's own cache, as the kernels are)
            return codes
    return {}


def _keep(path: Path, known: Codes, fresh: Codes) -> None:
    if fresh:
        keep(path, marshal.dumps(known | fresh if len(known) + len(fresh) <= MOST else fresh))
