"""Answers against observations: each answer is given or not, whoever observed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SHOWN = 5  # failures of an assertion that are kept
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """One known answer: `expected` is what an observation of that kind about that subject must hold."""

    assertion: str
    capture: str
    kind: str  # capture, flow, content, pictures, exchange, name, hello, chosen
    about: Sequence[Any]  # a way (transport, client, port, server, port), then the name, target or hash on it
    expected: Any


@dataclass(slots=True)
class Outcome:
    """Of one assertion: how many answers were asked, which were not given."""

    asked: int = 0
    failed: int = 0
    first: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every answer was given."""
        return self.asked > 0 and not self.failed


def judge(answers: Iterable[Answer], records: Iterable[Record]) -> dict[str, Outcome]:
    """Outcomes by assertion. Records of what nobody asked for are not counted, but where an answer excludes them."""
    found: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for one in records:
        found[_key(one["kind"], one["capture"], one.get("way"))].append(one)
    outcomes: dict[str, Outcome] = defaultdict(Outcome)
    for answer in answers:
        outcome = outcomes[answer.assertion]
        outcome.asked += 1
        if not given(answer, found):
            outcome.failed += 1
            if len(outcome.first) < SHOWN:
                outcome.first.append(f"{answer.capture}: {answer.about} {answer.expected}")
    return dict(sorted(outcomes.items()))


def given(answer: Answer, found: Mapping[tuple[Any, ...], Sequence[Record]]) -> bool:
    """Whether observations say what the answer says."""
    kind = "content" if answer.kind == "pictures" else answer.kind
    way = answer.about[0] if answer.about else None
    there = found.get(_key(kind, answer.capture, way), [])
    expected = answer.expected
    if "among" in expected:
        return {one["sha256"] for one in there if one.get("picture") and one["whole"]} <= set(expected["among"])
    if "not_whole" in expected:
        return not any(one["sha256"] == answer.about[1] and one["whole"] for one in there)
    named = {"exchange": "target", "content": "sha256", "name": "name"}.get(answer.kind)
    if named:
        there = [one for one in there if one.get(named) == answer.about[1]]
    if "holds" in expected:
        return any(_lies(one.get("packets"), expected["holds"], expected["inside"]) for one in there)
    return any(all(one.get(key) == value for key, value in expected.items()) for one in there)


def _lies(packets: Sequence[int] | None, holds: Sequence[int], inside: Sequence[int]) -> bool:
    """Whether a range of packets has all that carried something, and none that could not have."""
    return packets is not None and inside[0] <= packets[0] <= holds[0] and holds[1] <= packets[1] <= inside[1]


def _key(kind: str, capture: str, way: Iterable[Any] | None) -> tuple[Any, ...]:
    return kind, capture, tuple(way) if way else ()
