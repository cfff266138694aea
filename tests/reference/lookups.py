"""Slow twin of the kernels of plain lookups: datagrams as bytes, names as text, one after the other."""

from __future__ import annotations

import re

from netaudit.protocols.dns import reader as dns

LABELS = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\Z")
MOST_JUMPS = 8
BACK = 64


def plain_name(data, at):
    """Text and place behind a plain name; None for another."""
    try:
        text, behind = dns.name_at(data, at)
    except dns.MalformedError:
        return None
    jumps, here = 0, at
    while data[here]:
        if data[here] >= 0xC0:
            jumps, here = jumps + 1, (data[here] & 0x3F) << 8 | data[here + 1]
        else:
            here += 1 + data[here]
    return (text, behind) if jumps <= MOST_JUMPS and (not text or LABELS.match(text)) else None


def read(data, direction, opens):
    """(id, response, name, type, status, [(address, name)]) of a plain message; None for another."""
    if not 17 <= len(data) <= 4096:
        return None
    ident, flags, questions, *counts = (int.from_bytes(data[at : at + 2], "big") for at in range(0, 12, 2))
    free, fixed = (0x04BF, 0x8100) if direction else (0x0030, 0x0100)
    if flags & ~free != fixed or questions != 1 or sum(counts) > 64:
        return None
    found = plain_name(data, 12)
    if found is None or not found[0] or found[1] + 4 > len(data):
        return None
    name, at = found
    kind = int.from_bytes(data[at : at + 2], "big")
    at += 4
    if kind not in dns.TYPES:
        return None
    rest = data[at:]
    bare = re.fullmatch(rb"\0\0\x29..\0\0[\x00\x80]\0\0\0", rest, re.DOTALL) if rest else True
    if opens and (direction or not bare or sum(counts) != bool(rest)):
        return None
    said = []
    for number in range(sum(counts)):
        found = plain_name(data, at)
        if found is None or found[1] + 10 > len(data):
            return None
        owner, at = found
        record, length = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 8 : at + 10], "big")
        value = data[at + 10 : at + 10 + length]
        at += 10 + length
        if at > len(data):
            return None
        if record in (64, 65):
            return None
        if record in (1, 28):
            if len(value) != (4 if record == 1 else 16):
                return None
            said += [(value, owner)] if owner == name or number >= counts[0] else [(value, owner), (value, name)]
    if at != len(data):
        return None
    return ident, direction, name, dns.TYPES[kind], flags & 15 if direction else 0, said


def read_flow(datagrams, new):
    """Rows (id, response, name, type, status, said, index of the question) of a flow; None where it is not plain."""
    rows, waiting = [], set()
    for direction, data in datagrams:
        row = read(data, direction, new and not rows)
        if row is None:
            return None
        request, key = -1, (row[0], row[2].lower())
        before = [i for i, other in enumerate(rows) if (other[0], other[2].lower()) == key]
        near = before and before[-1] >= len(rows) - BACK
        if near:
            if not rows[before[-1]][1]:
                waiting.discard(before[-1])
                request = before[-1] if direction else -1
        elif direction and len(rows) > BACK:
            return None
        if not direction:
            waiting.add(len(rows))
        rows.append((*row, request))
    return None if waiting else rows
