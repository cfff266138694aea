"""A message as it was sent: its head, its body as a tree or as bytes, and the conversation it stands in; masked.

A case keeps no bodies: the packets of the flow are taken out of their capture and read once more. Nothing of a value
is shown that may name somebody: keys that name people are masked as in the tables, all other values as freely chosen
names are; bytes are shown where they are no text, or a text that masking leaves as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from netaudit.browse.page import asked, show
from netaudit.browse.texts import say
from netaudit.errors import CaseError
from netaudit.identity_data.from_unwrapping import KINDS, Personal, masked
from netaudit.masking.mask import mask_host, mask_name, mask_path, mask_words, visible

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from netaudit.browse.page import Asked
    from netaudit.documents.nodes import Node
    from netaudit.messages.message import Message

Row = dict[str, Any]
MOST_NODES = 800  # of a tree on a page
MOST_BYTES = 4096  # of a body as bytes
MOST_MESSAGES = 200  # of a conversation, as it is traced
WIDEST = 200  # characters of a value
RUN = 3  # bytes from which on printable ones are a text
PLAIN = frozenset({  # headers whose values are words of the protocol
    "content-type", "content-length", "content-encoding", "transfer-encoding", "connection", "accept", "date",
    "accept-encoding", "cache-control", "expect", "upgrade", "range", "content-range", "keep-alive", "age", "pragma",
})  # fmt: skip
SECRET = re.compile(r"auth|cookie|token|secret|passw|signature|session|api-?key|credential", re.IGNORECASE)
_PRINTABLE = re.compile(rb"(?:[\x20-\x7e\x80-\xff]\x00?){%d,}" % RUN)


def message(request: Request) -> Response:
    """The message that an id names."""
    who = asked(request)
    row = _row(who, "messages", "message_id", request.path_params["message"])
    view = who.get("as") if who.get("as") in ("tree", "hex") else "tree"
    found = _reread(who, row["message_id"])
    before, after = _beside(who, row)
    return show(
        who, "message.html.j2", titled(row, who), here="tables",
        row=row["row"], flow=row["flow_id"], identity=row["message_id"], view=view, before=before, after=after,
        line=_first_line(found), headers=_headers(found), size=who.w.size(len(found.body)),
        whole=found.complete, missing=[f"{low:,}–{high:,}" for low, high in found.missing[:8]],
        tree=_tree(found, who) if view == "tree" else None,
        lines=_hex(found) if view == "hex" else [], more=max(0, len(found.body) - MOST_BYTES),
    )  # fmt: skip


def follow(request: Request) -> Response:
    """Both sides of a connection in order; what was never captured stands where it is missing."""
    from netaudit.pipeline.tracing import trace

    who = asked(request)
    row = _row(who, "flows", "flow_id", request.path_params["flow"])
    told = trace(who.book.case, row["flow_id"], who.request.app.state.shelf.captures)
    steps: list[tuple[int, int, dict[str, Any]]] = []
    for number, read in enumerate(told.messages):
        steps.append((read.message.direction, read.message.start, _step(read.message, read.found, number, who)))
    gaps = [(run.direction, run.offset, {"gap": who.w.number(run.length)}) for run in told.runs if run.gap]
    return show(
        who, "follow.html.j2", say("follow_title", who.lang, a=_end(row, "client", who), b=_end(row, "server", who)),
        here="tables", row=row["row"], steps=_merged(steps, gaps), more=told.more_messages, read=told.asked[-1:],
        ends=(_end(row, "client", who), _end(row, "server", who)),
        unread=[who.w.number(row[f"unread_{way}"]) for way in ("up", "down")],
    )  # fmt: skip


def titled(row: Row, who: Asked) -> str:
    """A message in a line: what is asked, of whom; an answer by its status."""
    w = who.w
    what = " ".join(part for part in (str(row["method"] or ""), w.text(row["path"], 80)) if part)
    if row["status"]:
        return say("message_answer", who.lang, status=row["status"], what=what or row["protocol"])
    return say("message_request", who.lang, what=what or row["protocol"], host=w.text(row["host"], 60) or "–")


def _row(who: Asked, table: str, column: str, value: str) -> Row:
    from netaudit.browse.paging import Wanted

    rows, total = who.book.tables.page(Wanted(table, ((column, f"={value}"),)), 0, 1)
    if total != 1:
        raise CaseError("not found")
    return rows[0]


def _reread(who: Asked, identity: str) -> Message:
    from netaudit.pipeline.rereading import reread

    return reread(who.book.case, identity, who.request.app.state.shelf.captures)


def _beside(who: Asked, row: Row) -> tuple[str, str]:
    """Ids of the messages before and after it in its connection; empty at the ends."""
    read = who.book.tables.columns("messages", ["message_id", "flow_id", "first_ts", "first_frame"])
    mine = read.filter(pc.equal(read["flow_id"], row["flow_id"]))
    ids = mine.sort_by([("first_ts", "ascending"), ("first_frame", "ascending")])["message_id"].to_pylist()
    at = ids.index(row["message_id"])
    return ids[at - 1] if at else "", ids[at + 1] if at + 1 < len(ids) else ""


def _first_line(found: Message) -> str:
    if found.status:
        return f"{found.protocol} {found.status}"
    target = visible(mask_path(found.path), 400)
    return " ".join(part for part in (found.method, target, f"({found.protocol})") if part)


def _headers(found: Message) -> list[tuple[str, str]]:
    return [(visible(mask_words(name), 60), _header(name, value)) for name, value in found.headers[:100]]


def _header(name: str, value: str) -> str:
    if SECRET.search(name):
        return "···"
    if name == "host":
        return visible(mask_host(value), WIDEST)
    if name == "content-type":  # a boundary may be anything
        return visible(mask_words(value.partition(";")[0]), WIDEST)
    return visible((mask_words if name in PLAIN else mask_name)(value), WIDEST)


def _tree(found: Message, who: Asked) -> dict[str, Any]:
    """Nodes in order, each with how deep it stands; pictures by their hash."""
    from netaudit.rule_writing.document_examples import tree_of

    tree = tree_of(found)
    objects = who.book.tables.columns("objects", ["object_id", "sha256", "message_id"])
    mine = objects.filter(pc.equal(objects["message_id"], found.message_id.hex()))
    known = dict(zip(mine["object_id"].to_pylist(), mine["sha256"].to_pylist(), strict=True))
    lines: list[dict[str, Any]] = []
    stack = [(node, 0) for node in reversed(tree.root.children)]
    if tree.root.images:
        lines.append(_line(tree.root, 0, known, who))
    while stack and len(lines) < MOST_NODES:
        node, depth = stack.pop()
        lines.append(_line(node, depth, known, who))
        stack += [(child, depth + 1) for child in reversed(node.children)]
    return {"lines": lines, "more": max(0, tree.nodes - 1 - len(lines))}


def _line(node: Node, depth: int, known: dict[str, str], who: Asked) -> dict[str, Any]:
    text = node.value or ""
    return {
        "depth": min(depth, 12),
        "key": visible(mask_words(node.raw), 80),
        "value": value_shown(node.key, text, who.lang),
        "images": [known[one.object_id] for one in node.images if known.get(one.object_id)],
    }


def value_shown(key: str, text: str, lang: str) -> str:
    """A value of a document, masked by its key; of a long one how long it is."""
    if text.startswith("\0"):
        return say("value_long", lang)
    if len(text) > WIDEST * 4:
        return say("value_longer", lang, n=len(text))
    kind = KINDS.get(key)
    if kind and text:
        return visible(masked(Personal(kind, "", "", text, "named")), WIDEST)
    return visible(mask_name(text), WIDEST)


def _hex(found: Message) -> list[tuple[str, str, str]]:
    """Lines of sixteen bytes: offset, bytes, text; what masking hides, and pictures, as dots."""
    body = found.body[:MOST_BYTES]
    hidden = bytearray(len(body))
    for low, high in _pictures(found):
        hidden[low:high] = b"\1" * (min(high, len(body)) - min(low, len(body)))
    for text in _PRINTABLE.finditer(body):
        if _names(text[0]):
            hidden[text.start() : text.end()] = b"\1" * (text.end() - text.start())
    lines = []
    for at in range(0, len(body), 16):
        row = range(at, min(at + 16, len(body)))
        shown = " ".join("··" if hidden[place] else f"{body[place]:02x}" for place in row)
        plain = "".join("·" if hidden[place] or not 0x20 <= body[place] < 0x7F else chr(body[place]) for place in row)
        lines.append((f"{at:06x}", shown, plain))
    return lines


def _pictures(found: Message) -> list[tuple[int, int]]:
    """Where pictures lie in the body, coded or not."""
    from netaudit.unwrapping.from_messages import leaves
    from netaudit.unwrapping.sniff import IMAGE_KINDS

    return [leaf.part.body_range for leaf in leaves(found) if leaf.kind in IMAGE_KINDS and leaf.part.body_range]


def _names(run: bytes) -> bool:
    """Whether a run of printable bytes may name somebody, or hold a number: masking changes it, or it is no ASCII."""
    plain = run.replace(b"\0", b"")
    if not plain.isascii() or sum(48 <= byte < 58 for byte in plain) > 5:
        return True
    text = plain.decode("ascii")
    return mask_name(text) != text


def _end(row: Row, side: str, who: Asked) -> str:
    return f"{who.w.exact(row[f'{side}_ip'], 60)}:{row[f'{side}_port']}"


def _step(found: Message, parts: list[Any], number: int, who: Asked) -> dict[str, Any]:
    return {
        "number": number + 1,
        "id": found.message_id.hex(),
        "up": found.direction == 0,
        "line": _first_line(found),
        "size": who.w.size(found.body_size or len(found.body)),
        "whole": found.complete,
        "parts": [f"{part.kind} {who.w.short(part.size)}" for part in parts[:6]],
    }


def _merged(steps: list[tuple[int, int, dict[str, Any]]], gaps: list[tuple[int, int, dict[str, Any]]]) -> list[Row]:
    """Messages in their order, each gap before the first message of its direction that begins behind it."""
    out: list[Row] = []
    left = sorted(gaps, key=lambda gap: gap[:2])
    for direction, start, step in steps:
        before = [gap for gap in left if gap[0] == direction and gap[1] <= start]
        left = [gap for gap in left if gap not in before]
        out += [{**gap[2], "up": gap[0] == 0} for gap in before]
        out.append(step)
    return out + [{**gap[2], "up": gap[0] == 0} for gap in left]
