"""Facts from HTTP and RTSP: what a host asks for and how, what it serves and how it calls itself."""

from __future__ import annotations

import base64
import html
import re
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

from netaudit.devices.observations.ledger import masked_value
from netaudit.devices.observations.logins import note_login
from netaudit.devices.observations.ntlm import MAGIC
from netaudit.devices.observations.windows import note_ntlm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.core.contracts.heads import Fields
    from netaudit.devices.observations.ends import Ends, Host, Place, Spoken
    from netaudit.devices.observations.ledger import Ledger, Note

LOOK = 64 << 10  # bytes of a page in which a title or a description is looked for
BODY_LOOK = 4096  # bytes of a request body whose part and event names are noted
JSON_LOOK = 256 << 10  # the same of a document, in which pictures stand between the names
MOST_KEYS = 32  # field names of one body
FEW_MARKS = 512
LONGEST_PATH = 96
LONGEST_TOKEN = 4096  # characters of base64, a multiple of four
MOST_SDP_LINES = 256
SDP_LINES = {"s": "session", "i": "information", "m": "media"}
STATIC = re.compile(r"\.(?:jpe?g|png|gif|webp|bmp|ico|css|js|woff2?|svg|mp4|ts)$", re.IGNORECASE)
REALM = re.compile(r"realm\s*=\s*(?:\"([^\"]{1,200})\"|([^\s,\"]{1,200}))", re.IGNORECASE)
# no repetition beside another that takes the same bytes: a page of blanks must not take hours
TITLE = re.compile(rb"<title(?:\s[^<>]{0,100})?>([^<]{1,400})</title", re.IGNORECASE)
CHARSET = re.compile(r"charset=\"?([\w-]{2,20})", re.IGNORECASE)
CHARSETS = frozenset(  # not whatever a page names: some codecs of Python are no character sets
    (
        "utf-8",
        "utf8",
        "us-ascii",
        "iso-8859-1",
        "windows-1252",
        "gb2312",
        "gbk",
        "gb18030",
        "big5",
        "shift_jis",
        "euc-kr",
    )
)
UPNP = b"urn:schemas-upnp-org:device"
UPNP_PARTS = re.compile(rb"<deviceList>.{0,60000}</deviceList>", re.DOTALL)  # devices within the one that speaks
UPNP_TAGS = {
    "deviceType": "type", "friendlyName": "name", "manufacturer": "manufacturer", "modelName": "model",
    "modelNumber": "model_number", "modelDescription": "description", "serialNumber": "serial", "UDN": "udn",
}  # fmt: skip
UPNP_FIELD = re.compile(rb"<(" + "|".join(UPNP_TAGS).encode() + rb")>([^<]{1,400})</")
PART_NAME = re.compile(rb"\bname=\"?([A-Za-z_]\w{2,39})", re.ASCII)
JSON_KEY = re.compile(rb"\"([A-Za-z_][\w-]{2,39})\"\s{0,4}:", re.ASCII)
XML_TAG = re.compile(rb"<([A-Za-z_]\w{2,39})[ >]", re.ASCII)
FORM_KEY = re.compile(rb"(?:^|&)([A-Za-z_]\w{2,39})=", re.ASCII)
MARKS = {PART_NAME: b"name=", JSON_KEY: b'"', XML_TAG: b"<", FORM_KEY: b"&"}
EVENT = re.compile(rb"(?:\"(eventType|Code|operator)\"\s{0,4}:\s{0,4}\"|<(eventType)>)(\w{3,40})")
TOLD_HEADERS = frozenset({"user-identify", "x-tc-action", "x-amz-target"})


Facts = tuple[int, str, tuple[str, ...]]  # 0 of the client or 1 of the server, field, values


def observe_http(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Note a request or a response."""
    if message.direction:
        _response(message, ends.server, ledger, place)
        return
    facts, client = plain_facts(message), ends.client
    pairs, proof = message.form.read(_of_client)
    if proof:
        note_plain(facts[: len(pairs)], ends, ledger, place)
        note_ntlm(_token(proof), client, ledger, place)
        note_login("http_client", proof, client, ledger, place)
        facts = facts[len(pairs) :]
    note_plain(facts, ends, ledger, place)


def note_plain(facts: list[Facts], ends: Ends, ledger: Ledger, place: Place, times: int = 1) -> None:
    """Note facts of `plain_facts`, said so many times, the first of them here."""
    whose = (("http_client", *ends.client), ("http_server", *ends.server))
    notes: list[Note] = []
    for end, field, values in facts:
        host = ledger.field(*whose[end], field)
        notes += [(host, value, place, times) for value in values]
    ledger.note_all(notes)


def is_plain(fields: Fields) -> bool:
    """Whether a head proves nothing and asks for no proof: of a small document `plain_facts` are all that is noted."""
    return not _of_client(fields)[1] and not _of_server(fields)[1]


def plain_facts(message: Spoken) -> list[Facts]:
    """What is noted of any request, and of an answer with a small document: of which end, field and values, masked."""
    if message.direction:
        name, _ = message.form.read(_of_server)
        return [(1, "server", (name,))] if name else []
    facts = [*message.form.read(_of_client)[0]]
    if shown := _shown(message.path.partition("?")[0][:LONGEST_PATH]):
        facts += [(0, "path", (shown,)), (1, "path", (shown,))]
    if message.method in {"POST", "PUT"} and message.body:
        if keys := _keys(message.content_type, message.body):
            facts.append((0, "key", _shown_keys(keys)))
        for value in _events(message.body[:BODY_LOOK]):
            facts += [(0, "event", (masked_value(value),)), (1, "received_event", (masked_value(value),))]
    return facts


@lru_cache(maxsize=1024)
def _shown_keys(keys: tuple[bytes, ...]) -> tuple[str, ...]:
    """Names of fields as they are noted; the same stand in most bodies."""
    return tuple(masked_value(key.decode(), "key") for key in keys)


@lru_cache(maxsize=4096)
def _shown(path: str) -> str:
    """A path as it is noted; empty for what is no path, or that of a file."""
    return masked_value(path, "path") if path.startswith("/") and not STATIC.search(path) else ""


def _of_client(fields: Fields) -> tuple[tuple[Facts, ...], str]:
    """Facts of who asks by the head of a request, masked, and how it proves who it is."""
    agent, proof = (next((value for key, value in fields if key == one), "") for one in ("user-agent", "authorization"))
    pairs = [("user_agent", agent)] if agent else []
    pairs += [
        ("header", f"{name}: {value}")
        for name, value in fields[:64]
        if name.startswith("x-platform") or name in TOLD_HEADERS
    ]
    return tuple((0, field, (masked_value(value, field),)) for field, value in pairs), proof


def _keys(content_type: str, body: bytes) -> tuple[bytes, ...]:
    """Names of parts and fields near the beginning of a body: by them device protocols are told apart."""
    patterns: tuple[re.Pattern[bytes], ...]
    look = BODY_LOOK
    if "multipart" in content_type:
        patterns = (PART_NAME, JSON_KEY)
    elif "x-www-form" in content_type:
        patterns = (FORM_KEY,)
    else:
        first = body[:64].lstrip()[:1]
        patterns = (JSON_KEY,) if first in {b"{", b"["} else (XML_TAG,) if first == b"<" else ()
        look = JSON_LOOK
    found: dict[bytes, None] = {}
    for pattern in patterns:
        for match in _matches(pattern, body, look):
            found[match[1]] = None
            if len(found) >= MOST_KEYS:
                return tuple(found)
    return tuple(found)


def _matches(pattern: re.Pattern[bytes], body: bytes, end: int) -> Iterator[re.Match[bytes]]:
    """What the pattern finds in the first `end` bytes.

    All of it begins with the same bytes, or at the first one; where pictures stand between, these are found far faster
    by themselves.
    """
    mark, at = MARKS[pattern], 0
    for _ in range(FEW_MARKS):
        match = pattern.match(body, at, end)
        if match is not None:
            yield match
        at = body.find(mark, match.end() if match is not None else at + 1, end)
        if at < 0:
            return
    yield from pattern.finditer(body, at, end)


def _events(head: bytes) -> list[str]:
    if b"eventType" not in head and b"Code" not in head and b"operator" not in head:  # far faster than the expression
        return []
    return [match[3].decode("ascii", "replace") for match in list(EVENT.finditer(head))[:4]]


def _response(message: Spoken, server: Host, ledger: Ledger, place: Place) -> None:
    _banner("http_server", message, server, ledger, place)
    if not message.body:
        return
    if "html" in message.content_type:
        found = TITLE.search(_beginning(message))
        if found and (title := _text(found[1], message.content_type)):
            ledger.note("http_server", server.mac, server.ip, "title", title, *place)
    elif "xml" in message.content_type and UPNP in (page := _beginning(message)):
        page, tags = UPNP_PARTS.sub(b"", page), set[bytes]()
        for match in UPNP_FIELD.finditer(page):
            if match[1] not in tags and (value := _text(match[2], "")):  # the first is the root device's
                tags.add(match[1])
                ledger.note("upnp", server.mac, server.ip, UPNP_TAGS[match[1].decode()], value, *place)


def _beginning(message: Spoken) -> bytes:
    """The first bytes of a page, unpacked; nothing of what is packed otherwise than by gzip or deflate."""
    coding = message.header("content-encoding").strip().lower()
    if coding in {"", "identity"}:
        return message.body[:LOOK]
    if coding not in {"gzip", "x-gzip", "deflate"}:
        return b""
    try:
        return zlib.decompressobj(wbits=47).decompress(message.body[:LOOK], LOOK)  # 47: either header (zlib manual)
    except zlib.error:
        return b""


def _of_server(fields: Fields) -> tuple[str, tuple[str, ...]]:
    """What a server calls itself, masked, and how it asks for a proof."""
    name = next((value for key, value in fields if key == "server"), "")
    return masked_value(name, "server"), tuple(value for key, value in fields[:64] if key == "www-authenticate")


def _banner(kind: str, message: Spoken, server: Host, ledger: Ledger, place: Place) -> None:
    name, asked = message.form.read(_of_server)
    if name:
        ledger.note_all([(ledger.field(kind, server.mac, server.ip, "server"), name, place, 1)])
    for value in asked:
        if found := REALM.search(value[:1024]):
            ledger.note(kind, server.mac, server.ip, "realm", found[1] or found[2], *place)
        note_ntlm(_token(value), server, ledger, place)


def _token(value: str) -> bytes:
    """Token of NTLM in a header's value (MS-NTHT, 2.2), bare or in SPNEGO."""
    scheme, _, text = value.strip().partition(" ")
    if scheme.lower() not in {"ntlm", "negotiate"} or not text:
        return b""
    try:
        raw = base64.b64decode(text[:LONGEST_TOKEN].encode())
    except ValueError:
        return b""
    return raw[max(raw.find(MAGIC), 0) :]


def observe_rtsp(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Note an RTSP request's agent and address, or a response's server, realm and description (RFC 2326, 12)."""
    server = ends.server
    if message.direction:
        _banner("rtsp_server", message, server, ledger, place)
        if "sdp" in message.content_type:
            for field, value in _description(message.body):
                ledger.note("rtsp_server", server.mac, server.ip, field, value, *place)
        return
    client = ends.client
    if agent := message.header("user-agent"):
        ledger.note("rtsp_client", client.mac, client.ip, "user_agent", agent, *place)
    if value := message.header("authorization"):
        note_login("rtsp_client", value, client, ledger, place)
    path = message.path.partition("?")[0][:LONGEST_PATH]
    if path.startswith("/"):
        ledger.note("rtsp_client", client.mac, client.ip, "path", path, *place)
        ledger.note("rtsp_server", server.mac, server.ip, "path", path, *place)


def _description(body: bytes) -> Iterator[tuple[str, str]]:
    """Session name, tool, media and codecs of a session description (RFC 8866, 5)."""
    lines = body[:LOOK].decode("utf-8", "replace").splitlines()[:MOST_SDP_LINES]
    for line in lines:
        kind, _, value = line.strip().partition("=")
        if kind in SDP_LINES and value.strip(" -"):
            yield SDP_LINES[kind], value
        elif kind == "a" and value.startswith("rtpmap:"):
            yield "codec", value.partition(" ")[2]
        elif kind == "a" and value.startswith("tool:"):
            yield "tool", value[5:].strip()


def _text(raw: bytes, content_type: str) -> str:
    """A title in the declared charset, else UTF-8, else the GBK of older Chinese devices."""
    raw = raw.strip()
    declared = CHARSET.search(content_type)
    charset = declared[1].lower() if declared else ""
    for known in (*((charset,) if charset in CHARSETS else ()), "utf-8", "gb18030"):
        try:
            return html.unescape(raw.decode(known))
        except UnicodeDecodeError:
            continue
    return html.unescape(raw.decode("utf-8", "replace"))
