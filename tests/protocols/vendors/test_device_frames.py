"""Dahua, Xiongmai, Hikvision 8000, EZVIZ, EHome, TP-Link: whole, byte by byte, with gaps, and what only looks like them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.readers import choose
from netaudit.protocols.vendors import dahua, ehome, ezviz, hcnet, sofia, tplink
from tests.protocols.carrier import JPEG, check_cuts, check_gaps, check_noise, size
from tests.protocols.vendors import device_frames as made
from tests.reference.messages import down, read, up

NOTICE = b'{"method":"client.notifyEventStream","params":{"eventList":[]}}'
MEDIA = b"\xbc\x00\x00\x00" + bytes(28)
DAHUA = [
    up(made.ASK_REALM),
    down(made.realm_reply("Login to 0123456789abcdef")),
    up(made.dvrip_login("admin")),
    down(made.login_reply()),
    up(made.dvrip({"method": "magicBox.getSerialNo", "id": 5}, 5, 77)),
    down(made.dvrip({"id": 5, "params": {"sn": made.SERIAL}, "result": True}, 5, 77)),
    down(MEDIA + JPEG + MEDIA[:9]),
    down(b"".join(made.dhip(piece, 9, 77, total=len(NOTICE)) for piece in (NOTICE[:23], NOTICE[23:]))),
]
SOFIA = [
    up(made.sofia(1000, {"EncryptType": "MD5", "LoginType": "DVRIP-Web", "PassWord": "x", "UserName": "admin"})),
    down(made.sofia(1001, {"Ret": 100, "SessionID": "0x1"})),
    up(made.sofia(1020, {"Name": "SystemInfo"})),
    down(made.sofia(1021, {"Name": "SystemInfo", "SystemInfo": {"SerialNo": made.SERIAL, "HardWare": "X-1"}})),
    down(made.sofia(1561, JPEG[:50], pieces=2) + made.sofia(1561, JPEG[50:], pieces=2, piece=1)),
    down(made.sofia(1007, {"Ret": 100})),
]
HCNET = [
    up(made.hcnet_login("admin")),
    down(made.HCNET_CHALLENGE),
    up(made.HCNET_PROOF),
    down(made.hcnet_session(made.SERIAL)),
    up(made.hcnet_command(0x11000, b"\0\0\0\x19<?xml version='1.0'?><A/>")),
    down(made.hcnet(1, 0, bytes(20) + b'{"eventType": "faceCapture"}' + JPEG)),
    down(made.hcnet(1, 0, bytes(9) + JPEG[:40])),
    down(made.hcnet(1, 0, JPEG[40:])),
]
EZVIZ = [
    up(made.cas(0x2001, b"<?xml version='1.0'?><Request/>")),
    down(made.cas(0x2001, b"<?xml version='1.0'?><Response/>", status=0)),
    up(made.cas(0x2011, bytes(range(128, 160)))),
    down(made.cas(0x3105, b"<Response/>", status=0, digest=False)),
]
VTM = [down(made.vtm(0, 1, b"abc") + made.vtm(1, 2, JPEG[:60]) + made.vtm(1, 3, JPEG[60:]) + made.vtm(0x0B, 4, b""))]
EHOME = [
    up(made.ehome_register()),
    down(b"\0\0" + made.EHOME_ANSWER),
    up(b"\x10\x20" + made.ehome_register("EXAMPLE2")),
]
SYSINFO = {"system": {"get_sysinfo": {"model": "HS100", "mac": "00:00:5E:00:53:07", "sw_ver": "1.0", "alias": "hall"}}}
TPLINK = [up(made.chained_tcp({"system": {"get_sysinfo": {}}})), down(made.chained_tcp(SYSINFO))]
FLOWS = {
    "dahua": DAHUA,
    "sofia": SOFIA,
    "hcnet": HCNET,
    "ezviz": EZVIZ,
    "ezviz_vtm": VTM,
    "ehome": EHOME,
    "tplink": TPLINK,
}
READERS = [
    dahua.DahuaReader, sofia.SofiaReader, hcnet.HcnetReader, ezviz.EzvizReader, ezviz.VtmReader, ehome.EhomeReader,
    tplink.TplinkReader,
]  # fmt: skip


def said(messages, family):
    return [fact for m in messages if getattr(m.details, "family", "") == family for fact in m.details.said]


def bodies(messages):
    return {m.body for m in messages}


@pytest.mark.parametrize("name", FLOWS)
def test_cuts_and_gaps(name):
    messages, summary = check_cuts(FLOWS[name])
    assert summary.protocol == name
    known = bodies(messages) | {body[body.find(b"<PPVS") :] for body in bodies(messages)}  # its declaration may be lost
    check_gaps(FLOWS[name], known, length=3, step=size(FLOWS[name]) // 40)
    check_gaps(FLOWS[name], known, length=150, step=size(FLOWS[name]) // 20 + 1)


@pytest.mark.parametrize("name", FLOWS)
def test_midway(name):
    """Without the beginning of the flow nothing raises, and frames found are whole."""
    whole, _ = read(FLOWS[name])
    for skip in (1, 10, 33, 70):
        (way, first), *rest = FLOWS[name]
        messages, _ = read([(way, first[skip:]), *rest], handshake=0)
        assert bodies([m for m in messages if m.complete and m.protocol == name]) <= bodies(whole)


def test_dahua():
    messages, _ = read(DAHUA)
    assert said(messages, "dahua_client") == [("user", "admin")]
    assert said(messages, "dahua") == [("realm", "Login to 0123456789abcdef"), ("SerialNo", made.SERIAL)]
    assert [m.details.result for m in messages if m.method == "reply"] == ["", "ok"] or messages[1].method == "reply"
    assert JPEG in bodies(messages)
    assert messages[-1].method == "client.notifyEventStream"
    assert messages[-1].body == NOTICE


def test_dahua_answers_name_the_device():
    asked = {
        "magicBox.getDeviceType": ({"type": "IPC-X"}, ("DeviceType", "IPC-X")),
        "magicBox.getSoftwareVersion": ({"version": {"Version": "2.8"}}, ("Version", "2.8")),
        "magicBox.getSystemInfo": ({"serialNumber": "S1"}, ("SerialNo", "S1")),
    }
    for method, (params, fact) in asked.items():
        messages, _ = read([up(made.dhip({"method": method}, 3)), down(made.dhip({"params": params}, 3))])
        assert said(messages, "dahua") == [fact]
    messages, _ = read([down(made.dhip({"params": {"sn": "S1"}}, 3))], handshake=0)
    assert said(messages, "dahua") == []  # nobody knows what was asked


def test_old_dahua_login_keeps_the_user_and_no_password():
    old = b"\xa0\x00\x00\x60" + bytes(4) + b"admin\0\0\0" + b"secret\0\0" + bytes.fromhex("040100000000A1AA")
    messages, _ = read([up(old), down(made.login_reply(result=b"\x01\x01"))])
    assert said(messages, "dahua_client") == [("user", "admin")]
    assert "secret" not in repr(messages)
    assert messages[1].details.result == "bad user"


def test_documents_with_more_behind_them():
    frame = bytearray(made.dvrip(b'{"a":1}' + JPEG, 4))
    frame[16:20] = (7).to_bytes(4, "little")
    messages, _ = check_cuts([up(made.ASK_REALM), down(bytes(frame))])
    assert [m.body for m in messages if m.body] == [b'{"a":1}', JPEG]


def test_sofia():
    messages, _ = read(SOFIA)
    assert said(messages, "sofia_client") == [("user", "admin")]
    assert said(messages, "sofia") == [("SerialNo", made.SERIAL), ("HardWare", "X-1")]
    picture = next(m for m in messages if m.body == JPEG)
    assert (picture.complete, picture.body_start) == (True, -1)
    push = made.sofia(1504, {"Address": "0x0", "Event": "FaceDetect", "SerialID": made.SERIAL, "Status": "Start"})
    messages, _ = read([up(push)], server_port=15002)
    assert said(messages, "sofia") == [("SerialID", made.SERIAL), ("Event", "FaceDetect")]


def test_sofia_search():
    common = {
        "MAC": "00:00:5e:00:53:09",
        "HostName": "hall",
        "HostIP": "0x0200630A",
        "TCPPort": 34567,
        "SN": made.SERIAL,
    }
    reply = made.sofia(1531, {"NetWork.NetCommon": common, "Ret": 100})
    messages, summary = read([up(made.sofia(1530, b"")), down(reply)], proto=17, server_port=34569)
    assert [m.method for m in messages] == ["question", "reply"]
    assert ("HostIP", "10.99.0.2") in messages[1].details.said
    assert ("SN", made.SERIAL) in messages[1].details.said
    assert summary.protocol == "discovery"


def test_hcnet():
    messages, _ = read(HCNET)
    assert said(messages, "hcnet_client") == [("user", "admin")]
    assert ("serial", made.SERIAL) in said(messages, "hcnet")
    assert [m.body for m in messages if m.body.startswith((b"<", b"{"))] == [
        b"<?xml version='1.0'?><A/>", b'{"eventType": "faceCapture"}',
    ]  # fmt: skip
    assert [m.body for m in messages if m.protocol == "carved"] == [JPEG, JPEG]
    refused = b"\0\0\0\x10\0\0\0\x0d\0\0\0\x0d\0\0\0\0"
    messages, _ = read([up(made.hcnet_login("admin")), down(refused)])
    assert messages[1].notes == ["refused by the device"]


def test_what_looks_like_json_in_a_picture_is_none():
    picture = JPEG[:20] + b'{"\x81' + JPEG[20:]
    events = [up(made.hcnet_login("admin")), down(made.HCNET_CHALLENGE), up(made.hcnet_command(0x111050, b""))]
    frames = made.hcnet(1, 0, bytes(4) + picture[:60]) + made.hcnet(1, 0, picture[60:])
    messages, _ = read([*events, down(frames)])
    assert [m.body for m in messages if m.body] == [picture]


def test_a_piece_of_a_picture_may_begin_like_a_document():
    picture = JPEG[:20] + b'{"\x81[' + JPEG[20:]
    for at in (20, 23):
        pieces = (picture[:at], picture[at:])
        snapshot = b"".join(made.sofia(1561, piece, pieces=2, piece=i) for i, piece in enumerate(pieces))
        messages, _ = read([up(made.sofia(1000, {"UserName": "x"})), down(snapshot)])
        assert picture in bodies(messages)


def test_hcnet_media_does_not_flood():
    media = made.hcnet_command(0x90100, b"") * 300
    messages, _ = read([up(made.hcnet_login("admin")), down(made.HCNET_CHALLENGE), up(media)])
    assert len(messages) <= 2 + hcnet.SPARSE


def test_ezviz():
    messages, _ = read(EZVIZ)
    assert [m.method for m in messages] == ["get operation code", "get operation code", "preview", "stream set-up"]
    assert messages[1].details.result == 0
    assert messages[2].notes == ["body encrypted or of unknown form"]
    messages, _ = read(VTM)
    assert [m.body for m in messages if m.body] == [JPEG]


def test_ehome():
    messages, _ = read(EHOME)
    assert [m.method for m in messages] == ["REQUEST REGISTER", "RESPONSE REGISTER", "REQUEST REGISTER"]
    assert ("serial", made.SERIAL) in said(messages, "ehome")
    assert ("firmware", "V1.0 build 240101") in said(messages, "ehome")
    (message,), summary = read([up(made.ehome_register(charset="GB2312"))], proto=17, server_port=7660)
    assert (summary.protocol, message.complete) == ("ehome", True)
    assert (message.body_start, message.body) == (0, made.ehome_register(charset="GB2312"))
    (message,), _ = read([up(made.ehome_register()[:300])], proto=17, server_port=7660)
    assert not message.complete


def test_tplink():
    assert made.chained(b'{"system":{')[:11] == bytes.fromhex("D0F281F88BFF9AF7D5EF94")
    assert tplink.unchain(made.chained(b"abc")) == b"abc"
    messages, _ = read(TPLINK)
    assert [m.method for m in messages] == ["question", "reply"]
    assert said(messages, "tplink") == [("model", "HS100"), ("mac", "00:00:5E:00:53:07"), ("sw_ver", "1.0")]
    for ask, answer in ((made.chained({"system": {"get_sysinfo": {}}}), made.chained(SYSINFO)),):
        messages, summary = read([up(ask), down(answer)], proto=17, server_port=9999)
        assert ("model", "HS100") in said(messages, "tplink")
        assert summary.protocol == "tplink"
    result = {"error_code": 0, "result": {"device_model": "TL-IPC", "mac": "00-00-5E-00-53-08", "ip": "10.99.0.2"}}
    messages, _ = read(
        [up(made.tdp({"params": {"rsa_key": "x"}})), down(made.tdp(result))], proto=17, server_port=20002
    )
    assert ("device_model", "TL-IPC") in said(messages, "tplink")
    assert messages[1].body_start == 16


HOSTILE = {
    "lengths that are too long": made.dvrip(b"")[:4] + b"\xff\xff\xff\x7f" + bytes(24),
    "a Dahua login without its tail": b"\xa0\x00\x00\x60" + bytes(28),
    "a login reply of unknown result": b"\xb0\x00\x00\x00" + bytes(4) + b"\x77\x77" + bytes(22),
    "a JPEG": JPEG + bytes(64),
    "a sofia id that is none": made.sofia(3, b"{}"),
    "a sofia login without document": made.sofia(1000, b"abc"),
    "a length and nothing of Hikvision": b"\x00\x00\x00\x20\x5a\x00\x00\x00" + b"\x11" * 40,
    "MySQL's greeting": b"\x4a\x00\x00\x00\x0a5.7.1\x00" + bytes(70),
    "RTSP's interleaving": b"".join(b"\x24\x00\x00\x0c\x80\x60\x00" + bytes((i,)) + bytes(8) for i in range(9)),
    "another XML": b"<?xml version='1.0'?><Message/>" * 20,
    "a TP-Link length without chain": b"\x00\x00\x00\x20" + bytes(40),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_look_alikes(name):
    data = HOSTILE[name]
    for first, second in ((data, b""), (b"", data), (data, data)):
        entry, _ = choose(Opening(first, second, 40000, 8000, midstream=False), "tcp", final=True)
        assert entry is not None
        assert entry.name not in FLOWS, name
        entry, _ = choose(Opening(first or data, b"", 40000, 5050, midstream=False), "udp", final=True)
        assert entry is None or entry.name not in FLOWS, name


@pytest.mark.parametrize("name", FLOWS)
def test_verdicts_do_not_change(name):
    """A YES or NO said early is said of every longer opening, too; the last word is YES."""
    recognise = {
        "dahua": dahua.recognise, "sofia": sofia.recognise, "hcnet": hcnet.recognise, "ezviz": ezviz.recognise,
        "ezviz_vtm": ezviz.recognise_vtm, "ehome": ehome.recognise, "tplink": tplink.recognise_tcp,
    }[name]  # fmt: skip
    first = b"".join(what for way, what in FLOWS[name] if not way)[:600]
    second = b"".join(what for way, what in FLOWS[name] if way)[:600]
    seen = [recognise(Opening(first[:i], second[:i], 40000, 9, midstream=False)) for i in range(1, 300)]
    settled = [verdict for verdict in seen if verdict is not Verdict.MORE]
    assert set(settled) == {Verdict.YES}
    assert seen[seen.index(Verdict.YES) :] == settled


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(READERS),
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.binary(max_size=60)
            | st.integers(1, 80)
            | st.sampled_from([what for flow in FLOWS.values() for _, what in flow])
            | st.sampled_from(list(HOSTILE.values())),
        ),
        max_size=10,
    ),
)
def test_noise(reader, chunks):
    check_noise(reader, chunks)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(FLOWS)), st.sets(st.integers(1, 900), max_size=12), st.integers(1, 4))
def test_any_split(name, cuts, batch):
    whole, _ = read(FLOWS[name])
    cut, _ = read(FLOWS[name], cuts=cuts, batch=batch)
    assert [(m.protocol, m.start, m.end, m.body, m.complete) for m in cut] == [
        (m.protocol, m.start, m.end, m.body, m.complete) for m in whole
    ]


def test_hostile_documents_are_read_in_time():
    opened = b"<PPVSPMessage>"
    for data in (opened * 200_000, opened + (b"<a1>" + b" " * 500) * 1000 + b"</PPVSPMessage>", b"<?xml " * 200_000):
        read([up(made.ehome_register()), up(data)])
    tiny = b"".join(made.dhip(b"x", 3, total=40_000) for _ in range(40_000))
    messages, _ = read([up(made.ASK_REALM), down(tiny)])
    assert [len(m.body) for m in messages if m.body] == [40_000]
    shards = b"".join(made.sofia(1561, bytes(7)) for _ in range(20_000))
    read([up(made.sofia(1000, {"UserName": "x"})), down(shards + made.sofia(1561, JPEG[:30]) + shards)])
    for layout in (b"\x24\x00\xff\xff", b"\xf6\0\0\0" * 8, b"\xff\0\0\0" * 9, b"\x9e\xba\xac\xe9" * 8):
        for first in (made.vtm(0, 1, b"") * 3, made.ASK_REALM, made.sofia(1000, {}), made.cas(0x2001, b"")):
            read([up(first), up(layout * 20_000)])


@pytest.mark.parametrize(("name", "port"), [("dahua", 37777), ("sofia", 34567)])
def test_connections_that_were_open_before(name, port):
    """On the usual port the frames behind a cut one are read; elsewhere, and in other streams, nothing is claimed."""
    whole, _ = read(FLOWS[name])
    (way, first), *rest = FLOWS[name]
    broken = [(way, b"\x11" * 50 + first[9:]), *rest]
    messages, summary = read(broken, handshake=0, server_port=port)
    assert summary.protocol == name
    later = {m.body for m in whole if m.body and (m.start or m.direction)}
    assert later <= bodies(messages)
    _, summary = read(broken, handshake=0, server_port=4000)
    assert summary.protocol != name
    _, summary = read([(way, b"\x11" * 9000)], handshake=0, server_port=port)
    assert summary.protocol != name
    turned = [(1 - side, data) for side, data in broken]
    messages, summary = read(turned, handshake=0, client_port=port, server_port=40000)
    assert (summary.protocol, summary.swapped) == (name, True)
