"""Observation × signature → match. Knows nothing of devices beyond their facts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.core.signatures.index import LeafIndex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.core.signatures.conditions import Fact, Facts, Leaf
    from netaudit.core.signatures.signature import Signature


@dataclass(frozen=True, slots=True)
class Match:
    """A signature that holds for a device: what it claims, what it extracted, and the facts it used."""

    signature: Signature
    claims: dict[str, str]  # vendor, product, class; model, serial, firmware, name as extracted
    facts: tuple[Fact, ...]

    @property
    def sources(self) -> frozenset[str]:
        """Kinds of observation it rests on; two matches with the same are not independent."""
        return frozenset(fact.kind for fact in self.facts)


class Matcher:
    """All signatures, compiled together; a device is tried only with those of which a condition holds."""

    def __init__(self, signatures: Iterable[Signature]) -> None:
        signatures = tuple(signatures)
        self._leaves = LeafIndex(signature.condition for signature in signatures)
        self._by_leaf: dict[Leaf, list[tuple[int, Signature]]] = defaultdict(list)
        for place, signature in enumerate(signatures):
            if signature.condition.fields():  # what asks for facts holds by one of them; what asks for none never does
                for leaf in signature.condition.leaves():
                    self._by_leaf[leaf].append((place, signature))

    def matches(self, facts: Facts) -> list[Match]:
        """Matches of one device, in the order of the set."""
        hits = self._leaves.hits(facts)
        possible = {place: signature for leaf in hits for place, signature in self._by_leaf.get(leaf, ())}
        found = []
        for _, signature in sorted(possible.items()):
            hit = signature.condition.given(hits.get)
            if hit is not None:
                found.append(Match(signature, signature.claims | hit.extracted, tuple(hit.facts)))
        return found
