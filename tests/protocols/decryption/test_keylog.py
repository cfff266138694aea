"""Key logs as programs write them, private keys, and what is neither."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from netaudit.errors import UsageError
from netaudit.protocols.decryption.keylog import LOG, PRIVATE, KeyRing, Source, read_source

RANDOM, MASTER = "ab" * 32, "cd" * 48


def ring(text: str | bytes) -> KeyRing:
    return KeyRing((Source("log", LOG, text if isinstance(text, bytes) else text.encode()),))


@pytest.mark.parametrize(
    ("line", "label"),
    [
        (f"CLIENT_RANDOM {RANDOM} {MASTER}", "CLIENT_RANDOM"),
        (f"CLIENT_RANDOM {RANDOM.upper()} {MASTER.upper()}\r", "CLIENT_RANDOM"),
        (f"  SERVER_TRAFFIC_SECRET_0 {RANDOM} {'01' * 32}", "SERVER_TRAFFIC_SECRET_0"),
        (f"QUIC_CLIENT_HANDSHAKE_TRAFFIC_SECRET {RANDOM} {'01' * 48}", "CLIENT_HANDSHAKE_TRAFFIC_SECRET"),
    ],
)
def test_a_secret_is_found_by_label_and_random(line, label):
    found = ring("# comment\n\n" + line).secret(label, bytes.fromhex(RANDOM))
    assert found is not None
    assert found.source == 0


def test_premasters_and_sessions():
    known = ring(f"RSA 0011223344556677 {'03' * 48}\nRSA Session-ID:0a0b Master-Key:{MASTER}\n")
    assert known.premasters[bytes.fromhex("0011223344556677")].value == b"\3" * 48
    assert known.sessions[b"\x0a\x0b"].value == bytes.fromhex(MASTER)


def test_lines_of_no_use_are_told_from_those_not_understood():
    known = ring(
        f"EXPORTER_SECRET {RANDOM} {MASTER}\nSOMETHING {RANDOM} {MASTER}\nCLIENT_RANDOM {RANDOM} abc\nnonsense\n"
    )
    assert (known.lines, known.strange) == (0, 3)


def test_the_first_of_two_secrets_stays():
    known = ring(f"CLIENT_RANDOM {RANDOM} {MASTER}\nCLIENT_RANDOM {RANDOM} {'00' * 48}\n")
    assert known.secret("CLIENT_RANDOM", bytes.fromhex(RANDOM)).value == bytes.fromhex(MASTER)


def pem(key, encryption=None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(65537, 2048)


def test_an_rsa_key_is_known_by_its_content(rsa_key):
    source = read_source("server.key", b"some text\n" + pem(rsa_key))
    assert source.kind == PRIVATE
    assert len(KeyRing((source,)).private) == 1


def test_an_encrypted_premaster_is_decrypted_and_another_is_not(rsa_key):
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    known = KeyRing((read_source("server.key", pem(rsa_key)),))
    secret = b"\3\3" + bytes(range(46))
    assert [one.value for one in known.decrypted(rsa_key.public_key().encrypt(secret, PKCS1v15()))] == [secret]
    assert secret not in [one.value for one in known.decrypted(bytes(256))]
    assert known.decrypted(bytes(64)) == []


@pytest.mark.parametrize("what", ["locked", "ec", "broken", "text", "large"])
def test_what_opens_nothing_is_refused_in_words(what, rsa_key, monkeypatch):
    monkeypatch.setattr("netaudit.protocols.decryption.keylog.LARGEST", 1 << 16)
    data = {
        "locked": pem(rsa_key, BestAvailableEncryption(b"word")),
        "ec": pem(ec.generate_private_key(ec.SECP256R1())),
        "broken": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "text": b"dear reader",
        "large": bytes(1 << 17),
    }[what]
    with pytest.raises(UsageError, match=r"keys\.file"):
        read_source("keys.file", data)


@given(st.binary(max_size=300) | st.text(alphabet="CLIENT_RANDOMS 0af\n:-", max_size=300).map(str.encode))
def test_no_bytes_upset_it(data):
    assert ring(data).lines >= 0
    assert ring(b"CLIENT_RANDOM " + data).strange >= 0


def test_a_source_is_marked_by_its_hash_and_shows_no_secret():
    source = Source("log", LOG, f"CLIENT_RANDOM {RANDOM} {MASTER}".encode())
    assert source.label == f"key log {source.sha256[:12]}"
    assert MASTER not in repr(source)
