"""The text of a foreigner's permanent residence card has fields of its own; its type letter says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq

import netaudit
from tests.spoken import Capture, reply, request

if TYPE_CHECKING:
    from pathlib import Path


def block(fields: list[tuple[str, int]], letter: str) -> bytes:
    """A read-out of a card: text and an opaque portrait."""
    text = b"".join(value.ljust(size // 2).encode("utf-16-le") for value, size in fields)
    text = text[:248].ljust(248, b" ") + letter.encode("utf-16-le") + b" \0" * 3
    whole = 4 + 4 + len(text) + 1024
    data = (
        b"\xaa\xaa\xaa\x96\x69"
        + whole.to_bytes(2, "big")
        + b"\0\0\x90"
        + len(text).to_bytes(2, "big")
        + (1024).to_bytes(2, "big")
    )
    return data + text + b"\x57\x4c" * 512 + b"\0"


FOREIGN = [
    ("MUSTERMANN, ERIKA MARIA VERYLONGNAME", 120), ("2", 2), ("DEU110075010101", 30), ("DEU", 6), ("穆斯特", 30), ("20200101", 16),
    ("20300101", 16), ("19750101", 16),
]  # fmt: skip


def test_the_name_is_not_cut_and_the_number_is_told(tmp_path: Path) -> None:
    capture = Capture()
    body = block(FOREIGN, "I")
    capture.talk("192.168.1.9", "203.0.113.5", (request("POST", "/card", body, "application/octet-stream"), reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    rows = pq.read_table(case.folder / "private" / "persons.parquet").to_pylist()
    persons = {(row["kind"], row["value_clear"]) for row in rows}
    assert ("id_number", "DEU110075010101") in persons
    assert ("name", "MUSTERMANN, ERIKA MARIA VERYLONGNAME") in persons
    assert ("birthday", "19750101") in persons
