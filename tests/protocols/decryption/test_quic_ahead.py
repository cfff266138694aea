"""Datagrams of a batch opened ahead say what they say one by one, whatever stands between them."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from netaudit.protocols.datagrams import Brought, Datagrams, together
from netaudit.protocols.decryption.carried import NO_KEYS, FlowKeys, Sessions
from netaudit.protocols.decryption.keylog import KeyRing, read_source
from netaudit.protocols.decryption.quic import QuicOpener
from netaudit.protocols.decryption.quic_connection import Ahead, Connection
from netaudit.protocols.decryption.quic_handshake import TRAFFIC
from netaudit.protocols.decryption.scope import wanted
from netaudit.protocols.flow import Flow
from netaudit.protocols.from_streams import Conversations
from netaudit.protocols.message import DOWN, UP
from netaudit.protocols.tls.quic import QuicReader
from netaudit.streams.layouts import FLOW, PIECE, RUN, Columns, Delivery, Kind
from tests.opened_streams import keys_of, read
from tests.protocols.decryption.test_opened_captures import FOLDER

NAMES = ["quic_v1_key_update", "quic_v1_chacha20", "quic_v2", "http3_curl"]


def flow_keys(log: bytes) -> FlowKeys:
    ring = KeyRing((read_source("log", log),))
    return FlowKeys(ring, wanted(("all",)), ("192.0.2.1", "192.0.2.2"), Sessions(), {})


def opener(*names: str) -> QuicOpener:
    return QuicOpener(flow_keys(b"".join((FOLDER / f"{name}.keylog").read_bytes() for name in names)))


def datagrams(name: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bytes]]:
    """Of the QUIC flow, in order, with their directions."""
    found: list[tuple[int, bytes]] = []
    with monkeypatch.context() as patch:
        patch.setattr("netaudit.protocols.tls.quic.QuicReader._leave", lambda *_: [])
        patch.setattr(QuicOpener, "feed", lambda _, direction, offset, data: found.append((direction, data)) or [])
        read(FOLDER / f"{name}.pcapng", keys_of(FOLDER / f"{name}.keylog"))
    return found


def brought(sent: list[tuple[int, bytes]], ends: list[int]) -> Datagrams:
    """Datagrams of a batch; `ends` are the offsets behind those before, which go on."""
    runs = []
    for direction, run in itertools.groupby(sent, key=lambda one: one[0]):
        own = [data for _, data in run]
        pieces = np.zeros(len(own), PIECE)
        pieces["length"] = [len(data) for data in own]
        pieces["offset"] = ends[direction] + np.cumsum(pieces["length"]) - pieces["length"]
        ends[direction] += sum(map(len, own))
        runs.append(Brought(direction, b"".join(own), pieces))
    return together(runs)


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
        out += quic.feed_batch(brought(sent[first : first + size], ends))
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


def test_messages_of_several_connections_keep_their_order(monkeypatch):
    """In whatever batches their datagrams come."""
    names = "quic_v2", "quic_v1_chacha20"
    pairs = itertools.zip_longest(*(datagrams(name, monkeypatch) for name in names))
    sent = [one for pair in pairs for one in pair if one is not None]
    alone, together, ends = opener(*names), opener(*names), [0, 0]
    expected = [message for way, data in sent for message in alone.feed(way, alone.at[way], data)]
    assert len({message.path for message in expected}) < len({message.start for message in expected})
    assert essence(together.feed_batch(brought(sent, ends))) == essence(expected)


@pytest.mark.parametrize("name", NAMES)
def test_no_message_begins_before_what_is_needed(name, monkeypatch):
    """Its first byte may come last."""
    monkeypatch.setattr("netaudit.protocols.decryption.quic.AT_ONCE", 1)
    rng, sent = random.Random(name), datagrams(name, monkeypatch)
    for _ in range(4):
        places = [at + rng.uniform(0, 8) for at in range(len(sent))]
        quic, needed = opener(name), [0, 0]
        for at in sorted(range(len(sent)), key=places.__getitem__):
            direction, data = sent[at]
            for message in quic.feed(direction, quic.at[direction], data):
                assert message.start >= needed[message.direction]
            needed = [max(before, quic.needed_from(way)) for way, before in enumerate(needed)]


def test_a_datagram_cut_by_the_snap_length_upsets_no_order(monkeypatch):
    """The runs of a batch with a gap do not lie one behind the other; those behind it wait for those before it."""
    sent, files = datagrams("quic_v2", monkeypatch), FOLDER / "quic_v2.keylog"
    cut = len(sent) - 4

    def said(*, in_columns: bool) -> tuple[list, object]:
        flow, at, pieces, runs = np.zeros(1, FLOW), [0, 0], np.zeros(len(sent), PIECE), []
        flow["proto"], flow["client_port"], flow["server_port"], flow["serial"] = 17, 50000, 443, 1
        payload = 0
        for number, (way, data) in enumerate(sent):
            size = len(data) if number != cut else 30
            pieces[number] = (at[way], number, number, size, 0)
            runs.append((0, way, at[way], size, payload, number, number + 1, Kind.BYTES))
            if size < len(data):
                runs.append((0, way, at[way] + size, len(data) - size, 0, 0, 0, Kind.GAP))
            at[way] += len(data)
            payload += size
        whole = b"".join(data[: 30 if number == cut else None] for number, (_, data) in enumerate(sent))
        columns = Columns(np.array(runs, RUN), pieces, np.frombuffer(whole, np.uint8))
        own = [] if in_columns else [run for _, run in columns.objects()]
        conversations = Conversations(keys_of(files))
        told = conversations.feed(Delivery(flow[0], own, closed=True, columns=columns if in_columns else None))
        return [(m.message_id, m.pieces.tolist()) for m in told] + essence(told), conversations.closed

    assert said(in_columns=True) == said(in_columns=False)


def test_a_batch_lets_go_what_it_has_read(monkeypatch):
    """Packets are remembered while a message may need them: no longer for the sake of many in a batch."""
    quic, sent, ends = opener("quic_v2"), datagrams("quic_v2", monkeypatch), [0, 0]
    noise = [(direction, b"\x40" + bytes(60)) for _ in range(32) for direction in (UP, DOWN)]
    for batch in (sent, noise):
        quic.feed_batch(brought(batch, ends))
    assert [quic.needed_from(direction) for direction in (UP, DOWN)] == quic.at


def test_datagrams_are_not_held_where_no_keys_fit(monkeypatch):
    """What no reader wants any more is known within a run: the rest of that is let go, too."""
    sent, row = datagrams("quic_v2", monkeypatch), np.zeros(1, FLOW)
    row["proto"], row["client_port"], row["server_port"] = 17, 50000, 443
    answer = next(n for n, (direction, _) in enumerate(sent) if direction == DOWN)
    runs = [[one] for one in sent[: answer + 1]] + [[one for one in sent[answer:] if one[0] == UP]]
    flow, at = Flow(row[0], flow_keys(b"")), [0, 0]
    for run in runs:
        direction, data = run[0][0], b"".join(data for _, data in run)
        pieces = np.zeros(len(run), PIECE)
        pieces["length"] = [len(data) for _, data in run]
        pieces["offset"] = at[direction] + np.cumsum(pieces["length"]) - pieces["length"]
        flow.feed(direction, at[direction], data, pieces)
        at[direction] += len(data)
    assert isinstance(flow.reader, QuicReader)
    assert flow.reader.opener is not None
    assert (flow.done, flow.reader.opener.outcome.state) == (True, NO_KEYS)
    assert not flow.held


def test_what_was_opened_ahead_is_let_go_with_its_keys(monkeypatch):
    """A second hello of the server may bring other keys within a batch: where it is cut must not matter."""
    quic, sent = opener("quic_v2"), datagrams("quic_v2", monkeypatch)
    for direction, data in sent:
        quic.feed(direction, quic.at[direction], data)
    (connection,) = quic.connections
    up = [data for direction, data in sent if direction == UP and not data[0] & 0x80]
    ahead = Ahead(UP, brought([(UP, data) for data in up], [0, 0]).ways[UP])
    assert ahead.reach(connection) > len(up)
    connection.handshake.levels[TRAFFIC, UP] = connection.handshake.levels[TRAFFIC, DOWN]
    assert ahead.reach(connection) == 0


def test_a_new_id_is_looked_for_before_those_that_it_begins_with():
    connection = Connection(flow_keys(b""), UP, 1, b"first")
    connection.know(DOWN, b"")
    assert connection.addressed(DOWN, b"\x40other", 0) == 0
    connection.know(DOWN, b"new")
    assert connection.addressed(DOWN, b"\x40newer", 0) == 3
    assert connection.addressed(DOWN, b"\x40other", 0) == 0


@pytest.mark.parametrize("name", NAMES)
def test_columns_say_what_runs_say(name):
    """Ids, places and packets of each message, too."""
    files = FOLDER / f"{name}.pcapng", FOLDER / f"{name}.keylog"
    by_runs, by_columns = (read(files[0], keys_of(files[1]), in_columns=how)[0] for how in (False, True))
    assert essence(by_runs) == essence(by_columns)
    for one, other in zip(by_runs, by_columns, strict=True):
        assert (one.message_id, one.pieces.tolist()) == (other.message_id, other.pieces.tolist())
