"""Discovery of cameras over UDP: WS-Discovery (ONVIF), Hikvision's SADP, Dahua's DHDiscover and its forerunner.

WS-Discovery: OASIS WS-Discovery 1.1 and ONVIF Core, 7 (facts 5.6). SADP: facts 3.1. Dahua: facts 4.1 and 4.2.
"""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import unquote

import orjson

from netaudit.core.contracts.details import StatedDetails
from netaudit.protocols.marks import Mark, literal
from netaudit.protocols.message import Message
from netaudit.protocols.reader import DatagramReader, Opening, Verdict

LONGEST = 16384  # bytes of a datagram that are read
MOST_FIELDS = 64
LONGEST_VALUE = 300
DHIP = b"\x20\x00\x00\x00DHIP"
DHIP_HEADER = 32
OLD_ASK, OLD_REPLY = b"\xa3\x01\x00\x01", b"\xb3\x00"  # of Dahua's older discovery, port 5050
OLD_LEAST = 120  # bytes of its reply's body
OLD_MAC = re.compile(rb"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])")
SCOPE = re.compile(r"onvif://www\.onvif\.org/(name|hardware|location|[Pp]rofile)/(.{1,200})\Z")
WSD_NAMESPACE = re.compile(rb"(?:2005/04/discovery|wsdd/ns/discovery)")
WSD_REPLY = re.compile(rb"<(?:[\w-]{1,20}:)?(?:ProbeMatch|ResolveMatch|Hello)[ />]")
WSD_FIELD = re.compile(rb"<(?:[\w-]{1,20}:)?(Types|Scopes|XAddrs)(?:\s[^<>]{0,300})?>([^<]{1,4000})<")
WSD_ENDPOINT = re.compile(rb">\s{0,40}(urn:uuid:[0-9A-Fa-f-]{32,40})\s{0,40}</(?:[\w-]{1,20}:)?Address>")
SADP_ROOT = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s{0,8}(?:<\?xml[^>]{0,100}>\s{0,8})?<(Probe|ProbeMatch)(?:\s[^<>]{0,200})?>"
)
SADP_FIELD = re.compile(rb"<(\w{2,40})>([^<]{1,400})</")
DAHUA_FIELDS = ("DeviceType", "DetailType", "SerialNo", "MachineName", "Vendor", "Version", "MAC", "mac", "DeviceClass")

Said = list[tuple[str, str]]


MARKS = (*(Mark(literal(start)) for start in (DHIP, OLD_ASK, OLD_REPLY)), Mark(holds=(b"<", 0, 8)))


_END = {  # what ends a message, and the blanks behind it
    "wsd": re.compile(rb"(?:</(?:[\w-]{1,20}:)?Envelope\s*>|<(?:[\w-]{1,20}:)?Envelope[^<>]*/>)\s*\0?"),
    "sadp": re.compile(rb"</(?:Probe|ProbeMatch)\s*>\s*\0?"),
    "dhdiscover": re.compile(rb"\A.{%d}\{[^\0\n\r]*[\0\n\r]*" % DHIP_HEADER, re.DOTALL),
    "dahua_old": re.compile(rb"\Z"),
}


def recognise(opening: Opening) -> Verdict:
    """The marks of one of the three."""
    return Verdict.YES if family(opening.up or opening.down) else Verdict.NO


def family(data: bytes) -> str:
    """wsd, sadp, dhdiscover, or the empty string."""
    if data.startswith(DHIP) and len(data) > DHIP_HEADER:
        return "dhdiscover"
    if _is_old(data):
        return "dahua_old"
    head = data[:2048]
    if b"<" not in head[:8]:
        return ""
    if WSD_NAMESPACE.search(head):
        return "wsd"
    return "sadp" if SADP_ROOT.match(head) and b"<Uuid>" in head else ""


def parse(data: bytes) -> Message | None:
    """One discovery message, None for other bytes. Direction and offsets are the caller's to set."""
    data = data[:LONGEST]
    kind = family(data)
    if not kind:
        return None
    pairs, reply = READ[kind](data)
    end = _END[kind].search(data)
    message = Message("discovery", 0, 0, end.end() if end else len(data), method="reply" if reply else "question")
    message.details = StatedDetails("dhdiscover" if kind == "dahua_old" else kind, pairs[:MOST_FIELDS])
    return message


def _text(raw: bytes) -> str:
    return html.unescape(raw.decode("utf-8", "replace")).strip()[:LONGEST_VALUE]


def _wsd(data: bytes) -> tuple[Said, bool]:
    pairs: Said = []
    for match in WSD_FIELD.finditer(data):
        field = {"Types": "type", "Scopes": "scope", "XAddrs": "address"}[match[1].decode()]
        for word in _text_long(match[2]).split():
            pairs.append((field, word[:LONGEST_VALUE]))
            if field == "scope" and (found := SCOPE.match(word)):
                pairs.append((found[1].lower(), unquote(found[2], errors="replace")[:LONGEST_VALUE]))
    if found_end := WSD_ENDPOINT.search(data):
        pairs.append(("endpoint", found_end[1].decode("ascii")))
    return pairs, WSD_REPLY.search(data) is not None


def _text_long(raw: bytes) -> str:
    return html.unescape(raw.decode("utf-8", "replace"))


def _sadp(data: bytes) -> tuple[Said, bool]:
    root = SADP_ROOT.match(data)
    reply = root is not None and root[1] == b"ProbeMatch"
    return [(match[1].decode(), _text(match[2])) for match in SADP_FIELD.finditer(data)], reply


def _dahua(data: bytes) -> tuple[Said, bool]:
    """The JSON behind the 32-byte header; a reply has `deviceInfo`."""
    try:
        document = orjson.loads(data[DHIP_HEADER:].rstrip(b"\x00\n\r "))
    except orjson.JSONDecodeError:
        return [], False
    params = document.get("params") if isinstance(document, dict) else None
    info = params.get("deviceInfo") if isinstance(params, dict) else None
    if not isinstance(info, dict):
        return [], False
    return [(name, _plain(info[name])) for name in DAHUA_FIELDS if _plain(info.get(name))], True


def _is_old(data: bytes) -> bool:
    """A question of 32 bytes, or a reply whose length agrees with its header."""
    if data.startswith(OLD_ASK):
        return len(data) == DHIP_HEADER
    length = int.from_bytes(data[4:8], "little")
    return data.startswith(OLD_REPLY) and OLD_LEAST <= length == len(data) - DHIP_HEADER


def _old(data: bytes) -> tuple[Said, bool]:
    """A link address as text; where other fields begin is not known for sure."""
    if data.startswith(OLD_ASK):
        return [], False
    found = OLD_MAC.search(data, DHIP_HEADER)
    return ([("MAC", found[0].decode("ascii").lower())] if found else []), True


def _plain(value: Any) -> str:
    return str(value)[:LONGEST_VALUE] if isinstance(value, str | int) else ""


READ = {"wsd": _wsd, "sadp": _sadp, "dhdiscover": _dahua, "dahua_old": _old}


class DiscoveryReader(DatagramReader):
    """Reads one message from each datagram."""

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram."""
        return parse(data)
