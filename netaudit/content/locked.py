"""Files that say themselves that a password or a key is needed to read them: their way is clear, their content is not.

Marks are those of the formats' own documents: PKWARE APPNOTE 4.4.4, RAR 5.0 and the headers of RAR before it, the coder
06 F1 07 01 of 7z, age-encryption.org/v1, RFC 9580 (ASCII armour), `openssl enc`.
"""

from __future__ import annotations

_ARCHIVES = frozenset({"zip", "rar", "7z"})
_BEGINNINGS = (b"-----BEGIN PGP MESSAGE-----", b"age-encryption.org/v1\n", b"Salted__")
_RAR5, _RAR4 = b"Rar!\x1a\x07\x01\x00", b"Rar!\x1a\x07\x00"
_AES_7Z = b"\x06\xf1\x07\x01"
_RAR4_MAIN, _RAR4_FILE = 0x73, 0x74  # kinds of headers
_RAR5_ENCRYPTION = 4
_HEADERS = 1 << 16  # bytes at the end of a 7z archive in which its header is looked for


def is_locked(data: bytes, kind: str) -> bool:
    """Whether a file of a kind says that it is: archives by the head of what comes first in them."""
    if kind == "zip":
        return len(data) > 6 and bool(data[6] & 1)
    if kind == "7z":
        return _AES_7Z in data[-_HEADERS:]
    if kind == "rar":
        return _of_rar5(data) if data.startswith(_RAR5) else _of_rar4(data)
    return kind not in _ARCHIVES and data.startswith(_BEGINNINGS)


def _of_rar5(data: bytes) -> bool:
    """Whether the first header behind the signature says that all others are encrypted."""
    at = len(_RAR5) + 4  # its checksum
    while at < len(data) and data[at] & 0x80:  # its size, seven bits a byte
        at += 1
    return data[at + 1 : at + 2] == bytes([_RAR5_ENCRYPTION])


def _of_rar4(data: bytes) -> bool:
    """Whether the headers, or the first file, are encrypted."""
    at = len(_RAR4)
    for _ in range(2):
        kind, flags, size = (
            data[at + 2 : at + 3],
            int.from_bytes(data[at + 3 : at + 5], "little"),
            data[at + 5 : at + 7],
        )
        if kind == bytes([_RAR4_MAIN]) and not flags & 0x80:
            at += int.from_bytes(size, "little")
            continue
        return (kind == bytes([_RAR4_MAIN]) and bool(flags & 0x80)) or (
            kind == bytes([_RAR4_FILE]) and bool(flags & 0x04)
        )
    return False
