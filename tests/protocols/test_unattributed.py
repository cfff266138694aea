"""What no reader makes a message of is searched, whatever stands in front: no prelude hides HTTP, TLS, pictures, people."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest
from hpack import Encoder

from netaudit.protocols.readers import READERS
from netaudit.protocols.unattributed import CHUNK, MOST, UnattributedBytes
from tests.content.samples import picture
from tests.protocols.datagrams import DNS, SEEDS
from tests.protocols.http2 import examples
from tests.protocols.network_services import test_snmp as snmp
from tests.protocols.smb import test_reader as smb
from tests.protocols.tls.test_tls import APPLICATION, client_hello, server_hello
from tests.protocols.vendors import device_frames as made
from tests.reference.messages import down, essence, read, up
from tests.spoken import number, reply, request

JPEG = picture(seed=41, size=(24, 24))
NUMBERS = [number(serial) for serial in range(3)]
POSTS = b"".join(request("POST", "/v", {"name": "张三", "idcard": one}) for one in NUMBERS)
HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0"
RTP = b"\0\x10\x80\x60\0\1" + bytes(4) + b"abcd" + b"x" * 4
TEXT = f'{{"name": "张三", "idcard": "{NUMBERS[0]}"}} '.encode()
PACK = b"\0\0\1\xba" + bytes(10)
PRELUDES: dict[str, bytes] = {
    "tls": b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
    "http2": HTTP2,
    "websocket": b"GET /w HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "dahua": made.ASK_REALM,
    "ezviz": made.cas(0x2001, b"<?xml version='1.0'?><Request/>"),
    "sofia": made.sofia(1020, {"Name": "SystemInfo"}),
    "ehome": b"\x10\x20" + made.ehome_register(),
    "idcard": bytes.fromhex("aaaaaa96690003") + b"\x20\x01\x22",
    "sip": b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP a\r\nCSeq: 1 OPTIONS\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n",
    "rtsp": b"OPTIONS rtsp://1.2.3.4/ RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "http": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "ssh": b"SSH-2.0-a\r\n",
    "dns": b"\0\x1d\x12\x34\1\0\0\1\0\0\0\0\0\0\3abc\3com\0\0\1\0\1" + b"\0\0\0\0",
    "ftp": b"USER a\r\nPASS b\r\n",
    "smtp": b"EHLO a\r\n",
    "mqtt": b"\x10\x0d\0\4MQTT\4\2\0\x3c\0\1a",
    "mongodb": struct.pack("<4i", 21, 1, 0, 2013) + bytes(4) + b"\0",
    "smb": b"\0\0\0\x40\xfeSMB\x40\0" + bytes(58),
    "nfs": b"\x80\0\0\x28" + struct.pack(">6I", 1, 0, 2, 100003, 3, 0) + bytes(16),
    "tplink": made.chained_tcp({"system": {"get_sysinfo": {}}}),
    "ps": PACK + bytes(9) + PACK,
    "rtp": RTP.replace(b"\0\1", b"\0\1", 1) + RTP.replace(b"\x60\0\1", b"\x60\0\2") + RTP.replace(b"\x60\0\1", b"\x60\0\3"),
    "hcnet": made.hcnet_login("admin"),
    "ezviz_vtm": made.vtm(0, 1, b"abc") + made.vtm(1, 2, b"def") + made.vtm(1, 3, b"ghi"),
    "unknown": b'{"a":1}\n',
}  # fmt: skip
PORTS = {"nfs": 2049}


def row(name: str) -> dict[str, int]:
    return {"proto": 6, "client_port": 41000, "server_port": PORTS.get(name, 8123)}


def test_every_reader_of_connections_has_a_prelude() -> None:
    assert PRELUDES.keys() == {entry.name for entry in READERS if entry.transport == "tcp"}


@pytest.mark.parametrize("lost", [0, 40])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", PRELUDES)
def test_no_prelude_hides_http(name: str, turned: bool, lost: int) -> None:
    """In either direction, and behind a loss."""
    say, answer = (down, up) if turned else (up, down)
    events = [say(PRELUDES[name])]
    events += [say(lost)] if lost else []
    events += [say(POSTS + request("PUT", "/p", JPEG, "image/jpeg")), answer(reply() * 4)]
    messages, _ = read(events, **row(name))
    said = b"".join(one.body for one in messages)
    assert [one for one in NUMBERS if one.encode() not in said] == []
    assert JPEG in said
    cut, _ = read(events, cuts=range(0, 4000, 7), batch=1, **row(name))
    assert essence(cut) == essence(messages)


@pytest.mark.parametrize("name", sorted(PRELUDES.keys() - {"tls", "http", "websocket"}))
def test_no_prelude_hides_tls(name: str) -> None:
    """Whoever says both hellos behind it talks TLS, whatever stood before."""
    events = [up(PRELUDES[name]), down(b"." * 8), up(client_hello()), down(server_hello()), up(APPLICATION * 9)]
    messages, summary = read([*events, down(APPLICATION * 9)], **row(name))
    assert {"client_hello", "server_hello"} <= {one.method for one in messages}
    assert summary.protocol == "tls" or len({one.protocol for one in messages}) > 1


def test_unattributed_bytes_are_those_that_no_message_has() -> None:
    passed = UnattributedBytes()
    for offset in range(0, 40, 10):
        passed.add(offset, bytes(range(offset, offset + 10)))
    passed.cover(12, 18)
    passed.cover(15, 22)
    assert passed.settle(25) == [(0, bytes(range(10))), (10, b"\n\x0b"), (22, bytes((22, 23, 24)))]
    passed.cover(20, 30)
    assert passed.settle(35) == [(30, bytes(range(30, 35)))]
    passed.restart(50)
    assert passed.settle(60) == []


def test_of_many_bytes_under_way_the_oldest_are_let_go() -> None:
    """By where they lie, however they came: held is `MOST` before the last of round offsets that was passed."""
    for size in (CHUNK, CHUNK // 2, CHUNK // 8):
        passed = UnattributedBytes()
        for offset in range(0, MOST + 2 * CHUNK, size):
            passed.add(offset, bytes(size))
        found = passed.settle(MOST + 2 * CHUNK)
        assert found[0][0] == CHUNK
        assert sum(len(data) for _, data in found) == MOST + CHUNK


LONG = 900_000
UNDER_WAY = {
    "mqtt": PRELUDES["mqtt"] + b"\x82" + bytes([LONG % 128 | 128, (LONG // 128) % 128 | 128, LONG // 128 // 128]),
    "http2": HTTP2 + LONG.to_bytes(3, "big") + b"\x2b\0\0\0\0\1",
    "smb": PRELUDES["smb"] + b"\0" + LONG.to_bytes(3, "big") + b"\xfeSMB\x40\0" + bytes(6) + b"\x09\0" + bytes(50),
    "nfs": PRELUDES["nfs"] + struct.pack(">7I", 1 << 31 | LONG, 2, 0, 2, 100003, 3, 7) + bytes(16),
    "dns": PRELUDES["dns"] + b"\xff\xff\x12\x35\1\0\0\1" + bytes(6),
    "rtsp": b"ANNOUNCE rtsp://1.2.3.4/ RTSP/1.0\r\nCSeq: 1\r\nContent-Length: %d\r\n\r\n" % LONG,
}


@pytest.mark.parametrize("name", UNDER_WAY)
def test_nothing_hides_in_what_never_ends(name: str) -> None:
    """Whatever follows it and however it came: in one run, in many, with an answer between."""
    sent = UNDER_WAY[name] + POSTS + request("PUT", "/p", JPEG, "image/jpeg")
    events = [up(sent), down(b"."), up(bytes(2 * CHUNK + 99)), down(b"ok")]
    messages, summary = read(events, **row(name))
    said = b"".join(one.body for one in messages)
    assert [one for one in NUMBERS if one.encode() not in said] == []
    assert JPEG in said
    for cuts, batch in ((range(0, 3 * CHUNK, 1 << 15), 1), (range(0, 4000, 1400), 0)):
        cut, again = read(events, cuts=cuts, batch=batch, **row(name))
        assert essence(cut) == essence(messages)
        assert again.read == summary.read


def _smb() -> list[tuple[int, bytes]]:
    junk = b"\0" + (68 + len(TEXT)).to_bytes(3, "big") + smb.header(13, 9) + b"\0\0\0\0" + TEXT  # of no file
    sent = [up(smb.session(smb.write(3, 0, JPEG[:50]))), up(junk), up(smb.session(smb.write(4, 50, JPEG[50:])))]
    return [
        *smb.tree(),
        up(smb.session(smb.create(2))),
        down(smb.session(smb.created(2))),
        *sent,
        up(smb.session(smb.close(5))),
    ]


def test_a_piece_of_which_nothing_is_kept_is_searched() -> None:
    """A file said to be written so far behind its end that no bytes of it are held."""
    events = [*smb.tree(), up(smb.session(smb.create(2))), down(smb.session(smb.created(2)))]
    messages, summary = read([*events, up(smb.session(smb.write(3, 1 << 40, POSTS)))], **row("smb"))
    assert sum(one.protocol == "http" for one in messages) == len(NUMBERS)
    bare, least = read([*events, up(smb.session(smb.write(3, 1 << 40, b"z" * 900)))], **row("smb"))
    assert [one for one in bare if one.protocol == "http"] == []
    assert least.read[0] + len(POSTS) == summary.read[0]


def test_a_header_block_that_is_none_is_searched() -> None:
    """Of HTTP/2: what the decoder refuses has been read by nobody."""
    junk = request("PUT", "/p", JPEG, "image/jpeg") + POSTS
    messages, summary = read([up(HTTP2 + examples.frame(1, 4, 1, junk)), down(reply() * 4)], **row("http2"))
    assert any(JPEG in one.body for one in messages)
    assert sum(one.protocol == "http" and one.direction == 0 for one in messages) == 1 + len(NUMBERS)
    assert summary.read[0] == len(junk)


def _http2() -> list[tuple[int, bytes]]:
    one, encoder = examples.frame, Encoder()
    asked = examples.request(encoder, 1, length=len(JPEG), extra=[("content-type", "image/jpeg")])
    junk = one(0x2B, 0, 1, TEXT)  # of a kind that nobody knows (RFC 9113, 4.1)
    padded = one(0, 8, 1, bytes([200]) + JPEG[50:90] + TEXT.ljust(200, b"\0"))
    return [
        up(HTTP2 + asked + one(0, 0, 1, JPEG[:50]) + junk + padded + one(0, 1, 1, JPEG[90:])),
        down(examples.SETTINGS),
    ]


@pytest.mark.parametrize("events", [_smb(), _http2()], ids=["smb", "http2"])
def test_between_the_ends_of_a_message_nothing_hides(events: list[tuple[int, bytes]]) -> None:
    """Bytes of a file or a body stand around them; they are searched all the same."""
    messages, _ = read(events, **row("smb"))
    assert JPEG in [one.body for one in messages]
    assert any(NUMBERS[0].encode() in one.body for one in messages)
    cut, _ = read(events, cuts=range(0, 4000, 11), batch=1, **row("smb"))
    assert essence(cut) == essence(messages)


def test_between_blocks_of_a_file_nothing_hides() -> None:
    blocks = [
        b"\0\3" + struct.pack(">H", at + 1) + JPEG[at * 512 : at * 512 + 512] for at in range(len(JPEG) // 512 + 1)
    ]
    events = [up(b"\0\2a.jpg\0octet\0"), up(blocks[0]), up(b"\7\7" + TEXT), *map(up, blocks[:1] + blocks[1:])]
    messages, _ = read(events, segment=1 << 16, proto=17, client_port=41000, server_port=69)
    assert [one.body for one in messages if one.protocol == "tftp" and one.body] == [JPEG]
    assert sum(NUMBERS[0].encode() in one.body for one in messages) == 1


@pytest.mark.parametrize("place", range(len(SEEDS)))
def test_no_datagram_in_front_hides_another(place: int) -> None:
    first, usual = SEEDS[place]
    ports = {"client_port": 41000, "server_port": usual[0] if usual else 40001}
    text = f'{{"name": "张三", "idcard": "{NUMBERS[0]}", "address": "x"}} '.encode()
    events = [up(first), up(b"\x07\x9f" + text), up(b"\x07\x9f" + JPEG), down(b"\x07\x9f" + text.replace(b"x", b"yy"))]
    messages, summary = read(events, segment=1 << 16, proto=17, **ports)
    bodies = [one.body for one in messages]
    assert any(NUMBERS[0].encode() in body for body in bodies), summary.protocol
    assert any(JPEG in body for body in bodies), summary.protocol


LABEL = NUMBERS[0].lower().encode()
TRAP = snmp.message(0xA7, snmp.binding("1.3.6.1.4.1.3345.2", snmp.ber(4, NUMBERS[0].encode())))
ASKED = b"\0\1\1\0\0\1\0\0\0\0\0\0" + b"\x12" + LABEL + b"\4demo\3com\0\0\1\0\1"
ANSWERED = ASKED[:2] + b"\x81\x80" + ASKED[4:6] + b"\0\1" + ASKED[8:] + b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x7f\0\0\1"


@pytest.mark.parametrize(("port", "sent"), [(162, [up(TRAP)]), (53, [up(ASKED), down(ANSWERED)])])
def test_a_number_in_a_field_that_nobody_looks_at_is_found(port: int, sent: list[tuple[int, bytes]]) -> None:
    """An unread value of SNMP, a label of a name."""
    messages, summary = read(sent, segment=1 << 16, proto=17, client_port=41000, server_port=port)
    assert summary.protocol in {"snmp", "dns"}
    assert any(one.protocol == "carved" and LABEL in one.body.lower() for one in messages)


def test_a_number_in_the_name_of_a_hello_is_found() -> None:
    messages, summary = read([up(client_hello(f"{LABEL.decode()}.in.example")), down(server_hello())], server_port=443)
    assert summary.protocol == "tls"
    assert any(one.protocol == "carved" and LABEL in one.body.lower() for one in messages)


def test_xml_that_never_ends_hides_no_hello() -> None:
    """A stream of XMPP that turns to TLS: what no text holds is none of it."""
    opened = b"<?xml version='1.0'?><stream:stream to='a.example' version='1.0'>"
    events = [up(opened), down(opened), up(client_hello()), down(server_hello())]
    messages, _ = read(events, server_port=5222)
    assert [one.method for one in messages if one.protocol == "tls"] == ["client_hello", "server_hello"]
    cut, _ = read(events, cuts=range(0, 900, 7), batch=1, server_port=5222)
    assert essence(cut) == essence(messages)


ENDING = [(4, 67), (5, 547), (7, 123), (11, 9), (13, 9), (22, 69), (23, 69)]
ENDING += [(number, 53) for number, (first, _) in enumerate(SEEDS) if first is DNS]


@pytest.mark.parametrize(("place", "port"), ENDING)
def test_nothing_hides_behind_the_end_of_a_datagram(place: int, port: int) -> None:
    """What the protocol does not use is searched, and read by nobody where nothing is found."""
    first = SEEDS[place][0]
    where = {"segment": 1 << 16, "proto": 17, "client_port": 41000, "server_port": port}
    messages, _ = read([up(first + b"\x07" + TEXT * 3), up(first + b"\x07" + JPEG)], **where)
    bodies = [one.body for one in messages]
    assert any(JPEG in body for body in bodies)
    assert sum(NUMBERS[0].encode() in body for body in bodies) == 1


@pytest.mark.parametrize(("place", "port"), [(12, 3702)])
def test_no_picture_hides_within_a_brief_datagram(place: int, port: int) -> None:
    """Of discovery: whatever its reader took it for."""
    where = {"segment": 1 << 16, "proto": 17, "client_port": 41000, "server_port": port}
    messages, _ = read([up(SEEDS[place][0] + b"\x07" * 70 + JPEG)], **where)
    assert sum(JPEG in one.body for one in messages) == 1


@pytest.mark.parametrize(("place", "port"), [(4, 67), (7, 123), (8, 1900), (9, 1900), (22, 69), (23, 69)])
def test_what_is_behind_a_datagram_is_unread(place: int, port: int) -> None:
    """Where nothing is found in it."""
    first = SEEDS[place][0]
    where = {"segment": 1 << 16, "proto": 17, "client_port": 41000, "server_port": port}
    _, summary = read([up(first + b"\x07\x9f" * 200)], **where)
    assert summary.read[0] == len(first)


@pytest.mark.parametrize("place", range(len(SEEDS)))
@pytest.mark.parametrize("way", [up, down])
def test_datagrams_of_one_run_go_the_way_that_those_of_many_go(place: int, way: Callable[[bytes], Any]) -> None:
    """The first one may tell that its sender opened the flow: those behind it are of the same sender."""
    first, usual = SEEDS[place]
    ports = {"client_port": 41000, "server_port": usual[0] if usual else 40001}
    together, _ = read([way(3 * first)], segment=len(first), proto=17, handshake=0, **ports)
    apart, _ = read([way(first)] * 3, segment=len(first), proto=17, handshake=0, **ports)
    assert essence(together) == essence(apart)
    assert all(one.pieces is not None for one in together)


@pytest.mark.parametrize("length", [2000, 1 << 20])
def test_a_false_length_of_tplink_hides_nothing(length: int) -> None:
    """Behind the text of its document nothing is of it, whether as many bytes come or fewer."""
    document = made.chained_tcp({"system": {"get_sysinfo": {}}})
    first = length.to_bytes(4) + document[4:]
    messages, summary = read([up(first + POSTS), up(b"\x9f" * 3000)], **row("tplink"))
    said = b"".join(one.body for one in messages)
    assert [one for one in NUMBERS if one.encode() not in said] == []
    assert summary.read[0] <= len(first + POSTS)


ID = NUMBERS[0].encode()
NAMED = {
    "mqtt": b"\x10" + bytes([12 + len(ID)]) + b"\0\4MQTT\4\2\0\x3c" + len(ID).to_bytes(2) + ID,
    "mqtt with a will": b"\x10"
    + bytes([22 + len(ID)])
    + b"\0\4MQTT\4\6\0\x3c"
    + len(ID).to_bytes(2)
    + ID
    + b"\0\3g/1\0\3off",
    "ftp": b"USER " + ID + b"\r\nPASS b\r\n",
}


@pytest.mark.parametrize("name", NAMED)
def test_a_number_in_words_that_nobody_keeps_is_found(name: str) -> None:
    """A client's id, the name of a user: no message says them, and somebody is named by them."""
    protocol = name.partition(" ")[0]
    events = [up(NAMED[name]), down(b"220 a\r\n"), up(PRELUDES[protocol])]
    messages, _ = read(events, **row(protocol))
    assert [ID in one.body for one in messages if one.body and one.body != b"off"] == [True]
    assert {one.protocol for one in messages} >= {protocol}
    cut, _ = read(events, cuts=range(0, 200, 3), batch=1, **row(protocol))
    assert essence(cut) == essence(messages)
