"""SIP and GB/T 28181: the registration dance, decoded ids, documents, media descriptions; whole, cut and damaged."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.readers import choose
from netaudit.protocols.sip import gb28181
from netaudit.protocols.sip import reader as sip
from netaudit.protocols.sip.media import offers
from tests.protocols.carrier import check_cuts, check_gaps, check_noise, size
from tests.protocols.vendors import device_frames as made
from tests.reference.messages import down, read, up

EVENTS = [up(what) if camera else down(what) for camera, what in made.dialogue()]
BODIES = {b"", made.KEEPALIVE, made.DEVICE_INFO, made.CATALOG}
BODIES |= {made.sdp("10.99.0.3", 30000), made.sdp("10.99.0.2", 15060, way="sendonly", ident=made.CAMERA)}


def facts(messages, field):
    return [value for m in messages for name, value in m.details.said if name == field]


@pytest.mark.parametrize("proto", [6, 17])
def test_dialogue(proto):
    if proto == 6:
        messages, summary = check_cuts(EVENTS)
    else:
        messages, summary = read(EVENTS, proto=proto, server_port=5060)
    assert summary.protocol == "sip"
    assert [(m.method, m.status) for m in messages if not m.direction] == [
        ("REGISTER", 0), ("REGISTER", 0), ("MESSAGE", 0), ("MESSAGE", 0), ("MESSAGE", 0), ("INVITE", 200),
    ]  # fmt: skip
    assert {m.body for m in messages} == BODIES
    assert all(m.complete for m in messages)
    answer = next(m for m in messages if m.status == 401)
    assert answer.request is not None
    assert answer.request.method == "REGISTER"


def test_who_says_what():
    messages, _ = read(EVENTS)
    camera = [m for m in messages if not m.direction]
    platform = [m for m in messages if m.direction]
    assert set(facts(camera, "gb_type")) == {"132 IPC"}
    assert set(facts(platform, "gb_type")) == {"200 SIP server"}
    assert facts(camera, "gb_region")[0] == "99010000"
    assert facts(camera, "user") == [made.CAMERA]
    assert facts(platform, "realm") == [made.REALM]
    assert "0" * 32 not in repr([m.details for m in messages])
    assert facts(camera, "gb_Manufacturer") == ["ExampleCam"]
    assert facts(camera, "gb_DeviceName") == ["大厅入口"]
    assert [m.details.manscdp for m in camera if m.details.manscdp] == [
        "Notify Keepalive", "Response DeviceInfo", "Response Catalog",
    ]  # fmt: skip
    ((address, said),) = next(m.details.listed for m in camera if m.details.listed)
    assert (address, dict(said)["gb_Name"], dict(said)["gb_type"]) == ("10.99.0.12", "大厅抓拍", "132 IPC")


def test_who_cannot_be_told():
    relayed = made.sip(
        "MESSAGE sip:x@y SIP/2.0", made.DEVICE_INFO, via=("10.0.0.1", "10.0.0.2"), Content_Type=made.XML_TYPE
    )
    behind = made.manscdp("Response", "DeviceInfo", "<Model>Y</Model>", ident="99010000001320000009")
    other = made.sip("MESSAGE sip:x@y SIP/2.0", behind, Content_Type=made.XML_TYPE)
    for data in (relayed, other):
        (message,), _ = read([up(data)])
        assert "gb_Model" not in dict(message.details.said), data
    for name in ("12345", "9" * 19, "1301021990010100" + "abcd", ""):
        assert gb28181.identity(name) == []


def test_ids():
    assert dict(gb28181.identity("99010000001240000001"))["gb_type"] == "124 personnel access control"
    assert dict(gb28181.identity("99010000001430000001"))["gb_type"] == "143 credential recognition unit"
    assert dict(gb28181.identity("99010000003210000001"))["gb_type"] == "321 user"
    assert dict(gb28181.identity("99010000009990000001"))["gb_type"] == "999"
    assert dict(gb28181.identity("99010000001325000001"))["gb_network"] == "5"


def test_media_descriptions():
    (one,) = offers(made.sdp("10.99.0.3", 30000, transport="TCP/RTP/AVP", purpose="Playback", ssrc=1100000007))
    assert (one.purpose, one.address, one.port, one.transport, one.codec, one.ssrc) == (
        "Playback", "10.99.0.3", 30000, "tcp", "PS", 1100000007,
    )  # fmt: skip
    assert offers(b"") == []
    assert offers(b"m=video\r\nm=video x RTP\r\nm=video 99999999999 RTP/AVP 0\r\nc=IN\r\ny=99999999999\r\n") == []
    assert len(offers(b"m=video 5 RTP/AVP 0\r\n" * 100)) == 8


def test_gaps():
    check_gaps(EVENTS, BODIES, length=9, step=size(EVENTS) // 12)


def test_what_is_lost_does_not_hide_what_follows():
    lost = [up(EVENTS[0][1][:120]), (0, 30), up(b"x: y\r\n\r\n" + EVENTS[4][1])]
    messages, _ = read(lost)
    assert made.KEEPALIVE in {m.body for m in messages if m.complete}


def test_sloppy():
    raw = made.KEEPALIVE
    head = b"MESSAGE sip:a@b SIP/2.0\nv: SIP/2.0/TCP h\nf: <sip:%s@b>\nc: application/manscdp+XML\nl : %d\n\n"
    (message,), _ = read([up(b"\r\n\r\n" + head % (made.CAMERA.encode(), len(raw)) + raw)])
    assert (message.body, message.details.manscdp) == (raw, "Notify Keepalive")
    assert ("gb_type", "132 IPC") in message.details.said
    data = made.sip("MESSAGE sip:a@b SIP/2.0", raw, Content_Type=made.XML_TYPE)
    (message,), _ = read([up(data[:-20])], proto=17)
    assert (message.complete, message.unknown_from) == (False, len(raw) - 20)
    (message,), _ = read([up(data.replace(b"Content-Length", b"X"))], proto=17)
    assert (message.complete, message.body) == (True, raw)


def test_a_datagram_without_the_end_of_its_head():
    data = EVENTS[0][1].replace(b"\r\n\r\n", b"\r\n")
    (message,), _ = read([up(data)], proto=17)
    assert (message.method, message.complete, message.notes) == ("REGISTER", False, ["a head without an end"])
    assert ("user_agent", "ExampleCam IPC 1.0") in message.details.said


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n", b"OPTIONS rtsp://h/ RTSP/1.0\r\n\r\n", b"NOTIFY * HTTP/1.1\r\n\r\n", b"SIP/3.0 200 OK\r\n\r\n",
        b"220 sip:server ready\r\n", b"USER sip\r\n", b"\x16\x03\x01\x02\x00", b"REGISTER http://x SIP/2.0\r\n\r\n",
    ],
)  # fmt: skip
def test_others(data):
    for transport in ("tcp", "udp"):
        entry, _ = choose(Opening(data, b"", 40000, 5060, midstream=False), transport, final=True)
        assert entry is None or entry.name != "sip"


def test_verdicts_do_not_change():
    data = EVENTS[0][1]
    seen = [sip.recognise(Opening(data[:i], b"", 1, 2, midstream=False)) for i in range(len(data))]
    settled = [verdict for verdict in seen if verdict is not Verdict.MORE]
    assert set(settled) == {Verdict.YES}
    assert seen[-len(settled) :] == settled


def test_hostile_documents_are_read_in_time():
    for inner in (
        "<Item>" * 50_000,
        "<a>" * 100_000,
        "<CmdType>x" * 50_000,
        "<Item>" + "<IPAddress>1" * 50_000,
        ("<a1>" + " " * 500) * 900,
    ):
        data = made.sip(
            "MESSAGE sip:a@b SIP/2.0", made.manscdp("Response", "Catalog", inner), Content_Type=made.XML_TYPE
        )
        (message,), _ = read([up(data)])
        assert message.complete


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.binary(max_size=60)
            | st.integers(1, 200)
            | st.sampled_from([what for _, what in EVENTS])
            | st.sampled_from([b"SIP/2.0 200 OK\r\nl: 99999999\r\n\r\n", b"INVITE sip:x SIP/2.0\r\n", b"\r\n\r\n"]),
        ),
        max_size=10,
    )
)
def test_noise(chunks):
    check_noise(sip.SipReader, chunks)
    check_noise(sip.SipDatagrams, chunks)


def test_what_was_under_way_before():
    data = made.sip("MESSAGE sip:a@b SIP/2.0", made.KEEPALIVE, Content_Type=made.XML_TYPE)
    messages, summary = read([up(b"ID>7</ID></X>" + data)], handshake=0, server_port=5060)
    assert (summary.protocol, [m.body for m in messages]) == ("sip", [made.KEEPALIVE])
    _, summary = read([up(b"ID>7</ID></X>" + data)], handshake=0, server_port=5070)
    assert summary.protocol != "sip"
    messages, summary = read([up(b"\r\n\r\n"), up(data)], proto=17, server_port=5060)
    assert (summary.protocol, [m.body for m in messages]) == ("sip", [made.KEEPALIVE])


@pytest.mark.parametrize("junk", [b"S" * 1400, b"ABC sip " * 175, bytes(range(256)) * 5])
def test_junk_costs_a_look_and_not_one_a_byte(monkeypatch: pytest.MonkeyPatch, junk: bytes) -> None:
    looks = 0
    one = sip._Side._one

    def counted(side: sip._Side, data: bytes, pos: int, base: int) -> int:
        nonlocal looks
        looks += 1
        return one(side, data, pos, base)

    monkeypatch.setattr(sip._Side, "_one", counted)
    reader = sip.SipReader()
    for place in range(20):
        reader.feed(0, place * len(junk), junk)
    assert looks <= 20 * 4
