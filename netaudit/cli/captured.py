"""Whether a case is of a capture: what lies beside one may be of another that had its name."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.evidence.case.reading import Case


def is_of(case: Case, path: Path) -> bool:
    """Whether the audit read this very file, among others or alone."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return digest in case.table("captures", ["sha256"])["sha256"].to_pylist()
