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
from netaudit.cli.verifying import verify_command
from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.integrity import integrity
from netaudit.evidence.case.reading import open_case
from netaudit.findings.summary import Sentences
from netaudit.images import answers
from netaudit.images.answers import PLACE, Answers, believed
from netaudit.images.face_verdict import FaceVerdict
from netaudit.images.images import ImageFacts
from netaudit.images.previews import Shown
from netaudit.pipeline import conclusion
from netaudit.pipeline.options import Options
from netaudit.pipeline.resume_state import ASKED, asked_of, keep_asked
from netaudit.pipeline.resuming import resume_audit
from netaudit.tables.finalizing.images import _Judging

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
    return resume_audit(folder, Options(**options), progress)


@pytest.mark.parametrize("place", [1, 400_000, 1_200_000, 2_500_000])
def test_ctrl_c_and_resume(place, key, undisturbed, tmp_path) -> None:
    case = netaudit.audit(CAPTURES, tmp_path / "case", faces=False, project_key=key, progress=stopping(place))
    assert case.partial
    assert integrity(case.folder).sound
    case = went_on(tmp_path / "case")
    assert not case.partial
    assert integrity(case.folder).sound
    assert not (case.folder / PLACE).exists()
    assert promised(case) == undisturbed


def test_again_and_again(key, undisturbed, tmp_path) -> None:
    folder = tmp_path / "case"
    netaudit.audit(CAPTURES, folder, faces=False, project_key=key, progress=stopping(900_000))
    case = went_on(folder, stopping(300_000))
    assert case.partial
    case = went_on(folder, stopping(1_500_000))
    assert case.partial
    shutil.move(folder, moved := tmp_path / "elsewhere")
    case = went_on(moved)
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
    case = went_on(folder)
    assert case.folder == folder
    assert promised(case) == undisturbed


KILLED = """
import os, signal, sys
from netaudit.capture import from_files
from netaudit.pipeline import task
from netaudit.pipeline import workers
import netaudit
whole = from_files.open_captures
from_files.open_captures = lambda paths, **how: whole(paths, **how | {"window_size": 1 << 15})
left = int(sys.argv[1])
feed = workers.Alone.feed
def counted(self, decoded):
    global left
    left -= 1
    feed(self, decoded)
    left or os.kill(os.getpid(), signal.SIGKILL)
workers.Alone.feed = counted
task.write_run = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
netaudit.audit(sys.argv[4:], sys.argv[2], faces=False, project_key=sys.argv[3])
"""


@pytest.mark.parametrize("windows", [1, 50, -1], ids=["at first", "later", "in the last step"])
def test_a_killed_audit_goes_on(windows, key, undisturbed, tmp_path) -> None:
    folder = tmp_path / "case"
    command = [sys.executable, "-c", KILLED, str(windows), str(folder), str(key), *map(str, CAPTURES)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert integrity(folder).state == "unfinished"
    case = went_on(folder)
    assert promised(case) == undisturbed
    assert integrity(folder).sound


def test_what_was_read_is_told_everywhere(key, tmp_path, capsys) -> None:
    folder = tmp_path / "case"
    case = netaudit.audit(CAPTURES, folder, faces=False, project_key=key, lang="zh", progress=stopping(300_000))
    inputs = case.table("captures").to_pylist()
    counts = case.run["interrupted"]
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
    told = integrity(folder)
    assert (told.sound, told.partial) == (True, True)
    assert verify_command(folder, [], [], images=False, as_json=False, lang="zh") == 0
    assert "曾被中断" in capsys.readouterr().out
    reasons = {row["reason"] for row in case.table("ledgers").to_pylist() if row["ledger"] == "inputs"}
    assert reasons == {"read in part", "not read", "no capture"}
    (said,) = [text for text in Sentences(case.summary, "zh").limits() if "中断" in text]
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert said in report


def test_refusals(key, tmp_path) -> None:
    folder = tmp_path / "case"
    for name in ("a", "b"):
        shutil.copy(PCAPS / "benign_office" / "benign.pcap", tmp_path / f"{name}.pcap")
    captures = [tmp_path / "a.pcap", tmp_path / "b.pcap", PCAPS / "carriers"]
    data = bytearray(captures[1].read_bytes())
    data[100_000] ^= 1
    captures[1].write_bytes(data)
    read = sum(path.stat().st_size for path in captures[:2])
    case = netaudit.audit(captures, folder, faces=False, project_key=key, progress=stopping(read + 300_000))
    known = [row["name"] for row in case.table("captures").to_pylist() if row["sha256"]]
    assert known
    with pytest.raises(UsageError, match="site"):
        went_on(folder, site="another")
    changed = next(path for path in captures if path.name in known)
    whole = changed.read_bytes()
    changed.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(CaseError, match="is not what the interrupted audit read"):
        went_on(folder)
    changed.write_bytes(whole)
    assert not went_on(folder).partial
    with pytest.raises(UsageError, match="nothing is left"):
        went_on(folder)


def test_other_files_than_then_are_refused(key, tmp_path) -> None:
    folder = tmp_path / "case"
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        shutil.copy(PCAPS / "benign_office" / "benign.pcap", tmp_path / "in" / f"{name}.pcap")
    with (tmp_path / "in" / "b.pcap").open("r+b") as file:
        file.truncate(300_000)
    netaudit.audit(tmp_path / "in", folder, faces=False, project_key=key, progress=stopping(100_000))
    gone = tmp_path / "in" / "a.pcap"
    gone.rename(tmp_path / "a.pcap")
    with pytest.raises(CaseError, match=r"a\.pcap: was not there then, or is not there now"):
        went_on(folder)
    (tmp_path / "a.pcap").rename(gone)
    shutil.copy(PCAPS / "carriers" / "ftp.pcapng", tmp_path / "in" / "c.pcapng")
    with pytest.raises(CaseError, match=r"c\.pcapng"):
        went_on(folder)
    (tmp_path / "in" / "c.pcapng").unlink()
    assert not went_on(folder).partial


@pytest.mark.parametrize("words", [b"{}", b"", b'{"until":1}'])
def test_what_was_asked_for_is_believed_of_this_user_only(words, tmp_path) -> None:
    (tmp_path / PLACE).mkdir(parents=True)
    keep_asked(tmp_path, {"until": None})
    assert asked_of(tmp_path) == {"until": None}
    (tmp_path / PLACE / ASKED).write_bytes(words)
    assert asked_of(tmp_path) is None
    (tmp_path / PLACE / ASKED).write_bytes(b"0" * 128 + b"\n" + words)
    assert asked_of(tmp_path) is None


def test_a_partial_case_that_was_changed_is_not_built_upon(key, tmp_path) -> None:
    folder = tmp_path / "case"
    case = netaudit.audit(CAPTURES, folder, faces=False, project_key=key, progress=stopping(900_000))
    table = case.folder / "tables" / "messages.parquet"
    table.write_bytes(table.read_bytes()[:-1] + b"?")
    with pytest.raises(UsageError, match="not as it was sealed"):
        went_on(folder)


def test_what_was_judged_is_kept_at_the_end_too(tmp_path, monkeypatch) -> None:
    outcome = SimpleNamespace(faces=True, early_answers=None, count_faces=False, capture_ids=["c"])

    def interrupted(folder, _, known, progress, *__, **___) -> None:
        judging = _Judging(folder, known, {}, 2, progress, count=False)
        list(judging._kept({"a": {"rotate": True}}, [("a", ImageFacts(), FaceVerdict("yes"))]))
        judging.close()
        raise KeyboardInterrupt

    monkeypatch.setattr(conclusion, "image_table", interrupted)
    with pytest.raises(KeyboardInterrupt):
        conclusion._judged_images(tmp_path, {}, outcome, lambda *_: None, Shown())
    assert believed(tmp_path)["sha256"].to_pylist() == ["a"]


def test_answers_of_somebody_else_are_not_believed(tmp_path, monkeypatch) -> None:
    """A case from elsewhere may say of a face that there is none."""
    kept = Answers(tmp_path)
    kept.keep(("a", True), (ImageFacts(), FaceVerdict("yes")))
    kept.close()
    assert believed(tmp_path)["sha256"].to_pylist() == ["a"]
    (stream,) = (tmp_path / PLACE).iterdir()
    data = stream.read_bytes()
    assert b'"yes"' in data
    stream.write_bytes(data.replace(b'"yes"', b'"no" '))
    assert not believed(tmp_path).num_rows
    stream.write_bytes(data[:40] + b"?" + data[41:])
    assert believed(tmp_path).num_rows in (0, 1)  # and no other error
    stream.write_bytes(data)
    monkeypatch.setattr(answers, "_key", lambda: b"of another user")
    assert not believed(tmp_path).num_rows
