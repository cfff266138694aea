"""How many images a second one detector judges: `python benchmarks/judging.py [CASE]`.

Takes the distinct images of a case (default: one made of the first part of `upload_heavy`), judges each once to learn
which show a face, then each sort for itself, a few rounds each: with a face or without, and up to 640 pixels or larger
(where faces are counted in a further look). One detector, one thread, as uploads are judged (turned pictures too).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import build

from netaudit.images.headers import header_size
from netaudit.images.judge import Judge

PART = 100_000_000  # bytes of upload_heavy
MOST = 400  # images of each sort
SIDE = 640  # pixels
ROUNDS = 3


def judged(images: list[Path]) -> tuple[float, dict[Path, bool]]:
    """Seconds for all, without the start of the helper, and which show a face."""
    judge = Judge(threads=1)
    names = {path.stem: path for path in images}
    first, *rest = images
    judge.submit(first.stem, first, first.suffix[1:], rotate=True)
    verdicts = {names[sha256]: face.face == "yes" for sha256, _, face in judge.finish()}
    started = time.perf_counter()
    for path in rest:
        judge.submit(path.stem, path, path.suffix[1:], rotate=True)
    verdicts |= {names[sha256]: face.face == "yes" for sha256, _, face in judge.finish()}
    seconds = time.perf_counter() - started
    judge.close()
    return seconds, verdicts


def is_large(path: Path) -> bool:
    """Whether the long side of a picture is longer than what all looks need."""
    return max(header_size(path.read_bytes(), path.suffix[1:]) or (0,)) > SIDE


def made(folder: Path) -> Path:
    """A case of a part of upload_heavy."""
    capture, case = folder / "part.pcap", folder / "case"
    with build.build("upload_heavy").open("rb") as whole:
        capture.write_bytes(whole.read(PART))
    subprocess.run(
        [sys.executable, "-m", "netaudit", "audit", str(capture), "--case", str(case), "--no-faces"],
        check=False,
        capture_output=True,
    )
    return case


def main() -> None:
    """Command line."""
    with tempfile.TemporaryDirectory() as folder:
        case = Path(sys.argv[1]) if len(sys.argv) > 1 else made(Path(folder))
        images = sorted(path for path in (case / "private" / "objects").rglob("*.*") if path.is_file())
        if not images:
            sys.exit(f"{case}: no images")
        _, faces = judged(images[: 4 * MOST])
        for title, wanted in (("with a face", True), ("without", False)):
            for larger in (False, True):
                chosen = [path for path, face in faces.items() if face == wanted and is_large(path) == larger][:MOST]
                if len(chosen) < 2:
                    continue
                size = sum(path.stat().st_size for path in chosen) / len(chosen) / 1000
                rates = [(len(chosen) - 1) / judged(chosen)[0] for _ in range(ROUNDS)]
                print(
                    f"{title:12} {'over' if larger else 'up to'} {SIDE} pixels, {len(chosen)} images of {size:.0f} kB: "
                    f"{statistics.median(rates):.0f} a second ({min(rates):.0f} to {max(rates):.0f})"
                )


if __name__ == "__main__":
    main()
