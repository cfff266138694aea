"""A large site in parts, each a task of its own; then one more task makes the case of them (`pipeline/parts.py`).

OUT/parts/site=NAME/N/{key, 0 … N}       N parts and the head, which is number 0, until there is the case
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.errors import NetauditError, UsageError
from netaudit.pipeline.project_key import SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netaudit.campaign.one_site import Task
    from netaudit.pipeline.task import Options

MOST = 64  # parts: there are no more logical shards
PARTS, KEY, DONE = "parts", "key", "done.json"
OTHERS_WRITE_S = 10  # seconds for which another worker may take to write the key


def in_parts(tasks: Sequence[Task], above: int, many: Callable[[], int]) -> list[list[Task]]:
    """Tasks in the order in which they can be done, by rounds: first what needs nothing, then what needs parts.

    Sites of more than `above` bytes are divided into as many parts as `many` says, which is asked only then; 0 or 1
    divides none.
    """
    large = {task.name for task in tasks if _size(task) > above}
    parts = min(many(), MOST) if large else 0
    if parts <= 1:
        large = set()
    first = [
        replace(task, part=number, parts=parts) for task in tasks if task.name in large for number in range(parts + 1)
    ]
    first += [task for task in tasks if task.name not in large]
    return [one for one in (first, [replace(task, parts=parts) for task in tasks if task.name in large]) if one]


def _size(task: Task) -> int:
    from netaudit.campaign.plan import sizes_of

    try:
        return sum(size for _, size in sizes_of(task.site))
    except (OSError, NetauditError):  # the audit will say it
        return 0


def place_of(task: Task) -> Path:
    """Where a part goes."""
    return _folder(task) / str(task.part)


def part_done(task: Task, digest: str) -> bool:
    """Whether a part is there, whole, and of the same captures and options."""
    try:
        record = orjson.loads((place_of(task) / DONE).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and record.get("task") == digest


def make_part(task: Task, place: Path, options: Options, paths: Sequence[Path]) -> dict[str, Any]:
    """Read a part into a folder that is new."""
    from netaudit.pipeline.parts import read_head, read_part

    keyed = replace(options, project_key=options.project_key or _key(task))
    if task.part:
        read_part(paths, place, keyed, task.part - 1, task.parts)
    else:
        read_head(paths, place, keyed)
    return {}


def whole(task: Task, digest: str) -> list[Path]:
    """The head and all parts of a site. Raises UsageError where one is missing."""
    found = [replace(task, part=number) for number in range(task.parts + 1)]
    missing = [str(one.part) for one in found if not part_done(one, digest)]
    if missing:
        raise UsageError("parts {} of {} are missing; run the campaign again", ", ".join(missing), task.parts)
    return [place_of(one) for one in found]


def forget(task: Task) -> None:
    """Take the parts of a site away, which has its case."""
    shutil.rmtree(Path(task.out) / PARTS / task.site.folder, ignore_errors=True)


def _folder(task: Task) -> Path:
    return Path(task.out) / PARTS / task.site.folder / str(task.parts)


def _key(task: Task) -> bytes:
    """A random key for all parts of a site, made by whoever comes first."""
    path = _folder(task) / KEY
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:
        return _written(path)
    try:
        os.write(file, key := secrets.token_bytes(SIZE))
    finally:
        os.close(file)
    return key


def _written(path: Path) -> bytes:
    until = time.monotonic() + OTHERS_WRITE_S
    while len(key := path.read_bytes()) != SIZE:
        if time.monotonic() > until:
            raise UsageError("{}: is no key; remove it and run the campaign again", path)
        time.sleep(0.1)
    return key
