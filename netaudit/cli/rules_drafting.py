"""`netaudit rules new`: rules begun from what a case tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.case.reading import open_case
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def drafted(folder: Path, what: str, kind: str, vendor: str, captures: Sequence[Path], signatures: Path | None) -> str:
    """A signature for a device, or an entry of documents for a message. Raises UsageError where neither is meant."""
    from netaudit.rule_writing.drafting import draft
    from netaudit.rule_writing.naming import find_device, is_device, plain_devices
    from netaudit.signatures.loading import load

    case = open_case(folder)
    devices = plain_devices(case)
    if is_device(devices, what):
        return draft(case, find_device(devices, what), load(signatures), kind=kind, vendor=vendor)
    if kind or vendor:
        raise UsageError("no device {} in this case; `netaudit show CASE devices` lists them", f"{what!r}")
    from netaudit.pipeline.tracing import reread
    from netaudit.rows.events import head_of
    from netaudit.rule_writing.document_drafts import draft as entry
    from netaudit.rule_writing.document_examples import tree_of

    found = reread(case, what, captures)
    return entry(head_of(found), tree_of(found))
