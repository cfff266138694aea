"""Datagrams of a batch opened ahead say what they say one by one, whatever stands between them."""

from __future__ import annotations

import itertools
import random

import pytest

from netaudit.messages.opening.carried import FlowKeys, Sessions
from netaudit.messages.opening.keylog import KeyRing, read_source
from netaudit.messages.opening.quic import QuicOpener
from netaudit.messages.opening.wanted import wanted
from tests.messages.opening.test_opened_captures import FOLDER
from tests.opened_streams import keys_of, read

NAMES = ["quic_v1_key_update", "quic_v1_chacha20", "quic_v2", "http3_curl"]


def opener(name: str) -> QuicOpener:
    log = FOLDER / f"{name}.keylog"
    ring = KeyRing((read_source("log", log.read_bytes()),))
    return QuicOpener(FlowKeys(ring, wanted(("all",)), ("192.0.2.1", "192.0.2.2"), Sessions(), {}))


def datagrams(name: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bytes]]:
    """Of the QUIC flow, in order, with their directions."""
    found: list[tuple[int, bytes]] = []
    with monkeypatch.context() as patch:
        patch.setattr("netaudit.messages.hellos.quic.QuicReader._leave", lambda *_: [])
        patch.setattr(QuicOpener, "feed", lambda _, direction, offset, data: found.append((direction, data)) or [])
        read(FOLDER / f"{name}.pcapng", keys_of(FOLDER / f"{name}.keylog"))
    return found


def essence(messages) -> list:
    return [
        (m.direction, m.start, m.end, m.method, m.path, m.status, m.complete, m.body, m.body_start) for m in messages
    ]


def one_by_one(name: str, sent: list[tuple[int, bytes]]) -> tuple[list, object]:
    quic, ends, out = opener(name), [0, 0], []
    for direction, data in sent:
        out += quic.feed(direction, ends[direction], data)
        ends[direction] += len(data)
    return essence(out + quic.finish()), quic.outcome


def in_batches(name: str, sent: list[tuple[int, bytes]], size: int) -> tuple[list, object]:
    quic, ends, out = opener(name), [0, 0], []
    for first in range(0, len(sent), size):
        for direction, run in itertools.groupby(sent[first : first + size], key=lambda one: one[0]):
            together = [data for _, data in run]
            quic.hold(direction, ends[direction], b"".join(together), [len(data) for data in together])
            ends[direction] += sum(map(len, together))
        out += quic.settle()
    return essence(out + quic.finish()), quic.outcome


@pytest.mark.parametrize("noise", [0.0, 0.2])
@pytest.mark.parametrize("name", NAMES)
def test_batches_of_any_size(name, noise, monkeypatch):
    rng, sent = random.Random(name), []
    for direction, data in datagrams(name, monkeypatch):
        sent.append((direction, data))
        if rng.random() < noise:  # one that was damaged on its way, or came twice
            place = rng.randrange(len(data))
            sent.append((direction, data[:place] + bytes([data[place] ^ rng.choice((0, 255))]) + data[place + 1 :]))
    assert len(sent) > 20
    messages, outcome = one_by_one(name, sent)
    assert any(method == "POST" and complete for _, _, _, method, _, _, complete, _, _ in messages)
    for size in (1, 7, len(sent)):
        assert in_batches(name, sent, size) == (messages, outcome)
