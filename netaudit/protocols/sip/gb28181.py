"""GB/T 28181 in SIP (facts 2): what 20-digit ids say, and the facts in MANSCDP documents."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from netaudit.core.contracts.details import SipDetails

if TYPE_CHECKING:
    from netaudit.protocols.message import Message

Said = list[tuple[str, str]]
DOCUMENT = re.compile(r"manscdp\+xml", re.IGNORECASE)
LOOK = 1 << 20  # bytes of a document that are read
MOST_ITEMS = 512  # of a catalogue
LONGEST = 200
TYPES = {
    111: "DVR", 112: "video server", 113: "encoder", 114: "decoder", 115: "matrix", 116: "matrix",
    117: "alarm controller", 118: "NVR", 120: "online image acquisition system", 121: "checkpoint", 122: "multi-lens",
    123: "parking", 124: "personnel access control", 125: "security inspection", 130: "HVR", 131: "camera", 132: "IPC",
    133: "display", 134: "alarm input", 135: "alarm output", 136: "audio input", 137: "audio output", 138: "mobile",
    139: "other", 141: "barrier", 142: "smart door", 143: "credential recognition unit", 200: "SIP server",
    201: "web application", 203: "proxy", 204: "security server", 205: "alarm server", 206: "database server",
    207: "GIS server", 208: "management server", 209: "access gateway", 210: "media storage",
    211: "signalling security gateway", 215: "business group", 216: "virtual organisation", 500: "platform",
    501: "operation and maintenance", 502: "analysis", 503: "image database", 505: "analysis device",
}  # fmt: skip
_ID = re.compile(r"\d{20}", re.ASCII)
_ROOT = re.compile(rb"<(Query|Response|Notify|Control)[\s>]")
_FIELD = re.compile(rb"<(\w{2,40})>([^<]{1,400})</\1")
_CHARSET = re.compile(rb"encoding\s*=\s*[\"']([\w-]{2,20})")
_DEVICE = ("DeviceName", "Manufacturer", "Model", "Firmware")
_ADDRESS = re.compile(r"(?!0\.0\.0\.0\Z)\d{1,3}(?:\.\d{1,3}){3}\Z", re.ASCII)


def identity(user: str) -> Said:
    """What an id says of who has it: 8 digits region, 2 industry, 3 type, 7 serial with the network mark in front."""
    if not _ID.fullmatch(user):
        return []
    kind = int(user[10:13])
    meaning = TYPES.get(kind) or ("user" if 300 <= kind < 500 else "")
    return [
        ("gb_id", user), ("gb_region", user[:8]), ("gb_industry", user[8:10]),
        ("gb_type", f"{kind:03d} {meaning}".strip()), ("gb_network", user[13]),
    ]  # fmt: skip


def read_document(message: Message, sender: str, pairs: Said) -> SipDetails:
    """What a MANSCDP document is, and what it states of its sender, besides `pairs`, and of other hosts.

    A DeviceInfo about another id than the sender's is about a device behind it: of no host that is known here.
    """
    body = message.body[:LOOK]
    root = _ROOT.search(body)
    if root is None:
        return SipDetails("sip", pairs)
    charset = _charset(body)
    items = _items(body)
    found = _fields(body[: items[0][0]] if items else body, charset)
    command = found.get("CmdType", "")
    name = f"{root[1].decode('ascii')} {command}".strip()[:64]
    if root[1] == b"Response" and command == "DeviceInfo" and found.get("DeviceID") == sender != "":
        pairs = [*pairs, *((f"gb_{field}", found[field]) for field in _DEVICE if found.get(field))]
    if root[1] != b"Response" or command != "Catalog":
        return SipDetails("sip", pairs, manscdp=name)
    listed = [_fields(body[a:b], charset) for a, b in items]
    pairs = [*pairs, *(("gb_channel", item["Name"]) for item in listed if item.get("Name"))]
    return SipDetails("sip", pairs, manscdp=name, listed=_listed(listed))


def _items(body: bytes) -> list[tuple[int, int]]:
    """Where the items of a catalogue lie."""
    out: list[tuple[int, int]] = []
    at = body.find(b"<Item")
    while at >= 0 and len(out) < MOST_ITEMS:
        end = body.find(b"</Item>", at)
        if end < 0:
            break
        out.append((at, end))
        at = body.find(b"<Item", end)
    return out


def _listed(items: list[dict[str, str]]) -> list[tuple[str, Said]]:
    """Devices of a catalogue that have an address: the address, and what is said of its host."""
    out: list[tuple[str, Said]] = []
    for item in items:
        address = item.get("IPAddress", "")
        if not _ADDRESS.match(address) or any(int(part) > 255 for part in address.split(".")):
            continue
        pairs = [(f"gb_{name}", item[name]) for name in ("Name", "Manufacturer", "Model", "Address") if item.get(name)]
        kind = [fact for fact in identity(item.get("DeviceID", "")) if fact[0] == "gb_type"]
        out.append((address, pairs + kind))
    return out


def _charset(body: bytes) -> str:
    """The declared charset; documents of this standard are in GB 2312 unless they say otherwise."""
    declared = _CHARSET.search(body, 0, 200)
    name = declared[1].decode("ascii").lower() if declared else "gb18030"
    return "gb18030" if name in {"gb2312", "gbk", "gb18030"} else "utf-8"


def _fields(data: bytes, charset: str) -> dict[str, str]:
    """The first of each simple element."""
    found: dict[str, str] = {}
    for match, _ in zip(_FIELD.finditer(data), range(200), strict=False):
        found.setdefault(match[1].decode("ascii", "replace"), _text(match[2], charset))
    return found


def _text(raw: bytes, charset: str) -> str:
    for name in (charset, "utf-8", "gb18030"):
        try:
            return html.unescape(raw.decode(name)).strip()[:LONGEST]
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")[:LONGEST]
