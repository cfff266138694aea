"""Large objects of stores whose segments have any names, and the list that makes them one.

OpenStack Swift: `PUT /v1/<account>/<container>/<object>` takes a segment, `PUT …?multipart-manifest=put` with a list of
`{"path": "/<container>/<object>"}` makes them one object (Static Large Objects). Google Cloud Storage:
`POST /upload/storage/v1/b/<bucket>/o?uploadType=media&name=<object>` takes one, and `sourceObjects` of
`POST /storage/v1/b/<bucket>/o/<object>/compose` make them one. What is no segment looks alike until the list comes, so
each is read as what it is, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from netaudit.rows.uploads import CHUNK, END, MOST_PARTS, UploadPart, parameters

if TYPE_CHECKING:
    from netaudit.messages.message import Message

LISTED = -1  # number of a segment: only a manifest says where it belongs
MOST_MANIFEST = 4 << 20  # bytes
_OBJECT = re.compile(r"(?:/swift)?/v1(?:\.0)?/([^/]+)/([^/]+/.+)")
_INSERTED = re.compile(r"/upload/storage/v1/b/([^/]+)/o")
_COMPOSED = re.compile(r"/storage/v1/b/([^/]+)/o/([^/]+)/compose")
_OWN_PREFIX = "AUTH_"  # of accounts, where nothing else was configured


def segment_of(message: Message, client: str) -> UploadPart | None:
    """What may be a segment: an object that is sent to Swift."""
    place = _place(message, client) or _media(message, client)
    if place is None or "multipart-manifest=" in message.path:
        return None
    upload, name = place
    return UploadPart(upload, LISTED, name.rpartition("/")[2], role=CHUNK, links=(name,))


def segment_list(message: Message, client: str) -> UploadPart | None:
    """The manifest, by the names of its segments; None where one of them is cited in part, or stands in it itself."""
    if message.method == "POST":
        return _composed(message, client)
    query = message.path.partition("?")[2]
    if message.direction or "multipart-manifest=" not in query or len(message.body) > MOST_MANIFEST:
        return None
    place, listed = _place(message, client), message.json.value
    if place is None or parameters(query).get("multipart-manifest") != "put" or not isinstance(listed, list):
        return None
    paths = [one.get("path") for one in listed[:MOST_PARTS] if isinstance(one, dict) and not one.get("range")]
    names = tuple(path.strip("/") for path in paths if isinstance(path, str))
    if not names or len(names) < len(listed):
        return None
    return UploadPart(place[0], 0, place[1].rpartition("/")[2], END, links=names)


def _media(message: Message, client: str) -> tuple[str, str] | None:
    """The same of an object that is sent to Google Cloud Storage in one request (JSON API, objects: insert)."""
    path, _, query = message.path.partition("?")
    found = _INSERTED.fullmatch(path) if message.method == "POST" else None
    fields = parameters(query) if found is not None else {}
    if found is None or fields.get("uploadType") != "media" or not fields.get("name"):
        return None
    return _bucket(message, client, found[1]), fields["name"]


def _composed(message: Message, client: str) -> UploadPart | None:
    """The list of objects that become one (objects: compose)."""
    found = _COMPOSED.fullmatch(message.path.partition("?")[0])
    if found is None or message.direction or len(message.body) > MOST_MANIFEST:
        return None
    document = message.json.value
    listed = document.get("sourceObjects") if isinstance(document, dict) else None
    rows = [one for one in listed[:MOST_PARTS] if isinstance(one, dict)] if isinstance(listed, list) else []
    names = tuple(one["name"] for one in rows if isinstance(one.get("name"), str))
    if not names or not isinstance(listed, list) or len(names) < len(listed):
        return None
    name = unquote(found[2], errors="replace").rpartition("/")[2]
    return UploadPart(_bucket(message, client, found[1]), 0, name, END, links=names)


def _bucket(message: Message, client: str, bucket: str) -> str:
    return f"chunks\0gcs\0{client}\0{message.host.lower()}\0{bucket}"


def _place(message: Message, client: str) -> tuple[str, str] | None:
    """What names the uploads to an account, and the object in it with its container."""
    found = _OBJECT.fullmatch(message.path.partition("?")[0]) if message.method == "PUT" else None
    if found is None or not (found[1].startswith(_OWN_PREFIX) or message.header("x-auth-token")):
        return None
    upload = f"chunks\0swift\0{client}\0{message.host.lower()}\0{found[1]}"
    return upload, unquote(found[2], errors="replace").strip("/")
