"""Hellos by exhaustion: a message in up to three records, those in up to three deliveries, any piece lost.

The model: records are heads of five bytes with a length, their contents joined are handshake messages; a hello is told
once its last byte came, from the first byte of the record it begins in to the end of the one it ends in, and never where
a byte before its end is missing.
"""

from __future__ import annotations

import itertools

import pytest

from netaudit.protocols.message import UP
from netaudit.protocols.tls.tls import TlsReader
from tests.conftest import THOROUGH

BODY = b"\x03\x03" + bytes(range(32)) + b"\0" + b"\0\x02\x13\x01" + b"\x01\0"
HELLO = b"\x01" + len(BODY).to_bytes(3, "big") + BODY
SOME = range(1, len(HELLO)) if THOROUGH else (1, 3, 4, 5, 20, len(HELLO) - 1)


def in_records(cuts):
    edges = (0, *cuts, len(HELLO))
    return b"".join(b"\x16\x03\x01" + (b - a).to_bytes(2, "big") + HELLO[a:b] for a, b in itertools.pairwise(edges))


def read(events):
    """Messages of a reader that is fed with (offset, bytes), or told of (offset, length of a gap)."""
    reader, out = TlsReader(), []
    for offset, what in events:
        out += reader.feed(UP, offset, what) if isinstance(what, bytes) else reader.gap(UP, offset, what)
    return out + reader.finish()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_however_it_is_cut(count):
    """Every cut into records (2: 1,035 of them where thorough), each delivered in every two parts, one by one, and whole."""
    for cuts in itertools.combinations(SOME if count else range(1, len(HELLO)), count):
        data = in_records(cuts)
        deliveries = [[(0, data[:at]), (at, data[at:])] for at in range(1, len(data))]
        deliveries += [[(0, data)], [(at, data[at : at + 1]) for at in range(len(data))]]
        for events in deliveries:
            (message,) = read(events)
            assert (message.start, message.end, message.details.hello) == (0, len(data), HELLO), (cuts, events)


@pytest.mark.parametrize("cuts", [(), (1,), (20,), (4, 5)])
def test_whatever_is_lost(cuts):
    """Any one piece of it is missing: then nothing is told of it."""
    data = in_records(cuts)
    for a, b in itertools.combinations(range(len(data) + 1), 2):
        assert read([(0, data[:a]), (a, b - a), *([(b, data[b:])] if b < len(data) else [])]) == [], (a, b)


@pytest.mark.parametrize("cuts", [(), (20,)])
def test_whatever_follows_is_not_of_it(cuts):
    """A gap behind it, at every distance, takes nothing away."""
    data = in_records(cuts)
    more = b"\x14\x03\x03\0\x01\x01"
    for at in range(len(more) + 1):
        (message,) = read([(0, data + more[:at]), (len(data) + at, 7)])
        assert (message.end, message.details.hello) == (len(data), HELLO)
