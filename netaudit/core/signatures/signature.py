"""Signatures of devices and services, as loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netaudit.core.signatures.conditions import Condition
    from netaudit.core.signatures.vocabulary import Vocabulary

DECIDING = frozenset({"documented", "code", "capture"})  # kinds of provenance that may decide; others only support


OWN, ADDED = "netaudit", "added"  # whose signature it is


@dataclass(frozen=True, slots=True)
class Signature:
    """One entry. `claims` are words and texts; named groups of its patterns add model, serial, firmware, name."""

    id: str
    about: str
    condition: Condition
    claims: dict[str, str]
    strength: str
    provenance: str
    source: str
    examples: tuple[dict[str, Any], ...]
    counterexamples: tuple[dict[str, Any], ...]
    file: str
    origin: str = OWN

    @property
    def decides(self) -> bool:
        """Whether its provenance is good enough to carry a claim alone; hearsay and recollection only support."""
        return self.provenance in DECIDING


@dataclass(frozen=True)
class SignatureSet:
    """All signatures of a folder, or of netaudit's own and an added one."""

    vocabulary: Vocabulary
    devices: tuple[Signature, ...]
    services: tuple[Signature, ...]
    version: str
    sha256: str  # over all files, by sorted name
    problems: tuple[str, ...] = field(default=())
    added: dict[str, Any] | None = None  # version, hash and counts of the added folder

    @cached_property
    def by_id(self) -> dict[str, Signature]:
        """All signatures by id."""
        return {signature.id: signature for signature in (*self.devices, *self.services)}

    def manifest(self) -> dict[str, Any]:
        """What a case notes of the set, and of the folder added to it."""
        return {
            "version": self.version,
            "sha256": self.sha256,
            "devices": sum(signature.origin == OWN for signature in self.devices),
            "services": sum(signature.origin == OWN for signature in self.services),
            "added": self.added,
        }
