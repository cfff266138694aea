"""TLS hellos: made by the standard library's TLS, cut, damaged and met half-way."""

from __future__ import annotations

import ssl

import pytest

from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.tls import tls
from netaudit.protocols.tls.handshake import MOST
from netaudit.protocols.tls.hello_details import RETRY
from netaudit.protocols.tls.tls import LONGEST
from tests.reference.messages import down, essence, read, up

APPLICATION = b"\x17\x03\x03\x00\x05hello"


def client_hello(name="cloud.example", alpn=("h2", "http/1.1"), *, highest=ssl.TLSVersion.TLSv1_3):
    context = ssl.create_default_context()
    context.set_alpn_protocols(list(alpn))
    context.maximum_version = highest
    sent = ssl.MemoryBIO()
    session = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    return sent.read()


def server_hello(version=b"\x03\x03", extensions=b""):
    body = version + bytes(32) + b"\0" + b"\x13\x01" + b"\0" + len(extensions).to_bytes(2, "big") + extensions
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


def certificate():
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "camera.example")])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 7, datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
    )
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("alt.example")]), critical=False)
    der = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    chain = len(der).to_bytes(3, "big") + der
    body = len(chain).to_bytes(3, "big") + chain
    message = b"\x0b" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


SUPPORTED = b"\x00\x2b\x00\x02\x03\x04"


def test_hellos():
    events = [up(client_hello()), down(server_hello(extensions=SUPPORTED) + APPLICATION), up(APPLICATION * 20)]
    messages, summary = read(events)
    hello, answer = messages
    assert hello.method == "client_hello"
    assert hello.host == hello.details.sni == "cloud.example"
    assert hello.details.alpn == ["h2", "http/1.1"]
    assert hello.details.versions[0] == 0x0304
    assert hello.details.hello == events[0][1][5:]
    assert answer.method == "server_hello"
    assert answer.details.versions == [0x0304]
    assert answer.request is hello
    assert (summary.protocol, summary.server_name, summary.to_ignore) == ("tls", "cloud.example", True)
    assert summary.read == (len(events[0][1]), len(server_hello(extensions=SUPPORTED)))
    cut, cut_summary = read(events, cuts=range(2000), batch=1)
    assert essence(cut) == essence(messages)
    assert cut_summary == summary


def test_hello_over_several_records():
    hello = client_hello()[5:]
    split = b"".join(b"\x16\x03\x01" + len(p).to_bytes(2, "big") + p for p in (hello[:50], hello[50:51], hello[51:]))
    messages, _ = read([up(split)])
    assert messages[0].host == "cloud.example"
    assert (messages[0].start, messages[0].end) == (0, len(split))


def test_certificate_names():
    events = [up(client_hello(highest=ssl.TLSVersion.TLSv1_2)), down(server_hello() + certificate())]
    messages, _ = read(events)
    assert messages[2].method == "certificate"
    assert messages[2].details.names == ["camera.example", "alt.example"]
    assert len(messages[2].details.fingerprint) == 64
    damaged = events[1][1][:-300] + bytes(300)
    messages, _ = read([events[0], down(damaged)])
    assert messages[2].details.fingerprint


def test_swapped_and_midstream():
    _, summary = read([down(client_hello()), up(server_hello())], handshake=0)
    assert summary.swapped
    messages, summary = read([up(APPLICATION * 3), down(APPLICATION)], handshake=0)
    assert messages == []
    assert (summary.protocol, summary.to_ignore) == ("tls", True)


def test_gap_ends_the_interest():
    hello = client_hello()
    messages, summary = read([up(hello[:40]), up(10), up(hello[50:]), down(server_hello(extensions=SUPPORTED))])
    assert [m.method for m in messages] == ["server_hello"]
    assert summary.protocol == "tls"


@pytest.mark.parametrize(
    "data", [b"\x16\x03\x09\0\0\0", b"\x16\x02", b"GET / HTTP/1.1", b"\x17\x03\x03\xff\xff\0", b"\x05\x01\0"]
)
def test_not_tls(data):
    assert tls.recognise(Opening(data, b"", 1, 443, midstream=False)) is Verdict.NO


def test_damaged_hello_never_fails():
    hello = client_hello()
    for i in range(len(hello)):
        for value in (0, 1, 0x7F, 0xFF):
            read([up(hello[:i] + bytes([value]) + hello[i + 1 :]), down(server_hello())])
        read([up(hello[:i])])


def test_a_second_hello_after_a_retry_request():
    """RFC 8446, 4.1.4: the client says hello again, perhaps behind a change of cipher spec."""
    change = b"\x14\x03\x03\0\1\1"
    retry = bytearray(server_hello(extensions=SUPPORTED))
    retry[11:43] = RETRY
    events = [
        up(client_hello()), down(bytes(retry) + change), up(change + client_hello(alpn=("h2",))),
        down(server_hello(extensions=SUPPORTED) + APPLICATION), up(APPLICATION),
    ]  # fmt: skip
    messages, summary = read(events)
    assert [(m.method, m.details.alpn) for m in messages if not m.direction] == [
        ("client_hello", ["h2", "http/1.1"]),
        ("client_hello", ["h2"]),
    ]
    assert messages[1].details.retry
    assert summary.to_ignore
    assert essence(read(events, cuts=range(0, 5000, 3), batch=1)[0]) == essence(messages)


def test_the_server_of_the_connection_may_be_the_client():
    """FTP in active mode: the server opens the data connection, and the client begins TLS (RFC 4217, 7)."""
    events = [down(client_hello()), up(server_hello() + certificate())]
    messages, summary = read(events)
    assert [(m.method, m.direction) for m in messages] == [("client_hello", 1), ("server_hello", 0), ("certificate", 0)]
    assert messages[2].request is messages[0]
    assert not summary.swapped


def test_floods_end():
    hello = client_hello()
    messages, summary = read([up(hello * 20), down(server_hello() * 20)])
    assert len(messages) == 2 * MOST
    assert summary.to_ignore
    nothing = b"\x16\x03\x03\0\x04\0\0\0\0"
    _, summary = read([up(hello), down(nothing * (3 + LONGEST // len(nothing))), up(APPLICATION)])
    assert summary.to_ignore


def test_bytes_that_only_look_like_a_hello_are_none():
    """An encrypted message may begin with any byte."""
    finished = b"\x16\x03\x03\0\x28" + b"\1\0\0\x24" + bytes(range(1, 37))
    messages, _ = read([up(client_hello()), up(finished), up(APPLICATION)])
    assert len(messages) == 1


def old_hello(version=b"\3\1", suites=b"\0\0\x2f\7\0\xc0\0\0\x0a", challenge=bytes(16)):
    body = (
        b"\1"
        + version
        + len(suites).to_bytes(2, "big")
        + b"\0\0"
        + len(challenge).to_bytes(2, "big")
        + suites
        + challenge
    )
    return (0x8000 | len(body)).to_bytes(2, "big") + body


def test_a_hello_in_the_form_of_ssl_2():
    """RFC 5246, E.2: what the libraries of old cameras send to servers of any age."""
    change = b"\x16\x03\x01\0\x04\x10\0\0\0" + APPLICATION
    events = [up(old_hello()), down(server_hello(b"\3\1") + certificate()), up(change), down(APPLICATION)]
    messages, summary = read(events)
    assert [m.method for m in messages] == ["client_hello", "server_hello", "certificate"]
    assert messages[0].details.ciphers == [0x2F, 0x0A]
    assert (messages[0].details.version, messages[0].details.ja3, messages[0].end) == (
        0x0301,
        "",
        len(events[0][1]),
    )
    assert messages[1].request is messages[0]
    assert (summary.protocol, summary.to_ignore) == ("tls", True)
    assert essence(read(events, cuts=range(1000), batch=1)[0]) == essence(messages)
    assert read([down(old_hello()), up(server_hello(b"\3\1"))], handshake=0)[1].swapped


@pytest.mark.parametrize(
    "data",
    [
        old_hello(version=b"\0\2"), old_hello(suites=b"\0\0\x2f\0"), old_hello(suites=b""), old_hello(challenge=bytes(40)),
        b"\x80\x2e\2" + bytes(50), b"\x7f" + old_hello()[1:], old_hello()[:2] + b"\1\4" + old_hello()[4:],
    ],
)  # fmt: skip
def test_not_the_form_of_ssl_2(data):
    assert tls.recognise(Opening(data, b"", 1, 443, midstream=False)) is Verdict.NO
    assert tls.recognise(Opening(old_hello(), b"HTTP/1.1", 1, 443, midstream=False)) is Verdict.NO
    assert tls.recognise(Opening(old_hello()[:10], b"", 1, 443, midstream=False)) is Verdict.MORE


def test_an_image_behind_a_hello_that_nobody_answered_is_found():
    hello = bytes.fromhex("160301002f0100002b0303") + bytes(range(32)) + bytes.fromhex("000004c02f009c0100")
    picture = b"\xff\xd8\xff\xe0\0\x10" + bytes(14) + b"\xff\xda\0\x08" + bytes(6) + b"pixels" * 40 + b"\xff\xd9"
    events = [up(hello), up(picture)]
    messages, _ = read(events)
    assert [(m.protocol, m.body) for m in messages if m.body] == [("carved", picture)]
    assert essence(read(events, cuts=range(400), batch=1)[0]) == essence(messages)
