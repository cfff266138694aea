"""Pictures that are sent or fetched in parts, each in an exchange of its own, after what makers of stores publish."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pcaps.validation.web import Exchange, answered, head

if TYPE_CHECKING:
    from pcaps.validation.draw import Draw

Dialect = Callable[["Draw", bytes, Sequence[bytes]], list[Exchange]]
"""A draw, the whole, and its parts in order, to the exchanges that carry them."""


def _ask(
    method: str, host: str, target: str, body: bytes = b"", more: Sequence[tuple[str, str]] = (), reply: bytes = b"",
    status: str = "200 OK", reply_fields: Sequence[tuple[str, str]] = (),
) -> Exchange:  # fmt: skip
    fields = [("Host", host), *more]
    if method != "GET":
        fields.append(("Content-Length", str(len(body))))
    request = head(f"{method} {target} HTTP/1.1", fields) + body
    return Exchange(request, answered(status, list(reply_fields), reply), method, host, target, int(status[:3]))


def _host(draw: Draw) -> str:
    return f"{draw.word(6)}.example.com"


def numbered(draw: Draw, whole: bytes, parts: Sequence[bytes]) -> list[Exchange]:
    """Parts of S3 and its like, in any order, one of them twice; then the list that makes the whole."""
    del whole
    host, key, upload = _host(draw), f"/{draw.word(4)}/{draw.word(6)}.jpg", draw.word(24).upper()
    order = draw.shuffled(range(len(parts)))
    query = "?partNumber={}&uploadId={}"
    sent = [
        _ask("PUT", host, key + query.format(number + 1, upload), parts[number], reply_fields=[("ETag", f'"{number}"')])
        for number in [*order, order[-1]]
    ]
    body = b"<CompleteMultipartUpload>"
    body += b"".join(b"<Part><PartNumber>%d</PartNumber><ETag>%d</ETag></Part>" % (n + 1, n) for n in range(len(parts)))
    return [*sent, _ask("POST", host, f"{key}?uploadId={upload}", body + b"</CompleteMultipartUpload>")]


def appended(draw: Draw, whole: bytes, parts: Sequence[bytes]) -> list[Exchange]:
    """Bytes behind those before (OSS, COS, OBS)."""
    del whole
    host, key, at, sent = _host(draw), f"/{draw.word(6)}.jpg", 0, []
    for part in parts:
        sent.append(_ask("POST", host, f"{key}?append&position={at}", part))
        at += len(part)
    return sent


def blocks(draw: Draw, whole: bytes, parts: Sequence[bytes]) -> list[Exchange]:
    """Blocks and pieces of blocks that contexts name (Qiniu, version 1)."""
    host, key, contexts, sent = _host(draw), f"{draw.word(6)}.jpg", [], []
    for number in range(0, len(parts), 2):
        pair = parts[number : number + 2]
        context = draw.word(30)
        reply = json.dumps({"ctx": context, "offset": len(pair[0])}).encode()
        sent.append(_ask("POST", host, f"/mkblk/{sum(map(len, pair))}", pair[0], reply=reply))
        if len(pair) == 2:
            before, context = context, draw.word(30)
            reply = json.dumps({"ctx": context}).encode()
            sent.append(_ask("POST", host, f"/bput/{before}/{len(pair[0])}", pair[1], reply=reply))
        contexts.append(context)
    name = base64.urlsafe_b64encode(key.encode()).decode()
    return [*sent, _ask("POST", host, f"/mkfile/{len(whole)}/key/{name}", ",".join(contexts).encode())]


def buckets(draw: Draw, whole: bytes, parts: Sequence[bytes]) -> list[Exchange]:
    """The same maker, version 2."""
    del whole
    host = _host(draw)
    name = base64.urlsafe_b64encode(f"{draw.word(6)}.jpg".encode()).decode()
    place = f"/buckets/{draw.word(5)}/objects/{name}/uploads/{draw.word(20)}"
    return [_ask("PUT", host, f"{place}/{number}", part) for number, part in enumerate(parts, 1)]


def listed(draw: Draw, whole: bytes, parts: Sequence[bytes]) -> list[Exchange]:
    """Blocks whose ids a list puts in order (Azure); they come in another one."""
    del whole
    host, key = _host(draw), f"/{draw.word(5)}/{draw.word(6)}.jpg"
    ids = [base64.b64encode(draw.word(12).encode()).decode() for _ in parts]
    sent = [
        _ask("PUT", host, f"{key}?comp=block&blockid={ids[number]}", parts[number], status="201 Created")
        for number in draw.shuffled(range(len(parts)))
    ]
    body = "<BlockList>" + "".join(f"<Latest>{one}</Latest>" for one in ids) + "</BlockList>"
    return [*sent, _ask("PUT", host, f"{key}?comp=blocklist", body.encode(), status="201 Created")]


def _placed(method: str, name: str, form: str, status: str = "204 No Content", query: str = "") -> Dialect:
    """Parts to one place, each with a field that says where it belongs."""

    def dialect(draw: Draw, whole: bytes, parts: Sequence[bytes]) -> list[Exchange]:
        host, key, at, sent = _host(draw), f"/files/{draw.word(14)}.jpg{query}", 0, []
        for part in parts:
            value = form.format(first=at, last=at + len(part) - 1, size=len(whole))
            sent.append(_ask(method, host, key, part, [(name, value)], status=status))
            at += len(part)
        return sent

    return dialect


def resumed(draw: Draw, whole: bytes, parts: Sequence[bytes]) -> list[Exchange]:
    """tus with the first bytes in the request that makes the upload."""
    host, place = _host(draw), f"/files/{draw.word(20)}"
    kind = [("Tus-Resumable", "1.0.0"), ("Content-Type", "application/offset+octet-stream")]
    first = [*kind, ("Upload-Length", str(len(whole)))]
    sent = [_ask("POST", host, "/files", parts[0], first, b"", "201 Created", [("Location", place)])]
    at = len(parts[0])
    for part in parts[1:]:
        sent.append(_ask("PATCH", host, place, part, [*kind, ("Upload-Offset", str(at))], status="204 No Content"))
        at += len(part)
    return sent


def in_forms(draw: Draw, whole: bytes, parts: Sequence[bytes]) -> list[Exchange]:
    """Forms with an id, a number and how many there are, as libraries of browsers send them."""
    del whole
    host, mark, upload, name = _host(draw), draw.word(16), draw.word(12), f"{draw.word(6)}.jpg"
    sent = []
    for number, part in enumerate(parts):
        fields = {"uploadId": upload, "name": name, "chunk": str(number), "chunks": str(len(parts))}
        body = "".join(_field(mark, f'name="{key}"') + f"{value}\r\n" for key, value in fields.items())
        data = (body + _field(mark, 'name="file"; filename="blob"')).encode() + part + f"\r\n--{mark}--\r\n".encode()
        sent.append(_ask("POST", host, "/upload", data, [("Content-Type", f"multipart/form-data; boundary={mark}")]))
    return sent


def _field(mark: str, parameters: str) -> str:
    return f"--{mark}\r\nContent-Disposition: form-data; {parameters}\r\n\r\n"


def in_queries(draw: Draw, whole: bytes, parts: Sequence[bytes]) -> list[Exchange]:
    """Bodies of which the query says number and id."""
    host, upload = _host(draw), draw.word(16)
    query = "resumableChunkNumber={}&resumableTotalChunks={}&resumableTotalSize={}&resumableIdentifier={}"
    return [
        _ask("POST", host, "/up?" + query.format(number, len(parts), len(whole), upload), part,
             [("Content-Type", "application/octet-stream")])
        for number, part in enumerate(parts, 1)
    ]  # fmt: skip


def in_paths(draw: Draw, whole: bytes, parts: Sequence[bytes]) -> list[Exchange]:
    """A folder of an upload, with numbers as names."""
    del whole
    host, place = _host(draw), f"/uploads/{draw.word(12)}"
    return [_ask("PUT", host, f"{place}/{number:05}", part) for number, part in enumerate(parts, 1)]


def in_texts(draw: Draw, whole: bytes, parts: Sequence[bytes]) -> list[Exchange]:
    """Pieces of base64 in JSON."""
    del parts
    text = base64.b64encode(whole).decode()
    size = max(1500, -(-len(text) // 4))
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    host, upload = _host(draw), draw.word(16)
    bodies = [{"uploadId": upload, "index": n, "total": len(pieces), "data": one} for n, one in enumerate(pieces)]
    kind = [("Content-Type", "application/json")]
    return [_ask("POST", host, "/api/upload", json.dumps(body).encode(), kind) for body in bodies]


def fetched(draw: Draw, whole: bytes, parts: Sequence[bytes]) -> list[Exchange]:
    """Ranges of one content that a strong tag names (RFC 9110, 14)."""
    host, key, tag = _host(draw), f"/{draw.word(8)}.jpg", f'"{draw.word(10)}"'
    places, at = [], 0
    for part in parts:
        places.append((at, part))
        at += len(part)
    sent = []
    for first, part in draw.shuffled(places):
        last = first + len(part) - 1
        reply_fields = [
            ("Content-Type", "image/jpeg"),
            ("ETag", tag),
            ("Content-Range", f"bytes {first}-{last}/{len(whole)}"),
        ]
        asked = [("Range", f"bytes={first}-{last}")]
        sent.append(_ask("GET", host, key, b"", asked, part, "206 Partial Content", reply_fields))
    return sent


def several(draw: Draw, whole: bytes, parts: Sequence[bytes]) -> list[Exchange]:
    """All of them in one request (multipart/byteranges)."""
    mark, at, body = draw.word(16), 0, bytearray()
    for part in parts:
        place = f"bytes {at}-{at + len(part) - 1}/{len(whole)}"
        body += f"--{mark}\r\nContent-Type: image/jpeg\r\nContent-Range: {place}\r\n\r\n".encode() + part + b"\r\n"
        at += len(part)
    body += f"--{mark}--\r\n".encode()
    kind = [("Content-Type", f"multipart/byteranges; boundary={mark}")]
    return [_ask("PUT", _host(draw), f"/{draw.word(8)}.jpg", bytes(body), kind)]


UP: dict[str, Dialect] = {
    "numbered": numbered, "appended": appended, "blocks": blocks, "buckets": buckets, "listed": listed,
    "resumed": resumed, "forms": in_forms, "queries": in_queries, "paths": in_paths, "texts": in_texts,
    "several": several,
    "tus": _placed("PATCH", "Upload-Offset", "{first}"),
    "ranges": _placed("PUT", "Content-Range", "bytes {first}-{last}/{size}", "200 OK"),
    "dav": _placed("PATCH", "X-Update-Range", "bytes={first}-{last}"),
    "pages": _placed("PUT", "x-ms-range", "bytes={first}-{last}", "201 Created", "?comp=page"),
    "behind": _placed("PUT", "x-ms-blob-condition-appendpos", "{first}", "201 Created", "?comp=appendblock"),
}  # fmt: skip
DOWN: dict[str, Dialect] = {"fetched": fetched}
