"""`python -m netaudit.documents` prints docs/documents.md, with `zh` docs/zh/documents.md."""

from __future__ import annotations

import sys

from netaudit.documents.loading import load
from netaudit.documents.page import page

sys.stdout.write(page(load().entries, "zh" if "zh" in sys.argv[1:] else "en"))
