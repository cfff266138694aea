"""Uploads are told of at once, their judgement follows; every row is told once, and again when it changes."""

from __future__ import annotations

import numpy as np
import pytest

from netaudit.live import answers, judging
from netaudit.live.answers import Answers
from netaudit.live.judging import Judgement, LiveJudge
from netaudit.live.newsroom import Newsroom
from netaudit.live.witness import Find, Known, Memory
from netaudit.objects.detection import FaceVerdict
from netaudit.objects.images import ImageFacts
from netaudit.streams.layouts import FLOW

FACTS = ImageFacts(decodable=True)


def find(number: int = 1, sha256: str = "a" * 64, *, up: bool = True) -> Find:
    flow = np.zeros((), FLOW)
    flow["client_lo"], flow["server_lo"] = 0xFFFF_C0A8_0140, 0xFFFF_2F60_0A14
    known = Known(flow.tobytes(), bytes([number]) * 16, "http", "", swapped=False)
    return Find(known, sha256, "jpeg", 1000, True, up, number, f"{number:032x}", "up.example", (), ())


class Helper:
    """Stands for the process that judges: answers when told to."""

    def __init__(self, faces: bool) -> None:
        self.asked: list[tuple[str, bool]] = []
        self.done: list[tuple[str, ImageFacts, FaceVerdict]] = []

    def prepare(self) -> None:
        pass

    def submit(self, sha256: str, path, kind: str, rotate: bool) -> None:
        self.asked.append((sha256, rotate))

    def answer(self, face: str = "yes") -> None:
        sha256, _ = self.asked.pop(0)
        self.done.append((sha256, FACTS, FaceVerdict(face)))

    def results(self):
        done, self.done = self.done, []
        yield from done


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch, tmp_path) -> LiveJudge:
    monkeypatch.setattr(judging, "Judge", Helper)
    return LiveJudge(tmp_path)


def room(judge: LiveJudge | None):
    memory, shown = Memory(), []
    return memory, Newsroom(memory, judge, shown.append), shown


def told(shown) -> list[tuple[str, str, bool]]:
    return [(row.object_id.lstrip("0"), row.face, row.again) for row in shown]


def test_an_upload_is_told_of_before_it_is_judged(judge) -> None:
    memory, newsroom, shown = room(judge)
    memory.new = [find(1), find(2, "b" * 64)]
    newsroom.step()
    assert told(shown) == [("1", "waiting", False), ("2", "waiting", False)]
    assert {row.certainty for row in shown} == {""}
    shown.clear()
    newsroom.step()
    assert shown == []
    judge._judge.answer("yes")
    newsroom.step()
    assert told(shown) == [("1", "yes", True)]


def test_what_is_known_already_is_one_row(judge) -> None:
    memory, newsroom, shown = room(judge)
    memory.new = [find(1)]
    newsroom.step()
    judge._judge.answer("no")
    newsroom.step()
    shown.clear()
    memory.new = [find(2), find(3)]
    newsroom.step()
    assert told(shown) == [("2", "no", False), ("3", "no", False)]
    assert judge._judge.asked == []


def test_the_same_image_in_two_uploads_is_judged_once_and_told_twice(judge) -> None:
    memory, newsroom, shown = room(judge)
    memory.new = [find(1), find(2)]
    newsroom.step()
    assert judge._judge.asked == [("a" * 64, True)]
    judge._judge.answer()
    newsroom.step()
    assert told(shown)[2:] == [("1", "yes", True), ("2", "yes", True)]


def test_an_image_seen_both_ways_is_looked_at_for_each(judge) -> None:
    """Uploads are looked at turned, too; so the answer for one way is none for the other."""
    judge.take(find(1, up=False))
    judge.take(find(2, up=True))
    judge._judge.answer("no")
    assert [(done.find.up, done.verdict.face) for done in judge.results()] == [(False, "no")]
    judge._judge.answer("yes")
    assert [(done.find.up, done.verdict.face) for done in judge.results()] == [(True, "yes")]


def test_a_flood_is_left_to_the_end_of_the_audit(judge, monkeypatch) -> None:
    monkeypatch.setattr(judging, "MOST_WAITING", 3)
    said = [judge.take(find(number, "abab"[number] * 64)) for number in (0, 1, 2, 3)]
    assert said == ["waiting", "waiting", "waiting", "not judged"]
    judge._judge.answer()
    assert len(list(judge.results())) == 2
    assert judge.take(find(5, "c" * 64)) == "waiting"
    assert isinstance(judge.take(find(6)), Judgement)


def test_without_faces_nothing_is_waited_for() -> None:
    memory, newsroom, shown = room(None)
    memory.new = [find(1), find(2, up=False)]
    newsroom.step()
    assert told(shown) == [("1", "not judged", False)]  # the other one somebody looked at


def test_answers_are_kept_in_memory_for_a_while_and_on_the_disk_for_the_end(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(answers, "MOST_RECENT", 3)
    (tmp_path / "private").mkdir()
    kept = Answers(tmp_path)
    faces = {f"{number:064x}": FaceVerdict("yes", n_faces=number, boxes=((1, 2, 3, 4),)) for number in range(9)}
    for sha256, verdict in faces.items():
        kept.keep(sha256, True, (FACTS, verdict))
    first, last = min(faces), max(faces)
    kept.keep(last, False, (FACTS, FaceVerdict("no")))
    assert kept.recent(first, True) is None
    assert kept.recent(last, True) == (FACTS, faces[last])
    found = kept.of([first, last, "f" * 64])
    assert found == {
        (first, True): (FACTS, faces[first]),
        (last, True): (FACTS, faces[last]),
        (last, False): (FACTS, FaceVerdict("no")),
    }
    assert kept.of([]) == {}
    assert list((tmp_path / "private").iterdir())
    kept.drop()
    assert not list((tmp_path / "private").iterdir())
