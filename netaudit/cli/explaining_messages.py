"""What `netaudit explain` says of a message or event: what was read from it, which entry fits, why others do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.cli.texts import say
from netaudit.core.masking.mask import mask, visible

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.events.rules.event import Event
    from netaudit.events.rules.explaining import Verdict
    from netaudit.events.rules.nodes import Tree
    from netaudit.evidence.case.reading import Case

WIDTH = 120  # characters of a line's value
MOST_KEYS = 40  # named


def explained(
    case: Case, identity: str, captures: list[Path], signatures: Path | None, lang: str
) -> tuple[dict[str, Any], list[str]]:
    """As values and as lines; the message is read again from its capture."""
    from netaudit.events.rules.explaining import verdicts
    from netaudit.events.rules.loading import load
    from netaudit.evidence.rule_drafting.document_examples import read_message, tree_of
    from netaudit.pipeline.tracing import reread
    from netaudit.tables.events import head_of
    from netaudit.tables.shown_messages import first_line, host_shown

    found = reread(case, identity, captures)
    index = load((signatures,) if signatures else ()).index
    head, tree = head_of(found), tree_of(found)
    first = " ".join(part for part in (first_line(found, WIDTH), host_shown(head.host, WIDTH)) if part)
    lines = [first + (f" ({say('document_reply', lang)})" if head.reply else ""), *_tree_lines(tree, lang)]
    events = list(read_message(index, found))
    for event in events:
        lines += _event_lines(event, lang)
    held = verdicts(index, head, tree)
    for verdict in held:
        lines += _verdict_lines(verdict, lang)
    fitting = [verdict.entry.id for verdict in held if verdict.fits]
    if not fitting:
        lines.append(say("document_unknown", lang))
    message = found.message_id.hex()
    lines.append(say("explain_flow", lang, what=message[:12]))
    return {
        "message_id": message,
        "head": first,
        "events": [event.entry.id for event in events],
        "fits": fitting,
    }, lines


def _tree_lines(tree: Tree, lang: str) -> list[str]:
    from netaudit.tables.shown_messages import key_shown

    out = []
    for node in tree.documents:
        document = node.document
        if document is not None:
            whole = "" if document.complete else f" ({say('document_cut', lang)})"
            out.append(f"{say('document_part', lang)}: {visible(mask(document.way.text), WIDTH)}{whole}")
    out += [f"{say('document_image', lang)}: {visible(mask(image.way.text), WIDTH)}" for image in tree.images]
    keys = list(dict.fromkeys(nodes[0].raw for nodes in tree.by_key.values()))
    shown = ", ".join(key_shown(key, 40) for key in keys[:MOST_KEYS])
    more = f" … (+{len(keys) - MOST_KEYS})" if len(keys) > MOST_KEYS else ""
    out.append(f"{say('document_keys', lang)}: {shown}{more}")
    return out


def _event_lines(event: Event, lang: str) -> list[str]:
    from netaudit.evidence.rule_drafting.document_examples import spoken
    from netaudit.report.texts import Texts
    from netaudit.tables.events import shown_text

    kind = Texts(lang).known("event_kind", event.entry.kind) or event.entry.kind
    out = [f"{say('document_event', lang)}: {kind} ({event.entry.id})"]
    for name, value in spoken(event).items():
        if name in {"kind", "complete"} or value in ("", None, [], {}):
            continue
        if name == "images":
            text = ", ".join(f"{role} × {count}" for role, count in value.items())
        elif isinstance(value, list):
            text = ", ".join(str(one) for one in value)
        else:
            text = shown_text(name, str(value))
        out.append(f"  {name}: {visible(mask(text), WIDTH)}")
    return out


def _verdict_lines(verdict: Verdict, lang: str) -> list[str]:
    entry = verdict.entry
    state = say("document_fits" if verdict.fits else "document_fits_not", lang)
    head = f"{entry.id} ({entry.maker}: {entry.message}; {entry.provenance}, {entry.source}): {state}"
    return [head, *(f"  {'+' if one.holds else '-'} {one.what}: {one.wanted}" for one in verdict.checks)]
