"""Hostile announcements: nothing crashes, takes long, or breaks out of a terminal, a page or a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netaudit
from netaudit.core.masking.mask import MARGIN, visible
from netaudit.devices.observations.ledger import LONGEST, Ledger
from netaudit.devices.observations.neighbours import EAPOL, LLDP, SNAP_CDP, SNAP_CISCO, parser_of
from netaudit.protocols.dns import reader as dns
from netaudit.protocols.message import Message
from netaudit.protocols.network_services import dhcp, dhcpv6, snmp, ssdp
from pcaps.lab import wire
from pcaps.lab.files import write_pcap
from tests.devices.observations.test_from_messages import observed
from tests.processor_time import within
from tests.protocols.network_services.test_snmp import SYSTEM, ber, binding
from tests.protocols.network_services.test_snmp import message as snmp_message

if TYPE_CHECKING:
    from pathlib import Path

MAC, SERVER_MAC = "02:00:5e:00:53:07", "02:00:5e:00:53:01"
IP, SERVER = "192.168.1.7", "192.168.1.1"
NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}${7*7}",
    "=cmd|'/C calc'!A0",
    "+SUM(1)",
    "@SUM(1)",
    "-2+3",
    "\x1b]0;owned\x07\x1b[2J\x1b[31mred",
    "\u202egnp.exe",
    "a\r\nb\tc",
    "a\0b",
    "\u200bzero\ufeff",
    "' OR 1=1 --",
    "../../etc/passwd",
    "%n%s%x",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
]
MOST_SECONDS = 0.5  # of processor time for one message; what backtracks takes hours


def text(index: int) -> bytes:
    return NASTY[index % len(NASTY)].encode()


def names(*labels: bytes) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in (*labels, b""))


def mdns(nasty: bytes) -> bytes:
    service = names(b"_http", b"_tcp", b"local")
    instance = names(nasty, b"_http", b"_tcp", b"local")
    value = bytes([len(nasty) + 3]) + b"ty=" + nasty
    records = (
        service + struct.pack(">HHIH", 12, 1, 60, len(instance)) + instance,
        instance + struct.pack(">HHIH", 16, 1, 60, len(value)) + value,
    )
    return struct.pack(">6H", 0, 0x8400, 0, 2, 0, 0) + b"".join(records)


def boot(options: list[tuple[int, bytes]]) -> bytes:
    head = bytes([1, 1, 6, 0]) + bytes(24) + wire.mac(MAC) + bytes(10 + 64 + 128) + dhcp.COOKIE
    return head + b"".join(bytes([code, len(value)]) + value for code, value in [(53, b"\1"), *options]) + b"\xff"


def datagrams() -> list[tuple[tuple[int, int], bytes]]:
    """(ports, payload), each with other nasty texts."""
    out: list[tuple[tuple[int, int], bytes]] = []
    for i in range(len(NASTY)):
        out += [
            ((68, 67), boot([(12, text(i)), (60, text(i + 1)), (81, b"\0\0\0" + text(i + 2)), (77, text(i + 3))])),
            ((5353, 5353), mdns(text(i))),
            ((1900, 1900), b"NOTIFY * HTTP/1.1\r\nSERVER: " + text(i) + b"\r\nLOCATION: " + text(i + 1) + b"\r\nNT: x\r\nUSN: y\r\n\r\n"),
            ((161, 40000), snmp_message(0xA2, binding("1.3.6.1.2.1.1.5.0", ber(4, text(i))))),
        ]  # fmt: skip
    return out


def conversation(port: int, nasty: bytes) -> list[bytes]:
    """A request and a response, each naming itself nastily."""
    line = nasty.replace(b"\r\n", b" ").replace(b"\0", b" ")
    request = b"GET /x HTTP/1.1\r\nHost: cam\r\nUser-Agent: " + line + b"\r\n\r\n"
    body = b"<html><title>" + nasty.replace(b"<", b"(") + b"</title></html>"
    response = b'HTTP/1.1 401 No\r\nServer: %s\r\nWWW-Authenticate: Basic realm="%s"\r\nContent-Type: text/html; charset=zip\r\nContent-Length: %d\r\n\r\n%s' % (line, line.replace(b'"', b"'"), len(body), body)  # fmt: skip
    up, down = (MAC, SERVER_MAC, IP, SERVER, (port, 80)), (SERVER_MAC, MAC, SERVER, IP, (80, port))
    turns = [
        (up, (1, 0), wire.SYN, b""), (down, (1, 2), wire.SYN | wire.ACK, b""), (up, (2, 2), wire.ACK, b""),
        (up, (2, 2), wire.ACK, request), (down, (2, 2 + len(request)), wire.ACK, response),
    ]  # fmt: skip
    return [
        wire.ethernet(source, target, 0x0800, wire.ip(a, b, wire.TCP, wire.tcp(a, b, ports, numbers, flags, 8192, b"", payload), 64, 1))
        for (source, target, a, b, ports), numbers, flags, payload in turns
    ]  # fmt: skip


def capture(path: Path) -> Path:
    frames = []
    for ports, payload in datagrams():
        target = "192.168.1.255" if ports[0] == 138 else SERVER
        frames.append(
            wire.ethernet(
                MAC, SERVER_MAC, 0x0800, wire.ip(IP, target, wire.UDP, wire.udp(IP, target, ports, payload), 64, 1)
            )
        )
    for i in range(len(NASTY)):
        frames += conversation(20000 + i, text(i))
        lldp = b"".join(
            wire.tlv_lldp(kind, value)
            for kind, value in ((1, b"\7" + text(i)), (2, b"\7p"), (5, text(i + 1)), (6, text(i + 2)))
        )
        frames.append(wire.ethernet(MAC, "01:80:c2:00:00:0e", wire.ETHERTYPE_LLDP, lldp + b"\0\0"))
    write_pcap(path, [(1_790_000_000_000_000_000 + i * 1_000_000, frame) for i, frame in enumerate(frames)])
    return path


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> netaudit.Case:
    folder = tmp_path_factory.mktemp("hostile")
    return netaudit.audit(capture(folder / "hostile.pcap"), folder / "case", faces=False)


def shown(case: netaudit.Case, table: str, *options: str) -> str:
    command = [sys.executable, "-m", "netaudit", "show", str(case.folder), table, *options]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode()


def test_they_were_all_heard(case: netaudit.Case) -> None:
    told = case.table("observations", ["kind", "field", "value"]).to_pylist()
    heard = {(row["kind"], row["field"]) for row in told}
    assert {
        ("dhcp", "hostname"), ("dhcp", "fqdn"), ("mdns", "txt"), ("mdns", "instance"), ("ssdp", "server"), ("snmp", "name"),
        ("http_server", "server"), ("http_server", "realm"), ("http_server", "title"),
        ("http_client", "user_agent"), ("lldp", "system_name"),
    } <= heard  # fmt: skip
    assert any("script" in row["value"] for row in told)
    assert all(row["value"].isprintable() for row in told)


def test_nothing_breaks_out_of_the_report(case: netaudit.Case) -> None:
    page = (case.folder / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"<script>\s*alert|<img src=x|\x1b|\u202e|\u200b", page)
    assert "owned" in page or "script" in page  # they are there, as text


@pytest.mark.parametrize("table", ["observations", "devices"])
def test_nothing_breaks_out_of_a_spreadsheet(case: netaudit.Case, table: str) -> None:
    rows = list(csv.reader(io.StringIO(shown(case, table, "--csv"))))
    assert len(rows) == case.table(table).num_rows + 1
    for row in rows[1:]:
        assert len(row) == len(rows[0])
        for cell in row:
            assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell
            assert visible(cell, 10_000) == cell


@pytest.mark.parametrize("table", ["observations", "devices"])
def test_nothing_reaches_the_terminal(case: netaudit.Case, table: str) -> None:
    for line in shown(case, table).splitlines():
        assert visible(line, 10_000) == line


BOMBS = {
    "blanks in a title": (b"<title>" + b" " * 200_000, "text/html"),
    "titles in titles": (b"<title " * 40_000, "text/html"),
    "blanks in a description": (b"urn:schemas-upnp-org:device<modelName>" + b" " * 200_000, "text/xml"),
    "quotes": (b'{"' * 100_000, "application/json"),
    "keys": (b'{"aaaa"' * 40_000, "application/json"),
    "names": (b'name="aaaa' * 40_000, "multipart/form-data"),
    "events": (b'{"eventType"  ' * 20_000, "application/json"),
    "fields": (b"&aaaa" * 40_000, "application/x-www-form-urlencoded"),
    "descriptions": (b"a=rtpmap:96 x\r\n" * 40_000, "application/sdp"),
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("protocol", ["http", "rtsp"])
@pytest.mark.parametrize("direction", [0, 1])
def test_no_body_takes_long(bomb: str, protocol: str, direction: int) -> None:
    body, content_type = BOMBS[bomb]
    headers = [
        ("server", "x" * 1_000_000),
        ("www-authenticate", "realm" + " " * 1_000_000),
        ("user-agent", "a" * 1_000_000),
    ]
    message = Message(
        protocol,
        direction,
        0,
        1,
        method="POST",
        path="/" + "a/" * 500_000,
        content_type=content_type,
        headers=headers,
        body=body,
    )
    with within(MOST_SECONDS):
        facts = observed(message)
    assert all(len(value) <= LONGEST for fact in facts for value in fact)


LONG = b"A" * 65_000
READERS = {
    "dhcp": (
        dhcp.parse,
        boot([(12, b"a" * 255), (81, b"\4\0\0" + b"\1a" * 120)] + [(125, b"\0\0\1\0\xff" + b"\1\0" * 100)] * 200),
    ),
    "dhcpv6": (dhcpv6.parse, b"\1abc" + b"\0\x10\xff\xfb" + bytes(4) + bytes(65_531)),
    "ssdp": (ssdp.parse, b"NOTIFY * HTTP/1.1\r\n" + b"a:" * 30_000),
    "snmp": (snmp.parse, snmp_message(0xA2, *SYSTEM * 200)),
    "dns": (dns.parse, struct.pack(">6H", 0, 0x8400, 0, 400, 0, 0) + b"\1a\0\0\x10\0\1\0\0\0\0\0\0" * 400),
}


@pytest.mark.parametrize("name", READERS)
def test_no_datagram_takes_long(name: str) -> None:
    parse, data = READERS[name]
    with within(MOST_SECONDS):
        try:
            message = parse(data)
        except dns.MalformedError:
            message = None
        if message is not None:
            observed(message)


@pytest.mark.parametrize("name", READERS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_damage_gives_facts_or_none(name: str, data: st.DataObject) -> None:
    parse, whole = READERS[name]
    whole = whole[:2000]
    at = data.draw(st.integers(0, len(whole)))
    damaged = whole[:at] + data.draw(st.binary(max_size=24)) + whole[at + data.draw(st.integers(0, 24)) :]
    try:
        message = parse(damaged)
    except dns.MalformedError:
        return
    if message is not None:
        observed(message)


@pytest.mark.parametrize(
    "frame", [(LLDP, b"\xfe\x04\0\x12\xbb\x05"), (0, SNAP_CDP + b"\2\2\0\0\0\2\0\x20\0\0\0\xff"), (0, SNAP_CISCO + b"\x20\4\1\0\1\xff\xff"), (EAPOL, b"\2\3\0\0")]
)  # fmt: skip
@given(tail=st.binary(max_size=80))
def test_any_frame_gives_facts_or_none(frame: tuple[int, bytes], tail: bytes) -> None:
    parse = parser_of(frame[0], frame[1] + tail)
    assert parse is not None
    for kind, field, value in parse(frame[1] + tail):
        assert kind
        assert field
        assert isinstance(value, str)


def test_a_number_is_not_cut_into_halves_that_nobody_masks() -> None:
    ledger = Ledger()
    for lead in range(LONGEST - 20, LONGEST + MARGIN):
        ledger.note("x", "", "10.0.0.1", "name", "a" * lead + " 990101199001010019", 0, lead, 0)
    assert not any(re.search(r"\d{6}", row[4]) for row in ledger.rows())
    assert all(len(row[4]) <= LONGEST for row in ledger.rows())
