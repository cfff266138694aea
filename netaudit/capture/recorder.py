"""The process that records an interface into pcapng files: dumpcap, or on Linux this program's own `packet_socket`.

Both write `record-RRRR_NNNNN_TIME.pcapng` (run, number, local time), begin a new file by size and by time, say on
standard error what they do, end cleanly when told to or when nobody reads what they say, and count lost packets.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.capture.wireshark import find_program
from netaudit.core.system import windows_processes
from netaudit.core.system.programs import helper
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_SAID = 20  # last lines of the recorder that are kept
LONGEST_LINE = 1000
PATIENCE = 10.0  # seconds for a recorder to end
FINAL = re.compile(
    r"received/dropped on interface '.*': (\d+)/(\d+) \(pcap:(\d+)/dumpcap:(\d+)/flushed:\d+/ps_ifdrop:(\d+)\)"
)
NOISE = ("Capturing on", "File: ", "Packets captured", "Packets received", "Packets: ")


@dataclass(frozen=True, slots=True)
class Recording:
    """What to record, and into which files."""

    interface: str
    folder: Path
    file_bytes: int = 128 << 20  # until a new file begins
    file_seconds: int = 600
    snaplen: int = 0  # bytes of a packet, 0 all
    capture_filter: str = ""  # in the language of libpcap
    buffer_mib: int = 64  # of the kernel
    promiscuous: bool = True


@dataclass(frozen=True, slots=True)
class Drops:
    """Packets that a recorder says it got and lost."""

    received: int = 0
    kernel: int = 0  # its buffer in the kernel was full
    interface: int = 0  # the interface or its driver lost them
    recorder: int = 0  # the recorder itself


def find_dumpcap() -> str | None:
    """Path of dumpcap; None where it is not installed."""
    return find_program("dumpcap")


def command(recording: Recording, run: int, method: str) -> list[str]:
    """Command line of the recorder by `method`: the path of dumpcap, or "socket"."""
    base = recording.folder / f"record-{run:04d}.pcapng"
    if method == "socket":
        numbers = (recording.file_bytes, recording.file_seconds, recording.snaplen, recording.buffer_mib)
        mode = "promiscuous" if recording.promiscuous else "plain"
        return helper("netaudit.capture.packet_socket", recording.interface, str(base), *map(str, numbers), mode)
    out = [method, "-i", recording.interface, "-w", str(base), "-B", str(recording.buffer_mib)]
    out += ["-b", f"filesize:{max(1, recording.file_bytes // 1000)}", "-b", f"duration:{recording.file_seconds}"]
    out += ["--update-interval", "100"]
    out += ["-s", str(recording.snaplen)] if recording.snaplen else []
    out += ["-f", recording.capture_filter] if recording.capture_filter else []
    return out if recording.promiscuous else [*out, "-p"]


def choose_method(wanted: str = "", capture_filter: str = "") -> str:
    """How to record on this machine: path of dumpcap, or "socket"; `wanted` may be dumpcap or socket.

    Raises UsageError where it cannot be done, with what would help.
    """
    how = {
        "win32": "install Wireshark with Npcap from https://www.wireshark.org",
        "darwin": "install Wireshark with ChmodBPF from https://www.wireshark.org, or: brew install --cask wireshark",
    }.get(sys.platform, "on Debian and Ubuntu: apt-get install wireshark-common; on Fedora: dnf install wireshark-cli")
    if wanted != "socket" and (found := find_dumpcap()):
        if Path(found).exists() and not os.access(found, os.X_OK):  # of a group that is not ours
            raise UsageError("{}: Permission denied", found)
        return found
    if not sys.platform.startswith("linux") or wanted == "dumpcap":
        raise UsageError("dumpcap was not found: {}", how)
    if capture_filter:
        raise UsageError("--filter needs dumpcap: {}", how)
    return "socket"


class Recorder:
    """One run of a recorder. Starting never fails by itself: `ended` and `said` tell how it went."""

    def __init__(self, recording: Recording, run: int, method: str) -> None:
        self.method = method
        self.output: deque[str] = deque(maxlen=MOST_SAID)
        self.drops: Drops | None = None  # once it has ended
        flags = 0
        if sys.platform == "win32":  # a group of its own, which is told to end through the console that it shares
            windows_processes.have_console()
            flags = subprocess.CREATE_NEW_PROCESS_GROUP
        self._process = subprocess.Popen(  # noqa: S603 - found by us, no shell
            command(recording, run, method),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            creationflags=flags,
            start_new_session=sys.platform != "win32",  # Ctrl-C is for us: we end it when all is ready for its end
        )
        self._guard = _guard(self._process)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it has ended, and all it said has been read."""
        return self._process.poll() is not None and not self._listener.is_alive()

    @property
    def reason(self) -> str:
        """Why it has ended, in one line."""
        code = self._process.poll()
        output = " ".join(self.output)
        if code is not None and code < 0:
            return f"killed by signal {-code}" + (f": {output}" if output else "")
        return output or ("ended" if not code else f"ended with code {code}")

    def stop(self) -> None:
        """Let it write what it has, and wait for its end."""
        if self._process.poll() is None:
            try:
                self._process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT))
            except OSError:  # Windows: no console is shared, so it cannot be told, and counts no losses
                self._process.kill()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(PATIENCE)

    def _listen(self) -> None:
        """Take what it says until it ends: it counts packets on one line, over and over."""
        assert self._process.stderr is not None
        rest = b""
        with self._process.stderr as stderr:
            while piece := os.read(stderr.fileno(), 1 << 16):
                *lines, rest = re.split(rb"[\r\n]", rest[-LONGEST_LINE:] + piece)
                for line in lines:
                    self._hear(line[:LONGEST_LINE].decode("utf-8", "replace").strip())
        self._hear(rest.decode("utf-8", "replace").strip())
        self._guard()  # before the number of the recorder can belong to another process

    def _hear(self, line: str) -> None:
        if found := FINAL.search(line):
            received, _, kernel, recorder, interface = map(int, found.groups())
            self.drops = Drops(received, kernel, interface, recorder)
        if line and not line.startswith(NOISE):
            self.output.append(line)


def _guard(recorder: subprocess.Popen[bytes]) -> Callable[[], None]:
    """See that the recorder ends when this process is gone, however that came; gives what calls that off."""
    if sys.platform == "win32":
        job = windows_processes.tie(int(recorder._handle))  # noqa: SLF001 - it has no other name
        return lambda: windows_processes.untie(job)
    shell = shutil.which("sh")
    if shell is None:
        return lambda: None
    words = [shell, "-c", 'read _; kill -TERM "$1"', "sh", str(recorder.pid)]  # waits for the end of a pipe
    quiet = subprocess.DEVNULL
    guard = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True)  # noqa: S603

    def called_off() -> None:
        with guard:
            guard.kill()

    return called_off
