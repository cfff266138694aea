"""Where the time of an audit goes, by stage: `python benchmarks/stages.py CAPTURE`.

One worker, no faces, in this process. A timer interrupts every few ms, and the time since the last interrupt is
put down to the stage (folder of the package) whose code is running or has called what runs. Hashing the capture goes on
in a thread beside and is no stage.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import FrameType

from netaudit.pipeline.startup import load_lean, own_process

STEP = 0.002  # seconds
OTHER = "other"  # modules at the top of the package, and none of it
START = "imports"


def stage_of(frame: FrameType | None) -> str:
    """Stage of the innermost function of the package."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return START
        at = name.rfind("/netaudit/")
        if at >= 0:
            folder, _, rest = name[at + 10 :].partition("/")
            return folder if rest else OTHER
        frame = frame.f_back
    return OTHER


def main(capture: str) -> None:
    """Audit once and print the table."""
    spent: Counter[str] = Counter()
    began = last = time.perf_counter()

    def tick(_: int, frame: FrameType | None) -> None:
        nonlocal last
        now = time.perf_counter()
        spent[stage_of(frame)] += now - last
        last = now

    signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, STEP, STEP)
    own_process()
    load_lean()
    from netaudit.pipeline import task

    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        task.run([capture], Path(folder) / "case", task.Options(faces=False, workers=1), lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, 0)
    total = time.perf_counter() - began
    print(f"{Path(capture).name}: {total:.2f} s")
    for stage, seconds in spent.most_common():
        print(f"  {stage:24} {seconds:6.2f} s  {seconds / total:5.1%}")


if __name__ == "__main__":
    main(sys.argv[1])
