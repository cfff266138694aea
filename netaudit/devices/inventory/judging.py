"""From matches to claims with ordinal confidence, by rules that can be said aloud.

declared  the device says it of itself
strong    a strong signature, or two weak ones that rest on different kinds of observation
weak      one weak signature, or the holder of the address block (vendor only)
unknown   nothing, only hearsay, or a contradiction: then the value stays empty and the reason says why

Hearsay and recollection never carry a claim; where another signature carries it they are named beside.
What rests on announcements only, which anybody on the link can write in its name, is weak where what others answered
speaks of something else.
Of two classes of which one is the wider, the narrower is taken when it is at least strong; else what claims the
narrower counts for the wider, too: who says "camera" and who says "face capture camera" agree on a camera. A narrower
class of which only weak words are there is strong where the wider one is sure on other observations, and no other
narrower one is named: the wider word does not contradict it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.core.signatures.vocabulary import Vocabulary
    from netaudit.devices.inventory.matching import Match

ORDER = ("declared", "strong", "weak", "unknown")
ANNOUNCED = frozenset({  # kinds of facts that nobody has to answer, and the holder of the address block
    "sadp", "dhdiscover", "wsd", "ssdp", "upnp", "mdns", "llmnr", "lldp", "cdp", "dhcp", "dhcpv6", "oui",
})  # fmt: skip
BLOCK = frozenset({"oui"})  # a mere address block: what a signature also asks for does not tie it to others that do


@dataclass(slots=True)
class Claim:
    """One answer: a value (empty: abstained), its confidence, the matches behind it, and values that contradict."""

    value: str = ""
    confidence: str = "unknown"
    matches: list[Match] = field(default_factory=list)
    conflict: tuple[str, ...] = ()


def judge(matches: Iterable[Match], name: str, vocabulary: Vocabulary | None = None) -> Claim:
    """The claim `name` (vendor, class …); `vocabulary` when wider and narrower values are to be told apart."""
    by_value: dict[str, list[Match]] = defaultdict(list)
    for match in matches:
        if value := match.claims.get(name):
            by_value[value].append(match)
    if not by_value:
        return Claim()
    if vocabulary is not None:
        by_value = _with_narrower(by_value, vocabulary)
    rated = {value: confidence(found) for value, found in by_value.items()}
    rated = {value: grade for value, grade in rated.items() if grade != "unknown"}
    rated |= _contradicted(by_value, rated, vocabulary)
    if vocabulary is not None:
        rated |= _carried(by_value, rated, vocabulary)
    if not rated:
        return Claim()
    best = min(rated.values(), key=ORDER.index)
    top = sorted(value for value, grade in rated.items() if grade == best)
    top = _narrowed(top, rated, vocabulary) if vocabulary is not None else _longest(top)
    if len(top) > 1:
        return Claim(conflict=tuple(top), matches=[match for value in top for match in by_value[value]])
    value = top[0]
    return Claim(value, rated[value], by_value[value])


def _contradicted(
    by_value: dict[str, list[Match]], rated: dict[str, str], vocabulary: Vocabulary | None
) -> dict[str, str]:
    """Values that only announcements carry, against another one that does not rest on such alone: they are weak."""
    if vocabulary is None or len(rated) < 2:
        return {}
    heard = {value for value in rated if not is_announced(by_value[value])}
    found = {}
    for value in rated.keys() - heard:
        kin = {value, *vocabulary.ancestors(value)}
        if any(other not in kin and value not in vocabulary.ancestors(other) for other in heard):
            found[value] = "weak"
    return found


def is_announced(matches: list[Match]) -> bool:
    """Whether all that decides was announced: nobody has to answer it."""
    sources = {source for match in matches if match.signature.decides for source in match.sources}
    return bool(sources) and sources <= ANNOUNCED


def _longest(top: list[str]) -> list[str]:
    """Values without those that are the beginning of another: a model without its suffix contradicts nothing."""
    return [
        one for one in top if not any(one != other and other.casefold().startswith(one.casefold()) for other in top)
    ]


def _carried(by_value: dict[str, list[Match]], rated: dict[str, str], vocabulary: Vocabulary) -> dict[str, str]:
    """Weak classes that a sure wider one carries."""
    found = {}
    for value, grade in rated.items():
        wider = [one for one in vocabulary.ancestors(value) if rated.get(one) in {"declared", "strong"}]
        if grade != "weak" or not wider:
            continue
        rivals = [
            one
            for one in rated
            if one not in {value, *vocabulary.ancestors(value)} and value not in vocabulary.ancestors(one)
        ]
        own = {source for match in by_value[value] if match.signature.decides for source in match.sources}
        sure = [match for one in wider for match in by_value[one] if match.signature.strength != "weak"]
        if not rivals and any(match.signature.decides and not (match.sources & own) for match in sure):
            found[value] = "strong"
    return found


def _with_narrower(by_value: dict[str, list[Match]], vocabulary: Vocabulary) -> dict[str, list[Match]]:
    """Matches by value, those of narrower values that only support it counted as weak ones for the wider."""
    widened = {value: list(found) for value, found in by_value.items()}
    for value, found in by_value.items():
        for wider in vocabulary.ancestors(value):
            if wider in widened:
                widened[wider] += [match for match in found if match.signature.strength == "weak"]
    return widened


def confidence(matches: list[Match]) -> str:
    """Ordinal confidence of one value from the matches that claim it."""
    deciding = [match for match in matches if match.signature.decides]
    if not deciding:
        return "unknown"
    best = min((match.signature.strength for match in deciding), key=ORDER.index)
    if best != "weak":
        return best
    sources = {match.sources - BLOCK or match.sources for match in deciding}
    independent = any(not (a & b) for a in sources for b in sources)
    return "strong" if independent else "weak"


def _narrowed(top: list[str], rated: dict[str, str], vocabulary: Vocabulary) -> list[str]:
    """The values that no narrower one, itself at least strong or equally sure, stands for."""
    narrower = {
        value: [
            other
            for other, grade in rated.items()
            if value in vocabulary.ancestors(other) and (grade in {"declared", "strong"} or other in top)
        ]
        for value in top
    }
    kept = {value for value in top if not narrower[value]}
    for value in top:
        kept.update(other for other in narrower[value] if not _has_narrower(other, narrower[value], vocabulary))
    return sorted(kept)


def _has_narrower(value: str, others: list[str], vocabulary: Vocabulary) -> bool:
    return any(value in vocabulary.ancestors(other) for other in others)
