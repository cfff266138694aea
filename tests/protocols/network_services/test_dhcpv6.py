"""DHCPv6: exchanges, relays, damage."""

from __future__ import annotations

import ipaddress

import pytest

from netaudit.protocols.network_services import dhcpv6
from tests.reference.messages import down, read, up

DUID = b"\0\x03\0\x01\x02\0\0\0\0\x07"
ADDRESS = ipaddress.IPv6Address("2001:db8::17").packed


def option(code: int, value: bytes) -> bytes:
    return code.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value


VENDOR = (11129).to_bytes(4, "big") + b"\0\x06IPC-V2"
SOLICIT = (
    b"\x01abc" + option(1, DUID) + option(6, b"\0\x17\0\x18") + option(16, VENDOR) + option(39, b"\0\x05cam-1\x03lan\0")
)
REPLY = (
    b"\x07abc"
    + option(1, DUID)
    + option(2, b"\0\x02\0\0\0\x09xy")
    + option(3, bytes(12) + option(5, ADDRESS + bytes(8)))
)
RELAYED = b"\x0c\0" + bytes(16) + ADDRESS + option(79, b"\0\1\2\0\0\0\0\7") + option(9, SOLICIT)


def test_exchange() -> None:
    messages, summary = read([up(SOLICIT), down(REPLY)], proto=17, client_port=546, server_port=547)
    asked, given = messages
    assert (asked.protocol, asked.method, asked.host) == ("dhcpv6", "solicit", "cam-1.lan")
    assert asked.details.order == [1, 6, 16, 39]
    assert asked.details.params == [23, 24]
    assert (asked.details.duid, asked.details.duid_mac) == (DUID.hex(":"), "02:00:00:00:00:07")
    assert (asked.details.enterprise, asked.details.vendor_class) == (11129, "IPC-V2")
    assert not asked.details.answer
    assert (given.method, given.details.answer, given.details.addresses) == ("reply", True, ["2001:db8::17"])
    assert given.details.server_duid == "00:02:00:00:00:09:78:79"
    assert summary.read == (len(SOLICIT), len(REPLY))


def test_a_relay_passes_on_what_the_client_said() -> None:
    message = dhcpv6.parse(RELAYED)
    assert (message.method, message.details.duid) == ("solicit", DUID.hex(":"))
    assert (message.details.relayed_for, message.details.link_address) == ("2001:db8::17", "02:00:00:00:00:07")


@pytest.mark.parametrize(
    "data", [b"", b"\x01", b"\x63abc" + option(1, DUID), b"\0abc" + option(1, DUID), b"\x0c" * 33, RELAYED[:34]]
)
def test_other_bytes(data: bytes) -> None:
    assert dhcpv6.parse(data) is None


def test_relays_in_relays_end() -> None:
    data = SOLICIT
    for _ in range(7):
        data = b"\x0c\0" + bytes(32) + option(9, data)
    assert dhcpv6.parse(data) is not None
    assert dhcpv6.parse(b"\x0c\0" + bytes(32) + option(9, data)) is None


@pytest.mark.parametrize("given", [SOLICIT, REPLY, RELAYED])
def test_cut_anywhere(given: bytes) -> None:
    for size in range(len(given)):
        message = dhcpv6.parse(given[:size])
        assert message is None or message.end <= size  # behind the last whole option nothing was read


@pytest.mark.parametrize(
    ("duid", "mac"),
    [
        ("0001000118f00b3f000c2938f368", "00:0c:29:38:f3:68"),
        ("00030001000102030405", "00:01:02:03:04:05"),
        ("00030006000102030405", ""),
        ("000300010001", ""),
        ("0004000102030405060708090a0b0c0d0e0f", ""),
        ("", ""),
    ],
)
def test_identifiers_made_from_link_addresses(duid: str, mac: str) -> None:
    assert dhcpv6.duid_mac(bytes.fromhex(duid)) == mac
