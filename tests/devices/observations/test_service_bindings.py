"""Records of type HTTPS and SVCB: hints of addresses, outer names of ECH, and nothing of what is damaged."""

from __future__ import annotations

import ipaddress
import struct

from hypothesis import given
from hypothesis import strategies as st

from netaudit.devices.observations.lookups import NOTHING, binding


def key_of_ech(public: bytes, version: int = 0xFE0D) -> bytes:
    """An ECHConfig (RFC 9849, 4) with an invented key of X25519."""
    contents = b"\x07\x00\x20" + b"\x00\x20" + bytes(range(32)) + b"\x00\x04\x00\x01\x00\x01" + b"\x40"
    contents += bytes([len(public)]) + public + b"\0\0"
    return struct.pack(">HH", version, len(contents)) + contents


def record(*keys: bytes, target: bytes = b"\0", hints: tuple[str, ...] = ()) -> bytes:
    value = b"\0\1" + target + struct.pack(">HH", 1, 3) + b"\x02h2"
    for version, number in ((4, 4), (6, 6)):
        found = [ipaddress.ip_address(one).packed for one in hints if ipaddress.ip_address(one).version == version]
        if found and version == 4:
            value += struct.pack(">HH", number, 4 * len(found)) + b"".join(found)
        if version == 4 and keys:
            listed = b"".join(keys)
            value += struct.pack(">HHH", 5, len(listed) + 2, len(listed)) + listed
        if found and version == 6:
            value += struct.pack(">HH", number, 16 * len(found)) + b"".join(found)
    return value


def test_hints_and_outer_names():
    said = binding(record(key_of_ech(b"front.example.net"), hints=("192.0.2.7", "192.0.2.8", "2001:db8::7")))
    assert said == (["192.0.2.7", "192.0.2.8", "2001:db8::7"], ["front.example.net"])
    assert binding(record(target=b"\3cdn\2cn\0", hints=("192.0.2.7",))).addresses == ["192.0.2.7"]
    assert binding(record()) == NOTHING


def test_a_key_of_another_version_is_passed_over():
    assert binding(record(key_of_ech(b"old.cn", 0xFE0A), key_of_ech(b"new.cn"))).public_names == ["new.cn"]


def test_what_is_cut_says_nothing_wrong():
    whole = record(key_of_ech(b"front.example.net"), hints=("192.0.2.7",))
    for size in range(len(whole)):
        said = binding(whole[:size])
        assert set(said.addresses) <= {"192.0.2.7"}
        assert set(said.public_names) <= {"front.example.net"}


@given(st.binary(max_size=200))
def test_any_bytes(data):
    binding(data)
    binding(b"\0\1\0" + data)
