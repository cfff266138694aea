"""What `netaudit explain` says of a device: every claim, its signature and facts, what would have contradicted it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from netaudit.cli.rules_testing import headed
from netaudit.cli.texts import say
from netaudit.cli.wording import WIDTH, claimed, decided, word
from netaudit.masking.mask import visible

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.case.reading import Case
    from netaudit.signatures.loading import SignatureSet

MOST_TRIED = 12  # signatures named that did not hold


def explained(case: Case, identity: str, signatures: Path | None, lang: str) -> tuple[dict[str, Any], list[str]]:
    """Why a device is called what it is called, as values and as lines."""
    from netaudit.case.decisions import latest
    from netaudit.rule_writing.explaining import JUDGED, explain
    from netaudit.rule_writing.naming import find_device, plain_devices
    from netaudit.signatures.loading import load

    row = find_device(plain_devices(case), identity)
    used = load(signatures)
    explained = explain(case, row, used)
    decision = latest(case.folder).get(row["device_id"])
    whole = asdict(explained) | {"decision": asdict(decision) if decision else None, "same_set": _same(case, used)}
    lines = [headed(row, lang)]
    if decision:
        lines.append(f"  {say('decision', lang)} {decided(decision, lang)}")
    for claim in explained.claims:
        lines.append(f"  {claimed(claim, lang)}")
        undone = explained.undone_by.get(claim["by"], ())
        lines += [f"      {say('undone_by', lang)} {visible(text, WIDTH)}" for text in undone]
    if not explained.claims:
        lines.append(f"  {say('no_claims', lang)}")
    for name in JUDGED:
        if row[name]:
            tried = explained.tried[name]
            listed = ", ".join(tried[:MOST_TRIED]) + (" …" if len(tried) > MOST_TRIED else "")
            lines.append(say("tried", lang, claim=word("claim", name, lang), n=len(tried), ids=listed or "–"))
    if not _same(case, used):
        lines.append(say("other_set", lang))
    return whole, lines


def _same(case: Case, used: SignatureSet) -> bool:
    """Whether the case was named with this set."""
    return _hash(case.manifest.get("signatures")) == _hash(used.manifest())


def _hash(manifest: dict[str, Any] | None) -> tuple[str, str]:
    used_by_case = manifest or {}
    return str(used_by_case.get("sha256")), str((used_by_case.get("added") or {}).get("sha256"))
