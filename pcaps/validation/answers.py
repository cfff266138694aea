"""What is known of a made capture, in words of no tool: facts that must be told, each under an assertion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pcaps.validation.containers import Packet

    Write = Callable[[Sequence[Packet]], bytes]

Way = tuple[str, str, int, str, int]  # transport, client, port, server, port


@dataclass(frozen=True, slots=True)
class Answer:
    """One known answer: `expected` is what an observation of that kind about that subject must hold."""

    assertion: str
    capture: str
    kind: str  # capture, flow, content, exchange, name, hello, chosen, image, host, person
    about: tuple[Any, ...]  # what names the subject: a way, with what tells it from others on it
    expected: Any


@dataclass(slots=True)
class Made:
    """A capture file and its known answers; those of one room are audited together."""

    name: str
    data: bytes
    answers: list[Answer] = field(default_factory=list)
    room: str = ""
    packets: Sequence[Packet] = ()  # what was written, where that is known
    write: Write | None = None

    def know(self, assertion: str, kind: str, about: tuple[Any, ...], expected: Any) -> None:
        """Add an answer."""
        self.answers.append(Answer(assertion, self.name, kind, about, expected))
