"""Discovery protocols of cameras over UDP: WS-Discovery (ONVIF), Hikvision's SADP, Dahua's DHDiscover.

WS-Discovery: OASIS WS-Discovery 1.1 and ONVIF Core, 7 (FACTS 5.6). SADP: FACTS 3.1. DHDiscover: FACTS 4.2.
"""

from __future__ import annotations

import html
import re
from typing import Any

import orjson

from netaudit.messages.message import Message
from netaudit.messages.reader import DatagramReader, Opening, Verdict

LONGEST = 16384  # bytes of a datagram that are read
MOST_FIELDS = 64
LONGEST_VALUE = 300
DHIP = b"\x20\x00\x00\x00DHIP"
DHIP_HEADER = 32
WSD_NAMESPACE = re.compile(rb"(?:2005/04/discovery|wsdd/ns/discovery)")
WSD_REPLY = re.compile(rb"<(?:[\w-]{1,20}:)?(?:ProbeMatch|ResolveMatch|Hello)[ />]")
WSD_FIELD = re.compile(rb"<(?:[\w-]{1,20}:)?(Types|Scopes|XAddrs)(?:\s[^<>]{0,300})?>([^<]{1,4000})<")
SADP_ROOT = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s{0,8}(?:<\?xml[^>]{0,100}>\s{0,8})?<(Probe|ProbeMatch)(?:\s[^<>]{0,200})?>"
)
SADP_FIELD = re.compile(rb"<(\w{2,40})>([^<]{1,400})</")
DAHUA_FIELDS = ("DeviceType", "DetailType", "SerialNo", "MachineName", "Vendor", "Version", "MAC", "mac", "DeviceClass")

Said = list[tuple[str, str]]


def recognise(opening: Opening) -> Verdict:
    """The marks of one of the three."""
    return Verdict.YES if family(opening.up or opening.down) else Verdict.NO


def family(data: bytes) -> str:
    """wsd, sadp, dhdiscover, or the empty string."""
    if data.startswith(DHIP) and len(data) > DHIP_HEADER:
        return "dhdiscover"
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
    said, reply = {"wsd": _wsd, "sadp": _sadp, "dhdiscover": _dahua}[kind](data)
    message = Message("discovery", 0, 0, len(data), method="reply" if reply else "question")
    message.fields = {"family": kind, "said": said[:MOST_FIELDS]}
    return message


def _text(raw: bytes) -> str:
    return html.unescape(raw.decode("utf-8", "replace")).strip()[:LONGEST_VALUE]


def _wsd(data: bytes) -> tuple[Said, bool]:
    said: Said = []
    for match in WSD_FIELD.finditer(data):
        field = {"Types": "type", "Scopes": "scope", "XAddrs": "address"}[match[1].decode()]
        said += [(field, word[:LONGEST_VALUE]) for word in _text_long(match[2]).split()]
    return said, WSD_REPLY.search(data) is not None


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


def _plain(value: Any) -> str:
    return str(value)[:LONGEST_VALUE] if isinstance(value, str | int) else ""


class DiscoveryReader(DatagramReader):
    """Reads one message from each datagram."""

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram."""
        return parse(data)
