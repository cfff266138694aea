"""Files that clients send in chunks, whatever the product: which message is which chunk of what.

Libraries of browsers, and what is written by hand, name the upload by an id and the chunk by a number or an offset, in
path, query, head or form (plupload, webuploader, Dropzone, resumable.js, flow.js, Fine Uploader, Nextcloud …): they are
known by what such names are made of. Files that are split before they are sent (FTP, SMB, NFS, TFTP) have their number
in their own name. Protocols with a name of their own are in `stores.py`.
"""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from netaudit.contracts.unwrapping_steps import step
from netaudit.rows.pieces import CHUNK, MADE, MOST_OFFSET, MOST_PARTS, TEXT, Piece, last_of, number_in, sent_to
from netaudit.rows.stores import begins, chunk_of_store, first_of_patched, parameters, segment_of, speak
from netaudit.text.charset import STANDARD
from netaudit.text.json_document import JsonDocument
from netaudit.unwrapping.budget import Budget
from netaudit.unwrapping.codecs.multipart import is_multipart, open_multipart
from netaudit.unwrapping.from_images import extent, sniff
from netaudit.unwrapping.from_messages import content_range, root
from netaudit.unwrapping.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.contracts.heads import Fields
    from netaudit.messages.message import Message

_SENDING = ("PUT", "POST", "PATCH", "produce", "publish", "SETRANGE")
FILES = frozenset({"ftp-data", "tftp", "smb", "nfs"})  # whose messages are files under their own names
_STORES = frozenset({"STOR", "STOU", "WRQ", "WRITE"})
_SPLIT = re.compile(  # face.jpg.part2, face_part2.jpg, face.jpg.002, face-2of5.jpg, and what `split` makes: face.jpg.ab
    r"(?P<stem>.+?)[._-](?:(?:part|chunk|piece|seg|vol|p)[._-]?(?P<a>[0-9]{1,5})|(?P<b>[0-9]{1,5})[._-]?of[._-]?[0-9]{1,5})"
    r"(?P<rest>\.\w{1,5})?|(?P<name>.+\.\w{1,5})\.(?:(?P<c>[0-9]{2,5})|(?P<d>[ab][a-z]))",
    re.IGNORECASE,
)
_CARRIERS = ("http", "http2", "http3", "kafka", "amqp", "redis")
_OWNER = r"(?:dz|qq|resumable|flow|goog|multi|file|upload|x)*"
_PIECE = r"(?:chunk|part|piece|block|slice|segment|shard|fragment)"
_NUMBER, _BARE, _TOTAL, _OFFSET, _PLACED = "number", "bare number", "total", "offset", "offset in a head"
_PLACES = {_NUMBER, _BARE, _OFFSET}
_IDS = ("id", "name", "hash")  # the surest first; values of the first kind that is there name the upload
_NAMES = {  # patterns of plain names
    _NUMBER: rf"{_OWNER}{_PIECE}(?:index|idx|number|num|no|id|seq|nr|order|n)?|{_OWNER}(?:current)?{_PIECE}",
    _BARE: r"index|idx|seq|number|no|num|n|i",  # names a number where a total stands beside it
    _TOTAL: (
        rf"{_OWNER}total{_PIECE}s?(?:count|num|number)?|{_OWNER}{_PIECE}s?(?:count|total|totals)|{_OWNER}{_PIECE}s"
        "|total(?:count|num|number)?|count|of"
    ),
    _OFFSET: rf"{_OWNER}{_PIECE}?(?:byte)?(?:offset|startbyte|start|position|pos)",
    _PLACED: r"(?:file|chunk|upload|part|block)(?:byte)?offset",  # in a head, beside which no id is needed
    "id": (
        rf"{_OWNER}(?:uuid|guid|identifier)"
        rf"|{_OWNER}(?:upload|file|task|session|transfer|object|media)(?:id|key|token|no)"
    ),
    "name": rf"{_OWNER}(?:id|token|key|session)|{_OWNER}(?:file)?name|{_OWNER}relativepath|{_OWNER}filename",
    "hash": rf"{_OWNER}(?:md5|sha1|sha256|hash|etag)",
}
_MEANINGS = {meaning: re.compile(pattern) for meaning, pattern in _NAMES.items()}
_PLAIN = re.compile(r"[^a-z0-9]+")
MOST_NUMBER = (1 << 31) - 1  # some name a chunk by its offset
_STEP = re.compile(
    r"(?:^|/)(?:[^/]*(?:chunk|upload|part)[^/]*)/(?:[^?]*/)?([0-9]{1,20})(?:-([0-9]{1,20}))?$", re.IGNORECASE
)
_NAMED = re.compile(r"(.+?)[._-](?:part|chunk)[._-]?([0-9]{1,5})$", re.IGNORECASE)
MOST_FIELD, MOST_FIELDS = 512, 64  # bytes of a value, values of one message
LONGEST_NAME = 64  # characters of one that is remembered
MOST_LONG = 8  # long texts of a document
MOST_DEPTH = 3  # of objects in a document whose names are looked at
SURE_ID = 4  # characters of an id that names an upload whatever the path is
_LONG = re.compile(rb'"(?:data:[^",]{0,100},)?[A-Za-z0-9+/_=\\-]{1024}')
_DATA_URI = re.compile(rb"data:[^,]{0,100},")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_OPENING = 64  # bytes of a body in which the first line of a form begins
_HEAD = 64  # characters of base64 by which a picture is known
_SEGMENT = re.compile(r"(/[^?]*[^/?]+\.\w{2,5}/)([0-9]{4,20})$")  # of a large object: `…/a.jpg/00000003`
_ABSOLUTE = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")
_SPEAKS = re.compile(  # of chunks: other documents are parsed where what they say is read
    rf'"\w*(?:{_PIECE}|offset|index|seq|total|upload|start|range)\w*"', re.IGNORECASE
)


TARGETS = re.compile(  # of requests but PUT and PATCH: what names parts, blocks, lists of them, several fields
    r"append|uploadId=|op=|comp=|&|multipart-manifest=|/(?:mkblk|bput|mkfile)/|/storage/v1/b/|/upload_session/start"
)


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
        or TARGETS.search(asked.path) is not None
        or asked.form.read(speak_of_parts)
        or (message is asked and _may_name(message))
    )


def speak_of_parts(fields: Fields) -> bool:
    """Whether fields of the head of a request may."""
    return speak(fields) or any(_of_head(fields))


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
        elif (found := _by_names(message, client, path, query)) is None:
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
    if match is None or _is_picture(message.body):
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
    upload = _ids(_scalars(reply.json.mapping or {}), _IDS[0])
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


def _by_names(message: Message, client: str, path: str, query: str) -> Piece | None:
    """A chunk by the names of what stands in query, head and form."""
    headed, within, in_head = message.form.read(_of_head)
    names = {_plain(name): value for name, value in parameters(query).items()} if query else {}
    names = headed | names | within
    if len(names) < 2 and not in_head and not _may_name(message):
        return None
    part, form, file, role = root(message), False, "", CHUNK
    if is_multipart(part):
        fields, files = _form(part)
        if not files:
            return None
        names = fields | names
        part, form = max(files, key=lambda one: len(one.data)), True
        file = part.name
        if (ranged := _ranged(message, client, path, part)) is not None:
            if message.complete:
                part.unknown_from = None  # as a piece it is whole, of which the whole is not known
            return ranged
    elif (
        message.body[:1] == b"{" and _LONG.search(message.body) and (found := _in_document(message, names)) is not None
    ):
        names, part, form, role = found[0] | names, found[1], True, TEXT
    if len(names) < 2 and not in_head:
        return None
    number, offset, total = _value(names, _NUMBER), _value(names, _OFFSET), _value(names, _TOTAL)
    if number is None and total is not None:
        number = _value(names, _BARE)
    upload = next((identity for known in _IDS if (identity := _ids(names, known))), file or ("\0" if in_head else ""))
    named = in_head or bool(_ids(names, _IDS[0]) or _ids(names, _IDS[2]))
    if not upload or total == 1 or (number is None and offset is None) or not (total is not None or named):
        return None
    if _is_picture(part.data if role == CHUNK else _decoded(part.data)):
        return None  # one of several pictures
    sure = _ids(names, _IDS[0])
    name = unquote(names.get("filename", "") or names.get("name", "") or file, errors="replace")
    known = len(sure) >= SURE_ID  # whatever the path is
    to = ("named", message, client, sure) if known else ("names", message, client, path, upload)
    piece = sent_to(*to)._replace(name=last_of(name), role=role, part=part, alone=not form)
    if number is not None and number <= MOST_PARTS:
        return piece._replace(number=number)
    return piece._replace(offset=offset) if offset is not None else None


def _of_head(fields: Fields) -> tuple[dict[str, str], dict[str, str], bool]:
    """Names and values of fields, those of JSON in fields, and whether the first name a place."""
    headed, within = dict[str, str](), dict[str, str]()
    for name, value in fields[:MOST_FIELDS]:
        if value.startswith("{") and len(value) <= MOST_FIELD:
            within |= _scalars(JsonDocument(value.encode("utf-8", "replace")).mapping or {})
        elif name.startswith(("x-", "upload-", "chunk-", "file-", "file_")):
            bare = name.removeprefix("x-")
            headed[_plain(bare)] = value.strip()
            if not _means(tail := _plain(bare.partition("-")[2])).isdisjoint((_NUMBER, _IDS[0])):
                headed.setdefault(tail, value.strip())  # behind the name of a product
    return headed, within, any(not _means(name).isdisjoint((_PLACED, _NUMBER)) for name in headed)


def _may_name(message: Message) -> bool:
    """Whether fields may be named in a body: a form, or a document with a long text."""
    begins = message.body[:_OPENING].lstrip()
    declared = message.content_type or message.header("content-type")
    return (
        declared[:10].lower() == "multipart/"
        or begins.startswith(b"--")
        or (message.body[:1] == b"{" and _LONG.search(message.body) is not None)
    )


def _is_picture(data: bytes) -> bool:
    kind = sniff(data)
    return kind is not None and extent(data, kind).whole


def _decoded(text: bytes) -> bytes:
    """The bytes of base64, if they begin as a picture; nothing of any other."""
    text = text.rstrip(b"=").translate(STANDARD)
    if len(text) < _HEAD or not sniff(base64.b64decode(text[:_HEAD])):
        return b""
    return base64.b64decode(text + b"=" * (-len(text) % 4)) if len(text) % 4 != 1 else b""


def _ranged(message: Message, client: str, path: str, part: Part) -> Piece | None:
    """A file of a form of which `Content-Range` says where it belongs (jQuery File Upload and its like)."""
    span = content_range(message)
    if span is None or span[1] + 1 - span[0] != len(part.data) or span[1] + 1 - span[0] == span[2]:
        return None
    piece = sent_to("ranged", message, client, path, part.name, str(span[2]))
    return piece._replace(name=last_of(part.name), offset=span[0], part=part)


def _in_document(message: Message, beside: dict[str, str]) -> tuple[dict[str, str], Part] | None:
    """What a document says in short, and its longest text where that is base64, or a piece of one.

    Nothing of a document that, with what is said `beside` it, names no place of a piece: its texts are long.
    """
    document = message.json
    if document.mapping is None or message.missing:
        return None
    scalars = _scalars(document.mapping)
    if not any(_PLACES & _means(name) for name in scalars | beside):
        return None
    texts = [document.left_out(number).replace(b"\\/", b"/") for number in range(MOST_LONG)]
    text = max([*texts, *_long_texts(document.mapping)], key=len)
    text = text[match.end() :] if (match := _DATA_URI.match(text)) else text
    if not _BASE64.fullmatch(text):
        return None
    base = root(message)
    return scalars, Part(text, base.way.then(step("part", "text")), name=base.name)


def _scalars(mapping: dict[str, Any], depth: int = 1) -> dict[str, str]:
    """Short values of an object and of those within it, by their plain names; the outer ones count."""
    found: dict[str, str] = {}
    for name, value in list(mapping.items())[:MOST_FIELDS]:
        if isinstance(value, dict) and depth < MOST_DEPTH:
            found = _scalars(value, depth + 1) | found
        elif isinstance(value, str | int) and not isinstance(value, bool) and len(str(value)) <= MOST_FIELD:
            found[_plain(name)] = str(value).strip()
    return found


def _long_texts(mapping: dict[str, Any], depth: int = 1) -> Iterator[bytes]:
    """Values of an object and of those within it that are longer than what they say in short; of pieces, say."""
    for value in list(mapping.values())[:MOST_FIELDS]:
        if isinstance(value, dict) and depth < MOST_DEPTH:
            yield from _long_texts(value, depth + 1)
        elif isinstance(value, str) and len(value) > MOST_FIELD:
            yield value.encode("utf-8", "replace")


def _form(part: Part) -> tuple[dict[str, str], list[Part]]:
    """Fields of a form, by their plain names, and its files."""
    fields: dict[str, str] = {}
    files: list[Part] = []
    for child in open_multipart(part, Budget()):
        if child.field and not _is_file(child) and len(fields) < MOST_FIELDS:
            text = child.data.decode("utf-8", "replace").strip()
            inner = JsonDocument(child.data).mapping if text.startswith("{") and _SPEAKS.search(text) else None
            fields |= _scalars(inner) if inner else {_plain(child.field): text}
        else:
            files.append(child)
    return fields, files


def _is_file(child: Part) -> bool:
    """Whether a part of a form is a file, as short as the last chunk may be: typed, named apart, or no text."""
    if len(child.data) > MOST_FIELD or child.content_type or child.name != child.field:
        return True
    try:
        child.data.decode()
    except UnicodeDecodeError:
        return True
    return False


def _ids(names: dict[str, str], kind: str) -> str:
    """Values that name an upload, all of a kind."""
    return "\0".join(names[name] for name in sorted(names) if names[name] and kind in _means(name))


def _value(names: dict[str, str], kind: str) -> int | None:
    found = (number_in(value) for name, value in names.items() if kind in _means(name))
    return next((number for number in found if number >= 0), None)


def _means(name: str) -> frozenset[str]:
    """What a plain name may say."""
    return _remembered(name) if len(name) <= LONGEST_NAME else _meanings(name)


def _meanings(name: str) -> frozenset[str]:
    return frozenset(meaning for meaning, pattern in _MEANINGS.items() if pattern.fullmatch(name))


_remembered = lru_cache(maxsize=4096)(_meanings)


def _plain(name: str) -> str:
    return _PLAIN.sub("", name.lower())
