"""LLDP, CDP, spanning tree and raw SADP: fields by the standards, cut and damaged frames, real captures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.devices.observations.neighbours import EAPOL, LLDP, SADP_HEADER, SADP_RAW, SNAP_CDP, parser_of

if TYPE_CHECKING:
    from pathlib import Path


def tlv(kind: int, value: bytes) -> bytes:
    return (kind << 9 | len(value)).to_bytes(2, "big") + value


FRAME = (
    tlv(1, b"\x04\x00\x74\x9c\x15\x0e\x88") + tlv(2, b"\x05Gi0/24") + tlv(3, b"\0\x78") + tlv(5, "旺小宝交换机".encode()) + tlv(6, b"Ruijie RG-S2910")
    + tlv(7, b"\0\x14\0\x04") + tlv(8, b"\x05\x01\xc0\xa8\x01\x02\x02\0\0\0\1\0") + tlv(0, b"")
)  # fmt: skip
CDP_FRAME = SNAP_CDP + b"\x02\xb4\0\0" + b"".join(
    kind.to_bytes(2, "big") + (len(value) + 4).to_bytes(2, "big") + value
    for kind, value in [(1, b"Ns5gt"), (4, b"\0\0\0\x28"), (6, b"cisco WS-CE500-24TT"), (2, b"\0\0\0\1\x01\x01\xcc\0\x04\xc0\xa8\x0a\xfd")]
)  # fmt: skip
BRIDGE = b"\x80\0\0\x74\x9c\x15\x0e\x88"
STP_FRAME = b"\x42\x42\x03\0\0\0\0\0" + BRIDGE + bytes(4) + BRIDGE + bytes(10)


def said(ethertype: int, data: bytes) -> set[tuple[str, str, str]]:
    parse = parser_of(ethertype, data)
    return set(parse(data)) if parse else set()


def test_lldp() -> None:
    assert said(LLDP, FRAME) == {
        ("lldp", "chassis", "00:74:9c:15:0e:88"), ("lldp", "port", "Gi0/24"), ("lldp", "system_name", "旺小宝交换机"),
        ("lldp", "system_description", "Ruijie RG-S2910"), ("lldp", "capabilities", "bridge"), ("lldp", "management", "192.168.1.2"),
    }  # fmt: skip


def test_cdp() -> None:
    assert said(0, CDP_FRAME) == {
        ("cdp", "device_id", "Ns5gt"), ("cdp", "capabilities", "switch,igmp"), ("cdp", "platform", "cisco WS-CE500-24TT"), ("cdp", "address", "192.168.10.253"),
    }  # fmt: skip


def test_spanning_tree() -> None:
    assert said(0, STP_FRAME) == {
        ("stp", "bridge", "00:74:9c:15:0e:88"),
        ("stp", "root", "itself"),
        ("stp", "version", "stp"),
    }


def test_inventory_of_lldp_med() -> None:
    frame = b"".join(
        tlv(127, b"\x00\x12\xbb" + bytes([kind]) + text)
        for kind, text in ((8, b"SN-7"), (9, b"Acme"), (10, b"IPC-2"), (1, b"x"))
    )
    assert said(LLDP, frame + tlv(127, b"\x00\x80\xc2\x01\x00\x07")) == {
        ("lldp", "serial", "SN-7"), ("lldp", "manufacturer", "Acme"), ("lldp", "model", "IPC-2"), ("lldp", "vlan", "7"),
    }  # fmt: skip


def test_more_of_cdp() -> None:
    two = b"\0\0\0\2\x01\x01\xcc\0\x04\xc0\xa8\x0a\xfd\2\x08\xaa\xaa\3\0\0\0\x86\xdd\0\x10" + bytes(15) + b"\1"
    frame = SNAP_CDP + b"\x02\xb4\0\0" + b"".join(
        kind.to_bytes(2, "big") + (len(value) + 4).to_bytes(2, "big") + value for kind, value in [(10, b"\0\x63"), (9, b"hall"), (22, two)]
    )  # fmt: skip
    assert said(0, frame) == {
        ("cdp", "native_vlan", "99"),
        ("cdp", "vtp_domain", "hall"),
        ("cdp", "management", "192.168.10.253"),
        ("cdp", "management", "::1"),
    }


@pytest.mark.parametrize(
    ("ethertype", "frame", "facts"),
    [
        (
            0,
            "aaaa0300000c2004" + "01" + "00010008" + "6861 6c6c" + "0002000581",
            {("cisco", "speaks", "dtp"), ("cisco", "vtp_domain", "hall")},
        ),
        (
            0,
            "aaaa0300000c2003" + "0101 00 04" + "68616c6c",
            {("cisco", "speaks", "vtp"), ("cisco", "vtp_domain", "hall")},
        ),
        (0, "aaaa0300000c0104" + "01", {("cisco", "speaks", "pagp")}),
        (0, "aaaa0300000c7777" + "01", set()),
        (EAPOL, "0100 0005 01 01 0005 01", {("eapol", "role", "authenticator")}),
        (EAPOL, "0100 0009 02 01 0009 01 61626364", {("eapol", "role", "supplicant")}),
        (EAPOL, "0101 0000", {("eapol", "role", "supplicant")}),
        (EAPOL, "0203 0075 02 008a 0010", {("eapol", "role", "authenticator")}),
        (EAPOL, "0203 0075 02 010a 0010", {("eapol", "role", "supplicant")}),
        (EAPOL, "0203", set()),
    ],
)
def test_others(ethertype: int, frame: str, facts: set[tuple[str, str, str]]) -> None:
    assert said(ethertype, bytes.fromhex(frame)) == facts


def test_raw_sadp() -> None:
    head = b"\x21\x01" + bytes(SADP_HEADER - 2)
    assert ("sadp", "DeviceDescription", "DS-1") in said(
        SADP_RAW, head + b"<ProbeMatch><DeviceDescription>DS-1</DeviceDescription>"
    )
    assert said(SADP_RAW, b"\x21\x02" + bytes(SADP_HEADER)) == set()


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([(LLDP, FRAME), (0, CDP_FRAME), (0, STP_FRAME), (SADP_RAW, b"\x21\x01" + bytes(60))]),
    st.integers(0, 120),
    st.binary(max_size=20),
    st.integers(0, 200),
)
def test_damage_never_hurts(frame: tuple[int, bytes], at: int, noise: bytes, cut: int) -> None:
    ethertype, data = frame
    said(ethertype, (data[:at] + noise + data[at + len(noise) :])[:cut])


@pytest.mark.captures
@pytest.mark.parametrize("kind", ["lldp", "cdp"])
def test_real_announcements(captures: Path, tmp_path: Path, kind: str) -> None:
    """System names, descriptions and platforms of the shared captures, as tshark gives them."""
    import netaudit

    names = {
        "lldp": {"system_name": "system_name", "system_desc": "system_description"},
        "cdp": {"device_id": "device_id", "platform": "platform"},
    }[kind]
    checked = 0
    for case in json.loads((captures / "discovery" / "expected.json").read_text(encoding="utf-8"))["cases"]:
        wanted = {
            (names[field], event[field])
            for event in case.get("events", {}).get(kind, ())
            for field in names
            if event.get(field)
        }
        if not wanted or checked >= 40:
            continue
        facts = (
            netaudit.audit(captures / "discovery" / case["file"], tmp_path / "case", faces=False, overwrite=True)
            .table("observations")
            .to_pylist()
        )
        found = {(fact["field"], fact["value"]) for fact in facts if fact["kind"] == kind}
        assert wanted <= found, case["file"]
        checked += len(wanted)
    assert checked > 5
