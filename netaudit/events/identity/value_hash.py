"""Keyed hashes of identity values: equal within a case, without meaning outside it."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from netaudit.events.identity.values import canonical

if TYPE_CHECKING:
    from netaudit.events.identity.values import Personal


def hash_value(key: bytes, value: Personal) -> str:
    """Return the HMAC-SHA256 of the kind and canonical value under the case's key, as 32 hexadecimal digits."""
    return hash_text(key, value.kind, canonical(value))


def hash_text(key: bytes, kind: str, text: str) -> str:
    """Return the HMAC-SHA256 of a kind and a canonical text under the case's key, as 32 hexadecimal digits."""
    return hmac.digest(key, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), "sha256").hex()[:32]
