"""Packets opened in a row against packets opened one by one: the same, up to the first that is in any way unusual."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.decryption.kernels_quic import full
from netaudit.protocols.decryption.quic_keys import KEY_PHASE, Level, Packets
from netaudit.protocols.decryption.suites import suites
from netaudit.protocols.tls.quic_packets import full_number

LARGEST = st.one_of(st.integers(-1, 1 << 20), st.integers((1 << 62) - 70_000, (1 << 62) - 1))


@settings(deadline=None)
@given(LARGEST, st.integers(1, 4), st.data())
def test_numbers(largest, size, data):
    sent = data.draw(st.integers(0, (1 << 8 * size) - 1))
    assert full(sent, 8 * size, largest) == full_number(sent, 8 * size, largest)


def level(suite: int) -> Level:
    return Level(suites()[suite], 1, bytes(48 if suite == 0x1302 else 32))


def packet(keys: Level, number: int, size: int, name: bytes, content: bytes) -> bytes:
    """A packet as its sender makes it, with a number of so many bytes."""
    sent = (number & (1 << 8 * size) - 1).to_bytes(size, "big")
    head = bytes([0x40 | keys.phase * KEY_PHASE | size - 1]) + name + sent
    nonce = (int.from_bytes(keys.key.iv.tobytes(), "big") ^ number).to_bytes(12, "big")
    bare = head + keys.key._aead._cipher.encrypt(nonce, content, head)
    at = 1 + len(name)
    mask = keys.header.masks(bare[at + 4 : at + 20])
    hidden = bytes(a ^ b for a, b in zip(sent, mask[1:], strict=False))
    return bytes([bare[0] ^ mask[0] & 0x1F]) + name + hidden + bare[at + size :]


def one_by_one(keys: Level, datagrams: list[bytes], name: bytes, largest: int):
    """What `open_short` makes of them, up to one with other keys, another id or a long header."""
    found, at, key = [], 0, keys.key
    for data in datagrams:
        if data[:1] and data[0] & 0xC0 == 0x40 and data.startswith(name, 1):
            one = keys.open_short(data, 0, 1 + len(name), largest)
            if one is None or keys.key is not key:
                break
            largest = max(largest, one.number)
            found.append((one.number, one.frames, at + one.at))
            at += len(data)
        else:
            break
    return found


def contents(row: Packets) -> list[bytes]:
    return [row.frames(number) for number in range(len(row.ends))]


SENT = st.lists(
    st.tuples(st.integers(-2, 300), st.integers(1, 4), st.binary(max_size=40), st.sampled_from("........bltiuc")),
    max_size=12,
)


@settings(deadline=None)
@given(SENT, st.binary(max_size=20), st.sampled_from([0x1301, 0x1302, 0x1303]), st.integers(0, 1 << 40))
def test_a_row_is_what_its_packets_are(sent, name, suite, number):
    """Packets that are damaged, belong to others, are long, too short, or tell of new keys, in any place."""
    sender, datagrams, first = level(suite), [], number - 1
    for step, size, content, what in sent:
        number = max(0, number + step)
        if what == "u":
            sender.key, sender.phase = sender.key.updated(), 1 - sender.phase
        data = packet(sender, number, size, b"?" * len(name) if what == "i" else name, content + bytes(4))
        if what == "b":
            data = data[:-1] + bytes([data[-1] ^ 1])
        elif what == "l":
            data = bytes([data[0] | 0x80]) + data[1:]
        elif what == "t":
            data = data[: len(name) + 5]
        elif what == "c":
            data = data[:-3]
        datagrams.append(data)
    ends = np.cumsum(np.array([len(data) for data in datagrams], np.int64))
    begins = ends - np.array([len(data) for data in datagrams], np.int64)
    row = level(suite).open_row(b"".join(datagrams), begins, ends, name, first)
    told = list(zip(row.numbers.tolist(), contents(row), row.at.tolist(), strict=True))
    assert told == one_by_one(level(suite), datagrams, name, first)


@pytest.mark.parametrize("suite", [0x1301, 0x1302, 0x1303])
def test_packets_are_opened(suite):
    keys, sent = level(suite), [(n, bytes([n % 256]) * n) for n in range(9, 300)]
    datagrams = [packet(keys, number, 1 + number % 4, b"name", content) for number, content in sent]
    ends = np.cumsum([len(data) for data in datagrams])
    row = keys.open_row(b"".join(datagrams), ends - [len(data) for data in datagrams], ends, b"name", 8)
    assert list(zip(row.numbers.tolist(), contents(row), strict=True)) == sent
