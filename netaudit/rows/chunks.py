"""Files that clients send in chunks, whatever the product: which message is which chunk of what.

Protocols with a name of their own say it in a head or a parameter: tus and its successor (`Upload-Offset`), Azure
(`comp=block`, `appendblock`, `page`), WebDAV (`X-Update-Range`). Libraries of browsers, and what is written by hand,
name the upload by an id and the chunk by a number or an offset, in path, query, head or form (plupload, webuploader,
Dropzone, resumable.js, flow.js, Fine Uploader, Nextcloud …): they are known by what such names are made of.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from netaudit.rows.uploads import CHUNK, END, MOST_OFFSET, MOST_PARTS, NEXT, UploadPart, parameters
from netaudit.unwrapping.budget import Budget
from netaudit.unwrapping.codecs.multipart import is_multipart, open_multipart
from netaudit.unwrapping.from_messages import root

if TYPE_CHECKING:
    from netaudit.messages.message import Message
    from netaudit.unwrapping.part import Part

_SENDING = ("PUT", "POST", "PATCH")
_HTTP = ("http", "http2", "http3")
_OWNER = r"(?:dz|qq|resumable|flow|file|upload|x)*"
_PIECE = r"(?:chunk|part|piece|block|slice|segment|shard|fragment)"
_NUMBER = re.compile(rf"{_OWNER}{_PIECE}(?:index|idx|number|num|no|id|seq|nr|order|n)?|{_OWNER}(?:current)?{_PIECE}")
_BARE = re.compile(r"index|idx|seq|number|no|num")  # names a number where a total stands beside it
_TOTAL = re.compile(
    rf"{_OWNER}total{_PIECE}s?(?:count|num|number)?|{_OWNER}{_PIECE}s?(?:count|total|totals)|{_OWNER}{_PIECE}s|total|count"
)
_OFFSET = re.compile(rf"{_OWNER}{_PIECE}?(?:byte)?(?:offset|startbyte|start|position|pos)")
_IDS = tuple(  # the surest first; values of the first kind that is there name the upload
    tuple(re.compile(rf"{_OWNER}{name}") for name in kind)
    for kind in (
        (r"(?:uuid|guid|identifier)", r"(?:upload|file|task|session|transfer|object|media)(?:id|key|token|no)"),
        (r"(?:id|token|key|session)", r"(?:file)?name", r"relativepath|filename"),
        (r"(?:md5|sha1|sha256|hash|etag)",),
    )
)
_PLAIN = re.compile(r"[^a-z0-9]+")
_LISTED = re.compile(rb"<(?:Latest|Committed|Uncommitted)>\s*([^<\s]{1,128})\s*<")
MOST_NUMBER = (1 << 31) - 1  # some name a chunk by its offset
_DIGITS = re.compile(r"[0-9]{1,15}")
_LAST_DIGITS = re.compile(r"([0-9]{1,9})[^0-9]*$")
_SPAN = re.compile(r"\s*(?:bytes)?\s*[= ]\s*([0-9]{1,15})-([0-9]{1,15})?")
_STEP = re.compile(
    r"(?:^|/)(?:[^/]*(?:chunk|upload|part)[^/]*)/(?:[^?]*/)?([0-9]{1,20})(?:-([0-9]{1,20}))?$", re.IGNORECASE
)
_NAMED = re.compile(r"(.+?)[._-](?:part|chunk)[._-]?([0-9]{1,5})$", re.IGNORECASE)
MOST_FIELD, MOST_FIELDS = 512, 64  # bytes of a value, values of one message


class Chunk(NamedTuple):
    """A chunk, its bytes, and whether its message says other things too."""

    said: UploadPart
    part: Part
    beside: bool


def chunk_of(message: Message, client: str) -> Chunk | None:
    """The chunk that a request carries; None for any other message."""
    if message.direction or message.status or message.method not in _SENDING or message.protocol not in _HTTP:
        return None
    if not message.body:
        return None
    path, _, query = message.path.partition("?")
    place = f"{client}\0{message.host.lower()}\0{path}"
    said = _by_protocol(message, place, path, query) or _by_path(message, client, path)
    if said is not None:
        return Chunk(said, root(message), beside=False)
    return _by_names(message, place, query)


def _by_protocol(message: Message, place: str, path: str, query: str) -> UploadPart | None:
    name = _last(path)
    offset = message.header("upload-offset").strip()
    if _DIGITS.fullmatch(offset) and int(offset) <= MOST_OFFSET:  # tus 1.0, 3; draft-ietf-httpbis-resumable-upload, 4
        return UploadPart(f"chunks\0tus\0{place}", 0, name, offset=int(offset), role=CHUNK)
    if match := _SPAN.match(message.header("x-update-range")):
        return UploadPart(f"chunks\0dav\0{place}", 0, name, offset=int(match[1]), role=CHUNK)
    if "comp=" not in query:
        return None
    pairs = parameters(query)
    if pairs.get("comp") == "block" and pairs.get("blockid"):
        number, block = _number_in(pairs["blockid"]), (pairs["blockid"],)
        return UploadPart(f"chunks\0azure\0{place}", number or 0, name, role=CHUNK, links=block)
    if pairs.get("comp") == "appendblock":
        at = message.header("x-ms-blob-condition-appendpos").strip()
        return UploadPart(
            f"chunks\0azure\0{place}", 0, name, offset=int(at) if _DIGITS.fullmatch(at) else NEXT, role=CHUNK
        )
    match = _SPAN.match(message.header("x-ms-range") or message.header("range"))
    return (
        UploadPart(f"chunks\0azure\0{place}", 0, name, offset=int(match[1]), role=CHUNK)
        if match and pairs.get("comp") == "page"
        else None
    )


def block_list(message: Message, client: str) -> UploadPart | None:
    """The list by which Azure makes a blob of blocks (`comp=blocklist`): their ids in order."""
    if message.direction or message.method != "PUT" or "comp=blocklist" not in message.path:
        return None
    path = message.path.partition("?")[0]
    ids = [found.decode("latin-1") for found in _LISTED.findall(message.body)[:MOST_PARTS]]
    upload = f"chunks\0azure\0{client}\0{message.host.lower()}\0{path}"
    return UploadPart(upload, 0, _last(path), END, links=tuple(ids)) if ids else None


def _number_in(block: str) -> int | None:
    """The number in a block id, which is base64 of what its writer counts by."""
    try:
        plain = base64.b64decode(block, validate=True).decode("ascii")
    except (binascii.Error, ValueError, UnicodeDecodeError):
        plain = block
    match = _LAST_DIGITS.search(plain)
    return int(match[1]) if match and int(match[1]) <= MOST_PARTS else None


def _by_path(message: Message, client: str, path: str) -> UploadPart | None:
    """`PUT …/uploads/<id>/<number>`, `…/<first>-<last>` (Nextcloud), or `name.part3`."""
    if message.method != "PUT" or message.content_type.partition(";")[0].strip() not in _BYTES:
        return None
    match = _STEP.search(path)
    if match:
        folder = path[: match.start(1)]
        upload = f"chunks\0path\0{client}\0{message.host.lower()}\0{folder}"
        if match[2]:
            if int(match[1]) > MOST_OFFSET:
                return None
            return UploadPart(upload, 0, _last(folder.rstrip("/")), offset=int(match[1]), role=CHUNK)
        return (
            UploadPart(upload, int(match[1]), _last(folder.rstrip("/")), role=CHUNK)
            if int(match[1]) <= MOST_NUMBER
            else None
        )
    match = _NAMED.match(path)
    if match and int(match[2]) <= MOST_PARTS:
        return UploadPart(
            f"chunks\0path\0{client}\0{message.host.lower()}\0{match[1]}", int(match[2]), _last(match[1]), role=CHUNK
        )
    return None


_BYTES = (
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/x-www-form-urlencoded",
    "application/offset+octet-stream",
)


def _by_names(message: Message, place: str, query: str) -> Chunk | None:
    """A chunk by the names of what stands in query, head and form."""
    names = {_plain(name): value for name, value in parameters(query).items()} if query else {}
    for name, value in message.headers[:MOST_FIELDS]:
        if name.startswith(("x-", "upload-", "chunk-", "file-")):
            names.setdefault(_plain(name.removeprefix("x-")), value.strip())
    part, form, file = root(message), False, ""
    if is_multipart(part):
        fields, files = _form(part)
        if not files:
            return None
        names = {_plain(name): value for name, value in fields.items()} | names
        part, form = max(files, key=lambda one: len(one.data)), True
        file = part.name
    if len(names) < 2:
        return None
    number, offset, total = _value(names, _NUMBER), _value(names, _OFFSET), _value(names, _TOTAL)
    if number is None and total is not None:
        number = _value(names, _BARE)
    upload = next((said for known in _IDS if (said := _ids(names, known))), file)
    named = bool(_ids(names, _IDS[0]) or _ids(names, _IDS[2]))
    if not upload or total == 1 or (number is None and offset is None) or not (total is not None or named):
        return None
    key = f"chunks\0names\0{place}\0{upload}"
    name = unquote(names.get("filename", "") or names.get("name", "") or file, errors="replace")
    if number is not None and number <= MOST_PARTS:
        return Chunk(UploadPart(key, number, _last(name), role=CHUNK), part, form)
    return (
        Chunk(UploadPart(key, 0, _last(name), offset=offset, role=CHUNK), part, form)
        if offset is not None and offset <= MOST_OFFSET
        else None
    )


def _form(part: Part) -> tuple[dict[str, str], list[Part]]:
    """Fields of a form, and its files."""
    fields: dict[str, str] = {}
    files: list[Part] = []
    for child in open_multipart(part, Budget()):
        if len(child.data) <= MOST_FIELD and not child.content_type and child.field and len(fields) < MOST_FIELDS:
            fields.setdefault(child.field, child.data.decode("utf-8", "replace").strip())
        else:
            files.append(child)
    return fields, files


def _ids(names: dict[str, str], known: tuple[re.Pattern[str], ...]) -> str:
    """Values that name an upload, all of a kind."""
    return "\0".join(names[name] for name in sorted(names) if names[name] and any(one.fullmatch(name) for one in known))


def _value(names: dict[str, str], known: re.Pattern[str]) -> int | None:
    return next(
        (int(value) for name, value in names.items() if known.fullmatch(name) and _DIGITS.fullmatch(value)), None
    )


def _plain(name: str) -> str:
    return _PLAIN.sub("", name.lower())


def _last(path: str) -> str:
    return unquote(path.rpartition("/")[2], errors="replace")
