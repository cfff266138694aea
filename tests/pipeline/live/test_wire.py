"""Live on a wire of our own: what was sent is recorded, audited and told; what goes wrong is survived and said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from netaudit import api, open_case
from netaudit.capture.from_wire import recorded
from netaudit.evidence.case.custody import broken
from netaudit.evidence.case.sealed import differing
from tests.conftest import ROOT
from tests.pipeline.live.conftest import PATIENCE, UNJUDGED, Live, Wire

Start = Callable[..., Live]


def recorder_of(live: Live) -> int:
    """Process id of the dumpcap that a live audit started."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith(b"dumpcap") and str(live.record()).encode() in b" ".join(words):
                return int(folder.name)
    return 0


@pytest.mark.parametrize("recorder", ["dumpcap", "socket"])
def test_delivered_is_recorded_is_audited(
    wire: Wire, live: Start, recorder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = live("--no-faces", "--recorder", recorder, "--ring", "40MiB")
    running.wait_for(lambda: running.news("rate"), "the kernels")
    sent = wire.replay()
    running.wait_for(lambda: running.packets() >= sent, "all packets")
    running.wait_for(lambda: running.news("device"), "devices")
    running.stop()

    case = open_case(running.case)
    sealed = running.custody("recorded")
    assert len(sealed) > 1, "the ring was meant to turn"
    assert sum(int(str(row["packets"])) for row in sealed) == case.manifest["totals"]["packets_read"] == sent
    assert case.run["live"] | {"dropped_kernel": 0, "dropped_interface": 0, "dropped_own": 0} == case.run["live"]
    assert case.run["live"]["received"] == sent
    assert broken(running.case) == []
    assert differing(case) == []
    uploads = running.news("upload")
    assert {row["receiver_name"] for row in uploads if row["clear"]} >= {"api.wangxiaobao.com"}
    assert any(not row["clear"] for row in uploads)
    counts = running.news("count")
    assert any(not row["final"] for row in counts), "counted while it ran"
    told = {(row["sender_ip"], row["receiver_ip"], row["receiver_name"]): row for row in counts}
    rows = case.table("upload_counts").select(["sender", "receiver", "name", "uploads", "per_hour"]).to_pylist()
    assert {key: (row["uploads"], row["per_hour"]) for key, row in told.items() if row["final"]} == {
        (row["sender"], row["receiver"], row["name"]): (row["uploads"], row["per_hour"]) for row in rows
    }
    clear = [row for row in uploads if row["clear"]]
    assert len([row for row in clear if not row["again"]]) == len({row["object_id"] for row in clear})
    latest = {row["object_id"]: row["act"] for row in clear}
    assert set(latest.values()) >= {"uploaded outside", "moved inside"}
    assert "" not in latest.values(), "told of once more when it was known which side is inside"

    plain = audit_files(running, tmp_path / "plain", monkeypatch)
    assert_equal(running.case, plain, but={"captures": {"name"}})
    assert resumed(running.case, "--no-faces", "--workers", "2") == UNJUDGED
    assert_equal(running.case, plain, but={"captures": {"name"}})


def audit_files(live: Live, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The case that an audit of the recorded files gives, under the same key."""
    key = (live.case / "private" / "key").read_bytes()
    monkeypatch.setattr("netaudit.evidence.case.writing.secrets.token_bytes", lambda _: key)
    api.audit(live.record(), folder, faces=False)
    return folder


def resumed(case: Path, *options: str) -> int:
    words = [sys.executable, "-m", "netaudit", "audit", "--resume", str(case), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(words, check=False, capture_output=True, env=environment, timeout=PATIENCE).returncode


def assert_equal(one: Path, other: Path, but: dict[str, set[str]]) -> None:
    """Two cases have the same tables and manifest, but for some columns."""
    names = {path.name for folder in (one, other) for path in (folder / "tables").glob("*.parquet")}
    for name in sorted(names):
        left, right = (pq.read_table(folder / "tables" / name) for folder in (one, other))
        apart = [column for column in left.column_names if not left[column].equals(right[column])]
        assert set(apart) <= but.get(name.removesuffix(".parquet"), set()), f"{name}: {apart}"
    left, right = (orjson.loads((folder / "case.json").read_bytes()) for folder in (one, other))
    parts = {key: (left[key], right.get(key)) for key in left if left[key] != right.get(key)}
    assert parts.keys() <= {"inputs"}, parts


def test_killed_at_once_nothing_of_the_record_is_lost(wire: Wire, live: Start) -> None:
    running = live("--no-faces")
    running.wait_for(lambda: running.news("rate"), "the kernels")
    sent = wire.replay()
    running.wait_for(lambda: running.packets() >= sent, "all packets")
    messages = lambda: open_case(running.case).table("messages").num_rows  # noqa: E731
    running.wait_for(lambda: messages() > 300, "a checkpoint")
    pid = recorder_of(running)
    assert pid
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()

    case = open_case(running.case)
    assert case.partial
    gone_by(pid)
    assert broken(running.case) == []
    assert resumed(running.case, "--no-faces") == UNJUDGED
    whole = open_case(running.case)
    assert not whole.partial
    assert whole.manifest["totals"]["packets_read"] >= sent
    told = [row["what"] for row in running.custody()]
    since = told[told.index("resumed") :]
    assert [what for what in since if what != "report written"] == ["resumed", "recorded", "concluded", "sealed"]
    assert told[-1] == "sealed"
    assert broken(running.case) == []


def gone_by(pid: int) -> None:
    until = time.monotonic() + PATIENCE
    while Path(f"/proc/{pid}/fd").is_dir() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}/fd").is_dir(), "the recorder went on by itself"


def test_faults_leave_a_case_and_a_line_of_custody(wire: Wire, live: Start) -> None:
    """dumpcap killed, the link down and up again, the interface gone and back: one case of all that was recorded."""
    running = live("--no-faces")
    running.wait_for(lambda: running.news("rate"), "the kernels")
    first = wire.replay()
    running.wait_for(lambda: running.packets() >= first, "all packets")
    os.kill(recorder_of(running), signal.SIGKILL)
    running.wait_for(lambda: len(running.custody("recorder started")) == 2, "a new recorder")
    running.wait_for(lambda: any(running.record().glob("record-0002_*")), "its file")
    second = wire.replay(mbps=200)
    running.wait_for(lambda: running.packets() >= first + second, "all packets")

    wire.run("ip", "link", "set", "vb", "down")
    running.wait_for(lambda: running.custody("interface gone"), "the loss of the interface")
    wire.run("ip", "link", "set", "vb", "up")
    running.wait_for(lambda: running.custody("interface back"), "its return")
    third = wire.replay(mbps=200)
    running.wait_for(lambda: running.packets() >= first + second + third, "all packets")

    ended = len(running.custody("recorder ended"))  # a link that is down may have ended one more
    wire.run("ip", "link", "delete", "va")
    running.wait_for(lambda: len(running.custody("recorder ended")) > ended, "the end of the recorder")
    wire.plug()
    running.wait_for(lambda: recorded(running.record())[-1].name > "record-0003", "a new file")
    fourth = wire.replay(mbps=200)
    running.wait_for(lambda: running.packets() >= first + second + third + fourth, "all packets")
    running.stop()

    case = open_case(running.case)
    assert case.manifest["totals"]["packets_read"] == first + second + third + fourth
    assert not case.partial
    reasons = [str(row["reason"]) for row in running.custody("recorder ended")]
    assert "signal 9" in reasons[0]
    assert len(reasons) >= 3
    assert len(running.custody("interface gone")) == len(running.custody("interface back")) >= 1
    codes = [row["code"] for row in running.news("note")]
    assert {"recorder_ended", "interface_lost", "interface_back"} <= set(codes)
    assert broken(running.case) == []


def test_stops_before_the_disk_is_full(wire: Wire, live: Start, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("NO SMALL DISK: mount is not allowed here")
    try:
        running = live("--no-faces", "--keep-free", "58MB", name="disk/case")
        running.wait_for(lambda: running.news("rate"), "the kernels")
        wire.replay(mbps=200)
        wire.replay(mbps=200)
        assert running.process.wait(PATIENCE) == UNJUDGED
        assert running.custody("disk full")
        case = open_case(running.case)
        assert case.run["live"]["stopped"] == "disk_full"
        assert not case.partial
        assert case.manifest["totals"]["packets_read"] > 3000
        assert broken(running.case) == []
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_overwrites_the_oldest_only_when_told_to(wire: Wire, live: Start) -> None:
    running = live("--no-faces", "--ring", "4MiB", "--overwrite-oldest")
    running.wait_for(lambda: running.news("rate"), "the kernels")
    sent = sum(wire.replay(mbps=40) for _ in range(2))
    running.wait_for(lambda: running.packets() >= sent, "all packets")
    running.stop()
    overwritten = running.custody("overwritten")
    assert overwritten
    assert {row["packets_not_audited"] for row in overwritten} == {0}
    case = open_case(running.case)
    assert case.run["live"]["overwritten"] == [row["file"] for row in overwritten]
    assert case.manifest["totals"]["packets_read"] == sent, "what was overwritten had been audited"
    assert sum(path.stat().st_size for path in running.record().iterdir()) <= 5 << 20

    stopping = live("--no-faces", "--ring", "2MiB", name="stopping")
    stopping.wait_for(lambda: stopping.news("rate"), "the kernels")
    wire.replay(mbps=40)
    assert stopping.process.wait(PATIENCE) == UNJUDGED
    assert stopping.custody("ring full")
    assert not stopping.custody("overwritten")


def test_records_only_and_audits_later(wire: Wire, live: Start) -> None:
    running = live("--record-only", "--moment-window", "7")
    running.wait_for(lambda: running.news("rate"), "a beginning")
    sent = wire.replay(mbps=100)
    running.wait_for(lambda: running.packets() >= sent, "all packets")
    assert resumed(running.case, "--no-faces") == 2, "the recording goes on: one at a time"
    running.stop()
    assert not any((running.case / "tables").iterdir())
    assert [row["what"] for row in running.custody()][-1] == "recording ended"
    assert resumed(running.case, "--no-faces") == UNJUDGED
    case = open_case(running.case)
    assert case.manifest["totals"]["packets_read"] == sent
    assert case.manifest["options"]["moment_window_s"] == 7
    assert broken(running.case) == []


def test_changed_evidence_is_noticed(wire: Wire, live: Start) -> None:
    running = live("--record-only")
    wire.replay(mbps=100)
    running.stop()
    path = next(running.record().glob("*.pcapng"))
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    assert resumed(running.case, "--no-faces") == UNJUDGED, "graver than damage, which is told beside it"
    assert open_case(running.case).manifest["inputs"][0]["damage"] == ["resumed_other_hash"]
    assert running.custody("changed")


def test_an_interface_that_is_not_there_is_one_line(wire: Wire, tmp_path: Path) -> None:
    words = wire.command(sys.executable, "-m", "netaudit", "live", "nope", "--case", str(tmp_path / "case"))
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "nope" in done.stderr
    assert "netaudit live" in done.stderr
    assert not (tmp_path / "case").exists(), "the folder is free for the next try"


def test_a_key_log_that_grows_while_it_records_opens_what_it_can(wire: Wire, live: Start, tmp_path: Path) -> None:
    """Nothing is opened before the log says how; pictures of real peers appear once it does, in news and case."""
    folder = ROOT / "pcaps" / "opened"
    for end in ("va", "vb"):
        wire.run("ip", "link", "set", end, "mtu", "9000")  # the peers had large frames
    log = tmp_path / "keys.log"
    log.write_bytes(b"")
    running = live("--no-faces", "--tls-keys", str(log), "--keys-for", "all", "--authority", "a test of our own")
    running.wait_for(lambda: running.news("rate"), "the kernels")
    sent = wire.replay(mbps=2, capture=folder / "tls12_session_id.pcapng")
    running.wait_for(lambda: running.packets() >= sent, "packets without keys")
    assert not [row for row in running.news("upload") if row["clear"]]
    for name in ("tls13_key_update", "quic_v1_key_update"):
        with log.open("ab") as file:
            file.write((folder / f"{name}.keylog").read_bytes())
        sent += wire.replay(mbps=2, capture=folder / f"{name}.pcapng")
        running.wait_for(lambda: running.packets() >= sent, "packets with keys")  # noqa: B023
    wanted = orjson.loads((folder / "expected.json").read_bytes())
    pictures = {one for name in ("tls13_key_update", "quic_v1_key_update") for one in wanted[name]["sha256"]}
    running.wait_for(
        lambda: len({row["object_id"] for row in running.news("upload") if row["clear"]}) >= len(pictures), "pictures"
    )
    running.stop()
    case = open_case(running.case)
    assert set(case.table("images")["sha256"].to_pylist()) == pictures
    assert set(case.table("flows")["keys"].to_pylist()) >= {"opened", "no keys"}
    assert (running.case / "private" / "keys.log").stat().st_size, "the secrets that opened something are kept"
