"""`python -m netaudit.documents` prints docs/documents.md."""

from __future__ import annotations

import sys

from netaudit.documents.loading import load
from netaudit.documents.page import page

sys.stdout.write(page(load().entries))
