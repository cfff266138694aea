"""Builders of synthetic deliveries, and plain-Python twins of the messages stage."""

from __future__ import annotations

import itertools

import numpy as np

from netaudit.streams.layouts import DOWN, FLOW, PIECE, UP, Delivery, Run

SEGMENT = 1460


def flow_row(serial=1, *, proto=6, client_port=40000, server_port=80, handshake=3):
    """One FLOW row."""
    row = np.zeros(1, FLOW)[0]
    row["serial"], row["proto"], row["handshake"] = serial, proto, handshake
    row["client_hi"] = row["server_hi"] = 0
    row["client_lo"], row["server_lo"] = 0xFFFF_C0A8_0102, 0xFFFF_CB00_7105
    row["client_port"], row["server_port"] = client_port, server_port
    row["first_ts"], row["first_seq"] = 1_700_000_000_000_000_000, 1000
    return row


def runs(events, *, segment=SEGMENT):
    """Runs of (direction, bytes | gap length) events; each run's bytes are cut into pieces of `segment` bytes."""
    at, frame, out = [0, 0], 0, []
    for direction, what in events:
        offset = at[direction]
        length = what if isinstance(what, int) else len(what)
        if not length:
            continue
        if isinstance(what, int):
            out.append(Run(direction, offset, length, b"", np.zeros(0, PIECE)))
        else:
            cuts = list(range(0, length, segment))
            pieces = np.zeros(len(cuts), PIECE)
            for i, cut in enumerate(cuts):
                frame += 1
                pieces[i] = (offset + cut, frame * 1000, frame, min(segment, length - cut), 0)
            out.append(Run(direction, offset, length, bytes(what), pieces))
        at[direction] += length
    return out


def cut_runs(given, cuts):
    """The same runs, cut further at `cuts` (offsets in the concatenation of all bytes), as ends of batches would."""
    out, total = [], 0
    for run in given:
        inside = sorted({c - total for c in cuts if 0 < c - total < run.length})
        edges = [0, run.length] if run.is_gap else [0, *inside, run.length]  # a gap is told once, whole
        for a, b in itertools.pairwise(edges):
            pieces = run.pieces
            if len(pieces):
                first, last = run.offset + a, run.offset + b
                keep = (pieces["offset"] < last) & (pieces["offset"] + pieces["length"] > first)
                pieces = pieces[keep]
            out.append(Run(run.direction, run.offset + a, b - a, run.data[a:b], pieces))
        total += run.length
    return out


def read(events, *, cuts=(), batch=0, handshake=3 | 4 | 8, conversations=None, segment=SEGMENT, **row):
    """Messages and summary of one flow, fed as one delivery, or as deliveries of `batch` runs."""
    from netaudit.protocols.from_streams import Conversations

    conversations = conversations or Conversations()
    flow = flow_row(handshake=handshake & 3, **row)
    last = flow_row(handshake=handshake, **row)
    given = cut_runs(runs(events, segment=segment), cuts)
    out = []
    step = batch or max(len(given), 1)
    for i in range(0, len(given), step):
        out += conversations.feed(Delivery(flow, given[i : i + step]))
    out += conversations.feed(Delivery(last, [], closed=True))
    assert not conversations.failures
    return out, conversations.closed[-1]


def up(data):
    return (UP, data)


def down(data):
    return (DOWN, data)


def essence(messages):
    """All that must not depend on how bytes were cut."""
    return [
        (
            m.protocol, m.direction, m.start, m.end, m.method, m.host, m.path, m.status, m.content_type, m.headers, m.body,
            m.body_start, m.body_size, m.complete, m.missing, m.unknown_from, m.details, m.file_name, m.file_range, m.part, m.spread, m.notes, m.message_id,
            m.request.message_id if m.request else b"", sorted(set(m.pieces["frame"].tolist())) if m.pieces is not None else None,
        )
        for m in messages
    ]  # fmt: skip


def next_image_mark(data, start):
    """Twin of the kernel."""
    for i in range(max(start, 0), len(data) - 3):
        four = bytes(data[i : i + 4])
        if four[:3] == b"\xff\xd8\xff" or four[:2] == b"BM" or four in (b"\x89PNG", b"GIF8", b"RIFF", b"/9j/", b"iVBO"):
            return i
    return -1


def next_number(data, start):
    """Twin of the kernel of `kernels_numbers.py`: plain ones and those in UTF-16."""
    from netaudit.core.masking.number_forms import ID18

    for at in range(start, len(data)):
        for step in (1, 2):
            end = at + 17 * step + 1
            wide = data[at:end]
            text, between = wide[::step], wide[1::2] if step == 2 else b""
            if len(wide) < end - at or any(between) or not ID18.fullmatch(text.decode("latin-1")):
                continue
            around = data[max(0, at - step - 1) : at], data[end : end + step + 1]
            if step == 1:
                beside = around[0][-1:].isdigit() or (around[0][-1:] != b"\x12" and around[1][:1].isdigit())
            else:  # a digit that has a zero at either side, or the end
                beside = len(around[0]) > 1 and around[0][-2:-1].isdigit() and not any(around[0][:-2] + around[0][-1:])
                beside |= around[1][1:2].isdigit() and not any(around[1][:1] + around[1][2:])
            if not beside and b"18" <= text[6:8] <= b"20" and _checks(text.decode("latin-1")):
                return at, end - at
    return -1, 0


def _checks(number):
    """The check digit, of dates that no month has too: the kernel knows no calendar."""
    total = sum(int(digit) * (1 << (17 - place)) for place, digit in enumerate(number[:17]))
    month, day = int(number[10:12]), int(number[12:14])
    return number[17].upper() == "10X98765432"[total % 11] and 1 <= month <= 12 and 1 <= day <= 31
