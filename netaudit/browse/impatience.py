"""Connections that ask nothing, or never finish asking, are not kept: others shall still be heard.

Any program of this computer may connect; the token is asked for only when a request is whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

PATIENCE = 10.0  # seconds until the head of a request is there
MOST_WAITING = 64  # connections that may be waited for at once; the oldest goes


class Impatient(H11Protocol):
    """HTTP/1.1 by uvicorn, with an end to waiting for the first request."""

    _waiting: ClassVar[dict[Impatient, asyncio.TimerHandle]] = {}  # oldest first; there is one server in a process

    def connection_made(self, transport: Any) -> None:
        """Wait for a request, in the place of the oldest one where too many do."""
        super().connection_made(transport)
        if len(self._waiting) >= MOST_WAITING:
            next(iter(self._waiting)).give_up()
        self._waiting[self] = self.loop.call_later(PATIENCE, self.give_up)

    def data_received(self, data: bytes) -> None:
        """What was asked wholly is answered, however long that takes."""
        super().data_received(data)
        if self.cycle is not None:
            self._no_longer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._no_longer()
        super().connection_lost(exc)

    def give_up(self) -> None:
        """Close it."""
        self._no_longer()
        self.transport.abort()

    def _no_longer(self) -> None:
        timer = self._waiting.pop(self, None)
        if timer is not None:
            timer.cancel()
