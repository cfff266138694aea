"""The physical test where all is encrypted: real TLS clients as cameras, real passes marked, recorded and audited.

Both cameras upload at times of their own; one of them is triggered by the passes as well. Only that one is tied to them.
"""

from __future__ import annotations

import datetime
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netaudit.evidence.case.reading import open_case
from tests.conftest import ROOT

CLOUD, TRIGGERED, OTHER = "121.40.77.19", "192.168.77.20", "192.168.77.21"
PROGRAM = str(Path(__file__).with_name("cameras.py"))
QUIET_S = 30.0
GAPS_S = 5, 6, 16, 13, 7, 8.5, 10.5  # uneven: moved by any time, at most 4 of 8 passes come before an upload of another
PASSES = len(GAPS_S) + 1
RESTS = 25.0, 9.0  # seconds on the mean between uploads of the cameras' own
NEEDED = ("ip", "dumpcap", "openssl")


@pytest.fixture
def street():
    """Three namespaces on one bridge-less street: two cameras, each with a cable to the cloud."""
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip(f"NO WIRE: needs root{' and ' + ', '.join(missing) if missing else ''}")
    mark = f"na{os.getpid() % 100_000}"
    names = [f"{mark}-{end}" for end in ("cloud", "a", "b")]
    made = subprocess.run(["ip", "netns", "add", names[0]], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"NO WIRE: ip netns add: {made.stderr.strip()}")
    try:
        for name in names[1:]:
            _ip("netns", "add", name)
        _in(names[0], "link", "set", "lo", "up")
        _in(names[0], "link", "add", "street", "type", "bridge")
        for end, address in (("a", TRIGGERED), ("b", OTHER)):
            name = f"{mark}-{end}"
            _in(names[0], "link", "add", f"to-{end}", "type", "veth", "peer", "name", "eth0", "netns", name)
            _in(names[0], "link", "set", f"to-{end}", "master", "street", "up")
            _in(name, "addr", "add", f"{address}/24", "dev", "eth0")
            _in(name, "link", "set", "eth0", "up")
            _in(name, "route", "add", "default", "via", "192.168.77.1")
        for address in (f"{CLOUD}/32", "192.168.77.1/24"):
            _in(names[0], "addr", "add", address, "dev", "street")
        _in(names[0], "link", "set", "street", "up")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=30)


def _in(name: str, *words: str) -> None:
    _ip("-n", name, *words)


def _start(name: str, *words: str, **more) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["ip", "netns", "exec", name, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **more
    )


@pytest.mark.tools
@pytest.mark.long
def test_uploads_follow_the_passes_of_the_camera_that_they_trigger_and_of_no_other(street, tmp_path) -> None:
    cloud, *sites = street
    cert, key, recorded = (tmp_path / name for name in ("cert.pem", "key.pem", "lan.pcapng"))
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=in.example", "-days", "2"]
    subprocess.run([*made, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    running = [_start(cloud, sys.executable, PROGRAM, "cloud", CLOUD, "443", str(cert), str(key))]
    try:
        assert running[0].stdout.readline() == b"ready\n"
        running.append(_start(cloud, "dumpcap", "-q", "-i", "street", "-w", str(recorded)))
        _until_records(recorded)
        cameras = [
            _start(name, sys.executable, PROGRAM, "camera", CLOUD, "443", str(seed), str(rest), stdin=subprocess.PIPE)
            for seed, (name, rest) in enumerate(zip(sites, RESTS, strict=True), 7)
        ]
        running += cameras
        passes = _walk_by(cameras[0])
    finally:
        for process in reversed(running):
            process.terminate()
        heard = [process.communicate(timeout=60)[0] for process in running]
    began = [float(line) for line in heard[2].split()]
    followed = _followed_within(3.0, passes, began)
    assert followed >= PASSES - 1, "this machine is too busy to be a camera: uploads came seconds after their passes"
    notes = tmp_path / "passes.csv"
    notes.write_text("time,text\n" + "".join(f"{time_.isoformat()},pass {n}\n" for n, time_ in enumerate(passes, 1)))
    words = [
        sys.executable,
        "-m",
        "netaudit",
        "audit",
        str(recorded),
        "--case",
        str(tmp_path / "case"),
        "--moments",
        str(notes),
    ]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert (tmp_path / "case" / "case.json").is_file(), done.stderr

    case = open_case(tmp_path / "case")
    rows = case.table("moment_tests").to_pylist()
    claimed = {(row["sender"], row["receiver"]) for row in rows if row["standing"] == "claimed"}
    assert claimed == {(TRIGGERED, CLOUD)}, rows
    best = next(row for row in rows if row["standing"] == "claimed" and row["window_s"] == 3)
    assert (best["followed"], best["moments"]) == (followed, PASSES)
    assert best["p"] == 0.001 > best["p_model"]
    assert all(-1 <= delay <= 3 for delay in best["delays_s"])
    assert {row["sender"] for row in rows} == {TRIGGERED, OTHER}  # the other one was tested as well
    said = [one for one in case.summary.marks if one.device is not None]
    assert [(one.device.address, one.other.address) for one in said] == [(TRIGGERED, CLOUD)]
    counts = {row["sender"]: row["uploads"] for row in case.table("upload_counts").to_pylist()}
    assert counts[TRIGGERED] >= PASSES
    report = (tmp_path / "case" / "report.html").read_text(encoding="utf-8")
    assert "chance below 1 in 1,000" in report
    assert "uploads follow the moments, not by chance" in report


def _until_records(path: Path) -> None:
    """Wait until the recorder has begun its file."""
    until = time.monotonic() + 60
    while not (path.is_file() and path.stat().st_size):
        assert time.monotonic() < until, "dumpcap records nothing"
        time.sleep(0.1)


def _followed_within(window_s: float, passes: list[datetime.datetime], began: list[float]) -> int:
    """Passes whose upload began in time, by the clock of the camera itself: a busy machine may be late."""
    return sum(any(0 <= upload - one.timestamp() <= window_s for upload in began) for one in passes)


def _walk_by(camera: subprocess.Popen[bytes]) -> list[datetime.datetime]:
    """Passes at uneven times, each noted as an auditor would, with quiet before and after."""
    noted = []
    for quiet_s in (QUIET_S, *GAPS_S):
        time.sleep(quiet_s)
        noted.append(datetime.datetime.now(datetime.UTC))
        camera.stdin.write(b"pass\n")
        camera.stdin.flush()
    time.sleep(QUIET_S)
    return noted
