"""Uploads in parts, as object stores take them: which message is which part of what."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

MOST_PARTS = 10_000  # the highest part number of OSS, COS, OBS and S3


@dataclass(frozen=True, slots=True)
class UploadPart:
    """One part of an upload. `upload` names the upload: host, object key and upload id."""

    upload: str
    number: int
    name: str  # object key


def upload_part(method: str, host: str, path: str) -> UploadPart | None:
    """The part that a request carries, by `?partNumber=n&uploadId=…` (OSS, COS, OBS, BOS, S3 alike; FACTS 6)."""
    if method != "PUT" or "uploadId=" not in path:
        return None
    key, _, query = path.partition("?")
    said = parse_qs(query, max_num_fields=64)
    number, upload = said.get("partNumber", [""])[0], said.get("uploadId", [""])[0]
    if not upload or not number.isascii() or not number.isdigit() or not 1 <= int(number[:6]) <= MOST_PARTS:
        return None
    name = unquote(key.rpartition("/")[2], errors="replace")
    return UploadPart(f"{host.lower()}\0{key}\0{upload}", int(number), name)
