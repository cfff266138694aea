"""What AEAD ciphers protect, opened: one piece, or many under one key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

if TYPE_CHECKING:
    from netaudit.protocols.decryption.suites import Suite

U1 = npt.NDArray[np.uint8]
I8 = npt.NDArray[np.int64]
NONCE, TAG = 12, 16  # bytes


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
        self._cipher: Any = {"gcm": AESGCM, "poly1305": ChaCha20Poly1305}.get(suite.mode, self._ccm)(key)

    def _ccm(self, key: bytes) -> AESCCM:
        return AESCCM(key, self.tag)

    def open(self, nonce: bytes, data: bytes | memoryview, head: bytes) -> bytes | None:
        """What is in a piece; None where its tag does not fit."""
        try:
            plain: bytes = self._cipher.decrypt(nonce, data, head)
        except (InvalidTag, ValueError):
            return None
        return plain

    def open_row(self, sealed: Sealed, kind: int = -1) -> Plain:
        """Open pieces up to the first whose tag does not fit.

        Args:
            sealed: the pieces.
            kind: type of content that must stand behind each, with zeros as padding (RFC 8446, 5.4); both are cut off.
                Negative: nothing is.

        """
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


def _rows(octets: U1) -> list[bytes]:
    """Each row of bytes."""
    return octets.view((np.void, octets.shape[1])).ravel().tolist() if len(octets) else []
