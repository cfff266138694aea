"""Random first datagrams: of every protocol that is read, damaged ones, and what nobody knows."""

from __future__ import annotations

import struct

from tests.protocols.network_services.test_dhcpv6 import SOLICIT
from tests.protocols.network_services.test_snmp import binding, message

PORTS = (9, 53, 67, 123, 161, 443, 546, 547, 3478, 5060, 5353, 6000, 40_000)
DNS = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + b"\3www\2cn\0\0\1\0\1"
SOFIA = struct.pack("<BB2xIIBBHI", 0xFF, 0, 0, 0, 0, 0, 1530, 0)
DTLS = b"\x16\xfe\xfd" + bytes(8) + b"\0\x10\1" + bytes(15)
QUIC = b"\xc3\0\0\0\1\x08" + bytes(8) + b"\0\0\x44\xd0" + bytes(1232)
SEEDS = [  # with the ports on which it is known, where it is known on some only
    (b"REGISTER sip:a@b.cn SIP/2.0\r\nVia: x\r\n\r\n", ()), (b"SIP/2.0 200 OK\r\n\r\n", ()), (b"\r\n\r\n", (5060,)),
    (b"\r\n\0OPTIONS sip:a SIP/2.0\r\n\r\n", ()), (b"\1\1\6\0" + bytes(232) + b"c\x82Sc5\1\1\xff", (67,)),
    (SOLICIT, (546, 547)),
    (message(0xA0, binding("1.3.6.1.2.1.1.5.0", b"\5\0")), (161,)),
    (b"\x23" + bytes(47), (123,)),
    (b"M-SEARCH * HTTP/1.1\r\nST: a\r\n\r\n", ()), (b"NOTIFY * HTTP/1.1\r\nNT: a\r\n\r\n", ()),
    (b"HTTP/1.1 200 OK\r\nST: a\r\n\r\n", ()), (b'<?xml version="1.0"?><Probe><Uuid>1</Uuid></Probe>', ()),
    (b"<e:Envelope a='http://schemas.xmlsoap.org/ws/2005/04/discovery'/>", ()), (b"\x20\0\0\0DHIP" + bytes(24) + b"{}", ()),
    (b"\xa3\1\0\1" + bytes(28), ()), (b"\xb3\0" + bytes(2) + struct.pack("<I", 130) + bytes(24 + 130), ()), (SOFIA, ()),
    (b"\xef\xbb\xbf <?xml?> <PPVSPMessage>", ()), (b"<PPVSPMessage >", ()),
    (bytes((0x7B ^ 171, 0x7B ^ 171 ^ 0x7D)), ()), (b"\2\0\0\1" + bytes(12) + b'{"a":1}', ()),
    (struct.pack(">IIIIII", 1, 0, 2, 100003, 3, 6), ()), (b"\0\1boot.img\0octet\0", ()), (b"\0\2a\0netascii\0b\x001\0", ()),
    (QUIC, ()), (b"\xc0\x1a\x2a\x3a\x4a" + bytes(1200), ()), (b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12), ()), (DTLS, ()),
    (b"\1\0\0\0" + DTLS, ()), (DNS, ()), (b"\x80\x60" + bytes(40), ()), (b"\x90\x88" + bytes(12) + b"\0\0\0\0a", ()),
]  # fmt: skip
IMAGE, NUMBER = b"\xff\xd8\xff\xe0" + bytes(30), b"id 11010519491231002X."
UNKNOWN = [b"A" * 40, bytes(40), b"\r\n\0" * 8, b"\xff" * 30, b"hello", b"AAA SIP", IMAGE, b"x" + NUMBER, b"\x16" * 60]


def datagram(rng):
    """Bytes and the two ports, the opener's first."""
    known = rng.random() < 0.8
    data, usual = rng.choice(SEEDS) if known else (rng.choice([*UNKNOWN, rng.randbytes(rng.randrange(1, 90))]), ())
    ports = [rng.choice(PORTS), rng.choice(usual) if usual and rng.random() < 0.9 else rng.choice(PORTS)]
    rng.shuffle(ports)
    for _ in range(rng.choice((0, 0, 1, 1, 3))):
        data = damaged(rng, data)
    return data or b"?", (ports[0], ports[1])


def damaged(rng, data):
    """A change that may leave a recogniser in doubt."""
    at = rng.randrange(len(data) + 1)
    return rng.choice(
        (
            data[:at],
            data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :],
            data[:at] + bytes([rng.randrange(256)]) + data[at:],
            data + rng.randbytes(rng.randrange(9)),
            rng.choice((b"\r\n", b"\0", b" ", b"\xef\xbb\xbf")) + data,
            data[:4] + rng.randbytes(4) + data[8:],
        )
    )
