"""Files that say that a password or a key is needed, and those that do not."""

from __future__ import annotations

import io
import zipfile

import pytest

from netaudit.content.budget import Budget
from netaudit.content.part import Part, Way
from netaudit.content.unwrap import unwrap
from netaudit.core.contracts.unwrapping_steps import LOCKED


def zipped(*, locked: bool) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.jpg", b"x" * 400)
    data = bytearray(out.getvalue())
    data[6] |= locked
    return bytes(data)


def rar5(kind: int) -> bytes:
    return b"Rar!\x1a\x07\x01\x00" + b"\1\2\3\4" + b"\x85\x01" + bytes([kind]) + bytes(300)


def rar4(flags: int, file_flags: int) -> bytes:
    main = b"\0\0\x73" + flags.to_bytes(2, "little") + (13).to_bytes(2, "little") + bytes(6)
    return b"Rar!\x1a\x07\x00" + main + b"\0\0\x74" + file_flags.to_bytes(2, "little") + bytes(300)


def sevenz(coder: bytes) -> bytes:
    return b"7z\xbc\xaf\x27\x1c\0\4" + bytes(400) + b"\x17\x06" + coder + bytes(20)


@pytest.mark.parametrize(
    ("data", "locked"),
    [
        (zipped(locked=True), True),
        (zipped(locked=False), False),
        (rar5(4), True),
        (rar5(1), False),
        (rar4(0x80, 0), True),
        (rar4(0, 0x04), True),
        (rar4(0, 0), False),
        (b"Rar!\x1a\x07\x00", False),
        (sevenz(b"\x24\x06\xf1\x07\x01"), True),
        (sevenz(b"\x23\x03\x01\x01"), False),
        (b"-----BEGIN PGP MESSAGE-----\n\n" + b"wcDMA0a" * 60, True),
        (b"-----BEGIN PGP SIGNATURE-----\n\n" + b"wcDMA0a" * 60, False),
        (b"age-encryption.org/v1\n-> X25519 " + bytes(range(256)), True),
        (b"Salted__" + bytes(range(256)) * 2, True),
    ],
)
def test_a_file_that_says_that_it_is_locked(data: bytes, locked: bool) -> None:
    leaves = list(unwrap(Part(data, Way(), ""), Budget.of(len(data), Budget().patience)))
    assert any(LOCKED in leaf.notes for leaf in leaves) is locked
