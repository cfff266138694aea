"""Recorders: their command lines, their last words, what they take from the kernel; interfaces and what they need."""

from __future__ import annotations

import itertools
import os
import socket
import struct
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from netaudit.capture import adapters, recorder
from netaudit.capture.from_wire import Followed, recorded
from netaudit.capture.packet_socket import Counters, Files, _told
from netaudit.capture.recorder import Drops, Recorder, Recording, choose_method, command
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(sys.platform == "win32", reason="a shell plays the recorder")


def test_dumpcap_is_told_what_was_asked(tmp_path: Path) -> None:
    asked = Recording("eth0", tmp_path, 5_000_000, 60, 128, "port 80", 8, promiscuous=False)
    words = command(asked, 3, "/usr/bin/dumpcap")
    assert words[0] == "/usr/bin/dumpcap"
    pairs = list(itertools.pairwise(words))
    for pair in [
        ("-i", "eth0"),
        ("-B", "8"),
        ("-b", "filesize:5000"),
        ("-b", "duration:60"),
        ("-s", "128"),
        ("-f", "port 80"),
    ]:
        assert pair in pairs
    assert "-p" in words
    assert str(tmp_path / "record-0003.pcapng") in words
    plain = command(Recording("eth0", tmp_path), 1, "dumpcap")
    assert not {"-s", "-f", "-p"} & set(plain)


@pytest.mark.parametrize(
    ("platform", "there", "wanted", "bpf", "method"),
    [
        ("linux", True, "", "", "/x/dumpcap"),
        ("linux", True, "dumpcap", "tcp", "/x/dumpcap"),
        ("linux", True, "socket", "", "socket"),
        ("linux", False, "", "", "socket"),
        ("linux", False, "", "tcp", "wireshark-common"),
        ("linux", False, "dumpcap", "", "wireshark-common"),
        ("linux", True, "socket", "tcp", "--filter"),
        ("win32", False, "", "", "Npcap"),
        ("win32", False, "socket", "", "Npcap"),
        ("darwin", False, "", "", "ChmodBPF"),
        ("darwin", True, "", "", "/x/dumpcap"),
    ],
)
def test_what_records_where(
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    there: bool,
    wanted: str,
    bpf: str,
    method: str,
) -> None:
    monkeypatch.setattr(recorder.sys, "platform", platform)
    monkeypatch.setattr(recorder, "find_dumpcap", lambda: "/x/dumpcap" if there else None)
    if method in {"socket", "/x/dumpcap"}:
        assert choose_method(wanted, bpf) == method
    else:
        with pytest.raises(UsageError, match=method):
            choose_method(wanted, bpf)


def play(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> Recorder:
    monkeypatch.setattr(recorder, "command", lambda *_: ["sh", "-c", script])
    return Recorder(Recording("eth0", tmp_path), 1, "dumpcap")


def finished(one: Recorder) -> None:
    until = time.monotonic() + 20
    while not one.ended:
        assert time.monotonic() < until
        time.sleep(0.01)


@posix
@pytest.mark.parametrize(
    ("script", "reason", "drops"),
    [
        ("printf 'Capturing on x\\nFile: y\\n\\rPackets: 1 \\rPackets: 2 ' >&2", "ended", None),
        ("echo 'no such device' >&2; exit 1", "no such device", None),
        ("exit 3", "ended with code 3", None),
        ("kill -9 $$", "killed by signal 9", None),
        (
            "echo \"Packets received/dropped on interface 'a b': 10/4 (pcap:1/dumpcap:2/flushed:0/ps_ifdrop:3) (71.4%)\" >&2",
            "ended",
            Drops(10, 1, 3, 2),
        ),
        ("head -c 3000000 /dev/zero | tr '\\0' x >&2; echo >&2; echo last >&2", "last", None),
        ("printf '\\377\\376\\033[31m' >&2", "\ufffd\ufffd\x1b[31m", None),
    ],
)
def test_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, reason: str, drops: Drops | None
) -> None:
    one = play(monkeypatch, tmp_path, script)
    finished(one)
    assert one.reason.endswith(reason)
    assert len(one.reason) < 2500
    assert one.drops == drops
    one.stop()


@posix
def test_one_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(recorder, "PATIENCE", 0.3)
    one = play(monkeypatch, tmp_path, "trap '' INT; echo ready >&2; while :; do sleep 0.05; done")
    while not one.output:
        time.sleep(0.01)
    one.stop()
    assert "signal 9" in one.reason


def auxiliary(status: int, length: int, tci: int = 0, protocol: int = 0) -> tuple[int, int, bytes]:
    return 263, 8, struct.pack("IIIHHHH", status, length, length, 0, 0, tci, protocol)


@pytest.mark.parametrize(
    ("extra", "tag", "length"),
    [
        ([], b"", 60),
        ([auxiliary(0, 60)], b"", 60),
        ([auxiliary(0, 1500)], b"", 1500),
        ([auxiliary(1 << 4, 60, 0x2064)], b"\x81\x00\x20\x64", 64),
        ([auxiliary(1 << 4 | 1 << 6, 60, 7, 0x88A8)], b"\x88\xa8\x00\x07", 64),
        ([(263, 8, b"short")], b"", 60),
    ],
)
def test_tags_that_the_kernel_took_off_are_put_back(extra: list[Any], tag: bytes, length: int) -> None:
    data = bytes(range(60))
    stamp = (socket.SOL_SOCKET, 35, struct.pack("qq", 1_777_000_000, 5))
    ts, told, wire = _told(data, [stamp, *extra])
    assert ts == 1_777_000_000_000_000_005
    assert told == data[:12] + tag + data[12:]
    assert wire == length


def test_files_of_the_socket_turn_and_count_their_own(tmp_path: Path) -> None:
    files = Files(tmp_path / "record-0001.pcapng", "eth0", 1, 0, 2000, 600)
    counters = Counters()
    for number in range(50):
        files.write(1_777_000_000_000_000_000 + number, bytes(100), 1400)
        counters.taken += 1
        counters.lost += number % 2
        files.turn(counters)
    files.close(counters)
    assert len(recorded(tmp_path)) > 2
    followed = Followed(tmp_path)
    while followed.read(ended=True) is not None:
        pass
    assert sum(source.packets_read for source in followed.sources) == 50
    assert sum(source.drops or 0 for source in followed.sources) == 25
    assert {source.wire_bytes // max(1, source.packets_read) for source in followed.sources if source.packets_read} == {
        1400
    }
    assert not any(source.damage for source in followed.sources)


@pytest.mark.parametrize(
    "said", [b"", b"garbage", b"[]", b'[{"eth0":{"status":3,"primary_msg":"no"}}]', b"{}", b"[1]", b'[{"eth0":1}]']
)
def test_what_dumpcap_says_of_an_interface_may_be_anything(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: bytes
) -> None:
    program = tmp_path / "dumpcap"
    program.write_bytes(b"#!/bin/sh\ncat <<'X'\n" + said + b"\nX\n")
    program.chmod(0o755)
    assert adapters._try_dumpcap(str(program), "eth0")
    assert isinstance(adapters._listed_by(str(program)), list)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc and /sys")
def test_the_loopback_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, "find_dumpcap", lambda: None)
    names = [one.name for one in adapters.adapters()]
    assert "lo" in names
    assert adapters.may_send("no-such-interface") == []
    assert adapters.link_of("no-such-interface") == "unknown"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /sys")
def test_an_interface_that_only_the_kernel_names_is_not_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a container /sys may show the interfaces of another network; the custody would have a loss that was none."""
    monkeypatch.setattr(adapters, "NET", tmp_path)
    assert adapters.link_of("lo") == "unknown"
    assert adapters.interface_up("lo")
    assert not adapters.interface_up("no-such-interface")
    folder = tmp_path / "lo"
    folder.mkdir()
    (folder / "operstate").write_text("down\n")
    (folder / "flags").write_text("0x1002\n")
    assert not adapters.interface_up("lo")


@pytest.mark.parametrize("told", [True, False])
def test_on_windows_dumpcap_is_told_to_end_through_the_console_it_shares(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: bool
) -> None:
    """A process without a window has a console of its own, which no Ctrl-Break of ours reaches: it was killed."""
    started: dict[str, Any] = {}
    done: list[Any] = []

    class Process:
        pid, _handle, stderr, returncode = 4711, 12, None, None

        def __init__(self, words: list[str], **how: Any) -> None:
            started.update(how, words=words)
            reading, writing = os.pipe()
            os.write(
                writing, b"Packets received/dropped on interface 'x': 5/2 (pcap:2/dumpcap:0/flushed:0/ps_ifdrop:1)"
            )
            os.close(writing)
            self.stderr = os.fdopen(reading, "rb")

        def poll(self) -> None:
            return None

        def wait(self, _: float) -> None:
            done.append("waited")

        def send_signal(self, number: int) -> None:
            done.append(number)
            if not told:
                raise OSError("no console")

        def kill(self) -> None:
            done.append("killed")

    monkeypatch.setattr(recorder.sys, "platform", "win32")
    monkeypatch.setattr(recorder.subprocess, "Popen", Process)
    monkeypatch.setattr(recorder.subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    monkeypatch.setattr(recorder.signal, "CTRL_BREAK_EVENT", 1, raising=False)
    calls = {"have_console": lambda: done.append("console"), "tie": lambda _: done.append("tied"), "untie": done.append}
    for name, what in calls.items():
        monkeypatch.setattr(recorder.windows_processes, name, what, raising=False)
    one = recorder.Recorder(Recording("x", tmp_path), 1, "dumpcap")
    one.stop()
    monkeypatch.undo()
    assert started["creationflags"] == 0x200
    assert not started["creationflags"] & 0x0800_0000
    assert done[:2] == ["console", "tied"]  # it ends with us, however that comes
    assert [what for what in done if what in (1, "waited")] == [1, "waited"]
    assert one.drops == recorder.Drops(5, 2, 1, 0)
    assert ("killed" in done) is not told  # where it cannot be told it is ended, and no recording fails by that


@pytest.mark.parametrize(
    ("name", "alias", "command"),
    [
        ("\\Device\\NPF_X", "以太网 2", "Disable-NetAdapterBinding -Name '以太网 2' -ComponentID ms_tcpip,ms_tcpip6"),
        ("x", "it's ’on‘", "Disable-NetAdapterBinding -Name 'it''s ’’on‘‘' -ComponentID ms_tcpip,ms_tcpip6"),
        ("x", "", "Disable-NetAdapterBinding -Name NAME -ComponentID ms_tcpip,ms_tcpip6"),
        (
            "\\Device\\NPF_{01234567-89AB-CDEF-0123-456789ABCDEF}", "",
            ("Get-NetAdapter | Where-Object InterfaceGuid -eq '{01234567-89AB-CDEF-0123-456789ABCDEF}'"
            " | Disable-NetAdapterBinding -ComponentID ms_tcpip,ms_tcpip6"),
        ),
    ],
)  # fmt: skip
def test_windows_is_told_its_own_name_of_an_interface(name: str, alias: str, command: str) -> None:
    """dumpcap's name means nothing to PowerShell, and a name that ends a text there would run as a command."""
    told = [adapters.Adapter("other", alias="other"), adapters.Adapter(name, "a maker's", alias=alias)]
    assert adapters._unbinding(name, told) == command
