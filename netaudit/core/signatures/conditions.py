"""The language of signatures: conditions over facts, combined by all, any, not.

A leaf names a field ("dhcp.vendor_class") and one operator: equals, prefix, suffix, contains, domain, in, regex (RE2:
linear in the text, whatever the pattern), least, most, exists. Texts are compared without regard to case; patterns as
they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import re2

OPERATORS = ("equals", "prefix", "suffix", "contains", "domain", "in", "regex", "least", "most", "exists")
GROUPS = frozenset({"model", "serial", "firmware", "name", "class"})  # what named groups of a pattern may extract
LONGEST_REMEMBERED = 512  # characters of a value of which it is remembered what was found in it
MOST_USED = 4  # facts of one leaf given as reasons


class Fact(NamedTuple):
    """One value of a field, with its row of `observations` for evidence (-1 in examples)."""

    field: str
    value: str
    row: int = -1
    derived: str = ""  # kind of observation from which it follows, where its field names another one

    @property
    def kind(self) -> str:
        """Kind of observation that bears it."""
        return self.derived or self.field.partition(".")[0]


Facts = Mapping[str, Sequence[Fact]]  # by field


@dataclass(slots=True)
class Hit:
    """Why a condition holds: the facts used, and what its patterns extracted."""

    facts: list[Fact] = field(default_factory=list)
    extracted: dict[str, str] = field(default_factory=dict)

    def add(self, other: Hit) -> None:
        """Take in another part's reasons; what was extracted first stays."""
        self.facts += other.facts
        self.extracted = other.extracted | self.extracted


class Condition:
    """A compiled condition."""

    def holds(self, facts: Facts) -> Hit | None:
        """The reasons when it holds for these facts, else None."""
        return self.given(lambda leaf: leaf.found_in(facts))

    def given(self, hit_of: Callable[[Leaf], Hit | None]) -> Hit | None:
        """The reasons when it holds, else None; `hit_of` tells what was found for each leaf."""
        raise NotImplementedError

    def leaves(self) -> Iterator[Leaf]:
        """All conditions on single facts in it."""
        raise NotImplementedError

    def denied(self) -> Iterator[Leaf]:
        """Those that must not hold: a fact that satisfied one would have undone the match."""
        return iter(())

    def fields(self) -> set[str]:
        """Fields of which at least one must be there for the condition to hold; empty when it can hold without any."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class AllOf(Condition):
    """Every part holds."""

    parts: tuple[Condition, ...]

    def given(self, hit_of: Callable[[Leaf], Hit | None]) -> Hit | None:
        """All hits together."""
        hit = Hit()
        for part in self.parts:
            found = part.given(hit_of)
            if found is None:
                return None
            hit.add(found)
        return hit

    def leaves(self) -> Iterator[Leaf]:
        """Those of all parts."""
        return (leaf for part in self.parts for leaf in part.leaves())

    def denied(self) -> Iterator[Leaf]:
        """Those of all parts."""
        return (leaf for part in self.parts for leaf in part.denied())

    def fields(self) -> set[str]:
        """Those of its most demanding part."""
        return min((fields for part in self.parts if (fields := part.fields())), key=len, default=set())


@dataclass(frozen=True, slots=True)
class AnyOf(Condition):
    """One part holds at least; the reasons are those of all that do."""

    parts: tuple[Condition, ...]

    def given(self, hit_of: Callable[[Leaf], Hit | None]) -> Hit | None:
        """All hits there are."""
        found = [hit for part in self.parts if (hit := part.given(hit_of)) is not None]
        if not found:
            return None
        whole = Hit()
        for hit in found:
            whole.add(hit)
        return whole

    def leaves(self) -> Iterator[Leaf]:
        """Those of all parts."""
        return (leaf for part in self.parts for leaf in part.leaves())

    def denied(self) -> Iterator[Leaf]:
        """Those of all parts."""
        return (leaf for part in self.parts for leaf in part.denied())

    def fields(self) -> set[str]:
        """Those of all parts."""
        fields = [part.fields() for part in self.parts]
        return set().union(*fields) if all(fields) else set()


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """The part does not hold: a reason that names no fact."""

    part: Condition

    def given(self, hit_of: Callable[[Leaf], Hit | None]) -> Hit | None:
        """An empty hit."""
        return None if self.part.given(hit_of) is not None else Hit()

    def leaves(self) -> Iterator[Leaf]:
        """Those of its part."""
        return self.part.leaves()

    def denied(self) -> Iterator[Leaf]:
        """Those of its part."""
        return self.part.leaves()

    def fields(self) -> set[str]:
        """None: absence needs no fact."""
        return set()


@dataclass(frozen=True, slots=True)
class Leaf(Condition):
    """One field and one operator."""

    field: str
    operator: str
    wanted: Any

    def given(self, hit_of: Callable[[Leaf], Hit | None]) -> Hit | None:
        """What was found for it."""
        return hit_of(self)

    def found_in(self, facts: Facts) -> Hit | None:
        """The facts that satisfy it."""
        hit = Hit()
        for fact in facts.get(self.field, ()):
            if self.test(fact.value) is not None:
                self.record(hit, fact)
                if len(hit.facts) >= MOST_USED:
                    break
        return hit if hit.facts else None

    def record(self, hit: Hit, fact: Fact) -> None:
        """Add a fact that satisfies it to the reasons; the first ones are enough."""
        if len(hit.facts) < MOST_USED:
            hit.facts.append(fact)
            if self.operator == "regex" and pattern(self.wanted).groupindex:
                hit.extracted = (self.test(fact.value) or {}) | hit.extracted

    def test(self, value: str) -> dict[str, str] | None:
        """Extracted groups (often none) when the value satisfies it, else None."""
        if self.operator == "regex":
            return (_searched if len(value) <= LONGEST_REMEMBERED else _search)(self.wanted, value)
        if self.operator == "exists":
            return {}
        if self.operator in {"least", "most"}:
            return {} if _number(self.operator, self.wanted, value) else None
        text = value.casefold()
        return {} if any(_compare(self.operator, word, text) for word in self.wanted) else None

    def leaves(self) -> Iterator[Leaf]:
        """Itself."""
        yield self

    def fields(self) -> set[str]:
        """Its field."""
        return {self.field}


def compile_condition(node: Mapping[str, Any]) -> Condition:
    """Compile a checked condition (see `signature_checks`)."""
    if "all" in node:
        return AllOf(tuple(compile_condition(part) for part in node["all"]))
    if "any" in node:
        return AnyOf(tuple(compile_condition(part) for part in node["any"]))
    if "not" in node:
        return Not(compile_condition(node["not"]))
    operator = next(name for name in OPERATORS if name in node)
    return Leaf(node["fact"], operator, _prepared(operator, node[operator]))


def _prepared(operator: str, wanted: Any) -> Any:
    if operator in {"least", "most"}:
        return float(wanted)
    if operator in {"exists", "regex"}:
        return wanted
    values = wanted if isinstance(wanted, list) else [wanted]
    words = tuple(str(value).casefold() for value in values)
    return tuple(word.strip(".") for word in words) if operator == "domain" else words


@lru_cache(maxsize=4096)
def pattern(text: str) -> Any:
    """A compiled RE2 pattern. Raises re2.error for one that is none."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(text, options=options)


def _search(wanted: str, value: str) -> dict[str, str] | None:
    """What the groups of a pattern found in a value; nobody changes it."""
    found = pattern(wanted).search(value)
    return {name: text for name, text in found.groupdict().items() if text} if found else None


_searched = lru_cache(maxsize=4096)(_search)


def _compare(operator: str, word: str, text: str) -> bool:
    if operator in {"equals", "in"}:
        return text == word
    if operator == "prefix":
        return text.startswith(word)
    if operator == "suffix":
        return text.endswith(word)
    if operator == "domain":
        text = text.rstrip(".")
        return text == word or text.endswith("." + word)
    return word in text


def _number(operator: str, wanted: float, value: str) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    return number >= wanted if operator == "least" else number <= wanted
