"""What faults do to a case: every one must be told or be harmless (`make faults`).

kill      kill -9 at a random moment of an audit into a new folder; the case is then opened again
replace   the same for --overwrite: the case before must be whole, or the new one
resume    kill -9, or Ctrl-C, at a random moment, then `audit --resume`: the case must be the undisturbed one
live      kill -9 at a random moment of a live audit of the loopback interface (Linux, as root, with dumpcap)
full      a disk that is full at a random moment (a small disk of its own as root on Linux, else a limit to files)
readonly  a disk that becomes read-only at a random moment (Linux, as root)
writers   a second audit at a random moment of the first
helper    the image helper killed or stopped at a random moment, or absent: what it did not judge must be said
files     every file of a finished case deleted, cut short, and one byte of it changed
edits     single bytes changed at random places of all files
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from forked import command

from netaudit.case.integrity import integrity
from netaudit.case.reading import open_case
from netaudit.errors import NetauditError

if TYPE_CHECKING:
    from collections.abc import Iterator

PCAPS = Path(__file__).parent.parent / "pcaps"
LAN, TINY = PCAPS / "sales_office" / "lan.pcapng", PCAPS / "carriers" / "s3.pcapng"
AUDIT = ["audit", str(TINY), "--no-faces", "--case"]
AFRESH = [sys.executable, "-m", "netaudit"]
Told = Counter[str]
LOADING = 3  # so many times as long as a forked audit takes one that loads all anew, about
INTERNAL = 70  # an exit code that no fault may lead to
CALM = (0, 5)  # of --no-faces: 5 says that no image was judged
PRESENT = "import sys, netaudit; netaudit.audit(sys.argv[1], sys.argv[2])"
ABSENT = "from netaudit.images import judge; judge.helper = lambda *_: ['/nonexistent']; " + PRESENT


def main() -> None:
    """Run the parts asked for and print what became of each fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=list(PARTS))
    parser.add_argument("--times", type=int, default=200, help="kills and the like, of each part")
    parser.add_argument("--edits", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=14)
    given = parser.parse_args()
    chosen = random.Random(given.seed)
    bad = 0
    with tempfile.TemporaryDirectory(prefix="netaudit-faults-") as name:
        place = Path(name)
        made: dict[Path, float] = {}
        for part in given.parts:
            capture = LAN if part in LARGER else TINY
            whole = place / f"whole-{capture.stem}"
            if capture not in made:
                made[capture] = min(audited(capture, folder) for folder in (whole, place / "first", place / "second"))
                shutil.rmtree(place / "first")
                shutil.rmtree(place / "second")
            times = given.edits if part == "edits" else given.times
            told = PARTS[part](place, whole, chosen, times, made[capture])
            print(f"{part}: {json.dumps(dict(sorted(told.items())), ensure_ascii=False)}", flush=True)
            bad += sum(count for what, count in told.items() if what.startswith("NOT TOLD"))
    raise SystemExit(1 if bad else 0)


def audited(capture: Path, folder: Path) -> float:
    """Make a whole case; gives how long it took in seconds."""
    done = command(["audit", str(capture), "--no-faces", "--case", str(folder)])
    assert integrity(folder).sound, done.printed
    return done.lasted_s


def every_file(place: Path, whole: Path, chosen: random.Random, _: int, __: float) -> Told:
    case = Path(shutil.copytree(whole, place / "files"))
    told: Told = Counter()
    for path in contents(case):
        before, name = path.read_bytes(), path.relative_to(case).as_posix()
        for harm, after in (("deleted", None), ("cut", before[:-1]), ("flipped", flipped(before, chosen))):
            path.unlink()
            if after is not None:
                path.write_bytes(after)
            told[f"{harm}: told" if not integrity(case).sound else f"NOT TOLD {harm} {name}"] += 1
            told[f"{harm}: {used(case, name)}"] += 1
            path.write_bytes(before)
    assert integrity(case).sound
    return told


def used(case: Path, name: str) -> str:
    """What comes of using the case: an error that names it, or the same verdict and tables where it was not needed."""
    try:
        opened = open_case(case)
        if name.startswith("tables/"):
            opened.table(Path(name).stem)
    except NetauditError:
        return "refused when used"
    return "not needed by the verdict and its table"


def edits(place: Path, whole: Path, chosen: random.Random, times: int, _: float) -> Told:
    """Bytes of all files together are equally likely, and each file is met as often as any other: by turns."""
    case = Path(shutil.copytree(whole, place / "edits"))
    paths = contents(case)
    sizes = [path.stat().st_size for path in paths]
    told: Told = Counter()
    for number in range(times):
        path = chosen.choices(paths, sizes)[0] if number % 2 else chosen.choice(paths)
        before = path.read_bytes()
        path.write_bytes(flipped(before, chosen))
        told["told" if not integrity(case).sound else f"NOT TOLD {path.name}"] += 1
        path.write_bytes(before)
    assert integrity(case).sound
    return told


def kills(place: Path, whole: Path, chosen: random.Random, times: int, lasts: float) -> Told:
    told: Told = Counter()
    for _ in range(times):
        case = place / "killed"
        shutil.rmtree(case, ignore_errors=True)
        command([*AUDIT, str(case)], after=chosen.uniform(0, lasts * 1.1))
        told[standing(case, whole)] += 1
    return told


def replaced(place: Path, whole: Path, chosen: random.Random, times: int, lasts: float) -> Told:
    told: Told = Counter()
    case = Path(shutil.copytree(whole, place / "replaced"))
    before = (case / "manifest.json").read_bytes()
    for _ in range(times):
        command([*AUDIT, str(case), "--overwrite"], after=chosen.uniform(0, lasts * 2))
        try:
            opened = open_case(case)
            now = (case / "manifest.json").read_bytes()
            told_of = integrity(case)
            same = opened.verdict("en") == open_case(whole).verdict("en")
            left = told_of.changed or told_of.missing or told_of.problems or told_of.added
            if told_of.state != "sealed" or left or not same:
                told[f"NOT TOLD {told_of.state}"] += 1
            else:
                told["the old case, whole" if now == before else "the new case, whole"] += 1
            before = now
        except NetauditError as error:
            told[f"NOT TOLD refused: {str(error)[-60:]}"] += 1
    return told


def resumed(place: Path, whole: Path, chosen: random.Random, times: int, lasts: float) -> Told:
    """The tables must be those of the whole case but for what is keyed: the key of each case is its own."""
    told: Told = Counter()
    for number in range(times):
        case = place / "resumed"
        shutil.rmtree(case, ignore_errors=True)
        sign = signal.SIGKILL if number % 2 else signal.SIGINT
        words = ["audit", str(LAN), "--no-faces", "--case", str(case)]
        command(words, after=chosen.uniform(0, lasts * 1.3), sign=sign, small=True)
        if not (case / "private" / "resume").is_dir():
            told["nothing to resume: before it began, or after its end"] += 1
            continue
        again = command(["audit", "--resume", str(case)], small=True)
        stands = standing(case, whole)
        how = "read anew" if "anew" in again.printed else "went on"
        if stands == "whole" and counts_of(case) != counts_of(whole):
            stands = "NOT TOLD: other tables"
        told[f"{sign.name}: {how}, {stands}" if not stands.startswith("NOT") else stands] += 1
    return told


def counts_of(case: Path) -> dict[str, int]:
    """Rows of the tables."""
    return dict(open_case(case).manifest["totals"]["rows"])


def full(place: Path, whole: Path, chosen: random.Random, times: int, _: float) -> Told:
    if small_disks():
        return on_small_disks(place, whole, chosen, max(1, times // 5))
    told: Told = Counter()
    for _ in range(max(1, times // 5)):
        case = place / "full"
        shutil.rmtree(case, ignore_errors=True)
        limit = int(2 ** chosen.uniform(8, 20))

        def limited(limit: int = limit) -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        done = subprocess.run([*AFRESH, *AUDIT, str(case)], capture_output=True, preexec_fn=limited, check=False)
        stands = standing(case, whole)
        calm = done.returncode in CALM and not stands.startswith("whole")
        told["NOT TOLD" if calm else f"exit {done.returncode}, {stands}"] += 1
    return told


def small_disks() -> bool:
    """Whether disks of a few megabytes can be had."""
    return sys.platform == "linux" and not os.getuid() and shutil.which("mount") is not None


def on_small_disks(place: Path, whole: Path, chosen: random.Random, times: int) -> Told:
    told: Told = Counter()
    for _ in range(times):
        with disk(place / "small", int(2 ** chosen.uniform(14, 22))) as small:
            done = command([*AUDIT, str(small / "case")])
            stands = standing(small / "case", whole)
        calm = done.code in CALM and not stands.startswith("whole")
        told["NOT TOLD" if calm else f"exit {done.code}, {stands}"] += 1
    return told


def readonly(place: Path, whole: Path, chosen: random.Random, times: int, lasts: float) -> Told:
    told: Told = Counter()
    if not small_disks():
        return Counter({"not run: needs Linux and root": 1})
    for _ in range(max(1, times // 5)):
        with disk(place / "locked", 64 << 20) as small:
            words = [*AFRESH, *AUDIT, str(small / "case")]
            with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as audit:
                time.sleep(chosen.uniform(0, LOADING * lasts))
                # what is open for writing keeps a disk from becoming read-only, unless it is forced to
                subprocess.run(["mount", "-o", "remount,ro,force", str(small)], capture_output=True, check=False)
                stopped = subprocess.run(["mount", "-o", "remount,ro", str(small)], capture_output=True, check=False)
                audit.wait()
            stands = standing(small / "case", whole)
        how = "read-only" if not stopped.returncode else "still writable"
        calm = audit.returncode in CALM and not stands.startswith("whole")
        told["NOT TOLD" if calm else f"{how}: exit {audit.returncode}, {stands}"] += 1
    return told


@contextlib.contextmanager
def disk(place: Path, size: int) -> Iterator[Path]:
    """A disk in memory with so many bytes."""
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def helpers(place: Path, _whole: Path, chosen: random.Random, times: int, lasts: float) -> Told:
    """Of the images all must be judged, or the case must say how many were not."""
    told: Told = Counter()
    for number in range(max(1, times // 5)):
        case = place / "helper"
        shutil.rmtree(case, ignore_errors=True)
        how = ("killed", "stopped", "absent")[number % 3]
        command = [sys.executable, "-c", ABSENT if how == "absent" else PRESENT, str(LAN), str(case)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as audit:
            until = time.monotonic() + chosen.uniform(0, 3 * lasts)
            while how != "absent" and audit.poll() is None:
                time.sleep(0.02)
                if time.monotonic() > until and (found := children(audit.pid)):
                    os.kill(found[0], signal.SIGKILL if how == "killed" else signal.SIGSTOP)
                    break
            audit.wait()
        opened = open_case(case)
        left = sum(row["count"] for row in opened.table("ledgers").to_pylist()
                   if row["ledger"] == "images" and not row["understood"])  # fmt: skip
        unsure = opened.table("images")["face"].to_pylist().count("not judged")
        said = any(one["kind"] == "unjudged" for one in opened.statements or ())
        calm = left != unsure or bool(left) != said
        told["NOT TOLD" if calm else f"{how}: {'all judged' if not left else 'said how many were not judged'}"] += 1
    return told


def children(pid: int) -> list[int]:
    """Helpers of a process: those of its children that judge images."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            fields = status.read_text().rpartition(")")[2].split()
            words = (status.parent / "cmdline").read_bytes()
            if int(fields[1]) == pid and b"helper" in words:
                found.append(int(status.parent.name))
    return found


def writers(place: Path, whole: Path, chosen: random.Random, times: int, lasts: float) -> Told:
    told: Told = Counter()
    for _ in range(max(1, times // 5)):
        case = place / "two"
        shutil.rmtree(case, ignore_errors=True)
        with subprocess.Popen(
            [*AFRESH, *AUDIT, str(case)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as first:
            time.sleep(chosen.uniform(0, LOADING * lasts))
            second = command([*AUDIT, str(case), "--overwrite"])
            first.wait()
        stands = standing(case, whole)
        refused = "refused" if second.code == 2 else f"exit {second.code}"
        told[
            f"first exit {first.returncode}, second {refused}: {stands}"
            if stands.startswith("whole")
            else f"NOT TOLD {stands}"
        ] += 1
    return told


def live(place: Path, _whole: Path, chosen: random.Random, times: int, _: float) -> Told:
    told: Told = Counter()
    if sys.platform != "linux" or os.getuid():
        return Counter({"not run: needs Linux and root": 1})
    words = ["live", "lo", "--headless", "--no-faces", "--duration", "3s", "--case"]
    for _ in range(max(1, times // 5)):
        case = place / "live"
        shutil.rmtree(case, ignore_errors=True)
        command([*words, str(case)], after=chosen.uniform(0, 5))
        told[standing(case, None)] += 1
        record = case / "private" / "record"
        if record.is_dir() and any(record.iterdir()):
            again = command(["audit", "--resume", str(case)])
            stands = standing(case, None)
            how = f"resumed: exit {again.code}, {stands}"
            told[f"NOT TOLD {how}: {again.printed[-300:]}" if again.code == INTERNAL else how] += 1
    return told


def standing(case: Path, whole: Path | None) -> str:
    """How a case stands after a fault; a calm wrong answer is what is looked for."""
    if not case.exists() or not any(path.name != ".lock" for path in case.iterdir()):
        return "nothing there"
    try:
        told = integrity(case)
    except NetauditError:
        return "no case yet"
    if told.state == "sealed" and not (told.changed or told.missing or told.problems or told.added):
        same = whole is None or open_case(case).verdict("en") == open_case(whole).verdict("en")
        return "whole" if same else "NOT TOLD: sealed, and says something else"
    if told.state == "sealed":
        return "told: not as it was sealed"
    try:
        verdict = open_case(case).verdict("en")
    except NetauditError:
        return f"told: {told.state}, not opened"
    calm = "did not come to its end" not in verdict and told.state not in ("unfinished", "broken", "writing")
    return "NOT TOLD: calm" if calm else f"told: {told.state}"


def contents(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


def flipped(data: bytes, chosen: random.Random) -> bytes:
    place = chosen.randrange(len(data))
    return data[:place] + bytes((data[place] ^ chosen.randrange(1, 256),)) + data[place + 1 :]


LARGER = ("resume", "helper", "files", "edits")  # parts with the capture that has more in it
PARTS = {
    "kill": kills,
    "replace": replaced,
    "resume": resumed,
    "live": live,
    "full": full,
    "readonly": readonly,
    "writers": writers,
    "helper": helpers,
    "files": every_file,
    "edits": edits,
}

if __name__ == "__main__":
    main()
