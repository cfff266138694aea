"""Files that were sent part by part, put together: which part comes when, and whole only without one missing.

Parts have numbers, or offsets, or names that a list puts in order; one that says nothing goes behind the one before.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from netaudit.content.budget import Patience
from netaudit.content.part import Part
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.core.text.charset import STANDARD
from netaudit.tables.finalizing.joined_pieces import join_pieces
from netaudit.tables.finalizing.stored import Joined, Load, StoredPart, open_joined
from netaudit.tables.pieces import BLOCK, CHUNK, END, LISTED, NEXT, PART, PIECE, RANGE, REPLY, SENT, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_BYTES = 256 << 20  # of one upload; more is left in parts
MOST_PARTS = 1 << 16  # of one upload that are looked at: those that were sent first
MOST_AGAIN = 8  # contents under one number or at one position that are made objects, the last ones
_REUSE = 16  # times that the bytes of blocks may go into objects: one block may be cited by several


def join_upload(rows: Iterable[StoredPart], load: Load, patience: Patience | None = None) -> Iterator[Joined]:
    """Objects in one upload, whole where every part from the beginning on is there and whole.

    `rows`: its parts in the order in which they were sent. `load` gives the bytes of a stored part by SHA-256. Whether
    a last part is missing cannot be told from numbered and appended parts: the object's own end tells, where its
    format has one. Qiniu declares the size of the whole. `patience` is that of all uploads together.
    """
    patience = patience or Patience()
    parts = list(islice(rows, MOST_PARTS))
    if any(row.role in (RANGE, SENT, PIECE) for row in parts):
        yield from join_pieces(parts, load, MOST_BYTES, patience)
        return
    if any(row.role == TEXT for row in parts):
        parts, load = _plain(parts, load)
    cited: set[str] = set()  # by lists of which an object was made
    yield from _listed(parts, load, patience, cited)
    for role, contents in ((PART, _last_sent), (CHUNK, _contents)):
        left = [row for row in parts if row.role == role and row.number != LISTED and cited.isdisjoint(row.links)]
        by_offset = bool(left) and left[0].offset >= 0
        for count, chosen in enumerate(contents(left, load, by_offset=by_offset)):
            of, way, placed = _at_offsets(left, chosen, count) if by_offset else _in_order(chosen)
            way = way.numbered(count + 1) if count and (by_offset or role == PART) else way
            yield from _opened(of, Part(b"", way, name=chosen[-1].name), placed, load, patience)


def _at_offsets(left: list[StoredPart], chosen: list[StoredPart], count: int) -> tuple[str, Way, list[StoredPart]]:
    """What names an object of parts with offsets, its way, and these."""
    way = Way.of("upload append" if chosen[0].role == PART else "upload chunks")
    return f"{left[0].message_id}\0{count}", way, chosen


def _in_order(chosen: list[StoredPart]) -> tuple[str, Way, list[StoredPart]]:
    """The same of numbered parts, which get their offsets."""
    counted = _counted(chosen)
    first, last = counted[0], counted[-1]
    numbers = f"{first.number}-{last.number}" if len(counted) > 1 else str(first.number)
    return first.message_id, Way.of("upload parts", numbers), _behind_each_other(counted)


def _plain(rows: list[StoredPart], load: Load) -> tuple[list[StoredPart], Load]:
    """Chunks as base64: each by itself, or, where one cannot be read alone, pieces of the text of the whole."""
    rows = [replace(row, role=CHUNK) if row.role == TEXT else row for row in rows]
    if sum(row.size for row in rows) > MOST_BYTES:
        return rows, load

    def plain(digest: str) -> bytes | None:  # decoded when it is asked for: all of them would be held twice
        text = load(digest)
        return None if text is None else base64.b64decode(text.translate(STANDARD), validate=True)

    sizes: dict[str, int] = {}
    for digest in {row.sha256 for row in rows if row.role == CHUNK}:
        try:
            sizes[digest] = len(plain(digest) or b"")
        except binascii.Error:
            return rows, load
    return [replace(row, size=sizes.get(row.sha256, 0)) for row in rows], plain


def _contents(rows: list[StoredPart], load: Load, *, by_offset: bool) -> Iterator[list[StoredPart]]:
    """Parts of each object that was sent under one name, in order: what comes again otherwise begins another one."""
    last, content = lru_cache(maxsize=1)(load), dict[int, StoredPart]()
    furthest: StoredPart | None = None
    for sent in rows:
        row = sent if sent.offset != NEXT else replace(sent, offset=_next(furthest, sent, load, last))
        place = row.offset if by_offset else row.number
        same = content.get(place)
        if same is not None and same.complete and not row.complete and _goes_on(row, same, load, last):
            continue  # it came again, and broke off
        if same is not None and same.complete and same.sha256 != row.sha256:
            yield [content[place] for place in sorted(content)]
            content, furthest = {}, None
        content[place] = row
        if furthest is None or row.offset >= furthest.offset:
            furthest = row
    if content:
        yield [content[place] for place in sorted(content)]


def _last_sent(rows: list[StoredPart], load: Load, *, by_offset: bool) -> Iterator[list[StoredPart]]:
    """Parts of each object of a store, in order: of a part that comes again the last counts, as for the store.

    What it had said before is told behind it. An append at 0 with other content begins another object.
    """
    last, sent = lru_cache(maxsize=1)(load), dict[int, list[StoredPart]]()
    for row in rows:
        place = row.offset if by_offset else row.number
        before = sent[place][-1] if place in sent else None
        if before is not None and before.complete:
            if not row.complete and _goes_on(row, before, load, last):
                continue  # it came again, and broke off
            if by_offset and place == 0 and before.sha256 != row.sha256:
                yield from _versions(sent)
                sent = {}
        sent.setdefault(place, []).append(row)
    yield from _versions(sent)


def _versions(sent: dict[int, list[StoredPart]]) -> Iterator[list[StoredPart]]:
    """What was sent last of each part, then what was sent before, as far as it was whole."""
    told = []
    for place in sorted(sent):
        whole = {row.sha256: row for row in reversed(sent[place]) if row.complete}
        told.append([*whole.values()] or sent[place][-1:])
    for count in range(min(max(map(len, told), default=0), MOST_AGAIN)):
        yield [those[min(count, len(those) - 1)] for those in told]


def _next(before: StoredPart | None, row: StoredPart, load: Load, last: Load) -> int:
    """Where a part goes that says no place: behind the one before, or in its place where that one broke off."""
    if before is None:
        return 0
    again = not before.complete and _goes_on(before, row, load, last)
    return before.offset if again else before.offset + before.size


def _goes_on(part: StoredPart, whole: StoredPart, load: Load, last: Load) -> bool:
    """Whether a part that broke off is how another one begins; `last` holds on to that one, asked of many."""
    begin = load(part.sha256) if part.size <= whole.size else None
    rest = last(whole.sha256) if begin is not None else None
    return begin is not None and rest is not None and rest.startswith(begin)


def _counted(chosen: list[StoredPart]) -> list[StoredPart]:
    """Chunks whose numbers are their offsets, numbered from 0; others as they are."""
    at = 0
    for row in chosen:
        if row.number != at:
            return chosen
        at += row.size
    return [replace(row, number=place) for place, row in enumerate(chosen)]


def _behind_each_other(chosen: list[StoredPart]) -> list[StoredPart]:
    """Numbered parts at their offsets; what is behind one that is missing or not whole, behind a hole."""
    at, hole, placed = 0, False, list[StoredPart]()
    for place, row in enumerate(chosen, min(1, chosen[0].number)):  # some count from 0
        hole = hole or row.number != place
        placed.append(replace(row, offset=at + hole, complete=row.complete and not hole))
        hole = hole or not row.complete
        at += row.size
    return placed


def _opened(of: str, root: Part, chosen: list[StoredPart], load: Load, patience: Patience) -> Iterator[Joined]:
    """Parts at their offsets; nothing is known from a hole on (what is behind may be of another object)."""
    if sum(part.size for part in chosen) > MOST_BYTES:
        return
    data = bytearray()
    unknown: int | None = None
    for part in chosen:
        piece = load(part.sha256)
        if part.role == CHUNK and part.offset <= (len(data) if unknown is None else unknown):
            unknown = _overlay(data, unknown, part, piece)
            continue
        if unknown is None and (part.offset != len(data) or not part.complete or piece is None):
            unknown = min(part.offset, len(data))
        data += piece or b""
    root.data = bytes(data)
    ends = [one for one in (unknown, root.unknown_from) if one is not None and one != len(data)]
    root.unknown_from = min([*ends, len(data)]) if ends or unknown is not None else None
    for joined in open_joined(of, root, chosen, patience):
        if chosen[0].role == CHUNK:
            joined.shreds, joined.deep = [row.message_id for row in chosen], True
        yield joined


def _overlay(data: bytearray, unknown: int | None, part: StoredPart, piece: bytes | None) -> int | None:
    """Put a chunk over what is known before its end, or go on with it; gives from where on nothing is known.

    What is known behind it stays. Where it says something else than what was there, they are not of one object.
    """
    known = len(data) if unknown is None else unknown
    whole = part.complete and piece is not None
    piece = piece or b""
    end = part.offset + len(piece)
    over = min(end, known) - part.offset
    differs = data[part.offset : part.offset + over] != piece[:over]
    if end >= known:
        del data[known:]  # what stood there is of nobody knows where
        unknown = None if whole else end
    elif not whole:
        unknown = known
    data[part.offset : end] = piece
    return part.offset if differs else unknown


def _listed(rows: list[StoredPart], load: Load, patience: Patience, cited: set[str]) -> Iterator[Joined]:
    """Objects that lists make of blocks, which have names of their own (Azure, Swift) or those of answers (Qiniu).

    The names that they cite go into `cited`; the last list comes first, where there is not room for all.
    Qiniu's that no captured list made an object of are objects of their own; so nothing that was sent is passed over.
    """
    blocks = {row.object_id: row for row in rows if row.role == BLOCK}
    named = {row.links[0]: row for row in rows if row.role == CHUNK and row.links}
    room = _REUSE * sum(row.size for row in (*blocks.values(), *named.values()))
    replies = [row for row in rows if row.role == REPLY and row.links and row.object_id in blocks]
    named |= {row.links[0]: blocks[row.object_id] for row in replies}
    used: set[str] = set()
    for end in (row for row in reversed(rows) if row.role == END):
        chosen, known = _cited(end, named)
        size = sum(part.size for part in chosen)
        if not chosen or size > min(room, MOST_BYTES):
            continue
        room -= size
        cited.update(end.links)
        used |= {part.object_id for part in chosen}
        declared = end.size if end.size >= 0 else None
        root = Part(b"", Way.of("upload blocks"), name=end.name, unknown_from=declared if known else 0)
        yield from _opened(end.message_id, root, chosen, load, patience)
    for chosen in _left(blocks, named, used):
        root = Part(b"", Way.of("upload block"), name=chosen[-1].name)
        yield from _opened(chosen[-1].message_id, root, chosen, load, patience)


def _cited(end: StoredPart, named: dict[str, StoredPart]) -> tuple[list[StoredPart], bool]:
    """The pieces of the blocks that make the object, at their offsets in it, and whether all blocks are known."""
    placed: list[StoredPart] = []
    seen: set[str] = set()
    known, at, hole = end.complete, 0, False
    for link in end.links:
        block = _chain(link, named, seen)
        known = known and bool(block) and not (block[0].role == BLOCK and block[0].links)  # which cites what is gone
        placed += [replace(part, offset=at + hole + max(part.offset, 0)) for part in block]
        at += block[-1].size + max(block[-1].offset, 0) if block else 0
        hole = hole or not all(part.complete for part in block)
    return placed, known


def _left(blocks: dict[str, StoredPart], named: dict[str, StoredPart], used: set[str]) -> Iterator[list[StoredPart]]:
    """Qiniu's blocks that were not made an object, as far as they go; pieces without an answer stand alone."""
    continued = {part.links[0] for part in blocks.values() if part.links}
    seen: set[str] = set()
    for link, last in named.items():
        if last.role == BLOCK and last.object_id not in used and link not in continued:
            chain = _chain(link, named, seen)
            used |= {part.object_id for part in chain}
            if chain:
                yield chain
    for part in blocks.values():
        if part.object_id not in used:
            yield [*_chain(part.links[0], named, seen), part] if part.links else [part]


def _chain(link: str, named: dict[str, StoredPart], seen: set[str]) -> list[StoredPart]:
    """The requests of one block in order, back from its last name; Qiniu's cite what they go on with, each once."""
    chain: list[StoredPart] = []
    while link not in seen and (part := named.get(link)) is not None:
        chain.append(part)
        if part.role == BLOCK:
            seen.add(link)
        if part.role != BLOCK or not part.links:
            break
        link = part.links[0]
    return chain[::-1]
