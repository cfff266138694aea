"""Session setups of SMB: tokens of NTLM and the systems that SMB 1 names."""

from __future__ import annotations

from dataclasses import asdict

from netaudit.protocols.cutting import Frame
from netaudit.protocols.smb.session import MOST, Sessions

TOKEN = b"NTLMSSP\0" + bytes(24)


def smb2(body: bytes) -> bytes:
    packet = b"\xfeSMB\x40\0" + bytes(6) + b"\1\0" + bytes(50) + body
    return len(packet).to_bytes(4, "big") + packet


def smb1(words: bytes, data: bytes, *, wide: bool) -> bytes:
    packet = b"\xffSMB\x73" + bytes(6) + (b"\x80" if wide else b"\0") + bytes(20)
    packet += bytes([len(words) // 2]) + words + len(data).to_bytes(2, "little") + data
    return len(packet).to_bytes(4, "big") + packet


def fields(direction: int, data: bytes) -> dict[str, object]:
    message = Sessions().packet(direction, Frame(100, data, len(data)))
    if message is None:
        return {}
    assert (message.start, message.end, message.method) == (100, 100 + len(data), "SETUP")
    return {name: value for name, value in asdict(message.details).items() if value}


def test_tokens() -> None:
    assert fields(0, smb2(b"\x60\x48" + TOKEN)) == {"ntlmssp": TOKEN}
    assert fields(0, smb2(b"nothing")) == {}


def test_systems_of_a_server() -> None:
    blob = b"\xa1\x05abcde"
    words = b"\xff\0\0\0\0\0" + len(blob).to_bytes(2, "little")
    texts = "Windows 7 Professional 7601\0Windows 7 Professional 6.1\0".encode("utf-16-le")
    start = 33 + len(words) + 2 + len(blob)
    assert fields(1, smb1(words, blob + b"\0" * (start % 2) + texts, wide=True)) == {
        "native_os": "Windows 7 Professional 7601", "native_manager": "Windows 7 Professional 6.1",
    }  # fmt: skip
    assert fields(1, smb1(b"\xff\0\0\0\0\0", b"Unix\0Samba 4\0", wide=False)) == {
        "native_os": "Unix",
        "native_manager": "Samba 4",
    }


def test_passwords_are_not_taken_for_systems() -> None:
    assert fields(0, smb1(bytes(26), b"secret\0user\0", wide=False)) == {}


def test_cut_and_flooded() -> None:
    whole = smb1(b"\xff\0\0\0\0\0", b"Unix\0Samba 4\0", wide=False)
    for size in range(8, len(whole)):
        fields(1, whole[:size])
    sessions = Sessions()
    assert sum(sessions.packet(1, Frame(0, whole, len(whole))) is not None for _ in range(3 * MOST)) == MOST
