"""What the whole set answers to each example: no signature may be drowned out or contradicted by another one.

An example is what its signature was written for; when the set as a whole calls it something else, either of the two is
wrong or too greedy. Signatures that only support are let pass, and so is a narrower class or a surer vendor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.signatures.checking import example_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.core.signatures.signature import Signature, SignatureSet
    from netaudit.devices.inventory.judging import Claim

JUDGED = ("vendor", "class")


def wrong_answers(signatures: SignatureSet) -> list[str]:
    """Examples of device signatures to which the set gives another answer than the signature's own."""
    from netaudit.devices.inventory.judging import judge
    from netaudit.devices.inventory.matching import Matcher

    matcher = Matcher(signatures.devices)
    problems: list[str] = []
    for signature in signatures.devices:
        if not signature.decides:
            continue
        for example in signature.examples:
            matches = matcher.matches(example_facts(example))
            answers = {
                name: judge(matches, name, signatures.vocabulary if name == "class" else None) for name in JUDGED
            }
            problems += [
                f"{signature.file}: {signature.id}: {problem}, of {example['facts']}"
                for problem in _wrong(signature, answers, signatures)
            ]
    return problems


def _wrong(signature: Signature, answers: dict[str, Claim], signatures: SignatureSet) -> Iterator[str]:
    for name, answer in answers.items():
        own = signature.claims.get(name, "")
        if not own:
            continue
        if answer.conflict:
            yield f"the set contradicts itself about the {name} ({' / '.join(answer.conflict)})"
        elif answer.value != own and not (name == "class" and own in signatures.vocabulary.ancestors(answer.value)):
            yield f"the set says {name} {answer.value or 'unknown'}, not {own}"
