"""Values of events as tables have them, masked and hashed under the case's key; in clear they go to private/ only."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from netaudit.core.masking.mask import mask, visible
from netaudit.core.schema import EVENTS_CLEAR
from netaudit.events.identity.from_unwrapping import Personal, address_tail, is_device_id, masked, right_check_digit
from netaudit.events.identity.value_hash import hash_text, hash_value
from netaudit.events.rules.passages import IN, OUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.core.schema import Row

_CLEAR = EVENTS_CLEAR.row
LONGEST = 128  # characters of a value in the table
MOST_CODES = 4096  # that are kept
LONGEST_ADDRESS = 512  # characters of one that is kept
SHORTEST_PATH = 8  # characters; shorter paths are those of interfaces
# fields of a person and of a purpose that are masked as identity data of that kind
IDENTITY = {
    "name": "name", "id_number": "id_number", "phone": "phone", "person_id": "person_id", "birthday": "birthday",
    "address": "address", "agent": "name", "salesperson": "name",
}  # fmt: skip


class Shown(NamedTuple):
    """A value as tables have it."""

    text: str = ""
    hmac: str = ""


def shown_way(shown: Shown, direction: str) -> str:
    """A direction as tables have it: in, out, or as its sender says it, masked."""
    return direction if direction in {IN, OUT} else shown.text


def address_code(key: bytes, url: str) -> str:
    """HMAC of the path of a URL or target; without the host: images are sent to one and read from another."""
    path = url.partition("?")[0].partition("#")[0]
    if "://" in path[:10] or path.startswith("//"):
        path = path.partition("//")[2].partition("/")[2]
    path = unquote(path.lstrip("/"), errors="replace")
    if len(path) < SHORTEST_PATH:
        return ""
    return hmac.digest(key, b"target\0" + path.encode("utf-8", "replace"), "sha256").hex()[:32]


UNSAID = Shown()


class Values:
    """Takes the values of events in clear."""

    def __init__(self, key: bytes, keep: Callable[[Row], object]) -> None:
        """`keep` takes the rows of private/events."""
        self._key, self._keep = key, keep
        self._codes: dict[tuple[str, str], str] = {}  # of fields and values that were met lately: devices come again
        self._addresses: dict[str, tuple[str, str]] = {}  # codes of those that were met lately

    def person(self, event_id: str, message_id: str, field: str, text: str, place: str = "") -> tuple[Shown, Personal]:
        """A field of a person or a purpose that is masked as identity data, and what it says."""
        name = field.partition(".")[2]
        kind = IDENTITY[name]
        checked = kind == "id_number" and right_check_digit(text)
        one = Personal(kind, f"{place}.{name}" if place else name, name, text, "checked" if checked else "named")
        code = hash_value(self._key, one)
        self._note(event_id, message_id, field, text, code)
        return Shown(visible(mask(masked(one)), LONGEST), code), one

    def plain(
        self, event_id: str, message_id: str, field: str, text: str, *, secret: bool = True, device: bool = False
    ) -> Shown:
        """Another field; `secret` ones are hashed, ids of devices shown as they are."""
        if not text:
            return UNSAID
        code = self._code(field, text) if secret else ""
        self._note(event_id, message_id, field, text, code)
        shown = text if device and is_device_id(text) else mask(text)
        return Shown(visible(shown, LONGEST), code)

    def _code(self, field: str, text: str) -> str:
        known = self._codes.get((field, text))
        if known is None:
            if len(self._codes) >= MOST_CODES:
                self._codes.clear()
            known = self._codes[field, text] = hash_value(self._key, Personal(field, "", "", text, "named"))
        return known

    def address(self, url: str) -> str:
        """As `address_code`."""
        return self.codes(url)[0]

    def codes(self, address: str) -> tuple[str, str]:
        """HMACs of the path of a URL or target, and of what it has in common with others of one picture, or empty."""
        known = self._addresses.get(address)
        if known is None:
            tail = address_tail(address)
            known = address_code(self._key, address), hash_text(self._key, "picture", tail) if tail else ""
            if len(self._addresses) >= MOST_CODES:
                self._addresses.clear()
            if len(address) <= LONGEST_ADDRESS:
                self._addresses[address] = known
        return known

    def _note(self, event_id: str, message_id: str, field: str, text: str, code: str) -> None:
        self._keep(_CLEAR(event_id=event_id, message_id=message_id, field=field, value_clear=text, value_hmac=code))
