"""Frames of device protocols, put together from the fact sheet: what captures are made of and readers tried on."""

from __future__ import annotations

import hashlib
import json
import struct

SERIAL = "EXAMPLE0000001"


def text(document):
    """A document as bytes."""
    return document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()


# -- Dahua (FACTS 4.1) ------------------------------------------------------------------------------------------------


def dhip(document, ident=1, session=0, *, total=None):
    body = text(document)
    sizes = struct.pack("<IIII", len(body), 0, len(body) if total is None else total, 0)
    return b"\x20\x00\x00\x00DHIP" + struct.pack("<II", session, ident) + sizes + body


def dvrip(document, ident=1, session=0):
    body = text(document)
    return struct.pack("<IIIIIIII", 0xF6, len(body), ident, 0, len(body), 0, session, 0) + body


ASK_REALM = b"\xa0\x01" + bytes(22) + bytes.fromhex("050201010000A1AA")


def realm_reply(realm):
    extra = f"Realm:{realm}\r\nRandom:1234567\r\n\r\n".encode()
    return b"\xb0\x01\x00\x00" + struct.pack("<I", len(extra)) + b"\x01\x04" + bytes(22) + extra


def dvrip_login(user):
    extra = f"{user}&&{'0' * 32}{'1' * 32}".encode()
    return b"\xa0\x05\x00\x00" + struct.pack("<I", len(extra)) + bytes(16) + bytes.fromhex("050200080000A1AA") + extra


def login_reply(session=77, result=b"\x00\x08"):
    return b"\xb0\x00\x00\x00" + bytes(4) + result + bytes(6) + struct.pack("<I", session) + bytes(12)


# -- Xiongmai (FACTS 5.5) ---------------------------------------------------------------------------------------------


def sofia(ident, document, *, pieces=0, piece=0, session=0, number=0):
    body = document if isinstance(document, bytes) else text(document) + b"\n\x00"
    return struct.pack("<BBHIIBBHI", 255, 0, 0, session, number, pieces, piece, ident, len(body)) + body


# -- Hikvision (FACTS 3.1, 3.4, 3.5, 3.6) -----------------------------------------------------------------------------

PREFIX = bytes.fromhex("05013D4B00000001") + bytes((2, 0, 99, 10)) + bytes.fromhex("0000000000006F00")


def hcnet(family, command, body, auth=0):
    return struct.pack(">IIII", 16 + len(body), family, auth, command) + body


def hcnet_login(user):
    return hcnet(0x5A000000, 0x10000, PREFIX + user.encode().ljust(48, b"\0") + b"\x30\x81\x89" + bytes(137))


HCNET_CHALLENGE = hcnet(1, 0, bytes(range(128)) + bytes(64))
HCNET_PROOF = hcnet(0x5A000000, 0x10000, PREFIX + bytes(range(48)))


def hcnet_session(serial):
    return hcnet(0x12345678, 0, b"\x00\x00\x10\x01" + serial.encode().ljust(44, b"\0") + bytes(16))


def hcnet_command(command, tail):
    return hcnet(0x63000000, command, PREFIX[8:12] + b"\x00\x00\x10\x01" + bytes(8) + tail)


def cas(command, body, *, status=0xFFFFFFFF, number=1, digest=True):
    head = struct.pack(">IIIIHHIII", 0x9EBAACE9, 0x01000000, number, 0, 0, command, status, len(body), 0)
    return head + body + (hashlib.md5(body).hexdigest().encode() if digest else b"")


def vtm(channel, number, body, code=0):
    return struct.pack(">BBHHH", 0x24, channel, len(body), number, code) + body


def ehome_register(serial=SERIAL, device="hall01", *, charset="UTF-8"):
    return (
        f'<?xml version="1.0" encoding="{charset}"?>\n<PPVSPMessage><Version>4.0</Version><Sequence>1</Sequence>'
        "<CommandType>REQUEST</CommandType><Method>REGISTER</Method><Command>REGISTER</Command><Params>"
        f"<SerialNumber>{serial}</SerialNumber><NetUnitType>PU</NetUnitType><DeviceID>{device}</DeviceID><Password></Password>"
        "<FirmwareVersion>V1.0 build 240101</FirmwareVersion><LocalIP>10.99.0.2</LocalIP><LocalPort>7660</LocalPort>"
        "<DevType>30</DevType><Manufacture>0</Manufacture></Params></PPVSPMessage>"
    ).encode()


EHOME_ANSWER = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<PPVSPMessage><Version>4.0</Version><Sequence>1</Sequence><CommandType>RESPONSE'
    b"</CommandType><Command>REGISTER</Command><Status>200</Status><Params><ServerID>S1</ServerID></Params></PPVSPMessage>"
)


def sadp_reply(model="DS-EXAMPLE", serial="DS-EXAMPLE20240101AAWR000000000"):
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ProbeMatch><Uuid>13A888A9-F1B1-4020-AE9F-05607682D23B</Uuid><Types>inquiry</Types>'
        f"<DeviceType>140</DeviceType><DeviceDescription>{model}</DeviceDescription><DeviceSN>{serial}</DeviceSN>"
        "<CommandPort>8000</CommandPort><HttpPort>80</HttpPort><MAC>00-00-5e-00-53-01</MAC><IPv4Address>10.99.0.2</IPv4Address>"
        "<SoftwareVersion>V5.7.0 build 240101</SoftwareVersion><Activated>true</Activated></ProbeMatch>"
    ).encode()


# -- TP-Link (FACTS 5.4) ----------------------------------------------------------------------------------------------


def chained(document):
    out, key = bytearray(), 171
    for byte in text(document):
        key ^= byte
        out.append(key)
    return bytes(out)


def chained_tcp(document):
    body = chained(document)
    return struct.pack(">I", len(body)) + body


def tdp(document):
    body = text(document)
    return b"\x02\x00\x00\x01" + struct.pack(">H", len(body)) + bytes(10) + body
