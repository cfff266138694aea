"""What the tests of all carriers share: the same bytes whole, in pieces, with gaps, and bytes that mean nothing."""

from __future__ import annotations

from hypothesis import strategies as st

from netaudit.protocols.from_streams import Conversations
from netaudit.streams.layouts import Delivery
from tests.conftest import BYTES
from tests.protocols.examples import with_gap
from tests.reference.messages import cut_runs, essence, flow_row, read, runs

JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda\x00\x02" + bytes(range(97, 123)) * 3 + b"\xff\xd9"


def size(events):
    """Bytes of a conversation, lost ones too."""
    return sum(what if isinstance(what, int) else len(what) for _, what in events)


def check_cuts(events, **row):
    """The same messages, however the bytes are cut."""
    whole, summary = read(events, **row)
    cut, cut_summary = read(events, cuts=range(size(events)), batch=1, **row)
    assert essence(cut) == essence(whole)
    assert cut_summary == summary
    return whole, summary


def check_gaps(events, bodies, length=1, step=1, **row):
    """Whatever bytes are lost: nothing that pretends to be whole has another content; cuts change nothing."""
    for place, at in enumerate(range(0, size(events), step)):
        broken = with_gap(events, at, length)
        messages, _ = read(broken, **row)
        for message in messages:
            if message.protocol == "carved":  # a flow whose first bytes are lost may not be recognised
                continue
            if message.body and message.complete:
                assert message.body in bodies, (at, message)
            assert message.complete == (not message.missing and message.unknown_from is None) or not message.body
        if place % BYTES == 0:
            cut, _ = read(broken, cuts=range(size(events)), batch=1, **row)
            assert essence(cut) == essence(messages), at


def noise(*chunks, most):
    """Bytes and gaps (numbers) of either direction, as `check_noise` takes them."""
    return st.lists(st.tuples(st.integers(0, 1), st.one_of(*chunks)), max_size=most)


def check_noise(make, chunks):
    """A reader survives any bytes and gaps, in any order, and says where it stands."""
    from netaudit.protocols.reader import Opening

    reader = make()
    reader.begin(Opening(b"", b"", 40000, 1883, midstream=bool(len(chunks) % 2)))
    at = [0, 0]
    for direction, what in chunks:
        if reader.hand_over is not None or not reader.wants_bytes:
            break
        if isinstance(what, int):
            reader.gap(direction, at[direction], what)
            at[direction] += what
        else:
            reader.feed(direction, at[direction], what)
            at[direction] += len(what)
        assert 0 <= reader.needed_from(direction) <= at[direction]
    for message in reader.finish():
        assert message.body_size >= len(message.body) or message.protocol == "tftp"


def two_flows(control, data, *, control_row=None, data_row=None, windows=1):
    """Messages of a control flow and a flow it announces, delivered in one window or in several.

    control, data: events of the flows; every event takes one second, the data flow begins after `start` of them.
    """
    conversations = Conversations()
    data_row = dict(data_row or {})
    turned = data_row.pop("swap", False)
    first = flow_row(1, **(control_row or {}))
    second = flow_row(2, **data_row)
    if turned:  # the server opens the data flow
        for part in ("hi", "lo"):
            second[f"client_{part}"], second[f"server_{part}"] = first[f"server_{part}"], first[f"client_{part}"]
    base = int(first["first_ts"])
    out = []
    given = []
    for row, events, start in ((first, *control), (second, *data)):
        row["first_ts"] = base + start * 10**9
        for number, run in enumerate(runs(events)):
            if len(run.pieces):
                run.pieces["ts"] = base + (start + number) * 10**9
            given.append((start + number, int(row["serial"]), row, run))
        row["last_ts"] = base + (start + len(events)) * 10**9
    last = max(g[0] for g in given) + 1
    for window in range(windows):
        low, high = last * window / windows, last * (window + 1) / windows
        for row in (first, second):
            mine = [run for at, serial, _, run in given if serial == int(row["serial"]) and low <= at < high]
            for run in mine:
                out += conversations.feed(Delivery(row, cut_runs([run], ())))
    for row in (second, first):
        closing = row.copy()
        closing["handshake"] = 15
        out += conversations.feed(Delivery(closing, [], closed=True))
    assert not conversations.failures
    return out
