"""Hellos of TLS (RFC 8446, RFC 5246), their fingerprints by the published rules, and records around them."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pcaps.validation.draw import Draw

GREASE = (0x0A0A, 0x1A1A, 0x2A2A, 0x5A5A, 0xBABA, 0xFAFA)
SUITES = (
    0x1301,
    0x1302,
    0x1303,
    0xC02B,
    0xC02F,
    0xC02C,
    0xC030,
    0xCCA9,
    0xCCA8,
    0xC013,
    0xC014,
    0x009C,
    0x009D,
    0x002F,
)
GROUPS = (0x001D, 0x0017, 0x0018, 0x0019, 0x0100)
ALGORITHMS = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)


@dataclass(frozen=True, slots=True)
class Hello:
    """A ClientHello as a handshake message, and what must be told of it."""

    message: bytes
    random: str
    name: str
    alpn: tuple[str, ...]
    version: str
    ja3: str
    ja4: str
    thirteen: bool


def _vector(data: bytes, size: int) -> bytes:
    return len(data).to_bytes(size, "big") + data


def _numbers(values: list[int]) -> bytes:
    return b"".join(value.to_bytes(2, "big") for value in values)


def client_hello(draw: Draw) -> Hello:
    """A hello with suites, extensions and order drawn; GREASE (RFC 8701) in some."""
    grease = [draw.one(GREASE) for _ in range(4)] if draw.below(2) else []
    thirteen = draw.below(3) > 0
    suites = [one for one in draw.shuffled(SUITES)[: draw.between(3, 12)] if thirteen or one >> 8 != 0x13] or [0xC02F]
    name = f"{draw.word(draw.between(3, 10))}.example.{draw.one(('com', 'net', 'cn'))}" if draw.below(6) else ""
    alpn = draw.one(((), ("h2", "http/1.1"), ("http/1.1",), ("mqtt",)))
    groups, algorithms = draw.shuffled(GROUPS)[: draw.between(1, 4)], draw.shuffled(ALGORITHMS)[: draw.between(2, 7)]
    versions = [0x0304, 0x0303] if thirteen else []
    extensions: dict[int, bytes] = {}
    if name:
        extensions[0] = _vector(b"\0" + _vector(name.encode(), 2), 2)
    extensions[10] = _vector(_numbers(([grease[0]] if grease else []) + groups), 2)
    extensions[11] = b"\x01\x00"
    extensions[13] = _vector(_numbers(algorithms), 2)
    if alpn:
        extensions[16] = _vector(b"".join(_vector(one.encode(), 1) for one in alpn), 2)
    if draw.below(2):
        extensions[23] = b""
    if draw.below(2):
        extensions[5] = b"\x01\0\0\0\0"
    if thirteen:
        extensions[43] = _vector(_numbers(([grease[1]] if grease else []) + versions), 1)
        extensions[51] = _vector(struct.pack(">H", 0x001D) + _vector(draw.octets(32), 2), 2)
        extensions[45] = b"\x01\x01"
    if draw.below(3) == 0:
        extensions[21] = bytes(draw.between(1, 400))
    order = draw.shuffled(list(extensions))
    if grease:
        order = [grease[2], *order]
        extensions[grease[2]] = b""
    random = draw.octets(32)
    offered = ([grease[3]] if grease else []) + suites
    body = struct.pack(">H", 0x0303) + random + _vector(draw.octets(draw.one((0, 32))), 1)
    body += _vector(_numbers(offered), 2) + b"\x01\0"
    body += _vector(b"".join(kind.to_bytes(2, "big") + _vector(extensions[kind], 2) for kind in order), 2)
    plain = [kind for kind in order if kind not in GREASE]
    return Hello(
        b"\x01" + _vector(body, 3), random.hex(), name, alpn, "0304" if thirteen else "0303",
        _ja3(suites, plain, groups), _ja4(suites, plain, algorithms, alpn, name, thirteen=thirteen), thirteen,
    )  # fmt: skip


def _ja3(suites: list[int], extensions: list[int], groups: list[int]) -> str:
    """The rule of its authors (Salesforce, 2017): five lists of decimal numbers, without GREASE, MD5."""
    lists = ([771], suites, extensions, groups, [0])
    text = ",".join("-".join(map(str, one)) for one in lists)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _ja4(
    suites: list[int], extensions: list[int], algorithms: list[int], alpn: tuple[str, ...], name: str, *, thirteen: bool
) -> str:
    """The rule of its authors (FoxIO, 2023)."""
    ends = alpn[0][0] + alpn[0][-1] if alpn else "00"
    counts = f"{min(len(suites), 99):02}{min(len(extensions), 99):02}"
    head = f"t{'13' if thirteen else '12'}{'d' if name else 'i'}{counts}{ends}"
    first = ",".join(sorted(f"{one:04x}" for one in suites))
    second = ",".join(sorted(f"{one:04x}" for one in extensions if one not in (0, 16)))
    second += "_" + ",".join(f"{one:04x}" for one in algorithms)
    return "_".join([head, *(hashlib.sha256(one.encode()).hexdigest()[:12] for one in (first, second))])


def server_hello(draw: Draw, hello: Hello) -> tuple[bytes, str, str, str]:
    """The answer as a handshake message, with version and suite chosen, and the protocol where it is in clear."""
    suite = 0x1301 if hello.thirteen else 0xC02F
    chosen = hello.alpn[0] if hello.alpn and not hello.thirteen else ""
    extensions = b""
    if hello.thirteen:
        extensions += struct.pack(">HHH", 43, 2, 0x0304)
        share = struct.pack(">H", 0x001D) + _vector(draw.octets(32), 2)
        extensions += struct.pack(">H", 51) + _vector(share, 2)
    else:
        extensions += struct.pack(">HH", 23, 0)
        if chosen:
            extensions += struct.pack(">H", 16) + _vector(_vector(_vector(chosen.encode(), 1), 2), 2)
    body = struct.pack(">H", 0x0303) + draw.octets(32) + _vector(draw.octets(32), 1)
    body += struct.pack(">HB", suite, 0) + _vector(extensions, 2)
    return b"\x02" + _vector(body, 3), "0304" if hello.thirteen else "0303", f"{suite:04x}", chosen


def record(kind: int, data: bytes) -> bytes:
    """A record of TLS 1.2 and later."""
    return struct.pack(">BHH", kind, 0x0303, len(data)) + data


def records(kind: int, data: bytes, size: int) -> bytes:
    """A message cut over records of this size."""
    return b"".join(record(kind, data[at : at + size]) for at in range(0, len(data), size))
