"""Flows that say nothing in columns: the same tables as by readers alone, whatever goes by and however it is cut."""

from __future__ import annotations

import random
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netaudit.core.schema import BY_NAME
from netaudit.core.storage.table_streams import read_streams
from netaudit.evidence.case.writing import make_folders
from netaudit.pipeline.stages import Shard
from netaudit.pipeline.storing import Keep
from netaudit.pipeline.takers import takers
from netaudit.protocols import silent
from tests.protocols.datagrams import datagram
from tests.streams.wire import ACK, FIN, RST, SYN, batch, packet

TABLES = [BY_NAME[name] for name in ("flows", "messages", "observations", "objects", "evidence", "persons", "media")]
STEP = 20_000_000


def traffic(rng, size):
    """Packets of many flows that end before they say anything, or say little, or go on; and of those around them."""
    hosts = [0xFFFF_0A00_0000 + rng.randrange(1 << 16) for _ in range(4)]
    packets, at, listening = [], 0, []
    for _ in range(size):
        client, server = rng.sample(hosts, 2)
        shard = (client ^ server) % 3
        near, far = (client, rng.choice((40_000, rng.randrange(1, 1 << 16)))), (server, rng.choice((21, 80, 6000)))
        way = rng.random()
        turns = []
        if way < 0.35:
            data, ports = datagram(rng)
            near, far = (client, ports[0]), (server, ports[1])
            turns = [(rng.random() < 0.8, {"data": data, "proto": 17})]
            while rng.random() < 0.3:
                turns.append((rng.random() < 0.5, {"data": rng.choice((datagram(rng)[0], data, b"")), "proto": 17}))
        elif way < 0.7:
            turns = begun(rng) + rng.choice(([], said(rng)))
        elif way < 0.8 or not listening:
            port = rng.randrange(1024, 1 << 16)
            listening.append((client, server, port, shard))
            far = (server, 21)
            turns = rng.choice((control(port), begun(rng)[:2] + control(port)[2:]))
        else:
            client, server, port, shard = rng.choice(listening)
            near, far = (client, rng.randrange(1024, 1 << 16)), (server, port)
            turns = begun(rng) + rng.choice(([], said(rng)))
        for up, fields in turns:
            at += rng.choice((0, 1000, STEP))
            ends = (near, far) if up else (far, near)
            packets.append((at, packet(*ends, ts=at, shard=shard, **fields)))
        at -= rng.choice((0, 0, 2 * STEP))
        at = max(at, 0)
    packets.sort(key=lambda one: one[0])
    return [{**one, "frame": number} for number, (_, one) in enumerate(packets, 1)]


def begun(rng):
    """The beginning of a TCP connection, as far as it comes."""
    turns = [
        (True, {"seq": 99, "flags": SYN}),
        (False, {"seq": 499, "ack": 100, "flags": rng.choice((SYN | ACK, RST | ACK))}),
        (True, {"seq": 100, "ack": 500, "flags": rng.choice((ACK, RST, FIN | ACK))}),
    ]
    return turns[rng.choice((0, 0, 0, 1)) : rng.randrange(1, 4)] or turns[:1]


def said(rng):
    """Bytes that come after all."""
    text = rng.choice((b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\0\1\2\3" * 9, b"220 ready\r\n"))
    return [(True, {"seq": 100, "ack": 500, "data": text, "flags": ACK})]


def control(port):
    """An FTP dialogue in which the server says where it listens."""
    answer = b"220 ready\r\n", b"227 Entering Passive Mode (10,0,0,1,%d,%d)\r\n" % (port >> 8, port & 255)
    return [
        (True, {"seq": 99, "flags": SYN}),
        (False, {"seq": 499, "ack": 100, "flags": SYN | ACK}),
        (False, {"seq": 500, "ack": 100, "data": answer[0], "flags": ACK}),
        (True, {"seq": 100, "ack": 511, "data": b"PASV\r\n", "flags": ACK}),
        (False, {"seq": 511, "ack": 106, "data": answer[1], "flags": ACK}),
        (True, {"seq": 106, "ack": 511 + len(answer[1]), "data": b"STOR a.jpg\r\n", "flags": ACK}),
    ]


def tables_of(folder, packets, cuts, *, columns=True, workers=1):
    """Rows of the tables of an audit of these packets, sorted."""
    make_folders(folder)
    (folder / "private" / "key").write_bytes(bytes(32))
    for number in range(workers):
        own = [one for one in packets if one.get("shard", 0) % workers == number]
        shard = Shard(folder, str(number), Keep(), takes=takers if columns else lambda *_, **__: [])
        begin = 0
        for end in [*sorted(cuts), len(own)]:
            shard.feed(*batch(own[begin:end]))
            if end % 5 == 0:
                shard.checkpoint()
            begin = max(begin, end)
        assert shard.finish() == []
    return {table.name: sorted(map(repr, read_streams(folder, table.name).to_pylist())) for table in TABLES}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 32), size=st.integers(1, 60), data=st.data())
def test_the_same_with_and_without_columns(tmp_path_factory, seed, size, data):
    packets = traffic(random.Random(seed), size)
    cuts = data.draw(st.lists(st.integers(0, len(packets)), max_size=6))
    told = [tables_of(tmp_path_factory.mktemp("case"), packets, cuts, columns=columns) for columns in (False, True)]
    assert told[1] == told[0]


def test_what_is_announced_at_the_same_time_comes_behind(tmp_path_factory):
    """A datagram in front of the request of TFTP that has its time: who was asked first differed."""
    packets = traffic(random.Random(2139), 32)
    told = [tables_of(tmp_path_factory.mktemp("case"), packets, [], columns=columns) for columns in (False, True)]
    assert told[1] == told[0]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 32), size=st.integers(1, 60), data=st.data())
def test_the_same_for_any_cuts_and_workers(tmp_path_factory, seed, size, data):
    packets = traffic(random.Random(seed), size)
    cuts = [data.draw(st.lists(st.integers(0, len(packets)), max_size=8)) for _ in range(2)]
    told = [
        tables_of(tmp_path_factory.mktemp("case"), packets, cut, workers=workers)
        for cut, workers in ((cuts[0], 1), (cuts[1], 1), (cuts[1], 2))
    ]
    assert told[1] == told[0]
    assert told[2] == told[0]


def test_no_reader_is_asked_about_a_flood(tmp_path):
    packets = [packet((10 + n, 5000), (7, 6000), ts=n, data=b"A" * 40, proto=17) for n in range(500)]
    packets += [packet((10, 5000 + n), (7, 80), ts=n, seq=n, flags=SYN) for n in range(500)]
    with mock.patch("netaudit.protocols.from_streams.Flow", side_effect=AssertionError):
        rows = tables_of(tmp_path, packets, [100, 700])
    assert len(rows["flows"]) == 1000


def test_what_is_held_is_given_back_and_room_stays_small(tmp_path, monkeypatch):
    """Datagrams of flows that ended make room; those of flows that go on come back as they were."""
    monkeypatch.setattr(silent, "ROOM", 256)
    held = []

    def kept(*given, **more):
        found = takers(*given, **more)
        held.append(found[-1])
        return found

    make_folders(tmp_path)
    (tmp_path / "private" / "key").write_bytes(bytes(32))
    shard = Shard(tmp_path, "0", Keep(), takes=kept)
    silence = 400 * 10**9  # ends what is silent so long
    for turn in range(40):
        own = [
            packet((10 + n, 5000), (7, 6000), ts=turn * silence + n, data=bytes([65 + n]) * 60, proto=17)
            for n in range(9)
        ]
        shard.feed(*batch(own))
    assert held[0]._silent._bytes.size < 4096
    number = b"text with 11010519491231002X in it"
    shard.feed(*batch([packet((10, 5000), (7, 6000), ts=39 * silence + 99, data=number, proto=17)]))
    assert np.count_nonzero(held[0]._silent._held["serial"]) == 8
    assert shard.finish() == []
    (message,) = read_streams(tmp_path, "messages").to_pylist()
    assert message["body_size"] == 60 + len(number)  # the datagram before it stands in the same text


@pytest.mark.parametrize("size", [2048, 2049])
def test_a_datagram_of_any_size(tmp_path, size):
    packets = [packet((10, 5000), (7, 6000), ts=5, data=b"A" * size, proto=17)]
    told = [tables_of(tmp_path / str(columns), packets, [], columns=columns) for columns in (False, True)]
    assert told[1] == told[0]


def test_a_picture_over_datagrams_begins_in_the_one_that_was_held(tmp_path):
    picture = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda\x00\x02" + b"pixels" * 600 + b"\xff\xd9"
    said = [(True, b"AB" * 20 + picture[:1]), (False, b"no"), (True, picture[1:])]
    ends = (10, 5000), (7, 6000)
    packets = [packet(*ends[:: 1 if up else -1], ts=n, data=data, proto=17) for n, (up, data) in enumerate(said, 1)]
    told = [tables_of(tmp_path / str(columns), packets, [1, 2], columns=columns) for columns in (False, True)]
    assert told[1] == told[0]
    assert len(told[1]["objects"]) == 1


def test_a_datagram_that_was_held_is_not_lost_when_its_port_is_announced(tmp_path):
    """By another flow, for another."""
    picture = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda\x00\x02" + b"pixels" * 600 + b"\xff\xd9"
    ends, client, server = ((10, 5000), (7, 6000)), (30, 40_000), (40, 21)
    packets = [packet(*ends, ts=1, data=b"AB" * 20 + picture[:1], proto=17)]
    packets += [
        packet(*((client, server) if up else (server, client)), ts=n, **fields)
        for n, (up, fields) in enumerate(control(6000), 2)
    ]
    packets.append(packet(*ends, ts=20, data=picture[1:], proto=17))
    cuts = [1, len(packets) - 1]
    told = [tables_of(tmp_path / str(columns), packets, cuts, columns=columns) for columns in (False, True)]
    assert told[1] == told[0]
    assert len(told[1]["objects"]) == 1


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
def test_a_syn_behind_bytes_says_nothing_of_how_they_began(tmp_path, cut):
    """It may come in a later window than they."""
    client, server = (30, 40_000), (40, 21)
    said = [*control(6000)[2:4], control(6000)[0], *control(6000)[4:]]
    packets = [
        {**packet(*((client, server) if up else (server, client)), ts=n, **fields), "frame": n}
        for n, (up, fields) in enumerate(said, 1)
    ]
    told = [tables_of(tmp_path / str(cuts), packets, cuts) for cuts in ([], [cut])]
    assert told[1] == told[0]
