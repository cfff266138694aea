"""Transport streams in datagrams, by themselves and in SRT: key frames byte for byte, never out of damaged ones."""

from __future__ import annotations

import random
import struct

import pytest

from netaudit.messages.reader import Opening, Verdict
from netaudit.messages.rtp import mpeg_ts
from tests.messages.carrier import check_noise
from tests.messages.rtp.test_mpeg_ps import KEY, KEY5, OTHER
from tests.reference.messages import read, up
from tests.unwrapping.samples import picture

PID = 0x101


@pytest.fixture(autouse=True)
def _decoder(monkeypatch):
    monkeypatch.setattr(mpeg_ts, "decodes_video", lambda: True)


def packets(video: bytes, stamp: int, counter: int, pid: int = PID) -> list[bytes]:
    """Packets of a picture; the last one is filled up by an adaptation field."""
    time = bytes([0x21 | stamp >> 29 & 14]) + struct.pack(">HH", stamp >> 14 & 0xFFFE | 1, stamp << 1 & 0xFFFE | 1)
    data = b"\0\0\1\xe0\0\0\x80\x80\x05" + time + video
    out = []
    for at in range(0, len(data), 184):
        part = data[at : at + 184]
        field = (
            b""
            if len(part) == 184
            else bytes([183 - len(part)]) + (b"\0" + b"\xff" * (182 - len(part)) if len(part) < 183 else b"")
        )
        head = bytes([0x47, (0 if at else 0x40) | pid >> 8, pid & 255, (0x30 if field else 0x10) | counter & 15])
        out.append(head + field + part)
        counter += 1
    return out


def stream(pictures: list[bytes], step: int = 3600) -> list[bytes]:
    out: list[bytes] = []
    for number, video in enumerate(pictures):
        out += packets(video, 9000 + number * step, len(out))
    return out


def datagrams(sent: list[bytes], head: bytes = b"") -> list[bytes]:
    filler = b"\x47\x1f\xff\x10" + b"\xff" * 184
    out = []
    for number, at in enumerate(range(0, len(sent), 7)):
        group = sent[at : at + 7]
        front = struct.pack(">I", 1000 + number) + head[4:] if head else b""
        out.append(front + b"".join(group + [filler] * (2 - len(group))))
    return out


def srt_head(bits: int = 0) -> bytes:
    return struct.pack(">IIII", 1000, 0xC0000001 | bits << 24, 5, 77)


HELLO = mpeg_ts.HANDSHAKE + bytes(12) + b"\0\0\0\x04" + bytes(44)
ROW = {"proto": 17, "client_port": 41000, "server_port": 9000}
PICTURES = [KEY, *[OTHER] * 5, KEY, OTHER]


def videos(messages):
    return [one.body for one in messages if one.body]


@pytest.mark.parametrize("batch", [0, 1])
@pytest.mark.parametrize("head", [b"", srt_head()])
def test_a_key_frame_is_given_and_what_follows_at_once_is_not(head, batch):
    events = [up(HELLO)] * bool(head) + [up(one) for one in datagrams(stream(PICTURES), head)]
    messages, summary = read(events, batch=batch, **ROW)
    assert videos(messages) == [KEY]
    assert messages[0].content_type == "video/mp2t"
    assert summary.protocol == ("srt" if head else "mpegts")
    apart = [up(one) for one in datagrams(stream(PICTURES, step=200_000), head)]
    assert videos(read(apart, **ROW)[0]) == [KEY, KEY]
    assert videos(read([up(one) for one in datagrams(stream([KEY5, OTHER]), head)], **ROW)[0]) == [KEY5]


def test_what_is_encrypted_is_read_by_nobody():
    events = [up(HELLO), *[up(one) for one in datagrams([bytes(188)] * 40, srt_head(0x08))]]
    messages, summary = read(events, **ROW)
    assert (messages, summary.protocol) == ([], "unknown")


def test_of_a_picture_with_a_loss_nothing_is_given():
    sent = stream([KEY, OTHER])
    whole = len(packets(KEY, 0, 0))
    for lost in range(1, whole):
        kept = sent[:lost] + sent[lost + 1 :]
        assert videos(read([up(one) for one in datagrams(kept)], **ROW)[0]) == [], lost
    assert videos(read([up(one) for one in datagrams(stream([KEY]))], **ROW)[0]) == []  # its end was not seen


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (datagrams(stream([KEY]))[0], Verdict.YES),
        (datagrams(stream([KEY]), srt_head())[0], Verdict.YES),
        (HELLO, Verdict.YES),
        (stream([OTHER])[0], Verdict.NO),  # one packet may be anything that begins with a G
        (b"G" * 376 + b"x", Verdict.NO),
        (b"GET / HTTP/1.1\r\n", Verdict.NO),
        (HELLO[:40], Verdict.NO),
    ],
)
def test_recognised(data, verdict):
    assert mpeg_ts.recognise(Opening(data, b"", 41000, 9000, midstream=False)) is verdict


@pytest.mark.parametrize("seed", range(60))
def test_noise(seed):
    chance = random.Random(seed)
    sound = datagrams(stream(PICTURES), srt_head() if seed % 2 else b"")
    chunks = []
    for one in chance.sample(sound, min(len(sound), 9)):
        data = bytearray(one)
        for _ in range(chance.randrange(6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        chunks.append((chance.randrange(2), bytes(data[: chance.choice((len(data), chance.randrange(len(data))))])))
    check_noise(mpeg_ts.TsReader, chunks)


NULL = b"\x47\x1f\xff\x10" + b"\xff" * 184


def test_a_payload_of_three_bytes():
    odd = b"\x47\x41\0\x30\xb4" + bytes(180) + b"\0\0\1"
    assert mpeg_ts.TsReader().feed(0, 0, odd + odd)[0].content_type == "video/mp2t"


@pytest.mark.parametrize("first", [NULL * 2, HELLO])
def test_what_is_no_transport_stream_is_searched_for_pictures(first):
    photo = picture()
    messages, summary = read([up(first), up(photo)], **ROW)
    assert [one.body for one in messages if one.protocol == "carved"] == [photo]
    assert any("carved from here on" in note for one in messages for note in one.notes) == (first != HELLO)
    assert summary.protocol == ("srt" if first == HELLO else "mpegts")


def test_what_lies_between_the_packets_of_a_picture_is_not_counted_as_read():
    sent = stream([KEY, OTHER])
    hidden = b"\x47\x05\x55\x10" + bytes(184)
    data = b"".join(part for one in sent for part in (one, hidden))
    messages, summary = read([up(NULL * 2), *[up(data[at : at + 1316]) for at in range(0, len(data), 1316)]], **ROW)
    assert videos(messages) == [KEY]
    assert summary.read[0] <= len(NULL * 2) + 188 * len(sent)


def test_without_times_pictures_are_few_too():
    def timeless(one: bytes) -> bytes:
        return one.replace(b"\0\0\1\xe0\0\0\x80\x80", b"\0\0\1\xe0\0\0\x80\0")

    sent = [timeless(one) for one in stream([KEY, OTHER] * 50)]
    messages, _ = read([up(one) for one in datagrams(sent)], **ROW)
    assert 1 <= len(videos(messages)) < 3
