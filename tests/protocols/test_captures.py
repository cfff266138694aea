"""Real traffic: the same messages for windows of any size, and no reader that fails."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from netaudit.capture.from_files import open_captures
from netaudit.packets.from_capture import Decoder
from netaudit.protocols.from_streams import Conversations
from netaudit.streams.from_packets import Assembler


def messages_of(path, window_size):
    captures, decoder, assembler, conversations = (
        open_captures([path], window_size=window_size),
        Decoder(),
        Assembler(),
        Conversations(),
    )
    found = []
    for window in captures.windows():
        decoded = decoder.feed(window)
        for delivery in assembler.feed(decoded.buffer, decoded.packets):
            found += conversations.feed(delivery)
        for serial in conversations.ignored:
            assembler.ignore(serial)
        conversations.ignored.clear()
    for delivery in assembler.finish():
        found += conversations.feed(delivery)
    captures.close()
    assert conversations.failures == []
    return found


def essence(messages):
    return sorted(
        (
            m.message_id, m.start, m.end, m.method, m.path, m.status, hashlib.sha256(m.body).digest(), m.complete, m.missing, m.unknown_from or -1,
            m.request.message_id if m.request else b"", sorted(set(m.pieces["frame"].tolist())),
        )
        for m in messages
    )  # fmt: skip


@pytest.mark.captures
def test_office_does_not_depend_on_windows(captures):
    path = captures / "office" / "office.pcap"
    whole, small = messages_of(path, 16 << 20), messages_of(path, 1 << 18)
    assert essence(whole) == essence(small)
    kinds = Counter(m.protocol for m in whole)
    assert kinds["http"] >= 348
    assert kinds["tls"] >= 28
    assert kinds["dhcp"] == 32
    answers = [m for m in whole if m.protocol == "http" and m.status]
    assert all(m.request is not None and m.complete for m in answers)


@pytest.mark.captures
@pytest.mark.parametrize("folder", ["files", "discovery", "tls"])
def test_no_reader_fails_on_real_traffic(captures, folder):
    for path in sorted((captures / folder).iterdir()):
        if path.suffix in (".pcap", ".pcapng") and path.stat().st_size < 1 << 20:
            messages_of(path, 1 << 20)
