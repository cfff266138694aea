"""What is shown of a message itself, beside its rows: its first line and the keys of its documents, masked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netaudit.core.masking.mask import mask, mask_host, mask_name, mask_path, mask_words, visible
from netaudit.events.identity.from_unwrapping import KINDS
from netaudit.events.rules.nodes import plain
from netaudit.events.rules.statements import words

if TYPE_CHECKING:
    from netaudit.protocols.message import Message

_LONGEST_METHOD = 64
_NO_KEY = re.compile(r"\s|\d{4}")


def first_line(found: Message, limit: int) -> str:
    """What is asked, or the status of an answer."""
    if found.status:
        return f"{found.protocol} {found.status}"
    target = visible(mask_path(found.path), limit)
    return " ".join(part for part in (method_shown(found), target, f"({found.protocol})") if part)


def method_shown(found: Message) -> str:
    """What is done by it: a token of a protocol in most, free text of its sender in some."""
    return visible(mask(found.method), _LONGEST_METHOD)


def host_shown(host: str, limit: int) -> str:
    """Of whom it is asked."""
    return visible(mask_host(host), limit)


def is_known(key: str) -> bool:
    """Whether a plain key is one that people or devices are described with."""
    return key in KINDS or key in words().names.whole


def key_shown(key: str, limit: int) -> str:
    """A key, of which most are words; one that may be somebody's name or number is masked as one."""
    if ":" not in key and is_known(plain(key)):  # of what stands before one nothing is known
        return visible(key, limit)
    return "···" if _NO_KEY.search(key) else visible(mask_words(mask_name(key)), limit)
