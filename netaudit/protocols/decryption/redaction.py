"""Remove secrets and free text from decrypted messages before any table sees them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netaudit.protocols.message import Message


# header fields that carry who somebody is to a server, or may
_SECRET = re.compile(r"cookie|auth|token|secret|session|passw|credential|signature|api-?key|csrf|xsrf|ticket|sign\Z")


_TALK = frozenset(("smtp", "sip"))  # whose paths are mailboxes and people


_SAID = frozenset(("user", "username", "password", "account", "login", "subject", "text", "client_id"))


NOTE = "opened with keys from "


def lessen(message: Message) -> None:
    """Take out of a message what no table may have."""
    if message.protocol != "carved":
        message.headers = [(name, value) for name, value in message.headers if not _SECRET.search(name)]
        message.path = "" if message.protocol in _TALK else bare(message.path)
        message.details = message.details.without(_SAID)
    if message.request is not None:
        message.request.path = bare(message.request.path)
    note = NOTE + message.opened
    if note not in message.notes:
        message.notes.append(note)


def bare(path: str) -> str:
    """A path without its query and fragment, which carry tokens as often as not."""
    return re.split(r"[?#]", path, maxsplit=1)[0]
