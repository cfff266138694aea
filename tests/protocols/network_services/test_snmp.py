"""SNMP: what agents say, no community names, damage."""

from __future__ import annotations

import pytest

from netaudit.protocols.network_services import snmp
from tests.reference.messages import down, read, up


def ber(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")
    return bytes([tag]) + size + body


def name(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    raw = bytes([40 * first + second])
    for number in rest:
        piece = [number & 0x7F]
        while number := number >> 7:
            piece.insert(0, 0x80 | number & 0x7F)
        raw += bytes(piece)
    return ber(6, raw)


def binding(oid: str, value: bytes) -> bytes:
    return ber(0x30, name(oid), value)


def message(tag: int, *bindings: bytes, version: int = 1, community: bytes = b"s3cret") -> bytes:
    body = ber(tag, ber(2, b"\x11"), ber(2, b"\0"), ber(2, b"\0"), ber(0x30, *bindings))
    return ber(0x30, ber(2, bytes([version])), ber(4, community), body)


GET = message(0xA0, binding("1.3.6.1.2.1.1.1.0", ber(5)))
SYSTEM = [
    binding("1.3.6.1.2.1.1.1.0", ber(4, b"H3C Comware, S5130S-28P")),
    binding("1.3.6.1.2.1.1.2.0", name("1.3.6.1.4.1.25506.1.1")),
    binding("1.3.6.1.2.1.1.4.0", ber(4, b"Zhang San, phone 1")),
    binding("1.3.6.1.2.1.1.5.0", ber(4, b"core-1")),
    binding("1.3.6.1.2.1.47.1.1.1.1.13.1", ber(4, b"S5130S")),
    binding("1.3.6.1.2.1.47.1.1.1.1.11.1", ber(4, b"219801A1TEST")),
]
RESPONSE = message(0xA2, *SYSTEM)
SAID = [
    ("description", "H3C Comware, S5130S-28P"), ("object_id", "1.3.6.1.4.1.25506.1.1"), ("name", "core-1"), ("model", "S5130S"),
    ("serial", "219801A1TEST"),
]  # fmt: skip
TRAP_1 = ber(
    0x30, ber(2, b"\0"), ber(4, b"public"),
    ber(0xA4, name("1.3.6.1.4.1.8072.3.2.10"), ber(0x40, b"\xc0\xa8\1\2"), ber(2, b"\0"), ber(2, b"\0"), ber(0x43, b"\1"), ber(0x30)),
)  # fmt: skip
ENGINE = ber(4, bytes.fromhex("80001f8880e9630000d61ff449"))
VERSION_3 = ber(
    0x30, ber(2, b"\3"), ber(0x30, ber(2, b"\1")), ber(4, ber(0x30, ENGINE, ber(2, b"\0"))), ber(0x30, ENGINE, ber(4))
)


def test_a_question_and_its_answer() -> None:
    messages, _ = read([up(GET), down(RESPONSE)], proto=17, client_port=40000, server_port=161)
    asked, told = messages
    assert (asked.method, asked.details.answer, asked.details.said) == ("get", False, [])
    assert (told.method, told.details.version, told.details.said) == ("response", "2c", SAID)
    assert all("s3cret" not in repr((message.details, message.headers, message.body)) for message in messages)


def test_an_answer_met_first_is_the_agents() -> None:
    messages, summary = read([up(RESPONSE)], proto=17, client_port=161, server_port=40000, handshake=0)
    assert messages[0].direction == 1
    assert summary.swapped


def test_traps_and_version_3() -> None:
    assert snmp.parse(TRAP_1).details.said == [("object_id", "1.3.6.1.4.1.8072.3.2.10")]
    details = snmp.parse(VERSION_3).details
    assert (details.version, details.enterprise, details.engine) == (
        "3",
        8072,
        "80:00:1f:88:80:e9:63:00:00:d6:1f:f4:49",
    )


@pytest.mark.parametrize("given", [GET, RESPONSE, TRAP_1, VERSION_3])
def test_cut_anywhere(given: bytes) -> None:
    for size in range(len(given)):
        assert snmp.parse(given[:size]) is None


@pytest.mark.parametrize(
    "data", [b"\x30\x80\x02\x01\x01", b"\x30\x84\xff\xff\xff\xff", b"\x30\x85\0\0\0\0\0", b"\x30" * 200, message(0xA9), message(0xA0, version=2)]
)  # fmt: skip
def test_other_bytes(data: bytes) -> None:
    assert snmp.parse(data) is None


@pytest.mark.parametrize(
    ("raw", "text"), [(b"", ""), (b"\x2b\x06\x01", "1.3.6.1"), (b"\xff" * 40, ""), (b"\x88\x37\x03", "2.999.3")]
)
def test_object_identifiers(raw: bytes, text: str) -> None:
    assert snmp.oid(raw) == text
