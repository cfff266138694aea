"""Which leaves of many conditions a value satisfies, found in one pass over it, however many signatures there are.

All conditions are compiled together: per field one table of whole words, one RE2 set for prefixes, suffixes, parts and
domains, one RE2 set for patterns. A set reads a text once and says which of its patterns are in it, so time grows with
the observations and hardly with the signatures. `Leaf.test` says the same one leaf at a time; a test compares them.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import re2

from netaudit.core.signatures.conditions import LONGEST_REMEMBERED, MOST_USED, Condition, Facts, Hit, Leaf

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_REMEMBERED = 16_384  # answers kept, of short values only
MEMORY = 64 << 20  # bytes that the automaton of one set may take before it forgets states
TEXT_PATTERNS = {"prefix": r"\A%s", "suffix": r"%s\z", "contains": "%s", "domain": r"(?:\A|\.)%s\.*\z"}


class LeafIndex:
    """All leaves of some conditions, by field."""

    def __init__(self, conditions: Iterable[Condition]) -> None:
        by_field: dict[str, dict[Leaf, None]] = defaultdict(dict)
        for condition in conditions:
            for leaf in condition.leaves():
                by_field[leaf.field][leaf] = None
        self._leaves = by_field
        self._numbers = {leaf: number for number, leaf in enumerate(one for some in by_field.values() for one in some)}
        self._all = list(self._numbers)
        self._fields: dict[str, _FieldIndex] = {}  # of those of which a value was asked
        self._known: dict[tuple[str, str], tuple[int, ...]] = {}

    def satisfied(self, field: str, value: str) -> tuple[Leaf, ...]:
        """Leaves on `field` that `value` satisfies."""
        return tuple(self._all[number] for number in self._satisfied(field, value))

    def _satisfied(self, field: str, value: str) -> tuple[int, ...]:
        """The numbers of these: a leaf costs more to look up."""
        if field not in self._leaves:
            return ()
        index = self._fields.get(field)
        if index is None:
            index = self._fields[field] = _FieldIndex(list(self._leaves[field]))
        if len(value) > LONGEST_REMEMBERED:
            return tuple(self._numbers[leaf] for leaf in index.satisfied(value))
        known = self._known.get((field, value))
        if known is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            known = self._known[field, value] = tuple(self._numbers[leaf] for leaf in index.satisfied(value))
        return known

    def hits(self, facts: Facts) -> dict[Leaf, Hit]:
        """For each leaf that holds, the facts it used and what it extracted from them."""
        found: dict[int, Hit] = {}
        for field, values in facts.items():
            if field not in self._leaves:
                continue
            for fact in values:
                for number in self._satisfied(field, fact.value):
                    hit = found.get(number)
                    if hit is None:
                        hit = found[number] = Hit()
                    if len(hit.facts) < MOST_USED:
                        self._all[number].record(hit, fact)
        return {self._all[number]: hit for number, hit in found.items()}


class _FieldIndex:
    """The leaves of one field, by what they need to see of a value."""

    def __init__(self, leaves: list[Leaf]) -> None:
        self._always = tuple(leaf for leaf in leaves if leaf.operator == "exists")
        self._numeric = tuple(leaf for leaf in leaves if leaf.operator in {"least", "most"})
        self._words: dict[str, list[Leaf]] = defaultdict(list)
        parts, patterns = _PatternSet(), _PatternSet()
        for leaf in leaves:
            if leaf.operator in {"equals", "in"}:
                for word in leaf.wanted:
                    self._words[word].append(leaf)
            elif leaf.operator == "regex":
                patterns.add(leaf.wanted, leaf)
            elif leaf.operator in TEXT_PATTERNS:
                for word in leaf.wanted:
                    parts.add(TEXT_PATTERNS[leaf.operator] % re2.escape(word), leaf)
        self._parts, self._patterns = parts.compiled(), patterns.compiled()

    def satisfied(self, value: str) -> tuple[Leaf, ...]:
        folded = value.casefold()
        found: dict[Leaf, None] = dict.fromkeys(self._always)
        found.update(dict.fromkeys(self._words.get(folded, ())))
        found.update(dict.fromkeys(self._parts.found(folded)))
        found.update(dict.fromkeys(self._patterns.found(value)))
        found.update(dict.fromkeys(leaf for leaf in self._numeric if leaf.test(value) is not None))
        return tuple(found)


class _PatternSet:
    """An RE2 set whose members stand for leaves."""

    def __init__(self) -> None:
        self._patterns: list[str] = []
        self._leaves: list[Leaf] = []
        self._set: Any = None

    def add(self, pattern: str, leaf: Leaf) -> None:
        self._patterns.append(pattern)
        self._leaves.append(leaf)

    def compiled(self) -> _PatternSet:
        if self._patterns:
            options = re2.Options()
            options.log_errors = False
            options.max_mem = MEMORY
            self._set = re2.Set.SearchSet(options)
            for pattern in self._patterns:
                self._set.Add(pattern)
            self._set.Compile()
        return self

    def found(self, text: str) -> list[Leaf]:
        places = self._set.Match(text) if self._set is not None else None  # None, too, where nothing matches
        return [self._leaves[place] for place in sorted(places or ())]
