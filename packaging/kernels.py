"""Compile all kernels for any processor of this kind into the package: `python packaging/kernels.py`.

They are found by whoever runs the same sources with the same numba and the same minor version of Python and numpy,
wherever the package lies (`netaudit/jit/cache.py`). Everybody else compiles for himself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "netaudit" / "_kernels"
BUILD = """
import gc
gc.disable()
from netaudit.jit import cache
cache.waits_for_others = False
from netaudit.pipeline.warm import PIECES
from netaudit.core.system.user_cache import keep
for name in sorted(PIECES):
    PIECES[name][0]()
    keep(cache.cache_folder() / name, b"")
print(cache.cache_folder())
"""


def main() -> None:
    """Compile in a folder of its own, and put that in the place of what was there."""
    shutil.rmtree(PLACE, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        environment = {
            **os.environ,
            "NETAUDIT_CACHE": scratch,
            "NUMBA_CPU_NAME": "generic",
            "NUMBA_CPU_FEATURES": "",
            "PYTHONPATH": str(ROOT),
            "PYTHONHASHSEED": "0",  # with one process and one order: the same bytes from the same sources
        }
        words = [sys.executable, "-c", BUILD]
        done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        made = Path(done.stdout.strip())
        shutil.copytree(made, PLACE / made.name)
    for path in [PLACE, *PLACE.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    files = [path for path in PLACE.rglob("*") if path.is_file()]
    if placed := [path.name for path in files if str(ROOT).encode() in path.read_bytes()]:
        raise SystemExit(f"the place of these sources is compiled in, so two builds differ: {', '.join(placed)}")
    print(f"{PLACE.relative_to(ROOT)}: {len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
