"""Stills out of key frames: made by PyAV where it is there, never by accident, and never from what is incomplete."""

from __future__ import annotations

import sys
from fractions import Fraction

import numpy as np
import pytest

from netaudit.contracts.unwrapping_steps import Way
from netaudit.images.cpu_limit import Limits
from netaudit.images.stills import MOST_DEATHS, Stills
from netaudit.unwrapping.budget import Budget, Patience
from netaudit.unwrapping.codecs import video as codecs_video
from netaudit.unwrapping.codecs.video import DECODED
from netaudit.unwrapping.part import Part
from netaudit.unwrapping.unwrap import unwrap


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
