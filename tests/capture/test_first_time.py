"""When a capture begins, as its first bytes say."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from netaudit.capture.first_time import _units, first_time, is_capture
from tests.pipeline.live.daily.recorded import capture, capture_ng
from tests.processor_time import within

PCAPS = Path(__file__).parents[2] / "pcaps"
AT = 1_700_000_000.25


@pytest.mark.parametrize(
    ("data", "at"),
    [
        (capture(AT), 1_700_000_000.5),
        (capture_ng(AT), AT),
        (capture_ng(AT, exponent=6), AT),
        (capture(AT)[:30], None),
        (capture(AT, frames=0), None),
        (capture_ng(AT)[:60], None),
        (b"", None),
        (b"\x0a\x0d\x0d\x0a", None),
        (b"\x0a\x0d\x0d\x0a" + b"\xff" * 100, None),
        (b"\x1f\x8b" + bytes(50), None),
    ],
)
def test_first_time(tmp_path: Path, data: bytes, at: float | None) -> None:
    (tmp_path / "a").write_bytes(data)
    found = first_time(tmp_path / "a")
    assert found == (pytest.approx(at) if at is not None else None)


def test_no_bytes_of_a_head_make_it_stumble(tmp_path: Path) -> None:
    whole = capture_ng(AT)
    for place in range(len(whole)):
        for value in (0, 255):
            (tmp_path / "a").write_bytes(whole[:place] + bytes([value]) + whole[place + 1 :])
            first_time(tmp_path / "a")


def test_it_is_the_time_of_real_captures() -> None:
    from netaudit.capture.reading import CaptureReader
    from netaudit.capture.source import Source

    paths = sorted(path for path in PCAPS.glob("*/*.pcap*") if path.suffix in {".pcap", ".pcapng"})
    assert len(paths) > 5
    for path in paths:
        reader = CaptureReader(Source(path.name, path), 0, algorithms=())
        window = reader.read(1 << 20)
        reader.close()
        assert window is not None
        assert first_time(path) == pytest.approx(int(window.records["ts"][0]) / 1e9, abs=1e-3), path


def test_many_options_are_walked_once() -> None:
    options = struct.pack("<HH", 1, 0) * (1 << 18)
    with within(0.5):  # a copy of the rest for each takes seconds
        assert _units(options, "<") == 10**6


def test_what_begins_as_a_capture(tmp_path: Path) -> None:
    for data, is_one in ((capture(AT), True), (capture_ng(AT), True), (b"PK\x03\x04", False), (b"", False)):
        (tmp_path / "a").write_bytes(data)
        assert is_capture(tmp_path / "a") == is_one
