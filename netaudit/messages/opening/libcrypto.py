"""The cipher library that Python itself has loaded, where its functions can be had, for kernels to call.

A library that Python was linked with for good shows no functions (and on Windows none are looked for): then pieces are
opened one by one by `cryptography`, which brings its own.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any

import numpy as np
import numpy.typing as npt

FUNCTIONS = ("EVP_DecryptInit_ex", "EVP_DecryptUpdate", "EVP_CIPHER_CTX_ctrl", "EVP_DecryptFinal_ex")
CIPHERS = {
    ("gcm", 16): "EVP_aes_128_gcm",
    ("gcm", 32): "EVP_aes_256_gcm",
    ("poly1305", 32): "EVP_chacha20_poly1305",
    ("chacha20", 32): "EVP_chacha20",
}  # by mode and bytes of the key


@functools.cache
def library() -> Any:
    """It, or None."""
    try:
        import _hashlib

        found = ctypes.CDLL(_hashlib.__file__)
        found.EVP_CIPHER_CTX_new.restype = ctypes.c_void_p
        found.EVP_CIPHER_CTX_free.argtypes = [ctypes.c_void_p]
        found.EVP_DecryptInit_ex.argtypes = [ctypes.c_void_p] * 5
        for name in CIPHERS.values():
            getattr(found, name).restype = ctypes.c_void_p
        functions(found)
    except (ImportError, OSError, AttributeError):
        return None
    return found


def functions(known: Any) -> npt.NDArray[np.int64]:
    """Addresses of what `kernels_aead` calls, in the order in which it names them."""
    return np.array([ctypes.cast(getattr(known, name), ctypes.c_void_p).value for name in FUNCTIONS], np.int64)


class Context:
    """A cipher with its key, ready to open. Raises LookupError where the library has none such."""

    def __init__(self, mode: str, key: bytes) -> None:
        self.address = 0
        self._library = known = library()
        name = CIPHERS.get((mode, len(key)))
        if known is None or name is None:
            raise LookupError(mode)
        self.functions = functions(known)
        self.address = known.EVP_CIPHER_CTX_new() or 0
        if not self.address or known.EVP_DecryptInit_ex(self.address, getattr(known, name)(), None, key, None) != 1:
            raise LookupError(mode)

    def __del__(self) -> None:
        if self.address:
            self._library.EVP_CIPHER_CTX_free(self.address)
