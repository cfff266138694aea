"""Inputs: what is read, what is turned away and why, in which order, and with which hashes."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.capture import stored
from netaudit.capture.from_files import open_captures, read_frames
from netaudit.capture.source import Source
from netaudit.errors import CaptureError
from tests.capture.building import START, enhanced, frames, interface, packets_of, pcap, read, section, simple, write
from tests.reference import capture as reference
from tests.wording import english

SECOND = 10**9


def test_bad_inputs_are_named_and_the_others_read(tmp_path):
    good = write(tmp_path, "good.pcap", pcap(frames(5)))
    bad = {
        "face.pcap": (b"\xff\xd8\xff\xe0" + bytes(100), "not a capture: it looks like a JPEG image"),
        "empty.pcap": (b"", "not a capture: it is empty"),
        "cut.pcap": (pcap([])[:20], "not a whole capture: its header is cut or corrupt (20 bytes seen)"),
        "notes.txt": ("说明 notes\n".encode(), "not a capture: it looks like text"),
        "x.bin": (
            b"\x01\x02\x03\x04\x05\x06\x07\x08\x09",
            "not a capture: it looks like unknown data, beginning with 01 02 03 04 05 06 07 08",
        ),
        "x.gz": (gzip.compress(b"hello"), "not a capture: it looks like text (compressed with gzip)"),
    }
    paths = [write(tmp_path, name, data) for name, (data, _) in bad.items()]
    captures = open_captures([*paths, tmp_path / "missing", good, "nul\0byte"])
    problems = {Path(r.name).name: r.problem for r in captures.rejected}
    for name, (_, problem) in bad.items():
        assert english(problems[name]) == problem
    assert problems["missing"] == "No such file or directory"
    assert len(captures.rejected) == len(bad) + 2
    assert len(packets_of(captures)) == 5


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_file_without_permission(tmp_path):
    path = write(tmp_path, "a", pcap(frames(1)))
    path.chmod(0)
    assert open_captures([path]).rejected[0].problem == "Permission denied"


def test_folders_are_walked_and_what_is_no_capture_is_ignored(tmp_path):
    (tmp_path / "b" / "c").mkdir(parents=True)
    write(tmp_path / "b", "2.pcap", pcap(frames(2, start=START + SECOND)))
    write(tmp_path / "b" / "c", "1.pcap", pcap(frames(1)))
    write(tmp_path, "README.txt", b"text")
    captures = open_captures([tmp_path])
    assert [os.path.relpath(s.name, tmp_path) for s in captures.sources] == [
        str(Path("b", "c", "1.pcap")),
        str(Path("b", "2.pcap")),
    ]
    assert [(Path(r.name).name, english(r.problem)) for r in captures.ignored] == [
        ("README.txt", "not a capture: it looks like text")
    ]
    assert not captures.rejected
    assert len(packets_of(captures)) == 3


def test_what_macos_keeps_beside_a_capture_is_no_damaged_one(tmp_path):
    """On a stick with exFAT each capture has one: every audit of such a folder ended as if an input were damaged."""
    write(tmp_path, "1.pcap", pcap(frames(1)))
    write(tmp_path, "._1.pcap", b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(4000))
    captures = open_captures([tmp_path])
    assert [Path(one.name).name for one in captures.ignored] == ["._1.pcap"]
    assert (
        english(captures.ignored[0].problem)
        == "not a capture: it looks like what macOS keeps beside a file (AppleDouble)"
    )
    assert not captures.rejected
    write(tmp_path, "._2.pcap", b"no such file")
    assert [Path(one.name).name for one in open_captures([tmp_path]).rejected] == ["._2.pcap"]
    assert open_captures([tmp_path / "._1.pcap"]).rejected


def test_equal_files_are_read_once(tmp_path):
    data = pcap(frames(5000))
    first = write(tmp_path, "1", data)
    write(tmp_path, "2", data)
    write(tmp_path, "3", data[:-1] + bytes([data[-1] ^ 1]))
    (tmp_path / "4").hardlink_to(first)
    captures = open_captures([tmp_path])
    assert [(Path(r.name).name, r.reason) for r in captures.ignored] == [("2", "same content"), ("4", "same content")]
    assert english(captures.ignored[0].problem) == f"same content as {first}: read once"
    assert not captures.rejected
    assert len(packets_of(captures)) == 10_000


def test_hashes_sizes_and_progress(tmp_path):
    data = pcap(frames(3000))
    told = []
    captures = open_captures([write(tmp_path, "a", data)], window_size=10_000, progress=told.append, sm3=True)
    assert captures.stored_bytes == len(data)
    packets_of(captures)
    source = captures.sources[0]
    assert source.sha256 == hashlib.sha256(data).hexdigest()
    assert source.size == len(data)
    assert told == sorted(told)
    assert told[-1] == len(data)
    if "sm3" in hashlib.algorithms_available:
        assert source.sm3 == hashlib.new("sm3", data).hexdigest()
    assert not source.changed


def test_a_hash_covers_what_stands_behind_a_damage(tmp_path):
    data = gzip.compress(pcap(frames(100))) + b"tail" * 100_000
    captures = read(write(tmp_path, "a", data))[1]
    assert captures.sources[0].sha256 == hashlib.sha256(data).hexdigest()


def test_a_file_that_changes_meanwhile_is_said_to(tmp_path):
    path = write(tmp_path, "a", pcap(frames(3000)))
    captures = open_captures([path], window_size=10_000)
    windows = captures.windows()
    next(windows)
    with path.open("ab") as file:
        file.write(b"more")
    total = sum(len(window.records) for window in windows)
    assert total > 2000
    assert captures.sources[0].changed
    assert "changed or replaced" in english(captures.sources[0].damage[-1])


def test_a_file_that_vanishes_meanwhile(tmp_path):
    a, b = write(tmp_path, "a", pcap(frames(3))), write(tmp_path, "b", pcap(frames(3, start=START + 9 * SECOND)))
    captures = open_captures([a, b])
    b.unlink()
    assert len(packets_of(captures)) == 3
    assert "cannot be opened again" in english(captures.sources[1].damage[0])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
class TestPipes:
    def test_a_named_pipe_is_read_once(self, tmp_path):
        data = pcap(frames(5000))
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(data,))
        writer.start()
        captures = open_captures([pipe], window_size=20_000)
        found = packets_of(captures)
        writer.join()
        assert found == reference.pcap(data)
        assert captures.sources[0].sha256 == hashlib.sha256(data).hexdigest()

    def test_a_pipe_without_a_writer_is_given_up(self, tmp_path):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        silent = stored.Stored(pipe, patience=(0.05, 0.05))
        assert silent.look(16) == b""
        assert "nothing came through the pipe" in english(silent.problem)
        silent.close()

    def test_standard_input(self, tmp_path):
        data = gzip.compress(pcap(frames(5000)))
        script = (
            "from netaudit.capture.from_files import open_captures\n"
            "c = open_captures(['-', '-'])\n"
            "print(sum(len(w.records) for w in c.windows()), c.sources[0].sha256, c.sources[0].name, len(c.rejected))"
        )
        run = subprocess.run([sys.executable, "-c", script], input=data, capture_output=True, check=True)
        assert run.stdout.decode().split() == ["5000", hashlib.sha256(data).hexdigest(), "-", "1"]


def ordered(captures) -> list[tuple[str, int]]:
    return [(captures.sources[row["capture"]].name, int(row["frame"])) for w in captures.windows() for row in w.records]


def merge_slowly(files: dict[str, list[int]]) -> list[tuple[str, int]]:
    """What merging must give: by (running maximum of time, rank of the file, frame)."""
    rank = {name: i for i, name in enumerate(sorted(files, key=lambda name: (files[name][0], name)))}
    keyed = []
    for name, times in files.items():
        highest = times[0]
        for frame, time in enumerate(times, 1):
            highest = max(highest, time)
            keyed.append((highest, rank[name], frame, name))
    return [(name, frame) for _, _, frame, name in sorted(keyed)]


@settings(max_examples=60, deadline=None)
@given(
    files=st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=12), min_size=1, max_size=5),
    window=st.sampled_from([1, 100, 300, 1 << 20]),
    own_buffers=st.booleans(),
)
def test_files_are_merged_by_time_and_never_reordered(tmp_path_factory, files, window, own_buffers):
    folder = tmp_path_factory.mktemp("t")
    times = {}
    for i, seconds in enumerate(files):
        made = [(START + s * SECOND, f"{i} {k} ".encode() * 3) for k, s in enumerate(seconds)]
        times[str(write(folder, f"{i}.pcap", pcap(made)))] = [ts for ts, _ in made]
    captures = open_captures([folder], window_size=window)
    slots = [np.empty(1 << 21, np.uint8) for _ in range(2)]
    taken = []

    def allocate(size):
        taken.append(size)
        return slots[len(taken) % 2]

    found = []
    windows = 0
    for w in captures.windows(allocate if own_buffers else None):
        windows += 1
        for row in w.records:
            start = int(row["offset"])
            data = w.buffer[start : start + int(row["caplen"])].tobytes()
            name = captures.sources[row["capture"]].name
            assert data.split()[0].decode() == Path(name).name[0]
            assert int(data.split()[1]) + 1 == row["frame"]
            found.append((name, int(row["frame"])))
    assert found == merge_slowly(times)
    assert not own_buffers or windows == len(taken)


def test_rotated_files_given_in_any_order(tmp_path):
    paths = [write(tmp_path, f"{9 - i}.pcap", pcap(frames(50, start=START + i * SECOND))) for i in range(5)]
    captures = open_captures(paths[::-1])
    assert [s.name for s in captures.sources] == [str(p) for p in paths]
    assert ordered(captures) == [(str(p), i) for p in paths for i in range(1, 51)]


def test_packets_without_time_stay_where_they_are(tmp_path):
    a = write(
        tmp_path,
        "a",
        section() + interface() + enhanced(START // 1000, b"1") + simple(b"2") + enhanced(START // 1000 + 10**7, b"3"),
    )
    b = write(tmp_path, "b", pcap([(START + SECOND, b"b")]))
    found, _ = read(a, b)
    assert [p.data for p in found] == [b"1", b"2", b"b", b"3"]


def test_many_files_at_once_stay_few_descriptors(tmp_path):
    for i in range(300):
        write(tmp_path, f"{i:03}.pcap", pcap(frames(2, start=START + i * SECOND, step=1000)))
    captures = open_captures([tmp_path])
    windows = captures.windows()
    next(windows)
    if Path("/proc/self/fd").is_dir():
        assert len(list(Path("/proc/self/fd").iterdir())) < 60
    assert sum(len(w.records) for w in windows) > 500


def test_given_buffers_are_filled_in_turns(tmp_path):
    data = pcap([*frames(300), (START + SECOND, b"z" * 50_000), *frames(300, start=START + 2 * SECOND)])
    captures = open_captures([write(tmp_path, "a", data)], window_size=4096)
    given_out = []

    def allocate(size):
        given_out.append(np.empty(size, np.uint8))
        return given_out[-1]

    assert packets_of(captures, allocate) == reference.pcap(data)
    assert len(given_out) > 3


def test_read_frames_gives_exactly_those(tmp_path):
    data = pcap(frames(1000))
    path = write(tmp_path, "a", data)
    found = [(int(row["frame"]), packet) for row, packet in read_frames(path, [900, 3, 3, 17, 5000])]
    expected = {p.frame: p.data for p in reference.pcap(data)}
    assert found == [(n, expected[n]) for n in (3, 17, 900)]
    with pytest.raises(CaptureError, match="looks like text"):
        next(read_frames(write(tmp_path, "t", b"hello"), [1]))


def test_texts_are_bounded():
    source = Source("x")
    for i in range(5000):
        source.report(str(i))
    assert len(source.damage) == 1000
    assert source.left_out == 4000
