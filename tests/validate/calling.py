"""Writes down calls of the functions of the reading rooms: what a copy has to answer as the released one did (A90).

`python -m tests.validate.calling [--heard FILE] [ROOM …]` runs the tests of the rooms once, listens to every call of a
function whose arguments can be written down, then chooses: of each function the fewest calls of all heard, and of
others that differ from one of them in one value, that answer otherwise when the function has a fault (of the operators
of tests/mutation, each at each place). Writes `netaudit/validate/pack/calls.bin`. A call that opens a file, or answers
otherwise when it is made again, is none.
"""

from __future__ import annotations

import argparse
import os
import pickle
import signal
import subprocess
import sys
import zlib
from collections import defaultdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from netaudit.validate.calls import Call, answered, bare, calls
from netaudit.validate.constants import _modules, without_extras
from tests.validate.choosing import _late, _watch, asked, of_module
from tests.validate.gathering import TESTS, WITHOUT
from tests.validate.hearing import Heard

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "netaudit" / "validate" / "pack" / "calls.bin"


def answers(*, backwards: bool) -> list[str]:
    """What every call that is kept answers in this process, in hexadecimal; nothing for one that is not to be asked."""
    every = [(module, call) for module, those in calls().items() for call in those]
    with without_extras():
        said = [asked(*one) for one in (reversed(every) if backwards else every)]
    found = [one.hex() if one else "" for one in said]
    return found[::-1] if backwards else found


def again(those: dict[str, list[Call]]) -> dict[str, list[Call]]:
    """Without what answers otherwise in another process, in another order, with other hashes of texts."""
    keep(those)
    said = []
    for seed in "12":
        words = [sys.executable, "-W", "ignore", "-m", "tests.validate.calling", f"--answers={seed}"]
        done = subprocess.run(words, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, stdout=subprocess.PIPE)
        said.append(done.stdout.decode().split("\n"))
    same = iter([one == other != "" for one, other in zip(*said, strict=True)])
    return {module: [call for call in own if next(same)] for module, own in sorted(those.items())}


def keep(kept: dict[str, list[Call]]) -> None:
    plain = {module: [tuple(call) for call in own] for module, own in sorted(kept.items())}
    PLACE.write_bytes(zlib.compress(pickle.dumps(plain, 5), 9))


def follow() -> None:
    """Calls of what stands in another module now, under its name there."""
    by_place: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for module, those in calls().items():
        for call in those:
            by_place[module, call.function].append((call.arguments, call.named))
    found: dict[str, list[Call]] = defaultdict(list)
    for (module, place), own in moved(by_place).items():
        made = [Call(place, *one) for one in own]
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

    def home(module: str, place: str) -> str:
        name = place.partition(".")[0]
        return now[name][0] if module not in now[name] and len(now[name]) == 1 else module

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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--heard", type=Path, default=Path("heard.pickle"), help="what the tests said, kept here")
    parser.add_argument("--told", type=Path, help="write here, by function, how many faults are told")
    parser.add_argument(
        "--moved", action="store_true", help="only follow what stands in another module now, without what is gone"
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("tests", nargs="*", default=[str(ROOT / "tests" / room) for room in (*TESTS, "identity_data")])
    parser.add_argument("--answers", type=int, help="only print what is answered; 2: in the other order")
    given = parser.parse_args()
    if given.answers:
        sys.addaudithook(_watch)
        signal.signal(signal.SIGPROF, _late)
        print("\n".join(answers(backwards=given.answers == 2)))
        return
    if given.moved:
        follow()
        return
    if not given.heard.is_file():
        heard = Heard()
        pytest.main(["-q", "-p", "no:cacheprovider", "-k", WITHOUT, *given.tests], plugins=[heard])
        given.heard.write_bytes(pickle.dumps({place: list(those) for place, those in heard.calls.items()}, 5))
    heard_in: dict[str, dict[str, list[bytes]]] = defaultdict(dict)
    unpacked = {
        place: list(map(pickle.loads, those)) for place, those in pickle.loads(given.heard.read_bytes()).items()
    }
    for (module, place), those in moved(unpacked).items():
        heard_in[module][place] = [pickle.dumps(one, 5) for one in those]
    sys.addaudithook(_watch)
    signal.signal(signal.SIGPROF, _late)
    with get_context("fork").Pool(given.processes) as pool:
        made = pool.starmap(of_module, sorted(heard_in.items()), chunksize=1)
    found = dict(zip(sorted(heard_in), (own for own, _ in made), strict=True))
    lines = [line for _, own in made for line in own]
    if given.told is not None:
        given.told.write_text("\n".join(lines) + "\n")
    kept = again(found)
    keep(kept)
    all_faults, all_told = (sum(int(line.split()[at]) for line in lines) for at in (4, 5))
    print(f"{sum(map(len, kept.values()))} calls of {sum(map(len, found.values()))}, {PLACE.stat().st_size} bytes; "
          f"{all_told} of {all_faults} faults are told")  # fmt: skip


if __name__ == "__main__":
    main()
