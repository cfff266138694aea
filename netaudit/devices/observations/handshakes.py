"""Facts from handshakes of TLS, QUIC and DTLS: what a client can do and asks for, who a server says it is."""

from __future__ import annotations

import functools
import ipaddress
from typing import TYPE_CHECKING

from netaudit.core.contracts.details import MOST_NAMES, CertificateDetails, HelloDetails

if TYPE_CHECKING:
    from netaudit.devices.observations.ends import Ends, Host, Place, Spoken
    from netaudit.devices.observations.ledger import Ledger

MOST_PUBLIC = 64  # servers with public addresses, and their certificates, looked at in one shard
VERSIONS = {
    0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3",
    0xFEFF: "DTLS 1.0", 0xFEFD: "DTLS 1.2", 0xFEFC: "DTLS 1.3",
}  # fmt: skip


def observe_handshake(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Facts of one handshake message, about who sent it."""
    sender = ends.sender(message.direction)
    if message.method == "client_hello":
        _client(message, sender, ledger, place)
    elif message.method == "server_hello":
        _server(message, sender, ledger, place)
    elif message.method == "certificate":
        _certificate(message, sender, ledger, place)


@functools.lru_cache(maxsize=4096)
def _is_public(ip: str) -> bool:
    return ipaddress.ip_address(ip).is_global if ip else False


def _looks(ledger: Ledger, sender: Host, what: str, value: str) -> bool:
    """Whether to look at what a server says: the many of the Internet must not take the room of those in the house."""
    return not _is_public(sender.ip) or ledger.new(what, (sender.ip, value), MOST_PUBLIC)


def _client(message: Spoken, sender: Host, ledger: Ledger, place: Place) -> None:
    details = message.details
    if not isinstance(details, HelloDetails):
        return
    if message.host:
        ledger.note("tls_client", sender.mac, sender.ip, "sni", message.host.lower(), *place)
    if details.alpn:
        ledger.note("tls_client", sender.mac, sender.ip, "alpn", ",".join(details.alpn), *place)
    for field, value in (("ja3", details.ja3), ("ja4", details.ja4)):
        if value:
            ledger.note("tls_client", sender.mac, sender.ip, field, value, *place, computed=True)


def _server(message: Spoken, sender: Host, ledger: Ledger, place: Place) -> None:
    details = message.details
    if not isinstance(details, HelloDetails):
        return
    if not _looks(ledger, sender, "tls_server hello", f"{details.ciphers[0]} {details.alpn[:1]}"):
        return
    version = details.version
    ledger.note("tls_server", sender.mac, sender.ip, "version", VERSIONS.get(version, f"{version:04x}"), *place)
    ledger.note("tls_server", sender.mac, sender.ip, "cipher", f"{details.ciphers[0]:04x}", *place)
    if details.alpn:
        ledger.note("tls_server", sender.mac, sender.ip, "alpn", ",".join(details.alpn), *place)


def _certificate(message: Spoken, sender: Host, ledger: Ledger, place: Place) -> None:
    details = message.details
    if not isinstance(details, CertificateDetails) or not details.fingerprint:
        return
    if _looks(ledger, sender, "tls_server certificate", details.fingerprint):
        _describe(details, sender, ledger, place)


def _describe(details: CertificateDetails, sender: Host, ledger: Ledger, place: Place) -> None:
    ledger.note("tls_server", sender.mac, sender.ip, "fingerprint", details.fingerprint, *place, computed=True)
    for field, value in (("subject", details.subject), ("issuer", details.issuer), ("serial", details.serial)):
        if value:
            ledger.note("tls_server", sender.mac, sender.ip, field, value, *place)
    for name in details.names[:MOST_NAMES]:
        ledger.note("tls_server", sender.mac, sender.ip, "san", name, *place)
    if details.not_after:
        valid = f"{details.not_before[:10]}/{details.not_after[:10]}"
        ledger.note("tls_server", sender.mac, sender.ip, "valid", valid, *place)
