"""What a live run has said at its end and what its case says are the same, whatever went on in the office."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

import netaudit
from netaudit.capture.recorder import Drops
from netaudit.images import judge_pool, judging_ahead
from netaudit.images.face_verdict import FaceVerdict
from netaudit.images.images import ImageFacts
from netaudit.pipeline.live import analysis, engine, judging
from netaudit.pipeline.live.board import Board
from netaudit.pipeline.live.news import AlertNews, UploadNews
from netaudit.pipeline.live.settings import LiveSettings
from netaudit.pipeline.task import Options
from tests.findings.test_retrieval import LOOKED_AT, RETRIEVED
from tests.pipeline.live.random_office import write_office
from tests.spoken import Capture

OFFICES = int(os.environ.get("LIVE_OFFICES", "1"))  # `make live-agreement` plays more
PIECES = 12  # in which the recording grows
FACES = {"possible": 0x20, "no": 0x60}  # of 256, by the first byte of the digest; the others are faces


class Helper:
    """Stands for the process that judges: what it says depends on the bytes alone."""

    def __init__(self, *, faces: bool = True, threads: int | None = None, count: bool = False, polite: int = 0):
        self._answers: list[tuple[str, ImageFacts, FaceVerdict]] = []

    def prepare(self) -> None:
        pass

    def submit(self, sha256, path, kind, **how) -> None:
        place = int(hashlib.sha256(sha256.encode()).hexdigest()[:2], 16)
        face = next((name for name, most in FACES.items() if place < most), "yes")
        broken = Path(path).read_bytes()[-2:] != b"\xff\xd9"
        facts = ImageFacts(decodable=True, problem="truncated" if broken else "")
        self._answers.append((sha256, facts, FaceVerdict(face, n_faces=1)))

    def results(self):
        done, self._answers = self._answers, []
        yield from done

    def finish(self, stopped=None):
        yield from self.results()

    def release(self) -> None:
        self.close()

    def close(self) -> None:
        pass


class Recording:
    """Stands for the keeper of a recording: the file grows piece by piece, and every one has been analysed."""

    capture = b""
    analyses = 0  # taken since the last piece
    method, overwritten, drops_own, untold_runs, free, ended_runs = "dumpcap", (), 0, 0, 1 << 40, 0
    drops = Drops()

    def __init__(self, settings, folder, custody, tell, unread) -> None:
        self._file = (folder / "record-0001_00001_20260314093000.pcapng").open("wb")
        self._pieces = list(range(PIECES))
        self.stop_reason = ""

    def start(self) -> None:
        self.tend()

    def missed(self) -> int:
        return 0

    @property
    def recording(self) -> bool:
        return not self.stop_reason

    def tend(self) -> None:
        if self._pieces:
            size = -(-len(self.capture) // PIECES)
            place = self._pieces.pop(0)
            self._file.write(self.capture[place * size : (place + 1) * size])
            self._file.flush()
            Recording.analyses = 0
        elif Recording.analyses >= 3:  # the first may have begun before the last piece
            self.stop_reason = "duration"

    def stop(self) -> None:
        self._file.close()


class Listener(Board):
    """A board that also keeps all news."""

    def __init__(self) -> None:
        super().__init__()
        self.news: list[object] = []

    def show(self, news) -> None:
        self.news.append(news)
        super().show(news)


@pytest.fixture
def no_waiting(monkeypatch) -> None:
    monkeypatch.setattr(judge_pool, "Judges", Helper)
    monkeypatch.setattr(judging_ahead, "Judges", Helper)
    monkeypatch.setattr(judging, "Judge", Helper)
    monkeypatch.setattr(engine, "Keeper", Recording)
    monkeypatch.setattr(engine, "_ready_kernels", lambda: None)
    monkeypatch.setattr(engine, "TICK", 0.02)
    take = engine.Newsroom.report

    def counted(newsroom, done) -> None:
        take(newsroom, done)
        Recording.analyses += 1

    monkeypatch.setattr(engine.Newsroom, "report", counted)
    for name, seconds in (("FIRST", 0.05), ("SHORTEST", 0.05), ("SHARE", 0)):
        monkeypatch.setattr(analysis, name, seconds)


def findings(case) -> list[dict]:
    return case.table("findings").drop_columns(["capture_ids", "first_ts", "last_ts"]).to_pylist()


def graded_in(rows: list[dict]) -> dict[str, tuple[str, str]]:
    """Act and certainty of each image that findings have seen move; C only compares sizes with it."""
    return {one: (row["act"], row["certainty"]) for row in rows if row["certainty"] != "C" for one in row["object_ids"]}


@pytest.mark.parametrize("seed", range(OFFICES))
def test_the_last_word_of_a_live_run_is_that_of_its_case(tmp_path, monkeypatch, no_waiting, seed) -> None:
    capture = tmp_path / "office.pcapng"
    write_office(capture, seed, tmp_path)
    monkeypatch.setattr(Recording, "capture", capture.read_bytes())
    shown = Listener()
    case = engine.run_live(LiveSettings("eth0", tick=0.01), tmp_path / "live", Options(), shown)
    assert case is not None
    audited = netaudit.audit(capture, tmp_path / "audit")
    assert findings(case) == findings(audited)
    assert case.headline() == audited.headline()
    rows = case.table("findings").to_pylist()
    assert {(row["act"], row["certainty"]) for row in rows}, "an office in which nothing is found shows nothing"

    alerts: dict[str, AlertNews] = {news.finding_id: news for news in shown.news if isinstance(news, AlertNews)}
    standing = {key: news for key, news in alerts.items() if not news.withdrawn}
    assert standing.keys() == {row["finding_id"] for row in rows}
    for row in rows:
        said = standing[row["finding_id"]]
        assert (said.certainty, said.act, said.images, said.reason) == (
            row["certainty"], row["act"], row["images"], row["reason"],
        )  # fmt: skip
    assert {(alert.finding_id) for alert in shown.alerts()} == standing.keys()

    uploads: dict[str, UploadNews] = {
        news.object_id: news for news in shown.news if isinstance(news, UploadNews) and news.clear
    }
    graded = {key: (news.act, news.certainty) for key, news in uploads.items() if news.certainty}
    expected = graded_in(rows)
    assert graded == expected
    shutil.rmtree(tmp_path / "live")


@pytest.mark.parametrize("seed", range(OFFICES))
def test_before_the_case_is_there_nothing_else_is_said(tmp_path, monkeypatch, no_waiting, seed) -> None:
    """The predicates are the same, so the case has nothing to put right that was known when the recording ended."""
    capture = tmp_path / "office.pcapng"
    write_office(capture, 100 + seed, tmp_path)
    monkeypatch.setattr(Recording, "capture", capture.read_bytes())
    shown, before = Listener(), []
    settle = engine.Newsroom.settle

    def noted(newsroom, case) -> None:
        before.extend(shown.news)
        settle(newsroom, case)

    monkeypatch.setattr(engine.Newsroom, "settle", noted)
    case = engine.run_live(LiveSettings("eth0", tick=0.01), tmp_path / "live", Options(), shown)
    assert case is not None
    rows = case.table("findings").to_pylist()
    expected = graded_in(rows)
    uploads = {news.object_id: news for news in before if isinstance(news, UploadNews) and news.clear}
    assert {key: (news.act, news.certainty) for key, news in uploads.items() if news.certainty} == expected
    assert {news.finding_id for news in before if isinstance(news, AlertNews)} >= {row["finding_id"] for row in rows}


@pytest.mark.parametrize("name", [*RETRIEVED, *LOOKED_AT])
def test_the_signs_of_retrieval_are_those_of_the_case(tmp_path, monkeypatch, no_waiting, name) -> None:
    """Domains, records, answers and pages that name a picture are heard while it runs, not at its end only."""
    capture, before = Capture(), []
    for client, server, exchange in (RETRIEVED | LOOKED_AT)[name]:
        capture.talk(client, server, exchange)
    path = capture.write(tmp_path / "a.pcap")
    shown = Listener()
    monkeypatch.setattr(Recording, "capture", path.read_bytes())
    monkeypatch.setattr(engine.Newsroom, "settle", lambda *_: before.extend(shown.news))
    options = Options(inside=("192.168.1.0/24",))
    case = engine.run_live(LiveSettings("eth0", tick=0.01), tmp_path / "live", options, shown)
    assert case is not None
    expected = graded_in(case.table("findings").to_pylist())
    uploads = {news.object_id: news for news in before if isinstance(news, UploadNews) and news.clear}
    assert {key: (news.act, news.certainty) for key, news in uploads.items() if news.certainty} == expected
    assert ("retrieved from outside" in {act for act, _ in expected.values()}) == (name in RETRIEVED)
