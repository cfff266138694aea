"""Pieces opened in a row by Python's own library against pieces opened one by one by `cryptography`: the same."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.decryption import aead, libcrypto
from netaudit.protocols.decryption.aead import Aead, Sealed
from netaudit.protocols.decryption.kernels_aead import open_each
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


def told(plain: aead.Plain) -> tuple[bytes, list[int]]:
    return plain.data.tobytes(), plain.ends.tolist()


@pytest.mark.parametrize("suite", SUITES)
@settings(deadline=None)
@given(SENT, st.sampled_from([-1, 0, 0x17]), st.binary(max_size=2))
def test_a_row_is_what_its_pieces_are(suite, sent, kind, padding):
    """Up to the first whose tag does not fit or behind which another type stands, padded or not."""
    sent = [(content + bytes([0x17]) + padding, head, what) for content, head, what in sent]
    key = bytes(range(SUITES[suite][1]))
    known, pieces = Aead(suites()[suite], key), sealed(suite, key, sent)
    assert told(known.open_row(pieces, kind)) == told(known._one_by_one(pieces, kind))
    if kind < 0:
        good = [what for _, _, what in sent]
        count = next((at for at, what in enumerate(good) if what != "."), len(good))
        assert told(known.open_row(pieces)) == (
            b"".join(content for content, _, _ in sent[:count]),
            np.cumsum([len(content) for content, _, _ in sent[:count]], dtype=int).tolist(),
        )


def test_without_that_library_pieces_are_opened_one_by_one(monkeypatch):
    sent = [(b"one", b"head", "."), (b"two", b"head", "."), (b"three", b"head", "t")]
    pieces = sealed(0x1301, bytes(16), sent)
    monkeypatch.setattr(libcrypto, "library", lambda: None)
    aead._agrees.cache_clear()
    try:
        assert told(Aead(suites()[0x1301], bytes(16)).open_row(pieces)) == (b"onetwo", [3, 6])
        assert not aead._agrees()
    finally:
        aead._agrees.cache_clear()


def test_a_library_that_says_otherwise_is_not_asked(monkeypatch):
    """One that lets a damaged piece through, say."""
    pieces = sealed(0x1301, bytes(16), [(b"one", b"head", "."), (b"two", b"head", "t")])
    whole = np.frombuffer(b"onetwo", np.uint8)
    monkeypatch.setattr(aead, "_opened", lambda *_: aead.Plain(whole, np.array([3, 6])))
    aead._agrees.cache_clear()
    try:
        assert told(Aead(suites()[0x1301], bytes(16)).open_row(pieces)) == (b"one", [3])
    finally:
        aead._agrees.cache_clear()


@pytest.mark.skipif(libcrypto.library() is None, reason="this Python shows no functions of its library")
def test_that_library_is_asked_where_it_can_be_had():
    assert aead._agrees()
    assert Aead(suites()[0x1301], bytes(16))._context is not None
    assert Aead(suites()[0x1304], bytes(16))._context is None  # CCM wants another order of calls


def test_what_fails_in_any_way_is_not_told():
    """Functions of EVP say 1 where they succeed; 0, or less, where not: the tag of a piece before must not count."""
    kind = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 5)
    given = {name: kind(lambda *_, says=says: says) for name, says in (("good", 1), ("bad", 0), ("worse", -1))}
    good, *others = (ctypes.cast(one, ctypes.c_void_p).value or 0 for one in given.values())
    pieces = sealed(0x1301, bytes(16), [(b"one", b"head", "."), (b"two", b"head", ".")])
    raw, plain, behind = np.frombuffer(pieces.data, np.uint8), np.zeros(50, np.uint8), np.zeros(2, np.int64)
    for place in range(4):
        for other in others:
            functions = np.full(4, good)
            assert open_each(functions, 0, raw, *pieces[1:], -1, plain, behind) == 2
            functions[place] = other
            assert open_each(functions, 0, raw, *pieces[1:], -1, plain, behind) == 0


def test_the_library_lies_beside_the_module_where_that_shows_nothing(tmp_path):
    """On Windows the module for hashes has none of the functions: a file beside it has."""
    module = tmp_path / "_hashlib.pyd"
    assert libcrypto._holder(module) == str(module)
    for name in ("libcrypto-1_1.dll", "libcrypto-3.dll", "libssl-3.dll"):
        (tmp_path / name).write_bytes(b"")
    assert libcrypto._holder(module) == str(tmp_path / "libcrypto-3.dll")
    assert libcrypto._holder(tmp_path / "_hashlib.so") == str(tmp_path / "_hashlib.so")
