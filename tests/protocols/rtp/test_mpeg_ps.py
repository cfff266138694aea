"""Program streams in RTP, over UDP and TCP: key frames out of them, byte for byte, and never out of damaged ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.reader import Opening
from netaudit.protocols.readers import choose
from netaudit.protocols.rtp import mpeg_ps, ps_tcp
from netaudit.protocols.rtp import reader as rtp
from netaudit.protocols.rtp import tcp as rtp_tcp
from tests.protocols.carrier import check_cuts, check_noise, size
from tests.protocols.vendors import device_frames as made
from tests.reference.messages import down, read, up

START = b"\0\0\0\1"
KEY = START + b"\x67\x42\x00\x1e" + START + b"\x68\xce\x3c\x80" + START + b"\x65" + bytes(range(1, 251)) * 20
OTHER = START + b"\x41" + bytes(range(1, 200))
KEY5 = b"".join(START + bytes((kind << 1, 1)) + b"abcd" * 300 for kind in (32, 33, 34, 19))


@pytest.fixture(autouse=True)
def _decoder(monkeypatch):
    monkeypatch.setattr(rtp, "decodes_video", lambda: True)
    monkeypatch.setattr(ps_tcp, "decodes_video", lambda: True)


def stream(units, *, step=3600, number=100, **more):
    out = []
    for i, unit in enumerate(units):
        sent = made.packets(unit, number, 9000 + i * step, **more)
        number += len(sent)
        out += sent
    return out


UNITS = [made.access_unit(KEY), *(made.access_unit(OTHER, key=False) for _ in range(12))]


def videos(messages):
    return [m.body for m in messages if m.content_type.startswith("video/")]


def test_elementary():
    assert mpeg_ps.elementary(made.access_unit(KEY, sound=b"beep")) == ("H264", KEY)
    assert mpeg_ps.elementary(made.access_unit(KEY5, kind=0x24)) == ("H265", KEY5)
    long = START + b"\x65" + b"\xab" * 150_000
    assert mpeg_ps.elementary(made.access_unit(long)) == ("H264", long)
    assert mpeg_ps.elementary(b"") == ("", b"")


def test_over_udp():
    messages, summary = read([down(packet) for packet in stream(UNITS)], proto=17, client_port=30000)
    assert videos(messages) == [KEY]
    assert (summary.protocol, messages[0].details.codec, messages[0].details.ssrc) == ("rtp", "PS", 100000001)
    messages, _ = read([down(p) for p in stream([made.access_unit(KEY5, kind=0x24), *UNITS[1:]])], proto=17)
    assert [(m.content_type, m.body) for m in messages if m.body] == [("video/h265", KEY5)]


def test_over_tcp():
    events = [down(b"".join(made.over_tcp(packet) for packet in stream(UNITS[:5], size=400)))]
    messages, summary = check_cuts(events, server_port=30000)
    assert videos(messages) == [KEY]
    assert summary.protocol == "rtp"


def test_a_few_a_minute():
    units = [made.access_unit(KEY), made.access_unit(OTHER, key=False)] * 20
    messages, _ = read([down(packet) for packet in stream(units, step=90_000)], proto=17)
    assert len(videos(messages)) == 4  # one each ten seconds of forty


def test_losses():
    sent = stream(UNITS)
    for lost in range(1, 6):  # the first packets are those of the key frame
        kept = [packet for i, packet in enumerate(sent) if i != lost]
        messages, _ = read([down(packet) for packet in kept], proto=17)
        assert videos(messages) in ([], [KEY]) if lost > len(made.packets(UNITS[0], 0, 0)) - 1 else not videos(messages)
    data = b"".join(made.over_tcp(packet) for packet in stream(UNITS[:6], size=300))
    again = b"".join(
        made.over_tcp(p) for p in stream([UNITS[1], UNITS[0], UNITS[1]], size=300, step=9_000_000, number=500)
    )
    for at in range(40, len(data) - 40, 211):
        messages, _ = read([down(data[:at]), (1, 17), down(data[at + 17 :] + again)], server_port=30000)
        assert all(video == KEY for video in videos(messages)), at
        assert videos(messages), at  # the way was found again before the second key frame


def test_without_a_map_the_parameter_sets_tell():
    bare = made.PACK_HEADER + made.SYSTEM_HEADER + made.pes(KEY)
    messages, _ = read([down(packet) for packet in stream([bare, *UNITS[1:]])], proto=17)
    assert [(m.content_type, m.body) for m in messages if m.body] == [("video/h264", KEY)]


def test_bare():
    """A program stream by itself, behind a maker's header or not; the clock is that of its packs."""
    assert ps_tcp.clock(bytes.fromhex("000001BA 44 00 04 00 04 01")) == 0
    assert ps_tcp.clock(bytes.fromhex("000001BA 44 00 0C 00 04 01")) == 1 << 15
    for front in (b"", b"IMKH" + bytes(60)):
        data = front + b"".join(UNITS[:4])
        messages, summary = check_cuts([up(data)], server_port=7661)
        assert (summary.protocol, videos(messages)) == ("ps", [KEY])
        assert (messages[1].start, messages[1].end) == (len(front), len(front) + len(UNITS[0]))
    data = b"".join(UNITS[:3] + UNITS[:3])  # the same clock: too early for a second one
    assert videos(read([up(data)])[0]) == [KEY]
    for at in range(10, len(UNITS[0]), 301):
        messages, _ = read([up(data[:at]), (0, 5), up(data[at + 5 :])])
        assert set(videos(messages)) <= {KEY}
    assert videos(read([up(UNITS[0])])[0]) == []  # its end was not seen


LIKE = {
    "a picture": b"\xff\xd8\xff\xe0" + bytes(90),
    "a pack of MPEG-1": b"\x00\x00\x01\xba\x21" + bytes(90),
    "a mark alone": b"IMKH" + bytes(5000),
    "lengths": b"\x00\x10" + bytes(16) + b"\x00\x10" + bytes(16),
    "two sources": b"".join(made.over_tcp(made.rtp(b"x" * 30, i, 0, ssrc=i)) for i in range(5)),
    "numbers that jump": b"".join(made.over_tcp(made.rtp(b"x" * 30, i * 7, 0)) for i in range(5)),
    "RTCP": b"".join(made.over_tcp(b"\x80\xc8" + bytes(26)) for _ in range(5)),
}


@pytest.mark.parametrize("name", LIKE)
def test_look_alikes(name):
    entry, _ = choose(Opening(LIKE[name], b"", 40000, 30000, midstream=False), "tcp", final=True)
    assert entry is not None
    assert entry.name not in ("rtp", "ps")


def test_any_other_stream_over_tcp_is_named():
    data = b"".join(made.over_tcp(made.rtp(b"\x7c" * 40, i, 0, kind=8)) for i in range(6))
    messages, summary = read([down(data)], server_port=30000)
    assert (summary.protocol, messages[0].details.codec) == ("rtp", "PCMA")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([*stream(UNITS[:2]), made.PACK_HEADER, b"\0\0\1\xbc\xff\xff", b"\0\0\1\xe0"])
        | st.binary(max_size=40)
    )
)
def test_noise(pieces):
    data = b"".join(pieces)
    codec, video = mpeg_ps.elementary(data)
    assert len(video) <= len(data)
    assert codec in ("", "H264", "H265")
    check_noise(ps_tcp.PsReader, [(i & 1, piece) for i, piece in enumerate(pieces)])
    check_noise(rtp_tcp.RtpTcpReader, [(i & 1, piece) for i, piece in enumerate(pieces)])
    assert size([up(data)]) == len(data)
