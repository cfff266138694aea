"""Frames of device protocols, put together from the fact sheet: what captures are made of and readers tried on."""

from __future__ import annotations

import hashlib
import json
import struct

SERIAL = "EXAMPLE0000001"


def text(document):
    """A document as bytes."""
    return document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()


# -- Dahua (facts 4.1) ------------------------------------------------------------------------------------------------


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


# -- Xiongmai (facts 5.5) ---------------------------------------------------------------------------------------------


def sofia(ident, document, *, pieces=0, piece=0, session=0, number=0):
    body = document if isinstance(document, bytes) else text(document) + b"\n\x00"
    return struct.pack("<BBHIIBBHI", 255, 0, 0, session, number, pieces, piece, ident, len(body)) + body


# -- Hikvision (facts 3.1, 3.4, 3.5, 3.6) -----------------------------------------------------------------------------

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


# -- TP-Link (facts 5.4) ----------------------------------------------------------------------------------------------


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


# -- GB/T 28181 (facts 2) ---------------------------------------------------------------------------------------------

CAMERA, PLATFORM, REALM = "99010000001320000001", "99010000002000000001", "9901000000"


def sip(first, body=b"", *, sender=CAMERA, target=PLATFORM, call="c1", number=1, via=("10.99.0.2",), **headers):
    """A SIP message; a header's underscores become hyphens."""
    method = headers.pop("cseq", first.split()[0])
    lines = [first, *(f"Via: SIP/2.0/UDP {host}:5060;rport;branch=z9hG4bK{number}" for host in via)]
    lines += [f"From: <sip:{sender}@{REALM}>;tag=1", f"To: <sip:{target}@{REALM}>", f"Call-ID: {call}@example"]
    lines += [f"CSeq: {number} {method}", "Max-Forwards: 70"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])).encode() + body


def manscdp(root, command, inner, *, ident=CAMERA, charset="GB2312"):
    text = (
        f'<?xml version="1.0" encoding="{charset}"?>\r\n<{root}>\r\n<CmdType>{command}</CmdType>\r\n<SN>7</SN>\r\n'
        f"<DeviceID>{ident}</DeviceID>\r\n{inner}</{root}>\r\n"
    )
    return text.encode("gb18030" if charset.startswith("GB") else charset)


DEVICE_INFO = manscdp(
    "Response",
    "DeviceInfo",
    "<Result>OK</Result><DeviceName>大厅入口</DeviceName><Manufacturer>ExampleCam</Manufacturer><Model>X-1</Model>"
    "<Firmware>V1.0</Firmware><Channel>1</Channel>\r\n",
)
CATALOG = manscdp(
    "Response",
    "Catalog",
    "<SumNum>2</SumNum><DeviceList Num='2'><Item><DeviceID>99010000001320000002</DeviceID><Name>大厅抓拍</Name>"
    "<Manufacturer>ExampleCam</Manufacturer><Model>X-2</Model><Address>Hall</Address><Parental>0</Parental>"
    "<IPAddress>10.99.0.12</IPAddress><Port>5060</Port><Status>ON</Status></Item><Item><DeviceID>99010000001180000003"
    "</DeviceID><Name>NVR</Name><IPAddress>999.1.1.1</IPAddress></Item></DeviceList>\r\n",
)
KEEPALIVE = manscdp("Notify", "Keepalive", "<Status>OK</Status>\r\n")
XML_TYPE = "Application/MANSCDP+xml"


def sdp(address, port, *, way="recvonly", ssrc=100000001, transport="RTP/AVP", purpose="Play", ident=PLATFORM):
    text = (
        f"v=0\r\no={ident} 0 0 IN IP4 {address}\r\ns={purpose}\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
        f"m=video {port} {transport} 96 98\r\na={way}\r\na=rtpmap:96 PS/90000\r\na=rtpmap:98 H264/90000\r\ny={ssrc:010d}\r\n"
    )
    return text.encode()


def dialogue(media="RTP/AVP", platform="10.99.0.3"):
    """Registration with its digest dance, facts, an invitation: (from the camera?, message)."""
    to_platform = f"sip:{PLATFORM}@{REALM}"
    asked = f'Digest realm="{REALM}",nonce="0a1b2c",algorithm=MD5'
    proof = f'Digest username="{CAMERA}", realm="{REALM}", nonce="0a1b2c", uri="{to_platform}", response="{"0" * 32}"'
    agent = {"User_Agent": "ExampleCam IPC 1.0"}
    back = {"sender": PLATFORM, "target": CAMERA, "via": (platform,)}
    register, message = f"REGISTER {to_platform} SIP/2.0", f"MESSAGE {to_platform} SIP/2.0"
    play = {"call": "i1", "number": 20, "Content_Type": "APPLICATION/SDP"}
    return [
        (True, sip(register, target=CAMERA, **agent)),
        (False, sip("SIP/2.0 401 Unauthorized", cseq="REGISTER", target=CAMERA, WWW_Authenticate=asked)),
        (True, sip(register, target=CAMERA, number=2, Authorization=proof, Expires=3600, **agent)),
        (False, sip("SIP/2.0 200 OK", cseq="REGISTER", target=CAMERA, number=2)),
        (True, sip(message, KEEPALIVE, call="k1", number=3, Content_Type=XML_TYPE)),
        (False, sip("SIP/2.0 200 OK", cseq="MESSAGE", call="k1", number=3)),
        (True, sip(message, DEVICE_INFO, call="d1", number=4, Content_Type=XML_TYPE)),
        (True, sip(message, CATALOG, call="d2", number=5, Content_Type=XML_TYPE)),
        (False, sip(f"INVITE sip:{CAMERA}@{REALM} SIP/2.0", sdp(platform, 30000, transport=media), **play, **back)),
        (
            True,
            sip(
                "SIP/2.0 200 OK",
                sdp("10.99.0.2", 15060, way="sendonly", ident=CAMERA, transport=media),
                cseq="INVITE",
                **play,
                **back,
            ),
        ),
        (False, sip(f"ACK sip:{CAMERA}@{REALM} SIP/2.0", call="i1", number=20, **back)),
    ]


# -- RTP (RFC 3550, 4571) and MPEG-PS (ISO/IEC 13818-1) ---------------------------------------------------------------


def rtp(payload, number, stamp, *, kind=96, ssrc=100000001, marker=False):
    return struct.pack(">BBHII", 0x80, kind | marker << 7, number & 0xFFFF, stamp, ssrc) + payload


PACK_HEADER = bytes.fromhex("000001BA 44 00 04 00 04 01 00 00 03 FA") + b"\xff\xff"
SYSTEM_HEADER = bytes.fromhex("000001BB 000C 8001F4 04E1 7F E0 E0 80 C0 C0 08")


def stream_map(kind=0x1B):
    streams = bytes((kind, 0xE0, 0, 0, 0x90, 0xC0, 0, 0))
    return (
        b"\x00\x00\x01\xbc"
        + struct.pack(">H", len(streams) + 10)
        + b"\xe0\xff\x00\x00"
        + struct.pack(">H", len(streams))
        + streams
        + bytes(4)
    )


def pes(data, ident=0xE0):
    """Packets of a stream: its bytes in pieces that their lengths can tell."""
    out = b""
    for at in range(0, max(len(data), 1), 60000):
        piece = data[at : at + 60000]
        out += (
            b"\x00\x00\x01"
            + bytes((ident,))
            + struct.pack(">H", len(piece) + 8)
            + b"\x80\x80\x05\x21\x00\x01\x00\x01"
            + piece
        )
    return out


def access_unit(video, *, key=True, kind=0x1B, sound=b""):
    head = PACK_HEADER + (SYSTEM_HEADER + stream_map(kind) if key else b"")
    return head + pes(video) + (pes(sound, 0xC0) if sound else b"")


def packets(unit, first, stamp, *, size=1300, **more):
    """RTP packets of one access unit."""
    pieces = [unit[at : at + size] for at in range(0, len(unit), size)]
    return [rtp(piece, first + i, stamp, marker=i == len(pieces) - 1, **more) for i, piece in enumerate(pieces)]


def over_tcp(packet):
    return struct.pack(">H", len(packet)) + packet


# -- ID cards (facts 5.12) --------------------------------------------------------------------------------------------

HOLDER = {
    "name": (30, "张示例"), "sex": (2, "1"), "nation": (4, "01"), "birth": (16, "19900101"),
    "address": (70, "示例省示例市一号"), "number": (36, "990101199001010019"), "issuer": (30, "示例公安局"),
    "from": (16, "20150101"), "to": (16, "20350101"), "extra": (36, ""),
}  # fmt: skip


def card_text(**changed):
    """256 bytes: every field in its width, filled with blanks."""
    return b"".join(
        (changed.get(name, value) + " " * 40).encode("utf-16-le")[:width] for name, (width, value) in HOLDER.items()
    )


PORTRAIT = hashlib.sha512(b"portrait").digest() * 16


def id_card(*, prints=None, **changed):
    """What a reader gives out for one card; `prints`: fingerprint bytes of a newer one."""
    sizes = struct.pack(">HH", 256, 1024) + (struct.pack(">H", len(prints)) if prints is not None else b"")
    inner = b"\x00\x00\x90" + sizes + card_text(**changed) + PORTRAIT + (prints or b"")
    check = 0
    for byte in struct.pack(">H", len(inner) + 1) + inner:
        check ^= byte
    return b"\xaa\xaa\xaa\x96\x69" + struct.pack(">H", len(inner) + 1) + inner + bytes((check,))


CARD_COMMAND = b"\xaa\xaa\xaa\x96\x69\x00\x03\x30\x01\x32"
