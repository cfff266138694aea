"""Signed tokens (RFC 7515, 7519): what they claim is JSON in base64url, and nothing of it is hidden."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING

from netaudit.content.slices import derive
from netaudit.core.contracts.unwrapping_steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

FIRST = b"eyJ"  # a JSON object in base64
_TOKEN = re.compile(rb"\s{0,8}(eyJ[\w-]+)\.(e[yw][\w-]+)\.([\w-]*)\s{0,8}\Z", re.ASCII)


def is_jwt(part: Part) -> bool:
    """Three parts between dots, of which the first two are JSON objects."""
    return not part.missing and part.data[:16].lstrip()[:3] == FIRST and _TOKEN.match(part.data) is not None


def open_jwt(part: Part, budget: Budget) -> Iterator[Part]:
    """What the token claims."""
    found = _TOKEN.match(part.data)
    if found is None:
        return
    claims = found[2]
    data = urlsafe_b64decode(claims + b"=" * (-len(claims) % 4))
    if data[:1] == b"{" and budget.part() and budget.spend(len(data)):
        inner = derive(part, data, Step("jwt"))
        inner.content_type = "application/json"
        yield inner
