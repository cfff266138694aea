"""LLMNR, NTLM: names of machines, never of users."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from netaudit.core.contracts.details import DnsDetails, SmbDetails
from netaudit.devices.observations import ntlm
from netaudit.protocols.message import Message
from tests.devices.observations.test_from_messages import observed, of_client, of_server


def test_llmnr() -> None:
    asked = Message("llmnr", 0, 0, 1, host="WPAD", details=DnsDetails())
    answer = Message(
        "llmnr",
        1,
        0,
        1,
        details=DnsDetails(response=True, answers=[("pc-2", "A", "192.168.1.2", 30), ("x", "SRV", "y", 1)]),
    )
    assert observed(asked) == {of_client("llmnr_client", "asked", "wpad")}
    assert observed(answer) == {("llmnr", "", "192.168.1.2", "name", "pc-2")}


def challenge() -> bytes:
    pairs = b"".join(
        struct.pack("<HH", kind, len(text) * 2) + text.encode("utf-16-le")
        for kind, text in ((2, "OFFICE"), (1, "NAS-1"), (3, "nas-1.office.lan"), (0, ""))
    )
    head = ntlm.MAGIC + struct.pack("<IHHIIQQHHI", 2, 0, 0, 56, 0x02000001, 1, 0, len(pairs), len(pairs), 56)
    return head + bytes([6, 1]) + (7601).to_bytes(2, "little") + bytes(4) + pairs


def authenticate() -> bytes:
    texts = [text.encode("utf-16-le") for text in ("OFFICE", "zhangsan", "PC-FRONT")]
    at, fields = 72, []
    for text in texts:
        fields.append(struct.pack("<HHI", len(text), len(text), at))
        at += len(text)
    nothing = struct.pack("<HHI", 0, 0, 72)
    head = (
        ntlm.MAGIC
        + struct.pack("<I", 3)
        + nothing
        + nothing
        + b"".join(fields)
        + nothing
        + struct.pack("<I", 0x02000001)
    )
    return head + bytes([10, 0]) + (19041).to_bytes(2, "little") + bytes(4) + b"".join(texts)


def test_ntlm() -> None:
    assert observed(Message("smb", 1, 0, 1, details=SmbDetails(challenge(), "Unix"))) == {
        of_server("ntlm", "domain", "OFFICE"), of_server("ntlm", "computer", "NAS-1"), of_server("ntlm", "dns_computer", "nas-1.office.lan"),
        of_server("ntlm", "os", "6.1.7601"), of_server("smb", "native_os", "Unix"),
    }  # fmt: skip
    facts = observed(Message("smb", 0, 0, 1, details=SmbDetails(authenticate())))
    assert facts == {
        of_client("ntlm", "domain", "OFFICE"),
        of_client("ntlm", "computer", "PC-FRONT"),
        of_client("ntlm", "os", "10.0.19041"),
    }


@given(st.sampled_from([challenge(), authenticate()]), st.integers(0, 300), st.binary(max_size=12))
def test_broken_tokens(token: bytes, at: int, noise: bytes) -> None:
    for field, value in ntlm.pairs_of(token[:at] + noise + token[at + len(noise) :]):
        assert field in {*ntlm.PAIRS.values(), "os"}
        assert len(value) <= ntlm.LONGEST
