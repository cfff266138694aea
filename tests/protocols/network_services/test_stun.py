"""STUN: the program's name, and the flow that follows it."""

from __future__ import annotations

import pytest

from netaudit.protocols.network_services.stun import is_stun, software
from tests.images.pictures import sample
from tests.reference.messages import down, essence, read, up

UDP = {"proto": 17, "handshake": 0, "server_port": 3478, "segment": 65536}


def attribute(kind, data):
    return kind.to_bytes(2, "big") + len(data).to_bytes(2, "big") + data.ljust(len(data) + 3 & ~3, b"\0")


def message(*attributes, kind=1):
    body = b"".join(attributes)
    return kind.to_bytes(2, "big") + len(body).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + bytes(12) + body


NAMED = message(attribute(0x8028, b"abcd"), attribute(0x8022, b"cam-rtc 1.2"))


def test_software_of_both_sides():
    events = [up(message()), up(NAMED), up(NAMED), down(message(attribute(0x8022, b"coturn"), kind=0x101))]
    messages, summary = read(events, **UDP)
    assert [(m.direction, m.details.lines[0]) for m in messages] == [(0, "cam-rtc 1.2"), (1, "coturn")]
    assert summary.protocol == "stun"
    assert essence(read(events, batch=1, **UDP)[0]) == essence(messages)


def test_what_follows_is_recognised():
    query = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\x03www\x07example\0\0\1\0\1"
    messages, summary = read([up(NAMED), up(query)], proto=17, handshake=0, server_port=53, segment=65536)
    assert [m.protocol for m in messages] == ["stun", "dns"]
    assert summary.protocol == "dns"


@pytest.mark.parametrize("data", [b"", NAMED[:-1], NAMED + b"x", b"\x40" + NAMED[1:], NAMED[:4] + bytes(16)])
def test_not_stun(data):
    assert not is_stun(data)


def test_hostile_attributes():
    assert software(message(b"\x80\x22\xff\xff" + b"ab")) == "ab"
    assert software(message(b"\0\0\xff\xff")) == ""
    assert software(message(bytes(1000))) == ""


def test_relayed_pictures_come_out():
    picture = sample(1, 32, 24)
    relayed = message(attribute(0x0012, bytes(8)), attribute(0x0013, picture), kind=0x16)
    messages, summary = read([up(NAMED), up(relayed), down(b"\x40\0\0\4abcd")], **UDP)
    assert [m.body for m in messages if m.protocol == "carved"] == [picture]
    assert summary.protocol == "stun"
    assert essence(read([up(NAMED), up(relayed), down(b"\x40\0\0\4abcd")], batch=1, **UDP)[0]) == essence(messages)
