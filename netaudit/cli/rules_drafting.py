"""`netaudit rules new`: rules begun from what a case tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.errors import UsageError
from netaudit.evidence.case.reading import open_case

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def drafted(folder: Path, what: str, kind: str, vendor: str, captures: Sequence[Path], signatures: Path | None) -> str:
    """A signature for a device, or an entry of documents for a message. Raises UsageError where neither is meant."""
    from netaudit.core.signatures.loading import load
    from netaudit.evidence.rule_drafting.drafting import draft
    from netaudit.evidence.rule_drafting.naming import find_device, is_device, plain_devices

    case = open_case(folder)
    devices = plain_devices(case)
    if is_device(devices, what):
        return draft(case, find_device(devices, what), load(signatures), kind=kind, vendor=vendor)
    if kind or vendor:
        raise UsageError("no device {} in this case; `netaudit show CASE devices` lists them", f"{what!r}")
    from netaudit.evidence.rule_drafting.document_drafts import draft as entry
    from netaudit.evidence.rule_drafting.document_examples import tree_of
    from netaudit.pipeline.tracing import reread
    from netaudit.tables.events import head_of

    found = reread(case, what, captures)
    return entry(head_of(found), tree_of(found))
