"""Stills out of key frames: made by PyAV where it is there, never by accident, and never from what is incomplete."""

from __future__ import annotations

import io
import struct
import sys
from fractions import Fraction

import numpy as np
import pytest

from netaudit.content.budget import Budget, Patience
from netaudit.content.codecs import video as codecs_video
from netaudit.content.codecs.video import DECODED, LOOKED_AT, NOT_LOOKED_AT
from netaudit.content.part import Part
from netaudit.content.unwrap import unwrap
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.images.cpu_limit import Limits
from netaudit.images.processes import Asked
from netaudit.images.stills import MOST_DEATHS, Stills


def key_frame(codec, size=(96, 64)):
    av = pytest.importorskip("av", reason="NO PYAV: key frames are not decoded")
    context = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = *size, "yuv420p"
    context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
    context.options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    noise = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    packets = context.encode(av.VideoFrame.from_ndarray(noise, "rgb24")) + context.encode(None)
    return b"".join(bytes(packet) for packet in packets)


def found(data, kind, **more):
    budget = Budget()
    part = Part(data=data, way=Way.of("rtp body"), content_type=kind, body_range=(0, len(data)), **more)
    return list(unwrap(part, budget)), budget


@pytest.mark.parametrize(("codec", "kind"), [("libx264", "video/h264"), ("libx265", "video/h265")])
def test_one_still(codec, kind):
    leaves, budget = found(key_frame(codec), kind)
    assert (leaves[0].kind, leaves[0].part.path) == ("jpeg", "rtp body › key frame › jpeg")
    assert DECODED in budget.notes


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_a_key_frame_that_nobody_declared(codec):
    """As a page hands it to a decoder, or a file of an elementary stream begins."""
    leaves, budget = found(key_frame(codec), "application/octet-stream")
    assert (leaves[0].kind, leaves[0].part.path) == ("jpeg", "rtp body › key frame › jpeg")
    assert DECODED in budget.notes


def test_nothing_from_what_is_no_video_or_not_whole():
    pytest.importorskip("av", reason="NO PYAV: key frames are not decoded")
    for data in (b"\0\0\0\1\x67" + bytes(60), bytes(range(256)), b"x"):
        leaves, budget = found(data, "video/h264")
        assert all(leaf.kind != "jpeg" for leaf in leaves)
        assert "video not decoded" in budget.notes
    leaves, _ = found(key_frame("libx264"), "video/h264", unknown_from=5)
    assert all(leaf.kind != "jpeg" for leaf in leaves)


def test_without_pyav_it_is_said(monkeypatch):
    monkeypatch.setattr(codecs_video, "_stills", lambda: None)
    leaves, budget = found(b"\0\0\0\1\x67" + bytes(60), "video/h264")
    assert len(leaves) == 1
    assert budget.notes == ["video not decoded: PyAV is not installed"]


BOOTS = {
    "crashes": "import os, sys; sys.stdin.buffer.readline(); os.abort()",
    "hangs": "import time; time.sleep(600)",
    "answers nonsense": "import sys; sys.stdout.buffer.write(b'\\xff' * 64); sys.stdout.flush(); sys.stdin.read()",
}


@pytest.mark.parametrize("boot", BOOTS.values(), ids=BOOTS)
def test_a_helper_that_fails_costs_one_still(boot):
    """Each failure is said; after some of them no more of the same shard is tried, and others are none the worse."""
    stills, one, other = (
        Stills(Limits(0.5, 0.5), command=[sys.executable, "-P", "-c", boot]),
        Patience(MOST_DEATHS - 1),
        Patience(),
    )
    died, left_alone = (
        (b"", "the decoder crashed, or did not end in time"),
        (b"", "too many key frames crash the decoder"),
    )
    asked = [stills.decode(b"\0\0\0\1\x67", "h264", patience) for patience in (one, one, other, one)]
    assert asked == [died, left_alone, died, left_alone]
    assert (one.deaths, other.deaths) == (MOST_DEATHS, 1)
    stills.close()


def file_of(name, codec, frames=9, *, cover=False):
    """A file of video of which every second frame is a key frame; with a picture as a stream of its own before it."""
    av = pytest.importorskip("av", reason="NO PYAV: files of video are not looked at")
    out = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov"} if name == "mp4" else {}
    with av.open(out, "w", format=name, options=options) as container:
        if cover:
            first = container.add_stream("mjpeg", rate=25)
            first.width, first.height, first.pix_fmt = 96, 64, "yuvj420p"
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.gop_size = 2
        if cover:
            plain = np.zeros((64, 96, 3), np.uint8)
            container.mux(first.encode(av.VideoFrame.from_ndarray(plain, "rgb24")) + first.encode(None))
        for number in range(frames):
            picture = np.random.default_rng(number).integers(0, 255, (64, 96, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("mp4", "libx264"),
        ("matroska", "libx264"),
        ("flv", "libx264"),
        ("mpegts", "libx264"),
        ("yuv4mpegpipe", "rawvideo"),
        ("ivf", "libvpx"),
        ("ogg", "libtheora"),
        ("asf", "msmpeg4v3"),
    ],
)
def test_some_key_frames_of_a_file_are_looked_at(name, codec):
    try:
        data = file_of(name, codec)
    except ValueError as error:  # a build of FFmpeg may lack an encoder
        pytest.skip(f"NO ENCODER {codec}: {error}")
    leaves, budget = found(data, "application/octet-stream")
    stills = [leaf.kind for leaf in leaves if leaf.kind == "jpeg"]
    assert 1 <= len(stills) <= LOOKED_AT
    assert {f"{NOT_LOOKED_AT} but for {len(stills)} of its key frames", DECODED} <= set(budget.notes)
    assert all("key frame" in leaf.part.path for leaf in leaves if leaf.kind == "jpeg")


def dahua(frames, size=(96, 64)):
    """Key frames as recorders of Dahua frame them: a head of 24 bytes, size and codec, the frame, its length again."""
    out = b""
    for number, data in enumerate(frames):
        more = bytes((0x80, 0, size[0] // 8, size[1] // 8, 0x81, 0, 2, 25))
        length = 24 + len(more) + len(data) + 8
        head = b"DHAV\xfd\0\0\0" + struct.pack(
            "<IIIHBB", number, length, 0x6B8214C0 + number, 40 * number, len(more), 0
        )
        out += head + more + data + b"dhav" + struct.pack("<I", length)
    return out


def test_key_frames_of_dahuas_recordings_are_looked_at():
    leaves, budget = found(dahua([key_frame("libx264")] * 9), "application/octet-stream")
    stills = [leaf for leaf in leaves if leaf.kind == "jpeg"]
    assert 1 <= len(stills) <= LOOKED_AT
    assert f"{NOT_LOOKED_AT} but for {len(stills)} of its key frames" in budget.notes


def test_a_file_is_sent_once_and_what_nobody_takes_is_not_the_next_answer(monkeypatch):
    data, stills, patience, sent = file_of("matroska", "libx264", 24), Stills(), Patience(), []
    ask = Asked.ask
    monkeypatch.setattr(Asked, "ask", lambda self, question: sent.append(len(question)) or ask(self, question))
    try:
        whole = list(stills.decode_file(data, 9, patience))
        assert 3 <= len(whole) == len(set(whole)) < 9
        assert sent == [len(data) + len(b"file 9\n") + 4, *[0] * len(whole)]
        assert next(stills.decode_file(data, 9, patience)) == whole[0]
        assert list(stills.decode_file(data, 2, patience)) == whole[:2]
        assert list(stills.decode_file(b"no video", 2, patience)) == []
        assert list(stills.decode_file(data, 9, patience)) == whole
        assert patience.deaths == 0
    finally:
        stills.close()


def test_pictures_of_motion_jpeg_are_taken_as_they_are():
    leaves, budget = found(file_of("avi", "mjpeg"), "video/avi")
    assert [leaf.kind for leaf in leaves if leaf.kind == "jpeg"]
    assert not any("key frame" in leaf.part.path for leaf in leaves)
    assert NOT_LOOKED_AT in budget.notes


def test_a_cover_before_the_video_is_not_the_video():
    leaves, _ = found(file_of("matroska", "libx264", cover=True), "video/x-matroska")
    assert any("key frame" in leaf.part.path for leaf in leaves)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0", b"\0\0\0\x18ftypheic" + bytes(200), b"RIFF\x10\0\0\0WEBPVP8 " + bytes(99), b"G" + bytes(600), b"GET /" * 99,
     b"FLV\x02" + bytes(99), b"\x1a\x45" + bytes(99)],
)  # fmt: skip
def test_what_is_no_file_of_video(data):
    assert not codecs_video.is_file(data)


@pytest.mark.parametrize(
    "begin", [b"\0\0\0\x18ftypisom", b"\x1aE\xdf\xa3", b"FLV\x01\x05", b"RIFF\xff\xff\xff\xffAVI "]
)
def test_noise_that_begins_as_a_file_ends_soon(begin):
    leaves, budget = found(begin + np.random.default_rng(3).bytes(20_000), "application/octet-stream")
    assert [leaf.kind for leaf in leaves if leaf.kind == "jpeg"] == []
    assert NOT_LOOKED_AT in budget.notes or "PyAV" in budget.notes[0]
