"""XML bodies: long texts and attribute values that may hold something, each with the path of its element."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.content import text, xml_text
from netaudit.content.document import xml_of
from netaudit.content.slices import Numbering, cut, derive, narrow, readable
from netaudit.content.sniff import text_kind
from netaudit.core.contracts.unwrapping_steps import Step, step

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part
    from netaudit.content.xml_document import Place


def is_xml(part: Part) -> bool:
    """Begins as XML does, and is no HTML."""
    return text_kind(readable(part), part.content_type) == "xml"


def open_xml(part: Part, budget: Budget) -> Iterator[Part]:
    """Texts worth a closer look, in the order in which their elements end; then those that no element was found for."""
    if len(part.data) > budget.document:
        budget.limit("document size")
        return
    data, document = part.data, xml_of(part)
    runs = document.runs[: max(0, budget.parts)]
    if not any(text.promising(data[start : start + 256]) for start, _ in runs):
        return
    places, found = document.places, document.marks
    if document.problem:
        budget.limit(document.problem)
    left = set(range(len(runs)))
    numbering = Numbering()
    for place in places:
        numbers = [n for n in map(int, found.findall(place.text)) if n in left]
        left.difference_update(numbers)
        if not numbers or not budget.part():
            continue
        one = numbering(step("xml", place.path))
        if found.fullmatch(place.text.strip()) and place.closed:
            child = _run(part, runs[numbers[0]], one)
        else:
            child = _mixed(part, runs, place, found, one)
        child.name = place.name
        if text.promising(child.data[:256]):
            yield child
    for n in sorted(left):
        if text.promising(data[runs[n][0] : runs[n][0] + 256]) and budget.part():
            name = xml_text.tag_before(data, runs[n][0])
            child = _run(part, runs[n], numbering(step("xml", f"//{name or '*'}")))
            child.name = name
            yield child


def _run(part: Part, run: tuple[int, int], one: Step) -> Part:
    """One run as it stands; its end is known when a tag or a quotation mark follows it."""
    closed = part.data[run[1] : run[1] + 64].lstrip()[:1] in (b"<", b"]", b'"', b"'")
    child = narrow(part, run[0], run[1], one, closed=closed)
    if not closed and child.unknown_from is None:
        child.unknown_from = len(child.data)
    return child


def _mixed(part: Part, runs: list[tuple[int, int]], place: Place, found: re.Pattern[str], one: Step) -> Part:
    """Text of several runs with entities or short lines between them; with a gap in it, what comes before the gap."""
    pieces = []
    last = 0
    content = place.text
    damaged = not place.closed
    for match in found.finditer(content):
        pieces.append(content[last : match.start()].encode("utf-8", "replace"))
        last = match.end()
        start, end = runs[int(match[1])]
        if cut(part.missing, start, end) or (part.unknown_from is not None and part.unknown_from < end):
            damaged = True
            break
        pieces.append(part.data[start:end])
    else:
        pieces.append(content[last:].encode("utf-8", "replace"))
    data = b"".join(pieces)
    damaged = damaged or bool(part.missing) or (part.unknown_from is not None)
    return derive(part, data, one, None, len(data) if damaged else None)
