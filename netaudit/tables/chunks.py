"""Files that clients send in chunks, whatever the product: which message is which chunk of what.

By a protocol with a name of its own (`stores.py`), by names of what stands beside it (`named_chunks.py`), or by the
path (Nextcloud). Files that are split before they are sent (FTP, SMB, NFS, TFTP) have their number in their own name.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from netaudit.content.from_messages import root
from netaudit.tables.named_chunks import IDS, by_names, ids, is_picture, may_name, of_head, scalars
from netaudit.tables.pieces import MADE, MOST_OFFSET, MOST_PARTS, Piece, last_of, sent_to
from netaudit.tables.stores import begins, chunk_of_store, first_of_patched, segment_of, speak

if TYPE_CHECKING:
    from netaudit.content.part import Part
    from netaudit.core.contracts.heads import Fields
    from netaudit.protocols.message import Message

_SENDING = ("PUT", "POST", "PATCH", "produce", "publish", "SETRANGE")
FILES = frozenset({"ftp-data", "tftp", "smb", "nfs"})  # whose messages are files under their own names
_STORES = frozenset({"STOR", "STOU", "WRQ", "WRITE"})
_SPLIT = re.compile(  # face.jpg.part2, face_part2.jpg, face.jpg.002, face-2of5.jpg, and what `split` makes: face.jpg.ab
    r"(?P<stem>.+?)[._-](?:(?:part|chunk|piece|seg|vol|p)[._-]?(?P<a>[0-9]{1,5})|(?P<b>[0-9]{1,5})[._-]?of[._-]?[0-9]{1,5})"
    r"(?P<rest>\.\w{1,5})?|(?P<name>.+\.\w{1,5})\.(?:(?P<c>[0-9]{2,5})|(?P<d>[ab][a-z]))",
    re.IGNORECASE,
)
_CARRIERS = ("http", "http2", "http3")
MOST_NUMBER = (1 << 31) - 1  # some name a chunk by its offset
_STEP = re.compile(
    r"(?:^|/)(?:[^/]*(?:chunk|upload|part)[^/]*)/(?:[^?]*/)?([0-9]{1,20})(?:-([0-9]{1,20}))?$", re.IGNORECASE
)
_NAMED = re.compile(r"(.+?)[._-](?:part|chunk)[._-]?([0-9]{1,5})$", re.IGNORECASE)
_SEGMENT = re.compile(r"(/[^?]*[^/?]+\.\w{2,5}/)([0-9]{4,20})$")  # of a large object: `…/a.jpg/00000003`
_ABSOLUTE = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")


TARGETS = re.compile(  # of requests but PUT and PATCH: what names parts, blocks, lists of them, several fields
    r"append|uploadId=|op=|comp=|&|multipart-manifest=|/(?:mkblk|bput|mkfile)/|/storage/v1/b/|/upload_session/start"
)


LONGEST_TARGET = 256  # characters of one that is remembered


def may_concern_parts(message: Message) -> bool:
    """Whether a whole message of HTTP may carry a part of something or speak of some: most heads say that it does not.

    Whatever readers of pieces (`chunk_of`, and those of `stores.py` and `ranges.py`) heed is asked for here at once.
    """
    if message.protocol != "http" or message.spread is not None or message.file_range is not None:
        return True
    asked = message.request or message
    return (
        not message.complete
        or asked.method in ("PUT", "PATCH")
        or (_remembered if len(asked.path) <= LONGEST_TARGET else _concerns_parts)(asked.path)
        or asked.form.read(speak_of_parts)
        or (message is asked and may_name(message))
    )


def _concerns_parts(target: str) -> bool:
    return TARGETS.search(target) is not None


_remembered = lru_cache(maxsize=4096)(_concerns_parts)


def speak_of_parts(fields: Fields) -> bool:
    """Whether fields of the head of a request may."""
    return speak(fields) or any(of_head(fields))


def chunk_of(message: Message, client: str) -> Piece | None:
    """The chunk that a request carries, as far as its first hole; None for any other message."""
    if message.protocol in FILES:
        found = _split_file(message, client)
    elif message.direction or message.status or message.method not in _SENDING or message.protocol not in _CARRIERS:
        return None
    elif message.body:
        path, _, query = message.path.partition("?")
        found = chunk_of_store(message, client, path, query) or _by_path(message, client, path)
        if found is not None:
            found = found._replace(alone=True)
        elif (found := by_names(message, client, path, query)) is None:
            found = segment_of(message, client)
            if found is None and (found := first_of_patched(message, client, path)) is not None:
                found = found._replace(alone=True)
    else:
        return None
    return None if found is None else found._replace(part=_certain(found.part or root(message)))


def _certain(part: Part) -> Part:
    """A part as far as its first hole: a request that broke off is gone on with from there."""
    ends = [first for first, _ in part.missing[:1]] + ([part.unknown_from] if part.unknown_from is not None else [])
    if not ends or (end := min(ends)) >= len(part.data):
        return part
    return replace(part, data=part.data[:end], missing=[], unknown_from=end, body_range=None)


def _split_file(message: Message, client: str) -> Piece | None:
    """A file whose name says which part of one it is, unless it is a whole picture: then it is one of several."""
    match = _SPLIT.fullmatch(message.path) if message.method in _STORES and message.body else None
    if match is None or is_picture(message.body):
        return None
    letters = (match["d"] or "").lower()
    digits = match["a"] or match["b"] or match["c"]
    number = int(digits) if digits else 26 * (ord(letters[0]) - 97) + ord(letters[1]) - 97
    name = match["name"] or match["stem"] + (match["rest"] or "")
    return Piece(f"chunks\0file\0{client}\0{name}", last_of(name), number=number) if number <= MOST_PARTS else None


def begun_at(reply: Message, client: str) -> Piece | None:
    """What upload a request has begun, by its reply: the place that it names, or an id in its document."""
    request = reply.request
    if request is None or not 200 <= reply.status < 300 or not begins(request, request.path.partition("?")[0]):
        return None
    if place := reply.header("location").strip().partition("?")[0]:
        absolute = _ABSOLUTE.match(place)
        path = f"/{place[absolute.end() :].partition('/')[2]}" if absolute else place
        return sent_to("tus", request, client, path)._replace(name="", role=MADE)
    upload = ids(scalars(reply.json.mapping or {}), IDS[0])
    return sent_to("named", request, client, upload)._replace(name="", role=MADE) if upload else None


def _by_path(message: Message, client: str, path: str) -> Piece | None:
    """`PUT …/uploads/<id>/<number>`, `…/<first>-<last>` (Nextcloud), or `name.part3`."""
    if message.method != "PUT" or message.content_type.partition(";")[0].strip() not in _BYTES:
        return None
    if match := _STEP.search(path):
        number, folder = int(match[1]), sent_to("path", message, client, path[: match.start(1)])
        if match[2]:
            return folder._replace(offset=number) if number <= MOST_OFFSET else None
        return folder._replace(number=number) if number <= MOST_NUMBER else None
    for pattern, most in ((_SEGMENT, MOST_NUMBER), (_NAMED, MOST_PARTS)):
        if (match := pattern.fullmatch(path)) and int(match[2]) <= most:
            return sent_to("path", message, client, match[1])._replace(number=int(match[2]))
    return None


_BYTES = (
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/x-www-form-urlencoded",
    "application/offset+octet-stream",
)
