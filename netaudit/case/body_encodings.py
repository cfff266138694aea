"""How the bytes of an object, or a number, stand in the body of a message: as they are, coded or folded."""

from __future__ import annotations

import base64
import contextlib
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from netaudit.contracts.unwrapping_steps import Way

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PLAIN_STEPS = frozenset({"multipart", "json", "form", "base64", "data", "url", "hex", "xml", "text", "json text"})
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")


def found_as(data: bytes, body: bytes, *, whole: bool = True) -> str:
    """How `data` stands in `body` (as it is, in base64, URL-safe base64 or hex), as a reason; empty when it does not.

    Of data that is not `whole` the last group of base64 is left out, since it depends on what follows.
    """
    if data in body:
        return "opinion_as_it_is"
    coded = data if whole else data[: len(data) - len(data) % 3]
    needles = (
        (base64.b64encode(coded).rstrip(b"="), "opinion_base64"),
        (base64.urlsafe_b64encode(coded).rstrip(b"="), "opinion_base64_url"),
        (data.hex().encode(), "opinion_hex"),
        (data.hex().upper().encode(), "opinion_hex"),
    )
    for text in _readings(body):
        for needle, how in needles:
            if needle in text:
                return how
    return ""


def _readings(body: bytes) -> Iterator[bytes]:
    """The body, then without JSON escapes of slashes, line breaks of folded base64, and percent escapes."""
    yield body
    if b"\\" in body:
        yield body.replace(b"\\/", b"/").replace(b"\\r", b"").replace(b"\\n", b"").replace(b"\\u002B", b"+")
    folded = bytes(body).translate(None, b" \t\r\n")
    if len(folded) != len(body):
        yield folded
    if b"%" in body:
        yield unquote_to_bytes(body)


def holds_numbers(numbers: Sequence[str], body: bytes) -> bool:
    """Whether all of these identity numbers stand in a body, however it spells them."""
    text = b"\0".join([*_readings(body), *_unwrapped(body)]).upper()
    return all(any(spelled in text for spelled in _spellings(number)) for number in numbers)


def _spellings(number: str) -> tuple[bytes, ...]:
    return number.encode(), number.encode("utf-16-le"), number.encode().hex().upper().encode()


def _unwrapped(body: bytes) -> Iterator[bytes]:
    """What stands in base64 in a body."""
    for text in _BASE64.findall(body)[:64]:
        with contextlib.suppress(ValueError):
            yield base64.b64decode(text[: len(text) - len(text) % 4])


def is_plain(path: str) -> bool:
    """Whether nothing on the way to the object hides its bytes or their base64."""
    way = Way.read(path)
    if not way.first.text.endswith(" body"):  # carved, or joined from parts
        return False
    names = [step.name for step in way.between]
    return sum(name in {"base64", "data", "hex"} for name in names) <= 1 and set(names) <= _PLAIN_STEPS
