"""What faults do to a case: every one must be told or be harmless (`make faults`).

kill      kill -9 at a random moment of an audit into a new folder; the case is then opened again
replace   the same for --overwrite: the case before must be whole, or the new one
live      kill -9 at a random moment of a live audit of the loopback interface (Linux, as root, with dumpcap)
full      a disk that is full at a random moment (a limit to the size of files)
writers   a second audit at a random moment of the first
files     every file of a finished case deleted, cut short, and one byte of it changed
edits     single bytes changed at random places of all files
"""

from __future__ import annotations

import argparse
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

from netaudit.case.integrity import integrity
from netaudit.case.reading import open_case
from netaudit.errors import NetauditError

LAN = Path(__file__).parent.parent / "pcaps" / "sales_office" / "lan.pcapng"
AUDIT = [sys.executable, "-m", "netaudit", "audit", str(LAN), "--no-faces", "--case"]
Told = Counter[str]


def main() -> None:
    """Run the parts asked for and print what became of each fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["files", "edits", "kill", "replace", "full", "writers", "live"])
    parser.add_argument("--times", type=int, default=200, help="kills and the like, of each part")
    parser.add_argument("--edits", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=14)
    given = parser.parse_args()
    chosen = random.Random(given.seed)
    bad = 0
    with tempfile.TemporaryDirectory(prefix="netaudit-faults-") as name:
        place = Path(name)
        began = time.monotonic()
        whole = audited(place / "whole")
        lasts = time.monotonic() - began
        began = time.monotonic()
        audited(place / "again")
        lasts = min(lasts, time.monotonic() - began)
        for part in given.parts:
            times = given.edits if part == "edits" else given.times
            told = PARTS[part](place, whole, chosen, times, lasts)
            print(f"{part}: {json.dumps(dict(sorted(told.items())), ensure_ascii=False)}", flush=True)
            bad += sum(count for what, count in told.items() if what.startswith("NOT TOLD"))
    raise SystemExit(1 if bad else 0)


def audited(folder: Path) -> Path:
    done = subprocess.run([*AUDIT, str(folder)], capture_output=True, check=False)
    assert integrity(folder).sound, done.stderr
    return folder


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
        killed([*AUDIT, str(case)], chosen.uniform(0, lasts * 1.1))
        told[standing(case, whole)] += 1
    return told


def replaced(place: Path, whole: Path, chosen: random.Random, times: int, lasts: float) -> Told:
    told: Told = Counter()
    case = Path(shutil.copytree(whole, place / "replaced"))
    before = (case / "manifest.json").read_bytes()
    for _ in range(times):
        killed([*AUDIT, str(case), "--overwrite"], chosen.uniform(lasts * 0.2, lasts * 1.1))
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


def full(place: Path, whole: Path, chosen: random.Random, times: int, _: float) -> Told:
    told: Told = Counter()
    for _ in range(max(1, times // 5)):
        case = place / "full"
        shutil.rmtree(case, ignore_errors=True)
        limit = int(2 ** chosen.uniform(8, 20))

        def limited(limit: int = limit) -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        done = subprocess.run([*AUDIT, str(case)], capture_output=True, preexec_fn=limited, check=False)
        stands = standing(case, whole)
        told[f"exit {done.returncode}, {stands}" if done.returncode or stands.startswith("whole") else "NOT TOLD"] += 1
    return told


def writers(place: Path, whole: Path, chosen: random.Random, times: int, lasts: float) -> Told:
    told: Told = Counter()
    for _ in range(max(1, times // 5)):
        case = place / "two"
        shutil.rmtree(case, ignore_errors=True)
        with subprocess.Popen([*AUDIT, str(case)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
            time.sleep(chosen.uniform(0, lasts))
            second = subprocess.run([*AUDIT, str(case), "--overwrite"], capture_output=True, text=True, check=False)
            first.wait()
        stands = standing(case, whole)
        refused = "refused" if second.returncode == 2 else f"exit {second.returncode}"
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
    words = [sys.executable, "-m", "netaudit", "live", "lo", "--headless", "--no-faces", "--duration", "6s", "--case"]
    for _ in range(max(1, times // 5)):
        case = place / "live"
        shutil.rmtree(case, ignore_errors=True)
        killed([*words, str(case)], chosen.uniform(1, 12))
        told[standing(case, None)] += 1
        record = case / "private" / "record"
        if record.is_dir() and any(record.iterdir()):
            again = subprocess.run([*AUDIT[:4], "--resume", str(case)], capture_output=True, check=False)
            stands = standing(case, None)
            told[f"resumed: exit {again.returncode}, {stands}"] += 1
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


def killed(words: list[str], after: float) -> None:
    """Start something, and kill it and all it started after so many seconds."""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as one:
        try:
            one.wait(after)
        except subprocess.TimeoutExpired:
            os.killpg(one.pid, signal.SIGKILL)


def contents(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


def flipped(data: bytes, chosen: random.Random) -> bytes:
    place = chosen.randrange(len(data))
    return data[:place] + bytes((data[place] ^ chosen.randrange(1, 256),)) + data[place + 1 :]


PARTS = {
    "kill": kills,
    "replace": replaced,
    "live": live,
    "full": full,
    "writers": writers,
    "files": every_file,
    "edits": edits,
}

if __name__ == "__main__":
    main()
