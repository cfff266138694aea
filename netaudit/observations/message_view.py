"""A message as observers see it, and where it was said. Any reader's message fits; observers so know no other stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from netaudit.contracts.details import Details
    from netaudit.contracts.heads import Form

Place = tuple[int, int, int]  # running index of the capture, frame, UTC nanoseconds


class Spoken(Protocol):
    """What observers use of a message (see the messages stage for what each field means)."""

    protocol: str
    direction: int
    method: str
    host: str
    path: str
    status: int
    content_type: str
    headers: list[tuple[str, str]]
    body: bytes
    details: Details
    pieces: Any

    @property
    def form(self) -> Form:
        """What messages like it have alike in their heads."""
        ...

    def header(self, name: str) -> str:
        """First value of a header by lower-case name, or the empty string."""
        ...


def place_of(message: Spoken) -> Place:
    """Place of the packet with the first byte of a message that has its packets."""
    _, ts, frame, _, capture = message.pieces.item(0)
    return capture, frame, ts
