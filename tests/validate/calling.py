"""Writes down calls of the functions of the reading rooms: what a copy has to answer as the released one did (A90).

`python -m tests.validate.calling [--folder FOLDER]` runs the tests of the rooms once, and reads the pack, twice: with
kernels as Python the second time. It listens to calls of functions whose arguments can be written down, then chooses:
of each function the fewest calls of those that are kept, of all heard, and of others that differ from one of them in
one value, that answer otherwise when the function has a fault (of the operators of tests/mutation, each at each place).
Writes `netaudit/validate/pack/calls.bin`. A call that opens a file, or answers otherwise when it is made again, is none.
What was heard and chosen is kept in the folder: begun again, it goes on.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import lzma
import os
import pickle
import signal
import subprocess
import sys
from collections import defaultdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from netaudit.validate.calls import Call, answered, bare, calls
from netaudit.validate.constants import KERNELS, _modules, uncompiled, without_extras
from tests.mutation.operators import Site
from tests.mutation.seeded import BESIDE, READING, Fault, modules
from tests.validate.choosing import _late, _watch, asked, of_module
from tests.validate.gathering import TESTS, WITHOUT
from tests.validate.hearing import Heard, pack_heard

ROOT = Path(__file__).parents[2]
KINDS = ("tests", "pack", "kernels")
PLACE = ROOT / "netaudit" / "validate" / "pack" / "calls.bin"


def answers(*, backwards: bool) -> list[str]:
    """What every call that is kept answers in this process, in hexadecimal; nothing for one that is not to be asked."""
    every = [(module, call) for module, those in calls().items() for call in those]
    with without_extras(), uncompiled():
        said = [asked(*one, patience=LONG, watching=False) for one in (reversed(every) if backwards else every)]
    found = [one.hex() if one else "" for one in said]
    return found[::-1] if backwards else found


LONG = 20.0  # seconds of one call that was found to be short


def again(those: dict[str, list[Call]]) -> dict[str, list[Call]]:
    """Without what answers otherwise in another process, in another order, with other hashes of texts."""
    keep(those)
    said = []
    for seed in "12":
        words = [sys.executable, "-W", "ignore", "-m", "tests.validate.calling", f"--answers={seed}"]
        other = {
            "PYTHONHASHSEED": seed,
            "NUMBA_DISABLE_JIT": str(int(seed) - 1),
            "TZ": ("UTC", "Asia/Shanghai")[seed == "2"],
        }
        done = subprocess.run(words, env=os.environ | other, check=True, stdout=subprocess.PIPE)
        said.append(done.stdout.decode().split("\n"))
    same = iter([one == other != "" for one, other in zip(*said, strict=True)])
    return {module: [call for call in own if next(same)] for module, own in sorted(those.items())}


def keep(kept: dict[str, list[Call]]) -> None:
    plain = {module: [tuple(call) for call in own] for module, own in sorted(kept.items())}
    PLACE.write_bytes(lzma.compress(pickle.dumps(plain, 5), preset=9 | lzma.PRESET_EXTREME))


def follow() -> None:
    """Calls of what stands in another module now, under its name there."""
    by_place: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for module, those in calls().items():
        for call in those:
            by_place[module, call.function].append((call.arguments, call.named))
    found: dict[str, list[Call]] = defaultdict(list)
    for (module, place), own in moved(by_place).items():
        made = [Call(place, *one) for one in own]
        with uncompiled():
            found[module] += [call for call in made if not answered(module, call).startswith("no call")]
    keep(found)
    print(f"{sum(map(len, found.values()))} calls")


OURS = (("object",), ("enum",), ("named",), ("place",))


def moved(by_place: Any) -> Any:
    """The same of this copy, where a function or a class stands in another module than it did, under its name."""
    now: dict[str, list[str]] = defaultdict(list)
    for module in _modules():
        for name, thing in vars(module).items():
            if getattr(bare(thing), "__module__", "") == module.__name__:
                now[name].append(module.__name__)

    @functools.cache
    def home(module: str, place: str) -> str:
        name = place.partition(".")[0]
        return now[name][0] if len(now[name]) == 1 and not _has(module, name) else module

    def walk(value: Any) -> Any:
        if isinstance(value, tuple) and value[:1] in OURS and str(value[1]).startswith("netaudit."):
            module, _, name = value[1].partition(":")
            return (value[0], f"{home(module, name)}:{name}", *map(walk, value[2:]))
        if isinstance(value, dict):
            return {key: walk(one) for key, one in value.items()}
        return type(value)(map(walk, value)) if isinstance(value, tuple | list) else value

    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for (module, place), those in by_place.items():
        found[home(module, place), place] += walk(those)
    return found


def _has(module: str, name: str) -> bool:
    try:
        return hasattr(importlib.import_module(module), name)
    except ImportError:
        return False


def hear(what: str, place: Path) -> None:
    """Into a file: what tests say, or what is called while the pack is read, of kernels or of all else."""
    if what == "tests":
        heard = Heard()
        words = [str(ROOT / "tests" / room) for room in (*TESTS, "identity_data")]
        pytest.main(["-q", "-p", "no:cacheprovider", "-k", WITHOUT, *words], plugins=[heard])
    else:
        heard = pack_heard(kernels=what == "kernels")
    place.write_bytes(pickle.dumps({at: list(those) for at, those in heard.calls.items()}, 5))


def all_heard(folder: Path) -> dict[str, dict[str, list[bytes]]]:
    """Calls by module and function: those that are kept now, and all that is heard."""
    every: dict[tuple[str, str], dict[bytes, None]] = defaultdict(dict)
    for module, those in calls().items():
        for call in those:
            every[module, call.function][pickle.dumps((call.arguments, call.named), 5)] = None
    for what in KINDS:
        if not (place := folder / f"{what}.pickle").is_file():
            words = [
                sys.executable,
                "-W",
                "ignore",
                "-m",
                "tests.validate.calling",
                f"--hear={what}",
                f"--folder={folder}",
            ]
            subprocess.run(words, env=os.environ | {"NUMBA_DISABLE_JIT": str(int(what == "kernels"))}, check=True)
        unpacked = {at: list(map(pickle.loads, those)) for at, those in pickle.loads(place.read_bytes()).items()}
        for at, own in moved(unpacked).items():
            every[at].update(dict.fromkeys(sorted((pickle.dumps(one, 5) for one in own), key=len)))
    found: dict[str, dict[str, list[bytes]]] = defaultdict(dict)
    for (module, function), own in every.items():
        found[module][function] = list(own)
    return found


def chosen(folder: Path, processes: int) -> dict[str, tuple[list[Call], list[str]]]:
    """Calls that tell faults, and how many, by module; those first that the specification is about."""
    place = folder / "chosen.pickle"
    found = {}
    if place.is_file():
        found = pickle.loads(place.read_bytes())
    first = {Fault(one, Site(0, 0, "")).dotted for one in modules(READING, BESIDE)}
    heard = all_heard(folder)
    left = sorted(set(heard) - set(found), key=lambda name: (name not in first, KERNELS.search(name) is None, name))
    sys.addaudithook(_watch)
    sys.dont_write_bytecode = True
    with get_context("fork").Pool(processes, maxtasksperchild=1) as pool:
        for module, own, lines in pool.imap_unordered(_of_module, [(name, heard[name]) for name in left]):
            found[module] = own, lines
            place.write_bytes(pickle.dumps(found, 5))
            told = [sum(int(line.split()[at]) for line in lines) for at in (4, 5)]
            print(f"{module} {told[1]} of {told[0]}; {len(own)} calls", flush=True)
    return found


def _of_module(given: tuple[str, dict[str, list[bytes]]]) -> tuple[str, list[Call], list[str]]:
    return of_module(*given)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("calls"), help="what was heard and chosen is kept here")
    parser.add_argument("--hear", choices=KINDS, help="only listen to this")
    parser.add_argument(
        "--moved", action="store_true", help="only follow what stands in another module now, without what is gone"
    )
    parser.add_argument(
        "--so-far", action="store_true", help="write what was chosen so far; of the rest what is kept now"
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--answers", type=int, help="only print what is answered; 2: in the other order")
    given = parser.parse_args()
    if given.answers:
        signal.signal(signal.SIGPROF, _late)
        print("\n".join(answers(backwards=given.answers == 2)))
    elif given.moved:
        follow()
    elif given.hear:
        hear(given.hear, given.folder / f"{given.hear}.pickle")
    else:
        given.folder.mkdir(exist_ok=True)
        if given.so_far:
            found = pickle.loads((given.folder / "chosen.pickle").read_bytes())
        elif os.environ.get("NUMBA_DISABLE_JIT") != "1":
            raise SystemExit("set NUMBA_DISABLE_JIT=1: kernels are asked as Python")
        else:
            found = chosen(given.folder, given.processes)
        written_down(found)


def written_down(found: dict[str, tuple[list[Call], list[str]]]) -> None:
    """Keep what was chosen, if it answers the same everywhere; of modules that were not asked what is kept now."""
    every = calls() | {module: own for module, (own, _) in found.items()}
    kept = again(every)
    keep(kept)
    lines = [line for _, own in found.values() for line in own]
    all_faults, all_told = (sum(int(line.split()[at]) for line in lines) for at in (4, 5))
    print(f"{sum(map(len, kept.values()))} calls of {sum(map(len, every.values()))}, {PLACE.stat().st_size} bytes; "
          f"{all_told} of {all_faults} faults are told")  # fmt: skip


if __name__ == "__main__":
    main()
