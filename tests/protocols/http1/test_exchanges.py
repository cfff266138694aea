"""Connections of whole exchanges, read at one go: the same as by the reader, whatever comes behind them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.expected import Announcement
from netaudit.protocols.file_transfer import ftp
from netaudit.protocols.from_streams import NOTHING_BEFORE, Conversations, LetGo
from netaudit.protocols.http1.kernels_exchanges import number_of
from netaudit.protocols.http1.pairing import SLIM
from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.readers import BY_TCP
from netaudit.streams.batch import Batch
from netaudit.streams.layouts import NO_PIECES, RUN, Delivery
from tests.reference.messages import cut_runs, down, essence, flow_row, runs, up

METHODS = (b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"PATCH")
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
    b"GET /x HTTP/1.1\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"\nGET /x HTTP/1.1\r\n\r\n", b"GET /x\r HTTP/1.1\r\n\r\n",
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


def batch_of(row, given, closed):
    """A batch that brings these runs of one flow."""
    table, pieces, payload, at, first = np.zeros(len(given), RUN), [NO_PIECES], [b""], 0, 0
    for place, run in enumerate(given):
        table[place] = (0, run.direction, run.offset, run.length, at, first, first + len(run.pieces), run.is_gap)
        pieces.append(run.pieces)
        payload.append(run.data)
        at, first = at + len(run.data), first + len(run.pieces)
    rows = np.array([row])
    return Batch(rows, np.array([closed]), table, np.concatenate(pieces), np.frombuffer(b"".join(payload), np.uint8))


def fed(conversations, row, given, *, closed=False):
    """The messages of runs, as a taker and the readers behind it give them."""
    batch = batch_of(row, given, closed)
    found, let_go = conversations.whole(batch, np.ones(1, bool))
    if found.flows.size:
        return conversations.feed(Delivery(row, [], closed), after=LetGo(read=(found, 0)))
    return conversations.feed(Delivery(row, given, closed), after=let_go.get(0, NOTHING_BEFORE))


def stands(conversations):
    return bool(conversations.exchanges.standing)


def delivered(row, given):
    """The row of a flow that has brought this."""
    row = row.copy()
    for run in given:
        row["delivered"][run.direction] += len(run.data)
    return row


def both_ways(given, *, batch, handshake):
    """Messages and summary, by the readers alone and with exchanges read together; `batch` runs at a time."""
    told, step = [], batch or max(len(given), 1)
    for taken in (False, True):
        conversations, messages, end = Conversations(), [], delivered(flow_row(handshake=handshake), given)
        for at in range(0, len(given), step):
            some, so_far = given[at : at + step], delivered(flow_row(handshake=handshake & 35), given[: at + step])
            messages += fed(conversations, so_far, some) if taken else conversations.feed(Delivery(so_far, some))
        messages += (
            fed(conversations, end, [], closed=True) if taken else conversations.feed(Delivery(end, [], closed=True))
        )
        assert not conversations.failures
        assert not conversations.flows
        assert not stands(conversations)
        told.append((every_bit(messages), conversations.closed))
    return told


@settings(deadline=None)
@given(events=TALK, batch=st.integers(0, 4), cut=st.integers(0, 400), handshake=st.sampled_from([15, 7, 3, 1, 0, 44]))
def test_the_same_as_by_the_reader(events, batch, cut, handshake):
    given = cut_runs(runs(events), [cut] if cut < 300 else ())
    long, short = both_ways(given, batch=batch, handshake=handshake)
    assert short == long


@pytest.mark.parametrize(("asked", "answer"), [(GET, OK), (POST, OK), (BODY, NOTHING), (ASKED[3], ANSWERS[2])])
def test_whole_exchanges_need_no_reader(asked, answer):
    conversations, row = Conversations(), flow_row()
    said = runs([up(asked), down(answer)] * 3)
    assert len(fed(conversations, row, said[:2])) == 2
    assert len(fed(conversations, row, said[2:4])) == 2
    assert not conversations.flows
    assert conversations.standing(row)[1:3] == (
        "http",
        "" if asked[:4] in (b"PUT ", b"HEAD") else asked.split()[4].decode(),
    )
    assert len(fed(conversations, row, said[4:], closed=True)) == 2
    assert not stands(conversations)
    assert conversations.closed[0].read == (3 * len(asked), 3 * len(answer))


@settings(deadline=None)
@given(events=TALK, cuts=st.lists(st.integers(0, 600), max_size=3), separate=st.booleans())
def test_a_connection_that_goes_on_otherwise_gets_its_reader(events, cuts, separate):
    given = cut_runs(runs([up(POST), down(OK), *events]), [len(POST + OK) + cut for cut in cuts])
    conversations, row = Conversations(), delivered(flow_row(), given[:2])
    messages, so_far = fed(conversations, row, given[:2]), given[:2]
    assert stands(conversations)
    for some in [[run] for run in given[2:]] if separate else [given[2:]]:
        so_far = so_far + some
        messages += fed(conversations, delivered(flow_row(), so_far), some)
    messages += fed(conversations, delivered(flow_row(), given), [], closed=True)
    long = Conversations()
    alone = long.feed(Delivery(delivered(flow_row(), given), given))
    alone += long.feed(Delivery(delivered(flow_row(), given), [], closed=True))
    assert (every_bit(messages), conversations.closed) == (every_bit(alone), long.closed)


def test_what_begins_otherwise_is_left_to_readers():
    conversations = Conversations()
    for row in (flow_row(1, handshake=0), flow_row(2, handshake=35), flow_row(3, proto=17)):
        fed(conversations, row, runs([up(GET), down(OK)]))
    assert len(conversations.flows) == 3
    assert not stands(conversations)


@pytest.mark.parametrize(
    "asked",
    [GET, POST, *(b"%s /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n" % one for one in METHODS)],
)
def test_an_announcement_of_another_flow_counts_for_nothing(asked, monkeypatch):
    given, told = [up(asked), down(NOTHING)], []
    for taken in (False, True):
        conversations, row = Conversations(), flow_row()
        found, _ = conversations.whole(batch_of(row, runs(given), closed=True), np.ones(1, bool))
        monkeypatch.setattr(conversations.expected, "find", lambda _: Announcement(ftp.DATA, 0))
        delivery = Delivery(row, [] if taken else runs(given), closed=True)
        messages = conversations.feed(delivery, after=LetGo(read=(found, 0)) if taken else NOTHING_BEFORE)
        told.append((every_bit(messages), conversations.closed))
    assert told[0] == told[1]
    assert told[0][1][0].protocol == "http"


@given(st.sampled_from(METHODS), st.binary(min_size=8, max_size=8))
def test_nobody_else_knows_what_such_requests_begin_with(method, target):
    opening = Opening(method + b" /" + target, b"", 0, 0, midstream=False)
    assert next(one for one in BY_TCP if one.recognise(opening) is not Verdict.NO).name == "http"


def test_heads_that_have_the_same_hash_are_not_taken_for_each_other():
    payload = np.frombuffer(b"one head of some|another of them|one head of some|", np.uint8)
    blocks, table, used = np.zeros((4, 2), np.int64), np.full(4, -1, np.int32), np.zeros(2, np.int64)
    places = [(0, 17), (17, 33), (33, 50)]
    assert [number_of(payload, *place, 7, blocks, table, used) for place in places] == [0, 1, 0]
    assert [number_of(payload, at, at + 1, 7, blocks, table, used) for at in range(4)] == [2, 3, -1, -1]
