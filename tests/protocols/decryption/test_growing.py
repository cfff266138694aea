"""A key log that is written while its connections go by: keys that come late open what has waited for them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from netaudit.capture.from_files import open_captures
from netaudit.packets.from_capture import Decoder
from netaudit.protocols.decryption.audit_keys import Keys
from netaudit.protocols.from_streams import Conversations
from netaudit.streams.from_packets import Assembler
from tests.opened_streams import given_text

FOLDER = Path(__file__).parents[3] / "pcaps" / "opened"
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))


def grown(name: str, late: int):
    """Messages of a capture read packet by packet; each line of its key log comes so many packets after its hello."""
    keys = Keys(given_text(""))
    keys.ring.growing = True
    written = (FOLDER / f"{name}.keylog").read_bytes().splitlines(keepends=True)
    lines = [line for line in written if not line.startswith(b"#")]
    due: dict[int, list[bytes]] = {}
    decoder, assembler, conversations = Decoder(), Assembler(), Conversations(keys)
    messages, at = [], 0
    for window in open_captures([FOLDER / f"{name}.pcapng"]).windows():
        decoded = decoder.feed(window)
        for place in range(len(decoded.packets)):
            packet = decoded.packets[place : place + 1]
            begin = int(packet["payload"][0])
            payload = decoded.buffer[begin : begin + int(packet["length"][0])].tobytes()
            told = [line for line in lines if bytes.fromhex(line.split()[1].decode()) in payload]
            for number, line in enumerate(told):
                lines.remove(line)
                due.setdefault(at + late + number, []).append(line)
            for line in due.pop(at, []):
                keys.ring.add_lines(0, line)
            for delivery in assembler.feed(decoded.buffer, packet):
                messages += conversations.feed(delivery)
            at += 1
    for delivery in assembler.finish():
        messages += conversations.feed(delivery)
    assert conversations.failures == []
    return messages, conversations


def pictures(messages) -> list[str]:
    return sorted(hashlib.sha256(m.body).hexdigest() for m in messages if m.body and not m.status and m.complete)


@pytest.mark.parametrize(
    "name", ["tls13_key_update", "tls13_retry", "tls12_session_id", "tls12_ecdhe_rsa_chacha20_poly1305"]
)
@pytest.mark.parametrize("late", [0, 1, 3, 6])
def test_keys_may_come_after_what_they_open(name, late):
    messages, conversations = grown(name, late)
    assert set(EXPECTED[name]["sha256"]) <= set(pictures(messages))
    assert {said.keys[0] for said in conversations.closed if said.protocol == "tls"} == {"opened"}


@pytest.mark.parametrize("name", ["tls13_key_update", "tls12_session_id"])
def test_keys_that_never_come_change_nothing(name):
    messages, conversations = grown(name, 1_000_000)
    assert pictures(messages) == []
    assert {said.keys[0] for said in conversations.closed if said.protocol == "tls"} == {"no keys"}
