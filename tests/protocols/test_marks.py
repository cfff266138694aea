"""Marks of readers of datagrams: what a recogniser takes has one of them, and kernels find what the marks say."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.kernels_silent import is_wanted
from netaudit.protocols.marks import ANYTHING, Mark, literal, packed
from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.readers import BY_TRANSPORT, FALLBACK, Entry, choose
from netaudit.protocols.silent import MARKS
from tests.protocols.datagrams import PORTS, datagram

ENTRIES = BY_TRANSPORT["udp"]
TAKEN = (Verdict.YES, Verdict.SWAPPED)


def stands(marks, data, ports=(40_000, 9)):
    """Whether one of some marks stands in a datagram, by its definition."""
    for mark in marks:
        among, first, last = mark.holds
        if (
            len(data) >= max(mark.least, mark.at + len(mark.starts))
            and all(data[mark.at + k] in allowed for k, allowed in enumerate(mark.starts))
            and (not mark.ports or set(ports) & set(mark.ports))
            and (not among or set(data[first:last]) & set(among))
        ):
            return True
    return False


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.name}-{entry.recognise.__module__}")
def test_a_recogniser_takes_nothing_without_a_mark(entry: Entry) -> None:
    assert entry.marks != ANYTHING, "every flood would be asked about by this one"
    taken = 0
    for seed in range(12_000):
        data, ports = datagram(random.Random(seed))
        for up, down in ((data, b""), (b"", data)):
            if entry.recognise(Opening(up, down, *ports, midstream=False)) in TAKEN:
                taken += 1
                assert stands(entry.marks, data, ports), (data, ports)
    assert taken, "no datagram of the test is one of this protocol"


@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 1 << 32), noise=st.binary(max_size=80), ports=st.tuples(*[st.sampled_from(PORTS)] * 2))
def test_the_kernel_finds_what_the_marks_say(seed, noise, ports):
    chance = random.Random(seed)
    data = noise or datagram(chance)[0]
    for entry in ENTRIES:
        own, array = packed(entry.marks), np.frombuffer(data, np.uint8)
        bare = bytes(
            one if one < 0x80 and chr(one) not in "0123456789BG/iR" else 1 for one in data
        )  # no image, no number
        assert is_wanted(*own, np.frombuffer(bare, np.uint8), *ports) == stands(entry.marks, bare, ports)
        if stands(entry.marks, data, ports):
            assert is_wanted(*MARKS, array, *ports)


@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_what_nobody_wants_no_reader_takes(seed):
    data, ports = datagram(random.Random(seed))
    if not is_wanted(*MARKS, np.frombuffer(data, np.uint8), *ports):
        assert choose(Opening(data, b"", *ports, midstream=False), "udp", final=True)[0] is FALLBACK["udp"]


@pytest.mark.parametrize("wanted", [b"abc\xff\xd8\xff\xe0", b"no: 11010519491231002X.", b"x\x89PNG"])
def test_images_and_numbers_are_wanted(wanted):
    nobody = packed([Mark(literal(b"never"))])
    assert is_wanted(*nobody, np.frombuffer(wanted, np.uint8), 1, 2)
    assert not is_wanted(
        *nobody, np.frombuffer(wanted.translate(bytes.maketrans(b"\xd8XP", b"\0\1\2")), np.uint8), 1, 2
    )
