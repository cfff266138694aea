"""The list of readers. To add a protocol: write its module with a recogniser and a reader, and give it a line here.

Order is meaning: the first entry that says YES wins, and one that says MORE is waited for before any behind it is
asked. Recognisers judge by content; ports are hints. A verdict other than MORE must not change when the opening grows.
An entry of datagrams declares marks (`marks.py`): without them a flood of datagrams asks it about each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from netaudit.protocols import framed, mongodb
from netaudit.protocols.carve import CarveReader
from netaudit.protocols.dns import reader as dns
from netaudit.protocols.file_transfer import ftp, nfs, tftp
from netaudit.protocols.http1 import reader as http1
from netaudit.protocols.http1.reader import HttpReader
from netaudit.protocols.http2 import opening as http2_opening
from netaudit.protocols.http2 import reader as http2
from netaudit.protocols.mail import smtp
from netaudit.protocols.marks import ANYTHING, Mark
from netaudit.protocols.mqtt import reader as mqtt
from netaudit.protocols.network_services import dhcp, dhcpv6, ntp, snmp, ssdp, ssh, stun
from netaudit.protocols.reader import BaseReader, Opening, Verdict
from netaudit.protocols.rtp import ps_tcp
from netaudit.protocols.rtp import reader as rtp
from netaudit.protocols.rtp import tcp as rtp_tcp
from netaudit.protocols.rtsp import http as rtsp_http
from netaudit.protocols.rtsp import opening as rtsp_opening
from netaudit.protocols.rtsp import reader as rtsp
from netaudit.protocols.sip import reader as sip
from netaudit.protocols.smb import reader as smb
from netaudit.protocols.tls import dtls, quic, tls
from netaudit.protocols.unknown import UnknownReader
from netaudit.protocols.vendors import dahua, discovery, ehome, ezviz, hcnet, idcard, sofia, tplink
from netaudit.protocols.websocket import reader as websocket

if TYPE_CHECKING:
    from collections.abc import Callable

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """One protocol over one transport ("tcp" or "udp"): how it is recognised and read, and what is true of it."""

    name: str
    transport: str
    recognise: Callable[[Opening], Verdict]
    make: Callable[[], BaseReader]
    names_server: bool = False  # its first request names the server (HTTP Host, SNI)
    only_words: bool = False  # bodies of its messages are words of the protocol, in which no objects are looked for
    hidden: bool = False  # its content cannot be seen
    hello: bool = False  # its messages are handshakes, which make rows of `tls_hellos`
    states_hosts: bool = False  # `said` of its messages states facts about their sender, of the family that they name
    local: bool = False  # for the link or the site: nobody outside speaks it
    speaks_of_streams: bool = False  # its messages agree on media, or are one: rows of `media`
    marks: tuple[Mark, ...] = ANYTHING  # of datagrams: one of them stands in every one that it recognises


READERS: tuple[Entry, ...] = (
    Entry(
        "tls", "tcp", tls.recognise, tls.TlsReader, names_server=True, hidden=True, hello=True
    ),  # certain after six bytes
    Entry(
        "http2", "tcp", http2_opening.recognise, http2.Http2Reader, names_server=True
    ),  # before http: begins like one of its requests
    Entry("websocket", "tcp", websocket.recognise, websocket.WebSocketReader),  # only after an HTTP upgrade
    # device protocols of known first bytes
    Entry("dahua", "tcp", dahua.recognise, dahua.DahuaReader, states_hosts=True),
    Entry("ezviz", "tcp", ezviz.recognise, ezviz.EzvizReader, states_hosts=True),
    Entry("sofia", "tcp", sofia.recognise, sofia.SofiaReader, states_hosts=True),
    Entry("ehome", "tcp", ehome.recognise, ehome.EhomeReader, states_hosts=True),
    Entry("idcard", "tcp", idcard.recognise, idcard.IdCardReader, states_hosts=True),
    Entry("sip", "tcp", sip.recognise, sip.SipReader, speaks_of_streams=True),
    Entry("rtsp", "tcp", rtsp_opening.recognise, rtsp.RtspReader),
    Entry("rtsp", "tcp", rtsp_http.recognise, rtsp_http.PostReader),
    Entry("http", "tcp", http1.recognise, HttpReader, names_server=True),
    Entry("ssh", "tcp", ssh.recognise, ssh.SshReader),
    Entry(
        "dns", "tcp", dns.recognise_tcp, lambda: dns.DnsReader(tcp=True), only_words=True
    ),  # weak magic: only whole messages count
    Entry("ftp", "tcp", ftp.recognise, ftp.FtpReader),  # the dialogues exclude each other by word and greeting
    Entry("smtp", "tcp", smtp.recognise, smtp.SmtpReader),
    Entry("mqtt", "tcp", mqtt.recognise, mqtt.MqttReader),
    Entry("mongodb", "tcp", mongodb.recognise, mongodb.MongoReader),
    Entry("smb", "tcp", smb.recognise, smb.SmbReader),
    Entry("nfs", "tcp", nfs.recognise_tcp, nfs.NfsReader),
    # behind the certain ones: lengths come first
    Entry("tplink", "tcp", tplink.recognise_tcp, tplink.TplinkReader, states_hosts=True),
    Entry("ps", "tcp", ps_tcp.recognise, ps_tcp.PsReader),
    Entry("rtp", "tcp", rtp_tcp.recognise, rtp_tcp.RtpTcpReader, speaks_of_streams=True),
    Entry("hcnet", "tcp", hcnet.recognise, hcnet.HcnetReader, states_hosts=True),
    Entry("ezviz_vtm", "tcp", ezviz.recognise_vtm, ezviz.VtmReader),
    Entry(UNKNOWN, "tcp", framed.recognise, framed.FramedDocuments),  # last: of a protocol that nobody knows
    Entry("sip", "udp", sip.recognise_udp, sip.SipDatagrams, speaks_of_streams=True, marks=sip.MARKS),
    Entry("dhcp", "udp", dhcp.recognise, dhcp.DhcpReader, only_words=True, local=True, marks=dhcp.MARKS),
    Entry("dhcpv6", "udp", dhcpv6.recognise, dhcpv6.Dhcpv6Reader, local=True, marks=dhcpv6.MARKS),
    Entry("snmp", "udp", snmp.recognise, snmp.SnmpReader, local=True, marks=snmp.MARKS),
    Entry("ntp", "udp", ntp.recognise, ntp.NtpReader, marks=ntp.MARKS),
    Entry("ssdp", "udp", ssdp.recognise, ssdp.SsdpReader, only_words=True, local=True, marks=ssdp.MARKS),
    Entry(
        "discovery",
        "udp",
        discovery.recognise,
        discovery.DiscoveryReader,
        only_words=True,
        local=True,
        marks=discovery.MARKS,
    ),  # WS-Discovery, SADP, DHDiscover
    Entry(
        "discovery",
        "udp",
        sofia.recognise_udp,
        sofia.SofiaSearchReader,
        only_words=True,
        states_hosts=True,
        local=True,
        marks=sofia.SEARCH_MARKS,
    ),
    Entry("ehome", "udp", ehome.recognise_udp, ehome.EhomeDatagrams, states_hosts=True, marks=ehome.MARKS),
    Entry(
        "tplink", "udp", tplink.recognise_udp, tplink.TplinkDatagrams, states_hosts=True, marks=tplink.DATAGRAM_MARKS
    ),
    Entry(
        "nfs", "udp", nfs.recognise_udp, lambda: nfs.NfsReader(tcp=False), marks=nfs.DATAGRAM_MARKS
    ),  # a head of 24 bytes
    Entry("tftp", "udp", tftp.recognise, tftp.TftpReader, marks=tftp.MARKS),  # certain by the mode in its request
    Entry(
        "quic", "udp", quic.recognise, quic.QuicReader, names_server=True, hidden=True, hello=True, marks=quic.MARKS
    ),  # certain by the version in its header
    Entry("stun", "udp", stun.recognise, stun.StunReader, marks=stun.MARKS),
    Entry("dtls", "udp", dtls.recognise, dtls.DtlsReader, names_server=True, hidden=True, hello=True, marks=dtls.MARKS),
    Entry("dns", "udp", dns.recognise_udp, dns.DnsReader, only_words=True, marks=dns.MARKS),
    Entry(
        "rtp", "udp", rtp.recognise, rtp.RtpReader, speaks_of_streams=True, marks=rtp.MARKS
    ),  # two bits are its whole mark, the reader asks for more
    Entry(UNKNOWN, "udp", framed.recognise_datagram, framed.FramedDatagrams, marks=framed.MARKS),
)


BY_TRANSPORT = {name: tuple(entry for entry in READERS if entry.transport == name) for name in ("tcp", "udp")}
# Of a connection whose beginning was seen these are asked of bytes alone, those behind them also of ports.
BY_TCP = BY_TRANSPORT["tcp"]
BY_BYTES = BY_TCP[: [entry.name for entry in BY_TCP].index("http") + 1]
BEGINNING, BEGINNINGS = 8, 4096  # bytes of each direction by which most entries say NO; how many are remembered


def _always(_: Opening) -> Verdict:
    return Verdict.YES


# What nobody recognises: over TCP carved, but an HTTP head or TLS in it is not missed (lost beginnings, preludes).
FALLBACK = {
    "tcp": Entry(UNKNOWN, "tcp", _always, UnknownReader),
    "udp": Entry(UNKNOWN, "udp", _always, CarveReader),
}
CARVED = Entry(UNKNOWN, "", _always, CarveReader)
# Protocols over UDP whose datagrams hold a few words: a picture in their flow is something else.
BRIEF = frozenset({"dns", "dhcp", "dhcpv6", "snmp", "ntp", "ssdp", "discovery", "stun"})
# Readers of flows that another flow announced (`expected.py`).
EXPECTED = {
    ftp.DATA: Entry(ftp.DATA, "tcp", _always, ftp.FtpDataReader),
    rtp.NAME: Entry(rtp.NAME, "udp", _always, rtp.RtpReader),
    tftp.NAME: Entry(tftp.NAME, "udp", _always, tftp.TftpReader),
}


# What messages call themselves where that is not the name of an entry: mDNS is read by the reader of DNS.
ALIASES = {"dns": ("dns", "mdns")}


def named(trait: str) -> frozenset[str]:
    """Protocols, as messages name them, of which a trait of their entry is true."""
    names = (entry.name for entry in (*READERS, *EXPECTED.values()) if getattr(entry, trait))
    return frozenset(alias for name in names for alias in ALIASES.get(name, (name,)))


def entry_of(name: str, transport: str) -> Entry:
    """The entry of a protocol. Raises KeyError where there is none."""
    for entry in BY_TRANSPORT[transport]:
        if entry.name == name:
            return entry
    raise KeyError(name)


NAMING = named("names_server") | {"http3"}  # which is read inside QUIC, where keys open it


def choose(opening: Opening, transport: str, *, final: bool) -> tuple[Entry | None, bool]:
    """The entry for an opening and whether the sides are swapped; None while it cannot be said.

    `final`: nothing more of the opening will be seen, so that MORE counts as NO.
    """
    entries = BY_TRANSPORT[transport]
    # an entry that was added may stand before those
    if entries is BY_TCP and not (opening.midstream or opening.upgrade or (opening.up and opening.down)):
        entries = entries[_declined(opening.up[:BEGINNING], opening.down[:BEGINNING]) :]
    for entry in entries:
        verdict = entry.recognise(opening)
        if verdict is Verdict.MORE and not final:
            return None, False
        if verdict in (Verdict.YES, Verdict.SWAPPED):
            return entry, verdict is Verdict.SWAPPED
    return FALLBACK[transport], False


@lru_cache(maxsize=BEGINNINGS)
def _declined(up: bytes, down: bytes) -> int:
    """How many of the first entries say NO of any opening of one direction that begins so: NO does not change."""
    opening = Opening(up, down, 0, 0, midstream=False)
    undecided = (number for number, entry in enumerate(BY_BYTES) if entry.recognise(opening) is not Verdict.NO)
    return next(undecided, len(BY_BYTES))
