"""The cipher library that Python itself has loaded, where its functions can be had, for kernels to call.

On Windows that is a file beside the module for hashes, which shows none of its functions itself. A library that Python
was linked with for good shows none at all: then pieces are opened one by one by `cryptography`, which brings its own.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FUNCTIONS = ("EVP_DecryptInit_ex", "EVP_DecryptUpdate", "EVP_CIPHER_CTX_ctrl", "EVP_DecryptFinal_ex")
_ADDRESS = ctypes.c_void_p
CIPHERS = {
    ("gcm", 16): "EVP_aes_128_gcm",
    ("gcm", 32): "EVP_aes_256_gcm",
    ("poly1305", 32): "EVP_chacha20_poly1305",
    ("chacha20", 32): "EVP_chacha20",
}  # by mode and bytes of the key


class Library(NamedTuple):
    """What is used of it."""

    functions: npt.NDArray[np.int64]  # addresses of what `kernels_aead` calls, in the order in which it names them
    ciphers: dict[tuple[str, int], int]  # addresses, by mode and bytes of the key
    new: Callable[[], int | None]  # makes an EVP_CIPHER_CTX
    free: Callable[[int], None]
    begin: Callable[[int, int, None, bytes, None], int]  # gives it cipher and key


@functools.cache
def library() -> Library | None:
    """It, or None."""
    try:
        import _hashlib

        found = ctypes.CDLL(_holder(Path(_hashlib.__file__)))
        new, free, begin = found.EVP_CIPHER_CTX_new, found.EVP_CIPHER_CTX_free, found.EVP_DecryptInit_ex
        new.restype, free.argtypes, begin.argtypes = _ADDRESS, [_ADDRESS], [_ADDRESS] * 5
        ciphers = {key: ctypes.CFUNCTYPE(_ADDRESS)((name, found))() for key, name in CIPHERS.items()}
        addresses = [ctypes.cast(getattr(found, name), _ADDRESS).value for name in FUNCTIONS]
    except (ImportError, OSError, AttributeError):
        return None
    known = {key: cipher for key, cipher in ciphers.items() if cipher}
    return Library(np.array(addresses, np.int64), known, new, free, begin)


def _holder(module: Path) -> str:
    """The file whose functions they are: the module with all that it is linked with, or a library that lies there."""
    beside = sorted(module.parent.glob("libcrypto-*.dll")) if module.suffix == ".pyd" else []
    return str(beside[-1] if beside else module)


class Context:
    """A cipher with its key, ready to open. Raises LookupError where the library has none such."""

    def __init__(self, mode: str, key: bytes) -> None:
        self.address = 0
        known, named = library(), (mode, len(key))
        if known is None or named not in known.ciphers:
            raise LookupError(mode)
        self._free, self.functions = known.free, known.functions
        self.address = known.new() or 0
        if not self.address or known.begin(self.address, known.ciphers[named], None, key, None) != 1:
            raise LookupError(mode)

    def __del__(self) -> None:
        if self.address:
            self._free(self.address)
