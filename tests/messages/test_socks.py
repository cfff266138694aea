"""SOCKS: every dialogue stepped through, whatever runs behind it; and nothing else taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.messages.reader import Opening, Verdict
from netaudit.messages.socks import recognise
from tests.messages.examples import OK, POST, brief, size, with_gap
from tests.reference.messages import down, essence, read, up

FIVE = b"\x05\x01\x00\x03\x0dcloud.example\x00\x50"
GRANTED = b"\x05\x00\x00\x01\x0a\x00\x00\x01\x12\x34"
DIALOGUES = {
    "5": ([up(b"\x05\x02\x00\x01"), down(b"\x05\x00"), up(FIVE), down(GRANTED)], "cloud.example"),
    "5 password": ([up(b"\x05\x01\x02"), down(b"\x05\x02"), up(b"\x01\x02me\x03pwd"), down(b"\x01\x00"), up(FIVE), down(GRANTED)], "cloud.example"),
    "5 address": ([up(b"\x05\x01\x00"), down(b"\x05\x00"), up(b"\x05\x01\x00\x01\x2f\x60\x0a\x14\x00\x50"), down(b"\x05\x00\x00\x03\x04abcd\x00\x50")], "47.96.10.20"),
    "5 IPv6": ([up(b"\x05\x01\x00"), down(b"\x05\x00"), up(b"\x05\x01\x00\x04\x20\x01" + bytes(13) + b"\x01\x00\x50"), down(b"\x05\x00\x00\x04" + bytes(18))], "2001::1"),
    "4": ([up(b"\x04\x01\x00\x50\x2f\x60\x0a\x14me\x00"), down(b"\x00\x5a" + bytes(6))], "47.96.10.20"),
    "4a": ([up(b"\x04\x01\x00\x50\x00\x00\x00\x01\x00cloud.example\x00"), down(b"\x00\x5a" + bytes(6))], "cloud.example"),
}  # fmt: skip
CASES = pytest.mark.parametrize("name", DIALOGUES)


@CASES
def test_whole(name):
    events, host = DIALOGUES[name]
    messages, summary = read([*events, up(POST), down(OK)])
    assert [m.protocol for m in messages] == ["socks", "socks", "http", "http"]
    assert messages[0].host == host
    assert brief(messages)[2][5] == b"hello"
    assert messages[1].request.message_id == messages[0].message_id
    assert (summary.server_name, summary.protocol) == (host, "http")
    assert (
        summary.read[0] >= size([e for e in [*events, up(POST)] if e[0] == 0]) - 14
    )  # greeting and password are no message


@CASES
def test_byte_by_byte_and_with_gaps(name):
    events = [*DIALOGUES[name][0], up(POST), down(OK)]
    whole, _ = read(events)
    assert essence(read(events, cuts=range(size(events)), batch=1)[0]) == essence(whole)
    for at in range(size(events)):
        broken, _ = read(with_gap(events, at))
        assert all(m.body in (b"", b"hello", b"ok") for m in broken if m.complete), at
        cut, _ = read(with_gap(events, at), cuts=range(size(events)), batch=1)
        assert essence(cut) == essence(broken), at


def test_refused():
    messages, _ = read([up(b"\x05\x01\x00"), down(b"\x05\x00"), up(FIVE), down(b"\x05\x05\x00\x01" + bytes(6))])
    assert messages[1].details.reply == 5
    assert messages[1].notes == ["refused by the proxy"]


def test_other_beginnings_are_no_socks():
    for data in (
        b"\x05\x01\x00POST /",
        b"\x05\x00\x00",
        b"\x04\x09abc",
        b"\x05\x01\x20\x05",
        b"GET / HTTP/1.1",
        b"\x04\x01\x00\x50\x01\x02\x03\x04\xff\x00",
    ):
        assert recognise(Opening(data, b"", 1, 2, midstream=False)) is Verdict.NO, data


@given(st.binary(max_size=40), st.binary(max_size=40), st.lists(st.integers(0, 200), max_size=5))
@settings(max_examples=60, deadline=None)
def test_any_bytes_any_split(first, second, cuts):
    events = [up(b"\x05\x01\x00" + first), down(b"\x05\x00" + second), up(FIVE), down(second + b"-")]
    whole, _ = read(events)
    assert essence(read(events, cuts=cuts, batch=1)[0]) == essence(whole)
