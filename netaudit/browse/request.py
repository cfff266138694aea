"""A message as it was sent: its head, its body as a tree or as bytes, and the conversation it stands in; masked.

A case keeps no bodies: the packets of the flow are taken out of their capture and read once more. Nothing of a value
is shown that may name somebody: values under known keys are masked as in the tables, of all others is told what they
are and how long; keys are masked as freely chosen names are. Of bytes only marks and known keys of documents are shown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from netaudit.browse.page import asked, show
from netaudit.browse.texts import say
from netaudit.core.masking.mask import mask_host, mask_name, mask_words, visible
from netaudit.errors import CaseError
from netaudit.events.identity.from_unwrapping import KINDS, Personal, masked
from netaudit.events.rules.nodes import plain
from netaudit.events.rules.statements import words
from netaudit.tables.shown_messages import first_line, is_known, key_shown

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from netaudit.browse.page import Asked
    from netaudit.events.rules.nodes import Node
    from netaudit.protocols.message import Message

Row = dict[str, Any]
MOST_NODES = 800  # of a tree on a page
MOST_BYTES = 4096  # of a body as bytes
MOST_MESSAGES = 200  # of a conversation, as it is traced
WIDEST = 200  # characters of a value
PROGRAMS = frozenset({"user-agent", "server"})  # headers in which programs name themselves
_PROTOCOL = re.compile(  # values of headers that are words of the protocol, whatever the header (RFC 9110, 9111)
    r"(?:(?:(?:application|audio|font|image|multipart|text|video|\*)/(?:\*|json|xml|x?html(?:\+xml)?|plain|javascript|css"
    r"|octet-stream|x-www-form-urlencoded|form-data|mixed|related|jpe?g|png|gif|bmp|webp|avif|heic|mp4|zip|soap\+xml)"
    r"|no-(?:cache|store|transform)|must-revalidate|public|private|(?:s-)?max(?:-age)?|timeout|keep-alive|close|upgrade"
    r"|websocket|h2c|100-continue|chunked|gzip|deflate|br|zstd|compress|identity|trailers|bytes|utf-8|charset|q|0\.\d{1,3}"
    r"|\*|\d{1,4})(?:[,;= ]+|\Z))+",
    re.ASCII | re.IGNORECASE,
)
_GRAMMAR = {  # of headers whose values have one
    "content-length": re.compile(r"\d{1,15}", re.ASCII),
    "age": re.compile(r"\d{1,10}", re.ASCII),
    "range": re.compile(r"bytes=[\d, -]{1,80}", re.ASCII),
    "content-range": re.compile(r"bytes [\d*]{1,15}(?:-\d{1,15})?/[\d*]{1,15}", re.ASCII),
    "date": re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", re.ASCII),
} | dict.fromkeys((
    "content-encoding", "transfer-encoding", "connection", "accept", "accept-encoding", "cache-control", "expect",
    "upgrade", "keep-alive", "pragma",
), _PROTOCOL)  # fmt: skip
SECRET = re.compile(r"auth|cookie|token|secret|passw|signature|session|api-?key|credential", re.IGNORECASE)
READ = frozenset({"json", "xml", "form"})  # documents in bytes of which marks and keys are told from values
_NUMBER = re.compile(r"-?[\d.,+eE-]*\d[\d.,+eE-]*", re.ASCII)
_WORD = re.compile(rb"[0-9A-Za-z_]+|[\x80-\xff].?", re.DOTALL)


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
        line=first_line(found, 400), headers=_headers(found, who.lang), size=who.w.size(len(found.body)),
        whole=found.complete, missing=[f"{low:,}–{high:,}" for low, high in found.missing[:8]],
        tree=_tree(found, who) if view == "tree" else None,
        lines=_hex(found) if view == "hex" else [], more=max(0, len(found.body) - MOST_BYTES),
    )  # fmt: skip


def follow(request: Request) -> Response:
    """Both sides of a connection in order; what was never captured stands where it is missing."""
    from netaudit.pipeline.tracing import trace

    who = asked(request)
    row = _row(who, "flows", "flow_id", request.path_params["flow"])
    traced = trace(who.book.case, row["flow_id"], who.request.app.state.shelf.captures)
    steps: list[tuple[int, int, dict[str, Any]]] = []
    for number, read in enumerate(traced.messages):
        steps.append((read.message.direction, read.message.start, _step(read.message, read.found, number, who)))
    gaps = [(run.direction, run.offset, {"gap": who.w.number(run.length)}) for run in traced.gaps]
    untold = [(one, who.w.number(traced.untold[one])) for one in sorted(traced.untold)]
    return show(
        who, "follow.html.j2", say("follow_title", who.lang, a=_end(row, "client", who), b=_end(row, "server", who)),
        here="tables", row=row["row"], steps=_merged(steps, gaps), more=traced.more_messages, untold=untold,
        read=traced.asked[-1:], ends=(_end(row, "client", who), _end(row, "server", who)),
        unread=[who.w.number(row[f"unread_{way}"]) for way in ("up", "down")],
    )  # fmt: skip


def titled(row: Row, who: Asked) -> str:
    """A message in a line: what is asked, of whom; an answer by its status."""
    w = who.w
    what = " ".join(part for part in (w.text(row["method"] or "", 64), w.text(row["path"], 80)) if part)
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
    from netaudit.pipeline.tracing import reread

    return reread(who.book.case, identity, who.request.app.state.shelf.captures)


def _beside(who: Asked, row: Row) -> tuple[str, str]:
    """Ids of the messages before and after it in its connection; empty at the ends."""
    read = who.book.tables.columns("messages", ["message_id", "flow_id", "first_ts", "first_frame"])
    mine = read.filter(pc.equal(read["flow_id"], row["flow_id"]))
    ids = mine.sort_by([("first_ts", "ascending"), ("first_frame", "ascending")])["message_id"].to_pylist()
    at = ids.index(row["message_id"])
    return ids[at - 1] if at else "", ids[at + 1] if at + 1 < len(ids) else ""


def _headers(found: Message, lang: str) -> list[tuple[str, str]]:
    return [(key_shown(name, 60), header_shown(name, value, lang)) for name, value in found.headers[:100]]


def header_shown(name: str, value: str, lang: str) -> str:
    """The value of a header (`name` in small letters): as it is where it can be nothing but words of the protocol."""
    if SECRET.search(name):
        return "···"
    if name == "host":
        return visible(mask_host(value), WIDEST)
    if name == "content-type":  # a boundary may be anything
        value = value.partition(";")[0]
        return visible(value if _PROTOCOL.fullmatch(value) else mask_name(mask_words(value)), WIDEST)
    if (grammar := _GRAMMAR.get(name)) and grammar.fullmatch(value):
        return visible(value, WIDEST)
    return visible(mask_name(mask_words(value)), WIDEST) if name in PROGRAMS else value_shown(plain(name), value, lang)


def _tree(found: Message, who: Asked) -> dict[str, Any]:
    """Nodes in order, each with how deep it stands; pictures by their hash."""
    from netaudit.evidence.rule_drafting.document_examples import tree_of

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
        "key": key_shown(node.raw, 80),
        "value": value_shown(node.key, text, who.lang),
        "images": [known[one.object_id] for one in node.images if known.get(one.object_id)],
    }


def value_shown(key: str, text: str, lang: str) -> str:
    """A value of a document, masked by its key; of a long one, and where the key is not known, how long it is."""
    if text.startswith("\0"):
        return say("value_long", lang)
    if len(text) > WIDEST * 4:
        return say("value_longer", lang, n=len(text))
    kind = KINDS.get(key)
    if kind and text:
        return visible(masked(Personal(kind, "", "", text, "named")), WIDEST)
    if not text or text in ("true", "false", "null"):
        return text
    if words().names.whole.get(key, "name") in ("name", "place"):
        return say("value_number" if _NUMBER.fullmatch(text) else "value_longer", lang, n=len(text))
    return visible(mask_name(mask_words(text)), WIDEST)


def _hex(found: Message) -> list[tuple[str, str, str]]:
    """Lines of sixteen bytes: offset, bytes, text; dots for all that is not known to be a mark or a key."""
    from netaudit.content.from_messages import leaves
    from netaudit.content.slices import one_to_one
    from netaudit.content.sniff import IMAGE_KINDS

    body = found.body[:MOST_BYTES]
    hidden = bytearray(b"\1" * len(body))
    pictures = []
    for leaf in leaves(found):
        if leaf.kind in IMAGE_KINDS and leaf.part.body_range:
            pictures.append(leaf.part.body_range)
        elif leaf.kind in READ and leaf.part.body_range and one_to_one(leaf.part):
            low, high = leaf.part.body_range
            hidden[low:high] = _values(body[low:high])
    for low, high in pictures:
        hidden[low:high] = b"\1" * len(hidden[low:high])
    lines = []
    for at in range(0, len(body), 16):
        row = range(at, min(at + 16, len(body)))
        shown = " ".join("··" if hidden[place] else f"{body[place]:02x}" for place in row)
        plain = "".join("·" if hidden[place] or not 0x20 <= body[place] < 0x7F else chr(body[place]) for place in row)
        lines.append((f"{at:06x}", shown, plain))
    return lines


def _values(text: bytes) -> bytes:
    """Of each byte of a document 1 where it may be of a value: of words only keys that are known are none."""
    if b"\0" in text:  # UTF-16, in which a mark may be half a character
        return b"\1" * len(text)
    hidden = bytearray(len(text))
    for word in _WORD.finditer(text):
        if not (word[0].isascii() and is_known(plain(word[0].decode("ascii")))):
            hidden[word.start() : word.end()] = b"\1" * len(word[0])
    return bytes(hidden)


def _end(row: Row, side: str, who: Asked) -> str:
    return f"{who.w.exact(row[f'{side}_ip'], 60)}:{row[f'{side}_port']}"


def _step(found: Message, parts: list[Any], number: int, who: Asked) -> dict[str, Any]:
    return {
        "number": number + 1,
        "id": found.message_id.hex(),
        "up": found.direction == 0,
        "line": first_line(found, 400),
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
