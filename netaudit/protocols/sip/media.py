"""Media that SIP dialogues agree on (RFC 3264, RFC 8866; `y=` and `s=` as in facts 2): who will receive what."""

from __future__ import annotations

import re
from dataclasses import dataclass

from netaudit.protocols.rtp.sdp import parse

MOST = 8  # media descriptions of one body
_NUMBER = re.compile(r"\d{1,10}\Z", re.ASCII)
_PURPOSE = re.compile(r"[A-Za-z]{3,20}\Z")


@dataclass(frozen=True, slots=True)
class Offer:
    """One media description: its sender takes (or gives) a stream at an address."""

    purpose: str  # Play, Playback, Download, Talk … as `s=` says
    kind: str  # video, audio
    address: str
    port: int
    transport: str  # udp, tcp
    codec: str
    ssrc: int  # -1 unknown
    sends: bool  # this side sends only


def offers(body: bytes) -> list[Offer]:
    """Media descriptions with an address; any bytes give an answer."""
    lines = body[: 64 << 10].decode("utf-8", "replace").splitlines()
    pairs = [(line.strip()[:1], line.strip()[2:].strip()) for line in lines if line.strip()[1:2] == "="]
    purpose = next((value for kind, value in pairs if kind == "s" and _PURPOSE.match(value)), "")
    ssrc = next((int(value) for kind, value in pairs if kind == "y" and _NUMBER.match(value)), -1)
    common = next((_address(value) for kind, value in pairs if kind == "c"), "")
    found: list[Offer] = []
    codecs = _codecs(body)
    for number, part in enumerate(_sections(pairs)[:MOST]):
        words = part[0][1].split()
        if len(words) < 3 or not _NUMBER.match(words[1]) or not 0 < int(words[1]) < 65536:
            continue
        address = next((_address(value) for kind, value in part if kind == "c"), common)
        own = next((int(value) for kind, value in part if kind == "y" and _NUMBER.match(value)), ssrc)
        transport = "tcp" if words[2].upper().startswith("TCP") else "udp"
        sends = ("a", "sendonly") in part
        codec = codecs[number] if number < len(codecs) else ""
        found.append(
            Offer(
                purpose,
                words[0][:16],
                address,
                int(words[1]),
                transport,
                codec,
                own & 0xFFFFFFFF if own >= 0 else -1,
                sends,
            )
        )
    return found


def _sections(pairs: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """The lines of each media description."""
    out: list[list[tuple[str, str]]] = []
    for kind, value in pairs:
        if kind == "m":
            out.append([])
        if out:
            out[-1].append((kind, value))
    return out


def _codecs(body: bytes) -> list[str]:
    return [track.codec for track in parse(body)]


def _address(value: str) -> str:
    """Address of a connection line, without what a multicast address has behind it."""
    words = value.split()
    return words[2].partition("/")[0][:64] if len(words) > 2 and words[0] == "IN" else ""
