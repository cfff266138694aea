"""The summary of a case as lines of a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.findings.summary import Sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.findings.summary import Summary

BARS = " ▁▂▃▄▅▆▇█"
CODES = {  # of the colours of terminals (ECMA-48)
    "transfer_seen": "1;31",
    "consistent_with_transfer": "1;38;5;208",
    "cannot_be_assessed": "1;33",
    "inside_only": "1;34",
    "not_seen": "1;90",
}


def summary_lines(summary: Summary, lang: str, *, colour: bool = False) -> Iterator[str]:
    """Yield the summary: the state, its numbers and explanation, then the blocks and the timeline."""
    words = Sentences(summary, lang)
    state = f"\x1b[{CODES[summary.state]}m{words.state}\x1b[0m" if colour else words.state
    yield f"{state}  {words.period}"
    if words.numbers:
        yield "  " + " · ".join(words.numbers)
    space = "" if lang == "zh" else " "
    yield f"  {words.explanation}{space}{words.meaning}"
    for heading, texts in words.blocks():
        yield heading
        yield from (f"  - {text}" for text in texts)
    if any(any(counts) for _, counts in words.lanes()):
        yield words.say("block", "timeline")
        yield from (f"  {bar(counts)}  {name}" for name, counts in words.lanes())


def bar(counts: tuple[int, ...]) -> str:
    """Return counts as a row of bars; the highest is full.

    >>> bar((0, 1, 4))
    '·▂█'
    """
    most = max(counts, default=0) or 1
    return "".join(BARS[-(-8 * count // most)] if count else "·" for count in counts)
