"""Memory of an audit: `python benchmarks/memory.py CAPTURE [--times 10] [--other-hosts]` pipes the capture's traffic N
times, each time an hour later, into `netaudit audit - --no-faces --workers 1`, and prints the peak PSS of the process
tree. With `--other-hosts` each time comes from other addresses: ten times the hosts, not only of the traffic.

The design's bounds: 512 MB, and ten times the traffic costs no more than 32 MB more.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil

HOUR = 3600


def offsets(data: np.ndarray) -> np.ndarray:
    """Offsets of the record headers of a little-endian pcap in microseconds."""
    lengths = memoryview(data)
    at, found = 24, []
    while at + 16 <= len(data):
        found.append(at)
        at += 16 + int.from_bytes(lengths[at + 8 : at + 12], "little")
    return np.array(found)


def repeat(path: Path, times: int, out, *, other_hosts: bool) -> None:
    """Write the capture `times` times: the hour changes, and byte 2 of both IPv4 addresses with `other_hosts`."""
    data = np.fromfile(path, np.uint8)
    heads = offsets(data)
    ipv4 = heads[(data[heads + 28] == 8) & (data[heads + 29] == 0)]
    seconds = np.stack([data[heads + k] for k in range(4)]).astype(np.uint32)
    base = sum(seconds[k] << (8 * k) for k in range(4))
    out.write(data[:24].tobytes())
    for turn in range(times):
        copy = data.copy()
        now = base + turn * HOUR
        for k in range(4):
            copy[heads + k] = (now >> (8 * k)) & 255
        for place in (16 + 14 + 13, 16 + 14 + 17):
            copy[ipv4 + place] = (copy[ipv4 + place] + turn * other_hosts) & 255
        out.write(copy[24:].tobytes())
    out.close()


def peak(process: subprocess.Popen, every: float = 0.2, limit: float = float("inf")) -> int:
    """Highest sum of PSS over the process tree, in bytes, without file-backed maps, asked every so many seconds.

    After `limit` seconds the process is ended.
    """
    highest, begin = 0, time.perf_counter()
    root = psutil.Process(process.pid)
    while process.poll() is None:
        total = 0
        try:
            for member in [root, *root.children(recursive=True)]:
                total += sum(part.pss for part in member.memory_maps(grouped=True) if not Path(part.path).is_file())
        except psutil.Error:
            continue
        highest = max(highest, total)
        if time.perf_counter() - begin > limit:
            process.kill()
        time.sleep(every)
    return highest


def measure(path: Path, times: int, *, other_hosts: bool) -> tuple[int, float]:
    """Peak bytes and seconds of one audit."""
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        command = [
            sys.executable,
            "-m",
            "netaudit",
            "audit",
            "-",
            "--case",
            f"{folder}/case",
            "--no-faces",
            "--workers",
            "1",
            "--lang",
            "en",
        ]
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        more = {"other_hosts": other_hosts}
        threading.Thread(target=repeat, args=(path, times, process.stdin), kwargs=more, daemon=True).start()
        highest = peak(process)
        if process.returncode:
            raise SystemExit(f"netaudit exited {process.returncode}")
        return highest, time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("capture", type=Path)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--other-hosts", action="store_true")
    given = parser.parse_args()
    for times in (1, given.times):
        highest, seconds = measure(given.capture, times, other_hosts=given.other_hosts)
        size = given.capture.stat().st_size * times
        print(f"{size / 1e9:.1f} GB: peak {highest / 1e6:.0f} MB, {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
