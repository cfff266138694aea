"""Unwrapping: a part is opened by the first codec that can, until images, documents and opaque bytes are left."""

from __future__ import annotations

import functools
import itertools
import string
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netaudit.content import carving
from netaudit.content.budget import Budget
from netaudit.content.codecs import (
    binary_to_text,
    bson,
    chunked,
    content_coding,
    form,
    framed_text,
    idcard,
    json,
    jwt,
    multipart,
    protobuf,
    socketio,
    store,
    video,
    xml,
)
from netaudit.content.codecs import zip as codecs_zip
from netaudit.content.image_residue import beside
from netaudit.content.kernels import image_marks
from netaudit.content.locked import is_locked
from netaudit.content.part import Leaf, Part
from netaudit.content.scraps import DIGEST, TEXT, scraps_of_body, scraps_of_rest
from netaudit.content.slices import one_to_one, outside, present, readable
from netaudit.content.sniff import IMAGE_KINDS, WLT, image, sniff
from netaudit.core.contracts.unwrapping_steps import LOCKED, Step
from netaudit.core.text.charset import is_utf8
from netaudit.core.text.json_text import LONG
from netaudit.core.text.obscure import LEAST, is_code, obscure

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from netaudit.core.contracts.ranges import Ranges

__all__ = ["CODECS", "Budget", "Codec", "candidates", "declares", "unwrap"]

_PACKED = (
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"\x28\xb5\x2f\xfd",
    b"\xfd7zXZ",
)  # archives and compressed data: codecs open them
_NEVER = sys.maxsize  # nothing but images
_STRUCTURED = sys.maxsize - 1  # images, documents and archives
_FEW = 64  # parts that are taken out of what stands around them
_OPENING, _TRIES = 64, 16  # bytes by which one of them is sought; places at which that may be in vain
_TRIFLE = 512  # decoded strings below this that are nothing known are tokens and digests, no objects
_PLAIN = frozenset({"opaque", "text", "form", "html", "empty"})


_SPACE = b" \t\r\n\x0b\x0c\x00"
_LETTERS = (string.ascii_letters + string.digits).encode()
_NOTHING = b""  # what has to be declared
_WHOLE = frozenset({"carved", "aws-chunked", "coding", "grpc", "protobuf"})  # what they leave is no part of anything
_ENVELOPES = frozenset({"multipart", "store form", "mail"})  # between whose parts only heads and boundaries stand
_AROUND = frozenset({"json", "xml", "form", "text", "carved", "framed"})  # what they open stands among other bytes
_SPELLED = frozenset({"hex", "base64"})  # which ordinary texts may be taken for
_READ = frozenset({"wlt", "empty"})  # kinds that are known without a look at the bytes
_ESCAPES = 10  # characters for one that is an escape more, where nothing tells how many there were
_JPEG = b"/9j/"
_DASHES, _PARTS = _SPACE + b"-", "multipart/"
_LONGEST_TYPE = 256  # characters of a content type that is remembered


@dataclass(frozen=True, slots=True)
class Codec:
    """One way of unwrapping."""

    name: str
    recognise: Callable[[Part], bool]  # cheap; may be wrong
    open: Callable[[Part, Budget], Iterator[Part]]  # yields nothing when it was wrong
    keeps: bool  # what is opened is an object too, besides what is in it (documents, archives)
    trifle: int = 0  # a child that nothing opens and that is opaque or mere text is an object from this size on
    # where nothing is missing and no coding is left, it recognises only what begins with one of these (None: all) …
    first: bytes | None = None
    declared: str = ""  # … or has a content type with this in it
    least: int = 0  # it recognises nothing that is shorter


# The order is the meaning: declared before recognised, structure before text, carving when all else has failed.
CODECS: tuple[Codec, ...] = (
    Codec("aws-chunked", chunked.is_chunked, chunked.open_chunked, keeps=False, first=_LETTERS),
    Codec("coding", content_coding.has_coding, content_coding.open_coding, keeps=False, first=_NOTHING),
    Codec("store form", store.is_store_form, store.open_store_form, keeps=False, first=_DASHES, declared=_PARTS),
    Codec("multipart", multipart.is_multipart, multipart.open_multipart, keeps=False, first=_DASHES, declared=_PARTS),
    Codec("mail", multipart.is_mail, multipart.open_mail, keeps=True, first=_NOTHING, declared="message/rfc822"),
    Codec("id card", idcard.is_card, idcard.open_card, keeps=True),
    Codec("zip", codecs_zip.is_zip, codecs_zip.open_zip, keeps=True, first=b"P"),
    Codec(
        "compressed",
        content_coding.is_compressed,
        content_coding.open_compressed,
        keeps=True,
        first=b"\x1f\x28\x78B\xfd]",
    ),
    Codec("grpc", protobuf.is_grpc, protobuf.open_grpc, keeps=False, first=_NOTHING, declared="/grpc"),
    Codec(
        "protobuf",
        protobuf.is_protobuf,
        protobuf.open_protobuf,
        keeps=True,
        trifle=_TRIFLE,
        first=_NOTHING,
        declared="protobuf",
    ),
    Codec("video", video.is_video, video.open_video, keeps=True, first=video.FIRST, declared="video/h26"),
    Codec("bson", bson.is_bson, bson.open_bson, keeps=True, trifle=_STRUCTURED, declared="application/bson"),
    Codec("utf-16", json.is_wide, json.open_wide, keeps=True, trifle=_NEVER, least=4),
    Codec(
        "json", json.is_json, json.open_json, keeps=True, trifle=_STRUCTURED, first=_SPACE + b"\xef{[(/)#$_" + _LETTERS
    ),
    Codec("socket.io", socketio.is_socketio, socketio.open_socketio, keeps=False, first=socketio.FIRST),
    Codec("jwt", jwt.is_jwt, jwt.open_jwt, keeps=False, first=_SPACE + b"e"),
    Codec("json text", json.is_quoted, json.open_quoted, keeps=False, first=_SPACE + b'"'),
    Codec("xml", xml.is_xml, xml.open_xml, keeps=True, trifle=_STRUCTURED, first=_SPACE + b"\xef<"),
    Codec(
        "data",
        binary_to_text.is_data_uri,
        binary_to_text.open_data_uri,
        keeps=True,
        trifle=_STRUCTURED,
        first=_SPACE + b"dD",
    ),
    Codec(
        "form",
        form.is_form,
        form.open_form,
        keeps=True,
        trifle=_STRUCTURED,
        first=_LETTERS + b"_.-[]%+*",
        declared="urlencoded",
    ),
    Codec("framed", framed_text.is_framed, framed_text.open_framed, keeps=True),
    Codec("hex", binary_to_text.is_hex, binary_to_text.open_hex, keeps=True, trifle=_TRIFLE, least=LONG),
    Codec("base64", binary_to_text.is_base64, binary_to_text.open_base64, keeps=True, trifle=_TRIFLE, least=LONG),
    Codec("url", binary_to_text.is_escaped, binary_to_text.open_escaped, keeps=True, trifle=_STRUCTURED, least=LONG),
    Codec("text", carving.is_encoded, carving.open_encoded, keeps=True, trifle=_NEVER, least=carving.SMALLEST),
    Codec("carved", carving.is_binary, carving.open_binary, keeps=True, least=carving.SMALLEST),
)


def candidates(part: Part) -> tuple[Codec, ...]:
    """The codecs that may recognise the part, in order: its first byte and what it is said to be rule most out."""
    if not part.data or part.encoding or part.missing:
        return CODECS
    kind = part.content_type.lower()
    if not kind and part.data.startswith(_JPEG):
        return _remembered_of_jpeg()
    return (_remembered if len(kind) <= _LONGEST_TYPE else _asked)(part.data[0], kind)


def _asked(first: int, content_type: str) -> tuple[Codec, ...]:
    """Codecs for a first byte and a content type in lower case."""
    return tuple(
        codec
        for codec in CODECS
        if codec.first is None or first in codec.first or (codec.declared and codec.declared in content_type)
    )


_remembered = functools.lru_cache(maxsize=2048)(_asked)


@functools.lru_cache(maxsize=1)
def _remembered_of_jpeg() -> tuple[Codec, ...]:
    """Codecs for what begins as base64 of a JPEG does: base64 first, since it opens nothing where it is none."""
    return tuple(sorted(_asked(_JPEG[0], ""), key=lambda codec: codec.name != "base64"))


def declares(content_type: str) -> bool:
    """Whether a codec or `sniff` may go by the content type, whatever the bytes begin with; of a long one, yes."""
    return len(content_type) > _LONGEST_TYPE or _declares(content_type.lower())


@functools.lru_cache(maxsize=1024)
def _declares(content_type: str) -> bool:
    return content_type == WLT or any(codec.declared and codec.declared in content_type for codec in CODECS)


def unwrap(part: Part, budget: Budget) -> Iterator[Leaf]:
    """Everything in `part`: images, documents and opaque bytes, each with its path.

    A document or archive comes after what is in it, so that its notes name all limits met under it.
    No input raises: what cannot be opened is a leaf as it is; limits are notes ("limit: …") on the leaf and in
    `budget.notes`.
    """
    found = False
    for leaf in _unwrap(part, budget, 0):
        found = True
        yield leaf
    if part.data and not found:  # an envelope with nothing in it is still what was sent
        yield _leaf(part, sniff(readable(part), part.content_type.lower()), budget)


def _unwrap(part: Part, budget: Budget, trifle: int, *, among: bool = False) -> Generator[Leaf, None, int]:
    """Leaves of a part; returns how many of its bytes are accounted for: an image, opened, counted as not understood.

    What nothing opened `among` other bytes is left to the document around it, which is counted as a whole.
    """
    kind = "" if part.encoding else image(part.data)
    if kind:
        leaf = _image(part, kind, budget)
        yield leaf
        found = (yield from _left(part, budget, trifle, scan=leaf.scan)) if part.depth < budget.depth else 0
        if found < len(part.data) and (other := beside(leaf)):
            for one in itertools.islice(itertools.chain.from_iterable(budget.given.values()), _FEW):
                other = other.replace(one, b"")
            _count(other, 0, budget)
        return len(part.data)
    pictures = 0  # bytes of those that no codec gave
    opened, inside, around, before = False, 0, True, (budget.obscure, len(budget.scraps))
    known: list[bytes] = []  # parts that are accounted for
    spans: list[tuple[int, int]] = []  # of the body, that parts of an envelope take
    if part.depth >= budget.depth:
        budget.limit("depth")
    else:
        for codec in candidates(part):
            if len(part.data) < codec.least or not codec.recognise(part):
                continue
            for child in codec.open(part, budget):
                opened = True
                size, among_others = len(child.data), codec.name in _AROUND
                got = yield from _unwrap(child, budget, _least(codec, trifle), among=among_others)
                inside += _written(part, child) if got == size else got
                if got == size > DIGEST and len(known) < _FEW:
                    known.append(child.data)
                if child.body_range is not None:
                    spans.append(child.body_range)
            if opened:
                around = codec.name in _AROUND
                if codec.name in _SPELLED:
                    _doubt(part, known, budget, before)
                if codec.name == "base64" and child.complete and image(child.data):
                    pass  # all its letters are those of a picture
                elif codec.name not in _WHOLE:
                    left = pictures = yield from _left(part, budget, trifle, opened=True)
                    inside += left
                    if codec.name in _ENVELOPES and one_to_one(part) and not part.missing:
                        _count_between(part, spans, left, budget)
                if not codec.keeps:
                    return len(part.data)
                break
        else:
            pictures = yield from _left(part, budget, trifle)
            inside += pictures
    if part.document is not None and part.document.unread:
        budget.unread += max(0, part.document.unread - pictures)
    kind = sniff(readable(part), part.content_type.lower())
    if part.data and (len(part.data) >= trifle or (kind not in _PLAIN and trifle <= _STRUCTURED)):
        yield _leaf(part, kind, budget)
    if around and among:
        return inside
    if around and len(part.data) - inside > DIGEST and kind not in _READ and not video.is_video(part):
        _count(present(part), inside, budget, known, _least_text(part))
    return len(part.data)


def _least_text(part: Part) -> int:
    """From how many bytes on a text must have words: at once, where it was put into digits or letters."""
    return DIGEST if any(step.name in _SPELLED for step in part.way.steps) else TEXT


def _doubt(part: Part, opened: list[bytes], budget: Budget, before: tuple[int, int]) -> None:
    """Take back what was counted in numbers in lines, say, which are hexadecimal digits as well.

    A text in digits or letters is there because somebody wrote it so.
    """
    if before == (budget.obscure, len(budget.scraps)):
        if any(not is_utf8(one) and sniff(one) in _PLAIN for one in opened):  # it is something else, then
            _count(present(part), 0, budget, (), _least_text(part))
        return
    if any(not is_code(one[:LEAST], binary=True) for one in opened):
        return
    if budget.obscure > before[0] and not obscure(present(part)):
        budget.obscure = before[0]
    if len(budget.scraps) > before[1] and not scraps_of_body(present(part), _least_text(part)):
        del budget.scraps[before[1] :]


def _count_between(part: Part, spans: list[tuple[int, int]], found: int, budget: Budget) -> None:
    """Count what stands between the parts of an envelope, before and behind them: heads and boundaries, as a rule.

    Of it so many bytes are pictures that were found.
    """
    assert part.body_range is not None
    data, at, between = part.data, part.body_range[0], []
    for first, last in [*sorted(spans), (part.body_range[1], part.body_range[1])]:
        between.append(data[at - part.body_range[0] : max(at, first) - part.body_range[0]])
        at = max(at, last)
    rest = b"".join(between)
    _count(rest, found, budget)


def _count(data: bytes, inside: int, budget: Budget, known: Sequence[bytes] = (), text: int = TEXT) -> None:
    """Count what nobody would read of bytes of which so many are accounted for, among them these."""
    rest = len(data) - inside
    if rest >= LEAST:
        budget.obscure += max(0, obscure(data) - inside)
    elif rest > DIGEST:
        for one in known:
            data = _without(data, one)
        budget.scraps += scraps_of_rest(data, len(data) - rest, text)


def _without(data: bytes, one: bytes) -> bytes:
    """The first place where bytes stand taken for a space. `bytes.replace` prepares for long ones twice as it seeks."""
    opening = one[:_OPENING]
    at = data.find(opening)
    for _ in range(_TRIES):
        if at < 0:
            return data
        if data.startswith(one, at):
            return data[:at] + b" " + data[at + len(one) :]
        at = data.find(opening, at + 1)
    return data.replace(one, b" ", 1)  # in time that grows with the sum of their sizes, whatever they are


def _written(part: Part, child: Part) -> int:
    """How many bytes of a part a child takes there, escapes and all."""
    if one_to_one(part) and child.body_range is not None:
        return child.body_range[1] - child.body_range[0]
    return len(child.data) + len(child.data) // _ESCAPES


def _left(
    part: Part, budget: Budget, trifle: int, *, opened: bool = False, scan: tuple[int, int] = (0, 0)
) -> Generator[Leaf, None, int]:
    """Yield images that no codec returned; return how many bytes of the part they take.

    `opened`: a codec opened the part, so only images with an end of their own count. `scan`: where the coded data of
    a JPEG lie.
    """
    inside = 0
    if len(part.data) < carving.SMALLEST or part.encoding or part.data.startswith(_PACKED):
        return 0
    spelled = _spelled(part, len(part.way.steps), budget) if budget.spelled else []
    marks = image_marks(np.frombuffer(outside(part.data, spelled) or part.data, np.uint8))
    for child in carving.images_from(part, budget, marks, broken=not opened, scan=scan) if marks else ():
        inside += len(child.data)
        yield from _unwrap(child, budget, trifle, among=True)
    return inside


def _image(part: Part, kind: str, budget: Budget) -> Leaf:
    """Leaf of an image, which is not given again, nor are letters searched that were nothing else."""
    budget.give(part.data)
    steps = part.way.steps
    if len(steps) > 2 and steps[-1].name == "base64" and part.complete and part.body_range is not None:
        budget.spelled.append((*part.body_range, len(steps) - (3 if steps[-2].name == "data" else 2)))
    return _leaf(part, kind, budget)


def _least(codec: Codec, trifle: int) -> int:
    """A codec that does not keep what it opened hands its own threshold on; the others set theirs."""
    return trifle if not codec.keeps else codec.trifle


def _leaf(part: Part, kind: str, budget: Budget) -> Leaf:
    way = part.way = part.way.then(Step(kind))
    while part.path in budget.paths:
        count = budget.paths[way.text] = budget.paths[way.text] + 1
        part.way = way.numbered(count)
    budget.paths[part.path] = 1
    notes = budget.flush()
    if is_locked(part.data, kind):
        notes = [*notes, LOCKED]
    leaf = Leaf(part, kind, notes, budget.documents)
    if budget.spelled and kind not in IMAGE_KINDS:
        leaf.spelled = _spelled(part, len(part.way.steps) - 1, budget)
    return leaf


def _spelled(part: Part, steps: int, budget: Budget) -> Ranges:
    """Where pictures were written in base64 in a document whose way has so many steps: they are no words of it."""
    if part.body_range is None or not one_to_one(part):
        return []
    first, end = part.body_range
    found = []
    for a, b, of in budget.spelled:  # what has the range of all was put together from more than is known
        if of == steps and first <= a < b <= end and b - a < end - first:
            if (a, b) not in budget.alone:
                budget.alone[a, b] = binary_to_text.is_only_base64(part.data[a - first : b - first])
            if budget.alone[a, b]:
                found.append((a - first, b - first))
    return sorted(found)
