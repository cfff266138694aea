"""The judging helper: a process that reads, decodes and looks at images, so that a decoder's crash costs one image.

Talks in JSON lines, which the other side can read without trusting them. In: {"sha256", "path", "kind", "rotate",
"count", "beside"}, which are pictures with a face that hold this one, each [sha256, path, kind]; and {"detectors": n},
which leaves so many of them. Out: {"started": [sha256, …]} when work on some images begins, {"done": sha256, "facts",
"verdict"} for each when it ends, and {"fatal": text} when the helper cannot work at all. It ends when its input does.
Told {"show": true}, once it has judged all, it says {"shows": true} and is a `preview_helper` from then on: what that
needs is loaded here.
"""

from __future__ import annotations

import contextlib
import io
import os
import queue
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.system import signals
from netaudit.images.inspection import MOST_TOGETHER, Task, Work, worker
from netaudit.images.kernels_scan import scan_of
from netaudit.images.pictures import MAX_PIXELS
from netaudit.images.preview_helper import show
from netaudit.images.processes import write_whole
from netaudit.images.recent import PixelBudget, Recent
from netaudit.jit.numba_parts import without_package

if TYPE_CHECKING:
    from collections.abc import Callable

ONE_LESS: Task = {}  # ends the thread that takes it
Tasks = queue.SimpleQueue[Task]


def serve(make: Callable[[], Work], threads: int, before: Callable[[], object] = lambda: None) -> None:
    """Answer tasks from standard input until it ends, with `threads` threads, each with its own function by `make`.

    `before` is called before work on tasks is said to begin, and its time is taken.
    """
    answers = _own_output()
    lock = threading.Lock()
    tasks: Tasks = queue.SimpleQueue()

    def say(*messages: dict[str, Any]) -> None:
        with lock:
            write_whole(answers, b"".join(orjson.dumps(message) + b"\n" for message in messages))

    def run() -> None:
        try:
            work = make()
            done: list[dict[str, Any]] = []  # to be said together with what begins next: the other side wakes once
            while True:
                try:
                    first = tasks.get_nowait()
                except queue.Empty:
                    say(*done)
                    done, first = [], tasks.get()
                if first == ONE_LESS:
                    say(*done)
                    return
                for begun, judge in work(_with_others(first, tasks, threads)):
                    before()
                    say(*done, {"started": [one["sha256"] for one in begun]})
                    pairs = zip(begun, judge(), strict=True)
                    done = [{"done": one["sha256"], "facts": facts, "verdict": said} for one, (facts, said) in pairs]
        except BaseException as error:  # noqa: BLE001 - whatever it was, the other side must hear of it and start anew
            say({"fatal": f"{type(error).__name__}: {error}"[:500]})
            os._exit(3)

    for _ in range(threads):
        threading.Thread(target=run, daemon=True).start()
    for line in sys.stdin.buffer:
        task = orjson.loads(line)
        if "show" in task:
            say({"shows": True})
            show(io.BufferedWriter(answers))
            break
        if "detectors" in task:
            for _ in range(threads - task["detectors"]):
                tasks.put(ONE_LESS)
            threads = min(threads, task["detectors"])
            continue
        tasks.put(task)
    os._exit(0)  # the audit has ended or died: no answer is wanted, and native threads may hang at exit


def _with_others(first: Task, tasks: Tasks, threads: int) -> list[Task]:
    """A task with one thread's share of those that wait."""
    some = [first]
    most = min(MOST_TOGETHER, 1 + tasks.qsize() // threads)
    with contextlib.suppress(queue.Empty):
        while len(some) < most:
            if (another := tasks.get_nowait()) == ONE_LESS:
                tasks.put(ONE_LESS)  # when these are done
                break
            some.append(another)
    return some


def _own_output() -> Any:
    """Standard output for answers alone: what native libraries print goes to standard error, which nobody reads."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _give_way(steps: int) -> None:
    """Let others go first, as far as the system knows that."""
    if hasattr(os, "nice"):
        os.nice(steps)


def main(arguments: list[str]) -> None:
    """Run the helper: number of threads, "faces" or "none" to look for, steps by which others go first."""
    signals.ignore()  # Ctrl-C is the audit's to handle
    warnings.simplefilter("ignore")  # of decoders, about hostile images
    threads, faces = int(arguments[0]), arguments[1] == "faces"
    _give_way(int(arguments[2]))
    without_package()
    budget = PixelBudget(MAX_PIXELS)
    recent = Recent(budget)
    # kernels are asked for with the first task: by then whoever starts this early has had them compiled
    serve(lambda: worker(budget, faces=faces, recent=recent), threads, lambda: scan_of(b""))
