"""Pictures of a case: pixelated always, clear once for each unmasking, which is in the chain before it is seen."""

from __future__ import annotations

import concurrent.futures
import secrets
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.evidence.case.reading import Case

KEPT = 2000  # pixelated thumbnails in memory, a few kB each
SIDE = 1280  # pixels of the longer side of a clear picture
SECONDS = 120  # a ticket may be used within
AT_ONCE = 2  # pictures looked at


class Pictures:
    """The pictures of one case."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._small: OrderedDict[str, bytes | None] = OrderedDict()
        self._lock = threading.Lock()
        self._tickets: dict[str, tuple[str, float]] = {}
        self._lookers = concurrent.futures.ThreadPoolExecutor(AT_ONCE, "thumbnails")

    def thumbnail(self, sha256: str) -> bytes | None:
        """A small pixelated JPEG, None where the case has none or it does not decode."""
        with self._lock:
            if sha256 in self._small:
                self._small.move_to_end(sha256)
                return self._small[sha256]
        small = self._lookers.submit(self._case.thumbnail, sha256).result()
        with self._lock:
            self._small[sha256] = small
            while len(self._small) > KEPT:
                self._small.popitem(last=False)
        return small

    def masked(self, sha256: str) -> bytes | None:
        """The picture with its faces pixelated, as JPEG."""
        return self._lookers.submit(self._case.pictures.masked, sha256).result()

    def unmask(self, sha256: str, reason: str) -> str:
        """Note the unmasking in the chain, then give a ticket with which the picture is given once.

        Raises UsageError where the case has no such picture, or cannot be written.
        """
        if self._case.object_path(sha256) is None:
            raise UsageError("the case does not hold this image")
        with self._lock:
            self._case.log_unmasking(f"image {sha256} (browse): {reason}")
            now = time.monotonic()
            self._tickets = {key: value for key, value in self._tickets.items() if value[1] > now}
            ticket = secrets.token_urlsafe(24)
            self._tickets[ticket] = (sha256, now + SECONDS)
        return ticket

    def clear(self, ticket: str) -> bytes | None:
        """The clear picture of a ticket, which is used up; None for none."""
        with self._lock:
            sha256, until = self._tickets.pop(ticket, ("", 0.0))
        if not sha256 or time.monotonic() >= until:
            return None
        return self._lookers.submit(self._case.clear_picture, sha256, SIDE).result()
