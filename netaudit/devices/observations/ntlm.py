"""What NTLM says of machines (MS-NLMP, 2.2): names, domains, the system's version. Users and responses are not read."""

from __future__ import annotations

import struct

MAGIC = b"NTLMSSP\0"
NEGOTIATE, CHALLENGE, AUTHENTICATE = 1, 2, 3
UNICODE, VERSION = 0x00000001, 0x02000000  # negotiate flags (2.2.2.5)
PAIRS = {1: "computer", 2: "domain", 3: "dns_computer", 4: "dns_domain", 5: "dns_tree"}  # 2.2.2.1
LONGEST = 256  # bytes of a name
MOST_PAIRS = 16

Said = list[tuple[str, str]]


def pairs_of(token: bytes) -> Said:
    """(field, value) pairs of a token; nothing of what is broken."""
    if len(token) < 16 or not token.startswith(MAGIC):
        return []
    (kind,) = struct.unpack_from("<I", token, 8)
    if kind == CHALLENGE:
        return _challenge(token)
    if kind == AUTHENTICATE:
        return _authenticate(token)
    return _negotiate(token) if kind == NEGOTIATE else []


def _field(token: bytes, at: int) -> bytes:
    """Bytes that a length and offset at `at` point to (2.2: Len, MaxLen, BufferOffset)."""
    if at + 8 > len(token):
        return b""
    size, _, start = struct.unpack_from("<HHI", token, at)
    return token[start : start + size] if start + size <= len(token) else b""


def _text(raw: bytes, *, wide: bool = True) -> str:
    return raw[:LONGEST].decode("utf-16-le" if wide else "latin-1", "replace").strip("\0 ")


def _version(token: bytes, at: int) -> Said:
    """Major, minor and build; zeroes are of programs that fill nothing in (2.2.2.10)."""
    if at + 8 > len(token):
        return []
    major, minor, build = struct.unpack_from("<BBH", token, at)
    return [("os", f"{major}.{minor}.{build}")] if major else []


def _negotiate(token: bytes) -> Said:
    """2.2.1.1: domain and workstation in the code page of the client."""
    (flags,) = struct.unpack_from("<I", token, 12)
    found = [("domain", _text(_field(token, 16), wide=False)), ("computer", _text(_field(token, 24), wide=False))]
    return [pair for pair in found if pair[1]] + (_version(token, 32) if flags & VERSION else [])


def _challenge(token: bytes) -> Said:
    """2.2.1.2: what the server calls itself."""
    if len(token) < 48:
        return []
    (flags,) = struct.unpack_from("<I", token, 20)
    info, at = _field(token, 40), 0
    found: Said = []
    for _ in range(MOST_PAIRS):
        if at + 4 > len(info):
            break
        kind, size = struct.unpack_from("<HH", info, at)
        if kind == 0 or at + 4 + size > len(info):
            break
        if kind in PAIRS and size:
            found.append((PAIRS[kind], _text(info[at + 4 : at + 4 + size])))
        at += 4 + size
    return found + (_version(token, 48) if flags & VERSION else [])


def _authenticate(token: bytes) -> Said:
    """2.2.1.3: domain and workstation of the client."""
    if len(token) < 64:
        return []
    (flags,) = struct.unpack_from("<I", token, 60)
    wide = bool(flags & UNICODE)
    found = [("domain", _text(_field(token, 28), wide=wide)), ("computer", _text(_field(token, 44), wide=wide))]
    return [pair for pair in found if pair[1]] + (_version(token, 64) if flags & VERSION else [])
