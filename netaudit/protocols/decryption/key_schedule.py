"""From secrets to keys: the PRF of TLS 1.0 to 1.2 (RFC 2246, 5; RFC 5246, 5), HKDF of TLS 1.3 (RFC 8446, 7.1)."""

from __future__ import annotations

import functools
import hashlib
import hmac

TLS10, TLS11, TLS12, TLS13 = 0x0301, 0x0302, 0x0303, 0x0304
MASTER = 48  # bytes of a master secret


def prf(version: int, secret: bytes, label: bytes, seed: bytes, size: int, algorithm: str = "sha256") -> bytes:
    """`size` pseudorandom bytes. `algorithm` counts from TLS 1.2 on; before, MD5 and SHA-1 share the secret."""
    if version >= TLS12:
        return _p_hash(algorithm, secret, label + seed, size)
    half = (len(secret) + 1) // 2
    one, other = _p_hash("md5", secret[:half], label + seed, size), _p_hash("sha1", secret[-half:], label + seed, size)
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _p_hash(algorithm: str, secret: bytes, seed: bytes, size: int) -> bytes:
    out, a = b"", seed
    while len(out) < size:
        a = hmac.digest(secret, a, algorithm)
        out += hmac.digest(secret, a + seed, algorithm)
    return out[:size]


def master_secret(version: int, premaster: bytes, randoms: bytes, algorithm: str, transcript: bytes | None) -> bytes:
    """Master secret of a premaster; with `transcript`, the handshake up to the key exchange, the extended one.

    `randoms`: of client and server (RFC 5246, 8.1; RFC 7627, 4).
    """
    if transcript is None:
        return prf(version, premaster, b"master secret", randoms, MASTER, algorithm)
    if version >= TLS12:
        session = hashlib.new(algorithm, transcript).digest()
    else:
        session = hashlib.md5(transcript).digest() + hashlib.sha1(transcript).digest()  # noqa: S324 - as TLS 1.1 has it
    return prf(version, premaster, b"extended master secret", session, MASTER, algorithm)


def expand_label(secret: bytes, label: bytes, size: int, algorithm: str) -> bytes:
    """HKDF-Expand-Label without context (RFC 8446, 7.1)."""
    name = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"
    out, block, number = b"", b"", 1
    while len(out) < size:
        block = hmac.digest(secret, block + info + bytes([number]), algorithm)
        out, number = out + block, number + 1
    return out[:size]


@functools.lru_cache(maxsize=64)
def next_secret(secret: bytes, algorithm: str) -> bytes:
    """The traffic secret after a KeyUpdate (RFC 8446, 7.2)."""
    return expand_label(secret, b"traffic upd", len(secret), algorithm)
