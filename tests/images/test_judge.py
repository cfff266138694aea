"""The helper process: whatever happens to it, every image gets its answer, and the same one."""

from __future__ import annotations

import io
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote_plus

import pytest

from netaudit.core.contracts.judgements import CRASHED, GIVEN_UP, MANY_PICTURES, NO_HELPER, NOT_ASKED
from netaudit.core.contracts.reasons import parsed
from netaudit.core.system.programs import import_path
from netaudit.images import cpu_limit, inspection, recent
from netaudit.images import judge as judging
from netaudit.images.cpu_limit import Limits
from netaudit.images.face_verdict import FaceVerdict
from netaudit.images.images import ImageFacts
from netaudit.images.inspection import worker
from netaudit.images.judge import STOOD_STILL, WORKED_ON, Judge
from netaudit.images.likeness import shows
from netaudit.images.pictures import Picture
from netaudit.images.pixelation import thumbnail
from netaudit.images.previews import Shown
from netaudit.images.recent import PixelBudget, Recent
from tests.images.pictures import astronaut, encode, texture

ROOT = Path(__file__).parents[2]

# Stands in for the real work: what it does to an image is written in the image's name.
FAKE = """
import os, sys, threading, time
sys.path[:] = {path!r}
from pathlib import Path
from netaudit.images.helper import serve
from netaudit.images.images import ImageFacts
from netaudit.images.face_verdict import FaceVerdict

def work(task):
    name = task["path"]
    if name.startswith("crash"):
        os._exit(11)
    if name.startswith("hang"):
        time.sleep(60)
    if name.startswith("stop"):
        os.kill(os.getpid(), 19)
        time.sleep(60)  # another thread may take the signal first
    if name.startswith("spin"):
        while True:
            pass
    if name.startswith("long"):
        began = time.thread_time()
        while time.thread_time() - began < 0.3:
            pass
    if name.startswith("raise"):
        raise MemoryError(name)
    if name.startswith("once") and not Path(task["kind"]).exists():
        Path(task["kind"]).touch()
        os._exit(12)
    if name.startswith("nonsense"):
        sys.stderr.flush()
        for number in range(3, 32):
            try:
                os.write(number, b"[[[\\n")
            except OSError:
                pass
    if name.startswith("count"):
        return ImageFacts(width=threading.active_count(), decodable=True), FaceVerdict("no", 0)
    print("chatter of a native library")
    return ImageFacts(width=len(name), decodable=True), FaceVerdict("no", 0)

def together(tasks):
    if tasks:
        yield tasks, lambda: list(map(work, tasks))

serve(lambda: together, int(sys.argv[1]))
"""


def asked(work, task):
    """The answer to one task."""
    ((_, judge),) = work([task])
    (answer,) = judge()
    return answer


def fake_judge(threads=1, limits=judging.LIMITS):
    judge = Judge(threads=threads)
    judge._command = [sys.executable, "-P", "-c", FAKE.format(path=import_path()), str(threads)]
    judge._limits = limits
    return judge


def run(judge, names, kind="jpeg"):
    with judge:
        for name in names:
            judge.submit(name, Path(name), kind, rotate=False)
        return {sha256: (facts, verdict) for sha256, facts, verdict in judge.finish()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    for number in range(4):
        (folder / f"face{number}.jpg").write_bytes(encode(astronaut().resize((200 + 40 * number, 200)), "jpeg"))
        (folder / f"texture{number}.png").write_bytes(encode(texture(number, (160, 120)), "png"))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0broken")
    return folder


def submit_all(judge, folder, order=1):
    for path in sorted(folder.iterdir())[::order]:
        judge.submit(path.name, path, "png" if path.suffix == ".png" else "jpeg", rotate=True)


def test_answers_depend_neither_on_order_nor_on_threads(folder):
    answers = []
    for order, threads in ((1, 1), (-1, 2)):
        with Judge(threads=threads) as judge:
            submit_all(judge, folder, order)
            answers.append({sha256: (facts, verdict) for sha256, facts, verdict in judge.finish()})
    assert answers[0] == answers[1]
    assert len(answers[0]) == 9
    for number in range(4):
        assert answers[0][f"face{number}.jpg"][1].face == "yes"
        assert answers[0][f"texture{number}.png"][1].face in {"no", "possible"}
    assert answers[0]["broken.jpg"][0].decodable is False
    assert answers[0]["broken.jpg"][1].face == "undecodable"


def test_results_come_without_waiting(folder):
    with Judge(faces=False) as judge:
        assert list(judge.results()) == []
        assert judge._helper is None
        submit_all(judge, folder)
        found = []
        deadline = time.monotonic() + 60
        while len(found) < 9 and time.monotonic() < deadline:
            found += list(judge.results())
            time.sleep(0.01)
        assert len(found) == 9
        assert list(judge.finish()) == []
        assert {verdict.reason for _, facts, verdict in found if facts.decodable} == {NOT_ASKED}


def test_this_side_loads_no_decoder():
    code = "import sys, netaudit.images.judge; sys.exit(any(name in sys.modules for name in ('onnxruntime', 'PIL', 'pandas')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("threads", [1, 3])
def test_a_crash_costs_the_guilty_image_only(threads):
    names = [f"good{n}" for n in range(40)]
    names[5:5] = ["crash1"]
    names[30:30] = ["crash2", "raise1"]
    answers = run(fake_judge(threads), names)
    assert set(answers) == set(names)
    for name in names:
        facts, verdict = answers[name]
        if name.startswith("good"):
            assert facts == ImageFacts(width=len(name), decodable=True)
            assert verdict == FaceVerdict("no", 0)
        else:
            assert (facts.decodable, facts.problem, verdict.face) == (False, CRASHED, "undecodable")


def test_detectors_leave_when_others_begin_also_those_of_a_helper_that_starts_anew():
    def at_work():
        judge.submit(f"count{next(numbers)}", Path("count"), "jpeg", rotate=False)
        ((_, facts, _),) = judge.finish()
        return facts.width

    numbers = itertools.count()
    with fake_judge(3) as judge:
        before = at_work()
        judge.reduce_to(1)
        assert any(at_work() == before - 2 for _ in range(100))
        judge.submit("crash", Path("crash"), "jpeg", rotate=False)
        ((_, _, verdict),) = judge.finish()
        assert verdict.face == "undecodable"
        assert any(at_work() == before - 2 for _ in range(100))
        assert at_work() == before - 2


def test_an_image_that_crashes_once_is_judged_at_its_second_try(tmp_path):
    answers = run(fake_judge(), ["once", *(f"good{n}" for n in range(5))], kind=str(tmp_path / "was here"))
    assert answers["once"][0].decodable is True
    assert len(answers) == 6


@pytest.mark.parametrize(
    ("name", "limits", "problem"), [("spin", Limits(0.5, 300), WORKED_ON), ("hang", Limits(20, 1), STOOD_STILL)]
)
def test_a_stalled_image_is_given_up(name, limits, problem):
    answers = run(fake_judge(2, limits), ["good1", name, "good2", "good3"])
    assert answers[name][0].problem == problem
    assert answers[name][1].face == "undecodable"
    assert all(answers[name][0].decodable for name in ("good1", "good2", "good3"))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the processor time of a helper is not known")
def test_an_image_is_not_condemned_for_what_others_took(monkeypatch):
    """It stands still, as on a machine where others go first; the image needs less than the limit."""
    monkeypatch.setattr(cpu_limit, "STEP", 10.0)
    with fake_judge(limits=Limits(1.0, 300.0)) as judge:
        judge.submit("long", Path("long"), "jpeg", rotate=False)
        while not any(task.begun for task in judge._running.values()):
            time.sleep(0.01)
        os.kill(judge._helper.pid, signal.SIGSTOP)
        time.sleep(1.5)
        judge.check()
        assert judge._helper is not None
        assert judge._running["long"].waited > 1.0
        os.kill(judge._helper.pid, signal.SIGCONT)
        ((_, facts, _),) = judge.finish()
    assert facts.decodable is True


def test_work_is_shared_among_detectors():
    """Each image has what was taken for all that one of them is at: more than its own, and it gets a second try."""
    with fake_judge(2) as judge:
        judge._running = {name: judging._Task(name, name, "jpeg", False, False, begun=True) for name in ("a", "b")}
        judge._running["c"] = judging._Task("c", "c", "jpeg", False, False)
        judge._helper, judge._watch = SimpleNamespace(kill=int, wait=int), SimpleNamespace(lap=lambda: (3.0, 1.0))
        judge._charge()
        assert [(task.worked, task.waited) for task in judge._running.values()] == [(1.5, 1.0), (1.5, 1.0), (0.0, 0.0)]
        judge._watch = SimpleNamespace(lap=lambda: (None, 1.0))
        judge._charge()
        assert judge._running["a"].worked == 2.5
        judge._detectors = 1
        judge._watch = SimpleNamespace(lap=lambda: (3.0, 1.0))
        judge._charge()
        assert judge._running["a"].worked == 5.5


def test_a_look_that_comes_late_counts_a_second_at_most(monkeypatch):
    clock, work = iter([10.0, 10.4, 3600.0]), iter([1.0, 1.3, 40.0])
    monkeypatch.setattr(cpu_limit.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(cpu_limit, "processor_seconds", lambda _: next(work))
    over = cpu_limit.Watch(os.getpid())
    assert [*over.lap(), *over.lap()] == pytest.approx([0.3, 0.4, cpu_limit.STEP, cpu_limit.STEP])


def test_a_helper_out_of_its_mind_is_replaced():
    answers = run(fake_judge(), ["good1", "nonsense", "good2"])
    assert set(answers) == {"good1", "nonsense", "good2"}
    assert answers["good2"][0].decodable is True


def test_too_many_crashes_end_the_judging_not_the_audit(monkeypatch):
    monkeypatch.setattr(judging, "MAX_GUILTY", 2)
    answers = run(fake_judge(), ["crash1", "crash2", "crash3", "good"])
    assert answers["crash1"][0].problem == answers["crash2"][0].problem == CRASHED
    assert answers["good"][0] == ImageFacts(problem=GIVEN_UP)
    assert answers["good"][1] == FaceVerdict(reason=GIVEN_UP)


@pytest.mark.parametrize("boot", ["raise SystemExit(1)", "import no_such_module", "print('hello')"])
def test_a_helper_that_cannot_start_is_named(boot):
    judge = Judge()
    judge._command = [sys.executable, "-P", "-c", boot]
    answers = run(judge, ["a", "b"])
    assert set(answers) == {"a", "b"}
    assert all(facts.problem.startswith(NO_HELPER) for facts, _ in answers.values())


def test_a_helper_that_the_system_refuses_is_named(tmp_path):
    """As where a scanner of viruses took it away: no image is called judged, and the audit goes on."""
    judge = Judge()
    judge._command = [str(tmp_path / "nothing here")]
    answers = run(judge, ["a", "b"])
    for facts, verdict in answers.values():
        assert (facts.decodable, verdict.face) == (None, "not judged")
        assert facts.problem == verdict.reason
        assert parsed(parsed(verdict.reason).arguments["inner"]) == (
            "helper_not_started",
            {"said": "No such file or directory"},
        )


def test_what_the_helper_says_about_itself_is_passed_on():
    judge = Judge()
    boot = (
        f"import sys; sys.path[:] = {import_path()!r}\n"
        "from netaudit.images.helper import serve\n"
        "def make(): raise RuntimeError('no detector here')\n"
        "serve(make, 1)"
    )
    judge._command = [sys.executable, "-P", "-c", boot]
    answers = run(judge, ["a"])
    assert "RuntimeError: no detector here" in unquote_plus(unquote_plus(answers["a"][0].problem))


def test_closing_leaves_no_process_behind():
    judge = fake_judge()
    judge.submit("hang", Path("hang"), "jpeg", rotate=False)
    helper = judge._helper
    assert helper is not None
    judge.close()
    judge.close()
    assert helper.poll() is not None
    assert list(judge.finish()) == []
    with pytest.raises(ValueError, match="closed"):
        judge.submit("late", Path("late"), "jpeg", rotate=False)


def test_the_helper_ends_with_its_parent():
    code = (
        "import os; from pathlib import Path; from netaudit.images.judge import Judge\n"
        "judge = Judge(faces=False); judge.submit('a', Path('a'), 'jpeg', rotate=False); next(judge.finish())\n"
        "print(judge._helper.pid, flush=True); os._exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    pid = int(done.stdout)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and alive(pid):
        time.sleep(0.05)
    assert not alive(pid)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")


def test_a_file_that_is_gone_is_named(tmp_path):
    work = worker(PixelBudget(100), faces=False)
    facts, verdict = asked(work, {"path": str(tmp_path / "none"), "kind": "jpeg", "rotate": False})
    assert facts.problem.startswith("image_unreadable?said=")
    assert verdict.face == "not judged"


def test_pixels_in_flight_are_bounded():
    budget = PixelBudget(100)
    running, most = [], []

    def hold(pixels):
        with budget.hold(pixels):
            running.append(pixels)
            most.append(sum(running))
            time.sleep(0.005)
            running.remove(pixels)

    threads = [threading.Thread(target=hold, args=(pixels,)) for pixels in (60, 60, 30, 500, 40, 10, 70) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(most) == len(threads)
    assert all(total <= 100 or total == 500 for total in most)


@pytest.mark.parametrize("kind", ["gif", "png", "webp", "tiff"])
def test_a_face_in_a_later_picture_of_a_file_is_found(kind, tmp_path):
    out = io.BytesIO()
    pictures = [texture(number, (160, 120)).copy() for number in range(4)] + [
        astronaut().resize((160, 160)).crop((0, 0, 160, 120))
    ]
    pictures[0].save(out, kind.upper(), save_all=True, append_images=pictures[1:])
    (tmp_path / "file").write_bytes(out.getvalue())
    work = worker(PixelBudget(10**9), faces=True)
    task = {"path": str(tmp_path / "file"), "kind": kind, "rotate": False}
    assert asked(work, task)[1].face == "yes"


def test_what_was_not_looked_at_is_not_called_no(tmp_path, monkeypatch):
    monkeypatch.setattr("netaudit.images.pictures.FRAMES", 3)
    out = io.BytesIO()
    pictures = [texture(number, (96, 96)).copy() for number in range(8)]
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:])
    (tmp_path / "file").write_bytes(out.getvalue())
    task = {"path": str(tmp_path / "file"), "kind": "gif", "rotate": False}
    _, verdict = asked(worker(PixelBudget(10**9), faces=True), task)
    assert (verdict.face, verdict.reason) == ("not judged", MANY_PICTURES)


@pytest.mark.parametrize(("side", "held"), [(1200, "yes"), (320, "as its parent"), (64, "yes")])
def test_only_a_thumbnail_is_taken_for_the_picture_that_holds_it(side, held, tmp_path):
    holder, inner = astronaut().resize((side, side)), astronaut().resize((min(side, 320) if side < 1200 else side,) * 2)
    inner = astronaut().resize((160, 160)) if side == 64 else inner  # larger than what holds it
    if side == 1200:  # another face, which is gone in 160 pixels
        inner.paste(astronaut().crop((170, 60, 280, 210)).resize((30, 40)), (700, 1000))
        assert shows(inner, holder)
    for name, image in (("holder", holder), ("inner", inner)):
        (tmp_path / name).write_bytes(encode(image, "jpeg", quality=90))
    lately = Recent(budget := PixelBudget(10**9))
    beside = [["holder", str(tmp_path / "holder"), "jpeg"]]
    task = {"sha256": "inner", "path": str(tmp_path / "inner"), "kind": "jpeg", "rotate": False, "beside": beside}
    assert asked(worker(budget, faces=True, recent=lately), task)[1].face == held


def test_a_picture_that_holds_others_is_decoded_once_and_counted(tmp_path, monkeypatch):
    (tmp_path / "holder").write_bytes(encode(astronaut(), "jpeg"))
    read, held = [], []
    monkeypatch.setattr(recent, "data_of", lambda path: read.append(path) or Path(path).read_bytes())
    budget = PixelBudget(10**9)
    hold = budget.hold
    monkeypatch.setattr(budget, "hold", lambda pixels: held.append(pixels) or hold(pixels))
    lately = Recent(budget)
    for _ in range(3):
        assert lately.of("holder", str(tmp_path / "holder"), "jpeg") is not None
    assert (len(read), held) == (1, [512 * 512])


def test_a_helper_that_has_judged_all_makes_pictures(tmp_path):
    path = tmp_path / "x.jpeg"
    path.write_bytes(encode(astronaut(), "jpeg"))
    judge, shown = Judge(threads=2), Shown()
    judge.submit("x", path, "jpeg", rotate=True)
    assert [verdict.face for _, _, verdict in judge.finish()] == ["yes"]
    helper = judge.release()
    assert helper is not None
    shown.adopt(helper)
    assert [shown.of(path, "masked", side) for side in (160, 640)] == [thumbnail(path, max_side=s) for s in (160, 640)]
    shown.close()
    assert helper.poll() is not None


def test_a_helper_that_has_work_left_or_none_yet_is_not_handed_over(tmp_path):
    idle = fake_judge()
    idle.prepare()
    assert idle.release() is None
    busy = fake_judge()
    busy.submit("hang", Path("hang"), "x", rotate=False)
    helper = busy._helper
    assert busy.release() is None
    assert helper.poll() is not None


def test_a_helper_that_speaks_of_pictures_unasked_goes_on_judging():
    judge = fake_judge()
    judge._record({"shows": True})
    judge.submit("x", Path("x"), "x", rotate=False)
    assert [sha256 for sha256, _, _ in judge.finish()] == ["x"]
    judge.close()


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Pictures of all sorts, some that do not decode, one that is not there, thumbnails beside what holds them."""
    folder = tmp_path_factory.mktemp("mixed")
    tasks = []

    def add(name, data, kind, **more):
        (folder / name).write_bytes(data)
        tasks.append({"sha256": name, "path": str(folder / name), "kind": kind, "rotate": True, "count": False} | more)

    for number in range(12):
        face = astronaut().resize((120 + 40 * number, 120 + 30 * number)).rotate(90 * (number % 4), expand=True)
        add(f"face{number}", encode(face, "jpeg", progressive=number % 3 == 0), "jpeg", count=number % 5 == 0)
        add(f"texture{number}", encode(texture(number, (160, 120)), "png"), "png")
    add("large", encode(astronaut().resize((3000, 3000)), "jpeg"), "jpeg")
    add("icon", encode(astronaut().resize((24, 24)), "png"), "png")
    add("cut", encode(astronaut(), "jpeg")[:9000], "jpeg")
    add("none", b"\xff\xd8\xff\xe0none", "jpeg")
    beside = [["face4", str(folder / "face4"), "jpeg"]]
    add("thumbnail", encode(astronaut().resize((64, 64)), "jpeg"), "jpeg", beside=beside)
    out = io.BytesIO()
    astronaut().resize((160, 160)).save(out, "GIF", save_all=True, append_images=[texture(1, (160, 160))])
    add("several", out.getvalue(), "gif")
    tasks.append({"sha256": "gone", "path": str(folder / "gone"), "kind": "jpeg", "rotate": False})
    return tasks


def test_answers_are_the_same_together_and_alone(mixed):
    work = worker(PixelBudget(10**9), faces=True)
    alone = [asked(work, task) for task in mixed]
    assert {verdict.face for _, verdict in alone} >= {"yes", "no", "undecodable", "not judged", "as its parent"}
    for tasks in (mixed, mixed[::-1], mixed[5:] + mixed[:5]):
        begun, found = [], {}
        for some, judge in work(tasks):
            begun.append(len(some))
            found |= {task["sha256"]: answer for task, answer in zip(some, judge(), strict=True)}
        assert [found[task["sha256"]] for task in mixed] == alone
        assert max(begun) > 8
        assert sum(begun) == len(mixed)


def test_what_is_taken_together_is_bounded(mixed, monkeypatch):
    work = worker(PixelBudget(10**9), faces=False)
    monkeypatch.setattr(inspection, "MOST_TOGETHER", 7)
    assert max(len(some) for some, _ in work(mixed)) == 7
    assert all(len(some) == 1 for some, _ in work(mixed) if any(task["kind"] in {"png", "gif"} for task in some))
    monkeypatch.setattr(inspection, "MOST_BYTES", 1)
    assert [len(some) for some, _ in work(mixed[:24])] == [1] * 24
    opened = [one for task in mixed if not isinstance(one := inspection._open(task), str)]
    monkeypatch.setattr(inspection, "MOST_WORK", 3000 * 3000 // 4)
    (with_large,) = [
        some
        for some in inspection._together(opened, inspection._work, inspection.MOST_WORK)
        if any(one.picture.width == 3000 for one in some)
    ]
    assert len(with_large) == 1
    assert [one for some in inspection._together(opened, inspection._work, 1) for one in some] == opened


def test_nothing_is_read_before_it_is_said_to_begin(mixed, monkeypatch):
    """Whatever its head does to us, it is the picture's own doing."""
    read = []
    monkeypatch.setattr(inspection, "data_of", lambda path: read.append(path) or "image_gone")
    for some, judge in worker(PixelBudget(10**9), faces=False)(mixed):
        assert read == []
        assert len(judge()) == len(read) == len(some)
        read.clear()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that stops a process")
def test_a_helper_that_stands_still_before_it_has_read_its_tasks_is_ended():
    """More than a pipe holds: nobody waits for it to be read."""
    names = ["stop", *(f"{number}{'x' * 1500}" for number in range(300))]
    answers = run(fake_judge(1, Limits(20, 1)), names)
    assert set(answers) == set(names)
    assert answers["stop"][0].problem == STOOD_STILL
    assert all(answers[name][0].decodable for name in names[1:])


def test_of_pictures_taken_together_one_is_held_large(tmp_path, monkeypatch):
    """Where faces are counted each is looked at in 1,280 pixels; those before and behind it are held as small as for a first look."""
    pictures, most, image = [], [], Picture.image

    def noted(self, side):
        pictures.append(self)
        out = image(self, side)
        most.append(
            sum(max(one._image.size) > 640 for one in {id(one): one for one in pictures}.values() if one._image)
        )
        return out

    monkeypatch.setattr(Picture, "image", noted)
    tasks = []
    for number in range(5):
        path = tmp_path / f"{number}"
        path.write_bytes(encode(astronaut().resize((1400 + number, 1300)), "jpeg"))
        tasks.append({"sha256": f"{number}", "path": str(path), "kind": "jpeg", "rotate": False, "count": True})
    ((some, judge),) = worker(PixelBudget(10**9), faces=True)(tasks)
    assert (len(some), {verdict.face for _, verdict in judge()}) == (5, {"yes"})
    assert max(most) == 1
