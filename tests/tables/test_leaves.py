"""Leaves of hostile documents: their paths fill no memory, and of many the first are taken."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from netaudit.content import from_messages
from netaudit.core.storage import private_streams
from netaudit.events.rules.from_unwrapping import MessageReader
from netaudit.events.rules.index import Index
from netaudit.protocols.message import Message
from netaudit.tables import leaves
from tests.content.samples import picture

if TYPE_CHECKING:
    from pathlib import Path


def rows(folder: Path, document: object, kind: str = "application/json") -> list[dict[str, Any]]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    head = [("content-type", kind)]
    message = Message("http", 0, 0, len(body), "POST", path="/", headers=head, body=body)
    message.body_size, message.content_type = len(body), head[0][1]
    (folder / "private").mkdir()
    reader = MessageReader(Index([]))
    for leaf in from_messages.leaves(message):
        reader.append(leaf, "", hashlib.sha256(leaf.part.data).hexdigest())
    written = leaves.LeafRows(folder, "0")
    written.append(message, reader.collected)
    for writer in written.writers:
        writer.close()
    (path,) = private_streams.paths(folder, "leaves")
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


def test_most_names_beside_each_other_say_what_all_are(tmp_path: Path) -> None:
    """A label and a value, with what kind they are; columns under their names."""
    labels = ["deviceId", "personName", "captureTime", "Vigil"]
    form = [{"label": label, "type": "text", "value": f"v{at}"} for at, label in enumerate(labels)]
    table = {"columns": labels, "rows": [["a", "b", "c", "d"], ["e", "f", "g", "h"]]}
    found = {row["path"]: row["value"] for row in rows(tmp_path, {"form": form, "table": table})}
    assert [found[f"form.{label}"] for label in labels] == ["v0", "v1", "v2", "v3"]
    assert found["table.rows[1].Vigil"] == "h"


def test_brackets_in_forms_are_steps(tmp_path: Path) -> None:
    body = b"visitor[name]=A&visitor[tel][home]=1&row[0][no]=2&row[1][no]=3&plain=4&odd[=5"
    found = rows(tmp_path, body, "application/x-www-form-urlencoded")
    told = {row["path"]: (row["key"], row["value"]) for row in found}
    assert told == {
        "visitor.name": ("name", "A"), "visitor.tel.home": ("home", "1"), "row[0].no": ("no", "2"),
        "row[1].no": ("no", "3"), "plain": ("plain", "4"), "odd[": ("odd[", "5"),
    }  # fmt: skip


def test_pictures_in_cells_are_of_their_rows(tmp_path: Path) -> None:
    shown = [picture(seed=seed, size=(48, 48)) for seed in (1, 2)]
    lines = [
        "name\ttime\tphoto\tno",
        *(f"{who}\t1\t{base64.b64encode(one).decode()}\t7" for who, one in zip("AB", shown, strict=True)),
    ]
    found = rows(tmp_path, "\n".join(lines).encode(), "text/tab-separated-values")
    pictured = {row["path"]: row["sha256"] for row in found if row["sha256"]}
    assert pictured == {f"row[{at}].photo": hashlib.sha256(one).hexdigest() for at, one in enumerate(shown)}
    assert not any(row["value"].startswith("/9j/") for row in found)


def test_lists_of_one_length_beside_each_other_are_columns_of_records(tmp_path: Path) -> None:
    document = {"box": "A-1", "at": [1, 2], "names": ["x", "y"], "scores": [0.5, 0.6], "papers": ["p", "q"]}
    found = {row["path"]: row["value"] for row in rows(tmp_path, document)}
    assert (found["box"], found["[0].names"], found["[1].scores"], found["[1].papers"]) == ("A-1", "x", "0.6", "q")


def test_few_lists_or_such_of_other_lengths_are_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    few = {row["path"] for row in rows(tmp_path / "one", {"a": [1, 2], "b": [3, 4]})}
    assert few == {"a[0]", "a[1]", "b[0]", "b[1]"}
    other = {row["path"] for row in rows(tmp_path / "two", {"a": [1], "b": [3], "c": [5, 6], "d": [7], "e": [8]})}
    assert "[0].a" not in other


def test_a_picture_is_put_into_no_cell_that_has_other_bytes(tmp_path: Path) -> None:
    """As many long cells as pictures, and yet one cell is no picture, and one picture stands in no cell."""
    shown = [picture(seed=seed, size=(48, 48)) for seed in (1, 2)]
    said = [base64.b64encode(one).decode() for one in (shown[0], bytes(range(7, 250)) * 3)]
    lines = ["name\ttime\tphoto\tno", *(f"{who}\t1\t{one}\t7" for who, one in zip("AB", said, strict=True))]
    lines.append(f"enclosed: {base64.b64encode(shown[1]).decode()}")
    found = rows(tmp_path, "\n".join(lines).encode(), "text/tab-separated-values")
    pictured = {row["sha256"]: row["path"] for row in found if row["sha256"]}
    assert pictured[hashlib.sha256(shown[0]).hexdigest()] == "row[0].photo"
    assert pictured.get(hashlib.sha256(shown[1]).hexdigest(), "") != "row[1].photo"
