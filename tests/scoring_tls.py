"""How many ClientHellos of the shared captures come out as other programs see them.

    python -m tests.scoring_tls FOLDER        prints every field that differs, and the counts

A field counts when the suite does not call it disputed and at least two other programs agree on it.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netaudit.capture.from_files import open_captures
from netaudit.core.masking.mask import mask
from netaudit.core.schema import TLS_HELLOS
from netaudit.packets.from_capture import Decoder
from netaudit.protocols.from_streams import Conversations
from netaudit.streams.from_packets import Assembler
from netaudit.tables.hellos import hello_row

FIELDS = ("sni", "alpn", "ja3", "ja4")
Hello = dict[str, Any]


@dataclass
class Score:
    """Fields right and wanted by (transport, field), and what was missed, in words."""

    right: Counter[tuple[str, str]] = field(default_factory=Counter)
    wanted: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed: list[tuple[str, int, str, Any, Any]] = field(default_factory=list)  # file, frame, field, expected, found
    alone: list[tuple[str, int, str, Any, Any]] = field(default_factory=list)  # the same, told by one program only
    unlisted: list[tuple[str, int, str, str]] = field(default_factory=list)  # hellos that no program told of


def hellos(path: Path) -> list[Hello]:
    """Rows of `tls_hellos` of one capture, by the stages that make them; `capture_id` and `ts` as while auditing."""
    captures, decoder, assembler, conversations = open_captures([path]), Decoder(), Assembler(), Conversations()
    rows: list[Hello] = []

    def take(deliveries: Any) -> None:
        for delivery in deliveries:
            for message in conversations.feed(delivery):
                row = hello_row(message, delivery.flow, turned=conversations.turned)
                if row is not None:
                    rows.append(dict(zip(TLS_HELLOS.names, row, strict=True)))
        for serial in conversations.ignored:
            assembler.ignore(serial)
        conversations.ignored.clear()

    for window in captures.windows():
        decoded = decoder.feed(window)
        take(assembler.feed(decoded.buffer, decoded.packets))
    take(assembler.finish())
    captures.close()
    assert not conversations.failures
    return sorted(rows, key=lambda row: (row["ts"], row["message_id"]))


def settled(expected: Hello, name: str) -> int:
    """How many programs agree on a field: 0 when it is disputed or nobody tells it."""
    return 0 if name in expected["disputed"] else len(expected["confirmed_by"].get(name, ()))


def matching(expected: Hello, found: list[Hello]) -> Hello:
    """The row with the same ends and the nearest frame; empty when there is none."""
    same = [row for row in found if all(row[key] == expected[key] for key in ("transport", "client", "server"))]
    return min(same, key=lambda row: abs(row["frame"] - expected["frame"]), default={})


def add(score: Score, file: str, expected: Hello, found: Hello) -> None:
    """Count one hello."""
    for name in FIELDS:
        votes = settled(expected, name)
        if not votes:
            continue
        value, want = found.get(name), expected[name]
        if name == "sni":
            value, want = value or None, mask(want) if want else None
        if votes >= 2:
            score.wanted[expected["transport"], name] += 1
            score.right[expected["transport"], name] += value == want
        if value != want:
            (score.missed if votes >= 2 else score.alone).append((file, expected["frame"], name, want, value))


def score_folder(folder: Path) -> Score:
    """Score all captures that the folder's expected.json lists."""
    score = Score()
    for listed in json.loads((folder / "expected.json").read_text("utf-8"))["cases"]:
        found = hellos(folder / listed["file"])
        for expected in listed["client_hellos"]:
            row = matching(expected, found)
            add(score, listed["file"], expected, row)
            if row:
                found.remove(row)
        score.unlisted += [(listed["file"], row["frame"], row["ja4"], row["sni"]) for row in found]
    return score


if __name__ == "__main__":
    total = score_folder(Path(sys.argv[1]))
    lists: dict[str, list[Any]] = {"NOT LISTED": total.unlisted, "TOLD BY ONE": total.alone, "MISSED": total.missed}
    for title, lines in lists.items():
        for line in lines:
            print(title, *line, sep="\t")
    for key in sorted(total.wanted):
        print(*key, f"{total.right[key]} of {total.wanted[key]}")
