"""`netaudit doctor --warm`, and what is said while kernels are compiled before a first audit."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from netaudit.cli.texts import say

if TYPE_CHECKING:
    from netaudit.pipeline.options import Progress

EARLY = 8  # kernels from which on the time that is left can be told
STEP = 0.5  # seconds between two words


def warm_command(pieces: list[str], lang: str) -> None:
    """Compile all that is missing and say where it lies; or, as one of the processes that do it, some pieces."""
    from netaudit.pipeline.startup import load_arrow

    load_arrow(compiler=True)
    from netaudit.jit.cache import cache_folder
    from netaudit.pipeline.ready import compile_pieces, have_rest
    from netaudit.pipeline.warm import warm

    if pieces:
        compile_pieces(pieces)
        return
    compile_missing(lang)
    have_rest()
    warm()
    print(f"{say('warm', lang)} {cache_folder()}")


def compile_missing(lang: str) -> None:
    """Compile what is missing before it is needed, and say on standard error how far it is."""
    from netaudit.pipeline.ready import make_ready

    make_ready(told_compiling(lang))


def told_compiling(lang: str) -> Progress:
    """Says on standard error how far compiling is: a line that moves on a terminal, two lines elsewhere."""
    moving = sys.stderr.isatty()
    begun = last = time.monotonic()

    def tell(_: str, done: int, total: int) -> None:
        nonlocal last
        clock = time.monotonic()
        if done in {0, total}:
            line = say("compiling" if not done else "compiled", lang, seconds=round(clock - begun))
            print(f"\r\x1b[K{line}" if moving else line, end="" if moving and not done else "\n", file=sys.stderr)
        elif moving and done >= EARLY and clock - last >= STEP:
            last = clock
            left = round((clock - begun) * (total - done) / done)
            print(f"\r\x1b[K{say('compiling_left', lang, part=done / total, seconds=left)}", end="", file=sys.stderr)
        sys.stderr.flush()

    return tell
