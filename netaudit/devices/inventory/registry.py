"""The registry of link addresses: who holds a block of 24, 28 or 36 bits (IEEE MA-L, MA-M, MA-S).

It comes with python-stdnum, as lines `BLOCK[-BLOCK],… o="HOLDER"`; lines that begin with a space are blocks inside the
one before. That package's own way of asking looks at every block for every address (4 ms each) and fails for an
address in no part of a block that was given out in parts; so the lines are read here, once.

What a link address tells by itself: the registered block's holder, or that it is made up locally.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from netaudit.core.system.user_cache import remembered, stamps

if TYPE_CHECKING:
    from collections.abc import Iterator

DIGITS = 6  # hexadecimal, of an undivided block; parts have one or three more
PARTS = (3, 1)

Blocks = dict[str, str]  # by the first digits of an address, in capitals


@lru_cache(maxsize=1)
def blocks() -> Blocks:
    """All blocks with their holders; none when the registry is not there."""
    try:
        place = resources.files("stdnum").joinpath("oui.dat")
        kind = f"registry of link addresses {stamps((__file__,))}"
        found: Blocks = remembered(kind, stamps((str(place),)), lambda _: read(place.read_text(encoding="utf-8")))
    except (OSError, ModuleNotFoundError, UnicodeDecodeError):
        return {}
    return found


def read(text: str) -> Blocks:
    """The blocks of a registry's text. Lines of another form are passed over."""
    found: Blocks = {}
    outer = ""
    for line in text.splitlines():
        ranges, _, attribute = line.partition(' o="')
        holder = attribute[:-1].replace("%", '"')
        within = ""
        if ranges[:1] == " ":
            within, ranges = outer, ranges.strip()
        for low in _first_digits(ranges) if "-" in ranges else ranges.split(","):
            found[within + low] = holder
        if not within:
            outer = ranges[-DIGITS:]
    return found


def _first_digits(ranges: str) -> Iterator[str]:
    for span in ranges.split(","):
        low, _, high = span.partition("-")
        if not high:
            yield low
        elif _are_digits(low, high):
            for number in range(int(low, 16), int(high, 16) + 1):
                yield f"{number:0{len(low)}X}"


def _are_digits(low: str, high: str) -> bool:
    """Whether a span is one that a registry may hold: not longer than a sixteenth of all blocks."""
    try:
        return len(low) == len(high) <= DIGITS and int(high, 16) - int(low, 16) < 1 << 20
    except ValueError:
        return False


def holder_of(digits: str, known: Blocks) -> str:
    """Holder of the smallest block that has an address of 12 hexadecimal digits, empty where none is known."""
    digits = digits.upper()
    for more in (*PARTS, 0):
        if name := known.get(digits[: DIGITS + more]):
            return name
    return ""


LOCAL_BIT = 0x02  # of the first byte: locally administered (IEEE 802, 8.2.2)


@lru_cache(maxsize=65536)
def holder(mac: str) -> str:
    """Holder of the block, empty for local and unregistered addresses."""
    if not mac or is_local(mac):
        return ""
    return holder_of(mac.replace(":", ""), blocks())


def is_local(mac: str) -> bool:
    """Whether the address was not given by a maker (private addresses of phones, virtual machines)."""
    return bool(mac) and bool(int(mac[:2], 16) & LOCAL_BIT)
