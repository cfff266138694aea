"""Fields of a route: their values, and the meaning found for each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netaudit.core.signatures.field_words import BY_END
from netaudit.events.inference.shapes import form_of

if TYPE_CHECKING:
    from netaudit.events.inference.messages import RouteMessage
    from netaudit.events.inference.outlines import Outline


ENTRY, VOCABULARY, BEHAVIOUR = "entry", "vocabulary", "behaviour"


@dataclass(slots=True)
class Field:
    """A field of a route: what its values are, and what they mean."""

    path: str
    key: str
    values: dict[str, int] = field(default_factory=dict)  # how often each comes
    messages: int = 0
    offsets: dict[int, int] = field(default_factory=dict)  # to the packet's clock, in quarters of an hour
    pictures: int = 0
    meaning: str = ""
    known_by: str = ""
    sure: int = 0
    support: int = 0
    contradictions: int = 0
    forms: dict[str, int] = field(default_factory=dict)
    proved: bool = False  # by numbers beside it: its values need no known form
    strangers: frozenset[str] = frozenset()  # what stands in the place of a name where nobody is known

    @property
    def form(self) -> str:
        """The class of most values."""
        if len(self.forms) == 1:
            return next(iter(self.forms))
        return min(self.forms, key=lambda name: (-self.forms[name], name)) if self.forms else "picture"

    def say(self, meaning: str, known_by: str, sure: int, support: int, total: int) -> None:
        """Give it a meaning."""
        self.meaning, self.known_by, self.sure = meaning, known_by, sure
        self.support, self.contradictions = support, total - support

    def prove(self, meaning: str, support: int) -> None:
        """Give it a meaning that so many numbers beside it bear."""
        self.say(meaning, BEHAVIOUR, BY_END, support, support)
        self.proved = True


class Fields(dict[str, Field]):
    """Fields of the messages of one route, by the forms of their paths; and what follows once all have meanings."""

    def __init__(self) -> None:
        super().__init__()
        self.plans: dict[Outline, Any] = {}  # for messages of one outline (`plans.py`)
        self.related: dict[str, str] | None = None  # which of them are ids and words for these (`relations.py`)
        self.told: Any = None  # what rows say of them (`field_rows.py`)


def skeleton(one: RouteMessage) -> tuple[tuple[str, str], ...]:
    """The form of a message: the forms of its paths, each with the classes of its values."""
    found: dict[str, set[str]] = defaultdict(set)
    for leaf in one.leaves:
        if not leaf.head:
            found[leaf.form].add("picture" if leaf.sha256 else form_of(leaf.value))
    return tuple((path, "|".join(sorted(forms))) for path, forms in sorted(found.items()))
