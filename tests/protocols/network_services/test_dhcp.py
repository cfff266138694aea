"""DHCP: one exchange, and damage."""

from __future__ import annotations

from netaudit.protocols.network_services import dhcp
from tests.reference.messages import down, read, up


def frame(kind, *options, op=1, yours=bytes(4)):
    fixed = (
        bytes([op, 1, 6, 0])
        + b"\x12\x34\x56\x78"
        + bytes(8)
        + yours
        + bytes(8)
        + b"\x00\x11\x22\x33\x44\x55"
        + bytes(10 + 64 + 128)
    )
    sent = b"".join(bytes([code, len(value)]) + value for code, value in ((53, bytes([kind])), *options))
    return fixed + dhcp.COOKIE + b"\0" + sent + b"\xff"


REQUEST = frame(
    3, (12, b"IPC-1\0"), (60, b"dahua"), (55, bytes([1, 3, 6])), (61, b"\1\x00\x11\x22\x33\x44\x55"), (50, bytes([192, 168, 1, 9]))
)  # fmt: skip
ACK = frame(
    5, (54, bytes([192, 168, 1, 1])), (3, bytes([192, 168, 1, 1])), (6, bytes(8)), op=2, yours=bytes([192, 168, 1, 9])
)


def test_exchange():
    messages, summary = read([up(REQUEST), down(ACK)], proto=17, client_port=68, server_port=67)
    asked, given = messages
    assert (asked.protocol, asked.method, asked.host) == ("dhcp", "request", "IPC-1")
    assert asked.details.mac == "00:11:22:33:44:55"
    assert asked.details.params == [1, 3, 6]
    assert asked.details.order == [53, 12, 60, 55, 61, 50]
    assert (asked.details.vendor_class, asked.details.requested) == ("dahua", "192.168.1.9")
    assert asked.details.client_id == "01:00:11:22:33:44:55"
    assert given.method == "ack"
    assert given.details.yiaddr == "192.168.1.9"
    assert given.details.server == given.details.router == "192.168.1.1"
    assert given.details.dns == ["0.0.0.0", "0.0.0.0"]
    assert summary.protocol == "dhcp"
    assert summary.read == (len(REQUEST), len(ACK))


def test_cut_anywhere():
    for size in range(len(REQUEST)):
        message = dhcp.parse(REQUEST[:size])
        assert (message is None) == (size < dhcp.FIXED + 4)


def test_other_datagrams_in_the_flow():
    messages, _ = read([up(REQUEST), up(b"noise")], proto=17, client_port=68, server_port=67)
    assert len(messages) == 1


def test_what_a_client_says_of_itself():
    vendor = (4491).to_bytes(4, "big") + bytes([5, 2, 3]) + b"DVR"
    message = dhcp.parse(
        frame(1, (57, b"\x02\x40"), (81, b"\x04\0\0\x05cam-1\x03lan\0"), (77, b"lab"), (125, vendor), (124, vendor[:4] + b"\x04\x03IPC"))
    )  # fmt: skip
    details = message.details
    assert (details.max_size, details.fqdn, details.user_class) == (576, "cam-1.lan", "lab")
    assert details.vendors == [(4491, "option 2", "DVR"), (4491, "class", "IPC")]
    assert dhcp.parse(frame(1, (81, b"\0\0\0cam-2"))).details.fqdn == "cam-2"


def test_an_option_in_pieces_is_one():
    assert dhcp.parse(frame(1, (12, b"cam"), (60, b"x"), (12, b"-17"))).details.hostname == "cam-17"


def test_options_in_the_fields_of_names():
    plain = bytearray(frame(1, (52, b"\x03")))
    plain[44:52], plain[108:115] = b"\x0c\x04cam1\xff\0", b"\x3c\x03abc\xff\0"
    details = dhcp.parse(bytes(plain)).details
    assert (details.hostname, details.vendor_class, details.order) == ("cam1", "abc", [53, 52, 60, 12])
    plain[-2] = 1  # only `file`
    assert not dhcp.parse(bytes(plain)).details.hostname
