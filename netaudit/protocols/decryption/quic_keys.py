"""What protects packets of QUIC behind the Initials, opened (RFC 9001, 5 and 6; version 2: RFC 9369, 3.3)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from netaudit.protocols.decryption.aead import NONCE, Aead, Plain, Sealed
from netaudit.protocols.decryption.kernels_quic import BEHIND, KEY_PHASE, SHORT_BITS, bare, samples
from netaudit.protocols.decryption.key_schedule import expand_label
from netaudit.protocols.decryption.suites import suites
from netaudit.protocols.tls.quic_packets import SAMPLE, VERSIONS, full_number

if TYPE_CHECKING:
    from netaudit.protocols.decryption.suites import Suite

U1 = npt.NDArray[np.uint8]
I8 = npt.NDArray[np.int64]
LONG_BITS = 0x0F  # of the first byte that are masked


class Found(NamedTuple):
    """An opened packet: its number, its frames, and where in the datagram these lay, one to one."""

    number: int
    frames: bytes
    at: int


class Packets(NamedTuple):
    """Opened packets: their numbers, the frames of all, where those of each end, where in the data they lay."""

    numbers: I8
    data: U1
    ends: I8
    at: I8

    def frames(self, number: int) -> bytes:
        """Those of one packet."""
        return self.data[self.ends[number - 1] if number else 0 : self.ends[number]].tobytes()


class HeaderKey:
    """What hides packet numbers (RFC 9001, 5.4); the same over key updates."""

    def __init__(self, suite: Suite, label: bytes, secret: bytes) -> None:
        key = expand_label(secret, label + b" hp", suite.key, suite.prf)
        self._blocks = suite.cipher == "aes"
        cipher = (
            Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - one block each
            if self._blocks
            else Cipher(algorithms.ChaCha20(key, bytes(SAMPLE)), None)
        )
        self._encryptor: Any = cipher.encryptor()

    def masks(self, samples: bytes) -> bytes:
        """A mask for each sample, of as many bytes; the first five count."""
        if self._blocks:
            return bytes(self._encryptor.update(samples))
        return b"".join(self._streamed(samples[at : at + SAMPLE]) for at in range(0, len(samples), SAMPLE))

    def _streamed(self, sample: bytes) -> bytes:
        self._encryptor.reset_nonce(sample)
        return bytes(self._encryptor.update(bytes(SAMPLE)))

    def bare(self, data: bytes, start: int, number_at: int, bits: int) -> tuple[bytes, int] | None:
        """The head without its mask, and the bytes of the packet number in it; None for too short a packet."""
        sampled = number_at + BEHIND
        sample = data[sampled : sampled + SAMPLE]
        if len(sample) < SAMPLE:
            return None
        mask = self.masks(sample)
        first = data[start] ^ mask[0] & bits
        size = (first & 3) + 1
        sent = bytes(a ^ b for a, b in zip(data[number_at : number_at + size], mask[1:5], strict=False))
        return bytes([first]) + data[start + 1 : number_at] + sent, size


class PacketKey:
    """What hides the frames of one direction, until the next key update."""

    def __init__(self, suite: Suite, label: bytes, secret: bytes) -> None:
        self.suite, self._label, self.secret = suite, label, secret
        self._aead = Aead(suite, expand_label(secret, label + b" key", suite.key, suite.prf))
        self.iv = np.frombuffer(expand_label(secret, label + b" iv", NONCE, suite.prf), np.uint8)
        self._iv = int.from_bytes(self.iv.tobytes(), "big")

    def open(self, number: int, head: bytes, body: bytes) -> bytes | None:
        """Frames of a packet; None when these are not its keys."""
        return self._aead.open((self._iv ^ number).to_bytes(NONCE, "big"), body, head)

    def open_row(self, sealed: Sealed) -> Plain:
        """Frames of packets, up to one that these keys do not open."""
        return self._aead.open_row(sealed)

    def updated(self) -> PacketKey:
        """The key after this one (RFC 9001, 6.1)."""
        secret = expand_label(self.secret, self._label + b" ku", len(self.secret), self.suite.prf)
        return PacketKey(self.suite, self._label, secret)


class Level:
    """Keys of one direction at one level of encryption, and the packet numbers seen with them."""

    def __init__(self, suite: Suite, version: int, secret: bytes, random: bytes = b"") -> None:
        """`random` is that of the client, by which the secret is known."""
        label = VERSIONS[version].label
        self.random = random
        self._made = suite, label, secret
        self.before: PacketKey | None = None  # the key before the last update, for packets out of order
        self.phase = 0
        self.ahead = 1024  # datagrams that are opened at once

    @functools.cached_property
    def header(self) -> HeaderKey:
        """Made when it is asked for: most of the keys that are made ready are never tried."""
        return HeaderKey(*self._made)

    @functools.cached_property
    def key(self) -> PacketKey:
        """In force; the next one takes its place."""
        return PacketKey(*self._made)

    def open(self, data: bytes, start: int, number_at: int, end: int, largest: int) -> Found | None:
        """A packet with a long header, opened; None when these are not its keys."""
        bare = self.header.bare(data, start, number_at, LONG_BITS)
        if bare is None:
            return None
        head, size = bare
        number = _number(head, size, largest)
        frames = self.key.open(number, head, data[number_at + size : end])
        return None if frames is None else Found(number, frames, number_at + size)

    def open_short(self, data: bytes, start: int, number_at: int, largest: int) -> Found | None:
        """The same for one with a short header, which may tell of a key update (RFC 9001, 6)."""
        bare = self.header.bare(data, start, number_at, SHORT_BITS)
        if bare is None:
            return None
        head, size = bare
        number, body = _number(head, size, largest), data[number_at + size :]
        if bool(head[0] & KEY_PHASE) == bool(self.phase):
            frames = self.key.open(number, head, body)
            return None if frames is None else Found(number, frames, number_at + size)
        if self.before is not None and (frames := self.before.open(number, head, body)) is not None:
            return Found(number, frames, number_at + size)
        after = self.key.updated()
        frames = after.open(number, head, body)
        if frames is None:
            return None
        self.before, self.key, self.phase = self.key, after, 1 - self.phase
        return Found(number, frames, number_at + size)

    def open_row(self, data: bytes, begins: I8, ends: I8, name: bytes, largest: int) -> Packets:
        """Datagrams (begin and end in the data) with short headers and this id, from the first to one that is other.

        Or that these keys do not open, or that tells of a key update: `open_short` tries that one.
        """
        raw, count = np.frombuffer(data, np.uint8), len(begins)
        sampled = np.empty(count * SAMPLE, np.uint8)
        count = samples(raw, begins, ends, np.frombuffer(name, np.uint8), sampled)
        masks = np.frombuffer(self.header.masks(sampled[: count * SAMPLE].tobytes()), np.uint8).reshape(count, SAMPLE)
        heads, nonces = np.zeros((count, 1 + len(name) + BEHIND), np.uint8), np.empty((count, NONCE), np.uint8)
        numbers = np.empty((count, 2), np.int64)
        count = bare(raw, begins, masks, len(name), self.phase, largest, self.key.iv, heads, nonces, numbers)
        sizes = numbers[:count, 1].copy()
        at = begins[:count] + sizes
        plain = self.key.open_row(Sealed(data, at, ends[:count], nonces[:count], heads[:count], sizes))
        return Packets(numbers[: len(plain.ends), 0], plain.data, plain.ends, at[: len(plain.ends)])


def _number(head: bytes, size: int, largest: int) -> int:
    return full_number(int.from_bytes(head[-size:], "big"), 8 * size, largest)


def suites_of(secret: bytes) -> tuple[Suite, ...]:
    """Suites that packets may be protected with, by the length of their secret."""
    known = suites()
    return (known[0x1302],) if len(secret) == 48 else (known[0x1301], known[0x1303])
