"""The door: ids, packets, the byte ledger, failing readers, hand-overs, and independence from how bytes were cut."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols import from_streams, message, readers
from netaudit.protocols.flow import flow_id
from netaudit.protocols.from_streams import Conversations
from netaudit.protocols.reader import BaseReader, HandOver, Opening, Verdict
from netaudit.protocols.readers import READERS, Entry, choose
from netaudit.streams import layouts
from netaudit.streams.layouts import Delivery
from tests.conftest import BYTES as EACH
from tests.protocols.examples import EXAMPLES, GET, OK, POST
from tests.protocols.tls.test_tls import client_hello
from tests.reference.messages import SEGMENT, cut_runs, down, essence, flow_row, read, runs, up


def test_directions_are_those_of_streams():
    assert (message.UP, message.DOWN) == (layouts.UP, layouts.DOWN)


def test_ids_are_content():
    row = flow_row()
    other = row.copy()
    for a, b in (("client", "server"), ("server", "client")):
        for part in ("hi", "lo", "port"):
            other[f"{a}_{part}"] = row[f"{b}_{part}"]
    other["serial"], other["last_ts"] = 99, 5
    assert flow_id(row) == flow_id(other)
    other["first_seq"] += 1
    assert flow_id(row) != flow_id(other)
    assert len(flow_id(row)) == 16
    messages, _ = read([up(POST + POST), down(OK + OK)])
    again, _ = read([up(POST + POST), down(OK + OK)], batch=1, cuts=[60])
    assert [m.message_id for m in messages] == [m.message_id for m in again]
    assert len({m.message_id for m in messages}) == 4
    assert {m.flow_id for m in messages} == {flow_id(row)}
    assert messages[2].request.message_id == messages[0].message_id


def test_pieces_are_the_packets_of_the_message():
    body = bytes(5000)
    put = b"PUT /i HTTP/1.1\r\nContent-Length: 5000\r\n\r\n" + body
    messages, summary = read([up(put + GET), down(OK)], cuts=[1460 * 2])
    assert messages[0].pieces["frame"].tolist() == [1, 2, 3, 4]
    assert messages[1].pieces["frame"].tolist() == [4]
    assert messages[2].pieces["frame"].tolist() == [5]
    assert summary.read == (len(put + GET), len(OK))


def test_datagrams_are_carved_alike_together_and_one_by_one():
    picture = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda\x00\x02" + b"pixels" * 600 + b"\xff\xd9"
    noise = b"\x80\x60" + b"\x01" * (SEGMENT - 2)
    events = [up(noise), up(noise + picture + noise * 2), down(noise + picture[:900]), up(picture)]
    together, _ = read(events, proto=17, client_port=9000, server_port=9002)
    single = [(way, data[at : at + SEGMENT]) for way, data in events for at in range(0, len(data), SEGMENT)]
    apart, _ = read(single, proto=17, client_port=9000, server_port=9002, batch=1)
    found = [m for m in together if m.body == picture]
    assert len(found) == 2
    assert not any(m.complete for m in found)  # nothing says how their carrier frames them
    assert essence(together) == essence(apart)


def test_several_flows_keep_apart():
    conversations = Conversations()
    first, second = flow_row(1), flow_row(2, client_port=40001)
    for run in cut_runs(runs([up(POST)]), range(60)):
        assert len(conversations.feed(Delivery(first, [run]))) + len(conversations.feed(Delivery(second, [run]))) in (
            0,
            2,
        )
    conversations.feed(Delivery(first, [], closed=True))
    conversations.feed(Delivery(second, [], closed=True))
    assert [s.serial for s in conversations.closed] == [1, 2]
    assert not conversations.flows


def test_flow_without_bytes():
    messages, summary = read([])
    assert messages == []
    assert (summary.protocol, summary.read) == ("unknown", (0, 0))


def test_ignored_flows_are_told_once():
    conversations = Conversations()
    row = flow_row(5)
    record = b"\x17\x03\x03\x00\x05hello"
    for run in runs([up(record), down(record), up(record), down(record)]):
        conversations.feed(Delivery(row, [run]))
    assert conversations.ignored == [5]
    conversations.feed(Delivery(row, [], closed=True))
    assert conversations.ignored == [5]
    assert conversations.closed[0].to_ignore


class Failing(BaseReader):
    def feed(self, direction, offset, data):
        if b"!" in data:
            raise KeyError(data)
        return []

    def finish(self):
        raise ValueError

    def needed_from(self, direction):
        return 0


def recognise_odd(opening: Opening):
    return Verdict.YES if opening.up.startswith(b"odd") else Verdict.NO


def before_all(monkeypatch, entry: Entry) -> None:
    """Have a reader asked before any other."""
    asked = readers.BY_TRANSPORT[entry.transport]
    monkeypatch.setitem(readers.BY_TRANSPORT, entry.transport, (entry, *asked))


def test_failing_reader_costs_only_its_flow(monkeypatch):
    before_all(monkeypatch, Entry("odd", "tcp", recognise_odd, Failing))
    picture = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda\x00\x02pixels\xff\xd9"
    conversations = Conversations()
    row = flow_row(1)
    given_runs = runs([up(b"odd"), up(b"!" + picture)])
    messages = [m for run in given_runs for m in conversations.feed(Delivery(row, [run]))]
    messages += conversations.feed(Delivery(row, [], closed=True))
    assert "KeyError" in messages[0].notes[0]
    assert not messages[0].complete
    assert messages[1].body == picture
    assert len(conversations.failures) == 1
    assert conversations.feed(Delivery(flow_row(2), runs([up(POST)])))[0].body == b"hello"
    conversations.feed(Delivery(flow_row(3), runs([up(b"odd")]), closed=True))
    assert "ValueError" in conversations.failures[1]


class Stepping(BaseReader):
    """Takes four bytes upwards, then hands over."""

    def __init__(self):
        self.at = [0, 0]
        self.held = b""

    def feed(self, direction, offset, data):
        self.at[direction] = offset + len(data)
        if direction == 0:
            self.held += data
            if len(self.held) >= 4:
                rest = self.held[4:]
                self.hand_over = HandOver((self.at[0] - len(rest), self.at[1]), (rest, b""), upgrade="inner")
        return []

    def needed_from(self, direction):
        return self.at[direction]


@pytest.mark.parametrize("inner", ["exchange", "chunked", "close-delimited"])
def test_hand_over_by_any_reader(monkeypatch, inner):
    seen = []

    def recognise(opening):
        seen.append(opening.upgrade)
        return recognise_odd(opening)

    before_all(monkeypatch, Entry("odd", "tcp", recognise, Stepping))
    events, expected = EXAMPLES[inner]
    events = [up(b"odd1" + events[0][1]), *events[1:]]
    messages, summary = read(events)
    assert len(messages) == len(expected)
    assert messages[0].start == 4
    assert "inner" in seen
    assert summary.protocol == "http"
    cut, _ = read(events, cuts=range(300), batch=1)
    assert essence(cut) == essence(messages)


def test_endless_hand_overs_end(monkeypatch):
    before_all(monkeypatch, Entry("odd", "tcp", lambda _: Verdict.YES, Stepping))
    messages, _ = read([up(b"odd1" * 50)])
    assert messages == []


def test_proxied_tls():
    events = [up(b"CONNECT c:443 HTTP/1.1\r\n\r\n"), down(b"HTTP/1.1 200 OK\r\n\r\n"), up(client_hello())]
    messages, summary = read(events)
    assert [m.protocol for m in messages] == ["http", "http", "tls"]
    assert summary.protocol == "tls"
    only_up, _ = read([events[0], events[2]])
    assert [m.protocol for m in only_up] == ["http", "tls"]


def test_https_is_never_http():
    assert choose(Opening(client_hello(), b"", 1, 80, midstream=False), "tcp", final=True)[0].name == "tls"


BYTES = st.binary(max_size=40) | st.sampled_from(
    [POST, OK, GET, client_hello(), b"HTTP/1.1 2", b"PRI * HTTP/2.0\r\n\r\n", b"ST /a HTTP/1\n", b""]
)


@settings(max_examples=100, deadline=None)
@given(BYTES, BYTES, st.integers(0, 1))
def test_verdicts_do_not_change_as_bytes_come(data, other, direction):
    beginnings = []
    for size in (*range(1, min(len(data), 64) + 1), *range(65, len(data) + 1, EACH)):
        both = [other, other]
        both[direction] = data[:size]
        beginnings.append(Opening(both[0], both[1], 1, 2, midstream=False))
    for entry in READERS:
        if entry.transport == "udp":
            continue
        settled = Verdict.MORE
        for opening in beginnings:
            verdict = entry.recognise(opening)
            assert settled in (Verdict.MORE, verdict), (entry.name, opening)
            settled = verdict
            if settled in (Verdict.YES, Verdict.SWAPPED):
                break  # nobody asks again


def test_summary_fields():
    assert [f.name for f in dataclasses.fields(from_streams.FlowSummary)][:3] == ["serial", "flow_id", "protocol"]
