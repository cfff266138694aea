"""What an answer says of the request that it answers beside its status: that nothing was taken.

Many services answer 200 and say in the body that they refuse. Only what says so by itself is heeded: a field for
success that is false, a code of the ranges that say error in HTTP or begin so, a redirection to a page for logging in.
Only fields of the whole answer say so, not those of what it carries, and none where another one says that it was taken.
Of several outcomes in one (ResponseStatus of ISAPI and GA/T 1400, Multi-Status of WebDAV) none may be a good one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import starmap
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.contracts.answers import IN_FIELD, LOGIN, REFUSED
from netaudit.core.text.patterns import occurrence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from netaudit.protocols.message import Message

LONGEST = 4096  # bytes of an answer that says no more than that
_REDIRECTION, _ERROR = 300, 400  # statuses
_LOGIN = re.compile(  # a label of the host, a segment of the path, or the last one
    r"(?i)^(?:https?:)?//(?:[^/?#.]*\.){0,8}?(?:log[-_]?in|sign[-_]?in|sso|auth|passport|oauth2?|cas)\."
    r"|/(?:sso|auth|oauth2?|cas)(?:/|$)|(?:^|/)(?:log[-_]?in|sign[-_]?in)(?:\.\w{1,5})?/?(?:[#;]|$)"
)
_SUCCESS = frozenset({"success", "succeed", "successful", "ok"})
_ERROR_CODE = frozenset({"errcode", "errno", "errorcode"})  # whose every number but 0 is one of an error
_CODE = frozenset({"code", "resultcode", "retcode", "statuscode", *_ERROR_CODE})
_OUTCOME = frozenset({"status", "result", "state"})
_FAILED = frozenset(
    {
        "false",
        "fail",
        "failed",
        "failure",
        "error",
        "denied",
        "refused",
        "rejected",
        "unauthorized",
        "失败",
        "拒绝",
        "已拒绝",
        "错误",
        "异常",
    }
)
# XML whose root is an error (S3 answers 200 and may say so later), or a fault of SOAP (1.1, 4.4; 1.2, 5.4)
_XML = re.compile(
    rb"\s*(?:<\?[^>]{0,200}>\s*|<!--[^>]{0,400}-->\s*)*(?:<(?:[\w-]{1,32}:)?Envelope\b[^>]{0,2000}>\s*"
    rb"(?:<(?:[\w-]{1,32}:)?Header\b[^>]{0,400}(?:/>|>.{0,2000}?</(?:[\w-]{1,32}:)?Header>)\s*)?<(?:[\w-]{1,32}:)?Body\b[^>]{0,400}>\s*"
    rb"<(?:[\w-]{1,32}:)?Fault[\s>/]|<(?:[\w-]{1,32}:)?(?:Error|ErrorResponse|Fault)[\s>/])",
    re.DOTALL,
)
# outcome of ISAPI and of GA/T 1400.4: busy, error of the device, invalid operation, form or content
_STATUS = re.compile(rb"<(?:[\w-]{1,32}:)?statusCode>\s{0,20}(\d{1,3})\s{0,20}</", re.IGNORECASE)
_STATUS_ROOT = re.compile(rb"\s*(?:<\?[^>]{0,200}>\s*)?<(?:[\w-]{1,32}:)?ResponseStatus(?:List)?[\s>]")
_STATUS_BAD = frozenset("23456")
_CODES = re.compile(rb'code"\s{0,20}:\s{0,20}"?([^,"}\s]{1,20})', re.IGNORECASE)
_FOUL = re.compile(rb'"(?:is)?_?(?:succe\w{0,6}|ok|err\w{0,12}|status|result|state)"\s{0,20}:', re.IGNORECASE)
_MANY, _PART = 207, re.compile(rb"<(?:[\w-]{1,32}:)?status>\s{0,20}HTTP/\d(?:\.\d)? (\d{3})\b")  # RFC 4918, 13
_ERRORS = re.compile(r"[45]\d\d(?:\d\d)?", re.ASCII)
_NUMBER = re.compile(r"(?:-[1-9]\d{0,9}|[1-9]\d{1,9})", re.ASCII)  # 1 is success to some
_NO = ("false", "0", "no")


def may_refuse(body: bytes) -> bool:
    """Whether some text of JSON among bytes may say that nothing was taken; asked of many joined first."""
    return _refusal()(body)


def _refuses(body: bytes) -> bool:
    """Whether an object of JSON says by its own fields that nothing was taken, and by none that it was."""
    codes = _CODES.findall(body)
    if codes and set(codes) <= {b"0", b"200"} and _FOUL.search(body) is None:
        return False  # known without parsing it
    try:
        document = orjson.loads(body)
    except ValueError:
        return False
    if not isinstance(document, dict):
        return False
    if outcomes := _outcomes(document):
        return _STATUS_BAD.issuperset(outcomes)
    if document.get("errors") is True:
        return _refuses_all(document.get("items"))
    if len(document) == 1 and isinstance(inner := document.get("Response"), dict):
        document = inner  # as clouds wrap the whole answer
    verdicts = set(starmap(_told, document.items()))
    return False in verdicts and True not in verdicts


def _refuses_all(items: object) -> bool:
    """Whether each of several things that were sent at once has a status of its own that refuses it."""
    statuses = [
        inner.get("status")
        for one in (items if isinstance(items, list) else [])
        if isinstance(one, dict)
        for inner in one.values()
        if isinstance(inner, dict)
    ]
    return bool(statuses) and all(isinstance(one, int) and one >= _ERROR for one in statuses)


def _outcomes(document: dict[str, Any]) -> list[str]:
    """Codes of ResponseStatus, where the answer is one or a list of them."""
    listed = document.get("ResponseStatusListObject", document)
    found = listed.get("ResponseStatusObject", listed) if isinstance(listed, dict) else listed
    some = [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]
    called = [{key.lower(): value for key, value in one.items()} for one in some]
    return [str(one.get("statuscode", "")) for one in called if "statusstring" in one]


def _refuses_in_xml(message: Message) -> bool:
    """Whether the root of an XML answer is an error, or all outcomes that it lists are."""
    body = message.body
    if message.status == _MANY:
        parts = _PART.findall(body)
        return bool(parts) and all(int(part) >= _ERROR for part in parts)
    if _STATUS_ROOT.match(body):
        codes = [code.decode() for code in _STATUS.findall(body)]
        return bool(codes) and _STATUS_BAD.issuperset(codes)
    return _XML.match(body) is not None


def _told(key: str, value: object) -> bool | None:
    """Whether a field says that it was taken, or was not; None for all others."""
    name = key.lower().replace("_", "")
    if name == "error" and isinstance(value, dict):
        return _told_by_error({key.lower(): one for key, one in value.items()})
    if isinstance(value, float | list | dict):
        return None
    word = str(value).strip().lower()
    if name in _CODE:
        wrong = _ERRORS.fullmatch(word) or (name in _ERROR_CODE and _NUMBER.fullmatch(word))
        return True if word in {"0", "200"} else False if wrong else None
    if name.removeprefix("is") in _SUCCESS:
        return True if word == "true" else False if word in _NO else None
    return False if name in _OUTCOME and isinstance(value, str) and word in _FAILED else None


def _told_by_error(error: dict[str, object]) -> bool | None:
    """What an error object says (JSON-RPC and its like): some give one that says there was none."""
    code, message = (str(error.get(name, "")).strip().lower() for name in ("code", "message"))
    if code in {"0", "200"} or {code, message} & _SUCCESS:
        return True
    return False if code or message else None


def note_refusal(message: Message) -> None:
    """Note at an answer what it says beside its status."""
    if message.request is None or not message.status or message.status >= _ERROR:
        return
    if message.status >= _REDIRECTION:
        if _LOGIN.search(message.header("location")[:512].partition("?")[0]):
            message.notes.append(LOGIN)
    elif message.header("grpc-status").strip() not in {"", "0"}:  # gRPC over HTTP/2: 0 is OK, whatever HTTP says
        message.notes.append(IN_FIELD)
    elif (
        0 < len(message.body) <= LONGEST
        and REFUSED not in message.notes
        and ((may_refuse(message.body) and _refuses(message.body)) or _refuses_in_xml(message))
    ):
        message.notes.append(REFUSED)


def _escaped(word: str) -> str:
    """A pattern of a word as JSON may write it."""
    return word if word.isascii() else "".join(rf"\\u{ord(sign):04x}" for sign in word)


def _says() -> bytes:
    """What `_told` takes for a refusal, as one pattern for many bodies at once: whatever it would heed is found."""

    def field(names: Iterable[str], before: str = "") -> str:
        return f'"_*{before}(?:{"|".join("_*".join(name) for name in sorted(names))})_*"'

    success, state, code = field(_SUCCESS, "(?:i_*s_*)?"), field(_OUTCOME), field(_CODE)
    text = (
        rf'(?i){success}\s*:\s*"?\s*(?:{"|".join(_NO)})\b'
        rf'|{state}\s*:\s*"\s*(?:{"|".join(sorted({*_FAILED, *map(_escaped, _FAILED)}))})\s*"'
        rf'|{code}\s*:\s*"?\s*{_ERRORS.pattern}\b'
        rf'|{field(_ERROR_CODE)}\s*:\s*"?\s*{_NUMBER.pattern}\b'
        rf'|"status_*string_*"\s*:|"_*error_*"\s*:\s*\{{|"errors"\s*:\s*true\b'
    )
    return text.encode()


@lru_cache(maxsize=1)
def _refusal() -> Callable[[bytes], bool]:
    return occurrence(_says())
