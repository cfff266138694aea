"""What AEAD ciphers protect, opened: one piece, or many under one key."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from netaudit.protocols.decryption.kernels_aead import TAG, open_each
from netaudit.protocols.decryption.libcrypto import Context

if TYPE_CHECKING:
    from netaudit.protocols.decryption.suites import Suite

U1 = npt.NDArray[np.uint8]
I8 = npt.NDArray[np.int64]
NONCE = 12  # bytes


class Sealed(NamedTuple):
    """Pieces to be opened."""

    data: bytes
    begins: I8  # in the data
    ends: I8  # behind their tags
    nonces: U1  # shape (n, 12)
    heads: U1  # shape (n, m): what is authenticated with each
    sizes: I8  # bytes of each head


class Plain(NamedTuple):
    """What was in pieces, one behind the other, and where that of each ends."""

    data: U1
    ends: I8


class Aead:
    """Opens what is protected with one key."""

    def __init__(self, suite: Suite, key: bytes) -> None:
        self.tag = 8 if suite.mode == "ccm8" else TAG
        self._mode, self._key = suite.mode, key
        self._cipher: Any = {"gcm": AESGCM, "poly1305": ChaCha20Poly1305}.get(suite.mode, self._ccm)(key)

    def _ccm(self, key: bytes) -> AESCCM:
        return AESCCM(key, self.tag)

    @functools.cached_property
    def _context(self) -> Context | None:
        return context(self._mode, self._key)

    def open(self, nonce: bytes, data: bytes | memoryview, head: bytes) -> bytes | None:
        """What is in a piece; None where its tag does not fit."""
        try:
            plain: bytes = self._cipher.decrypt(nonce, data, head)
        except (InvalidTag, ValueError):
            return None
        return plain

    def open_row(self, sealed: Sealed, kind: int = -1) -> Plain:
        """What is in the first ones, up to one whose tag does not fit; `kind` as in `open_each`."""
        known = self._context
        return self._one_by_one(sealed, kind) if known is None else _opened(known, sealed, kind)

    def _one_by_one(self, sealed: Sealed, kind: int) -> Plain:
        """The same without the library that Python has loaded."""
        found: list[bytes] = []
        view = memoryview(sealed.data)
        places = zip(sealed.begins.tolist(), sealed.ends.tolist(), sealed.sizes.tolist(), strict=True)
        for (begin, end, size), nonce, head in zip(places, _rows(sealed.nonces), _rows(sealed.heads), strict=True):
            plain = self.open(nonce, view[begin:end], head[:size])
            if plain is not None and kind >= 0:
                plain = plain.rstrip(b"\0")
                plain = plain[:-1] if plain.endswith(bytes([kind])) else None
            if plain is None:
                break
            found.append(plain)
        ends = np.cumsum(np.fromiter(map(len, found), np.int64, len(found)))
        return Plain(np.frombuffer(b"".join(found), np.uint8), ends)


def context(mode: str, key: bytes) -> Context | None:
    """A cipher of Python's own library, where that can be had and is to be trusted."""
    try:
        return Context(mode, key) if _agrees() else None
    except LookupError:
        return None


def _opened(known: Context, sealed: Sealed, kind: int) -> Plain:
    plain = np.empty(int(np.maximum(sealed.ends - sealed.begins, 0).sum()), np.uint8)
    behind = np.empty(len(sealed.begins), np.int64)
    raw = np.frombuffer(sealed.data, np.uint8)
    count = open_each(known.functions, known.address, raw, *sealed[1:], kind, plain, behind)
    return Plain(plain[: behind[count - 1] if count else 0], behind[:count])


@functools.cache
def _agrees() -> bool:
    """Whether the library that Python has loaded opens what `cryptography` has sealed, and nothing that is damaged."""
    key, nonce, content = bytes(range(16)), bytes(NONCE), bytes(range(40))
    good = AESGCM(key).encrypt(nonce, content, b"head")
    size = len(good)
    ends = np.array([size, 2 * size])
    heads = np.frombuffer(b"headhead", np.uint8).reshape(2, 4)
    bad = good[:-1] + bytes([good[-1] ^ 1])
    sealed = Sealed(good + bad, ends - size, ends, np.zeros((2, NONCE), np.uint8), heads, np.full(2, 4))
    try:
        plain = _opened(Context("gcm", key), sealed, -1)
    except LookupError:
        return False
    return plain.data.tobytes() == content and plain.ends.tolist() == [len(content)]


def _rows(octets: U1) -> list[bytes]:
    """Each row of bytes."""
    return octets.view((np.void, octets.shape[1])).ravel().tolist() if len(octets) else []
