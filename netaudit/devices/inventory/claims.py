"""What became of every claim about a device, as rows of `claims`, and the same as sentences for `devices.reasons`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.core.schema import CLAIMS
from netaudit.core.schema import Row as TableRow
from netaudit.core.signatures.signature import OWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netaudit.core.signatures.conditions import Fact
    from netaudit.core.signatures.vocabulary import Vocabulary
    from netaudit.devices.inventory.judging import Claim
    from netaudit.devices.inventory.matching import Match
    from netaudit.devices.inventory.observed import Observed

_CLAIM = CLAIMS.row
MOST_REASONS = 24
MOST_FACTS = 3  # facts named per signature
MOST_SHOWN = 120  # characters of a value in a reason
CLAIMED = ("vendor", "class", "product", "model", "serial", "firmware", "name")
TAKEN, WIDER, OUTVOTED, CONTRADICTS, SUPPORTS = "taken", "wider", "outvoted", "contradicts", "supports only"


@dataclass(frozen=True, slots=True)
class RuleClaim:
    """A claim that a rule of netaudit makes of a device, not a signature."""

    claim: str
    value: str
    rule: str
    facts: list[Fact]


def claim_rows(
    device_id: str, matches: Iterable[Match], judged: dict[str, Claim], by_rules: Iterable[RuleClaim], rows: Observed,
    vocabulary: Vocabulary,
) -> Iterator[TableRow]:  # fmt: skip
    """Rows of `claims`: those of signatures, then those of rules."""
    for match in matches:
        signature = match.signature
        shown, places = fact_texts(match.facts, rows)
        for claim in CLAIMED:
            if value := match.claims.get(claim):
                standing = standing_of(match, claim, value, judged.get(claim), vocabulary)
                yield _CLAIM(
device_id=device_id,
claim=claim,
value=value,
standing=standing,
strength=signature.strength,
by=signature.id,
origin=signature.origin,
provenance=signature.provenance,
source=signature.source,
facts=shown,
evidence=places,
)  # fmt: skip
    for one in by_rules:
        shown, places = fact_texts(one.facts, rows)
        yield _CLAIM(
            device_id=device_id, claim=one.claim, value=one.value, standing=TAKEN, strength="weak", by=one.rule,
            origin=OWN, provenance="rule", source="", facts=shown, evidence=places,
        )  # fmt: skip


def standing_of(match: Match, claim: str, value: str, judged: Claim | None, vocabulary: Vocabulary) -> str:
    """What became of a claim."""
    if not match.signature.decides:
        return SUPPORTS
    if judged is None or value == judged.value:
        return TAKEN
    if value in judged.conflict:
        return CONTRADICTS
    return WIDER if claim == "class" and value in vocabulary.ancestors(judged.value) else OUTVOTED


def fact_texts(facts: Iterable[Fact], rows: Observed) -> tuple[list[str], list[str]]:
    """Facts as field=value, and the packet of each."""
    chosen = list(facts)[:MOST_FACTS]
    return [f"{fact.field}={_shortened(fact.value)}" for fact in chosen], [place_of(fact, rows) for fact in chosen]


def place_of(fact: Fact, rows: Observed) -> str:
    """Packet of a fact, empty for what netaudit derived."""
    return rows.place(fact.row) if fact.row >= 0 else ""


def _shortened(value: str) -> str:
    return value if len(value) <= MOST_SHOWN else value[:MOST_SHOWN] + "…"


def reasons(
    judged: dict[str, Claim],
    matches: Iterable[Match],
    by_rules: Iterable[RuleClaim],
    blocks: Iterable[Fact],
    rows: Observed,
) -> tuple[list[str], list[str]]:
    """Sentences, and the packets they rest on."""
    sentences = [
        f"{name}: signatures contradict each other: {' / '.join(judged[name].conflict)}"
        for name in ("vendor", "class")
        if judged[name].conflict
    ]
    places: dict[str, None] = {}
    for match in matches:
        signature = match.signature
        claimed = ", ".join(f"{name} {value}" for name, value in match.claims.items() if name != "name")
        weight = signature.strength if signature.decides else f"{signature.provenance}, supports only"
        facts = "; ".join(_fact_text(fact, rows) for fact in match.facts[:MOST_FACTS])
        sentences.append(f"{claimed} ({weight}; {signature.id}; {signature.source}): {facts}")
        places.update((place, None) for fact in match.facts if (place := place_of(fact, rows)))
    for one in by_rules:
        facts = "; ".join(_fact_text(fact, rows) for fact in one.facts[:MOST_FACTS])
        sentences.append(f"{one.claim} {one.value} ({one.rule}): {facts}")
        places.update((place, None) for fact in one.facts[:MOST_FACTS] if (place := place_of(fact, rows)))
    sentences += [f"{fact.field.replace('.', ' ')}: {fact.value}" for fact in blocks]
    return sentences[:MOST_REASONS], list(places)[:MOST_REASONS]


def _fact_text(fact: Fact, rows: Observed) -> str:
    frame = f" (frame {rows.frame(fact.row)})" if fact.row >= 0 else ""
    return f"{fact.field.replace('.', ' ')} = {_shortened(fact.value)}{frame}"
