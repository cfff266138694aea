"""What protects packets of QUIC behind the Initials, opened (RFC 9001, 5 and 6; version 2: RFC 9369, 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from netaudit.messages.hellos.quic_packets import SAMPLE, VERSIONS, full_number
from netaudit.messages.opening.protection import NONCE, aead
from netaudit.messages.opening.schedule import expand_label
from netaudit.messages.opening.suites import suites

if TYPE_CHECKING:
    from netaudit.messages.opening.suites import Suite

Offsets = npt.NDArray[np.int64]
Heads = npt.NDArray[np.uint8]  # a row each
LONG_BITS, SHORT_BITS = 0x0F, 0x1F  # of the first byte that are masked
KEY_PHASE = 0x04
FORM, SHORT = 0xC0, 0x40  # bits of the first byte that tell a short header
BEHIND = 4  # bytes behind the beginning of the packet number at which the sample begins


class Found(NamedTuple):
    """An opened packet: its number, its frames, and where in the datagram these lay, one to one."""

    number: int
    frames: bytes
    at: int


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
        self._cipher, _ = aead(suite, expand_label(secret, label + b" key", suite.key, suite.prf))
        self._iv = int.from_bytes(expand_label(secret, label + b" iv", NONCE, suite.prf), "big")

    def open(self, number: int, head: bytes, body: bytes) -> bytes | None:
        """Frames of a packet; None when these are not its keys."""
        try:
            frames: bytes = self._cipher.decrypt((self._iv ^ number).to_bytes(NONCE, "big"), body, head)
        except (InvalidTag, ValueError):
            return None
        return frames

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
        self.header = HeaderKey(suite, label, secret)
        self.key = PacketKey(suite, label, secret)
        self.before: PacketKey | None = None  # the key before the last update, for packets out of order
        self.phase = 0

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

    def open_row(self, data: bytes, begins: Offsets, ends: Offsets, name: bytes, largest: int) -> list[Found]:
        """Datagrams (begin and end in the data) with short headers and this id, from the first to one that is other.

        Or that these keys do not open, or that tells of a key update: `open_short` tries that one.
        """
        number_at = 1 + len(name)
        sampled = number_at + BEHIND
        raw = np.frombuffer(data, np.uint8)
        fit = ends - begins >= sampled + SAMPLE
        begins = begins[: _leading(fit)]
        fit = (raw[begins] & FORM == SHORT) & (
            raw[begins[:, None] + np.arange(1, number_at)] == np.frombuffer(name, np.uint8)
        ).all(axis=1)
        begins = begins[: _leading(fit)]
        masks = np.frombuffer(
            self.header.masks(raw[begins[:, None] + np.arange(sampled, sampled + SAMPLE)].tobytes()), np.uint8
        ).reshape(-1, SAMPLE)
        heads = raw[begins[:, None] + np.arange(sampled)]
        heads[:, 0] ^= masks[:, 0] & SHORT_BITS
        heads[:, number_at:] ^= masks[:, 1 : 1 + BEHIND]
        fit = (heads[:, 0] & KEY_PHASE != 0) == bool(self.phase)
        return self._found(data, begins[: _leading(fit)], ends, heads, largest)

    def _found(self, data: bytes, begins: Offsets, ends: Offsets, heads: Heads, largest: int) -> list[Found]:
        """Bare heads, with four bytes where the number stands, and what is behind them."""
        found: list[Found] = []
        width = heads.shape[1]
        bare, key = heads.tobytes(), self.key
        at = 0
        for begin, end, size in zip(begins.tolist(), ends.tolist(), ((heads[:, 0] & 3) + 1).tolist(), strict=False):
            behind = at + width - BEHIND + size
            sent = int.from_bytes(bare[at + width - BEHIND : behind], "big")
            number = full_number(sent, 8 * size, largest)
            body = begin + width - BEHIND + size
            frames = key.open(number, bare[at:behind], data[body:end])
            if frames is None:
                break
            largest = max(largest, number)
            found.append(Found(number, frames, body))
            at += width
        return found


def _leading(fit: npt.NDArray[np.bool_]) -> int:
    """How many are fit, from the first on."""
    return len(fit) if fit.all() else int(fit.argmin())


def _number(head: bytes, size: int, largest: int) -> int:
    return full_number(int.from_bytes(head[-size:], "big"), 8 * size, largest)


def suites_of(secret: bytes) -> tuple[Suite, ...]:
    """Suites that packets may be protected with, by the length of their secret."""
    known = suites()
    return (known[0x1302],) if len(secret) == 48 else (known[0x1301], known[0x1303])
