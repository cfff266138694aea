"""What protects the records of one direction, opened: a bad tag or MAC gives None, and nothing else happens."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers import algorithms as old
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from netaudit.messages.opening.schedule import TLS10, expand_label

if TYPE_CHECKING:
    from netaudit.messages.opening.suites import Suite

TAG = 16  # bytes
NONCE = 12
EXPLICIT = 8  # bytes of the nonce that a record of TLS 1.2 brings (RFC 5288, 3)
_BLOCKS = {"aes": 16, "camellia": 16, "seed": 16, "3des": 8, "des": 8, "idea": 8}
_FIXED = {"gcm": 4, "ccm": 4, "ccm8": 4, "poly1305": 12}  # bytes of the nonce that the key schedule makes
_MACS = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48}


class Opened(NamedTuple):
    """A record's content: its type, its bytes, and how far into the fragment they lie, one to one."""

    kind: int
    data: bytes
    at: int


class Protection(Protocol):
    """Opens the records of one direction under one set of keys."""

    can_seek: bool  # whether a record can be opened when some before it are missing

    def open(self, sequence: int, head: bytes, fragment: bytes) -> Opened | None:
        """Content of a record: its number, its head of five bytes, what follows. None: these are not its keys."""
        ...

    def content(self, fragment: int) -> int:
        """Bytes of content in a fragment of this length, where that is certain; else -1."""
        ...


def aead(suite: Suite, key: bytes) -> tuple[Any, int]:
    """The cipher of an AEAD suite, and the bytes of its tag."""
    if suite.mode == "gcm":
        return AESGCM(key), TAG
    if suite.mode == "poly1305":
        return ChaCha20Poly1305(key), TAG
    size = 8 if suite.mode == "ccm8" else TAG
    return AESCCM(key, size), size


def decrypted(cipher: Any, nonce: bytes, data: bytes, head: bytes) -> bytes | None:
    """What an AEAD gives; None where the tag does not fit."""
    try:
        plain: bytes = cipher.decrypt(nonce, data, head)
    except (InvalidTag, ValueError):
        return None
    return plain


class Tls13:
    """Records of TLS 1.3 (RFC 8446, 5.2)."""

    can_seek = True

    def __init__(self, suite: Suite, secret: bytes) -> None:
        self.suite, self.secret = suite, secret
        self._cipher, self._tag = aead(suite, expand_label(secret, b"key", suite.key, suite.prf))
        self._iv = int.from_bytes(expand_label(secret, b"iv", NONCE, suite.prf), "big")

    def open(self, sequence: int, head: bytes, fragment: bytes) -> Opened | None:
        """See `Protection`."""
        if len(fragment) <= self._tag:
            return None
        try:
            plain = self._cipher.decrypt((self._iv ^ sequence).to_bytes(NONCE, "big"), fragment, head)
        except (InvalidTag, ValueError):
            return None
        if not plain[-1]:
            plain = plain.rstrip(b"\0")  # padding stands behind the type
        return Opened(plain[-1], plain[:-1], 0) if plain else None

    def content(self, fragment: int) -> int:
        """See `Protection`. Padding cannot be told, so nothing is certain."""
        return -1 if fragment <= self._tag else fragment - self._tag - 1


class Tls12Aead:
    """Records of AEAD suites of TLS 1.2 (RFC 5246, 6.2.3.3; RFC 7905)."""

    can_seek = True

    def __init__(self, suite: Suite, key: bytes, fixed: bytes) -> None:
        self._cipher, self._tag = aead(suite, key)
        self._fixed = fixed
        self._explicit = 0 if suite.mode == "poly1305" else EXPLICIT

    def open(self, sequence: int, head: bytes, fragment: bytes) -> Opened | None:
        """See `Protection`."""
        size = len(fragment) - self._explicit - self._tag
        if size < 0:
            return None
        number = sequence.to_bytes(8, "big")
        if self._explicit:
            nonce = self._fixed + fragment[:EXPLICIT]
        else:
            nonce = (int.from_bytes(self._fixed, "big") ^ sequence).to_bytes(NONCE, "big")
        associated = number + head[:3] + size.to_bytes(2, "big")
        plain = decrypted(self._cipher, nonce, fragment[self._explicit :], associated)
        return None if plain is None else Opened(head[0], plain, self._explicit)

    def content(self, fragment: int) -> int:
        """See `Protection`."""
        return max(fragment - self._explicit - self._tag, -1)


class Block:
    """Records of CBC suites, MAC before or behind encryption (RFC 5246, 6.2.3.2; RFC 7366; RFC 2246 chains them)."""

    def __init__(self, suite: Suite, version: int, mac_key: bytes, key: bytes, iv: bytes, *, mac_last: bool) -> None:
        self._suite, self._mac_key, self._key = suite, mac_key, key
        self._size = _BLOCKS[suite.cipher]
        self._mac = _MACS[suite.mac]
        self._mac_last = mac_last  # encrypt-then-MAC
        self._first = 0 if version <= TLS10 else self._size  # where the content begins: behind the block of a record
        self.can_seek = version > TLS10
        # One for all records: what stands before a block is all that CBC needs to know, here the block that each
        # record brings, or the last one before. Raises for a cipher that the library does not have.
        self._decryptor = Cipher(_algorithm(suite.cipher, key), modes.CBC(iv or bytes(self._size))).decryptor()

    def open(self, sequence: int, head: bytes, fragment: bytes) -> Opened | None:
        """See `Protection`. Where records are chained, a failure loses all that follows."""
        body = fragment[: -self._mac] if self._mac_last else fragment
        if len(body) <= self._first or len(body) % self._size:
            return None
        if self._mac_last and not self._fits(sequence, head, body, fragment[-self._mac :]):
            return None
        plain = memoryview(self._decryptor.update(body))[self._first :]
        pad = plain[-1] + 1
        if pad > len(plain) or plain[-pad:] != bytes([pad - 1]) * pad:
            return None
        plain = plain[:-pad]
        if not self._mac_last:
            if len(plain) < self._mac:
                return None
            plain, mac = plain[: -self._mac], plain[-self._mac :]
            if not self._fits(sequence, head, plain, mac):
                return None
        return Opened(head[0], bytes(plain), self._first)

    def _fits(self, sequence: int, head: bytes, data: bytes | memoryview, mac: bytes | memoryview) -> bool:
        said = b"".join((sequence.to_bytes(8, "big"), head[:3], len(data).to_bytes(2, "big"), data))
        return hmac.compare_digest(hmac.digest(self._mac_key, said, self._suite.mac), mac)

    def content(self, fragment: int) -> int:  # noqa: ARG002 - padding hides it
        """See `Protection`."""
        return -1


class Stream:
    """Records of RC4 and of suites without encryption (RFC 5246, 6.2.3.1)."""

    def __init__(self, suite: Suite, mac_key: bytes, key: bytes) -> None:
        self._suite, self._mac_key = suite, mac_key
        self._mac = _MACS[suite.mac]
        self.can_seek = suite.cipher == "null"
        self._decryptor = _rc4(key) if suite.cipher == "rc4" else None

    def open(self, sequence: int, head: bytes, fragment: bytes) -> Opened | None:
        """See `Protection`. A failure loses the place in the key stream, hence all that follows."""
        plain = bytes(self._decryptor.update(fragment)) if self._decryptor is not None else fragment
        if len(plain) < self._mac:
            return None
        plain, mac = plain[: -self._mac], plain[-self._mac :]
        said = sequence.to_bytes(8, "big") + head[:3] + len(plain).to_bytes(2, "big") + plain
        if not hmac.compare_digest(hmac.digest(self._mac_key, said, self._suite.mac), mac):
            return None
        return Opened(head[0], plain, 0)

    def content(self, fragment: int) -> int:
        """See `Protection`."""
        return max(fragment - self._mac, -1)


def _algorithm(name: str, key: bytes) -> Any:
    makers: dict[str, Any] = {"aes": algorithms.AES, "3des": old.TripleDES, "seed": old.SEED, "idea": old.IDEA}
    if name == "des":
        return old.TripleDES(key * 3)
    if name == "camellia":
        return old.Camellia(key)
    return makers[name](key)


def _rc4(key: bytes) -> Any:
    return Cipher(old.ARC4(key), None).decryptor()


def key_sizes(suite: Suite, version: int) -> tuple[int, int, int]:
    """Bytes of MAC key, key and initialisation vector that each side takes from the key block (RFC 5246, 6.3)."""
    if suite.aead:
        return 0, suite.key, _FIXED[suite.mode]
    return _MACS[suite.mac], suite.key, _BLOCKS.get(suite.cipher, 0) if version <= TLS10 else 0


def protections(suite: Suite, version: int, block: bytes, *, mac_last: bool) -> tuple[Protection, Protection]:
    """What protects records of the client and of the server, from a key block. Raises UnsupportedAlgorithm."""
    mac, key, iv = key_sizes(suite, version)
    mac_keys = block[:mac], block[mac : 2 * mac]
    block = block[2 * mac :]
    keys = block[:key], block[key : 2 * key]
    block = block[2 * key :]
    ivs = block[:iv], block[iv : 2 * iv]

    def one(side: int) -> Protection:
        if suite.aead:
            return Tls12Aead(suite, keys[side], ivs[side])
        if suite.mode == "cbc":
            return Block(suite, version, mac_keys[side], keys[side], ivs[side], mac_last=mac_last)
        return Stream(suite, mac_keys[side], keys[side])

    return one(0), one(1)
