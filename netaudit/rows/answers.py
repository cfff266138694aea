"""What an answer says of the request that it answers beside its status: that nothing was taken.

Many services answer 200 and say in the body that they refuse. Only what says so by itself is heeded: a field for
success that is false, a code of the ranges that say error in HTTP or begin so, a redirection to a page for logging in.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from netaudit.contracts.answers import IN_FIELD, LOGIN, REFUSED

if TYPE_CHECKING:
    from netaudit.messages.message import Message

LONGEST = 4096  # bytes of an answer that says no more than that
_REDIRECTION, _ERROR = 300, 400  # statuses
_LOGIN = re.compile(r"(?i)log[-_]?in|sign[-_]?in|\bsso\b|/auth\b|passport|oauth|/cas/")
_SAYS = (
    rb'(?i)"(?:is_?)?(?:success|succeed|successful|ok)"\s*:\s*(?:false|"false"|"?0\b|"?no\b)'
    rb'|"(?:status|result|state)"\s*:\s*"(?:false|fail|failed|failure|error|denied|refused|rejected|unauthorized)"'
    rb'|"(?:code|err_?code|err_?no|error_?code|result_?code|ret_?code|status_?code)"\s*:\s*"?[45]\d\d(?:\d\d)?\b'
)


def refuses(body: bytes) -> bool:
    """Whether some text of JSON among bytes says that nothing was taken; asked of many joined first."""
    return bool(_refusal().Match(body))


def note_refusal(message: Message) -> None:
    """Note at an answer what it says beside its status."""
    if message.request is None or not message.status or message.status >= _ERROR:
        return
    if message.status >= _REDIRECTION:
        if _LOGIN.search(message.header("location")[:512]):
            message.notes.append(LOGIN)
    elif message.header("grpc-status").strip() not in {"", "0"}:  # gRPC over HTTP/2: 0 is OK, whatever HTTP says
        message.notes.append(IN_FIELD)
    elif 0 < len(message.body) <= LONGEST and REFUSED not in message.notes and refuses(message.body):
        message.notes.append(REFUSED)


@lru_cache(maxsize=1)
def _refusal() -> Any:
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    found = re2.Set.SearchSet(options)
    found.Add(_SAYS)
    found.Compile()
    return found
