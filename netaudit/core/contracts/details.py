"""What protocols say besides what every message has: one frozen value for each family, and nothing by name of a key.

Readers make them, observers and rows read them. Texts are as sent, and hostile; what was not said is empty.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

Pairs = Sequence[tuple[str, str]]  # field and value, in the order in which they were said


@dataclass(frozen=True, slots=True)
class Details:
    """What a message says; of most there is nothing but its head and body."""

    def without(self, names: Collection[str]) -> Details:
        """The same with these texts emptied."""
        mine = {one.name: "" for one in fields(self) if one.name in names and isinstance(getattr(self, one.name), str)}
        return replace(self, **mine) if mine else self


NOTHING = Details()


@dataclass(frozen=True, slots=True)
class HttpDetails(Details):
    """HTTP/2 and 3."""

    protocol: str = ""  # of an extended CONNECT (RFC 8441, 4)


@dataclass(frozen=True, slots=True)
class DnsDetails(Details):
    """DNS, mDNS, LLMNR (RFC 1035, 4)."""

    id: int = 0
    response: bool = False
    questions: Sequence[tuple[str, str]] = ()  # name, type
    answers: Sequence[tuple[str, str, Any, int]] = ()  # name, type, value (text, or texts), time to live
    direct: int = 0  # so many of them, the first ones, answer the question; others are of servers and beside it


@dataclass(frozen=True, slots=True)
class HelloDetails(Details):
    """ClientHello and ServerHello, whatever carries them."""

    hello: bytes = b""  # the handshake message itself
    ciphers: Sequence[int] = ()  # offered, or the one that was chosen
    versions: Sequence[int] = ()
    version: int = 0  # the highest, or the chosen one
    alpn: Sequence[str] = ()
    retry: bool = False  # a ServerHello that asks for another ClientHello
    sni: str = ""
    transport: str = ""  # tcp, quic, dtls
    ja3: str = ""  # fingerprints of a sound ClientHello
    ja4: str = ""
    quic_version: int = 0
    random: bytes = b""
    ech: bool = False  # a ClientHello with another one in it, encrypted (or with bytes that look like one)


MOST_NAMES = 16  # of one certificate, that are kept


@dataclass(frozen=True, slots=True)
class CertificateDetails(Details):
    """The first certificate of a server; its fingerprint is there whatever it is, the rest where it can be read."""

    fingerprint: str = ""  # SHA-256 of its bytes; empty for an empty chain
    names: Sequence[str] = ()  # common and alternative ones
    serial: str = ""
    not_before: str = ""  # ISO 8601, UTC
    not_after: str = ""
    subject: str = ""  # RFC 4514
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class StatedDetails(Details):
    """What a sender states of itself, field by field: discovery, protocols of devices, SIP (trait `states_hosts`)."""

    family: str = ""  # kind of observation it becomes
    said: Pairs = ()
    result: str | int = ""  # how a login or command ended
    id: int = 0  # by which an answer belongs to a question


@dataclass(frozen=True, slots=True)
class Statement:
    """Fields beside each other in a document by which it describes a device (`signatures/statements.yaml`)."""

    facts: Pairs  # meaning and value
    asked: bool  # the message answers a question about the host itself, or is known to be sent for that
    listed: bool  # one of several elements of a list


@dataclass(frozen=True, slots=True)
class SipDetails(StatedDetails):
    """SIP with what GB/T 28181 puts in it."""

    manscdp: str = ""  # root and command of its document
    listed: Sequence[tuple[str, Pairs]] = ()  # of a catalogue: address, and what is said of it
    media: Sequence[Any] = ()  # descriptions of a session, `sip/sdp.py`


@dataclass(frozen=True, slots=True)
class RtpDetails(Details):
    """A stream of media, told once."""

    ssrc: int | None = None
    payload_type: int = 0
    codec: str = ""


@dataclass(frozen=True, slots=True)
class DhcpDetails(Details):
    """DHCPv4 (RFC 2131, 2132)."""

    xid: int = 0
    options: Sequence[tuple[int, bytes]] = ()  # as sent
    order: Sequence[int] = ()  # of their codes
    ciaddr: str = ""
    yiaddr: str = ""
    giaddr: str = ""
    mac: str = ""
    hostname: str = ""
    domain: str = ""
    vendor_class: str = ""
    user_class: str = ""
    client_id: str = ""
    fqdn: str = ""
    requested: str = ""
    server: str = ""
    router: str = ""
    subnet: str = ""
    dns: Sequence[str] = ()
    ntp: str = ""
    tftp_server: str = ""
    boot_file: str = ""
    params: Sequence[int] = ()
    max_size: int = 0
    vendors: Sequence[tuple[int, str, str]] = ()  # enterprise, what, value


@dataclass(frozen=True, slots=True)
class Dhcp6Details(Details):
    """DHCPv6 (RFC 8415)."""

    order: Sequence[int] = ()  # codes of options as sent
    answer: bool = False
    relayed_for: str = ""  # address of the client behind a relay …
    link_address: str = ""  # … and its link address (RFC 6939)
    duid: str = ""
    duid_mac: str = ""  # link address that the DUID was made from
    server_duid: str = ""
    params: Sequence[int] = ()
    enterprise: int = 0
    vendor_class: str = ""
    vendor_info: int = 0
    fqdn: str = ""
    addresses: Sequence[str] = ()
    dns: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SnmpDetails(Details):
    """SNMP."""

    version: str = ""
    answer: bool = False
    said: Pairs = ()
    engine: str = ""
    enterprise: int = 0


@dataclass(frozen=True, slots=True)
class NtpDetails(Details):
    """NTP."""

    stratum: int = 0


@dataclass(frozen=True, slots=True)
class GreetingDetails(Details):
    """How a program introduces itself: SSH, STUN."""

    lines: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class MqttDetails(Details):
    """MQTT: of a CONNECT."""

    client_id: str = ""
    user: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class SmbDetails(Details):
    """A session setup of SMB."""

    ntlmssp: bytes = b""
    native_os: str = ""
    native_manager: str = ""


@dataclass(frozen=True, slots=True)
class ControlDetails(Details):
    """FTP, TFTP, RTSP: what a flow says of another one."""

    data_flow: Any = None  # `protocols/expected.py` has its type
    user: str = ""
