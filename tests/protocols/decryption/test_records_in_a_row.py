"""Records of TLS opened in a row against records opened one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.decryption.kernels_tls import HEAD
from netaudit.protocols.decryption.protection import Protection, Tls12Aead, Tls13
from netaudit.protocols.decryption.suites import suites

FIXED = {0x009C: 4, 0xCCA8: 12, 0xC0A0: 4}  # GCM, ChaCha20, CCM with short tag


def protection(number: int) -> Protection:
    suite = suites()[number]
    if number in FIXED:
        return Tls12Aead(suite, bytes(range(suite.key)), bytes(range(FIXED[number])))
    return Tls13(suite, bytes(range(48 if number == 0x1302 else 32)))


def record(keys: Protection, sequence: int, content: bytes, padding: int, kind: int) -> bytes:
    """As its sender makes it."""
    cipher, tag = keys._aead._cipher, keys._aead.tag
    if isinstance(keys, Tls13):
        inner = content + bytes([kind]) + bytes(padding)
        head = b"\x17\3\3" + (len(inner) + tag).to_bytes(2, "big")
        return head + cipher.encrypt((keys._iv ^ sequence).to_bytes(12, "big"), inner, head)
    number, explicit = sequence.to_bytes(8, "big"), (sequence * 7 + 1).to_bytes(8, "big") if keys.at else b""
    fixed = int.from_bytes(keys._fixed, "big")
    nonce = keys._fixed + explicit if keys.at else (fixed ^ sequence).to_bytes(12, "big")
    associated = number + b"\x17\3\3" + len(content).to_bytes(2, "big")
    sealed = explicit + cipher.encrypt(nonce, content, associated)
    return b"\x17\3\3" + len(sealed).to_bytes(2, "big") + sealed


SENT = st.lists(
    st.tuples(
        st.binary(max_size=50), st.integers(0, 3), st.sampled_from([0x17] * 6 + [0x16, 0]), st.sampled_from("......bs")
    ),
    max_size=10,
)


@pytest.mark.parametrize("number", [0x1301, 0x1302, 0x1303, 0x1305, *FIXED])
@settings(deadline=None)
@given(SENT, st.integers(0, 1 << 40))
def test_a_row_is_what_its_records_are(number, sent, first):
    """Records that are damaged, padded, of other content, or too short to hold anything, in any place."""
    keys, records = protection(number), []
    for at, (content, padding, kind, what) in enumerate(sent):
        made = record(keys, first + at, content, padding, kind)
        if what == "b":
            made = made[:-1] + bytes([made[-1] ^ 1])
        elif what == "s":
            made = b"\x17\3\3\0" + bytes([len(content) % 20]) + bytes(len(content) % 20)
        records.append(made)
    ends = np.cumsum(np.array([len(made) for made in records], np.int64))
    begins = ends - np.array([len(made) for made in records], np.int64)
    found = []
    for at, made in enumerate(records):
        opened = keys.open(first + at, made[:HEAD], made[HEAD:])
        if opened is None or opened.kind != 0x17:
            break
        found.append(opened.data)
    row = keys.open_row(first, b"".join(records), begins, ends)
    assert (row.data, row.sizes) == (b"".join(found), [len(data) for data in found])
