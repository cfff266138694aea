"""Captures of real peers with keys (pcaps/opened): every picture comes out; nothing does without, or with wrong keys."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from netaudit.capture.from_files import open_captures, secrets_of
from netaudit.packets.from_capture import Decoder
from netaudit.protocols.decryption.audit_keys import Keys
from netaudit.protocols.from_streams import Conversations
from netaudit.streams.from_packets import Assembler
from tests.opened_streams import given_text, keys_of, opened_by_tshark, opened_by_us, read

FOLDER = Path(__file__).parents[3] / "pcaps" / "opened"
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))
NAMES = sorted(EXPECTED)
TLS = [name for name in NAMES if name.startswith("tls")]


def keys_for(name: str) -> Keys:
    expected = EXPECTED[name]
    if expected.get("embedded"):
        (_, data), *rest = secrets_of(FOLDER / f"{name}.pcapng")
        assert rest == []
        return Keys(given_text(data))
    return keys_of(FOLDER / expected.get("key", f"{name}.keylog"))


def essence(messages) -> list:
    return [
        (m.message_id, m.protocol, m.direction, m.start, m.end, m.method, m.path, m.status, m.complete, m.missing, m.notes,
         hashlib.sha256(m.body).digest(), None if m.pieces is None else m.pieces["frame"].tolist())
        for m in messages
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_comes_out_whole(name):
    messages, conversations = read(FOLDER / f"{name}.pcapng", keys_for(name))
    bodies = {hashlib.sha256(m.body).hexdigest(): m for m in messages if m.body and not m.status}
    for digest in EXPECTED[name]["sha256"]:
        message = bodies[digest]
        assert message.complete
        assert message.opened
        assert f"opened with keys from {message.opened}" in message.notes
        assert (message.method, message.headers and message.header("cookie")) == ("POST", "")
        assert "?" not in message.path
        assert message.pieces is not None
    assert {said.keys[0] for said in conversations.closed if said.protocol in ("tls", "quic")} == {"opened"}


@pytest.mark.parametrize("name", NAMES)
def test_without_keys_that_fit_nothing_changes(name):
    path = FOLDER / f"{name}.pcapng"
    bare, plain = read(path, None)
    assert all(said.keys == ("", "") for said in plain.closed)
    true = keys_for(name)
    wrong = "".join(
        f"{label} {random.hex()} {bytes(len(one.value)).hex()}\n"
        for (label, random), one in true.ring.by_random.items()
    )
    for keys, states in (
        (Keys(given_text("")), {"no keys"}),
        (Keys(given_text(wrong)), {"keys do not fit", "no keys"}),
    ):
        messages, conversations = read(path, keys)
        assert essence(messages) == essence(bare)
        assert {said.keys[0] for said in conversations.closed if said.protocol in ("tls", "quic")} <= states
        assert [said.read for said in conversations.closed] == [said.read for said in plain.closed]
        assert keys.log() == b""


@pytest.mark.parametrize(
    "name",
    ["tls13_key_update", "tls12_renegotiation", "http2_curl", "quic_v1_key_update", "quic_v1_chacha20", "http3_curl"],
)
def test_any_cut_gives_the_same(name):
    whole, _ = read(FOLDER / f"{name}.pcapng", keys_for(name))
    decoder, assembler, conversations = Decoder(), Assembler(), Conversations(keys_for(name))
    pieces = []
    for window in open_captures([FOLDER / f"{name}.pcapng"]).windows():
        decoded = decoder.feed(window)
        for at in range(len(decoded.packets)):
            for delivery in assembler.feed(decoded.buffer, decoded.packets[at : at + 1]):
                pieces += conversations.feed(delivery)
    for delivery in assembler.finish():
        pieces += conversations.feed(delivery)
    assert sorted(map(str, essence(pieces))) == sorted(map(str, essence(whole)))


def lossy(name: str, lost: set[int]):
    """Messages of a capture without some of its packets."""
    decoder, assembler, conversations = Decoder(), Assembler(), Conversations(keys_for(name))
    messages = []
    for window in open_captures([FOLDER / f"{name}.pcapng"]).windows():
        decoded = decoder.feed(window)
        kept = [at for at, row in enumerate(decoded.packets) if int(row["frame"]) not in lost]
        for delivery in assembler.feed(decoded.buffer, decoded.packets[kept].copy()):
            messages += conversations.feed(delivery)
    for delivery in assembler.finish():
        messages += conversations.feed(delivery)
    assert conversations.failures == []
    return messages


@pytest.mark.parametrize("name", ["tls13_retry", "tls12_aes128_ccm", "tls12_camellia128_sha", "quic_v1_early_data"])
def test_a_lost_packet_makes_nothing_whole_that_is_not(name):
    whole, _ = read(FOLDER / f"{name}.pcapng", keys_for(name))
    frames = sorted({int(frame) for m in whole if m.pieces is not None for frame in m.pieces["frame"]})
    for lost in frames:
        for message in lossy(name, {lost}):
            if message.body and message.complete and message.method == "POST" and not message.status:
                assert hashlib.sha256(message.body).hexdigest() in EXPECTED[name]["sha256"]


def test_pictures_with_a_hole_keep_their_place():
    """Behind a lost record of TLS 1.3 the next ones are opened, and the hole has its true length."""
    name = "tls13_key_update"
    whole, _ = read(FOLDER / f"{name}.pcapng", keys_for(name))
    picture = next(m for m in whole if m.method == "POST" and not m.status)
    middle = [int(frame) for frame in picture.pieces["frame"]][1:-1]
    if not middle:
        pytest.skip("the picture went in two packets")
    found = [m for m in lossy(name, {middle[0]}) if m.method == "POST" and not m.status]
    assert found
    assert not found[0].complete


@pytest.mark.tools
@pytest.mark.parametrize("name", TLS)
def test_tshark_opens_the_same_bytes(name, monkeypatch):
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    path, expected = FOLDER / f"{name}.pcapng", EXPECTED[name]
    ours = opened_by_us(path, keys_for(name), monkeypatch)
    if "key" in expected:
        options = ["-o", f'uat:rsa_keys:"{FOLDER / expected["key"]}",""']
    else:
        options = ["-o", f"tls.keylog_file:{FOLDER / name}.keylog"]
    theirs = opened_by_tshark(path, options)
    assert theirs
    for ports, said in theirs.items():  # tshark names the side first that spoke first, and tickets come before requests
        assert (ours.get(ports) or ours[ports[::-1]][::-1]) == said
