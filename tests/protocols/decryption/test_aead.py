"""Pieces opened in a row: up to the first that is damaged."""

from __future__ import annotations

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.decryption.aead import Aead, Plain, Sealed
from netaudit.protocols.decryption.suites import suites

SUITES = {0x1301: (AESGCM, 16), 0x1302: (AESGCM, 32), 0x1303: (ChaCha20Poly1305, 32), 0x1304: (AESCCM, 16)}
SENT = st.lists(
    st.tuples(st.binary(max_size=70), st.binary(min_size=1, max_size=13), st.sampled_from("........tnhcz")), max_size=9
)


def sealed(suite: int, key: bytes, sent: list[tuple[bytes, bytes, str]]) -> Sealed:
    """Pieces, some of them damaged: in the tag, with another nonce, another head, cut short or down to nothing."""
    cipher, pieces = SUITES[suite][0](key), []
    nonces, heads = np.zeros((len(sent), 12), np.uint8), np.zeros((len(sent), 13), np.uint8)
    for number, (content, head, what) in enumerate(sent):
        nonces[number, 5] = number
        piece = cipher.encrypt(nonces[number].tobytes(), content, head)
        heads[number, : len(head)] = np.frombuffer(head, np.uint8)
        nonces[number, 7] = what == "n"
        heads[number, 0] ^= what == "h"
        piece = piece[:-1] + bytes([piece[-1] ^ (what == "t")])
        pieces.append({"c": piece[:-1], "z": b""}.get(what, piece))
    ends = np.cumsum(np.array([len(piece) for piece in pieces], np.int64))
    begins = ends - np.array([len(piece) for piece in pieces], np.int64)
    sizes = np.array([len(head) for _, head, _ in sent], np.int64)
    return Sealed(b"".join(pieces), begins, ends, nonces, heads, sizes)


def told(plain: Plain) -> tuple[bytes, list[int]]:
    return plain.data.tobytes(), plain.ends.tolist()


@pytest.mark.parametrize("suite", SUITES)
@settings(deadline=None)
@given(SENT, st.sampled_from([-1, 0, 0x17]), st.binary(max_size=2))
def test_a_row_is_what_its_pieces_are(suite, sent, kind, padding):
    """Up to the first whose tag does not fit or behind which another type stands, padded or not."""
    sent = [(content + bytes([0x17]) + padding, head, what) for content, head, what in sent]
    key = bytes(range(SUITES[suite][1]))
    known, pieces = Aead(suites()[suite], key), sealed(suite, key, sent)
    expected = []
    for (content, _, what), begin, end in zip(sent, pieces.begins, pieces.ends, strict=True):
        inner = content.rstrip(b"\0")
        if what != "." or (kind >= 0 and inner[-1:] != bytes([kind])) or begin > end:
            break
        expected.append(inner[:-1] if kind >= 0 else content)
    sizes = np.cumsum([len(content) for content in expected], dtype=int).tolist()
    assert told(known.open_row(pieces, kind)) == (b"".join(expected), sizes)
