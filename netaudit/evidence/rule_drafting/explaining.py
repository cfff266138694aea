"""Why a device is called what it is called: each claim, its signature and facts, and what would have contradicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netaudit.evidence.rule_drafting.naming import name_devices

if TYPE_CHECKING:
    from netaudit.core.signatures.conditions import Leaf
    from netaudit.core.signatures.signature import Signature, SignatureSet
    from netaudit.evidence.case.reading import Case

STANDINGS = ("taken", "wider", "contradicts", "outvoted", "supports only")
JUDGED = ("class", "vendor")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Explained:
    """What is known of a device. `claims` are rows of that table, those that were taken first."""

    device: Row
    claims: list[Row]
    undone_by: dict[str, list[str]]  # by signature: facts that, had they been seen, would have undone its match
    tried: dict[str, list[str]]  # by claim: signatures for another answer that had facts to look at and did not hold


def explain(case: Case, device: Row, signatures: SignatureSet) -> Explained:
    """Explain a row of `devices`, by the tables of its case and the set it was named with."""
    found = case.table("claims")
    claims = [row for row in found.to_pylist() if row["device_id"] == device["device_id"]]
    claims.sort(key=lambda row: (STANDINGS.index(row["standing"]), row["claim"], row["value"], row["by"]))
    undone = {
        row["by"]: [leaf_text(leaf) for leaf in signature.condition.denied()]
        for row in claims
        if (signature := signatures.by_id.get(row["by"])) is not None
    }
    held = {row["by"] for row in claims}
    fields = set(name_devices(case, signatures).facts.get(device["device_id"], ()))
    tried = {claim: _tried(claim, device[claim] or "", signatures, held, fields) for claim in JUDGED}
    return Explained(device, claims, {by: texts for by, texts in undone.items() if texts}, tried)


def _tried(claim: str, answer: str, signatures: SignatureSet, held: set[str], fields: set[str]) -> list[str]:
    """Signatures that would have named it otherwise, could look at something of it, and did not hold."""
    wider = signatures.vocabulary.ancestors(answer) if claim == "class" else ()
    return [
        signature.id
        for signature in signatures.devices
        if signature.decides
        and signature.id not in held
        and signature.claims.get(claim, answer) not in {answer, *wider}
        and _looked(signature, fields)
    ]


def _looked(signature: Signature, fields: set[str]) -> bool:
    return any(leaf.field in fields for leaf in signature.condition.leaves())


def leaf_text(leaf: Leaf) -> str:
    """A condition on one fact as people read it."""
    if leaf.operator == "exists":
        return f"{leaf.field} (any)"
    wanted = leaf.wanted if isinstance(leaf.wanted, tuple) else (leaf.wanted,)
    return f"{leaf.field} {leaf.operator} {' | '.join(str(word) for word in wanted)}"
