"""Write the pictures of page 1 for the READMEs: `python packaging/pictures.py`. Needs Chromium and a Chinese font."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import PIL.Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import netaudit
from tests.browse.chromium import Chromium

SIZE = (1100, 1000)  # pixels


def main() -> None:
    """Audit the demo office and photograph the first screen of its report in both languages."""
    with tempfile.TemporaryDirectory() as scratch, Chromium(*SIZE) as browser:
        case = netaudit.audit(
            ROOT / "pcaps/sales_office/lan.pcapng",
            Path(scratch, "case"),
            site="Demo sales office",
            zone="Asia/Shanghai",
        )
        for lang in ("en", "zh"):
            browser.open(case.report(Path(scratch, f"{lang}.html"), lang=lang).as_uri())
            browser.see()
            picture = PIL.Image.open(io.BytesIO(browser.picture())).convert("RGB")
            picture.save(ROOT / "docs" / f"page-1-{lang}.webp", quality=55, method=6)


if __name__ == "__main__":
    main()
