"""Reasons as tables hold them: a code and its arguments. Sentences are made at the end (`report/texts.py`).

Written as an address writes what it asks for: `extent_cut_segment?marker=0xc0&n=120`, a code alone without arguments.
An argument may be reasons itself (`inner`). Several stand in one text with `JOIN` between them, which no argument
has as it is written. The catalogue of codes, with the words of each: `report/reasons.yaml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_ARGUMENTS = 10
JOIN = "; "


class Reason(NamedTuple):
    """A code with what stands in its places."""

    code: str
    arguments: Mapping[str, object]


def reason(code: str, /, **arguments: object) -> str:
    """A reason as text."""
    return f"{code}?{urlencode(arguments, errors='replace')}" if arguments else code


def counted(made: str, count: int) -> str:
    """A reason, and of how many it holds (`n`)."""
    return f"{made}{'&' if '?' in made else '?'}n={count}"


def parsed(text: str) -> Reason:
    """What `reason` made a text of; of any other text, some code that no catalogue has."""
    code, _, query = text.partition("?")
    try:
        return Reason(code, dict(parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_ARGUMENTS)))
    except ValueError:  # more arguments than a reason has
        return Reason(text, {})
