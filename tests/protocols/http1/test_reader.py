"""HTTP/1.x: a table of conversations, fed whole, byte by byte, and with every byte lost once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.http1 import body as http1_body
from netaudit.protocols.http1.reader import HttpReader
from tests.conftest import BYTES
from tests.protocols.examples import EXAMPLES, GET, MIXED, OK, PARTS, POST, brief, size, with_gap
from tests.reference.messages import down, essence, read, up

CASES = pytest.mark.parametrize("name", EXAMPLES)


@CASES
def test_whole(name):
    events, expected = EXAMPLES[name]
    messages, summary = read(events)
    assert brief(messages) == expected
    assert summary.protocol == "http"
    assert all(m.complete and not m.missing and m.unknown_from is None for m in messages)


@CASES
def test_byte_by_byte(name):
    events, _ = EXAMPLES[name]
    whole, summary = read(events)
    cut, cut_summary = read(events, cuts=range(size(events)), batch=1)
    assert essence(cut) == essence(whole)
    assert cut_summary == summary


@CASES
def test_a_lost_byte_is_never_unnoticed(name):
    """Whatever byte is lost: no message pretends to be whole with other content, and no answer gets a wrong request."""
    events, expected = EXAMPLES[name]
    good = set(expected)
    for at in range(size(events)):
        broken = with_gap(events, at)
        messages, _ = read(broken)
        for message in messages:
            seen = brief([message])[0]
            whole = message.complete and message.unknown_from is None and not message.missing
            if whole and message.status >= 200 and message.request is None:
                assert any(seen[1] == g[1] and seen[4:] == g[4:] for g in good), (at, seen)
            elif whole:
                assert seen in good or b"".join([seen[5]]) == b"", (at, seen)
        if at % BYTES == 0:
            cut, _ = read(broken, cuts=range(size(events)), batch=1)
            assert essence(cut) == essence(messages), at


def test_pairing_is_not_shifted_by_a_lost_request():
    events = []
    for i in range(6):
        events += [
            up(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % i),
            down(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % i),
        ]
    for lost in range(12):
        broken = [(d, len(w)) if i == lost else (d, w) for i, (d, w) in enumerate(events)]
        messages, _ = read(broken)
        answers = [m for m in messages if m.status]
        assert len(answers) == 6 - lost % 2
        assert all(m.path in ("", f"/{m.body.decode()}") for m in answers), lost
        assert sum(1 for m in answers if m.request) >= 4, lost


def test_gap_in_body_is_exact():
    body = bytes(range(256)) * 8
    request = b"PUT /i HTTP/1.1\r\nHost: h\r\nContent-Length: 2048\r\n\r\n"
    messages, summary = read([up(request + body[:100]), up(50), up(body[150:] + POST)])
    first = messages[0]
    assert first.missing == [(100, 150)]
    assert not first.complete
    assert first.unknown_from is None
    assert first.body == body[:100] + bytes(50) + body[150:]
    assert first.body_start == len(request)
    assert brief(messages)[1] == ("http", 0, "POST", "/a", 0, b"hello")
    assert summary.read == (len(request) + 2048 - 50 + len(POST), 0)


def test_gap_over_the_end_of_a_body():
    messages, _ = read([up(POST[:-2]), up(2 + 20), up(POST[20:] + GET), down(OK)])
    assert messages[0].missing == [(3, 5)]
    assert brief(messages)[-2:] == [("http", 0, "GET", "/g", 0, b""), ("http", 1, "GET", "/g", 200, b"ok")]


def test_gap_in_chunk():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    inside, _ = read([up(GET), down(head + b"5\r\nab"), down(2), down(b"e\r\n0\r\n\r\n" + OK)])
    assert (inside[1].body, inside[1].missing, inside[1].complete) == (b"ab\0\0e", [(2, 4)], False)
    assert inside[2].body == b"ok"
    across, _ = read([up(GET), down(head + b"5\r\nab"), down(6), down(b"0\r\n\r\n" + OK)])
    assert (across[1].body, across[1].unknown_from, across[1].complete) == (b"ab", 2, False)
    assert across[2].body == b"ok"


def test_cut_off_by_the_end():
    messages, _ = read([up(POST[:-2])])
    assert (messages[0].body, messages[0].missing, messages[0].body_size) == (b"hel", [(3, 5)], 5)
    assert not messages[0].complete
    open_end, _ = read([up(GET), down(b"HTTP/1.0 200 OK\r\n\r\nabc")], handshake=3)
    assert (open_end[1].complete, open_end[1].unknown_from) == (False, 3)


def test_large_body_is_kept_in_part(monkeypatch):
    monkeypatch.setattr(http1_body, "LIMIT", 100)
    for cuts in ((), (70, 150, 151)):
        messages, _ = read(
            [up(b"PUT /i HTTP/1.1\r\nContent-Length: 300\r\n\r\n" + bytes(250)), up(bytes(50)), up(GET)], cuts=cuts
        )
        assert len(messages[0].body) == 100
        assert messages[0].missing == [(100, 300)]
        assert messages[0].body_size == 300
        assert "64 MiB" in messages[0].notes[0]
        assert messages[1].path == "/g"


def test_range_is_told():
    answer = b"HTTP/1.1 206 P\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nok"
    messages, _ = read([up(GET), down(answer)])
    assert messages[1].file_range == "0-1/9"


def test_swapped_when_nobody_saw_who_opened():
    messages, summary = read([down(POST), up(OK)], handshake=0)
    assert summary.swapped
    assert brief(messages) == [("http", 0, "POST", "/a", 0, b"hello"), ("http", 1, "POST", "/a", 200, b"ok")]
    assert messages[0].pieces["frame"].tolist() == [1]


def test_midstream_begins_with_the_next_head():
    picture = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda\x00\x02pixels\xff\xd9"
    messages, _ = read([up(b"tail of a body" + picture + POST), down(b"k" + OK)], handshake=0)
    assert [m.protocol for m in messages] == ["carved", "http", "http"]
    assert messages[0].body == picture
    assert messages[0].start == 14
    assert brief(messages)[1] == ("http", 0, "POST", "/a", 0, b"hello")


def test_hand_over_to_unknown_protocol_is_carved():
    picture = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda\x00\x02pixels\xff\xd9"
    switch = b"HTTP/1.1 101 Switching\r\nUpgrade: odd\r\n\r\n"
    messages, _ = read(
        [up(b"GET /g HTTP/1.1\r\nUpgrade: odd\r\n\r\n"), down(switch + b"\x81\x00" + picture), up(picture)]
    )
    assert [(m.protocol, m.direction) for m in messages] == [("http", 0), ("http", 1), ("carved", 0), ("carved", 1)]
    assert [m.body for m in messages[2:]] == [picture, picture]


def test_parts_with_gaps_and_in_chunks():
    whole, _ = read([up(GET), down(MIXED + PARTS[:60]), down(1), down(PARTS[61:])])
    assert sum(m.complete for m in whole[2:]) == 2
    wrapped = MIXED.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    for i in range(0, len(PARTS), 7):
        wrapped += b"%x\r\n%b\r\n" % (len(PARTS[i : i + 7]), PARTS[i : i + 7])
    messages, _ = read([up(GET), down(wrapped)])
    assert [m.body for m in messages[2:]] == [b"AB00", b"AB01", b"AB02"]
    no_length = PARTS.replace(b"Content-Length: 4\r\n", b"") + b"--b--\r\n"
    messages, _ = read([up(GET), down(MIXED + no_length)])
    assert [(m.body, m.complete) for m in messages[2:]] == [(b"AB00", True), (b"AB01", True), (b"AB02", True)]


def test_endless_head_is_given_up():
    messages, _ = read([up(GET + b"GET /x HTTP/1.1\r\n" + b"A: b\r\n" * 60_000 + b"\r\n" + POST)])
    assert brief(messages)[0][3] == "/g"
    assert brief(messages)[-1] == ("http", 0, "POST", "/a", 0, b"hello")


ALPHABET = st.sampled_from(
    [POST, OK, GET, b"\r\n", b"\n", b"HTTP/1.", b"GET ", b"/", b" HTTP/1.1\r\n", b"5\r\n", b"0\r\n\r\n", b"Content-Length: ", MIXED, PARTS,
     b"Transfer-Encoding: chunked\r\n", b"Upgrade: h\r\n", b"HTTP/1.1 101 S\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\n\r\n", b"x" * 40, b"\xff\xd8\xff\xe0",
     b"POST /n HTTP/1.1\r\nA: b\r\n\r\nbody", b"HTTP/1.0 200 OK\r\n\r\n", b"HEAD / HTTP/1.1\r\n\r\n"]
)  # fmt: skip
EVENT = st.tuples(st.integers(0, 1), ALPHABET | st.integers(1, 40) | st.binary(max_size=20))


@settings(max_examples=100, deadline=None)
@given(st.lists(EVENT, max_size=14), st.lists(st.integers(0, 600), max_size=12), st.sampled_from([0, 3, 15]))
def test_any_bytes_any_cuts_same_messages(events, cuts, handshake):
    whole, summary = read(events, handshake=handshake)
    cut, cut_summary = read(events, handshake=handshake, cuts=cuts, batch=1)
    assert essence(cut) == essence(whole)
    assert cut_summary == summary
    payload = [sum(len(w) for d, w in events if d == side and isinstance(w, bytes)) for side in (0, 1)]
    read_bytes = summary.read[::-1] if summary.swapped else summary.read
    assert all(0 <= r <= p for r, p in zip(read_bytes, payload, strict=True))


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENT, max_size=14))
def test_needed_from_never_goes_back_over_a_message(events):
    """No message begins before what the reader said it needs, and what it needs never decreases."""
    reader, at, needed = HttpReader(), [0, 0], [0, 0]
    for direction, what in events:
        length = what if isinstance(what, int) else len(what)
        if not length:
            continue
        out = (
            reader.feed(direction, at[direction], what)
            if isinstance(what, bytes)
            else reader.gap(direction, at[direction], length)
        )
        at[direction] += length
        for message in out:
            assert message.start >= needed[message.direction]
            assert message.start <= message.end <= at[message.direction]
        if reader.hand_over:
            return
        for side in (0, 1):
            now = reader.needed_from(side)
            assert now >= needed[side]
            needed[side] = now


@pytest.mark.parametrize(
    "head",
    [
        b" \nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",  # blanks before the status line
        b"HTTP/1.1 200 OK\r\nX: a\r\n\tTransfer-Encoding: chunked\r\nY: b\r\n\r\n",  # as if it were folded
    ],
)
def test_chunks_whose_declaration_is_hidden(head):
    """Browsers read these, so what such an answer carries is carried."""
    events = [up(GET), down(head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")]
    whole, _ = read(events)
    assert [m.body for m in whole if m.status] == [b"abcde"]
    cut, _ = read(events, cuts=range(size(events)), batch=1)
    assert essence(cut) == essence(whole)


def test_blanks_that_no_status_line_follows_are_an_answer():
    whole, _ = read([up(GET), down(b"  text")])
    assert [m.body for m in whole if m.direction] == [b"  text"]


def test_trailers_are_read_together():
    """A name in one says whose number is in the next; what chunks say beside their sizes is not theirs."""
    head = b"POST /beat HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"2;sum=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n{}\r\n0\r\nX-Who: %E6%9D%A8%E4%BC%9F%E4%BC%9F\r\nX-Doc: 11010519491231002X\r\n\r\n"
    messages, _ = read([up(head + body)])
    assert messages[0].headers[-1] == ("trailer", "X-Who: %E6%9D%A8%E4%BC%9F%E4%BC%9F\nX-Doc: 11010519491231002X")
    assert messages[0].body == b"{}"


def test_trailers_beyond_the_bound_do_not_count_as_read():
    head = b"POST /beat HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
    line = b"X-Who: " + b"a" * 991 + b"\r\n"
    few, _ = read([up(head + line * 10 + b"\r\n")])
    many, _ = read([up(head + line * 60 + b"\r\n")])
    assert few[0].foreign == 0
    assert 0 < many[0].foreign == (60 - many[0].head.count(line)) * len(line)
    assert many[0].body == b"{}"
