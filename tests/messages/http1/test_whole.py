"""Connections of whole exchanges, read at one go: the same as by the reader, whatever comes behind them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.capture.from_files import open_captures
from netaudit.messages import from_streams
from netaudit.messages.from_streams import Between, Conversations
from netaudit.messages.http1.pairing import SLIM
from netaudit.messages.http1.whole import exchanges
from netaudit.packets.from_capture import Decoder
from netaudit.rows.flows import FlowRows
from netaudit.streams.from_packets import Assembler
from netaudit.streams.layouts import Delivery
from tests.reference.messages import cut_runs, down, essence, flow_row, read, runs, up

PCAPS = Path(__file__).parents[3] / "pcaps"
GET = b"GET /a?x=1 HTTP/1.1\r\nHost: a.example\r\n\r\n"
POST = b'POST /up HTTP/1.1\r\nHost: b.example\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}'
BODY = b"PUT /i.bin HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (SLIM + 1) + b"i" * (SLIM + 1)
OK = b"HTTP/1.1 200 OK\r\nDate: Sat, 14 Mar 2026 08:00:00 GMT\r\nContent-Length: 2\r\n\r\n{}"
NOTHING = b"HTTP/1.1 204 No Content\r\n\r\n"
ASKED = [
    GET, POST, BODY, b"HEAD / HTTP/1.0\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\n\r\nbody", GET + GET,
    b"GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", b"GET / HTTP/1.1\nHost: x\n\n", b"GET / HTTP/1.1\r\nHost: x\n\n\r\n\r\n",
    b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\n\r\n", b"OPTIONS * HTTP/1.1\r\n\r\n",
    b"OPTIONS /x HTTP/1.1\r\n\r\n", b"GET http://c.example/p HTTP/1.1\r\n\r\n", b"POST /x HTTP/1.1\r\nContent-Length: 5, 6\r\n\r\nabcde",
    b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", b"PUT /x HTTP/1.1\r\nno colon\r\nContent-Length: 0\r\n\r\n",
    b"GET /x HTTP/1.1\r\nA: b\r\n c\r\n\r\n", b"GET /\xe4\xba\xba HTTP/1.1\r\n\r\n", b"get /x HTTP/1.1\r\n\r\n", b"\r\n" + GET, b"odd",
    b"POST /t HTTP/1.1\r\nContent-Type: application/x-rtsp-tunnelled\r\nx-sessioncookie: a\r\nContent-Length: 9\r\n\r\n",
    b"POST /x HTTP/1.1\r\nContent-Range: bytes 0-1/4\r\nContent-Length: 2\r\n\r\nab", POST[:-1], POST + b"more",
]  # fmt: skip
ANSWERS = [
    OK, NOTHING, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nuntil the end", OK + OK, OK[:-1],
    b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 2000 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx",
    b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\nContent-Length: 3\r\n\r\n--b",
    b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/4\r\nContent-Length: 2\r\n\r\nab", b"HTTP/0.9 is this", b"plain words",
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\nContent-Length: 2\r\n\r\nRT", b"HTTP/1.1 200 OK\nContent-Length: 1\n\nx",
]  # fmt: skip
SAID = st.one_of(st.sampled_from(ASKED).map(up), st.sampled_from(ANSWERS).map(down), st.sampled_from([up(3), down(3)]))
TURNS = st.tuples(st.sampled_from(ASKED).map(up), st.sampled_from(ANSWERS).map(down))
ORDINARY = st.tuples(st.sampled_from(ASKED[:4]).map(up), st.sampled_from(ANSWERS[:2]).map(down))
TALK = st.tuples(st.lists(ORDINARY, max_size=3), st.lists(TURNS, max_size=2), st.lists(SAID, max_size=3)).map(
    lambda parts: [*sum(parts[0], ()), *sum(parts[1], ()), *parts[2]]
)


def every_bit(messages):
    """What a message says, and of which request without its body."""
    return [
        (*one, m.head, m.form, m.flow_id, m.request and (m.request.body, m.request.head, m.request.pieces is None))
        for one, m in zip(essence(messages), messages, strict=True)
    ]


def both_ways(monkeypatch, **given_to_read):
    found = []
    for reader in (exchanges, lambda *_: None):
        monkeypatch.setattr(from_streams, "exchanges", reader)
        messages, summary = read(**given_to_read)
        found.append((every_bit(messages), summary))
    return found


@settings(deadline=None)
@given(events=TALK, batch=st.integers(0, 4), cut=st.integers(0, 400), handshake=st.sampled_from([15, 7, 3, 1, 0, 44]))
def test_the_same_as_by_the_reader(events, batch, cut, handshake):
    with pytest.MonkeyPatch.context() as monkeypatch:
        short, long = both_ways(
            monkeypatch, events=events, batch=batch, cuts=[cut] if cut < 300 else (), handshake=handshake
        )
    assert short == long


@pytest.mark.parametrize(("asked", "answer"), [(GET, OK), (POST, OK), (BODY, NOTHING), (ASKED[3], ANSWERS[2])])
def test_whole_exchanges_need_no_reader(asked, answer):
    conversations, row = Conversations(), flow_row()
    said = runs([up(asked), down(answer)] * 3)
    assert len(conversations.feed(Delivery(row, said[:2]))) == 2
    assert len(conversations.feed(Delivery(row, said[2:4]))) == 2
    assert isinstance(conversations.flows[1], Between)
    assert conversations.standing(row)[1:3] == (
        "http",
        "" if asked[:4] in (b"PUT ", b"HEAD") else asked.split()[4].decode(),
    )
    assert len(conversations.feed(Delivery(row, said[4:], closed=True))) == 2
    assert not conversations.flows
    assert conversations.closed[0].read == (3 * len(asked), 3 * len(answer))


@settings(deadline=None)
@given(events=TALK, cuts=st.lists(st.integers(0, 600), max_size=3))
def test_a_connection_that_goes_on_otherwise_gets_its_reader(events, cuts):
    told = []
    for separate in (False, True):
        conversations, row = Conversations(), flow_row()
        given_runs = cut_runs(runs([up(POST), down(OK), *events]), [len(POST + OK) + cut for cut in cuts])
        messages = conversations.feed(Delivery(row, given_runs[:2]))
        assert isinstance(conversations.flows[1], Between)
        for some in [[run] for run in given_runs[2:]] if separate else [given_runs[2:]]:
            messages += conversations.feed(Delivery(row, some))
        messages += conversations.feed(Delivery(row, [], closed=True))
        told.append((every_bit(messages), conversations.closed))
    assert told[0] == told[1]


def test_what_begins_otherwise_is_left_to_readers():
    conversations = Conversations()
    for row in (flow_row(1, handshake=0), flow_row(2, handshake=35), flow_row(3, proto=17)):
        conversations.feed(Delivery(row, runs([up(GET), down(OK)])))
    assert len(conversations.flows) == 3
    assert not any(isinstance(flow, Between) for flow in conversations.flows.values())


def test_connections_that_end_without_a_reader_have_the_rows_that_feeding_gives():
    rows = [flow_row(serial, client_port=40000 + serial) for serial in range(1, 4)]
    told = []
    for at_once in (False, True):
        conversations, flows = Conversations(), FlowRows()
        for row in rows[:2]:
            conversations.feed(Delivery(row, runs([up(POST), down(OK)])))
        conversations.feed(Delivery(rows[2], runs([up(b"odd words that go on")])))
        if at_once:
            found = list(conversations.end([3, 1, 2, 9]))
            assert [place for place, _ in found] == [1, 2]
            flows.add_standing(np.stack(rows[:2]), [standing for _, standing in found])
        else:
            for row in rows[:2]:
                conversations.feed(Delivery(row, [], closed=True))
                said = conversations.closed[-1]
                flows.add(row, said.flow_id, said.protocol, said.server_name, said.read, swapped=said.swapped)
        assert list(conversations.flows) == [3]
        told.append(flows.take())
    assert told[0].equals(told[1])


def test_a_bug_of_the_short_way_costs_nothing(monkeypatch):
    def fails(*_):
        raise KeyError

    monkeypatch.setattr(from_streams, "exchanges", fails)
    messages, summary = read([up(POST), down(OK)])
    assert [message.body for message in messages] == [b'{"a":1}', b"{}"]
    assert summary.protocol == "http"


@pytest.mark.parametrize(
    "name",
    [
        "benign_office/benign.pcap",
        "carriers/s3.pcapng",
        "documents/clouds.pcapng",
        "documents/hikvision.pcapng",
    ],
)
def test_captures_give_the_same_both_ways(name, monkeypatch):
    told, short = [], []

    def counted(*given):
        found = exchanges(*given)
        short.extend(found or ())
        return found

    for reader in (counted, lambda *_: None):
        monkeypatch.setattr(from_streams, "exchanges", reader)
        captures, decoder, assembler = open_captures([str(PCAPS / name)], window_size=1 << 20), Decoder(), Assembler()
        conversations, messages = Conversations(), []
        for window in captures.windows():
            decoded = decoder.feed(window)
            for delivery in assembler.feed(decoded.buffer, decoded.packets):
                messages += conversations.feed(delivery)
        for delivery in assembler.finish():
            messages += conversations.feed(delivery)
        captures.close()
        told.append((every_bit(messages), conversations.closed))
    assert told[0] == told[1]
    assert short, "no connection of it goes the short way"
