"""What handshakes and greetings say, noted of the right host, digests unmasked, the Internet bounded."""

from __future__ import annotations

import numpy as np
import pytest

from netaudit.core.contracts.details import GreetingDetails, HelloDetails
from netaudit.devices.observations.ends import Ends, Host
from netaudit.devices.observations.from_messages import observe_message
from netaudit.devices.observations.handshakes import MOST_PUBLIC
from netaudit.devices.observations.ledger import Ledger
from netaudit.protocols.message import Message
from netaudit.protocols.tls.certificate import certificate_said
from netaudit.streams.layouts import PIECE
from tests.devices.observations.test_from_messages import Facts, observed, of_client, of_server
from tests.protocols.tls.test_tls import certificate

DIGEST = "13900000001" + "a" * 21  # a digest with what looks like a phone number in it


def hello(direction: int = 0, protocol: str = "tls", host: str = "Cloud.Example") -> Message:
    message = Message(protocol, direction, 0, 1, method="client_hello", host=host)
    message.details = HelloDetails(alpn=["h2", "http/1.1"], ja3=DIGEST, ja4="t13d", version=0x0304)
    return message


def answer(version: int = 0x0303, alpn: tuple[str, ...] = ("h2",), direction: int = 1) -> Message:
    message = Message("tls", direction, 0, 1, method="server_hello")
    message.details = HelloDetails(version=version, ciphers=[0xC02B], alpn=list(alpn))
    return message


@pytest.mark.parametrize("protocol", ["tls", "quic", "dtls"])
def test_a_client(protocol: str) -> None:
    assert observed(hello(protocol=protocol)) == {
        of_client("tls_client", "sni", "cloud.example"),
        of_client("tls_client", "alpn", "h2,http/1.1"),
        of_client("tls_client", "ja3", DIGEST),
        of_client("tls_client", "ja4", "t13d"),
    }
    damaged = hello(protocol=protocol, host="")
    damaged.details = HelloDetails()
    assert observed(damaged) == set()


def test_the_client_of_tls_may_be_the_server_of_the_connection() -> None:
    assert of_server("tls_client", "sni", "cloud.example") in observed(hello(direction=1))
    assert of_client("tls_server", "version", "TLS 1.2") in observed(answer(direction=0))


def test_a_server() -> None:
    assert observed(answer()) == {
        of_server("tls_server", "version", "TLS 1.2"),
        of_server("tls_server", "cipher", "c02b"),
        of_server("tls_server", "alpn", "h2"),
    }
    assert of_server("tls_server", "version", "7f1c") in observed(answer(0x7F1C))


def test_a_certificate() -> None:
    message = Message("tls", 1, 0, 1, method="certificate", details=certificate_said(certificate()[5:]))
    fingerprint = message.details.fingerprint
    assert observed(message) == {
        of_server("tls_server", "fingerprint", fingerprint),
        of_server("tls_server", "subject", "CN=camera.example"),
        of_server("tls_server", "issuer", "CN=camera.example"),
        of_server("tls_server", "serial", "07"),
        of_server("tls_server", "san", "camera.example"),
        of_server("tls_server", "san", "alt.example"),
        of_server("tls_server", "valid", "2026-01-01/2036-01-01"),
    }
    assert observed(Message("tls", 1, 0, 1, method="certificate")) == set()


@pytest.mark.parametrize(("ip", "kept"), [("203.0.114.{}", MOST_PUBLIC), ("192.168.7.{}", 200)])
def test_servers_of_the_internet_are_bounded(ip: str, kept: int) -> None:
    ledger = Ledger()
    for i in range(200):
        message = answer()
        message.pieces = np.zeros(1, PIECE)
        observe_message(message, ledger, Ends(Host(), Host("", ip.format(i))))
    assert len({row[2] for row in ledger.rows()}) == kept


def spoken(protocol: str, direction: int, method: str, line: str) -> Message:
    return Message(protocol, direction, 0, 1, method=method, details=GreetingDetails([line]))


@pytest.mark.parametrize(
    ("message", "facts"),
    [
        (spoken("ssh", 1, "banner", "SSH-2.0-dropbear"), {of_server("ssh", "banner", "SSH-2.0-dropbear")}),
        (spoken("ssh", 0, "banner", "SSH-2.0-PuTTY"), {of_client("ssh_client", "banner", "SSH-2.0-PuTTY")}),
        (spoken("stun", 1, "software", "coturn"), {of_server("stun", "software", "coturn")}),
        (spoken("stun", 0, "software", "cam"), {of_client("stun_client", "software", "cam")}),
        (Message("ftp", 1, 0, 1, method="greeting", headers=[("server", "(vsFTPd)")]), {of_server("ftp", "banner", "(vsFTPd)")}),
        (Message("smtp", 1, 0, 1, method="greeting", headers=[("server", "mx")]), {of_server("smtp", "banner", "mx")}),
        (Message("ftp", 1, 0, 1, method="greeting", headers=[("server", "")]), set()),
        (Message("ftp", 0, 0, 1, method="USER"), set()),
    ],
)  # fmt: skip
def test_programs_that_name_themselves(message: Message, facts: Facts) -> None:
    assert observed(message) == facts
