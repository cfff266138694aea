"""pcapng blocks that carry no packet, and the options of all blocks (draft-ietf-opsawg-pcapng, sections 3.5 and 4)."""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING

from netaudit.capture.layouts import DIVIDE, MULTIPLY, SHIFT
from netaudit.capture.linktypes import link_type_name
from netaudit.capture.source import MAX_SECRETS, MAX_TEXTS, Interface, Source, plain_text
from netaudit.core.contracts.reasons import reason

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMENT = 1
OFFSET_LIMIT = 2**31 * 10**9  # if_tsoffset beyond 68 years is no clock; it keeps sums within 64 bits
MAX_DECIMALS = 28  # 10^(28-9) is the largest divisor of 64 bits; with more, no tick of 64 bits reaches a nanosecond
MOST_DROPS = 1 << 44  # packets: a day at the rate of the fastest links; sums over interfaces keep within 64 bits


def options(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """(code, value) of each option in `data`, up to opt_endofopt or to one that is cut."""
    at = 0
    while at + 4 <= len(data):
        code, length = struct.unpack_from(order + "HH", data, at)
        if code == 0 or at + 4 + length > len(data):
            return
        yield code, data[at + 4 : at + 4 + length]
        at += 4 + length + (-length & 3)


def comments(data: bytes, order: str) -> list[str]:
    """Texts of the comment options in `data`."""
    return [plain_text(value) for code, value in options(data, order) if code == COMMENT]


def section_text(body: bytes, order: str) -> str:
    """What a section header says about its origin (body: from the byte-order magic on)."""
    names = {COMMENT: "comment", 2: "hardware", 3: "system", 4: "application"}
    found = [(names[code], plain_text(value)) for code, value in options(body[16:], order) if code in names]
    return "; ".join(f"{name}: {text}" for name, text in found if text)


def interface(body: bytes, order: str, number: int) -> tuple[Interface, tuple[int, int, int, int, int, int], list[str]]:
    """An interface description block (4.2): for people, as values of an INTERFACE row, and what is wrong with it."""
    linktype, _, snaplen = struct.unpack_from(order + "HHI", body)
    texts = {COMMENT: "", 2: "", 3: "", 11: "", 12: ""}
    resolution, seconds, problems = 6, 0, []
    for code, value in options(body[8:], order):
        if code in texts and not texts[code]:
            texts[code] = plain_text(value[1:] if code == 11 else value)
        elif code == 9 and len(value) >= 1:
            resolution = value[0]
        elif code == 14 and len(value) >= 8:
            seconds = struct.unpack(order + "q", value[:8])[0]
    rule, factor, text = clock(resolution)
    if resolution & 0x7F > (63 if resolution & 0x80 else 19):
        problems.append(reason("capture_clock", n=number, said=text))
    offset = seconds * 1_000_000_000
    if abs(offset) > OFFSET_LIMIT:
        problems.append(reason("capture_offset", n=number, said=seconds))
        offset = 0
    name = link_type_name(linktype)
    shown = Interface(number, name, snaplen, text, texts[2], texts[3], texts[COMMENT], texts[11], texts[12])
    return shown, (offset, factor, snaplen, number, linktype, rule), problems


def clock(resolution: int) -> tuple[int, int, str]:
    """if_tsresol (4.2) as rule, factor and text."""
    power = resolution & 0x7F
    if resolution & 0x80:
        return SHIFT, power, f"2^-{power} s"
    if power <= 9:
        return MULTIPLY, 10 ** (9 - power), f"10^-{power} s"
    if power > MAX_DECIMALS:  # 64 bits of such ticks are less than a nanosecond
        return SHIFT, 127, f"10^-{power} s"
    return DIVIDE, 10 ** (power - 9), f"10^-{power} s"


def names(body: bytes, order: str) -> Iterator[tuple[str, str]]:
    """(address, name) of a name resolution block (4.5); records with other kinds of names are left out."""
    at = 0
    while at + 4 <= len(body):
        kind, length = struct.unpack_from(order + "HH", body, at)
        width = {1: 4, 2: 16}.get(kind, 0)
        if kind == 0 or at + 4 + length > len(body):
            return
        if width and length > width:
            value = body[at + 4 : at + 4 + length]
            address = str(ipaddress.ip_address(value[:width]))
            for name in value[width:].split(b"\0"):
                if name:
                    yield address, plain_text(name)
        at += 4 + length + (-length & 3)


def statistics(body: bytes, order: str) -> tuple[int, int | None]:
    """Interface id of a statistics block (4.6), and the packets that interface and system dropped; None: not said.

    A counter that no interface can have reached says nothing either.
    """
    number = struct.unpack_from(order + "I", body)[0]
    lost = [
        count
        for code, value in options(body[12:], order)
        if code in (5, 7) and len(value) == 8 and (count := struct.unpack(order + "Q", value)[0]) <= MOST_DROPS
    ]
    return number, sum(lost) if lost else None


def keep_secrets(source: Source, body: bytes, order: str) -> None:
    """Keep the secrets of a decryption secrets block (4.7), within the bound."""
    kind, length = struct.unpack_from(order + "II", body)
    data = body[8 : 8 + length]
    if sum(len(kept) for _, kept in source.secrets) + len(data) <= MAX_SECRETS and len(source.secrets) < MAX_TEXTS:
        source.secrets.append((kind, data))
    else:
        source.left_out += 1
