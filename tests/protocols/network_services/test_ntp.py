"""NTP: the server's time, and damage."""

from __future__ import annotations

import struct

import pytest

from netaudit.protocols.network_services import ntp
from netaudit.protocols.reader import Opening, Verdict

UNIX_TIME = 1_790_000_000


def packet(
    mode: int = ntp.SERVER, stratum: int = 2, seconds: int = UNIX_TIME + ntp.UNIX, fraction: int = 1 << 31
) -> bytes:
    return bytes([4 << 3 | mode, stratum]) + bytes(38) + struct.pack(">II", seconds % ntp.ERA, fraction)


def test_a_server_states_its_time() -> None:
    (message,) = ntp.NtpReader().feed(1, 0, packet())
    assert message.header("date") == "2026-09-21T14:13:20.500000+00:00"
    assert (message.method, message.start, message.end) == ("server", 0, 48)


def test_time_goes_on_after_2036() -> None:
    assert ntp.moment(struct.pack(">II", 1, 0)).startswith("2036-02-07")


@pytest.mark.parametrize("given", [packet(mode=ntp.CLIENT), packet(stratum=0), packet(stratum=16), packet(seconds=0)])
def test_no_time_from_whom_has_none(given: bytes) -> None:
    (message,) = ntp.NtpReader().feed(0, 0, given)
    assert message.headers == []


@pytest.mark.parametrize("size", range(0, 48, 5))
def test_short_datagrams_are_no_messages(size: int) -> None:
    reader = ntp.NtpReader()
    assert reader.feed(0, 0, packet()[:size]) == []
    assert reader.needed_from(0) == size


def test_recognised_by_port_and_header() -> None:
    assert ntp.recognise(Opening(packet(ntp.CLIENT), b"", 40000, 123, False)) == Verdict.YES
    assert ntp.recognise(Opening(packet(ntp.CLIENT), b"", 40000, 9999, False)) == Verdict.NO
    assert ntp.recognise(Opening(b"x" * 48, b"", 40000, 123, False)) == Verdict.NO
