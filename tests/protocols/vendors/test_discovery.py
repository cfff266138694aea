"""SSDP, WS-Discovery, SADP, DHDiscover: documented replies read, questions told apart, noise refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.network_services import ssdp
from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.vendors import discovery

NOTIFY = b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: upnp:rootdevice\r\nServer:  Linux UPnP/1.0 \r\n\r\n"
SADP = (
    b'<?xml version="1.0" encoding="UTF-8"?><ProbeMatch><Uuid>1</Uuid><Types>inquiry</Types><DeviceDescription>DS-EXAMPLE'
    b"</DeviceDescription><DeviceSN>DS-EXAMPLE20240101AAWR0</DeviceSN><MAC>00-00-5e-00-53-01</MAC></ProbeMatch>"
)
PROBE = b'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>1</Uuid><Types>inquiry</Types></Probe>'
WSD = (
    b'<?xml version="1.0"?><s:Envelope xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Body><d:ProbeMatches><d:ProbeMatch>'
    b"<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>onvif://www.onvif.org/hardware/X-1\n onvif://www.onvif.org/name/a%20b"
    b"</d:Scopes><d:XAddrs>http://192.168.1.9/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
)

UUID = "urn:uuid:00000000-0000-1000-8000-00005e005301"
ENDPOINT = f"<a:EndpointReference><a:Address>{UUID}</a:Address></a:EndpointReference>".encode()
OLD_ASK = b"\xa3\x01\x00\x01" + bytes(28)
OLD_REPLY = (
    b"\xb3\x00\x00\x00" + (120).to_bytes(4, "little") + bytes(24) + bytes(80) + b"00:00:5E:00:53:0A".ljust(40, b"\0")
)


def dahua(document: object) -> bytes:
    body = json.dumps(document).encode()
    size = len(body).to_bytes(4, "little")
    return b"\x20\0\0\0DHIP" + bytes(8) + size + bytes(4) + size + bytes(4) + body


DAHUA = dahua(
    {
        "method": "client.notifyDevInfo",
        "params": {"deviceInfo": {"DeviceType": "IPC-1", "SerialNo": "S1", "HttpPort": 80}},
    }
)


def opening(data: bytes) -> Opening:
    return Opening(data, b"", 50000, 50001, False)


def test_ssdp_headers_are_read_without_their_blanks() -> None:
    assert ssdp.recognise(opening(NOTIFY)) is Verdict.YES
    (message,) = ssdp.SsdpReader().feed(0, 0, NOTIFY)
    assert (message.method, message.header("nt"), message.header("server"), message.end) == (
        "NOTIFY",
        "upnp:rootdevice",
        "Linux UPnP/1.0",
        len(NOTIFY),
    )


@pytest.mark.parametrize(
    "data", [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"", b"NOTIFY"]
)
def test_other_http_is_no_ssdp(data: bytes) -> None:
    assert ssdp.recognise(opening(data)) is Verdict.NO


@pytest.mark.parametrize(
    ("data", "family", "reply", "field", "value"),
    [
        (SADP, "sadp", "reply", "DeviceDescription", "DS-EXAMPLE"),
        (PROBE, "sadp", "question", "Types", "inquiry"),
        (WSD, "wsd", "reply", "scope", "onvif://www.onvif.org/hardware/X-1"),
        (WSD, "wsd", "reply", "type", "tds:Device"),
        (WSD, "wsd", "reply", "hardware", "X-1"),
        (WSD, "wsd", "reply", "name", "a b"),
        (WSD.replace(b"name/a%20b", b"location/city/hall"), "wsd", "reply", "location", "city/hall"),
        (WSD.replace(b"<d:Types>", ENDPOINT + b"<d:Types>"), "wsd", "reply", "endpoint", UUID),
        (OLD_REPLY, "dhdiscover", "reply", "MAC", "00:00:5e:00:53:0a"),
        (WSD.replace(b"ProbeMatch", b"Probe"), "wsd", "question", "type", "tds:Device"),
        (DAHUA, "dhdiscover", "reply", "SerialNo", "S1"),
    ],
)
def test_discoveries(data: bytes, family: str, reply: str, field: str, value: str) -> None:
    assert discovery.recognise(opening(data)) is Verdict.YES
    (message,) = discovery.DiscoveryReader().feed(1, 7, data)
    assert (message.details.family, message.method, message.direction, message.start) == (family, reply, 1, 7)
    assert (field, value) in message.details.said


def test_dahuas_question_is_none_of_its_devices_words() -> None:
    message = discovery.parse(dahua({"method": "DHDiscover.search", "params": {"mac": "", "uni": 1}}))
    assert message is not None
    assert (message.method, message.details.said) == ("question", [])


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([SADP, WSD, DAHUA, NOTIFY]), st.integers(0, 400), st.binary(max_size=30))
def test_damaged_datagrams_are_read_or_refused(data: bytes, at: int, noise: bytes) -> None:
    damaged = data[:at] + noise + data[at + len(noise) :]
    for module in (ssdp, discovery):
        assert module.recognise(opening(damaged)) in {Verdict.YES, Verdict.NO}
        module.parse(damaged)


def test_a_flood_of_fields_is_cut() -> None:
    many = b"<ProbeMatch><Uuid>1</Uuid>" + b"<Some>x</Some>" * 5000 + b"</ProbeMatch>"
    message = discovery.parse(many)
    assert message is not None
    assert len(message.details.said) == discovery.MOST_FIELDS


def test_the_older_discovery_of_dahua_needs_lengths_that_agree() -> None:
    (message,) = discovery.DiscoveryReader().feed(0, 0, OLD_ASK)
    assert (message.method, message.details.said) == ("question", [])
    for data in (OLD_ASK[:-1], OLD_REPLY[:-1], OLD_REPLY + b"x", b"\xb3\x00" + bytes(150)):
        assert discovery.recognise(opening(data)) is Verdict.NO
