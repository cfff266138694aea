"""Uploads in parts, as object stores take them: which message is which part of what (facts 6)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from netaudit.text.json_document import is_word

if TYPE_CHECKING:
    from netaudit.messages.message import Message

MOST_PARTS = 10_000  # the highest part number of OSS, COS, OBS and S3
MOST_OFFSET = 1 << 47  # bytes; no store takes objects that large
NEXT = MOST_OFFSET + 1  # an offset that is not said: behind what was sent before
MOST_LINKS = 4096  # blocks of an upload to Qiniu: 16 GiB
PART, BLOCK, REPLY, END = "part", "block", "reply", "end"
CHUNK, TEXT = "chunk", "text"  # of an upload that no store names (`chunks.py`); TEXT: as base64, cut anywhere
MADE = "made"  # a reply that names the upload which its request, a CHUNK already, has begun
RANGE, SENT, PIECE = "range", "sent", "piece"  # of files that are no uploads in parts (`joined_pieces.py`)
_BLOCKS = "qiniu blocks"  # contexts tell them apart; the hosts of one upload differ
_MOST_REPLY = 8192  # bytes of a reply that names a block
_DIGITS = re.compile(r"[0-9]{1,15}")
_QINIU_PART = re.compile(r"/buckets/([^/]+)/objects/([^/]+)/uploads/([^/]+)/([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class UploadPart:
    """What one message says of an upload. `upload` names it: host, object key and upload id.

    Parts are put in order by `number`, by `offset` where stores count bytes, or by `links`: the contexts of Qiniu's
    blocks, which a reply gives and the next request cites.
    """

    upload: str
    number: int  # from 1; 0 where they are not numbered, -1 for a reply, and where only an END says it
    name: str = ""  # last segment of the object key
    role: str = PART  # BLOCK: (a piece of) a block; REPLY gives its link; END lists the links of the whole
    offset: int = -1  # bytes; of a part in the whole (in its block with Qiniu), -1 where unknown
    links: tuple[str, ...] = ()
    size: int = -1  # bytes of the whole as an END declares it


def upload_part(method: str, host: str, path: str) -> UploadPart | None:
    """The part that a request carries; None for any other request.

    `PUT ?partNumber=n&uploadId=…` (OSS, COS, OBS, BOS, S3 alike), `POST ?append&position=n` (OSS, COS, OBS; BOS and TOS
    say offset), Qiniu's `PUT /buckets/…/uploads/<id>/<n>` and `POST /mkblk/<size>`, `/bput/<ctx>/<offset>`.
    """
    if method not in ("PUT", "POST"):
        return None
    key, _, query = path.partition("?")
    if method == "PUT" and "uploadId=" in query:
        return _numbered(host, key, query)
    if method == "POST" and "append" in query:
        return _appended(host, key, query)
    if method == "PUT" and (match := _QINIU_PART.fullmatch(key)):
        bucket, name, upload, number = match.groups()
        if 1 <= int(number) <= MOST_PARTS:
            return UploadPart(f"qiniu\0{bucket}\0{name}\0{upload}", int(number), _last(qiniu_key(name)))
    return _block(key) if method == "POST" else None


def _numbered(host: str, key: str, query: str) -> UploadPart | None:
    fields = parameters(query)
    number, upload = fields.get("partNumber", ""), fields.get("uploadId", "")
    if not upload or not _DIGITS.fullmatch(number) or not 1 <= int(number) <= MOST_PARTS:
        return None
    return UploadPart(f"{host.lower()}\0{key}\0{upload}", int(number), _last(unquote(key, errors="replace")))


def _appended(host: str, key: str, query: str) -> UploadPart | None:
    fields = parameters(query)
    position = fields.get("position", fields.get("offset", ""))
    if "append" not in fields or not _DIGITS.fullmatch(position) or int(position) > MOST_OFFSET:
        return None
    name = _last(unquote(key, errors="replace"))
    return UploadPart(f"{host.lower()}\0{key}\0append", 0, name, offset=int(position))


def _block(key: str) -> UploadPart | None:
    steps = key.split("/", 4)
    if len(steps) == 3 and steps[1] == "mkblk" and _DIGITS.fullmatch(steps[2]):
        return UploadPart(_BLOCKS, 0, role=BLOCK, offset=0)
    if len(steps) == 4 and steps[1] == "bput" and steps[2] and _DIGITS.fullmatch(steps[3]):
        return UploadPart(_BLOCKS, 0, role=BLOCK, offset=int(steps[3]), links=(steps[2],))
    return None


def upload_end(method: str, path: str, body: bytes) -> UploadPart | None:
    """What makes an object of Qiniu's blocks: `POST /mkfile/<size>[/key/<base64>]…` with the contexts as its body."""
    steps = path.partition("?")[0].split("/", 64)
    if method != "POST" or len(steps) < 3 or steps[1] != "mkfile" or not _DIGITS.fullmatch(steps[2]):
        return None
    options = dict(zip(steps[3::2], steps[4::2], strict=False))
    links = tuple(link.strip() for link in body.decode("latin-1").split(",", MOST_LINKS)[:MOST_LINKS] if link.strip())
    name = _last(qiniu_key(options.get("key", ""))) or qiniu_key(options.get("fname", ""))
    return UploadPart(_BLOCKS, 0, name, END, links=links, size=int(steps[2]))


def upload_reply(method: str, path: str, reply: Message) -> UploadPart | None:
    """The reply to a block or a piece of it, `{"ctx": …}`; method and path are those of its request."""
    if method != "POST" or len(reply.body) > _MOST_REPLY or _block(path.partition("?")[0]) is None:
        return None
    context = (reply.json.mapping or {}).get("ctx")
    if not is_word(context):
        return None
    return UploadPart(_BLOCKS, -1, role=REPLY, links=(context,))


def qiniu_key(encoded: str) -> str:
    """Object key in the URL-safe base64 of Qiniu's paths; empty where there is none (`~`) or it cannot be read."""
    try:
        return base64.urlsafe_b64decode(encoded.rstrip("=") + "==").decode("utf-8", "replace") if encoded != "~" else ""
    except (binascii.Error, ValueError):
        return ""


def _last(key: str) -> str:
    return key.rpartition("/")[2]


def parameters(query: str) -> dict[str, str]:
    """First value of each of the first 64 parameters; the empty string for one without value."""
    fields: dict[str, str] = {}
    for pair in query.split("&", 64)[:64]:
        name, _, value = pair.partition("=")
        fields.setdefault(name, unquote(value, errors="replace"))
    return fields
