"""Builds QUIC Initials the way a client does, with the primitives of `cryptography` and nothing of netaudit."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

V1, V2, DRAFT_29, DRAFT_27 = 1, 0x6B3343CF, 0xFF00001D, 0xFF00001B
SALTS = {
    V1: "38762cf7f55934b34d179ae6a4c80cadccbb7f0a",
    V2: "0dede3def700a6db819381be6e269dcbf9bd2ed9",
    DRAFT_29: "afbfec289993d24c9e9786f19c6111e04390a899",
    DRAFT_27: "c3eef712c72ebb5a11a7d2432bb46365bef9f502",
}
INITIAL, ZERO_RTT, HANDSHAKE, RETRY = range(4)


def vint(value, size=0):
    size = size or next(n for n in (1, 2, 4, 8) if value < 1 << (8 * n - 2))
    return (value | {1: 0, 2: 1, 4: 2, 8: 3}[size] << (8 * size - 2)).to_bytes(size, "big")


def expand(secret, label, size):
    name = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"
    return HKDFExpand(hashes.SHA256(), size, info).derive(secret)


def keys(destination, version=V1, sender=b"client"):
    extract = HMAC(bytes.fromhex(SALTS[version]), hashes.SHA256())
    extract.update(destination)
    secret = expand(extract.finalize(), sender + b" in", 32)
    prefix = b"quicv2" if version == V2 else b"quic"
    return tuple(expand(secret, prefix + b" " + name, size) for name, size in ((b"key", 16), (b"iv", 12), (b"hp", 16)))


def first_byte(kind, version):
    return 0xC0 | ((kind + 1) % 4 if version == V2 else kind) << 4


def crypto(offset, data):
    return b"\x06" + vint(offset) + vint(len(data)) + data


def initial(
    frames,
    *,
    destination=b"12345678",
    source=b"me",
    key_id=None,
    version=V1,
    number=0,
    size=0,
    token=b"",
    sender=b"client",
    number_size=2,
):
    """One Initial packet; `size` pads its frames; `key_id` where the keys come from another id than is written."""
    key, iv, hp = keys(destination if key_id is None else key_id, version, sender)
    frames = frames.ljust(max(size, 8), b"\0")
    sent = (number & ((1 << 8 * number_size) - 1)).to_bytes(number_size, "big")
    head = bytes([first_byte(INITIAL, version) | number_size - 1]) + version.to_bytes(4, "big")
    head += bytes([len(destination)]) + destination + bytes([len(source)]) + source
    head += vint(len(token)) + token + vint(number_size + len(frames) + 16, 2)
    nonce = (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
    body = AESGCM(key).encrypt(nonce, frames, head + sent)
    sample = (sent + body)[4:20]
    mask = Cipher(algorithms.AES(hp), modes.ECB()).encryptor().update(sample)
    first = head[0] ^ mask[0] & 0x0F
    return bytes([first]) + head[1:] + bytes(a ^ b for a, b in zip(sent, mask[1:], strict=False)) + body


def other(kind, *, destination=b"12345678", source=b"me", version=V1, size=40):
    """A packet that nobody can open (0-RTT, Handshake), or a Retry."""
    head = bytes([first_byte(kind, version)]) + version.to_bytes(4, "big")
    head += bytes([len(destination)]) + destination + bytes([len(source)]) + source
    return head + (b"" if kind == RETRY else vint(size, 2)) + bytes(range(1, size + 1))


SHORT = b"\x41" + bytes(range(60))  # a packet with a short header
