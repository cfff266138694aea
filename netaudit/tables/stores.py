"""Files that stores take in several requests, by protocols with a name of their own (facts 6).

Numbered parts and appends (OSS, COS, OBS, BOS, TOS, S3), Qiniu's blocks, Azure's blocks and pages, WebHDFS, tus and its
successor (`Upload-Offset`), WebDAV (`X-Update-Range`); and large objects whose segments have any names, with the list
that makes them one: Static Large Objects of OpenStack Swift (`multipart-manifest=put`), `sourceObjects` that Google
Cloud Storage composes. What is no segment looks alike until the list comes, so each is read as what it is, too.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from netaudit.content.from_images import extent, sniff
from netaudit.core.text.json_document import is_word
from netaudit.tables.pieces import BLOCK, END, LISTED, MOST_PARTS, NEXT, PART, REPLY, Piece, last_of, number_in, sent_to

if TYPE_CHECKING:
    from netaudit.core.contracts.heads import Fields
    from netaudit.protocols.message import Message

MOST_LINKS = 4096  # blocks of an upload to Qiniu: 16 GiB
MOST_MANIFEST = 4 << 20  # bytes
_BLOCKS = "qiniu blocks"  # contexts tell them apart; the hosts of one upload differ
_MOST_REPLY = 8192  # bytes of a reply that names a block
_QINIU_PART = re.compile(r"/buckets/([^/]+)/objects/([^/]+)/uploads/([^/]+)/([0-9]{1,6})")
_LISTED = re.compile(rb"<(?:Latest|Committed|Uncommitted)>\s*([^<\s]{1,128})\s*<")
_LAST_DIGITS = re.compile(r"([0-9]{1,9})[^0-9]*$")
_SPAN = re.compile(r"\s*(?:bytes)?\s*[= ]\s*([0-9]{1,15})-([0-9]{1,15})?")
_BEGINS = re.compile(r"/upload_session/start$")  # of Dropbox, whose reply names the session
_OBJECT = re.compile(r"(?:/swift)?/v1(?:\.0)?/([^/]+)/([^/]+/.+)")
_INSERTED = re.compile(r"/upload/storage/v1/b/([^/]+)/o")
_COMPOSED = re.compile(r"/storage/v1/b/([^/]+)/o/([^/]+)/compose")
_OWN_PREFIX = "AUTH_"  # of accounts, where nothing else was configured
_SPEAKING = frozenset({
    "upload-offset", "x-update-range", "tus-resumable", "upload-length", "upload-defer-length", "upload-complete",
    "upload-incomplete",
})  # fmt: skip


def upload_part(method: str, host: str, path: str) -> Piece | None:
    """The part that a request carries, and nothing else; None for any other request.

    `PUT ?partNumber=n&uploadId=…` (OSS, COS, OBS, BOS, S3 alike), `POST ?append&position=n` (OSS, COS, OBS; BOS and TOS
    say offset), Qiniu's `PUT /buckets/…/uploads/<id>/<n>` and `POST /mkblk/<size>`, `/bput/<ctx>/<offset>`.
    """
    key, _, query = path.partition("?")
    if method == "PUT" and "uploadId=" in query:
        fields = parameters(query)
        number, upload = number_in(fields.get("partNumber", ""), MOST_PARTS), fields.get("uploadId", "")
        found = Piece(f"{host.lower()}\0{key}\0{upload}", _last(last_of(key)), PART, number)
        return found if upload and number > 0 else None
    if method == "POST" and "append" in query:
        fields = parameters(query)
        at = number_in(fields.get("position", fields.get("offset", "")))
        found = Piece(f"{host.lower()}\0{key}\0append", _last(last_of(key)), PART, offset=at)
        return found if "append" in fields and at >= 0 else None
    if method == "PUT" and (match := _QINIU_PART.fullmatch(key)):
        bucket, name, upload, number = match[1], match[2], match[3], int(match[4])
        found = Piece(f"qiniu\0{bucket}\0{name}\0{upload}", _last(qiniu_key(name)), PART, number)
        return found if 1 <= number <= MOST_PARTS else None
    return _block(key) if method == "POST" else None


def _block(key: str) -> Piece | None:
    steps = key.split("/", 4)
    if len(steps) == 3 and steps[1] == "mkblk" and number_in(steps[2]) >= 0:
        return Piece(_BLOCKS, "", BLOCK, offset=0)
    if len(steps) == 4 and steps[1] == "bput" and steps[2] and number_in(steps[3]) >= 0:
        return Piece(_BLOCKS, "", BLOCK, offset=int(steps[3]), links=(steps[2],))
    return None


def chunk_of_store(message: Message, client: str, path: str, query: str) -> Piece | None:
    """The chunk that a request carries, by its protocol."""
    if message.form.read(speak):
        if (offset := number_in(message.header("upload-offset").strip())) >= 0:  # tus 1.0, 3; and its successor
            return sent_to("tus", message, client, path)._replace(offset=offset)
        update = message.header("x-update-range").strip()
        if (match := _SPAN.match(update)) or update == "append":
            return sent_to("dav", message, client, path)._replace(offset=int(match[1]) if match else NEXT)
    if (appended := parameters(query).get("op", "").lower() if "op=" in query else "") in ("create", "append"):
        return sent_to("hdfs", message, client, path)._replace(offset=0 if appended == "create" else NEXT)  # WebHDFS
    found = _azure(message, sent_to("azure", message, client, path), query) if "comp=" in query else None
    if found is None and begins(message, path):
        return Piece(f"chunks\0begun\0{message.message_id.hex()}", last_of(path), offset=0)
    return found


def _azure(message: Message, piece: Piece, query: str) -> Piece | None:
    pairs = parameters(query)
    if pairs.get("comp") == "block" and pairs.get("blockid"):
        return piece._replace(number=max(_number_of(pairs["blockid"]), 0), links=(pairs["blockid"],))
    if pairs.get("comp") == "appendblock":
        at = number_in(message.header("x-ms-blob-condition-appendpos").strip())
        return piece._replace(offset=at if at >= 0 else NEXT)
    match = _SPAN.match(message.header("x-ms-range") or message.header("range"))
    return piece._replace(offset=int(match[1])) if match and pairs.get("comp") in ("page", "range") else None


def _number_of(block: str) -> int:
    """The number in a block id, which is base64 of what its writer counts by; -1 for none."""
    try:
        plain = base64.b64decode(block, validate=True).decode("ascii")
    except (binascii.Error, ValueError, UnicodeDecodeError):
        plain = block
    match = _LAST_DIGITS.search(plain)
    return number_in(match[1], MOST_PARTS) if match else -1


def speak(fields: Fields) -> bool:
    """Whether a head has a field of a protocol of chunks."""
    return any(name in _SPEAKING for name, _ in fields)


def begins(message: Message, path: str) -> bool:
    """Whether a request makes an upload, with its first bytes: only the reply names its place.

    tus 1.0 (creation-with-upload), draft-ietf-httpbis-resumable-upload, 4.2; Dropbox.
    """
    if _BEGINS.search(path):
        return True
    if not message.form.read(speak):
        return False
    resumable = message.header("upload-length") or message.header("upload-defer-length")
    drafted = message.header("upload-complete").strip() == "?0" or message.header("upload-incomplete").strip() == "?1"
    return bool(message.header("tus-resumable") and resumable) or drafted


def first_of_patched(message: Message, client: str, path: str) -> Piece | None:
    """The beginning of a picture, by PUT, which may be gone on with by PATCH (`X-Update-Range`)."""
    if message.method != "PUT" or not message.complete or message.file_range is not None:
        return None
    kind = sniff(message.body)
    torn = kind and not extent(message.body, kind).whole
    return sent_to("dav", message, client, path)._replace(offset=0) if torn else None


def segment_of(message: Message, client: str) -> Piece | None:
    """What may be a segment: an object sent to Swift, or in one request to Google (JSON API, objects: insert)."""
    path, _, query = message.path.partition("?")
    if (segment := _swift(message, client, path)) is not None:
        return segment if "multipart-manifest=" not in query else None
    found = _INSERTED.fullmatch(path) if message.method == "POST" else None
    fields = parameters(query) if found is not None else {}
    if found is None or fields.get("uploadType") != "media" or not (name := fields.get("name", "")):
        return None
    bucket = sent_to("gcs", message, client, found[1])
    return bucket._replace(name=_last(name), number=LISTED, links=(name,))


def _swift(message: Message, client: str, path: str) -> Piece | None:
    """An object that is sent to an account, under its name with its container."""
    found = _OBJECT.fullmatch(path) if message.method == "PUT" else None
    if found is None or not (found[1].startswith(_OWN_PREFIX) or message.header("x-auth-token")):
        return None
    name = unquote(found[2], errors="replace").strip("/")
    account = sent_to("swift", message, client, found[1])
    return account._replace(name=_last(name), number=LISTED, links=(name,))


def list_of(message: Message, client: str) -> Piece | None:
    """What makes an object of blocks or segments that were sent: their names, in order."""
    path, _, query = message.path.partition("?")
    names: tuple[str, ...] = ()
    whole: Piece | None = None
    if message.method == "POST":
        if (made := mkfile(path, message.body)) is not None:
            return made
        if (found := _COMPOSED.fullmatch(path)) is not None:  # objects: compose
            whole = sent_to("gcs", message, client, found[1])._replace(name=_last(last_of(found[2])))
            names = _names(message, (message.json.mapping or {}).get("sourceObjects"), "name")
    elif message.method == "PUT" and "comp=blocklist" in query:  # Azure
        whole = sent_to("azure", message, client, path)
        names = tuple(found.decode("latin-1") for found in _LISTED.findall(message.body)[:MOST_PARTS])
    elif "multipart-manifest=" in query and parameters(query).get("multipart-manifest") == "put":
        whole = _swift(message, client, path)
        names = tuple(name.strip("/") for name in _names(message, message.json.value, "path")) if whole else ()
    return whole._replace(role=END, number=0, links=names) if whole is not None and names else None


def mkfile(path: str, body: bytes) -> Piece | None:
    """What makes an object of Qiniu's blocks: `/mkfile/<size>[/key/<base64>]…` with the contexts as its body."""
    steps = path.split("/", 64)
    if len(steps) < 3 or steps[1] != "mkfile" or number_in(steps[2]) < 0:
        return None
    options = dict(zip(steps[3::2], steps[4::2], strict=False))
    links = tuple(link.strip() for link in body.decode("latin-1").split(",", MOST_LINKS)[:MOST_LINKS] if link.strip())
    name = _last(qiniu_key(options.get("key", ""))) or qiniu_key(options.get("fname", ""))
    return Piece(_BLOCKS, name, END, links=links, size=int(steps[2]))


def _names(message: Message, listed: Any, of: str) -> tuple[str, ...]:
    """What a list of objects names; nothing where one of them has no name, or is cited in part."""
    if not isinstance(listed, list) or len(message.body) > MOST_MANIFEST:
        return ()
    rows = [one for one in listed[:MOST_PARTS] if isinstance(one, dict) and not one.get("range")]
    names = tuple(one[of] for one in rows if isinstance(one.get(of), str))
    return names if len(names) == len(listed) else ()


def block_reply(request: Message, reply: Message) -> Piece | None:
    """The reply to a block of Qiniu or a piece of it, `{"ctx": …}`, which names it."""
    if request.method != "POST" or len(reply.body) > _MOST_REPLY or _block(request.path.partition("?")[0]) is None:
        return None
    context = (reply.json.mapping or {}).get("ctx")
    return Piece(_BLOCKS, "", REPLY, LISTED, links=(context,)) if is_word(context) else None


def parameters(query: str) -> dict[str, str]:
    """First value of each of the first 64 parameters; the empty string for one without value."""
    fields: dict[str, str] = {}
    for pair in query.split("&", 64)[:64]:
        name, _, value = pair.partition("=")
        fields.setdefault(name, unquote(value, errors="replace"))
    return fields


def qiniu_key(encoded: str) -> str:
    """Object key in the URL-safe base64 of Qiniu's paths; empty where there is none (`~`) or it cannot be read."""
    try:
        return base64.urlsafe_b64decode(encoded.rstrip("=") + "==").decode("utf-8", "replace") if encoded != "~" else ""
    except (binascii.Error, ValueError):
        return ""


def _last(key: str) -> str:
    return key.rpartition("/")[2]
