"""Uploads are told of at once, their judgement follows; every row is told once, and again when it changes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from netaudit.core.contracts.judgements import AS_HOLDER
from netaudit.core.schema import ENCRYPTED_UPLOADS, MOMENT_TESTS, PERSONS, UPLOAD_COUNTS
from netaudit.evidence.case.moments import Moment
from netaudit.findings.correlation.passes import SECOND
from netaudit.images import answers
from netaudit.images.answers import Answers
from netaudit.images.face_verdict import FaceVerdict
from netaudit.images.images import ImageFacts
from netaudit.pipeline.finds import Find, Known
from netaudit.pipeline.live import judging, witness
from netaudit.pipeline.live import newsroom as newsroom_module
from netaudit.pipeline.live.analysis import Analysis, analyse, snapshot
from netaudit.pipeline.live.judging import Judgement, LiveJudge
from netaudit.pipeline.live.news import AlertNews, CountNews, Note, UploadNews
from netaudit.pipeline.live.newsroom import Newsroom
from netaudit.pipeline.live.witness import Memory, is_encrypted
from netaudit.streams.layouts import FLOW

FACTS = ImageFacts(decodable=True)


def find(number: int = 1, sha256: str = "a" * 64, *, up: bool = True) -> Find:
    flow = np.zeros((), FLOW)
    flow["client_lo"], flow["server_lo"] = 0xFFFF_C0A8_0140, 0xFFFF_2F60_0A14
    known = Known(flow.tobytes(), bytes([number]) * 16, "http", "", swapped=False)
    return Find(known, sha256, "jpeg", 1000, True, up, number, f"{number:032x}", "up.example", (), ())


class Helper:
    """Stands for the process that judges: answers when told to."""

    def __init__(self, faces: bool, polite: int) -> None:
        self.asked: list[tuple[str, bool]] = []
        self.done: list[tuple[str, ImageFacts, FaceVerdict]] = []

    def prepare(self) -> None:
        pass

    def submit(self, sha256: str, path, kind: str, rotate: bool, first: bool = False, within: object = None) -> None:
        self.asked.append((sha256, rotate))

    def answer(self, face: str = "yes", beside: str = "") -> None:
        sha256, _ = self.asked.pop(0)
        self.done.append((sha256, FACTS, FaceVerdict(face, beside=beside)))

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
    judge.judge(find(1, up=False))
    judge.judge(find(2, up=True))
    judge._judge.answer("no")
    assert [(done.find.up, done.verdict.face) for done in judge.results()] == [(False, "no")]
    judge._judge.answer("yes")
    assert [(done.find.up, done.verdict.face) for done in judge.results()] == [(True, "yes")]


@pytest.mark.parametrize("later", [True, False])
def test_a_thumbnail_that_is_sent_alone_is_judged_by_itself(judge, later) -> None:
    """That it shows the picture within which it lay is no answer of what was sent without that picture."""
    memory, newsroom, shown = room(judge)
    within = find(1)._replace(holder=("b" * 64, "jpeg"))
    others = [find(2), find(3)._replace(holder=("c" * 64, "jpeg"))]
    memory.new = [within] if later else [within, *others]
    newsroom.step()
    judge._judge.answer(AS_HOLDER, beside="b" * 64)
    newsroom.step()
    memory.new = others if later else []
    newsroom.step()
    judge._judge.answer("yes")
    newsroom.step()
    assert {row.object_id.lstrip("0"): row.face for row in shown} == {"1": AS_HOLDER, "2": "yes", "3": "yes"}
    assert judge.waiting == 0


def test_a_flood_is_left_to_the_end_of_the_audit(judge, monkeypatch) -> None:
    monkeypatch.setattr(judging, "MOST_WAITING", 3)
    said = [judge.judge(find(number, "abab"[number] * 64)) for number in (0, 1, 2, 3)]
    assert said == ["waiting", "waiting", "waiting", "not judged"]
    judge._judge.answer()
    assert len(list(judge.results())) == 2
    assert judge.judge(find(5, "c" * 64)) == "waiting"
    assert isinstance(judge.judge(find(6)), Judgement)
    assert (judge.waiting, judge.deferred) == (2, 1)


def test_without_faces_nothing_is_waited_for() -> None:
    memory, newsroom, shown = room(None)
    memory.new = [find(1), find(2, up=False)]
    newsroom.step()
    assert told(shown) == [("1", "not judged", False)]  # the other one somebody looked at


def test_answers_are_kept_in_memory_for_a_while_and_on_the_disk_for_the_end(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(answers, "MOST_RECENT", 3)
    (tmp_path / "private").mkdir()
    kept = Answers(tmp_path)
    faces = {f"{number:064x}": FaceVerdict("yes", n_faces=number) for number in range(9)}
    for sha256, verdict in faces.items():
        kept.keep((sha256, True), (FACTS, verdict))
    first, last = min(faces), max(faces)
    kept.keep((last, False), (FACTS, FaceVerdict("no")))
    assert kept.recent((first, True)) is None
    assert kept.recent((last, True)) == (FACTS, faces[last])
    found = kept.known([first, last, "f" * 64])
    assert found == {
        (first, True): (FACTS, faces[first]),
        (last, True): (FACTS, faces[last]),
        (last, False): (FACTS, FaceVerdict("no")),
    }
    assert kept.known([]) == {}
    assert list((tmp_path / "private").iterdir())
    kept.drop()
    assert not list((tmp_path / "private").iterdir())


def analysis(side: str) -> Analysis:
    scope = {"192.168.1.64": "inside", "47.96.10.20": "outside"}
    return Analysis(
        SimpleNamespace(side=side, scope=lambda ip: scope.get(ip, "unknown") if side == "lan" else "unknown")
    )  # type: ignore[arg-type]


def test_uploads_are_placed_once_it_is_known_which_side_is_inside(judge) -> None:
    memory, newsroom, shown = room(judge)
    memory.new = [find(1), find(2, "b" * 64), find(3, "c" * 64, up=False)]
    newsroom.report(analysis("unknown"))
    newsroom.step()
    judge._judge.answer("yes")
    newsroom.step()
    assert {(row.act, row.scope, row.certainty) for row in shown} == {("", "unknown", "")}
    shown.clear()
    newsroom.report(analysis("lan"))
    rows = [row for row in shown if isinstance(row, UploadNews)]
    assert [(row.object_id[-1], row.face, row.again, row.act, row.certainty) for row in rows] == [
        ("1", "yes", True, "uploaded outside", "A"),
        ("2", "waiting", True, "uploaded outside", ""),
        ("3", "waiting", False, "retrieved from outside", ""),
    ]
    shown.clear()
    newsroom.report(analysis("lan"))
    assert shown == []


def test_an_upload_says_that_a_number_went_with_it(judge, monkeypatch) -> None:
    memory, newsroom, shown = room(judge)
    row = SimpleNamespace(message_id="m1", kind="id_number", certainty="checked")
    monkeypatch.setattr(witness, "message_row", lambda message: ())
    memory._speaking[b"f"] = find(1).known
    memory.named(SimpleNamespace(flow_id=b"f"), row)
    memory.new = [find(1)._replace(message_row=SimpleNamespace(message_id="m1"))]
    memory.new.append(find(2, "b" * 64)._replace(message_row=SimpleNamespace(message_id="m2")))
    newsroom.step()
    assert [(one.object_id[-1], one.identity) for one in shown] == [("1", True), ("2", False)]


def test_an_upload_says_that_this_image_had_been_sent_out_before(judge) -> None:
    memory, newsroom, shown = room(judge)
    newsroom.report(analysis("lan"))
    memory.new = [find(1)]
    newsroom.step()
    judge._judge.answer("yes")
    newsroom.step()
    memory.new = [find(2), find(3, "b" * 64)]
    newsroom.step()
    latest = {one.object_id[-1]: one.pushed for one in shown if isinstance(one, UploadNews)}
    assert latest == {"1": False, "2": True, "3": False}


def test_what_was_told_of_is_told_of_to_its_end(judge) -> None:
    """A row that says "waiting" gets its judgement, also when the far side turns out to be none that counts."""
    memory, newsroom, shown = room(judge)
    newsroom.report(analysis("lan"))
    memory.new = [find(1, up=False)]
    newsroom._sent.whereto.add("47.96.10.20")
    newsroom.step()
    newsroom._sent.whereto.clear()
    judge._judge.answer("no")
    newsroom.step()
    rows = [row for row in shown if isinstance(row, UploadNews)]
    assert told(rows) == [("1", "waiting", False), ("1", "no", True)]


def test_what_is_not_judged_in_time_is_no_longer_waited_for(judge) -> None:
    memory, newsroom, shown = room(judge)
    memory.new = [find(1), find(2), find(3, "c" * 64, up=False)]
    newsroom.step()
    newsroom.finish(0.0)
    assert told(shown) == [
        ("1", "waiting", False), ("2", "waiting", False), ("1", "not judged", True), ("2", "not judged", True),
    ]  # fmt: skip


def encrypted(serial: int, up: int, down: int, bursts: int) -> Known:
    flow = np.zeros((), FLOW)
    flow["client_lo"], flow["server_lo"] = 0xFFFF_C0A8_0140, 0xFFFF_2F60_0A14
    flow["payload"], flow["bursts"][2], flow["serial"] = (up, down), bursts, serial
    return Known(flow.tobytes(), bytes([serial]) * 16, "tls", "up.example", swapped=False)


def test_an_image_that_fits_what_left_encrypted_keeps_the_judgement_of_its_own_way(judge) -> None:
    """The case's C is an alert; the image that it was compared with moved inside, and was seen to."""
    memory, newsroom, shown = room(judge)
    memory.new = [find(1)]
    newsroom.step()
    judge._judge.answer("yes")
    newsroom.step()
    shown.clear()
    row = {
        "sender": "192.168.1.64",
        "receiver": "192.168.1.10",
        "images": 1,
        "reason": "r",
        "object_ids": [f"{1:032x}"],
    }
    row |= {"records": 0, "persons": 0, "templates": 0, "contacts": 0}
    rows = [row | {"finding_id": "F1", "certainty": "A", "act": "moved inside", "rule": "face-image-in-clear/2"}]
    rows.append(
        row | {"finding_id": "F2", "certainty": "C", "act": "uploaded outside", "rule": "relayed-by-size-and-time/1"}
    )
    rows[1]["receiver"] = "203.0.113.9"
    images = [{"sha256": "a" * 64, "face": "yes"}]
    tables = {"findings": pa.Table.from_pylist(rows), "images": pa.Table.from_pylist(images)}
    for table in (PERSONS, UPLOAD_COUNTS, MOMENT_TESTS):
        tables[table.name] = table.schema().empty_table()
    newsroom.settle(SimpleNamespace(table=tables.__getitem__))
    assert [(one.act, one.certainty) for one in shown if isinstance(one, UploadNews)] == [("moved inside", "A")]
    assert [one.certainty for one in shown if isinstance(one, AlertNews)] == ["A", "C"]


@pytest.mark.parametrize(("state", "hidden"), [("", True), ("no keys", True), ("partly", True), ("opened", False)])
def test_what_keys_opened_is_not_hidden(state, hidden) -> None:
    known = encrypted(1, 40_000, 1000, 1)._replace(keys=(state, "log"))
    assert is_encrypted(known, known.row()) is hidden


def test_encrypted_bursts_are_told_of_when_all_of_these_ends_look_like_uploads() -> None:
    memory, newsroom, shown = room(None)
    newsroom.report(analysis("lan"))
    shown.clear()
    for known in (encrypted(1, 40_000, 1000, 1), encrypted(1, 90_000, 1000, 2), encrypted(2, 50_000, 1000, 1)):
        memory.touched = {known.flow_id[0]: known}
        newsroom.step()
        newsroom.step()
    sizes = [row.size for row in shown]
    assert sum(sizes) == 140_000
    assert {(row.certainty, row.face, row.clear, row.act) for row in shown} == {("D", "", False, "uploaded outside")}
    memory.touched = {3: encrypted(3, 10_000, 900_000_000, 1)}
    shown.clear()
    newsroom.step()
    assert shown == [], "mostly fetched"


def test_uploads_are_counted_and_held_against_moments_while_it_runs(tmp_path) -> None:
    """The functions of the case, on what is remembered: a camera that sends a second after each mark, and one that does not."""
    memory, marked = Memory(), [Moment((30 + 9 * k) * SECOND + k * k * SECOND // 5, "", "screen") for k in range(8)]
    drawn = np.random.default_rng(5).uniform(0, 150, 20)
    follows, alone = [one.ts + SECOND for one in marked], sorted((drawn * SECOND).astype(int).tolist())
    for serial, times in ((1, follows), (2, alone)):
        known = encrypted(serial, 40_000 * len(times), 1000, len(times))
        flow = known.row().copy()
        flow["first_ts"], flow["last_ts"], flow["server_port"], flow["proto"] = 1, 150 * SECOND, 443, 6
        flow["client_lo"] = 0xFFFF_C0A8_0140 + serial
        memory.open[serial] = known._replace(flow=flow.tobytes(), flow_id=bytes([serial]) * 16)
        memory.sent([unit(serial, number, ts) for number, ts in enumerate(times)])
    done = analyse(snapshot(memory, [], lambda *_: None, marked, 150 * SECOND), ["192.168.1.0/24"])
    shown = []
    Newsroom(memory, None, shown.append).report(done)
    counts = {row.sender_ip: row for row in shown if isinstance(row, CountNews)}
    tied, other = counts["192.168.1.65"], counts["192.168.1.66"]
    assert (tied.uploads, tied.followed, tied.moments, tied.standing, tied.p) == (8, 8, 8, "claimed", 0.001)
    assert (other.uploads, other.standing, other.final) == (20, "by chance", False)
    assert sum(tied.per_hour) == 8
    assert not any(isinstance(row, AlertNews) and row.certainty == "C" for row in shown)


def unit(serial: int, ordinal: int, ts: int):
    return ENCRYPTED_UPLOADS.row(
        unit_id=f"{serial:016x}{ordinal:016x}", flow_id=(bytes([serial]) * 16).hex(), capture_id="C1", first_frame=1,
        last_frame=1, first_ts=ts, last_ts=ts, answered_ts=ts + 1, ordinal=ordinal, records=3, octets=40_000,
        lengths=[16_401, 7_198], repeats=[2, 1], before_records=1, before_octets=100, from_start=True, lossy=False,
        rule="tls", plaintext_low=None, plaintext_high=None, padded=0,
    )  # fmt: skip


def test_images_of_which_no_more_is_told_are_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newsroom_module, "MOST_KEPT", 3)
    memory, newsroom, shown = room(None)
    memory.new = [find(number) for number in range(1, 9)]
    newsroom.step()
    (note,) = [row for row in shown if isinstance(row, Note)]
    assert (note.code, note.figures) == ("let_go", {"kept": 3})
