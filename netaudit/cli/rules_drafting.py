"""`netaudit rules new` and `learn`: rules begun from what a case tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.case.reading import open_case
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from netaudit.documents.head import Head
    from netaudit.documents.nodes import Tree


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


def learned_entries(folder: Path, route: str, captures: Sequence[Path]) -> Iterator[str]:
    """An entry for each route with inferred events."""
    from netaudit.case.decisions import fields_decided
    from netaudit.pipeline.tracing import reread
    from netaudit.rows.events import head_of
    from netaudit.rule_writing.document_examples import tree_of
    from netaudit.rule_writing.learned_drafts import drafts, learned

    case = open_case(folder)

    def read(message: str) -> tuple[Head, Tree]:
        found = reread(case, message, captures)
        return head_of(found), tree_of(found)

    decided = {where: one.meaning for where, one in fields_decided(case.folder).items()}
    return drafts(learned(case, route, decided), read)
