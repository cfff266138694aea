"""Which verdicts on faces two versions differ in: `python benchmarks/verdicts.py OLD FOLDER...`.

OLD is the root of another checkout of this project; each FOLDER holds pictures (JPEG, PNG …). Every picture is judged
by both as an upload is (turned pictures too). Prints, for each folder, how often each verdict became which, then every
change with its scores, and the processor time of both.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
JUDGE = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
try:
    from netaudit.images import extents, face_verdict, images, pictures
except ImportError:
    from netaudit.images import detection as face_verdict
    from netaudit.images import extents, images, pictures
detector = face_verdict.FaceDetector()
for line in sys.stdin:
    data = open(line.rstrip("\\n"), "rb").read()
    kind = extents.sniff(data) or "unknown"
    began = time.process_time()
    picture = pictures.Picture(data, kind)
    images.facts_of(picture, data, kind)
    verdict = detector.judge(picture, rotate=True)
    print(json.dumps([verdict.face, verdict.score, verdict.rotated, time.process_time() - began]), flush=True)
"""


def judged(root: Path, pictures: list[Path]) -> list[tuple[str, float, int, float]]:
    """Verdict, score, rotation and seconds of each picture by the version in `root`."""
    done = subprocess.run(
        [sys.executable, "-c", JUDGE, str(root)],
        input="".join(f"{path}\n" for path in pictures),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def main() -> None:
    """Command line."""
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    old_root, *folders = (Path(argument).resolve() for argument in sys.argv[1:])
    for folder in folders:
        pictures = sorted(path for path in folder.rglob("*.*") if path.is_file())
        old, new = judged(old_root, pictures), judged(ROOT, pictures)
        counts = Counter((before[0], after[0]) for before, after in zip(old, new, strict=True))
        changed = sum(count for (before, after), count in counts.items() if before != after)
        seconds = " → ".join(f"{sum(row[3] for row in rows):.1f} s" for rows in (old, new))
        print(f"{folder.name}: {len(pictures)} pictures, {changed} changed, {seconds}")
        for (before, after), count in sorted(counts.items()):
            print(f"  {before} → {after}: {count}" if before != after else f"  {before}: {count}")
        for path, before, after in zip(pictures, old, new, strict=True):
            if before[0] != after[0]:
                print(f"    {path.name}: {before[0]} {before[1]} → {after[0]} {after[1]}")


if __name__ == "__main__":
    main()
