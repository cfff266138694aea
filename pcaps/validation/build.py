"""Write the pack that `netaudit validate` reads: `python pcaps/validation/build.py` → netaudit/validate/pack.zip.

The zip holds one folder of captures per group, and `answers.json`: [assertion, capture, kind, about, expected].
Every run gives the same bytes.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pcaps.validation.cases import pack

PACK = ROOT / "netaudit" / "validate" / "pack.zip"
DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold


def main() -> None:
    files = pack()
    answers = [
        [one.assertion, one.capture, one.kind, one.about, one.expected] for made in files for one in made.answers
    ]
    with zipfile.ZipFile(PACK, "w") as out:
        for made in files:
            out.writestr(zipfile.ZipInfo(f"{made.room}/{made.name}", DATE), made.data, zipfile.ZIP_DEFLATED, 9)
        text = json.dumps(answers, ensure_ascii=False, separators=(",", ":"))
        out.writestr(zipfile.ZipInfo("answers.json", DATE), text, zipfile.ZIP_DEFLATED, 9)
    print(f"{PACK}: {len(files)} captures, {len(answers):,} answers, {PACK.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
