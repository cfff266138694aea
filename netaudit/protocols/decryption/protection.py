"""What protects the records of one direction, opened: a bad tag or MAC gives None, and nothing else happens."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from operator import sub
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.decrepit.ciphers import algorithms as old
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from netaudit.protocols.decryption.aead import NONCE, Aead, Sealed
from netaudit.protocols.decryption.kernels_tls import HEAD, NUMBERED, describe
from netaudit.protocols.decryption.key_schedule import TLS10, expand_label

if TYPE_CHECKING:
    from netaudit.protocols.decryption.suites import Suite

EXPLICIT = 8  # bytes of the nonce that a record of TLS 1.2 brings (RFC 5288, 3)
_BLOCKS = {"aes": 16, "camellia": 16, "seed": 16, "3des": 8, "des": 8, "idea": 8}
_FIXED = {"gcm": 4, "ccm": 4, "ccm8": 4, "poly1305": 12}  # bytes of the nonce that the key schedule makes
_APPLICATION = 0x17  # type of a record's content
_PADDING = [bytes([(pad - 1) % 256]) * pad for pad in range(257)]  # by length, with the byte that tells it
_MACS = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48}
I8 = npt.NDArray[np.int64]


class Contents(NamedTuple):
    """Content of some records, one behind the other, and how many bytes each has."""

    data: bytes
    sizes: list[int]


class Opened(NamedTuple):
    """A record's content: its type and its bytes."""

    kind: int
    data: bytes


class Protection(Protocol):
    """Opens the records of one direction under one set of keys."""

    can_seek: bool  # whether a record can be opened when some before it are missing
    at: int  # how far into a fragment its content lies

    def open(self, sequence: int, head: bytes, fragment: bytes) -> Opened | None:
        """Content of a record: its number, its head of five bytes, what follows. None: these are not its keys."""
        ...

    def open_row(self, sequence: int, data: bytes, begins: I8, ends: I8) -> Contents:
        """Content of records of application data, from their heads on, up to one that is none or is not opened."""
        ...

    def content(self, fragment: int) -> int:
        """Bytes of content in a fragment of this length, where that is certain; else -1."""
        ...


class _Row:
    """Opens records in a row under one key; `size`: bytes that are authenticated with each."""

    def __init__(self, aead: Aead, iv: bytes, size: int) -> None:
        self._aead, self._iv, self._size = aead, np.frombuffer(iv, np.uint8), size

    def open(self, sequence: int, data: bytes, begins: I8, ends: I8, kind: int = -1) -> Contents:
        """See `Protection`; `kind` as in `Aead.open_row`."""
        count, at = len(begins), HEAD + NONCE - len(self._iv)
        nonces, heads = np.empty((count, NONCE), np.uint8), np.empty((count, self._size), np.uint8)
        own = at - HEAD + self._aead.tag
        describe(np.frombuffer(data, np.uint8), begins, ends, sequence, own, self._iv, nonces, heads)
        sealed = Sealed(data, begins + at, ends, nonces, heads, np.full(count, self._size))
        plain = self._aead.open_row(sealed, kind)
        behind = plain.ends.tolist()
        return Contents(plain.data.tobytes(), list(map(sub, behind, (0, *behind))))


class Tls13:
    """Records of TLS 1.3 (RFC 8446, 5.2)."""

    can_seek = True
    at = 0

    def __init__(self, suite: Suite, secret: bytes) -> None:
        self.suite, self.secret = suite, secret
        self._aead = Aead(suite, expand_label(secret, b"key", suite.key, suite.prf))
        iv = expand_label(secret, b"iv", NONCE, suite.prf)
        self._iv, self._row = int.from_bytes(iv, "big"), _Row(self._aead, iv, HEAD)

    def open(self, sequence: int, head: bytes, fragment: bytes) -> Opened | None:
        """See `Protection`."""
        plain = self._aead.open((self._iv ^ sequence).to_bytes(NONCE, "big"), fragment, head)
        if not plain:
            return None
        if not plain[-1]:
            plain = plain.rstrip(b"\0")  # padding stands behind the type
        return Opened(plain[-1], plain[:-1]) if plain else None

    def open_row(self, sequence: int, data: bytes, begins: I8, ends: I8) -> Contents:
        """See `Protection`."""
        return self._row.open(sequence, data, begins, ends, _APPLICATION)

    def content(self, fragment: int) -> int:
        """See `Protection`. Padding cannot be told, so nothing is certain."""
        return -1 if fragment <= self._aead.tag else fragment - self._aead.tag - 1


class Tls12Aead:
    """Records of AEAD suites of TLS 1.2 (RFC 5246, 6.2.3.3; RFC 7905)."""

    can_seek = True

    def __init__(self, suite: Suite, key: bytes, fixed: bytes) -> None:
        self._aead = Aead(suite, key)
        self._fixed = fixed
        self.at = 0 if suite.mode == "poly1305" else EXPLICIT  # bytes of the nonce
        self._row = _Row(self._aead, fixed, NUMBERED)

    def open(self, sequence: int, head: bytes, fragment: bytes) -> Opened | None:
        """See `Protection`."""
        size = len(fragment) - self.at - self._aead.tag
        if size < 0:
            return None
        number = sequence.to_bytes(8, "big")
        if self.at:
            nonce = self._fixed + fragment[:EXPLICIT]
        else:
            nonce = (int.from_bytes(self._fixed, "big") ^ sequence).to_bytes(NONCE, "big")
        associated = number + head[:3] + size.to_bytes(2, "big")
        plain = self._aead.open(nonce, fragment[self.at :], associated)
        return None if plain is None else Opened(head[0], plain)

    def open_row(self, sequence: int, data: bytes, begins: I8, ends: I8) -> Contents:
        """See `Protection`."""
        return self._row.open(sequence, data, begins, ends)

    def content(self, fragment: int) -> int:
        """See `Protection`."""
        return max(fragment - self.at - self._aead.tag, -1)


class Mac:
    """Authenticates records of suites without AEAD (RFC 5246, 6.2.3.1; HMAC: RFC 2104)."""

    def __init__(self, key: bytes, name: str) -> None:
        """Hash the key once: of each record only its own bytes are left to do, and no copy of them is made."""
        self._inner, self._outer = hashlib.new(name), hashlib.new(name)
        block = key.ljust(self._inner.block_size, b"\0")  # keys are no longer than that
        self._inner.update(bytes(octet ^ 0x36 for octet in block))
        self._outer.update(bytes(octet ^ 0x5C for octet in block))

    def fits(self, sequence: int, head: bytes, data: bytes | memoryview, mac: bytes | memoryview) -> bool:
        """Whether the MAC of a record with this number and head is right."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(sequence.to_bytes(8, "big") + head[:3] + len(data).to_bytes(2, "big"))
        inner.update(data)
        outer.update(inner.digest())
        return hmac.compare_digest(outer.digest(), mac)


class Block:
    """Records of CBC suites, MAC before or behind encryption (RFC 5246, 6.2.3.2; RFC 7366; RFC 2246 chains them)."""

    def __init__(self, suite: Suite, version: int, mac_key: bytes, key: bytes, iv: bytes, *, mac_last: bool) -> None:
        self._size = _BLOCKS[suite.cipher]
        self._mac, self._hash = _MACS[suite.mac], Mac(mac_key, suite.mac)
        self._mac_last = mac_last  # encrypt-then-MAC
        self.at = 0 if version <= TLS10 else self._size  # behind the block that a record brings
        self.can_seek = version > TLS10
        # One for all records: what stands before a block is all that CBC needs to know, here the block that each
        # record brings, or the last one before. Raises for a cipher that the library does not have.
        self._decryptor = Cipher(_algorithm(suite.cipher, key), modes.CBC(iv or bytes(self._size))).decryptor()

    def open(self, sequence: int, head: bytes, fragment: bytes) -> Opened | None:
        """See `Protection`. Where records are chained, a failure loses all that follows."""
        plain = self._plain(sequence, head, memoryview(fragment))
        return None if plain is None else Opened(head[0], bytes(plain))

    def open_row(self, sequence: int, data: bytes, begins: I8, ends: I8) -> Contents:
        """See `Protection`."""
        found: list[memoryview] = []
        view = memoryview(data)
        for number, begin, end in zip(itertools.count(sequence), begins.tolist(), ends.tolist(), strict=False):
            plain = self._plain(number, data[begin : begin + HEAD], view[begin + HEAD : end])
            if plain is None:
                break
            found.append(plain)
        return Contents(b"".join(found), list(map(len, found)))

    def _plain(self, sequence: int, head: bytes, fragment: memoryview) -> memoryview | None:
        body = fragment[: -self._mac] if self._mac_last else fragment
        if len(body) <= self.at or len(body) % self._size:
            return None
        if self._mac_last and not self._hash.fits(sequence, head, body, fragment[-self._mac :]):
            return None
        plain = memoryview(self._decryptor.update(body))[self.at :]
        pad = plain[-1] + 1
        if pad > len(plain) or plain[-pad:] != _PADDING[pad]:
            return None
        if self._mac_last:
            return plain[:-pad]
        end = len(plain) - pad - self._mac
        fits = end >= 0 and self._hash.fits(sequence, head, plain[:end], plain[end:-pad])
        return plain[:end] if fits else None

    def content(self, fragment: int) -> int:  # noqa: ARG002 - padding hides it
        """See `Protection`."""
        return -1


class Stream:
    """Records of RC4 and of suites without encryption (RFC 5246, 6.2.3.1)."""

    at = 0

    def __init__(self, suite: Suite, mac_key: bytes, key: bytes) -> None:
        self._mac, self._hash = _MACS[suite.mac], Mac(mac_key, suite.mac)
        self.can_seek = suite.cipher == "null"
        self._decryptor = _rc4(key) if suite.cipher == "rc4" else None

    def open(self, sequence: int, head: bytes, fragment: bytes) -> Opened | None:
        """See `Protection`. A failure loses the place in the key stream, hence all that follows."""
        plain = bytes(self._decryptor.update(fragment)) if self._decryptor is not None else fragment
        if len(plain) < self._mac:
            return None
        plain, mac = plain[: -self._mac], plain[-self._mac :]
        return Opened(head[0], plain) if self._hash.fits(sequence, head, plain, mac) else None

    def open_row(self, sequence: int, data: bytes, begins: I8, ends: I8) -> Contents:
        """See `Protection`."""
        found: list[bytes] = []
        for number, begin, end in zip(itertools.count(sequence), begins.tolist(), ends.tolist(), strict=False):
            opened = self.open(number, data[begin : begin + HEAD], data[begin + HEAD : end])
            if opened is None:
                break
            found.append(opened.data)
        return Contents(b"".join(found), list(map(len, found)))

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
