"""What is opened in a capture, by us and by Wireshark's tshark: application data of each connection and direction."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from typing import TYPE_CHECKING

from netaudit.capture.from_files import open_captures
from netaudit.packets.from_capture import Decoder
from netaudit.protocols.decryption.audit_keys import Given, Keys
from netaudit.protocols.decryption.keylog import Source, read_source
from netaudit.protocols.decryption.scope import wanted
from netaudit.protocols.flow import Within
from netaudit.protocols.from_streams import Conversations
from netaudit.streams.from_packets import Assembler

if TYPE_CHECKING:
    from pathlib import Path

Streams = dict[tuple[int, int], tuple[bytes, bytes]]  # by client and server port: what each side said


def keys_of(*paths: Path) -> Keys:
    return Keys(given_of(*paths))


def given_of(*paths: Path) -> Given:
    return Given(tuple(read_source(path.name, path.read_bytes()) for path in paths), wanted(("all",)))


def given_text(text: str | bytes, kind: str = "key log") -> Given:
    data = text if isinstance(text, bytes) else text.encode()
    return Given((Source("test", kind, data),), wanted(("all",)))


def read(path: Path, keys: Keys | None, *, in_columns: bool = True):
    """Messages of a capture, and the conversations after it; `in_columns` as audits do."""
    decoder, assembler, conversations = Decoder(), Assembler(), Conversations(keys)
    messages = []

    def take(batch):
        for _, delivery in batch.deliveries(in_columns=in_columns):
            messages.extend(conversations.feed(delivery))

    for window in open_captures([path]).windows():
        decoded = decoder.feed(window)
        take(assembler.assemble(decoded.buffer, decoded.packets))
    take(assembler.end())
    assert conversations.failures == []
    return messages, conversations


def opened_by_us(path: Path, keys: Keys, monkeypatch) -> Streams:
    said: dict[tuple[int, int], list[bytearray]] = defaultdict(lambda: [bytearray(), bytearray()])
    true_bring = Within.bring

    def bring(self, part, outcome):
        said[self.ports][part.direction].extend(part.data or bytes(part.length))
        true_bring(self, part, outcome)

    monkeypatch.setattr(Within, "bring", bring)
    read(path, keys)
    return {ports: (bytes(up), bytes(down)) for ports, (up, down) in said.items()}


def opened_by_tshark(path: Path, options: list[str]) -> Streams:
    """Follows every TCP stream that has TLS in it; `options` say where the keys are."""
    listed = _tshark(path, options, "-Y", "tls", "-T", "fields", "-e", "tcp.stream", "-e", "tcp.srcport")
    numbers = sorted(
        {int(line.split()[0]) for line in listed.splitlines() if line.split() and line.split()[0].isdigit()}
    )
    asked = [word for number in numbers for word in ("-z", f"follow,tls,raw,{number}")]
    found: Streams = {}
    nodes: list[int] = []
    up, down = bytearray(), bytearray()
    for line in [*_tshark(path, options, "-q", *asked).splitlines(), "===================="]:
        if line.startswith("Node "):
            nodes.append(int(line.rsplit(":", 1)[1]))
        elif line.startswith("====") and len(nodes) == 2:
            if up or down:
                found[nodes[0], nodes[1]] = bytes(up), bytes(down)
            nodes, up, down = [], bytearray(), bytearray()
        elif nodes and line.strip() and all(ch in "0123456789abcdef\t" for ch in line):
            (down if line.startswith("\t") else up).extend(bytes.fromhex(line.strip()))
    return found


def _tshark(path: Path, options: list[str], *words: str) -> str:
    run = subprocess.run(["tshark", "-r", str(path), *options, *words], capture_output=True, text=True, check=True)
    return run.stdout
