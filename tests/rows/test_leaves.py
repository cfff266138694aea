"""Leaves of hostile documents: their paths fill no memory, and of many the first are taken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from netaudit.messages.message import Message
from netaudit.rows import leaves
from netaudit.unwrapping import from_messages

if TYPE_CHECKING:
    from pathlib import Path


def rows(folder: Path, document: object) -> list[dict[str, Any]]:
    body = json.dumps(document).encode()
    head = [("content-type", "application/json")]
    message = Message("http", 0, 0, len(body), "POST", path="/", headers=head, body=body)
    message.body_size, message.content_type = len(body), head[0][1]
    (folder / "private").mkdir()
    documents = [(leaf, "", number) for number, leaf in enumerate(from_messages.leaves(message))]
    written = leaves.LeafRows(folder, "0")
    written.take(message, (documents, []))
    written.close()
    (path,) = leaves.parts(folder)
    with pa.OSFile(str(path), "rb") as file:
        return list(pa.ipc.open_stream(file).read_all().to_pylist())


def test_long_keys_around_many_values_fill_no_memory(tmp_path: Path) -> None:
    document: object = [[1] * 300] * 300
    for _ in range(40):
        document = {"k" * 2000: document}
    found = rows(tmp_path, document)
    assert max(len(row["path"]) for row in found) == leaves.LONGEST_PATH
    assert found[-1]["key"] == leaves.MORE
    assert int(found[-1]["value"]) >= 300 * 300 - leaves.MOST


def test_of_many_keys_the_first_are_taken(tmp_path: Path) -> None:
    found = rows(tmp_path, {f"k{number}": number for number in range(1000)})
    assert [row["path"] for row in found[:3]] == ["k0", "k1", "k2"]


def test_names_of_persons_name_no_field(tmp_path: Path) -> None:
    contacts = [
        {"name": "John Smith", "value": "1"},
        {"name": "Wang", "value": "2"},
        {"name": "deviceSerial", "value": "3"},
    ]
    table = {"heads": ["Li Wei", "score", "Mary"], "rows": [["a", "b", "c"]]}
    found = rows(tmp_path, {"contacts": contacts, "table": table, "others": contacts[:2]})
    paths = {row["path"]: row["value"] for row in found}
    assert not any(name in path for path in paths for name in ("Smith", "Wang", "Li Wei", "Mary"))
    assert paths["contacts[0].value"] == "1"
    assert paths["contacts.deviceSerial"] == "3"
    assert paths["others[0].name"] == "John Smith"
    assert (paths["table.rows[0][0]"], paths["table.rows[0].score"]) == ("a", "b")


def test_lists_in_lists_are_no_names(tmp_path: Path) -> None:
    deep: object = "x"
    for _ in range(300):
        deep = [deep, deep, 1] if deep == "x" else [deep]
    assert rows(tmp_path, {"a": [deep, deep, deep], "b": [[1, 2, 3]]})
