"""An appliance over a folder that another recorder fills; its audits cost nothing here, they only seal."""

from __future__ import annotations

import datetime
import sys
import threading
import time
from typing import TYPE_CHECKING

import orjson
import pytest

from netaudit.core.system import programs
from netaudit.errors import UsageError
from netaudit.evidence.case.custody import Custody, broken, entries
from netaudit.evidence.case.integrity import integrity
from netaudit.evidence.case.removal_rule import Rule
from netaudit.pipeline.live.daily import alarms as alarming
from netaudit.pipeline.live.daily import room as rooms
from netaudit.pipeline.live.daily.alarms import Alarms, checked
from netaudit.pipeline.live.daily.appliance import Appliance, Daily, refuse
from netaudit.pipeline.live.daily.auditor import Auditor
from netaudit.pipeline.live.daily.day import Day, cases, free_name, is_sealed, shown_why
from netaudit.pipeline.live.daily.room import size_of
from netaudit.pipeline.live.daily.spool import Spool, Whole
from netaudit.pipeline.live.news import Note
from netaudit.pipeline.live.settings import LiveSettings
from netaudit.pipeline.options import Options
from tests.pipeline.live.daily.recorded import capture, seals, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = 86_400
START = datetime.datetime(2026, 9, 1, 1, tzinfo=datetime.UTC).timestamp()
PATIENCE = 300.0  # a busy machine; what is waited for in vain fails


class Watcher:
    """Stands for the lines of a headless run: remembers the notes, stops when it is told."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.stop = threading.Event()

    def show(self, news: object) -> None:
        assert isinstance(news, Note)
        self.notes.append(news)

    def stopping(self) -> bool:
        return self.stop.is_set()

    def codes(self) -> list[str]:
        return [one.code for one in self.notes]


@pytest.fixture(autouse=True)
def _cheap_audits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(programs, "netaudit", seals)
    monkeypatch.setattr("netaudit.pipeline.live.daily.appliance.LOOK", 0.02)
    return


def appliance(tmp_path: Path, watcher: Watcher, alarm: Path | None = None, **asked: object) -> Appliance:
    folder = tmp_path / "filled"
    folder.mkdir(exist_ok=True)
    ring = asked.pop("ring", None)
    daily = Daily(
        tmp_path / "root", folder, asked.pop("case_size", None), asked.pop("private_days", None), "C", (), datetime.UTC
    )  # type: ignore[arg-type]
    settings = LiveSettings(str(folder), ring=ring, keep_free=1, tick=0.01)  # type: ignore[arg-type]
    return Appliance(daily, settings, Options(), watcher, Alarms(alarm, "en"))  # type: ignore[arg-type]


def run(one: Appliance, watcher: Watcher, until: int) -> None:
    """Run it until so many cases were told as done, then stop it."""
    late: list[str] = []

    def look() -> None:
        over = time.monotonic() + PATIENCE
        while sum(code.startswith(("day_", "not_audited")) for code in watcher.codes()) < until:
            if time.monotonic() > over:
                late.extend(watcher.codes() or ["nothing"])
                break
            time.sleep(0.01)
        watcher.stop.set()

    thread = threading.Thread(target=look)
    thread.start()
    assert one.run()
    thread.join()
    assert not late, f"{until} cases were waited for in vain, told were {late}"


def sealed_on_its_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if each case had been sealed on the day that it is of, and not now."""
    asked = rooms._sealed_rule

    def told(path: Path) -> tuple[Rule, datetime.date] | None:
        said = asked(path)
        return (said[0], datetime.date.fromisoformat(said[0].day)) if said is not None else None

    monkeypatch.setattr(rooms, "_sealed_rule", told)


def fill(tmp_path: Path, days: int, *, files: int = 2, size: int = 1) -> list[str]:
    """What another recorder left: so many files a day, and a last one that may still grow."""
    (tmp_path / "filled").mkdir(exist_ok=True)
    names = []
    for number in range(days * files):
        at = START + number * DAY / files
        names.append(write(tmp_path / "filled", f"dump-{number}.pcap", capture(at, size), at).name)
    write(tmp_path / "filled", "dump-last.pcap", capture(START + days * DAY))
    return names


def test_a_sealed_case_a_day_and_nothing_lost(tmp_path: Path) -> None:
    fill(tmp_path, days=3)
    watcher = Watcher()
    alarm = tmp_path / "alarms.jsonl"
    run(appliance(tmp_path, watcher, alarm), watcher, until=2)
    root = tmp_path / "root"
    found = cases(root)
    assert [path.name for path in found] == ["2026-09-01", "2026-09-02", "2026-09-03"]
    assert all(integrity(path).sound for path in found)
    recorded = [line for path in found for line in entries(path) if line["what"] == "recorded"]
    assert [line["was"] for line in recorded] == [f"dump-{number}.pcap" for number in range(6)]
    assert [path.name for path in (tmp_path / "filled").iterdir()] == ["dump-last.pcap"]
    assert not broken(root)
    sealed = [line for line in entries(root) if line["what"] == "case sealed"]
    assert [line["case"] for line in sealed] == [path.name for path in found]
    assert [line["head"] for line in sealed] == [entries(path)[-1]["hash"] for path in found]
    said = [orjson.loads(line) for line in alarm.read_bytes().splitlines()]
    assert [one["code"] for one in said] == ["day_found"] * 3
    assert said[0]["text"] == "findings in case 2026-09-01: 1, the most certain B; see its report.html"


def test_names_of_files_are_masked_where_they_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "filled"
    folder.mkdir()
    for number in range(2):
        write(folder, f"13812345678-{number}.pcap", capture(START + number), START + number)
    watcher = Watcher()
    watcher.stop.set()
    with pytest.MonkeyPatch.context() as patch:
        files = [Whole(path, START) for path in folder.iterdir()]
        patch.setattr(Spool, "whole", lambda *_, **__: [one for one in files if one.path.exists()])
        appliance(tmp_path, watcher).run()
    assert b"13812345678" not in (cases(tmp_path / "root")[0] / "custody.jsonl").read_bytes()


def test_private_data_goes_by_age_and_the_seal_foresaw_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed_on_its_day(monkeypatch)
    fill(tmp_path, days=6)
    watcher = Watcher()
    run(appliance(tmp_path, watcher, private_days=2), watcher, until=5)
    told = {path.name: integrity(path) for path in cases(tmp_path / "root")}
    assert all(one.sound for one in told.values())
    gone = [name for name, one in told.items() if one.removed]
    assert gone[:2] == ["2026-09-01", "2026-09-02"]  # the 5th is the last but one that was sealed
    assert not any((tmp_path / "root" / name / "private" / "objects").exists() for name in gone)
    assert not {"2026-09-04", "2026-09-05", "2026-09-06"} & set(gone)
    assert {one.removed_why for one in told.values() if one.removed} == {"age"}


def test_one_wrong_date_removes_nothing(tmp_path: Path) -> None:
    fill(tmp_path, days=2)
    write(tmp_path / "filled", "dump-4.pcap", capture(START + 3000 * DAY), time.time() - 1100)
    write(tmp_path / "filled", "dump-5.pcap", capture(START + 2 * DAY), time.time() - 1000)
    watcher = Watcher()
    run(appliance(tmp_path, watcher, private_days=5), watcher, until=3)
    found = cases(tmp_path / "root")
    assert [path.name for path in found] == ["2026-09-01", "2026-09-02", "2026-09-03", "2034-11-18"]
    assert not any(integrity(path).removed for path in found)


def test_a_clock_that_was_set_back_begins_another_case(tmp_path: Path) -> None:
    folder = tmp_path / "filled"
    folder.mkdir()
    watcher = Watcher()
    files = [
        Whole(write(folder, f"dump-{number}.pcap", capture(START + day * DAY + number)), START + day * DAY + number)
        for number, day in enumerate([0, 1, 0])
    ]
    asked = iter([[one] for one in files])  # each came when the one before it had been taken
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Spool, "whole", lambda *_, **__: next(asked, []))
        run(appliance(tmp_path, watcher), watcher, until=2)
    found = {path.name: entries(path) for path in cases(tmp_path / "root")}
    was = {name: [line["was"] for line in chain if line["what"] == "recorded"] for name, chain in found.items()}
    assert was == {"2026-09-01": ["dump-0.pcap"], "2026-09-02": ["dump-1.pcap"], "2026-09-01-2": ["dump-2.pcap"]}
    assert "time_back" in watcher.codes()
    assert any(line["what"] == "clock_jump" for line in entries(tmp_path / "root"))


def test_a_case_begins_anew_at_a_size(tmp_path: Path) -> None:
    fill(tmp_path, days=1, files=4)
    watcher = Watcher()
    run(appliance(tmp_path, watcher, case_size=len(capture(0)) + 1), watcher, until=1)
    assert [path.name for path in cases(tmp_path / "root")] == ["2026-09-01", "2026-09-01-2"]


def test_room_is_bounded_oldest_first(tmp_path: Path) -> None:
    """Private data goes first, then whole cases; the chain of the appliance keeps what they were sealed with."""
    fill(tmp_path, days=12, size=200)
    watcher = Watcher()
    most = 160_000
    run(appliance(tmp_path, watcher, ring=most), watcher, until=11)
    root = tmp_path / "root"
    assert size_of(root) <= most
    left = cases(root)
    assert all(integrity(path).sound for path in left)
    assert any(integrity(path).removed_why == "room" for path in left)
    known = {line["case"]: line for line in entries(root) if line["what"] == "case sealed"}
    assert len(known) == 12
    removed = [line for line in entries(root) if line["what"] == "case removed"]
    assert all(known[line["case"]]["manifest"] == line["manifest"] for line in removed)


def test_after_a_loss_of_power_what_was_recorded_is_audited(tmp_path: Path) -> None:
    """A case whose process died is sealed by the next start, and what follows goes into another one."""
    fill(tmp_path, days=1)
    root = tmp_path / "root"
    root.mkdir()
    with Custody(root) as custody:
        custody.note("case begun", case="2026-09-01")
    first = Day(root / "2026-09-01", Rule("2026-09-01", None), Options(), {"interface": "filled"})
    for number in range(2):
        first.append(Whole(tmp_path / "filled" / f"dump-{number}.pcap", START + number))
    first._custody.close()  # all that a process that died leaves, too: its lock is gone with it
    assert [is_sealed(path) for path in cases(root)] == [False]
    write(tmp_path / "filled", "dump-later.pcap", capture(START + 3600), time.time() - 1100)
    write(tmp_path / "filled", "dump-last.pcap", capture(START + DAY), time.time() - 1000)
    write(tmp_path / "filled", "dump-latest.pcap", capture(START + 7200))
    second = Watcher()
    run(appliance(tmp_path, second), second, until=1)
    found = cases(root)
    assert [path.name for path in found] == ["2026-09-01", "2026-09-01-2", "2026-09-02"]
    assert all(integrity(path).sound for path in found)
    assert second.codes()[0] == "taken_up"
    assert not broken(root)


def test_an_audit_that_fails_is_tried_again_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def fails(*words: str) -> list[str]:
        tried.append(words)
        return ["/bin/false"]

    monkeypatch.setattr(programs, "netaudit", fails)
    fill(tmp_path, days=1)
    write(tmp_path / "filled", "dump-x.pcap", capture(START + DAY), START + DAY)
    watcher = Watcher()
    run(appliance(tmp_path, watcher), watcher, until=1)
    assert watcher.codes().count("not_audited") == 2
    assert len(tried) == 4
    assert not any(is_sealed(path) for path in cases(tmp_path / "root"))


def test_a_file_that_cannot_be_taken_is_told_once_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netaudit.pipeline.live.daily import day

    fill(tmp_path, days=2, files=1)
    moved, refused = day.moved, []

    def first_fails(path: Path, target: Path) -> tuple[int, str]:
        if path.name == "dump-0.pcap" and len(refused) < 3:
            refused.append(path)
            raise OSError(28, "No space left on device")
        return moved(path, target)

    monkeypatch.setattr(day, "moved", first_fails)
    monkeypatch.setattr("netaudit.pipeline.live.daily.appliance.MIND", 0.05)
    watcher = Watcher()
    run(appliance(tmp_path, watcher), watcher, until=2)
    assert watcher.codes().count("not_taken") == 1
    names = [line["was"] for path in cases(tmp_path / "root") for line in entries(path) if line["what"] == "recorded"]
    assert sorted(names) == ["dump-0.pcap", "dump-1.pcap"]


def test_a_case_that_was_sealed_and_not_told_is_told_at_the_next_start(tmp_path: Path) -> None:
    fill(tmp_path, days=2)  # the second one is closed when it is stopped
    watcher = Watcher()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Appliance, "_told", lambda *_: watcher.notes.append(Note("info", "day_x", {})))
        run(appliance(tmp_path, watcher), watcher, until=1)
    root = tmp_path / "root"
    assert [is_sealed(path) for path in cases(root)] == [True, True]
    assert not any(line["what"] == "case sealed" for line in entries(root))
    second = Watcher()
    run(appliance(tmp_path, second), second, until=2)
    assert second.codes() == ["day_found", "day_found"]
    told = [line["case"] for line in entries(root) if line["what"] == "case sealed"]
    assert told == ["2026-09-01", "2026-09-02"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, "day_unread"),
        ({"findings": [], "exit_reasons": ["unjudged"], "unjudged": {"images: undecodable": 2}}, "day_unjudged"),
        ({"findings": [], "exit_reasons": ["unjudged"], "unjudged": {"images: not asked": 2}}, "day_sealed"),
        ({"findings": [], "exit_reasons": ["interrupted", "unjudged"]}, "day_unfinished"),
        ({"findings": [], "exit_reasons": ["damaged"], "packets_decoded": 0}, "day_empty"),
        ({"findings": [], "damage": {"a": ["cut"]}}, "day_damaged"),
        ({"findings": [], "exit_reasons": []}, "day_sealed"),
    ],
)
def test_only_an_audit_that_ended_well_is_no_warning(tmp_path: Path, said: dict[str, object], code: str) -> None:
    from netaudit.pipeline.live.daily.auditor import Done

    watcher = Watcher()
    one = appliance(tmp_path, watcher)
    with Custody(tmp_path) as custody:
        custody.note("sealed", manifest="")
        one._room = rooms.Room(tmp_path, custody, None, 0, one._tell)
        one._custody = custody
        one._told(Done(tmp_path, -9, sealed=True, summary=said))
    assert watcher.codes() == [code]


def test_what_is_no_capture_is_told_once(tmp_path: Path) -> None:
    watcher = Watcher()
    one = appliance(tmp_path, watcher)
    write(tmp_path / "filled", "keys-13812345678.docx", b"PK\x03\x04", time.time() - 2000)
    spool = Spool(tmp_path / "filled", own=False)
    for _ in range(3):
        one._feed(spool, None)  # type: ignore[arg-type]
    assert watcher.codes() == ["no_capture"]
    assert "13812345678" not in str(watcher.notes[0])


def test_a_file_without_its_line_goes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "a.pcap", capture(START))
    day = Day(tmp_path / "2026-09-01", Rule("2026-09-01", None), Options(), {})

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Custody, "note", full)
        with pytest.raises(OSError, match="No space"):
            day.append(Whole(path, START))
    assert path.exists()
    day.append(Whole(path, START))
    day._custody.close()
    assert [one.name[:17] for one in (day.folder / "private" / "record").iterdir()] == ["record-0001_00002"]


def test_no_path_is_told() -> None:
    path = "/srv/13812345678/spool/a.pcap"
    for error in (OSError(28, "No space left on device", path), UsageError("{}: is a case", path), ValueError(path)):
        assert "13812345678" not in shown_why(error)


def test_losses_are_those_of_the_case(tmp_path: Path) -> None:
    from types import SimpleNamespace

    from netaudit.capture.recorder import Drops

    keeper = SimpleNamespace(
        drops=Drops(10, 1, 2, 3), missed=lambda: 5, drops_own=4, untold_runs=1, recording=True, overwritten=["a", "b"]
    )
    one = appliance(tmp_path, Watcher())
    assert one._losses(keeper) == {  # type: ignore[arg-type]
        "received": 10, "dropped_kernel": 1, "dropped_interface": 5, "dropped_own": 7, "untold_runs": 2,
        "overwritten": ["a", "b"],
    }  # fmt: skip
    keeper.drops = Drops(30, 1, 2, 3)
    assert one._losses(keeper) == {  # type: ignore[arg-type]
        "received": 20, "dropped_kernel": 0, "dropped_interface": 0, "dropped_own": 0, "untold_runs": 1,
        "overwritten": [],
    }  # fmt: skip


def test_files_that_a_run_before_left_are_of_a_run_that_did_not_tell_its_losses(tmp_path: Path) -> None:
    """Power was lost: the last file lacks what the recorder had not written, and the day that has it says so."""
    from types import SimpleNamespace

    from netaudit.capture.recorder import Drops

    keeper = SimpleNamespace(
        drops=Drops(10, 0, 0, 0), missed=lambda: 0, drops_own=0, untold_runs=0, recording=False, overwritten=[]
    )
    one, spool = appliance(tmp_path, Watcher()), tmp_path / "spool"
    spool.mkdir()
    write(spool, "record-0001_00002_20260901010000.pcapng", capture(START), START)
    one.daily.root.mkdir()
    with Custody(one.daily.root) as one._custody:
        one._room = rooms.Room(one.daily.root, one._custody, None, 1, one._tell)
        one._left = {"record-0001_00002_20260901010000.pcapng"}
        one._feed(Spool(spool, own=True), Auditor(()), ended=True)
        assert one._day is not None
        one._day.close()
    assert one._losses(keeper)["untold_runs"] == 1  # type: ignore[arg-type]
    assert one._losses(keeper)["untold_runs"] == 0  # type: ignore[arg-type]
    assert not one._left


def test_places_where_no_appliance_can_be(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "case.json").write_bytes(b"{}")
    with pytest.raises(UsageError, match="is a case"):
        refuse(tmp_path / "case", None)
    with pytest.raises(UsageError, match="lies in the folder"):
        refuse(tmp_path / "filled" / "root", tmp_path / "filled")
    refuse(tmp_path / "root", tmp_path / "filled")


def test_names_of_cases(tmp_path: Path) -> None:
    day = datetime.date(2026, 9, 1)
    for _ in range(11):
        free_name(tmp_path, day).mkdir()
    (tmp_path / "2026-09-01-x").mkdir()
    (tmp_path / "2026-09-02").symlink_to(tmp_path / "2026-09-01")
    assert [path.name for path in cases(tmp_path)][-2:] == ["2026-09-01-10", "2026-09-01-11"]
    assert len(cases(tmp_path)) == 11


def test_alarms_that_no_log_would_take_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container without a log: syslog() says nothing there, and the alarm would be lost."""
    monkeypatch.setattr(alarming, "SOCKETS", (str(tmp_path / "log"),))
    with pytest.raises(UsageError, match="this system has none"):
        checked("syslog")
    if sys.platform != "win32":
        (tmp_path / "log").touch()
        assert checked("syslog") == "syslog"


def test_alarms_go_to_a_bounded_file_or_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "alarms.jsonl"
    assert checked(None) is None
    assert checked(str(path)) == path
    with pytest.raises(UsageError, match="--alarm"):
        checked(str(tmp_path / "none" / "alarms"))
    monkeypatch.setattr(alarming, "LARGEST", 300)
    for _ in range(9):
        Alarms(path, "zh").tell(Note("error", "disk_full", {"free": 1}))
    Alarms(path, "zh").tell(Note("info", "day_sealed", {"case": "x"}))
    assert path.stat().st_size < 1000
    assert (tmp_path / "alarms.jsonl.1").exists()
    import syslog

    said: list[str] = []
    monkeypatch.setattr(syslog, "syslog", lambda _, text: said.append(text))
    Alarms("syslog", "en").tell(Note("warning", "time_back", {"seconds": -5.0}))
    (text,) = said
    assert text.startswith("the recorded times went back by -5.0 s, and another case begins where the day changes")
