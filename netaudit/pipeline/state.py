"""What a reading process holds in memory, as a file, so that an interrupted audit can go on.

The file is a pickle, which would run whatever somebody wrote into it. So it begins with an HMAC under a key that lies
in this user's own cache and never in a case: only what this user's netaudit wrote itself, in this version, is loaded.
"""

from __future__ import annotations

import copyreg
import functools
import hashlib
import hmac
import os
import pickle
import secrets
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from netaudit import __version__
from netaudit.storage.files import fresh
from netaudit.system.disk import have_on_disk
from netaudit.system.user_cache import user_cache

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_NAME = "interrupted.key"
_DIGEST = hashlib.sha256().digest_size
_PLAIN = {bool, int, float, complex, str, bytes, bytearray, tuple, list, dict, set, frozenset, type(None)}


class Unbelievable(Exception):  # noqa: N818 - what it says is no error of the program
    """Why an audit cannot be gone on with; `why` is a code that the command line words, `name` a file."""

    def __init__(self, why: str, name: str = "") -> None:
        super().__init__(f"{why} {name}".strip())
        self.why, self.name = why, name


class _Hashed:
    """A file that hashes what is written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.mac = hmac.new(_key(), _stamp(), "sha256")

    def write(self, data: Any) -> int:
        self.mac.update(data)
        return self._file.write(data)


def _saver(file: Any, shared: Mapping[str, Any]) -> pickle.Pickler:
    """Asks only objects of the classes of the shared ones which they are: a state holds millions, and none is asked."""
    if plain := {value.__class__ for value in shared.values()} & _PLAIN:
        raise TypeError(f"pickle writes {plain} without asking anybody")
    names = {id(value): name for name, value in shared.items()}
    saver = pickle.Pickler(file, protocol=5)
    reduced = functools.partial(_reduced, names)  # knows no saver: in a cycle all that was saved would stay
    saver.dispatch_table = copyreg.dispatch_table | dict.fromkeys(map(type, shared.values()), reduced)
    return saver


def _reduced(names: Mapping[int, str], obj: Any) -> Any:
    name = names.get(id(obj))
    return obj.__reduce_ex__(5) if name is None else (shared_object, (name,))


class _Loader(pickle.Unpickler):
    def __init__(self, file: Any, shared: Mapping[str, Any]) -> None:
        super().__init__(file)
        self._shared = shared

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == (__name__, shared_object.__name__):
            return self._shared.__getitem__
        return super().find_class(module, name)


def shared_object(name: str) -> Any:
    """Stands in a state for what whoever loads it has already, and is called by nobody."""
    raise KeyError(name)


def save_state(path: Path, state: Any, shared: Mapping[str, Any]) -> bool:
    """Write a state; False where something in it cannot be kept (a cipher, say), and then there is no file.

    `shared` are objects that whoever loads it has already, by name: they are not written.
    """
    try:
        with fresh(path) as temporary, temporary.open("r+b") as file:
            os.fchmod(file.fileno(), 0o600) if hasattr(os, "fchmod") else None
            file.write(bytes(_DIGEST))
            hashed = _Hashed(file)
            saver = _saver(hashed, shared)
            saver.dump(state)
            file.seek(0)
            file.write(hashed.mac.digest())
            file.flush()
            have_on_disk(file.fileno())
    except (TypeError, AttributeError, pickle.PicklingError, RecursionError):
        return False
    return True


def load_state(path: Path, shared: Mapping[str, Any]) -> Any:
    """A state as it was saved. Raises Unbelievable: "none", "foreign" (of another user or version), "broken"."""
    try:
        return _loaded(path, shared)
    except OSError:
        raise Unbelievable("none", path.name) from None
    except (pickle.UnpicklingError, AttributeError, ImportError, KeyError, EOFError, TypeError, ValueError) as error:
        raise Unbelievable("broken", path.name) from error


def _loaded(path: Path, shared: Mapping[str, Any]) -> Any:
    with path.open("rb") as file:
        signature, mac = file.read(_DIGEST), hmac.new(_key(), _stamp(), "sha256")
        while piece := file.read(1 << 20):
            mac.update(piece)
        if not hmac.compare_digest(signature, mac.digest()):
            raise Unbelievable("foreign", path.name)
        file.seek(_DIGEST)
        return _Loader(file, shared).load()


def _key() -> bytes:
    """The key of this user, made at the first use."""
    place = user_cache() / KEY_NAME
    try:
        file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:
        return place.read_bytes()
    with os.fdopen(file, "wb") as made:
        made.write(secrets.token_bytes(_DIGEST))
    return place.read_bytes()


@functools.cache
def _stamp() -> bytes:
    """What a state depends on beside its own bytes: the program itself."""
    code = hashlib.sha256(f"{__version__}\0{sys.version}\0{np.__version__}".encode())
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        code.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return code.digest()
