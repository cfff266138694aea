"""Observation × signature → match. Knows nothing of devices beyond their facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netaudit.signature_conditions import Fact, Facts
    from netaudit.signatures import Signature


@dataclass(frozen=True, slots=True)
class Match:
    """A signature that holds for a device: what it claims, what it extracted, and the facts it used."""

    signature: Signature
    claims: dict[str, str]  # vendor, product, class; model, serial, firmware, name as extracted
    facts: tuple[Fact, ...]

    @property
    def sources(self) -> frozenset[str]:
        """Kinds of observation it rests on; two matches with the same are not independent."""
        return frozenset(fact.field.partition(".")[0] for fact in self.facts)


class Matcher:
    """All signatures, found by the fields they need: a device is tried only with those that can hold for it."""

    def __init__(self, signatures: Iterable[Signature]) -> None:
        self._by_field: dict[str, list[tuple[int, Signature]]] = defaultdict(list)
        for place, signature in enumerate(signatures):
            for name in signature.condition.fields():
                self._by_field[name].append((place, signature))

    def matches(self, facts: Facts) -> list[Match]:
        """Matches of one device, in the order of the set."""
        possible = {place: signature for name in facts for place, signature in self._by_field.get(name, ())}
        found = []
        for _, signature in sorted(possible.items()):
            hit = signature.condition.holds(facts)
            if hit is not None:
                found.append(Match(signature, signature.claims | hit.extracted, tuple(hit.facts)))
        return found
