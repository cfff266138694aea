"""What netaudit tells, as records of the test specification."""

from __future__ import annotations

import tempfile
from pathlib import Path


def records(*paths):
    import netaudit
    from netaudit.validate.observing import observed

    with tempfile.TemporaryDirectory() as scratch:
        case = netaudit.audit(list(paths), case=Path(scratch) / "case", faces=False, keep_all=True)
        yield from observed(case)
