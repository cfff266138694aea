"""RTP: JPEG put together and judged honestly, key frames by a stream's own clock, and what is no RTP at all."""

from __future__ import annotations

import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from netaudit.core.contracts.details import RtpDetails
from netaudit.protocols.message import Message
from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.rtp import reader as rtp
from netaudit.protocols.rtp.jpeg import REBUILT, scaled
from netaudit.protocols.rtp.sdp import parse, parse_track
from tests.images import pictures
from tests.protocols.carrier import JPEG
from tests.reference.messages import essence, read, up

SIZE = (64, 48)


def packet(number, payload, *, stamp=0, kind=26, marker=False, ssrc=7):
    head = bytes((0x80, kind | 128 * marker)) + (number & 0xFFFF).to_bytes(2, "big")
    return head + stamp.to_bytes(4, "big") + ssrc.to_bytes(4, "big") + payload


def encoded(seed, quality=50):
    """A JPEG as Pillow makes it: annex K tables, chroma halved both ways."""
    image = (
        Image.fromarray(pictures.texture(seed))
        if not isinstance(pictures.texture(seed), Image.Image)
        else pictures.texture(seed)
    )
    out = io.BytesIO()
    image.convert("RGB").resize(SIZE).save(out, "JPEG", quality=quality, subsampling=2)
    return out.getvalue()


def scan_of(data):
    at = data.index(b"\xff\xda")
    return data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") : -2]


def tables_of(data):
    out, at = b"", 0
    while (at := data.find(b"\xff\xdb", at)) >= 0:
        segment = data[at + 4 : at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")]
        out += b"".join(segment[i + 1 : i + 65] for i in range(0, len(segment), 65))
        at += 4
    return out


def fragments(data, *, first=0, stamp=0, quality=50, step=200, tables=b""):
    scan, out = scan_of(data), []
    for i, at in enumerate(range(0, len(scan), step)):
        head = b"\0" + at.to_bytes(3, "big") + bytes((1, quality, SIZE[0] // 8, SIZE[1] // 8))
        if quality >= 128 and not at:
            head += b"\0\0" + len(tables).to_bytes(2, "big") + tables
        last = at + step >= len(scan)
        out.append(packet(first + i, head + scan[at : at + step], stamp=stamp, marker=last))
    return out


def flow(packets):
    return [up(data) for data in packets]


def media(messages):
    return [m for m in messages if m.content_type]


def test_pictures_are_rebuilt():
    sent = [encoded(1), encoded(2)]
    packets = fragments(sent[0])
    packets += fragments(sent[1], first=len(packets), stamp=9000)
    messages, summary = read(flow(packets), proto=17)
    assert summary.protocol == "rtp"
    assert messages[0].details == RtpDetails(7, 26, "JPEG")
    for message, data in zip(media(messages), sent, strict=True):
        assert message.complete
        assert message.notes == [REBUILT]
        assert (
            Image.open(io.BytesIO(message.body)).convert("RGB").tobytes()
            == Image.open(io.BytesIO(data)).convert("RGB").tobytes()
        )
    assert essence(read(flow(packets), proto=17, batch=1)[0]) == essence(messages)


def test_tables_on_the_wire_and_from_before():
    data = encoded(3, quality=83)
    packets = fragments(data, quality=130, tables=tables_of(data))
    packets += fragments(data, first=len(packets), stamp=9000, quality=130)
    packets += fragments(data, first=len(packets), stamp=18000, quality=131)
    messages = media(read(flow(packets), proto=17)[0])
    assert [m.complete for m in messages] == [True, True, False]
    assert messages[0].body == messages[1].body
    assert scan_of(messages[0].body) == scan_of(data)
    assert messages[2].unknown_from == 0


def test_quality_scales_the_tables_of_the_standard():
    assert b"".join(scaled(50)) == tables_of(encoded(1, quality=50))
    assert scaled(1)[0][0] == 255
    assert set(b"".join(scaled(99))) <= set(range(1, 5))


@pytest.mark.parametrize("gone", range(12))
def test_lost_packets_are_listed(gone):
    data = encoded(4, quality=90)
    packets = fragments(data, step=150)
    assert len(packets) > 12
    messages = media(read(flow(packets[:gone] + packets[gone + 1 :]), proto=17)[0])
    (message,) = messages
    head = len(message.body) - 2 - len(scan_of(data))
    assert not message.complete
    assert message.missing == [(head + 150 * gone, head + 150 * gone + 150)]


def test_a_lost_end_is_unknown_and_a_late_packet_finds_its_place():
    data = encoded(4, quality=90)
    packets = fragments(data)
    (message,) = media(read(flow(packets[:-1]), proto=17)[0])
    assert message.unknown_from == len(message.body)
    packets[9], packets[10] = packets[10], packets[9]
    (message,) = media(read(flow(packets), proto=17)[0])
    assert message.complete
    assert scan_of(message.body) == scan_of(data)


SPS, PPS, IDR = b"\x67\x42\x00\x1e" + b"s" * 12, b"\x68\xce\x3c\x80", b"\x65" + b"k" * 3000


def key_frame(first, stamp):
    pieces = [IDR[1:][i : i + 1000] for i in range(0, 3000, 1000)]
    units = [SPS, PPS]
    units += [bytes((0x7C, 5 | 0x80 * (not i) | 0x40 * (i == 2))) + piece for i, piece in enumerate(pieces)]
    return [packet(first + i, unit, kind=96, stamp=stamp, marker=i == 4) for i, unit in enumerate(units)]


def other(first, stamp):
    return [packet(first + i, b"\x41" + b"p" * 500, kind=96, stamp=stamp, marker=i == 3) for i in range(4)]


def test_key_frames_by_the_streams_clock(monkeypatch):
    monkeypatch.setattr(rtp, "decodes_video", lambda: True)
    packets = []
    for second in range(0, 30, 2):
        packets += key_frame(len(packets), second * 90_000)
        packets += other(len(packets), second * 90_000 + 3000)
    messages = media(read(flow(packets), proto=17)[0])
    assert [m.content_type for m in messages] == ["video/h264"] * 3
    assert messages[0].body == b"".join(b"\0\0\0\1" + unit for unit in (SPS, PPS, IDR))


def test_units_that_a_sender_joined_are_parted(monkeypatch):
    """Who splits a stream at starts of four bytes only sends several units, with those of three in them, as one."""
    monkeypatch.setattr(rtp, "decodes_video", lambda: True)
    joined = b"\x06" + b"i" * 20 + b"\0\0\1" + IDR
    cuts = [joined[at : at + 1000] for at in range(1, len(joined), 1000)]
    pieces = [b"\x7c" + bytes([6 | 0x80 * (not n) | 0x40 * (n == len(cuts) - 1)]) + cut for n, cut in enumerate(cuts)]
    units = [SPS + b"\0\0\1" + PPS, *pieces]
    packets = [packet(i, unit, kind=96, marker=i == len(cuts)) for i, unit in enumerate(units)]
    packets += other(len(units), 3000) + other(len(units) + 4, 6000)
    (message,) = media(read(flow(packets), proto=17)[0])
    assert message.body == b"".join(b"\0\0\0\1" + unit for unit in (SPS, PPS, b"\x66" + b"i" * 20, IDR))


def test_a_damaged_key_frame_is_not_used(monkeypatch):
    monkeypatch.setattr(rtp, "decodes_video", lambda: True)
    packets = key_frame(0, 0) + other(5, 3000) + key_frame(9, 90_000)
    messages = media(read(flow(packets[:3] + packets[4:]), proto=17)[0])
    assert [m.start for m in messages] == [sum(map(len, packets[:3] + packets[4:9]))]


def test_without_decoder_the_stream_is_named_and_left(monkeypatch):
    monkeypatch.setattr(rtp, "decodes_video", lambda: False)
    messages, summary = read(flow(key_frame(0, 0) + other(5, 3000)), proto=17)
    assert [m.details.codec for m in messages] == ["H264"]
    assert messages[0].notes == ["video not looked at: PyAV is not installed"]
    assert summary.to_ignore
    assert summary.protocol == "rtp"


def test_h265_units(monkeypatch):
    monkeypatch.setattr(rtp, "decodes_video", lambda: True)
    sets = [b"\x40\x01v1", b"\x42\x01s1", b"\x44\x01p1"]
    together = b"\x60\x01" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in sets)
    pieces = [b"\x62\x01" + bytes((flag | 19,)) + b"k" * 500 for flag in (0x80, 0, 0x40)]
    units = [sets[0], together, *pieces]
    packets = [packet(i, unit, kind=96, marker=i == 4) for i, unit in enumerate(units)]
    packets += [packet(5 + i, b"\x02\x01ppp", kind=96, stamp=3000) for i in range(4)]
    (message,) = media(read(flow(packets), proto=17)[0])
    assert message.content_type == "video/h265"
    assert message.body == b"".join(b"\0\0\0\1" + unit for unit in [*sets, b"\x26\x01" + b"k" * 1500])


def test_what_does_not_agree_is_carved():
    noise = [packet(i * 999, JPEG if i == 3 else b"x" * 30, ssrc=i) for i in range(9)]
    messages, summary = read(flow(noise), proto=17)
    assert summary.protocol == "unknown"
    assert [m.body for m in messages] == [JPEG]
    messages, summary = read(flow([packet(1, JPEG)]), proto=17)
    assert (summary.protocol, [m.body for m in messages]) == ("unknown", [JPEG])


def test_other_datagrams_are_no_rtp():
    for data in (
        b"\x00\x01\x00\x08" + bytes(16),
        b"\xc0" + bytes(30),
        b"\x80\xc8" + bytes(20),
        b"\x80\x1a",
        b"\xbf\x60" + bytes(12),
    ):
        assert rtp.recognise(Opening(data, b"", 1, 2, midstream=False)) is Verdict.NO


def test_descriptions():
    text = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IAHg==,aM48gA==\r\na=control:trackID=0\r\nm=audio 0 RTP/AVP 8\r\nm=video 0 RTP/AVP x\r\n"
    video, audio, odd = parse(text)
    assert (video.codec, video.control, video.payload_type) == ("H264", "trackID=0", 96)
    assert video.sets == [b"\x67\x42\x00\x1e", b"\x68\xce\x3c\x80"]
    assert (audio.codec, odd.codec, odd.payload_type) == ("PCMA", "", -1)
    again = parse_track(video.text())
    assert (again.codec, again.payload_type, again.sets) == (video.codec, 96, video.sets)


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=20), st.booleans())
@settings(max_examples=80, deadline=None)
def test_any_payloads(payloads, jpeg):
    events = flow([packet(i, data, kind=26 if jpeg else 96, marker=len(data) & 1) for i, data in enumerate(payloads)])
    whole, _ = read(events, proto=17)
    assert essence(read(events, proto=17, batch=1)[0]) == essence(whole)
    assert all(isinstance(m, Message) for m in whole)


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_description(data):
    for track in parse(b"m=video 0 RTP/AVP 96\r\na=fmtp:96 " + data + b"\r\n" + data):
        assert parse_track(track.text()).sets == track.sets


def test_sequence_numbers_roll_over():
    data = encoded(5, quality=90)
    packets = fragments(data, first=65530)
    (message,) = media(read(flow(packets), proto=17)[0])
    assert message.complete
    assert len(list(itertools.pairwise(packets))) > 6


@pytest.mark.parametrize("number", [b"9" * 5000, "\u0669".encode(), b"\xb2", b"-1", b""])
def test_a_format_that_is_no_number_is_unknown(number) -> None:
    assert [track.payload_type for track in parse(b"m=video 0 RTP/AVP " + number + b"\r\n")] == [-1]
