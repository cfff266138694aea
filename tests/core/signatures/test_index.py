"""The compiled set says of every value what its leaves say one by one; its time follows the observations only."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.core.signatures.conditions import MOST_USED, Fact, Leaf, compile_condition
from netaudit.core.signatures.index import LeafIndex
from netaudit.core.signatures.loading import load
from netaudit.devices.inventory.matching import Matcher
from tests.processor_time import spent, within

SET = load()
CONDITIONS = [signature.condition for signature in (*SET.devices, *SET.services)]
LEAVES = list(dict.fromkeys(leaf for condition in CONDITIONS for leaf in condition.leaves()))
INDEX = LeafIndex(CONDITIONS)
EXAMPLES = [
    (field, str(value))
    for signature in (*SET.devices, *SET.services)
    for example in (*signature.examples, *signature.counterexamples)
    for field, values in example["facts"].items()
    for value in (values if isinstance(values, list) else [values])
]


def one_by_one(field: str, value: str) -> set[Leaf]:
    return {leaf for leaf in LEAVES if leaf.field == field and leaf.test(value) is not None}


@pytest.mark.parametrize("change", [str, str.upper, lambda v: v + ".", lambda v: "x" + v, lambda v: f"{v}\n{v}"])
def test_both_say_the_same_of_every_example_and_of_values_near_it(change) -> None:
    for field, value in EXAMPLES:
        assert set(INDEX.satisfied(field, change(value))) == one_by_one(field, change(value)), (field, change(value))


WORDS = st.sampled_from(
    sorted({str(word) for leaf in LEAVES if isinstance(leaf.wanted, tuple) for word in leaf.wanted})
)
TEXTS = st.lists(WORDS | st.text(max_size=4) | st.sampled_from([".", "\n", "\0", "ß", "İ", "ſ", "K"]), max_size=4).map(
    "".join
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted({leaf.field for leaf in LEAVES})), TEXTS)
def test_both_say_the_same_of_any_value(field: str, value: str) -> None:
    assert set(INDEX.satisfied(field, value)) == one_by_one(field, value)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["equals", "prefix", "suffix", "contains", "domain"]),
    st.lists(st.text("ab.ß\\*[", min_size=1, max_size=3), min_size=1, max_size=3),
    st.text("aAb.ẞS\\*[\n", max_size=6),
)
def test_no_character_of_a_word_is_taken_for_a_pattern(operator: str, words: list[str], value: str) -> None:
    condition = compile_condition({"fact": "a.b", operator: [word for word in words if word.strip(".")] or ["a"]})
    (leaf,) = condition.leaves()
    assert bool(LeafIndex([condition]).satisfied("a.b", value)) == (leaf.test(value) is not None)


def test_what_holds_and_why_is_the_same_as_one_by_one() -> None:
    matcher = Matcher(SET.devices)
    for signature in SET.devices:
        for example in signature.examples:
            facts = {
                field: [Fact(field, str(v)) for v in (values if isinstance(values, list) else [values])]
                for field, values in example["facts"].items()
            }
            found = {match.signature.id: match for match in matcher.matches(facts)}
            alone = {one.id: hit for one in SET.devices if (hit := one.condition.holds(facts)) is not None}
            assert {name: list(match.facts) for name, match in found.items()} == {
                name: hit.facts for name, hit in alone.items()
            }
            assert signature.id in found


def test_a_leaf_names_few_facts_of_many() -> None:
    condition = compile_condition({"fact": "a.b", "prefix": "x"})
    (hit,) = LeafIndex([condition]).hits({"a.b": [Fact("a.b", f"x{n}") for n in range(100)]}).values()
    assert [fact.value for fact in hit.facts] == [f"x{n}" for n in range(MOST_USED)]


def test_hundreds_of_signatures_over_many_facts_of_one_device_take_linear_time() -> None:
    def seconds(facts: int) -> float:
        given_facts = {
            name: [Fact(name, f"{name} {number}") for number in range(facts // 4)]
            for name in ("http_client.path", "dns_client.asked", "dhcp.hostname", "mdns.txt")
        }
        matcher = Matcher(SET.devices)
        return spent(lambda: matcher.matches(given_facts))

    seconds(1000)
    small, large = seconds(20_000), seconds(80_000)
    assert large < small * 4 * 2.5 + 0.3


def test_megabyte_values_and_bombs_of_repetition_cost_one_pass() -> None:
    bombs = [
        compile_condition({"fact": "a.b", "regex": text}) for text in ("(a+)+$", "(a|aa)+b", "(.*a){20}", "(x+x+)+y")
    ]
    index = LeafIndex(bombs)
    with within(5):
        for letter in "ax":
            index.satisfied("a.b", letter * 1_000_000)
