"""Who logs in by HTTP authentication (RFC 7616, RFC 7617): user name and realm, never what proves a password."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netaudit.devices.observations.ends import Host, Place
    from netaudit.devices.observations.ledger import Ledger

LOOK = 2048  # characters of a header's value
LONGEST = 64  # characters of a name
_DIGEST = re.compile(r"\b(username|realm)\s*=\s*\"([^\"]{1,200})\"", re.IGNORECASE)


def login_of(value: str) -> list[tuple[str, str]]:
    """User and realm in the value of an Authorization header; nothing where it has none in clear."""
    scheme, _, rest = value[:LOOK].strip().partition(" ")
    if scheme.lower() == "digest":
        found = {key.lower(): text for key, text in _DIGEST.findall(rest)}
        named = [("user", found.get("username", "")), ("login_realm", found.get("realm", ""))]
    elif scheme.lower() == "basic":
        named = [("user", _basic(rest.strip()))]
    else:
        return []
    return [(field, text[:LONGEST]) for field, text in named if text]


def _basic(text: str) -> str:
    """The name in front of the first colon; without a colon nothing, since it might be the password."""
    try:
        name, colon, _ = base64.b64decode(text, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return ""
    return name.decode("utf-8", "replace") if colon else ""


def note_login(kind: str, value: str, client: Host, ledger: Ledger, place: Place) -> None:
    """Note who logs in."""
    for field, text in login_of(value):
        ledger.note(kind, client.mac, client.ip, field, text, *place)
