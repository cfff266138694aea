"""The pcapng writer: what it writes is read back, by this project and by Wireshark's tools."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from netaudit.capture.layouts import NO_TIME
from netaudit.capture.write import PcapngWriter
from tests.capture.building import START, read
from tests.reference import capture as reference


def make(path):
    with PcapngWriter(path, comment="finding 7") as writer:
        lan = writer.interface(1, name="镜像口")
        cooked = writer.interface(113, comment="second")
        writer.packet(lan, START + 1, b"abcde", comments=["line one", "人脸"])
        writer.packet(cooked, START + 2, b"f" * 8, wirelen=1500)
        writer.section()
        writer.packet(writer.interface(101), NO_TIME, b"no time")
    return path


def test_it_is_read_back(tmp_path):
    path = make(tmp_path / "out.pcapng")
    found, captures = read(path)
    assert found == reference.pcapng(path.read_bytes())
    assert [(p.ts, p.data, p.wirelen, p.linktype) for p in found] == [
        (START + 1, b"abcde", 5, 1),
        (START + 2, b"f" * 8, 1500, 113),
        (None, b"no time", 7, 101),
    ]
    source = captures.sources[0]
    assert source.comments == [(1, "line one"), (1, "人脸")]
    assert str(source.interfaces[0]) == "0: ethernet (镜像口)"
    assert source.sections == ["comment: finding 7; application: netaudit", "application: netaudit"]
    assert not source.damage


def test_an_undeclared_interface_is_refused(tmp_path):
    with PcapngWriter(tmp_path / "out") as writer, pytest.raises(ValueError, match="not declared"):
        writer.packet(0, START, b"x")


@pytest.mark.tools
@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_wireshark_reads_it(tmp_path):
    path = make(tmp_path / "out.pcapng")
    fields = ["-T", "fields", "-e", "frame.len", "-e", "frame.cap_len", "-e", "frame.time_epoch", "-e", "frame.comment"]
    out = subprocess.run(["tshark", "-r", path, *fields], capture_output=True, check=True, text=True).stdout
    lines = [line.split("\t") for line in out.splitlines()]
    assert [line[:2] for line in lines] == [["5", "5"], ["1500", "8"], ["7", "7"]]
    assert lines[0][2].startswith("1700000000.000000001")
    assert "人脸" in lines[0][3]
