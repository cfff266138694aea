"""QUIC packets with long headers (RFC 9000, 17.2), and what protects Initials (RFC 9001, 5; version 2: RFC 9369, 3).

The keys of Initials follow from bytes of the first Initial itself: they keep no secret, and opening them is reading.
"""

from __future__ import annotations

import functools
import hmac
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_ID = 20  # bytes of a connection id (RFC 9000, 17.2)
SAMPLE, TAG, HASH = 16, 16, 32  # bytes
_VALUES = {size: (1 << (8 * size - 2)) - 1 for size in (2, 4, 8)}  # bits of the value in numbers of variable length


class Kind(Enum):
    """What a long header introduces."""

    INITIAL = 0
    ZERO_RTT = 1
    HANDSHAKE = 2
    RETRY = 3


@dataclass(frozen=True, slots=True)
class Version:
    """What differs between versions: the salt of the first secret, prefix of labels, order of packet types."""

    salt: bytes
    label: bytes = b"quic"
    kinds: tuple[Kind, Kind, Kind, Kind] = (Kind.INITIAL, Kind.ZERO_RTT, Kind.HANDSHAKE, Kind.RETRY)


_FINAL = Version(bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"))  # RFC 9001, 5.2; drafts from 33 on
_DRAFT_29 = Version(bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899"))
_DRAFT_23 = Version(bytes.fromhex("c3eef712c72ebb5a11a7d2432bb46365bef9f502"))
_SECOND = Version(
    bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),
    b"quicv2",
    (Kind.RETRY, Kind.INITIAL, Kind.ZERO_RTT, Kind.HANDSHAKE),
)
VERSIONS: dict[int, Version] = {
    0x00000001: _FINAL,
    0x6B3343CF: _SECOND,
    **{0xFF000000 + draft: _DRAFT_23 for draft in range(23, 29)},
    **{0xFF000000 + draft: _DRAFT_29 for draft in range(29, 33)},
    **{0xFF000000 + draft: _FINAL for draft in range(33, 35)},
}


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet with a long header inside a datagram."""

    kind: Kind
    version: int
    destination: bytes  # connection ids
    source: bytes
    start: int
    number_at: int  # where the protected packet number begins
    end: int


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Number of variable length (RFC 9000, 16) and the place behind it. Raises IndexError for short input."""
    first = data[at]
    if first < 0x40:
        return first, at + 1
    size = 1 << (first >> 6)
    end = at + size
    if end > len(data):
        raise IndexError
    return int.from_bytes(data[at:end], "big") & _VALUES[size], end


def packets(datagram: bytes) -> Iterator[Packet]:
    """Packets with long headers of a version known here, in their order, up to the first other byte."""
    at = 0
    while at < len(datagram) and datagram[at] & 0x80:
        try:
            packet = _packet(datagram, at)
        except IndexError:
            return
        if packet is None:
            return
        yield packet
        at = packet.end


def _packet(datagram: bytes, at: int) -> Packet | None:
    number = int.from_bytes(datagram[at + 1 : at + 5], "big")
    version = VERSIONS.get(number)
    if version is None:
        return None
    kind = version.kinds[datagram[at] >> 4 & 3]
    destination, place = _connection_id(datagram, at + 5)
    source, place = _connection_id(datagram, place)
    if kind is Kind.RETRY:
        return Packet(kind, number, destination, source, at, place, len(datagram))
    if kind is Kind.INITIAL:
        token, place = varint(datagram, place)
        place += token
    length, place = varint(datagram, place)
    end = place + length
    if end > len(datagram) or length < 4 + SAMPLE:
        return None
    return Packet(kind, number, destination, source, at, place, end)


def _connection_id(datagram: bytes, at: int) -> tuple[bytes, int]:
    size = datagram[at]
    end = at + 1 + size
    if size > LONGEST_ID or end > len(datagram):
        raise IndexError
    return datagram[at + 1 : end], end


@dataclass(frozen=True, slots=True)
class Keys:
    """Of Initials from one side: packet key, initialisation vector, header key."""

    key: bytes
    iv: bytes
    header: bytes


@functools.lru_cache(maxsize=256)
def initial_keys(version: int, destination: bytes, sender: str = "client") -> Keys:
    """Keys of the "client" or the "server" from the destination id of the client's first Initial (RFC 9001, 5.2)."""
    constants = VERSIONS[version]
    secret = hmac.digest(constants.salt, destination, "sha256")
    secret = _expand(secret, sender.encode() + b" in", HASH)
    return Keys(
        _expand(secret, constants.label + b" key", 16),
        _expand(secret, constants.label + b" iv", 12),
        _expand(secret, constants.label + b" hp", 16),
    )


def _expand(secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label of at most 32 bytes without context (RFC 8446, 7.1): one round of HKDF-Expand."""
    name = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"
    return hmac.digest(secret, info + b"\1", "sha256")[:size]


@functools.lru_cache(maxsize=4)  # with keys, what reads hellos and what opens ask the same
def opened(datagram: bytes, packet: Packet, keys: Keys, largest: int = -1) -> tuple[int, bytes] | None:
    """Packet number and frames of an Initial; None when these are not its keys.

    `largest` is the largest packet number seen so far: numbers are sent without their upper bytes (RFC 9000, A.3).
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    sampled = packet.number_at + 4
    masker = Cipher(algorithms.AES(keys.header), modes.ECB()).encryptor()  # noqa: S305 - as the protocol has it
    mask = masker.update(datagram[sampled : sampled + SAMPLE])
    first = datagram[packet.start] ^ mask[0] & 0x0F
    size = (first & 3) + 1
    body = packet.number_at + size
    sent = bytes(a ^ b for a, b in zip(datagram[packet.number_at : body], mask[1:], strict=False))
    number = full_number(int.from_bytes(sent, "big"), 8 * size, largest)
    head = bytes([first]) + datagram[packet.start + 1 : packet.number_at] + sent
    nonce = (int.from_bytes(keys.iv, "big") ^ number).to_bytes(12, "big")
    try:
        return number, AESGCM(keys.key).decrypt(nonce, datagram[body : packet.end], head)
    except InvalidTag:
        return None


def full_number(sent: int, bits: int, largest: int) -> int:
    """The packet number nearest to the next expected one that ends in these bits (RFC 9000, A.3)."""
    window = 1 << bits
    number = (largest + 1) & ~(window - 1) | sent
    if number <= largest + 1 - window // 2 and number < (1 << 62) - window:
        return number + window
    if number > largest + 1 + window // 2 and number >= window:
        return number - window
    return number


def crypto_frames(frames: bytes) -> list[tuple[int, bytes]]:
    """Offset and bytes of the CRYPTO frames of an Initial; other frames are passed over (RFC 9000, 19)."""
    found: list[tuple[int, bytes]] = []
    at = 0
    try:
        while at < len(frames):
            kind, at = frames[at], at + 1
            if kind == 6:
                offset, at = varint(frames, at)
                size, at = varint(frames, at)
                found.append((offset, frames[at : at + size]))
                at += size
            elif kind in (2, 3):
                at = _behind_ack(frames, at, counts=kind == 3)
            elif kind > 1:  # 0 is padding, 1 a ping; a close, or what must not stand here, ends the reading
                break
    except IndexError:
        pass
    return found


def _behind_ack(frames: bytes, at: int, *, counts: bool) -> int:
    _, at = varint(frames, at)
    _, at = varint(frames, at)
    ranges, at = varint(frames, at)
    _, at = varint(frames, at)
    for _ in range(2 * ranges + 3 * counts):
        _, at = varint(frames, at)
    return at
