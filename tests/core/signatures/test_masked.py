"""Signatures are matched on facts as the ledger keeps them: masking must not take what a signature asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from netaudit.core.signatures.checking import example_facts
from netaudit.core.signatures.conditions import Fact
from netaudit.core.signatures.loading import load
from netaudit.devices.observations.ledger import masked_value

if TYPE_CHECKING:
    from netaudit.core.signatures.signature import Signature

SIGNATURES = [*load().devices, *load().services]


@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda one: one.id)
def test_examples_hold_after_masking(signature: Signature) -> None:
    for example in signature.examples:
        facts = {
            name: [Fact(name, masked_value(fact.value, name.partition(".")[2])) for fact in values]
            for name, values in example_facts(example).items()
        }
        assert signature.condition.holds(facts), facts
