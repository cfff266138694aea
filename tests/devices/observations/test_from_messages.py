"""Each observer: what a message says becomes facts about the right host, masked and bounded."""

from __future__ import annotations

import base64
import gzip
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.core.contracts.details import DnsDetails, MqttDetails
from netaudit.devices.observations.ends import Ends, Host, ends_of
from netaudit.devices.observations.from_messages import observe_message
from netaudit.devices.observations.ledger import MOST_VALUES, Ledger
from netaudit.protocols.dns import reader as dns
from netaudit.protocols.message import Message
from netaudit.protocols.network_services import ssdp
from netaudit.protocols.vendors import discovery
from netaudit.streams.layouts import FLOW, PIECE
from tests.devices.observations.test_service_bindings import key_of_ech, record

CLIENT, SERVER = Host("02:00:00:00:00:01", "192.168.1.9"), Host("02:00:00:00:00:02", "192.168.1.1")
ENDS = Ends(CLIENT, SERVER)
Facts = set[tuple[str, ...]]


def observed(message: Message, ledger: Ledger | None = None) -> Facts:
    message.pieces = np.zeros(1, PIECE)
    ledger = ledger or Ledger()
    observe_message(message, ledger, ENDS)
    facts = {row[:5] for row in ledger.rows()}
    assert not [fact for fact in facts if fact[3] == "failed"]
    return facts


def http(
    direction: int = 0, body: bytes = b"", path: str = "", content_type: str = "", method: str = "", **headers: str
) -> Message:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Message(
        "http", direction, 0, 1, method=method, path=path, content_type=content_type, headers=named, body=body
    )


def of_client(kind: str, field: str, value: str) -> tuple[str, ...]:
    return kind, CLIENT.mac, CLIENT.ip, field, value


def of_server(kind: str, field: str, value: str) -> tuple[str, ...]:
    return kind, SERVER.mac, SERVER.ip, field, value


def test_a_request_tells_of_both_ends() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="faceCapture"\r\n\r\n{"eventType":"faceCapture","macAddress":"x"}'
    )
    facts = observed(
        http(
            body=body,
            path="/face/cb?x=1",
            content_type="multipart/form-data; boundary=b",
            method="POST",
            user_agent="cam/1",
        )
    )
    assert of_client("http_client", "user_agent", "cam/1") in facts
    assert of_client("http_client", "path", "/face/cb") in facts
    assert of_server("http_server", "path", "/face/cb") in facts
    assert of_client("http_client", "event", "faceCapture") in facts
    assert of_server("http_server", "received_event", "faceCapture") in facts
    assert {of_client("http_client", "key", key) for key in ("faceCapture", "eventType", "macAddress")} <= facts


def test_names_behind_a_picture_are_seen() -> None:
    body = b'{"FaceInfoList":[{"Data":"' + b"A" * 100_000 + b'"}],"CardInfoList":[]}'
    assert of_client("http_client", "key", "CardInfoList") in observed(
        http(body=body, path="/LAPI", content_type="application/json", method="POST")
    )


@pytest.mark.parametrize("path", ["/a/1.jpg", "/style.css", "*", ""])
def test_pictures_and_styles_are_no_interfaces(path: str) -> None:
    assert observed(http(path=path, method="GET")) == set()


@pytest.mark.parametrize(
    ("title", "content_type", "value"),
    [
        ("旺小宝路由器".encode(), "text/html; charset=utf-8", "旺小宝路由器"),
        ("旺小宝路由器".encode("gbk"), "text/html; charset=gb2312", "旺小宝路由器"),
        ("旺小宝路由器".encode("gbk"), "text/html", "旺小宝路由器"),
        (b"A &amp; B", "text/html; charset=nonsense", "A & B"),
    ],
)
def test_titles_in_the_charsets_of_devices(title: bytes, content_type: str, value: str) -> None:
    page = b"<html><head><TITLE>\n" + title + b"</title></head>"
    assert of_server("http_server", "title", value) in observed(http(1, page, content_type=content_type))


def test_server_and_realm() -> None:
    facts = observed(http(1, server="App-webs/", www_authenticate='Digest qop="auth", realm="DS-EXAMPLE", nonce="1"'))
    assert facts == {of_server("http_server", "server", "App-webs/"), of_server("http_server", "realm", "DS-EXAMPLE")}


def test_an_upnp_description_tells_of_its_root_device() -> None:
    body = (
        b'<root xmlns="urn:schemas-upnp-org:device-1-0"><device><friendlyName>Hall</friendlyName><modelName>M1</modelName>'
        b"<deviceList><device><modelName>inner</modelName></device></deviceList></device></root>"
    )
    facts = observed(http(1, body, content_type="text/xml"))
    assert facts == {of_server("upnp", "name", "Hall"), of_server("upnp", "model", "M1")}


def test_a_name_asked_is_a_fact_about_the_asker() -> None:
    message = dns.parse(bytes.fromhex("000101000001000000000000") + b"\x03api\x0bwangxiaobao\x03com\0\0\x01\0\x01")
    assert observed(message) == {of_client("dns_client", "asked", "api.wangxiaobao.com")}


def test_an_answer_of_type_https_gives_hints_and_the_outer_name_of_ech():
    name = b"\x04face\x02cn\0"
    value = record(key_of_ech(b"front.example.net"), hints=("192.0.2.7",))
    data = bytes.fromhex("000181800001000100000000") + name + b"\0\x41\0\x01"
    data += b"\xc0\x0c" + struct.pack(">HHIH", 65, 1, 300, len(value)) + value
    message = dns.parse(data)
    message.direction = 1
    assert observed(message) == {
        ("dns", "", "192.0.2.7", "name", "face.cn"),
        of_client("dns_client", "ech", "face.cn front.example.net"),
    }


def test_the_address_of_a_name_server_is_not_what_was_asked_for():
    """Glue (RFC 1035, 4.1): an address beside the answer has the name of its own record only."""
    name = lambda text: b"".join(bytes([len(one)]) + one for one in text.split(b".")) + b"\0"  # noqa: E731
    record = lambda owner, kind, value: owner + bytes((0, kind, 0, 1, 0, 0, 0, 9, 0, len(value))) + value  # noqa: E731
    data = bytes.fromhex("000181800001000100010001")
    data += name(b"a.test") + b"\0\x01\0\x01" + record(b"\xc0\x0c", 1, bytes((192, 0, 2, 1)))
    data += record(b"\xc0\x0c", 2, name(b"ns.test")) + record(name(b"ns.test"), 1, bytes((192, 0, 2, 53)))
    names = {(value, ip) for kind, _, ip, _, value in observed(dns.parse(data)) if kind == "dns"}
    assert names == {("a.test", "192.0.2.1"), ("ns.test", "192.0.2.53")}


def test_known_answers_of_a_question_are_not_the_askers() -> None:
    answers = [("_ipp._tcp.local", "PTR", "P._ipp._tcp.local", 1), ("P._ipp._tcp.local", "TXT", ["ty=M"], 1)]
    fields = {"response": False, "answers": answers, "questions": []}
    assert observed(Message("mdns", 0, 0, 1, details=DnsDetails(**fields))) == set()
    said = observed(Message("mdns", 0, 0, 1, details=DnsDetails(**fields | {"response": True})))
    assert said == {
        of_client("mdns", "service", "_ipp._tcp"),
        of_client("mdns", "instance", "P"),
        of_client("mdns", "txt", "ty=M"),
    }


def test_announcements_are_the_senders() -> None:
    message = ssdp.parse(b"NOTIFY * HTTP/1.1\r\nSERVER: Roku/9\r\n\r\n")
    assert message is not None
    assert observed(message) == {of_client("ssdp", "server", "Roku/9")}
    reply = discovery.parse(b"<ProbeMatch><Uuid>1</Uuid><DeviceDescription>DS-1</DeviceDescription></ProbeMatch>")
    assert reply is not None
    reply.direction = 1
    assert of_server("sadp", "DeviceDescription", "DS-1") in observed(reply)


def test_what_identifies_a_person_is_masked() -> None:
    facts = observed(http(path="/user/990101199001010019", user_agent="a 19900000001", method="GET"))
    assert not any("990101199001010019" in fact[4] or "19900000001" in fact[4] for fact in facts)


def test_invented_values_do_not_fill_the_memory() -> None:
    ledger = Ledger()
    for number in range(1000):
        observed(http(user_agent=f"agent {number}"), ledger)
    assert len(list(ledger.rows())) == MOST_VALUES + 1  # and one row that tells of the rest
    assert ledger.dropped == 1000 - MOST_VALUES


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 63), st.integers(0, 5)), max_size=80), st.integers(1, 5))
def test_what_is_kept_does_not_depend_on_the_workers(said: list[tuple[int, int]], workers: int) -> None:
    def kept(crews: int) -> list[tuple]:
        ledgers = [Ledger(most=4, most_values=2) for _ in range(crews)]
        for at, (shard, value) in enumerate(said):
            ledgers[shard % crews].at(shard)
            ledgers[shard % crews].note("k", "m", "i", "f", str(value), 0, at, at)
        return sorted(row for ledger in ledgers for row in ledger.rows())

    assert kept(workers) == kept(1)


def test_ends_follow_the_turn_and_know_no_group_address() -> None:
    flow = np.zeros(1, FLOW)[0]
    flow["client_mac"], flow["server_mac"], flow["client_lo"] = 0x020000000001, 0x01005E7FFFFA, 1
    ends = ends_of(flow, turned=True)
    assert (ends.server.mac, ends.client.mac) == ("02:00:00:00:00:01", "")


@settings(max_examples=80, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from(
        ["text/html", "text/xml", "application/json", "multipart/form-data", "application/x-www-form-urlencoded"]
    ),
    st.sampled_from([0, 1]),
)
def test_any_body_is_observed(body: bytes, content_type: str, direction: int) -> None:
    observed(
        http(direction, body + b"<title>" + body + b"</title>urn:schemas-upnp-org:device", "/x", content_type, "POST")
    )


@pytest.mark.parametrize("coding", ["gzip", "deflate", "identity", "GZIP"])
def test_titles_of_packed_pages(coding: str) -> None:
    page = b"<html><title> Front camera </title>" + bytes(1000)
    packed = {"gzip": gzip.compress, "deflate": zlib.compress}.get(coding.lower(), bytes)(page)
    facts = observed(http(1, packed, content_type="text/html", content_encoding=coding))
    assert of_server("http_server", "title", "Front camera") in facts


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", b"<title>x</title>"),
        ("gzip", b"<title>x</title>"),
        ("gzip", gzip.compress(b"<title>x" + bytes(10**8), mtime=0)),
    ],
)
def test_pages_that_cannot_be_unpacked(coding: str, body: bytes) -> None:
    assert observed(http(1, body, content_type="text/html", content_encoding=coding)) == set()


def test_names_in_ntlm_over_http() -> None:
    challenge = (
        b"NTLMSSP\0"
        + struct.pack("<IHHIIQQHHI", 2, 0, 0, 56, 0x02000001, 1, 0, 10, 10, 56)
        + bytes([6, 1, 0, 1])
        + bytes(4)
    )
    token = base64.b64encode(challenge + struct.pack("<HH", 1, 6) + "NAS".encode("utf-16-le")).decode()
    for value in (f"NTLM {token}", f"Negotiate {base64.b64encode(b'xyz' + base64.b64decode(token)).decode()}"):
        assert of_server("ntlm", "computer", "NAS") in observed(http(1, www_authenticate=value))
        assert of_client("ntlm", "computer", "NAS") in observed(http(0, authorization=value))
    for broken in ("NTLM", "NTLM !!!", "NTLM TlRM", "Basic " + token):
        assert observed(http(1, www_authenticate=broken)) == set()


def test_an_observer_that_fails_costs_its_message_only() -> None:
    ledger, broken = Ledger(), Message("mqtt", 0, 0, 1, method="CONNECT", details=MqttDetails([0]))
    broken.pieces = np.zeros(1, PIECE)
    observe_message(broken, ledger, ENDS)
    assert [row[:5] for row in ledger.rows()] == [("limit", "", "", "failed", "mqtt: TypeError")]
