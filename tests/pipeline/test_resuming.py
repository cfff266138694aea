"""An audit that was interrupted or killed goes on, and gives the case that an undisturbed one gives."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import netaudit
from netaudit.capture import from_files
from netaudit.case.integrity import integrity
from netaudit.case.reading import open_case
from netaudit.cli.verifying import verify_command
from netaudit.errors import CaseError, UsageError
from netaudit.finalizing.images import _Judging
from netaudit.findings.statement_text import sentences
from netaudit.images.face_verdict import FaceVerdict
from netaudit.images.images import ImageFacts
from netaudit.pipeline import checkpoint, conclusion
from netaudit.pipeline.checkpoint import kept_answers
from netaudit.pipeline.resuming import resume_audit
from netaudit.pipeline.task import Options

PCAPS = Path(__file__).parents[2] / "pcaps"
CAPTURES = [PCAPS / "benign_office", PCAPS / "carriers"]


@pytest.fixture(scope="module")
def key(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("key") / "project"
    path.write_bytes(b"k" * 32)
    return path


@pytest.fixture(scope="module")
def undisturbed(key, tmp_path_factory):
    return promised(netaudit.audit(CAPTURES, tmp_path_factory.mktemp("whole") / "case", faces=False, project_key=key))


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    """Windows so small that there is something between them."""
    whole = from_files.open_captures
    monkeypatch.setattr(
        from_files, "open_captures", lambda paths, **how: whole(paths, **how | {"window_size": 1 << 15})
    )


def promised(case):
    """What does not depend on how it was run: tables, objects, case.json."""
    folder = case.folder
    files = [*(folder / "tables").iterdir(), folder / "case.json"]
    kept = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    return kept, sorted(path.name for path in (folder / "private" / "objects").rglob("*.*"))


def stopping(*places):
    """Progress that presses Ctrl-C when so many bytes were read."""
    left = list(places)

    def progress(stage: str, done: int, _total: int) -> None:
        if stage == "read" and left and done >= left[0]:
            left.pop(0)
            os.kill(os.getpid(), signal.SIGINT)

    return progress


def went_on(folder, progress=lambda *_: None, **options):
    told = []
    case = resume_audit(folder, Options(**options), progress, lambda *why: told.append(why))
    return case, told


@pytest.mark.parametrize("place", [1, 400_000, 1_200_000, 2_500_000])
def test_ctrl_c_and_resume(place, key, undisturbed, tmp_path) -> None:
    case = netaudit.audit(CAPTURES, tmp_path / "case", faces=False, project_key=key, progress=stopping(place))
    assert case.partial
    assert integrity(case.folder).sound
    case, told = went_on(tmp_path / "case")
    assert not told
    assert not case.partial
    assert integrity(case.folder).sound
    assert not (case.folder / checkpoint.PLACE).exists()
    assert promised(case) == undisturbed


def test_again_and_again_also_before_anything_new_was_read(key, undisturbed, tmp_path) -> None:
    folder = tmp_path / "case"
    netaudit.audit(CAPTURES, folder, faces=False, project_key=key, progress=stopping(900_000))
    before = promised(open_case(folder))
    case, told = went_on(folder, stopping(300_000))
    assert case.partial
    assert promised(case) == before  # nothing of what was read once is lost
    case, more = went_on(folder, stopping(1_500_000))
    assert case.partial
    shutil.move(folder, moved := tmp_path / "elsewhere")
    case, again = went_on(moved)
    assert (told, more, again) == ([], [], [])
    assert promised(case) == undisturbed


def test_workers_and_an_old_case_in_its_place(key, undisturbed, tmp_path) -> None:
    folder = tmp_path / "case"
    old = netaudit.audit(PCAPS / "tls", folder, faces=False)
    before = promised(old)
    case = netaudit.audit(
        CAPTURES, folder, faces=False, project_key=key, workers=2, overwrite=True, progress=stopping(700_000)
    )
    assert case.partial
    assert case.folder != folder
    assert promised(open_case(folder)) == before  # the case that is whole stays
    case, told = went_on(folder)
    assert not told
    assert case.folder == folder
    assert promised(case) == undisturbed


KILLED = """
import os, signal, sys
from netaudit.capture import from_files
from netaudit.pipeline import checkpoint
from netaudit.pipeline import task
from netaudit.pipeline import workers
import netaudit
checkpoint.EVERY_S, checkpoint.SHARE = 0.0, 0
whole = from_files.open_captures
from_files.open_captures = lambda paths, **how: whole(paths, **how | {"window_size": 1 << 15})
place, left = sys.argv[1], int(sys.argv[2])
if place == "feed":
    feed = workers.Alone.feed
    def counted(self, decoded):
        global left
        left -= 1
        feed(self, decoded)
        left or os.kill(os.getpid(), signal.SIGKILL)
    workers.Alone.feed = counted
elif place == "preserve":
    linked = checkpoint._linked
    def counted(path, to):
        global left
        left -= 1
        linked(path, to)
        left or os.kill(os.getpid(), signal.SIGKILL)
    checkpoint._linked = counted
else:
    task.write_run = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
netaudit.audit(sys.argv[5:], sys.argv[3], faces=False, project_key=sys.argv[4])
"""


@pytest.mark.parametrize(
    ("place", "windows"), [("feed", 1), ("feed", 20), ("feed", 50), ("preserve", 3), ("conclusion", 0)]
)
def test_a_killed_audit_goes_on_from_its_last_checkpoint(place, windows, key, undisturbed, tmp_path) -> None:
    folder = tmp_path / "case"
    command = [sys.executable, "-c", KILLED, place, str(windows), str(folder), str(key), *map(str, CAPTURES)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert integrity(folder).state == "unfinished"
    case, told = went_on(folder)
    assert [why for why, _ in told] == (["none"] if windows == 1 else [])
    assert promised(case) == undisturbed
    assert integrity(folder).sound


def test_what_was_read_is_told_everywhere(key, tmp_path, capsys) -> None:
    folder = tmp_path / "case"
    case = netaudit.audit(CAPTURES, folder, faces=False, project_key=key, lang="zh", progress=stopping(300_000))
    inputs = case.table("captures").to_pylist()
    counts = next(one["counts"] for one in case.statements if one["kind"] == "interrupted")
    assert counts["files"] == len(inputs)
    assert counts["whole"] == sum(bool(row["sha256"]) for row in inputs)
    assert counts["part"] == 1
    assert counts["whole"] + counts["part"] + counts["unread"] == counts["files"]
    assert counts["packets"] == sum(row["packets_read"] for row in inputs)
    assert counts["packets"] == case.manifest["totals"]["packets_decoded"] + sum(
        case.manifest["totals"]["skipped"].values()
    )
    assert counts["until"] == max(case.table("captures")["last_ts"].cast("int64").drop_null().to_pylist())
    assert counts["bytes"] < counts["all_bytes"] == sum(row["size"] for row in inputs)
    assert case.run["interrupted"] == counts
    told = integrity(folder)
    assert (told.sound, told.partial) == (True, True)
    assert verify_command(folder, [], [], images=False, as_json=False, lang="zh") == 0
    assert "曾被中断" in capsys.readouterr().out
    reasons = {row["reason"] for row in case.table("ledgers").to_pylist() if row["ledger"] == "inputs"}
    assert reasons == {"read in part", "not read", "no capture"}
    (said,) = [text for text in sentences(case.statements, "zh") if "中断" in text]
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert said in report


def test_refusals(key, tmp_path) -> None:
    folder = tmp_path / "case"
    capture = tmp_path / "a.pcap"
    shutil.copy(PCAPS / "benign_office" / "benign.pcap", capture)
    netaudit.audit(capture, folder, faces=False, project_key=key, progress=stopping(300_000))
    with pytest.raises(UsageError, match="site"):
        went_on(folder, site="another")
    data = bytearray(capture.read_bytes())
    data[100_000] ^= 1
    capture.write_bytes(data)
    with pytest.raises(CaseError, match="is not what the interrupted audit read"):
        went_on(folder)
    data[100_000] ^= 1
    capture.write_bytes(data[:100_000])
    with pytest.raises(CaseError, match="shorter"):
        went_on(folder)
    capture.write_bytes(data)
    case, told = went_on(folder)  # a refusal takes nothing away
    assert not told
    assert not case.partial
    with pytest.raises(UsageError, match="nothing is left"):
        went_on(folder)


def test_a_state_of_somebody_else_is_not_run(key, tmp_path, monkeypatch) -> None:
    """A pickle runs what stands in it: a case from elsewhere must not."""
    folder = tmp_path / "case"
    netaudit.audit(CAPTURES, folder, faces=False, project_key=key, progress=stopping(900_000))
    from netaudit.system import user_cache

    another = tmp_path / "another"
    shutil.copytree(user_cache.user_cache() / "kernels", another / "kernels")  # to compile them takes half a minute
    monkeypatch.setenv("NETAUDIT_CACHE", str(another))
    user_cache._chosen.cache_clear()
    case, told = went_on(folder)
    assert [why for why, _ in told] == ["foreign"]
    assert not case.partial


def test_a_partial_case_that_was_changed_is_not_built_upon(key, tmp_path) -> None:
    folder = tmp_path / "case"
    netaudit.audit(CAPTURES, folder, faces=False, project_key=key, progress=stopping(900_000))
    stream = next((folder / checkpoint.PLACE).rglob("messages.*.arrows"))
    data = bytearray(stream.read_bytes())
    data[len(data) // 2] ^= 1
    stream.write_bytes(data)
    with pytest.raises(UsageError, match="not as it was sealed"):
        went_on(folder)


def test_a_second_ctrl_c_keeps_what_was_judged_at_the_end_too(tmp_path, monkeypatch) -> None:
    (tmp_path / "private" / "resume").mkdir(parents=True)
    outcome = SimpleNamespace(faces=True, early_answers=None, count_faces=False, capture_ids=["c"])

    def interrupted(folder, _, known, progress, *__, **___) -> None:
        judging = _Judging(folder, known, {}, 2, progress, count=False)
        list(judging._kept({"a": {"rotate": True}}, [("a", ImageFacts(), FaceVerdict("yes"))]))
        judging.close()
        raise KeyboardInterrupt

    monkeypatch.setattr(conclusion, "image_table", interrupted)
    with pytest.raises(KeyboardInterrupt):
        conclusion._judged_images(tmp_path, {}, outcome, lambda *_: None)
    kept = kept_answers(tmp_path)
    assert kept is not None
    assert kept["sha256"].to_pylist() == ["a"]
