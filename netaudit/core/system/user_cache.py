"""What every process would make anew from files that rarely change is kept in the user's cache, beside the kernels.

Reading the signatures (YAML) and the report's templates takes a quarter of a second: a tenth of a small audit. A file
is used only where it is whole (it begins with the hash of the rest) and nobody but this user can have written it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import marshal
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.core.system.user_folders import first_own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

KEY_NAME = "interrupted.key"
MOST_FILES = 256
OTHERS_WRITE = 0o022
_SEAL = hashlib.sha256().digest_size


def remembered(kind: str, source: str, make: Callable[[str], Any]) -> Any:
    """`make(source)`, from the cache where it was made before; `kind` names the way of making and its version.

    Kept is only what consists of plain values (lists, sets, dicts, texts, numbers); exceptions of `make` pass through.
    """
    folder = cache_folder()
    stamp = f"{kind}\0{sys.version}\0{source}".encode("utf-8", "surrogatepass")
    path = folder / hashlib.sha256(stamp).hexdigest()[:32]
    if (kept := recalled(path)) is not None:
        with contextlib.suppress(ValueError, EOFError, TypeError):
            return marshal.loads(kept)  # noqa: S302  (whole, and of this user's own cache, as the kernels are)
    made = make(source)
    with contextlib.suppress(ValueError):  # a value that is not plain
        keep(path, marshal.dumps(made))
    return made


def stamps(files: Iterable[str | Path]) -> str:
    """Sizes and times of files, for the `kind` of what rests on the code that makes it, or on words beside the text."""
    return " ".join(f"{found.st_mtime_ns}:{found.st_size}" for found in map(os.stat, files))


def user_cache() -> Path:
    """Folder of this user's caches, in which nobody else can write: kernels are run out of it.

    Where the place that the environment names is another's (root with the home of a user, a shared folder), that of
    this user's own home is taken, and one that ends with the process where there is none.
    """
    places = _home_cache()
    with contextlib.suppress(RuntimeError):  # a user without a home, as in many containers
        places.insert(0, _named_cache())
    return _chosen(tuple(places))


@functools.cache
def _chosen(candidates: tuple[Path, ...]) -> Path:
    return first_own(list(candidates))


def _named_cache() -> Path:
    """What the environment names. Raises RuntimeError where it names nothing and this user has no home."""
    if chosen := os.environ.get("NETAUDIT_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "netaudit"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "netaudit"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netaudit"


def _home_cache() -> list[Path]:
    """That of the home that the system knows, whatever the environment says."""
    if not hasattr(os, "getuid"):
        return []
    import pwd

    try:
        return [Path(pwd.getpwuid(os.getuid()).pw_dir) / ".cache" / "netaudit"]
    except KeyError:
        return []


def user_key() -> bytes:
    """32 bytes that only this user knows, made at the first use."""
    import secrets

    place = user_cache() / KEY_NAME
    with contextlib.suppress(FileExistsError):
        file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(file, "wb") as made:
            made.write(secrets.token_bytes(32))
    return place.read_bytes()


def cache_folder() -> Path:
    """Where things are kept, beside the kernels."""
    return user_cache() / "remembered"


def recalled(path: Path) -> bytes | None:
    """What `keep` put there; None when there is nothing, or it is damaged, or others may have written it."""
    return _read(path, _own)


def unsealed(path: Path) -> bytes | None:
    """What `keep` once put into a file of the package; None as `recalled`, others being who cannot write our code."""
    return _read(path, _as_code)


def _read(path: Path, believed: Callable[[os.stat_result], bool]) -> bytes | None:
    try:
        with path.open("rb") as file:
            if not (believed(os.fstat(file.fileno())) and believed(path.parent.stat())):
                return None
            content = file.read()
    except OSError:
        return None
    return content[_SEAL:] if hashlib.sha256(content[_SEAL:]).digest() == content[:_SEAL] else None


def keep(path: Path, content: bytes) -> None:
    """Keep something in the cache, where there is room and the right to; a reader sees all of it or none."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        temporary.write_bytes(hashlib.sha256(content).digest() + content)
        temporary.chmod(0o600)
        try:
            temporary.replace(path)  # Windows refuses where somebody reads it, who then has it
        finally:
            temporary.unlink(missing_ok=True)
        _make_room(path.parent)


def _own(found: os.stat_result) -> bool:
    """Whether only this user writes there, as far as the system has such rights."""
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & OTHERS_WRITE


def _as_code(found: os.stat_result) -> bool:
    """Whether only those write there who write this module, this user and the system's."""
    if not hasattr(os, "getuid"):
        return True
    code = Path(__file__).stat()
    return found.st_uid in {0, code.st_uid, os.getuid()} and not found.st_mode & OTHERS_WRITE & ~code.st_mode


def _make_room(folder: Path) -> None:
    others = [other for other in folder.iterdir() if other.is_file()]
    if len(others) > MOST_FILES:  # what was made of files that have changed since
        for other in sorted(others, key=lambda other: other.stat().st_mtime)[: -MOST_FILES // 2]:
            other.unlink(missing_ok=True)
