"""netaudit: which devices moved whose face images, when and to whom, from packet captures, as evidence.

case = netaudit.audit(["a.pcapng"], case="case/")     # or netaudit.open_case("case/")
case.findings, case.images, case.messages, case.flows …  # pandas DataFrames, lazily
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from netaudit.errors import CaptureError, CaseError, NetauditError, ReasonedError, UnreadableError, UsageError
from netaudit.version import __version__

if TYPE_CHECKING:
    from netaudit.api import Case, audit, open_case
    from netaudit.pipeline.campaign.catalogue import open_campaign

__all__ = [
    "CaptureError", "Case", "CaseError", "NetauditError", "UnreadableError", "UsageError", "__version__", "audit",
    "open_campaign", "open_case",
]  # fmt: skip

LAZY = {
    "audit": "netaudit.api",
    "open_campaign": "netaudit.pipeline.campaign.catalogue",
    "open_case": "netaudit.api",
    "Case": "netaudit.api",
}


if sys.platform == "win32":  # where the package of the C++ runtime puts it: Windows looks there when told to
    os.add_dll_directory(sys.prefix)


def _worded(reasons: str) -> str:
    """Reasons in English, for errors that nobody translates."""
    from netaudit.report.texts import Texts

    return Texts("en").phrase(reasons, str)


ReasonedError.worded = _worded


def __getattr__(name: str) -> Any:
    """Load the heavy parts on first use: `import netaudit` stays quick."""
    if name in LAZY:
        import importlib

        return getattr(importlib.import_module(LAZY[name]), name)
    raise AttributeError(
        f"module 'netaudit' has no attribute {name!r}: open_case(folder) opens a case, audit(captures) makes one"
    )
