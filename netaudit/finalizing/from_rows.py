"""The door from the tables: what only the whole audit can put together, files that came in parts.

Requests that were asked for credentials and sent again (RFC 9110, 15.5.2 and 15.5.8): what they say counts once.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.contracts.unwrapping_steps import Way
from netaudit.finalizing.joined_pieces import join_pieces
from netaudit.finalizing.stored import Joined, Load, StoredPart, open_joined
from netaudit.rows.segments import LISTED
from netaudit.rows.uploads import BLOCK, CHUNK, END, NEXT, PART, PIECE, RANGE, REPLY, SENT, TEXT
from netaudit.text.charset import STANDARD
from netaudit.unwrapping.budget import Patience
from netaudit.unwrapping.part import Part

__all__ = ["Joined", "Load", "Patience", "StoredPart", "join_upload"]

MOST_BYTES = 256 << 20  # of one upload; more is left in parts
MOST_PARTS = 1 << 16  # of one upload that are looked at: those that were sent first
_REUSE = 4  # times that the bytes of blocks may go into objects: one block may be cited by several


def join_upload(rows: Iterable[StoredPart], load: Load, patience: Patience | None = None) -> Iterator[Joined]:
    """Objects in one upload, whole where every part from the beginning on is there and whole.

    `rows`: its parts in the order in which they were sent. `load` gives the bytes of a stored part by SHA-256. A part
    that was sent twice counts as it was sent last. Whether a last part is missing cannot be told from numbered and
    appended parts: the object's own end tells, where its format has one. Qiniu declares the size of the whole.
    `patience` is that of all uploads together.
    """
    patience = patience or Patience()
    parts = list(islice(rows, MOST_PARTS))
    if any(row.role in (RANGE, SENT, PIECE) for row in parts):
        yield from join_pieces(parts, load, MOST_BYTES, patience)
    elif any(row.role == TEXT for row in parts):
        yield from _chunks(*_plain(parts, load), patience)
    elif any(row.role == CHUNK for row in parts):
        yield from _chunks(parts, load, patience)
    elif parts[0].role != PART:
        yield from _blocks(parts, load, patience)
    elif parts[0].offset >= 0:
        yield from _appends(parts, load, patience)
    else:
        by_number = {row.number: row for row in parts}
        yield from _numbered([by_number[number] for number in sorted(by_number)], load, patience)


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


def _chunks(rows: list[StoredPart], load: Load, patience: Patience) -> Iterator[Joined]:
    """Uploads in chunks under one name: what comes again with other content begins another one.

    Chunks are numbered from 0 or 1, or have offsets; one that says neither goes behind what was sent before.
    """
    blocks = {row.links[0]: row for row in rows if row.role == CHUNK and row.links}
    listed = [row for row in rows if row.role == END and row.links]
    for end in listed:  # the list of Azure or Swift says which, and in what order
        cited = [blocks[link] for link in end.links if link in blocks]
        whole = len(cited) == len(end.links)
        in_order = [replace(row, number=n, complete=row.complete and whole) for n, row in enumerate(cited, 1)]
        for joined in _numbered(in_order, load, patience):
            joined.shreds, joined.deep = [row.message_id for row in cited], True
            yield joined
    used = {link for end in listed for link in end.links}
    rows = [row for row in rows if row.role == CHUNK and row.number != LISTED and used.isdisjoint(row.links)]
    if not rows:
        return
    uploads: list[dict[int, StoredPart]] = [{}]
    by_offset = rows[0].offset >= 0
    furthest: StoredPart | None = None  # of the upload that is looked at
    last = _last_loaded(load)
    for row in rows:
        placed = row if row.offset != NEXT else replace(row, offset=_next(furthest, row, load, last))
        place = placed.offset if by_offset else placed.number
        same = uploads[-1].get(place)
        if same is not None and same.complete and not placed.complete and _goes_on(placed, same, load, last):
            continue  # it came again, and broke off
        if same is not None and same.complete and same.sha256 != placed.sha256:
            uploads.append({})
            furthest = None
        uploads[-1][place] = placed
        if furthest is None or placed.offset >= furthest.offset:
            furthest = placed
    for count, of in enumerate(uploads):
        chosen = [of[place] for place in sorted(of)]
        if by_offset:
            way = Way.of("upload chunks")
            root = Part(b"", way.numbered(count + 1) if count else way, name=chosen[-1].name)
            found = _by_offset(f"{rows[0].message_id}\0{count}", root, chosen, load, patience)
        else:
            found = _numbered(_counted(chosen), load, patience)
        for joined in found:
            joined.shreds, joined.deep = [row.message_id for row in chosen], True
            yield joined


def _next(before: StoredPart | None, row: StoredPart, load: Load, last: Load) -> int:
    """Where a chunk goes that says no place: behind the one before, or in its place where that one broke off."""
    if before is None:
        return 0
    again = not before.complete and _goes_on(before, row, load, last)
    return before.offset if again else before.offset + before.size


def _goes_on(part: StoredPart, whole: StoredPart, load: Load, last: Load) -> bool:
    """Whether a part that broke off is how another one begins; `last` holds on to that one, asked of many."""
    begin = load(part.sha256) if part.size <= whole.size else None
    rest = last(whole.sha256) if begin is not None else None
    return begin is not None and rest is not None and rest.startswith(begin)


def _last_loaded(load: Load) -> Load:
    """The same, which holds on to the one piece that was asked for last."""
    held: tuple[str, bytes | None] = ("", None)

    def get(digest: str) -> bytes | None:
        nonlocal held
        if held[0] != digest:
            held = digest, load(digest)
        return held[1]

    return get


def _counted(chosen: list[StoredPart]) -> list[StoredPart]:
    """Chunks that are named by their offsets, numbered from 0; others as they are."""
    at = 0
    for row in chosen:
        if row.number != at:
            return chosen
        at += row.size
    return [replace(row, number=place) for place, row in enumerate(chosen)]


def _numbered(chosen: list[StoredPart], load: Load, patience: Patience) -> Iterator[Joined]:
    if not chosen or sum(part.size for part in chosen) > MOST_BYTES:
        return
    data = bytearray()
    unknown: int | None = None
    for place, part in enumerate(chosen, min(1, chosen[0].number)):  # some count from 0
        piece = load(part.sha256)
        if unknown is None and (part.number != place or not part.complete or piece is None):
            unknown = len(data)
        data += piece or b""
    numbers = f"{chosen[0].number}-{chosen[-1].number}" if len(chosen) > 1 else str(chosen[0].number)
    root = Part(bytes(data), Way.of("upload parts", numbers), name=chosen[-1].name, unknown_from=unknown)
    yield from open_joined(chosen[0].message_id, root, chosen, patience)


def _appends(rows: list[StoredPart], load: Load, patience: Patience) -> Iterator[Joined]:
    """Each object that was begun under the key: what is appended at 0 with other content begins a new one."""
    objects: list[dict[int, StoredPart]] = [{}]
    for row in rows:
        first = objects[-1].get(row.offset) if row.offset == 0 else None
        if first is not None and first.complete and first.sha256 != row.sha256:
            objects.append({})
        objects[-1][row.offset] = row
    for count, by_offset in enumerate(objects):
        chosen = [by_offset[offset] for offset in sorted(by_offset)]
        way = Way.of("upload append")
        root = Part(b"", way.numbered(count + 1) if count else way, name=chosen[-1].name)
        yield from _by_offset(f"{rows[0].message_id}\0{count}", root, chosen, load, patience)


def _by_offset(identity: str, root: Part, chosen: list[StoredPart], load: Load, patience: Patience) -> Iterator[Joined]:
    """Parts one behind the other; nothing is known from a hole on (what is behind may be of another object)."""
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
    declared, root.unknown_from = root.unknown_from, unknown
    if unknown is None and declared is not None and declared != len(data):
        root.unknown_from = min(declared, len(data))
    yield from open_joined(identity, root, chosen, patience)


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


def _blocks(rows: list[StoredPart], load: Load, patience: Patience) -> Iterator[Joined]:
    """Objects of Qiniu's blocks: from the contexts that end an upload back to the requests that were answered by them.

    Blocks that no captured request made an object of are objects of their own; so nothing that was sent is passed over.
    """
    requests = {row.object_id: row for row in rows if row.role == BLOCK}
    answered = {
        row.links[0]: requests[row.object_id]
        for row in rows
        if row.role == REPLY and row.links and row.object_id in requests
    }
    room = _REUSE * sum(part.size for part in requests.values())
    used: set[str] = set()
    for end in (row for row in rows if row.role == END):
        chosen, known = _cited(end, answered)
        size = sum(part.size for part in chosen)
        if not chosen or size > min(room, MOST_BYTES):
            continue
        room -= size
        used |= {part.object_id for part in chosen}
        root = Part(b"", Way.of("upload blocks"), name=end.name, unknown_from=end.size if known else 0)
        yield from _by_offset(end.message_id, root, chosen, load, patience)
    for chosen in _left(requests, answered, used):
        root = Part(b"", Way.of("upload block"), name=chosen[-1].name)
        yield from _by_offset(chosen[-1].message_id, root, chosen, load, patience)


def _cited(end: StoredPart, answered: dict[str, StoredPart]) -> tuple[list[StoredPart], bool]:
    """The pieces of the blocks that make the object, at their offsets in it, and whether all blocks are known."""
    placed: list[StoredPart] = []
    seen: set[str] = set()
    known = end.complete
    at = 0
    for link in end.links:
        block = _chain(link, answered, seen)
        if not block:
            return placed, False
        known &= not block[0].links  # a block begins with mkblk, which cites nothing
        placed += [replace(part, offset=at + part.offset) for part in block]
        at = placed[-1].offset + placed[-1].size
    return placed, known


def _left(
    requests: dict[str, StoredPart], answered: dict[str, StoredPart], used: set[str]
) -> Iterator[list[StoredPart]]:
    """Blocks that were not made an object, as far as they go; pieces without an answer stand alone."""
    continued = {part.links[0] for part in requests.values() if part.links}
    seen: set[str] = set()
    for link, last in answered.items():
        if last.object_id not in used and link not in continued:
            chain = _chain(link, answered, seen)
            used |= {part.object_id for part in chain}
            if chain:
                yield chain
    for part in requests.values():
        if part.object_id not in used:
            yield [*_chain(part.links[0], answered, seen), part] if part.links else [part]


def _chain(link: str, answered: dict[str, StoredPart], seen: set[str]) -> list[StoredPart]:
    """The requests of one block in order, back from its last context; a context in `seen` ends it."""
    chain: list[StoredPart] = []
    while link not in seen and (part := answered.get(link)) is not None:
        seen.add(link)
        chain.append(part)
        if not part.links:
            break
        link = part.links[0]
    return chain[::-1]


CHALLENGES = (401, 407)
SOON = 30 * 1_000_000_000  # ns in which the request comes again


def without_challenged(events: pa.Table, messages: pa.Table, flows: pa.Table) -> pa.Table:
    """Events but those of a request that was challenged and came again, from the same client to the same server."""
    if not events.num_rows:
        return events
    refused = messages.filter(pc.is_in(messages["status"], pa.array(CHALLENGES, messages["status"].type)))
    asked = set(refused["request_id"].to_pylist()) - {""}
    mine = pc.is_in(events["message_id"], value_set=pa.array(sorted(asked), pa.string()))
    if not pc.any(mine).as_py():
        return events
    ways = _ways(events["message_id"], messages, flows)
    rows = list(
        zip(
            events["message_id"].to_pylist(), events["document"].to_pylist(),
            events["first_ts"].cast(pa.int64()).to_pylist(), strict=True,
        )
    )  # fmt: skip
    later: dict[tuple[object, str], list[int]] = {}
    for message_id, document, ts in rows:
        if message_id not in asked:
            later.setdefault((ways.get(message_id), document), []).append(ts or 0)
    keep = [
        message_id not in asked
        or not any(0 <= at - (ts or 0) <= SOON for at in later.get((ways.get(message_id), document), ()))
        for message_id, document, ts in rows
    ]
    return events.filter(pa.array(keep))


def _ways(wanted: pa.ChunkedArray, messages: pa.Table, flows: pa.Table) -> dict[str, tuple[str, str]]:
    chosen = messages.filter(pc.is_in(messages["message_id"], value_set=pc.unique(wanted)))
    flow_of = dict(zip(chosen["message_id"].to_pylist(), chosen["flow_id"].to_pylist(), strict=True))
    ids = pa.array(sorted(set(flow_of.values())), pa.string())
    some = flows.filter(pc.is_in(flows["flow_id"], ids)).select(["flow_id", "client_ip", "server_ip"])
    ends = {row["flow_id"]: (row["client_ip"], row["server_ip"]) for row in some.to_pylist()}
    return {message: ends[flow] for message, flow in flow_of.items() if flow in ends}
